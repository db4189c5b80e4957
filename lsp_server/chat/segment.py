"""What a stored conversation is made of: a session, and its segments in their order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from lsp_server.chat.history import whole, whole_with_places
from lsp_server.chat.message_json import UnreadableMessage, message_json, message_of
from lsp_server.models.messages import Message, Reasoning, Text, ToolCall, ToolResult

# "update" is what an editor was shown and no message tells; "summary" and "checkpoint" say what stands before them.
Kind: TypeAlias = Literal["message", "summary", "checkpoint", "update"]

# Of a tool's result so much can be found by its words.
_FOUND_CHARACTERS = 4_000

_TITLE_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A stored conversation. Times are seconds since 1970; `parent` is the session it was forked from, or "".

    `head` is the id of its last segment, 0 while there is none.
    """

    id: str
    cwd: str
    title: str = ""
    created_s: float = 0.0
    updated_s: float = 0.0
    parent: str = ""
    mode: str = ""
    model: str = ""
    head: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of a conversation: a message, or for the other kinds an object of JSON values.

    `id` is 0 until it is stored; then it names the place for a fork or a way back.
    """

    kind: Kind
    message: Message | None = None
    value: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0
    created_s: float = 0.0

    @staticmethod
    def of(message: Message) -> Segment:
        """Give the segment of a message."""
        return Segment("message", message)

    @property
    def body(self) -> str:
        """The segment as a JSON text."""
        return json.dumps(dict(self.value)) if self.message is None else message_json(self.message)

    @property
    def words(self) -> str:
        """What of it can be found: what was said, calls and the beginning of their results, and a summary's text."""
        if self.message is None:
            text = self.value.get("text", "") if self.kind == "summary" else ""
            return text if isinstance(text, str) else ""
        return "\n".join(filter(None, map(_words, self.message.parts)))


@dataclass(frozen=True, slots=True)
class Remembered:
    """What goes on being sent: the value of the latest summary, if any, and all messages behind what it covers.

    The messages are whole in themselves. To sum up the first n of them is to cover the segment `ids[n - 1]`.
    """

    summary: Mapping[str, Any] | None
    messages: tuple[Message, ...]
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """A session with all of its segments, oldest first."""

    session: SessionRow
    segments: tuple[Segment, ...]

    @property
    def history(self) -> tuple[Message, ...]:
        """All messages, whole in themselves, also when the process was killed in the middle of a turn."""
        return whole([segment.message for segment in self.segments if segment.message is not None])

    @property
    def remembered(self) -> Remembered:
        """What of it is sent. A summary's `covers` is the id of the last segment that it stands for."""
        summary = next((each.value for each in reversed(self.segments) if each.kind == "summary"), None)
        covers = summary.get("covers", 0) if summary else 0
        kept = [(each.id, each.message) for each in self.segments if each.id > covers and each.message is not None]
        found = whole_with_places([message for _, message in kept])
        return Remembered(summary, tuple(message for message, _ in found), tuple(kept[place][0] for _, place in found))


def title_of(question: str) -> str:
    """Give a title for a conversation that begins with a question: its first line, cut behind a word if need be."""
    line = next((stripped for line in question.split("\n") if (stripped := " ".join(line.split()))), "")
    return line if len(line) <= _TITLE_CHARACTERS else f"{line[:_TITLE_CHARACTERS].rpartition(' ')[0] or line[:40]}…"


def segment_of(segment_id: int, kind: Kind, body: str, created_s: float) -> Segment:
    """Give a segment from what was stored. Raises UnreadableMessage."""
    if kind == "message":
        return Segment(kind, message_of(body), {}, segment_id, created_s)
    try:
        value = json.loads(body)
    except ValueError as error:
        raise UnreadableMessage(
            "A stored step cannot be read: the store was damaged or changed by something else."
        ) from error
    return Segment(kind, None, value, segment_id, created_s)


def _words(part: object) -> str:
    match part:
        case Text(text) | Reasoning(text):
            return text
        case ToolCall(name=name, arguments=arguments):
            return f"{name} {arguments}"[:_FOUND_CHARACTERS]
        case ToolResult(text=text):
            return text[:_FOUND_CHARACTERS]
        case _:
            return ""
