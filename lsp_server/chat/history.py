"""A history that every vendor accepts, made of whatever was stored until a process was killed.

The strictest vendors refuse a conversation for good in which a tool call has not exactly one result, in the message
right behind it, or in which two messages of the same role follow each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from lsp_server.models.messages import Message, Part, ToolCall, ToolResult

_INTERRUPTED = "This tool was interrupted. What it has done until then is not known; look before you go on."


def whole(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Give the messages with a result for each call, in the calls' order, and with alternating roles.

    A result without a call is dropped, also a second one of the same call; so are messages without parts. What stands
    twice in a row from one side becomes one message. Messages that are whole already stay the same.
    """
    return tuple(message for message, _ in whole_with_places(messages))


def whole_with_places(messages: Sequence[Message]) -> list[tuple[Message, int]]:
    """Give the messages as `whole`, each with the place of the last given one that went into it."""
    found: list[tuple[Message, int]] = []
    for message, place in _joined(messages):
        last = found[-1][0] if found else None
        calls = calls_of(last) if last else ()
        if calls and message.role != "user":
            found.append((Message("user", _answered(calls, ())), found[-1][1]))
            last = found[-1][0]
        parts = _answered(calls, message.parts) if message.role == "user" else message.parts
        if last and last.role == message.role:
            found[-1] = Message(message.role, last.parts + parts), place
        elif parts:
            found.append((message if parts == message.parts else Message(message.role, parts), place))
    if found and (calls := calls_of(found[-1][0])):
        found.append((Message("user", _answered(calls, ())), found[-1][1]))
    return found


def calls_of(message: Message) -> tuple[ToolCall, ...]:
    """Give the tool calls of a message."""
    return tuple(part for part in message.parts if isinstance(part, ToolCall))


def units(messages: Sequence[Message]) -> Iterator[tuple[Message, ...]]:
    """Give the pieces of a whole history that must not be split: a message, or calls with their results."""
    rest = iter(messages)
    for message in rest:
        yield (message, *([next(rest)] if calls_of(message) else []))


def exchanges(messages: Sequence[Message]) -> Iterator[tuple[Message, ...]]:
    """Give a whole history in its exchanges: a question and everything until the next one."""
    found: list[Message] = []
    for unit in units(messages):
        if found and unit[0].role == "user":
            yield tuple(found)
            found = []
        found += unit
    if found:
        yield tuple(found)


def _joined(messages: Sequence[Message]) -> Iterator[tuple[Message, int]]:
    """Join what the person's side says in a row, so that results may stand in any of these messages."""
    places = enumerate(messages)
    for role, group in groupby(places, key=lambda each: each[1].role):
        if role == "assistant":
            yield from ((message, place) for place, message in group)
        else:
            same = list(group)
            place, message = same[-1]
            parts = tuple(part for _, each in same for part in each.parts)
            yield message if len(same) == 1 else Message(role, parts), place


def _answered(calls: Sequence[ToolCall], parts: Sequence[Part]) -> tuple[Part, ...]:
    """Give a user message's parts with one result for each of these calls first, and no other results."""
    found: dict[str, list[ToolResult]] = {}
    for part in parts:
        if isinstance(part, ToolResult):
            found.setdefault(part.call_id, []).append(part)
    results: list[Part] = []
    for call in calls:
        known = found.get(call.id)
        results.append(known.pop(0) if known else ToolResult(call.id, call.name, _INTERRUPTED, is_error=True))
    return (*results, *(part for part in parts if not isinstance(part, ToolResult)))
