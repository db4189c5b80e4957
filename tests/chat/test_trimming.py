"""What does not fit is left out in a fixed order, and what is left is a conversation to send."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lsp_server.chat.history import whole
from lsp_server.chat.trimming import Piece, Rank, pieces_of, tokens_of, trim
from lsp_server.models.messages import Image, Message, Text, ToolCall, ToolResult
from tests.chat.test_turn import check_history

RANKS: tuple[Rank, ...] = ("pinned", "instructions", "turn", "recent", "retrieved", "old")
CLEARED = "[This result was cleared to make room. Ask the tool again if you still need it.]"


def said(rank: Rank, text: str) -> Piece:
    """Give a piece of one question."""
    return Piece(rank, (Message.of("user", text),))


def step(number: int, size: int) -> tuple[Message, Message]:
    """Give a call with a result of so many characters."""
    call = ToolCall(f"{number}", "read", "{}")
    return Message("assistant", (call,)), Message("user", (ToolResult(call.id, "read", "r" * size),))


def exchange(number: int, size: int = 100, steps: int = 0) -> list[Message]:
    """Give a question, some steps, and an answer."""
    taken = [message for at in range(steps) for message in step(number * 100 + at, size)]
    return [Message.of("user", f"q{number} " + "q" * size), *taken, Message.of("assistant", f"a{number} " + "a" * size)]


def results(messages: Sequence[Message]) -> list[str]:
    """Give the texts of all results."""
    return [part.text for message in messages for part in message.parts if isinstance(part, ToolResult)]


def test_what_fits_is_sent_as_it_is() -> None:
    """Nothing is cleared or left out, and the tokens are told part by part."""
    pieces = [said("pinned", "p" * 10), *pieces_of(exchange(1, 20, 1), [Message.of("user", "why?")])]
    trimmed = trim(pieces, 10_000, len)
    assert trimmed.messages == tuple(message for piece in pieces for message in piece.messages)
    assert trimmed.fits
    assert (trimmed.cleared, dict(trimmed.left_out)) == (0, {})
    assert sum(trimmed.parts.values()) == trimmed.tokens == tokens_of(trimmed.messages, len)
    assert trimmed.parts["tool results"] == 24


def test_the_lowest_rank_goes_first() -> None:
    """With ever less room: old, retrieved, recent; then instructions; pinned and the question stay."""
    pieces = [said(rank, rank[0] * 92) for rank in RANKS]
    left = [dict(trim(pieces, 100 * room, len).left_out) for room in range(6, 0, -1)]
    assert left[0] == {}
    assert left[1] == {"old": 1}
    assert left[2] == {"old": 1, "retrieved": 1}
    assert left[3] == {"old": 1, "retrieved": 1, "recent": 1}
    assert left[4] == {"old": 1, "retrieved": 1, "recent": 1, "instructions": 1}
    assert not trim(pieces, 100, len).fits
    assert [message.text[0] for message in trim(pieces, 200, len).messages] == ["p", "t"]


def test_old_results_are_cleared_before_any_words_go() -> None:
    """The oldest first, and never the newest ones."""
    history = [message for number in range(4) for message in exchange(number, 50, 2)]
    trimmed = trim(pieces_of(history, [Message.of("user", "why?")], recent=2), 1_800, len)
    assert trimmed.fits
    assert dict(trimmed.left_out) == {}
    assert trimmed.cleared == 0
    history = [message for number in range(4) for message in exchange(number, 500, 2)]
    trimmed = trim(pieces_of(history, [Message.of("user", "why?")], recent=2), 6_900, len)
    assert (trimmed.fits, dict(trimmed.left_out)) == (True, {})
    cleared = [text == CLEARED for text in results(trimmed.messages)]
    assert cleared == sorted(cleared, reverse=True)
    assert 0 < sum(cleared) <= 5


def test_in_a_long_turn_its_older_results_go() -> None:
    """The question and what the person said meanwhile stay; a step goes with its result or not at all."""
    meanwhile = Message("user", (*step(50, 10)[1].parts, Text("Leave the tests alone.")))
    turn = [Message.of("user", "Do it."), *(message for at in range(10) for message in step(at, 900))]
    turn += [step(50, 10)[0], meanwhile, *step(51, 900)]
    trimmed = trim([Piece("turn", unit) for unit in [tuple(turn[:1])]] + pieces_of([], turn[1:]), 4_000, len)
    assert trimmed.fits
    assert "Do it." in trimmed.messages[0].text
    assert any("Leave the tests alone." in message.text for message in trimmed.messages)
    assert results(trimmed.messages)[-1] == "r" * 900
    check_history(trimmed.messages)
    tight = trim(pieces_of([], turn), 250, len)
    check_history(tight.messages)
    assert tight.left_out["turn"] > 0
    assert [message.text for message in tight.messages if message.text] == ["Do it.", "Leave the tests alone."]


def test_the_newest_results_are_never_cleared() -> None:
    """They are what the model works with; when there is no room for them, their steps go."""
    turn = [Message.of("user", "Do it."), *(message for at in range(4) for message in step(at, 500))]
    trimmed = trim(pieces_of([], turn), 1_200, len)
    assert trimmed.fits
    assert results(trimmed.messages) == ["r" * 500, "r" * 500]
    assert (trimmed.cleared, dict(trimmed.left_out)) == (1, {"turn": 2})


def test_a_request_begins_as_the_one_before() -> None:
    """What is left out of a growing conversation changes in a few steps, so that a prompt cache holds in between."""
    history: list[Message] = []
    beginnings = []
    for number in range(60):
        trimmed = trim(pieces_of(history, [Message.of("user", "why?")]), 8_000, len)
        assert trimmed.fits
        beginnings.append(trimmed.messages[0].text)
        history += exchange(number, 100)
    changes = sum(a != b for a, b in pairwise(beginnings[30:]))
    assert 1 <= changes <= 10, changes


def test_pictures_count() -> None:
    """A picture in an old result goes with its text."""
    call, result = step(1, 100)
    image = Image("image/png", b"pixels")
    pictured = Message("user", (ToolResult("1", "read", "r" * 100, images=(image,)),))
    assert tokens_of([pictured], len) == tokens_of([result], len) + 1_600
    history = [Message.of("user", "q"), call, pictured, *(m for at in range(2, 6) for m in step(at, 90))]
    trimmed = trim(pieces_of([*history, Message.of("assistant", "a")], []), 1_000, len)
    assert trimmed.fits
    assert trimmed.cleared == 1


SIZES = st.integers(0, 400)
EXCHANGES = st.lists(st.tuples(SIZES, st.integers(0, 4)), max_size=6)
EXTRAS = st.lists(st.tuples(st.sampled_from(["pinned", "instructions", "retrieved"]), SIZES), max_size=4)


@given(EXCHANGES, EXTRAS, SIZES, st.integers(0, 6), st.integers(0, 4_000), st.integers(0, 3))
def test_any_conversation_fits_or_says_that_it_cannot(
    past: list[tuple[int, int]], extras: list[tuple[Rank, int]], asked: int, steps: int, budget: int, recent: int
) -> None:
    """No pair is split, pinned pieces and the question stay, and the same conversation is always trimmed alike."""
    history = [message for at, (size, many) in enumerate(past) for message in exchange(at + 1, size, many)]
    turn = exchange(90, asked, steps)[:-1]
    pieces = [said(rank, "x" * size) for rank, size in extras] + pieces_of(history, turn, recent)
    trimmed = trim(pieces, budget, len)
    assert trimmed == trim(pieces, budget, len)
    assert trimmed.tokens == tokens_of(trimmed.messages, len) == sum(trimmed.parts.values())
    assert trimmed.fits == (trimmed.tokens <= budget)
    for rank, size in extras:
        assert rank != "pinned" or Message.of("user", "x" * size) in trimmed.messages
    assert turn[0] in trimmed.messages
    check_history(whole(trimmed.messages))
    calls = [part.id for each in trimmed.messages for part in each.parts if isinstance(part, ToolCall)]
    answered = [part.call_id for each in trimmed.messages for part in each.parts if isinstance(part, ToolResult)]
    assert calls == answered
    if not trimmed.fits:
        assert set(trimmed.parts) <= {"pinned", "turn", "tool results"}
