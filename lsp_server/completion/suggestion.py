"""What the completion engine is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from context.text import Document, Span
from lsp_server.completion.ask import Trace
from lsp_server.errors import AssistantError


@dataclass(frozen=True, slots=True)
class Selected:
    """The item that is selected in an editor's popup: `text` would replace `span`, which ends at the cursor."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """Complete at an offset of a document; `invoked` when a person asked for it by hand."""

    document: Document
    offset: int
    invoked: bool = False
    selected: Selected | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """Text to insert at the cursor. `source` is "model", "joined" or "memory".

    `others` are further, different texts for the same place. With a selected popup item, all of them begin with its
    text and replace its span.
    """

    text: str
    source: str
    trace: Trace | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Nothing:
    """No suggestion. `reason` is a stable code, such as "off", "superseded" or "empty"."""

    reason: str
    error: AssistantError | None = None
    trace: Trace | None = None
