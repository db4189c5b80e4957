"""What is said to a model and what comes back, as plain values that no dialect or vendor shows through.

Token counts are tokens of the model that was asked. Times are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant"]
StopReason: TypeAlias = Literal["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal", "unknown"]
Auth: TypeAlias = Literal["bearer", "x-api-key", "x-goog-api-key", "api-key", "none"]


@dataclass(frozen=True, slots=True)
class ProviderState:
    """What a provider wants back, unchanged, with a part that it made: signatures, encrypted reasoning, ids.

    Only the dialect that made it understands `value`, a JSON object, and only to that `provider` does it go back:
    another one is sent the part without it. It holds what came over the wire, so no secret of ours.
    """

    dialect: str
    provider: str
    value: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A part of a message that is text."""

    text: str
    state: ProviderState | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, as the bytes of its file; `media_type` is such as "image/png"."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What the model thought. Shown to people only: what its provider wants back of it stands in `state`."""

    text: str
    state: ProviderState | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool. `arguments` is the JSON text that it wrote: an object, unless the model erred."""

    id: str
    name: str
    arguments: str
    state: ProviderState | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of the tool call `call_id`; it stands in the user message after the call.

    `is_error` says that `text` tells the model what went wrong.
    """

    call_id: str
    name: str
    text: str
    is_error: bool = False
    images: tuple[Image, ...] = ()


Part: TypeAlias = Text | Image | Reasoning | ToolCall | ToolResult


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
        """The text of its Text parts."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool that the model may ask for; `parameters` is the JSON Schema of its arguments, an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


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
    """Ask a chat endpoint for the next message.

    `temperature` None sends no sampling parameter, and `effort` "" none about reasoning ("none", "low", "high"…):
    many models refuse either. `tool_choice` is "auto", "none", "required" or the name of a tool. `cache_key` names
    the conversation for endpoints that keep requests of the same key together; "" when there will be no other.
    """

    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float | None = None
    stop: tuple[str, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str = "auto"
    effort: str = ""
    cache_key: str = ""


ModelRequest: TypeAlias = FimRequest | ChatRequest


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model at one address, in one dialect (a module of `models.wire`).

    `base_url` has no trailing slash. `key` is sent in the way that `auth` says, unless it is empty; it never shows in
    a repr. `keep_alive` False asks for a fresh connection each time (a server that closes after each stream).
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
    auth: Auth = "bearer"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What a dialect wants sent: everything but the connection."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request; None is unknown, never zero.

    `input_tokens` includes those read from a cache and those written to it, `output_tokens` includes reasoning.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of what the model thinks before it answers; shown apart, never part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class PartDone:
    """The text or the reasoning that was coming is whole, and its provider wants `state` back with it.

    Without a delta before it, it stands for a part whose text nobody sees.
    """

    kind: Literal["text", "reasoning"]
    state: ProviderState | None = None


@dataclass(frozen=True, slots=True)
class ToolCallDone:
    """The model has asked for a tool, and the request is whole."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a stream, exactly once. `detail` is what the endpoint says about why, if anything."""

    stop_reason: StopReason
    usage: Usage = Usage()
    detail: str = ""


StreamEvent: TypeAlias = TextDelta | ReasoningDelta | PartDone | ToolCallDone | Finished
