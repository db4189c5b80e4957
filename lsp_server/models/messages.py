"""What is said to a model and what comes back, as plain values that no dialect or vendor shows through.

Token counts are tokens of the model that was asked. Times are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant"]
StopReason: TypeAlias = Literal["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal", "unknown"]


@dataclass(frozen=True, slots=True)
class Text:
    """A part of a message that is text."""

    text: str


Part: TypeAlias = Text


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation: who says it, and its parts in order."""

    role: Role
    parts: tuple[Part, ...]

    @staticmethod
    def of(role: Role, text: str) -> Message:
        """Give a message of a single text."""
        return Message(role, (Text(text),))

    @property
    def text(self) -> str:
        """The text of all parts."""
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class FileText:
    """Text of another file that goes along as context; `name` is how the model sees it called."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class FimRequest:
    """Ask a completion endpoint for what stands between `prefix` and `suffix`.

    `suffix` None asks for a plain continuation of `prefix` (which may be a rendered template): a dialect then
    leaves fill-in-the-middle out altogether. `stop` may hold any number; a dialect sends at most four, the
    caller enforces all. `temperature` None sends no sampling parameter. `banned` are texts whose tokens shall
    not be chosen, honoured where the dialect can say so.
    """

    prefix: str
    suffix: str | None
    max_tokens: int
    stop: tuple[str, ...] = ()
    temperature: float | None = None
    banned: tuple[str, ...] = ()
    files: tuple[FileText, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Ask a chat endpoint for the next message. `temperature` None sends no sampling parameter."""

    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float | None = None
    stop: tuple[str, ...] = ()


ModelRequest: TypeAlias = FimRequest | ChatRequest


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model at one address, in one dialect (a module of `models.wire`).

    `base_url` has no trailing slash. `key` is sent as a Bearer token unless it is empty; it never shows in a
    repr. `keep_alive` False asks for a fresh connection each time (a server that closes after each stream).
    `own_slots` says that the server keeps a slot for completions and another for chat, for us alone.
    `local` is true when no text leaves this machine.
    """

    provider: str
    dialect: str
    base_url: str
    model: str
    key: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    keep_alive: bool = True
    local: bool = False
    own_slots: bool = False


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What a dialect wants sent: everything but the connection."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request. `input_tokens` includes `cache_read_tokens`; None is unknown, never zero."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of what the model thinks before it answers; shown apart, never part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a stream, exactly once."""

    stop_reason: StopReason
    usage: Usage = Usage()


StreamEvent: TypeAlias = TextDelta | ReasoningDelta | Finished
