"""The Editor that a terminal is: files on disk, answers as they stream, no questions asked back."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markdown import Markdown
from rich.text import Text

from context.text import Document, TextEdit
from context.workspace import Workspace, path_of
from lsp_server.editor import AgentMessageChunk, AgentThoughtChunk, Status, Update
from lsp_server.errors import EditRefused


class Terminal:
    """A console that shows what an editor would."""

    def __init__(self, console: Console, workspace: Workspace) -> None:
        self.console = console
        self._workspace = workspace

    def document(self, uri: str) -> Document | None:
        """Give the file's text; None when there is none."""
        return self._workspace.document(uri.partition("#")[0], attached=True)

    async def apply_edits(self, document: Document, edits: Sequence[TextEdit], label: str) -> None:
        """Write the changed file. Raises EditRefused when it is not as it was read."""
        path = path_of(document.uri)
        if path is None or self._workspace.document(document.uri, attached=True) != document:
            raise EditRefused(f"{document.uri} has changed in the meantime, so nothing was changed. Try again.")
        after = document.with_edits(edits, document.version + 1)
        path.write_bytes(after.text.encode("utf-8"))

    async def show_text(self, title: str, markdown: str) -> None:
        """Print a longer text."""
        self.console.rule(Text(title))
        self.console.print(Markdown(markdown))

    def update(self, update: Update) -> None:
        """Print an answer as it comes."""
        match update:
            case AgentMessageChunk(_, text):
                self.console.print(printable(text), end="", markup=False, highlight=False, soft_wrap=True)
            case AgentThoughtChunk(_, text):
                self.console.print(printable(text), end="", style="dim", markup=False, highlight=False, soft_wrap=True)
            case _:
                pass  # token counts have no place in a running text

    def status(self, status: Status) -> None:
        """Print a status."""
        show_status(self.console, status)


def show_status(console: Console, status: Status) -> None:
    """Print what goes wrong or takes long; that all is well need not be said."""
    style = {"warning": "yellow", "error": "red", "busy": "dim"}.get(status.state)
    if style:
        console.print(status.message, style=style, markup=False, soft_wrap=True)


def printable(text: str) -> str:
    """Give a text that can be written as UTF-8: half a surrogate pair, which some models stream, becomes "?"."""
    return text.encode("utf-8", "replace").decode("utf-8")
