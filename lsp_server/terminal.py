"""The Editor that a terminal is: files on disk, answers as they stream, no questions asked back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.console import Console
from rich.markdown import Markdown
from rich.text import Text

from context.text import Document, TextEdit
from context.workspace import Workspace, path_of
from lsp_server.editor import AgentMessageChunk, AgentThoughtChunk, Status, Update
from lsp_server.errors import EditRefused

_PIECE = re.compile(r"\n|[^\S\n]+|\S+")


class Terminal:
    """A console that shows what an editor would."""

    def __init__(self, console: Console, workspace: Workspace) -> None:
        self.console = console
        self._workspace = workspace
        # A pipe gets the text as it is; lines are for people.
        self._wrap = Wrap(console.width if console.is_terminal or console.record else 1_000_000)

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
                self._write(self._wrap.feed(printable(text)))
            case AgentThoughtChunk(_, text):
                self._write(self._wrap.feed(printable(text)), "dim")
            case _:
                pass  # token counts have no place in a running text

    def end_answer(self) -> None:
        """Print what is left of an answer, and end its line."""
        self._write(self._wrap.end() + "\n")

    def _write(self, text: str, style: str = "") -> None:
        self.console.print(text, end="", style=style, markup=False, highlight=False, soft_wrap=True)

    def status(self, status: Status) -> None:
        """Print a status."""
        show_status(self.console, status)


class Wrap:
    """Breaks a text into lines of a width at spaces, however the text arrives. A longer word stays whole."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._column = 0
        self._word = ""

    def feed(self, text: str) -> str:
        """Take more of the text and give what can be shown of it: all but a last word, which may go on."""
        pieces: list[str] = _PIECE.findall(self._word + text)
        self._word = pieces.pop() if pieces and not pieces[-1].isspace() else ""
        return "".join(map(self._placed, pieces))

    def end(self) -> str:
        """Give the last word."""
        word, self._word = self._word, ""
        return self._placed(word)

    def _placed(self, piece: str) -> str:
        if piece == "\n":
            self._column = 0
            return piece
        if self._column and self._column + len(piece) > self._width and not piece.isspace():
            self._column = len(piece)
            return "\n" + piece
        self._column += len(piece)
        return piece


def show_status(console: Console, status: Status) -> None:
    """Print what goes wrong or takes long; that all is well need not be said."""
    style = {"warning": "yellow", "error": "red", "busy": "dim"}.get(status.state)
    if style:
        console.print(status.message, style=style, markup=False, soft_wrap=True)


def printable(text: str) -> str:
    """Give a text that can be written as UTF-8: half a surrogate pair, which some models stream, becomes "?"."""
    return text.encode("utf-8", "replace").decode("utf-8")
