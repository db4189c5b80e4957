"""What a face (LSP, terminal, tests) offers the core: the Editor protocol, and the words it is told.

The words of an update are the Agent Client Protocol's `session/update` (https://agentclientprotocol.com).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from context.text import Document, TextEdit
from lsp_server.tools.request import FileDiff, Kind, Request

State: TypeAlias = Literal["ready", "busy", "warning", "error"]

ToolStatus: TypeAlias = Literal["pending", "in_progress", "completed", "failed"]

# "session" and "always" hold for exactly this call, "never" forbids it.
PermissionAnswer: TypeAlias = Literal["once", "session", "always", "no", "never"]


@dataclass(frozen=True, slots=True)
class AgentMessageChunk:
    """More text of the answer."""

    session_id: str
    text: str


@dataclass(frozen=True, slots=True)
class AgentThoughtChunk:
    """More text of the model's reasoning."""

    session_id: str
    text: str


@dataclass(frozen=True, slots=True)
class UsageUpdate:
    """Tokens of the conversation so far (`used`) and the window they must fit in (`size`)."""

    session_id: str
    used: int
    size: int


@dataclass(frozen=True, slots=True)
class ToolCallStarted:
    """The model asks for a tool; what it would do is not looked at yet. `arguments` are those of the call."""

    session_id: str
    call_id: str
    title: str
    kind: Kind
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCallUpdate:
    """What became of a tool call since. An empty field says nothing new.

    `text` and `diffs` are what it gave and changed. `locations` are URIs of files, each with a line that counts from
    zero, or None for the whole file.
    """

    session_id: str
    call_id: str
    status: ToolStatus
    title: str = ""
    text: str = ""
    diffs: tuple[FileDiff, ...] = ()
    locations: tuple[tuple[str, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class PlanUpdate:
    """The model's plan as it stands now. `entries` are content, status and priority of each step."""

    session_id: str
    entries: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """An update of an earlier time, shown again; `body` is the protocol's JSON of it."""

    session_id: str
    body: Mapping[str, Any]


Update: TypeAlias = (
    AgentMessageChunk | AgentThoughtChunk | UsageUpdate | ToolCallStarted | ToolCallUpdate | PlanUpdate | Replayed
)


@dataclass(frozen=True, slots=True)
class PermissionRequest:
    """A tool call that the person is asked about: all that it would do, and why it is asked.

    `lasting` tells whether an answer may hold for longer than this once.
    """

    session_id: str
    call_id: str
    request: Request
    why: str = ""
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What a status bar shows. `reason` is a stable code, such as "auth-failed"; `message` is for a person."""

    state: State
    message: str
    reason: str = ""


class Editor(Protocol):
    """What any face offers the core."""

    def document(self, uri: str) -> Document | None:
        """Give the text the person sees, saved or not; None when there is no such document."""

    async def apply_edits(self, document: Document, edits: Sequence[TextEdit], label: str) -> None:
        """Apply all edits as one undoable change to exactly this version of the document.

        Raises EditRefused when the text has changed since, or the editor says no.
        """

    async def request_permission(self, asked: PermissionRequest) -> PermissionAnswer | None:
        """Ask the person whether a tool may do something; None is no answer, which means no."""

    async def show_text(self, title: str, markdown: str) -> None:
        """Show a longer text, such as an explanation, in the best way this editor has."""

    def update(self, update: Update) -> None:
        """Tell the person what a session does."""

    def status(self, status: Status) -> None:
        """Show a status."""
