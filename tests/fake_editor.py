"""An editor of plain values: documents in, everything it was told out."""

from __future__ import annotations

from collections.abc import Sequence

from context.text import Document, TextEdit
from lsp_server.editor import (
    AgentMessageChunk,
    AgentThoughtChunk,
    PermissionAnswer,
    PermissionRequest,
    Status,
    Update,
)
from lsp_server.errors import EditRefused


class FakeEditor:
    """Holds documents by URI, and keeps what it was asked to do, in order.

    `refusal` is why it will not apply edits, "" when it will. `answer_to_permission` is what the person answers, and
    `asked` what they were asked.
    """

    def __init__(self, *documents: Document, refusal: str = "") -> None:
        self.documents = {document.uri: document for document in documents}
        self.refusal = refusal
        self.answer_to_permission: PermissionAnswer | None = None
        self.asked: list[PermissionRequest] = []
        self.labels: list[str] = []
        self.shown: list[tuple[str, str]] = []
        self.updates: list[Update] = []
        self.statuses: list[Status] = []

    def document(self, uri: str) -> Document | None:
        """Give a document; None when there is none."""
        return self.documents.get(uri)

    async def apply_edits(self, document: Document, edits: Sequence[TextEdit], label: str) -> None:
        """Apply edits to the very version they were made for. Raises EditRefused otherwise."""
        if self.refusal:
            raise EditRefused(self.refusal)
        if self.documents.get(document.uri) != document:
            raise EditRefused("The text has changed in the meantime, so nothing was changed. Try again.")
        self.documents[document.uri] = document.with_edits(edits, document.version + 1)
        self.labels.append(label)

    async def request_permission(self, asked: PermissionRequest) -> PermissionAnswer | None:
        """Keep the question, and answer as a test has told."""
        self.asked.append(asked)
        return self.answer_to_permission

    async def show_text(self, title: str, markdown: str) -> None:
        """Keep a text."""
        self.shown.append((title, markdown))

    def update(self, update: Update) -> None:
        """Keep an update."""
        self.updates.append(update)

    def status(self, status: Status) -> None:
        """Keep a status."""
        self.statuses.append(status)

    @property
    def answer(self) -> str:
        """The text of all answers so far."""
        return "".join(update.text for update in self.updates if isinstance(update, AgentMessageChunk))

    @property
    def thoughts(self) -> str:
        """The text of all reasoning so far."""
        return "".join(update.text for update in self.updates if isinstance(update, AgentThoughtChunk))
