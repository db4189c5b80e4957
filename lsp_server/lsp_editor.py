"""The Editor that an LSP client is: what it can do is read from its capabilities, never from its name."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from context.text import Document, Encoding, TextEdit
from context.workspace import Workspace
from lsp_server.chat.prompt import name_of
from lsp_server.chat.updates import answers_to, body_of, permission_answer, permission_body, question_text
from lsp_server.convert import status_json, workspace_edit_json
from lsp_server.editor import PermissionAnswer, PermissionRequest, Status, Update
from lsp_server.errors import AssistantError, EditRefused
from lsp_server.handshake import Json, lookup
from lsp_server.tools.request import visible


class Channel(Protocol):
    """How messages reach the client."""

    def notify_client(self, method: str, params: Json) -> None:
        """Send a notification."""

    async def ask_client(self, method: str, params: Json) -> Json:
        """Send a request and give its result. Raises AssistantError when the client answers with an error."""


class LspEditor:
    """An LSP client as the core sees it."""

    def __init__(self, channel: Channel, workspace: Workspace, capabilities: Json, encoding: Encoding) -> None:
        self._channel = channel
        self._workspace = workspace
        self._capabilities = capabilities
        self._encoding = encoding
        self._status: Status | None = None

    def can(self, *path: str) -> bool:
        """Tell whether the client announced a capability."""
        return bool(lookup(self._capabilities, *path))

    def document(self, uri: str) -> Document | None:
        """Give the text the person sees; None when there is no such document.

        Raises AssistantError when no model may see it.
        """
        self.check(uri)
        return self._workspace.document(uri.partition("#")[0], attached=True)

    def check(self, uri: str) -> None:
        """Raise AssistantError when no model may see what the person names; one that is not there may be seen."""
        address = uri.partition("#")[0]
        verdict = self._workspace.verdict(address, attached=True)
        if verdict.reason not in ("", "no-file"):
            raise AssistantError(f"{name_of(address)} is not sent to a model: {verdict}")

    async def apply_edits(self, document: Document, edits: Sequence[TextEdit], label: str) -> None:
        """Apply all edits as one change to exactly this version. Raises EditRefused when that cannot be."""
        if not self.can("workspace", "applyEdit"):
            raise EditRefused("This editor does not let a server change a file, so nothing was changed.")
        if self._workspace.document(document.uri, attached=True) != document:
            raise EditRefused("The text has changed in the meantime, so nothing was changed. Try again.")
        # Neovim announces no documentChanges and applies them; a client without workspace edits at all is rare.
        versioned = self.can("workspace", "workspaceEdit") and self._workspace.opened(document.uri) is not None
        edit = workspace_edit_json(document, edits, self._encoding, versioned=versioned)
        result = await self._channel.ask_client("workspace/applyEdit", {"label": label, "edit": edit})
        if not lookup(result, "applied"):
            reason = lookup(result, "failureReason") or "it gave no reason"
            raise EditRefused(f"The editor did not apply the change ({reason}). Nothing was changed.")

    async def request_permission(self, asked: PermissionRequest) -> PermissionAnswer | None:
        """Ask by the plugin, or by a message with buttons; None when the client has no answer."""
        if self.can("experimental", "antiphon", "permissions"):
            result = await self._channel.ask_client("antiphon/session/request_permission", permission_body(asked))
            return permission_answer(asked, result)
        answers = answers_to(asked)
        message = f"Antiphon wants to do this: {visible(asked.request.title)}\n{question_text(asked)}".rstrip()
        actions = [{"title": words} for words in answers]
        result = await self._channel.ask_client(
            "window/showMessageRequest", {"type": 2, "message": message, "actions": actions}
        )
        return answers.get(str(lookup(result, "title")))

    async def show_text(self, title: str, markdown: str) -> None:
        """Show a longer text: by the plugin, as a temporary Markdown file, or as a message."""
        if self.can("experimental", "antiphon", "explanations"):
            return
        if self.can("window", "showDocument", "support"):
            path = await asyncio.to_thread(_write_temporary, title, markdown)
            await self._channel.ask_client("window/showDocument", {"uri": path.as_uri(), "takeFocus": True})
            return
        self._channel.notify_client("window/showMessage", {"type": 3, "message": markdown})

    def update(self, update: Update) -> None:
        """Tell the client what a session does."""
        self._channel.notify_client(
            "antiphon/session/update", {"sessionId": update.session_id, "update": body_of(update)}
        )

    def status(self, status: Status) -> None:
        """Tell the client a status, once until it changes: a fault at every key is still one fault."""
        if status != self._status:
            self._status = status
            self._channel.notify_client("antiphon/status", status_json(status))


def _write_temporary(title: str, markdown: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="antiphon-"))
    name = "".join(character if character.isalnum() or character in "-_ " else "-" for character in title)
    path = folder / f"{name.strip()[:60] or 'text'}.md"
    path.write_text(markdown, encoding="utf-8")
    return path
