"""A conversation as endpoints want it: instructions apart, neighbours of one role as one turn, every call answered.

Endpoints refuse a history in which a tool call has no result, or a result has no call, and some also one in which the
same role speaks twice in a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from lsp_server.models.messages import Endpoint, Message, Part, Reasoning, Text, ToolCall, ToolResult

_NOT_RUN = "The tool was not run."


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side says in one go. A user's turn has the tool results first."""

    role: Literal["user", "assistant"]
    parts: tuple[Part, ...]


def system_text(messages: Iterable[Message]) -> str:
    """Give the texts of all system messages, with a blank line between two."""
    return "\n\n".join(text for message in messages if message.role == "system" and (text := message.text))


def turns_of(messages: Iterable[Message], dialect: str, endpoint: Endpoint) -> list[Turn]:
    """Give the conversation without its system messages, for this dialect and endpoint.

    States that another dialect or provider made are taken off their parts. Left out are then: reasoning without a
    state, texts without a word, and answers that are nothing but reasoning. A call that has no result in the turn
    after it gets one that says so; a result that has no call in the turn before it is left out.
    """
    said = [(message.role, _kept(message, dialect, endpoint)) for message in messages if message.role != "system"]
    turns: list[Turn] = []
    calls: tuple[ToolCall, ...] = ()
    for role, group in groupby([each for each in said if each[1]], key=lambda each: each[0]):
        parts = tuple(part for _, kept in group for part in kept)
        if role == "assistant":
            turns += _unanswered(calls)
            turns += [] if all(isinstance(part, Reasoning) for part in parts) else [Turn("assistant", parts)]
            calls = tuple(part for part in parts if isinstance(part, ToolCall))
        elif answered := _answered(calls, parts):
            turns.append(Turn("user", answered))
            calls = ()
    return turns + _unanswered(calls)


def _kept(message: Message, dialect: str, endpoint: Endpoint) -> list[Part]:
    parts = [_known(part, dialect, endpoint) for part in message.parts]
    return [part for part in parts if _says(part)]


def _known(part: Part, dialect: str, endpoint: Endpoint) -> Part:
    """Give a part without a state that this endpoint would not understand."""
    match part:
        case Text(state=state) | Reasoning(state=state) | ToolCall(state=state) if state:
            ours = (state.dialect, state.provider) == (dialect, endpoint.provider)
            return part if ours else replace(part, state=None)
        case _:
            return part


def _says(part: Part) -> bool:
    match part:
        case Text(text, state):
            return bool(text.strip() or state)
        case Reasoning():
            return part.state is not None
        case _:
            return True


def _answered(calls: Sequence[ToolCall], parts: Sequence[Part]) -> tuple[Part, ...]:
    """Give the parts of a user's turn: a result for each call, in the order of the calls, then all else."""
    results = {part.call_id: part for part in parts if isinstance(part, ToolResult)}
    others = [part for part in parts if not isinstance(part, ToolResult)]
    return (*(results.get(call.id, _not_run(call)) for call in calls), *others)


def _unanswered(calls: Sequence[ToolCall]) -> list[Turn]:
    return [Turn("user", tuple(map(_not_run, calls)))] if calls else []


def _not_run(call: ToolCall) -> ToolResult:
    return ToolResult(call.id, call.name, _NOT_RUN, is_error=True)
