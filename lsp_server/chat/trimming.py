"""Fits a conversation into a window: what is left out, and in which order, is the same for the same conversation.

First old results of tools are cleared, which can be asked for again; then pieces are left out, those of the lowest rank
first. Pinned pieces and the person's words of the turn always stay, and a tool call is never parted from its result.
What is cleared and left out of the old conversation grows in steps and not with every message: until the next step, a
request begins as the one before, so that a model's prompt cache holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, assert_never

from lsp_server.chat.history import exchanges, units
from lsp_server.models.messages import Image, Message, Reasoning, Text, ToolCall, ToolResult

Count: TypeAlias = Callable[[str], int]

# From what is left out last to what is left out first.
Rank: TypeAlias = Literal["pinned", "instructions", "turn", "recent", "retrieved", "old"]
Part: TypeAlias = Literal["pinned", "instructions", "turn", "recent", "retrieved", "old", "tool results"]

# What a chat template puts around a message: two marks, the role and a line break.
_TOKENS_AROUND_MESSAGE = 8

# Vendors count 85 to 1,600 tokens for a picture, by its size.
_TOKENS_OF_IMAGE = 1_600

_CLEARED = "[This result was cleared to make room. Ask the tool again if you still need it.]"

# The newest results are what the model works with.
_KEPT_RESULTS = 3

# What is left out of the old conversation is a multiple of this share of the budget.
_STEPS = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """Messages that are kept or left out together."""

    rank: Rank
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What is sent, in the order of the pieces, and what was done to make it fit.

    `fits` False: even what always stays is larger than the budget. `parts` are the tokens of each part of what is sent,
    `left_out` the pieces of each rank that are not, `cleared` the results whose text is not.
    """

    messages: tuple[Message, ...]
    tokens: int
    fits: bool
    parts: Mapping[Part, int] = field(default_factory=dict)
    left_out: Mapping[Rank, int] = field(default_factory=dict)
    cleared: int = 0


def pieces_of(history: Sequence[Message], turn: Sequence[Message], recent: int = 3) -> list[Piece]:
    """Give the pieces of a whole history, of which so many exchanges are recent, and of the running turn."""
    past = list(exchanges(history))
    edge = max(len(past) - recent, 0)
    found = [Piece("old" if number < edge else "recent", messages) for number, messages in enumerate(past)]
    return found + [Piece("turn", unit) for unit in units(turn)]


def tokens_of(messages: Sequence[Message], count: Count) -> int:
    """Estimate the tokens of messages with everything in them."""
    return sum(_TOKENS_AROUND_MESSAGE + sum(_part_tokens(part, count) for part in each.parts) for each in messages)


def trim(pieces: Sequence[Piece], budget_tokens: int, count: Count) -> Trimmed:
    """Make pieces fit into a budget. `count` gives the tokens of a text; it is asked once for each."""
    room = _Room(pieces, budget_tokens, count)
    step = max(budget_tokens // _STEPS, 1)
    wanted = -(-max(room.excess, 0) // step) * step
    room.free(wanted, room.clearings(("old", "recent")))
    room.free(wanted, room.omissions("old"))
    for steps in (
        room.omissions("retrieved", newest_first=True),
        room.omissions("recent"),
        room.clearings(("turn",)),
        room.omissions("turn"),
        room.omissions("instructions", newest_first=True),
    ):
        room.free(room.freed + room.excess, steps)
    return room.result()


class _Room:
    """The pieces while room is made: each with its tokens, None once it is left out."""

    def __init__(self, pieces: Sequence[Piece], budget_tokens: int, count: Count) -> None:
        self._pieces: list[Piece | None] = list(pieces)
        self._given = pieces
        self._count = count
        self._tokens = [tokens_of(piece.messages, count) for piece in pieces]
        self._cleared = 0
        self._budget_tokens = budget_tokens
        self.excess = sum(self._tokens) - budget_tokens
        self.freed = 0

    def free(self, wanted: int, steps: Iterator[int]) -> None:
        """Take steps, each of which frees so many tokens, until as many are freed in all as are wanted."""
        while self.freed < wanted:
            gained = next(steps, None)
            if gained is None:
                return
            self.freed += gained
            self.excess -= gained

    def clearings(self, ranks: tuple[Rank, ...]) -> Iterator[int]:
        """Clear results, the oldest first, but not the newest of all."""
        places = [
            (at, message, part)
            for at, piece in enumerate(self._given)
            for message, each in enumerate(piece.messages)
            for part, result in enumerate(each.parts)
            if isinstance(result, ToolResult)
        ]
        for at, message, part in places[:-_KEPT_RESULTS]:
            piece = self._pieces[at]
            if piece is not None and piece.rank in ranks:
                gained = self._clear(at, piece, message, part)
                if gained:
                    yield gained

    def omissions(self, rank: Rank, *, newest_first: bool = False) -> Iterator[int]:
        """Leave out pieces of a rank; of the turn, none in which the person says something."""
        places = [at for at, piece in enumerate(self._given) if piece.rank == rank]
        for at in reversed(places) if newest_first else places:
            if rank != "turn" or not _holds_words(self._given[at]):
                gained = self._tokens[at]
                self._pieces[at], self._tokens[at] = None, 0
                yield gained

    def result(self) -> Trimmed:
        """Give what has come of it."""
        kept = [piece for piece in self._pieces if piece is not None]
        parts: Counter[Part] = Counter()
        for piece, tokens in zip(self._pieces, self._tokens, strict=True):
            if piece is not None:
                results = sum(
                    _part_tokens(part, self._count)
                    for message in piece.messages
                    for part in message.parts
                    if isinstance(part, ToolResult)
                )
                parts["tool results"] += results
                parts[piece.rank] += tokens - results
        left_out = Counter(given.rank for given, piece in zip(self._given, self._pieces, strict=True) if piece is None)
        messages = tuple(message for piece in kept for message in piece.messages)
        return Trimmed(messages, sum(self._tokens), self.excess <= 0, parts, left_out, self._cleared)

    def _clear(self, at: int, piece: Piece, number: int, part: int) -> int:
        message = piece.messages[number]
        result = message.parts[part]
        assert isinstance(result, ToolResult)  # the place was made of results
        short = replace(result, text=_CLEARED, images=())
        gained = _part_tokens(result, self._count) - _part_tokens(short, self._count)
        if gained <= 0:
            return 0
        cleared = replace(message, parts=(*message.parts[:part], short, *message.parts[part + 1 :]))
        messages = (*piece.messages[:number], cleared, *piece.messages[number + 1 :])
        self._pieces[at] = replace(piece, messages=messages)
        self._tokens[at] -= gained
        self._cleared += 1
        return gained


def _holds_words(piece: Piece) -> bool:
    return any(
        message.role == "user" and any(isinstance(part, Text | Image) for part in message.parts)
        for message in piece.messages
    )


def _part_tokens(part: Text | Image | Reasoning | ToolCall | ToolResult, count: Count) -> int:
    match part:
        case Text(text) | Reasoning(text):
            return count(text)
        case ToolCall(name=name, arguments=arguments):
            return count(name) + count(arguments)
        case ToolResult(name=name, text=text, images=images):
            return count(name) + count(text) + _TOKENS_OF_IMAGE * len(images)
        case Image():
            return _TOKENS_OF_IMAGE
        case _:
            assert_never(part)
