"""The Editor that a terminal is: files on disk, answers as they stream, and a question before a tool runs."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from collections.abc import Callable, Sequence
from difflib import unified_diff
from functools import partial

from rich.console import Console
from rich.markdown import Markdown
from rich.text import Text

from context.text import Document, TextEdit
from context.workspace import Workspace, path_of
from lsp_server.chat.updates import question_text
from lsp_server.editor import (
    AgentMessageChunk,
    AgentThoughtChunk,
    PermissionAnswer,
    PermissionRequest,
    PlanUpdate,
    Status,
    ToolCallUpdate,
    Update,
)
from lsp_server.errors import EditRefused
from lsp_server.tools.request import FileDiff, visible

_MARKS = {"completed": "☑", "in_progress": "▶"}

_PIECE = re.compile(r"\n|[^\S\n]+|\S+")


class Terminal:
    """A console that shows what an editor would.

    `read` gives a line that the person types, by default from the console; EOFError is no line.
    """

    def __init__(self, console: Console, workspace: Workspace, read: Callable[[], str] | None = None) -> None:
        self.console = console
        self._workspace = workspace
        self._read = read or (lambda: console.input("Allow it? [bold]y[/]/[bold]N[/] "))
        self._is_asked = console.is_terminal and sys.stdin.isatty() if read is None else True
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

    async def request_permission(self, asked: PermissionRequest) -> PermissionAnswer | None:
        """Ask on the console; where nobody can answer, the answer is none."""
        if not self._is_asked:
            return None
        self.end_answer()
        self.console.print(f"? {visible(asked.request.title)}", style="bold yellow", markup=False, soft_wrap=True)
        self.console.print(printable(question_text(asked)), markup=False, highlight=False, soft_wrap=True)
        for diff in asked.request.diffs:
            self.console.print(printable(visible(_diff_text(diff))), markup=False, highlight=False, soft_wrap=True)
        try:
            typed = await typed_line(self._read)
        except EOFError:
            return None
        return "once" if typed.strip().lower() in ("y", "yes") else "no"

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
            case ToolCallUpdate(status="in_progress", title=title) if title:
                self._line(f"· {title}")
            case ToolCallUpdate(status="failed", text=text):
                self._line(f"· {visible(text).partition(chr(10))[0]}")
            case PlanUpdate(entries=entries):
                for content, status, _ in entries:
                    self._line(f"{_MARKS.get(status, '☐')} {visible(content)}")
            case _:
                pass  # token counts have no place in a running text

    def end_answer(self) -> None:
        """Print what is left of an answer, and end its line."""
        self._write(self._wrap.end() + "\n")

    def _line(self, text: str) -> None:
        """Print a line of its own between the pieces of an answer."""
        self._write(self._wrap.end())
        self._write(("\n" if self._wrap.is_within_line else "") + printable(text) + "\n", "dim")
        self._wrap.begin_line()

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

    @property
    def is_within_line(self) -> bool:
        """Whether something stands in the line so far."""
        return self._column > 0

    def begin_line(self) -> None:
        """Take note that a new line has begun."""
        self._column = 0

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


async def typed_line(read: Callable[[], str]) -> str:
    """Wait for a line without holding up the end: a thread of the pool would keep Ctrl-C waiting for Enter.

    Raises EOFError when there is none.
    """
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str] = loop.create_future()

    def tell(told: Callable[[], object]) -> None:
        if not line.done():
            told()

    def wait() -> None:
        try:
            text = read()
        except EOFError as error:
            failed = partial(line.set_exception, error)
            loop.call_soon_threadsafe(tell, failed)
        else:
            loop.call_soon_threadsafe(tell, partial(line.set_result, text))

    threading.Thread(target=wait, daemon=True).start()
    return await line


def _diff_text(diff: FileDiff) -> str:
    before, after = (diff.old or "").split("\n"), (diff.new or "").split("\n")
    return "\n".join(unified_diff(before, after, diff.uri, diff.uri, lineterm=""))
