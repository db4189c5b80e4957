"""The 60-second tour: a small project, and on it one completion, one question and one command, all real."""

from __future__ import annotations

import difflib
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax as Highlighted
from rich.table import Table
from rich.text import Text

from context.text import Span
from lsp_server.actions import Actions
from lsp_server.assistant import Assistant
from lsp_server.chat.blocks import ContentBlock, ResourceLink, TextBlock
from lsp_server.chat.voice import Voice
from lsp_server.completion.engine import Completion, CompletionRequest
from lsp_server.config import Config
from lsp_server.editor import AgentMessageChunk, Update
from lsp_server.errors import AssistantError
from lsp_server.models.messages import ChatRequest, StreamEvent
from lsp_server.terminal import Terminal

_SAMPLE = '''\
"""A small warehouse."""

import json


class Item:
    def __init__(self, name, price, count):
        self.name = name
        self.price = price
        self.count = count

    def total(self):
        return self.price * self.count


def load_items(path):
    with open(path) as file:
        return [Item(**row) for row in json.load(file)]


def total_price(items):
    total = 0
    for item in items:
        total += $0
    return total
'''

_QUESTION = "How do I compute the total price of all items?"


@dataclass(slots=True)
class Outcome:
    """One use, how it went and what it took, in seconds."""

    use: str
    done: bool = False
    first_token_s: float | None = None
    total_s: float = 0.0
    fault: str = ""


class _Watch(Terminal):
    """A terminal that notices when an answer begins."""

    _began_s: float = 0.0
    _first_s: float | None = None

    def restart(self) -> None:
        """Begin to measure anew."""
        self._began_s, self._first_s = time.monotonic(), None

    @property
    def first_token_s(self) -> float | None:
        """The seconds until the first text; None when none came."""
        return None if self._first_s is None else self._first_s - self._began_s

    def update(self, update: Update) -> None:
        """Print, and note the time of the first text."""
        if isinstance(update, AgentMessageChunk):
            self.note()
        super().update(update)

    def note(self) -> None:
        """Note that text has come."""
        if self._first_s is None:
            self._first_s = time.monotonic()


async def demo(console: Console, config: Config) -> int:
    """Show the three uses on a sample project in a temporary folder; 0 when each produced something real."""
    console.print("[bold]Antiphon[/] · the tour: ghost text, a question, a command\n")
    with tempfile.TemporaryDirectory(prefix="antiphon-demo-") as folder:
        path = Path(folder) / "warehouse.py"
        before, _, after = _SAMPLE.partition("$0")
        path.write_text(before + after, encoding="utf-8")
        async with _assistant(console, config) as assistant:
            terminal = _Watch(console, assistant.workspace)
            tour = _Tour(console, terminal, assistant, path, len(before))
            outcomes = [
                await tour.step("1  Ghost text", tour.complete),
                await tour.step("2  A question", tour.ask),
                await tour.step("3  A command", tour.document),
            ]
    _show(console, outcomes)
    return 0 if all(outcome.done for outcome in outcomes) else 1


@asynccontextmanager
async def _assistant(console: Console, config: Config) -> AsyncGenerator[Assistant, None]:
    assistant = Assistant(lambda status: None)
    assistant.configure(config)
    started = time.monotonic()
    try:
        with console.status(f"Getting {config.completion.model} ready"):
            await assistant.warm()
        console.print(f"Model [bold]{config.completion.model}[/] ready after {time.monotonic() - started:.1f} s")
        yield assistant
    finally:
        await assistant.aclose()


class _Tour:
    def __init__(self, console: Console, terminal: _Watch, assistant: Assistant, path: Path, offset: int) -> None:
        self._console = console
        self._terminal = terminal
        self._assistant = assistant
        self._path = path
        self._uri = path.as_uri()
        self._offset = offset

    async def step(self, title: str, use: Callable[[Outcome], Awaitable[None]]) -> Outcome:
        """Run one use under its title; what goes wrong is shown and counts as not done."""
        self._console.print()
        self._console.rule(f"[bold]{title}", align="left")
        outcome, started = Outcome(title), time.monotonic()
        self._terminal.restart()
        try:
            await use(outcome)
        except AssistantError as error:
            outcome.fault = str(error)
            self._console.print(str(error), style="red", markup=False)
        outcome.total_s = time.monotonic() - started
        if outcome.first_token_s is None:
            outcome.first_token_s = self._terminal.first_token_s
        return outcome

    async def complete(self, outcome: Outcome) -> None:
        """Complete the line that the sample leaves open, and write the suggestion into the file."""
        document = self._terminal.document(self._uri)
        assert document is not None
        request = CompletionRequest(document, self._offset, invoked=True)
        answer = await self._assistant.completion.complete(request)
        line, column = document.line_column(self._offset)
        first = max(0, line - 3)
        shown = Text("".join(document.lines[first:line]) + document.lines[line][:column], "dim")
        if isinstance(answer, Completion):
            shown.append(answer.text, "bold green")
            outcome.first_token_s = answer.trace.first_token_s if answer.trace else None
            outcome.done = True
            await self._accept(answer.text)
        else:
            outcome.fault = str(answer.error or f"no suggestion ({answer.reason})")
            shown.append(f"   ← {outcome.fault}", "red")
        self._console.print(shown)

    async def _accept(self, text: str) -> None:
        source = self._path.read_text("utf-8")
        self._path.write_text(source[: self._offset] + text + source[self._offset :], "utf-8")

    async def ask(self, outcome: Outcome) -> None:
        """Ask about the open file."""
        self._console.print(f"[cyan]> {_QUESTION}[/]  [dim](with {self._path.name})[/]")
        sessions = self._assistant.sessions
        blocks: list[ContentBlock] = [TextBlock(_QUESTION), ResourceLink(self._uri, self._path.name)]
        try:
            await sessions.prompt(await sessions.new(str(self._path.parent)), blocks, self._terminal)
        finally:
            self._terminal.end_answer()
        outcome.done = self._terminal.first_token_s is not None
        outcome.fault = "" if outcome.done else "the model answered nothing"

    async def document(self, outcome: Outcome) -> None:
        """Have a docstring written, and show what changed in the file."""
        before = self._path.read_text("utf-8")
        at = before.index("def total_price")
        await Actions(self._watched).docstring(self._uri, Span(at, at), self._terminal)
        after = self._path.read_text("utf-8")
        lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm=""))[3:]
        self._console.print(Highlighted("\n".join(lines), "diff", background_color="default"))
        outcome.done = before != after

    def _watched(self) -> Voice:
        """Give the chat model, with the time of its first text noted: a command shows none of it."""
        voice = self._assistant.outbound.voice()

        async def ask(request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
            async with aclosing(voice.ask(request)) as events:
                async for event in events:
                    self._terminal.note()
                    yield event

        return replace(voice, ask=ask)


def _show(console: Console, outcomes: list[Outcome]) -> None:
    table = Table(box=None, padding=(0, 2))
    for heading in ("", "first token", "all", ""):
        table.add_column(heading, justify="right" if heading in ("first token", "all") else "left")
    for outcome in outcomes:
        first = f"{outcome.first_token_s * 1000:.0f} ms" if outcome.first_token_s is not None else "–"
        mark = Text("✓", "green") if outcome.done else Text(f"✗ {outcome.fault}", "red")
        table.add_row(outcome.use, first, f"{outcome.total_s * 1000:.0f} ms", mark)
    console.print()
    console.print(table)
