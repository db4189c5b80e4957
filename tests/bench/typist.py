"""A person and an editor, on virtual time: keys, slips, pauses, suggestions taken, and what all that looked like."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from context.syntax import parse
from context.text import Document, Span, TextEdit
from lsp_server.completion.engine import Completion, CompletionRequest, Nothing
from tests.bench.oracle import Hole, draw
from tests.bench.rhythm import SLIP_LENGTHS, SLIPS, Rhythm
from tests.bench.virtual import now_s

# A person takes a right suggestion so often at each key, and looks only at what saves at least two characters.
TAKES = 0.7
WORTH_TAKING = 2

# What comes within so many seconds of its key is seen as being there at once.
AT_ONCE_S = 0.02


class Completer(Protocol):
    """The part of an engine that an editor needs."""

    async def complete(self, request: CompletionRequest) -> Completion | Nothing:
        """Give a suggestion, or the reason why there is none."""


@dataclass(slots=True)
class Seen:
    """What happened in one hole or many. Times are seconds."""

    characters: int = 0
    plain_keys: int = 0
    keys: int = 0
    slips: int = 0
    accepts: int = 0
    shown: int = 0
    from_memory: int = 0
    flicker: int = 0
    doubled: int = 0
    checked: int = 0
    unparsed: int = 0
    to_ghost_s: list[float] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)


class Editor:
    """Keeps the text, asks at every change, cancels what it asked before, and shows what answers the latest."""

    def __init__(self, completer: Completer, hole: Hole, seen: Seen, *, cancels: bool = True) -> None:
        self._completer = completer
        self._hole = hole
        self._seen = seen
        self._cancels = cancels
        text = hole.text[: hole.start] + hole.text[hole.end :]
        self.document = Document.of(f"file:///{hole.name}", hole.language_id, 1, text)
        self.cursor = hole.start
        self.shown = ""
        self._expected = ""
        self._asked_s = 0.0
        self._asking: asyncio.Task[None] | None = None

    def type(self, text: str) -> None:
        """Insert text at the cursor and ask for ghost text there."""
        agrees = self.shown.startswith(text)
        self._change(Span(self.cursor, self.cursor), text, self.shown[len(text) :] if agrees else "")

    def backspace(self) -> None:
        """Delete the character before the cursor and ask for ghost text there."""
        self._change(Span(self.cursor - 1, self.cursor), "", "")

    def accept(self) -> None:
        """Take what is shown."""
        self._change(Span(self.cursor, self.cursor), self.shown, "")

    def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()

    def _change(self, span: Span, text: str, expected: str) -> None:
        self.document = self.document.with_edits([TextEdit(span, text)], self.document.version + 1)
        self.cursor = span.start + len(text)
        self.shown, self._expected, self._asked_s = "", expected, now_s()
        if self._asking is not None and self._cancels:
            self._asking.cancel()
        self._asking = asyncio.create_task(self._ask(self.document.version))

    async def _ask(self, version: int) -> None:
        answer = await self._completer.complete(CompletionRequest(self.document, self.cursor))
        if version != self.document.version:
            return
        waited_s = now_s() - self._asked_s
        if isinstance(answer, Nothing):
            self._seen.reasons[answer.reason] = self._seen.reasons.get(answer.reason, 0) + 1
        text = answer.text if isinstance(answer, Completion) else ""
        if self._expected and (waited_s > AT_ONCE_S or not text.startswith(self._expected)):
            self._seen.flicker += 1
        if text:
            self.shown = text
            self._seen.shown += 1
            self._seen.from_memory += isinstance(answer, Completion) and answer.source == "memory"
            self._seen.to_ghost_s.append(waited_s)
            self._look_at(text)

    def _look_at(self, text: str) -> None:
        """Check a fresh suggestion: does it repeat what follows, does the file still parse with it?"""
        if self._expected:
            return
        below = self._hole.text[self._hole.end :].split("\n")
        following = next((line.rstrip() for line in below[1:] if line.strip()), None)
        head = self.document.lines[self.document.line_column(self.cursor)[0]]
        lines = (head.rstrip("\r\n") + text).split("\n")
        self._seen.doubled += following is not None and following in [line.rstrip() for line in lines]
        if self._seen.shown % 5 == 0 and self.document.language_id == "python":
            self._seen.checked += 1
            with_it = self.document.with_edits([TextEdit(Span(self.cursor, self.cursor), text)], 0)
            self._seen.unparsed += parse(with_it).error_count() > parse(self.document).error_count()


async def type_in(hole: Hole, editor: Editor, rhythm: Rhythm, seen: Seen) -> None:
    """Type a hole's text in, taking right suggestions; the same slips and wishes whatever the engine does."""
    at, slipped = hole.start, -1
    steps = _steps(hole)
    seen.characters += hole.end - hole.start
    seen.plain_keys += len(steps)
    rested = True
    while at < hole.end:
        await asyncio.sleep(rhythm.after_enter_s() if rested else rhythm.next_key_s())
        rested = False
        if _wants(editor.shown, hole, at):
            at += len(editor.shown)
            editor.accept()
            seen.keys, seen.accepts, rested = seen.keys + 1, seen.accepts + 1, True
        elif slipped != at and hole.text[at].isalnum() and draw(hole.name, at, "slips") < SLIPS:
            slipped = at
            seen.slips += 1
            await _slip(hole, at, editor, rhythm)
        else:
            step = steps.get(at) or hole.text[at]
            editor.type(step)
            at, rested = at + len(step), step[0] == "\n"
            seen.keys += 1
    await asyncio.sleep(3)
    editor.close()


def _wants(shown: str, hole: Hole, at: int) -> bool:
    right = len(shown) >= WORTH_TAKING and at + len(shown) <= hole.end and hole.text.startswith(shown, at)
    return right and draw(hole.name, at, "takes") < TAKES


async def _slip(hole: Hole, at: int, editor: Editor, rhythm: Rhythm) -> None:
    """Type something wrong, notice, take it back."""
    ranks = [length for length, count in enumerate(SLIP_LENGTHS, 1) for _ in range(count)]
    length = ranks[int(draw(hole.name, at, "length") * len(ranks))]
    for number in range(length):
        if number:
            await asyncio.sleep(rhythm.next_key_s())
        editor.type("qxzw"[number])
    await asyncio.sleep(rhythm.to_backspace_s())
    for number in range(length):
        if number:
            await asyncio.sleep(rhythm.next_backspace_s())
        editor.backspace()


def _steps(hole: Hole) -> dict[int, str]:
    """Give what each key inserts, by place: a character, or a line end with the indentation that editors add."""
    steps: dict[int, str] = {}
    at = hole.start
    while at < hole.end:
        end = at + 1
        if hole.text[at] == "\n":
            while end < hole.end and hole.text[end] in " \t":
                end += 1
        steps[at] = hole.text[at:end]
        at = end
    return steps
