"""What a face (LSP, terminal, tests) offers the core: the Editor protocol, and the words it is told.

The words of an update are the Agent Client Protocol's `session/update` (https://agentclientprotocol.com).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from context.text import Document, TextEdit

State: TypeAlias = Literal["ready", "busy", "warning", "error"]


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


Update: TypeAlias = AgentMessageChunk | AgentThoughtChunk | UsageUpdate


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

    async def show_text(self, title: str, markdown: str) -> None:
        """Show a longer text, such as an explanation, in the best way this editor has."""

    def update(self, update: Update) -> None:
        """Tell the person what a session does."""

    def status(self, status: Status) -> None:
        """Show a status."""
