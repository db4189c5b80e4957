"""The next edit, measured: does a person go on to make the edit that is proposed, and how long does it take to find?

A recording of a person's edits is replayed (microsoft/vscode-copilot-chat at 31acd00, MIT). Whenever the person pauses
after an edit, it is asked what comes next; then it is watched whether the line comes to read as was proposed.

Since few people rename by hand while they are recorded, names are renamed in the project's own source as well: the
definition is edited, every proposal is taken, and Python's own reading of the file says which of them were right.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from context.edit_pairs import LineEdit, tokens
from context.languages import language_id_of
from context.recent import Recent
from context.syntax import Syntax, parse
from context.text import Document, Position, RangeChange, without_terminator
from lsp_server.completion.next_edit import Proposal, next_edits
from tests.bench.figures import console, p50, p95, show
from tests.house import HOUSE, ROOT

RECORDINGS = ROOT.parent / "shared" / "bench_data" / "copilot_recording"
FILES = ("EditSourceTracker.test1.recording.w.json.gz", "RejectionCollector.test1.w.json.gz")

PAUSE_MS = 500
WITHIN = (1, 3, 10, 30)
LARGE_LINES = 10_000
ROUNDS = 30

_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(slots=True)
class Watched:
    """A proposal that waits for the person to make it: its line now, how that is to read, and the edits since."""

    kind: str
    uri: str
    line: int
    wanted: str
    age: int = 0
    made_after: int | None = None


class Replay:
    """Documents as a person edited them, and what was proposed at each pause."""

    def __init__(self) -> None:
        self._now_ms = 0
        self._recent = Recent(lambda: self._now_ms / 1000)
        self._open: dict[str, Syntax] = {}
        self._stored: dict[str, str] = {}
        self._made: dict[tuple[str, str], Watched] = {}
        self.times_ms: list[float] = []
        self.pauses = 0
        self.answered = 0

    @property
    def watched(self) -> list[Watched]:
        """Give every proposal, once however often it was repeated."""
        return list(self._made.values())

    def play(self, log: list[Mapping[str, Any]]) -> None:
        """Go through a recording."""
        names = {entry["id"]: entry["relativePath"] for entry in log if entry["kind"] == "documentEncountered"}
        changes = [entry for entry in log if entry["kind"] == "changed"]
        pauses = {id(entry) for entry, later in _followed(changes) if later - entry["time"] >= PAUSE_MS}
        for entry in log:
            uri = f"file:///{names[entry['id']]}" if entry.get("id") in names else ""
            match entry["kind"]:
                case "setContent":
                    self._set(uri, entry["content"])
                case "storeContent":
                    self._stored[entry["contentId"]] = self._open[uri].document.text
                case "restoreContent":
                    self._set(uri, self._stored[entry["contentId"]])
                case "changed":
                    self._now_ms = entry["time"]
                    line = self._change(uri, entry["edit"])
                    if id(entry) in pauses:
                        self._pause(uri, line)

    def _set(self, uri: str, text: str) -> None:
        self._recent.forget(uri)
        self._open[uri] = parse(Document.of(uri, language_id_of(uri), 0, text))

    def _change(self, uri: str, edits: list[tuple[int, int, str]]) -> int:
        """Make the edits of one change and give the line of the last one in the text."""
        line = 0
        for start, end, text in sorted(edits, reverse=True):
            syntax = self._open[uri]
            before = syntax.document
            first, last = (Position(*before.line_column(_code_points(before, at))) for at in (start, end))
            after = before.with_change(RangeChange(first, last, text), "utf-32", before.version + 1)
            self._open[uri] = syntax.after(after)
            self._recent.change(before, after)
            assert after.change is not None
            line = max(line, after.change.new_end - 1)
            for each in self._made.values():
                if each.uri == uri and each.line >= after.change.old_end:
                    each.line += after.change.new_end - after.change.old_end
        return line

    def _pause(self, uri: str, line: int) -> None:
        syntax = self._open[uri]
        lines = syntax.document.lines
        for each in self._made.values():
            each.age += 1
            there = each.uri == uri and each.line < len(lines) and without_terminator(lines[each.line]) == each.wanted
            if each.made_after is None and there:
                each.made_after = each.age
        self.pauses += 1
        start = time.perf_counter()
        found = next_edits(syntax, self._recent.edits_in(uri), line)
        self.times_ms.append((time.perf_counter() - start) * 1000)
        self.answered += bool(found)
        for proposal in found[:1]:
            self._made.setdefault((uri, proposal.key), _watched(syntax.document, proposal))


def _watched(document: Document, proposal: Proposal) -> Watched:
    line = document.line_column(proposal.edit.span.start)[0]
    wanted = document.with_edits([proposal.edit], 0).lines[line]
    return Watched(proposal.kind, document.uri, line, without_terminator(wanted))


def _followed(changes: list[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], float]]:
    """Give each change with the time of the next one."""
    times = [*(entry["time"] for entry in changes[1:]), float("inf")]
    return zip(changes, times, strict=True)


def _code_points(document: Document, units: int) -> int:
    """Give the offset of a place that the recording counts in UTF-16 units."""
    text = document.text
    return units if text.isascii() else len(text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore"))


def run() -> None:
    """Replay the recordings and measure a large file, and print."""
    if RECORDINGS.is_dir():
        for name in FILES:
            _replayed(RECORDINGS / name)
    else:
        console.print(f"[bold red]SKIPPED[/]: the replay of the next edit needs the recordings in {RECORDINGS}.")
    show("Locals of this project renamed by taking every proposal", ("", "number"), _own_source())
    show(f"Next edit in a file of {LARGE_LINES:,} lines", ("edit", "p50 ms", "p95 ms", "proposed"), _large())


def _replayed(path: Path) -> None:
    replay = Replay()
    with gzip.open(path) as file:
        replay.play(json.load(file)["log"])
    console.print(
        f"{path.name}: {replay.pauses} pauses of {PAUSE_MS} ms after an edit, {replay.answered} with a proposal; "
        f"{p50(replay.times_ms):.2f} ms at the median, {p95(replay.times_ms):.2f} at p95"
    )
    rows = []
    for kind in ("rename", "argument", "repeat"):
        of_kind = [each for each in replay.watched if each.kind == kind]
        made = [sum(1 for each in of_kind if each.made_after and each.made_after <= edits) for edits in WITHIN]
        rows.append((kind, str(len(of_kind)), *map(str, made)))
    show("Distinct proposals, and those that the person then made", ("kind", "proposed", *_headings()), rows)


def _headings() -> tuple[str, ...]:
    return tuple(f"within {edits}" for edits in WITHIN)


def _own_source() -> list[tuple[str, str]]:
    """Rename each local name of each function, from the line that makes it."""
    names = places = right = wrong = whole = 0
    for source in HOUSE.values():
        for name, wanted in _locals(source):
            first = min(line for line, _ in wanted)
            taken = _taken(source, name, first)
            left = {place for place in wanted if place[0] != first}
            names, places = names + 1, places + len(left)
            right, wrong = right + len(left & taken), wrong + len(taken - left)
            whole += taken == left
    return [
        ("names", str(names)),
        ("places to rename", str(places)),
        ("proposed rightly", f"{right} ({right / places:.1%})"),
        ("proposed wrongly", f"{wrong} ({wrong / (right + wrong):.1%} of the proposals)"),
        ("names renamed everywhere and nowhere else", f"{whole} ({whole / names:.1%})"),
    ]


def _locals(source: str) -> Iterator[tuple[str, set[tuple[int, int]]]]:
    """Give the local names of functions without functions in them, with every line and column where they stand."""
    for function in ast.walk(ast.parse(source)) if source.isascii() else ():
        inner = list(ast.walk(function))[1:]
        if isinstance(function, ast.FunctionDef) and not any(isinstance(node, _NESTED) for node in inner):
            placed = [(_made(node) or _read(node), node) for node in inner]
            for name in sorted({_made(node) for node in inner} - {"self", "_", ""}):
                places = {(node.lineno - 1, node.col_offset) for each, node in placed if each == name}  # type: ignore[attr-defined]
                if len({line for line, _ in places}) > 1:
                    yield name, places


def _made(node: ast.AST) -> str:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return node.id
    return node.arg if isinstance(node, ast.arg) else ""


def _read(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _taken(source: str, name: str, line: int) -> set[tuple[int, int]]:
    """Rename a name in a line, take every proposal, and give the places that were renamed, in the first text."""
    recent = Recent(lambda: 0.0)
    syntax = parse(Document.of("file:///own.py", "python", 1, source))
    text = syntax.document.content(line)
    renamed = re.sub(rf"(?<![\w.\"']){name}\b(?!=[^=])", "renamed_name", text)
    change = RangeChange(Position(line, 0), Position(line, len(text)), renamed)
    taken: set[tuple[int, int]] = set()
    cursor = line
    while True:
        before = syntax.document
        after = before.with_change(change, "utf-32", before.version + 1)
        recent.change(before, after)
        syntax = syntax.after(after)
        found = [each for each in next_edits(syntax, recent.edits_in(after.uri), cursor) if each.kind == "rename"]
        if not found:
            return taken
        edit = found[0].edit
        cursor, column = after.line_column(edit.span.start)
        taken |= {(cursor, column + at) for at in _changed(after.slice(edit.span), edit.new_text)}
        change = RangeChange(Position(cursor, column), Position(cursor, column + len(edit.span)), edit.new_text)


def _changed(old: str, new: str) -> Iterator[int]:
    """Give the columns of the tokens in which two texts of as many tokens differ."""
    column = 0
    for was, now in zip(tokens(old), tokens(new), strict=True):
        if was != now:
            yield column
        column += len(was)


def _large() -> list[tuple[str, ...]]:
    """Ask in the middle of a large file, a tree that was just changed, for each kind of edit."""
    block = "def handle_{0}(state, value_{0}):\n    total = value_{0}\n    total = total + compute(state, 1)\n" + (
        "    log(value_{0}).one\n    return total + value_{0}\n"
    )
    text = "".join(block.format(number) for number in range(LARGE_LINES // 5))
    first = LARGE_LINES // 2
    cases = {
        "a local name": [(first + 1, "total", "amount")],
        "a function's name, never called": [(first, "def handle_1000", "def renamed")],
        "a name that stands 2,000 times": [(first + 2, "compute", "calculate"), (first + 7, "compute", "calculate")],
        "an argument at one of 2,000 calls": [(first + 2, "state, 1", "state, 1, deep")],
        "the same replacement twice": [(first + 3, ".one", ".all()"), (first + 8, ".one", ".all()")],
        "a line that was put in": [(first + 1, "total =", "total = # a\n    total =")],
    }
    return [_timed(name, text, changes) for name, changes in cases.items()]


def _timed(name: str, text: str, changes: list[tuple[int, str, str]]) -> tuple[str, ...]:
    times = []
    for _ in range(ROUNDS):
        syntax, edits = _edited(text, changes)
        start = time.perf_counter()
        found = next_edits(syntax, edits, changes[0][0])
        times.append((time.perf_counter() - start) * 1000)
    return name, f"{p50(times):.2f}", f"{p95(times):.2f}", found[0].label if found else "nothing"


_parsed: dict[str, Syntax] = {}


def _edited(text: str, changes: list[tuple[int, str, str]]) -> tuple[Syntax, list[LineEdit]]:
    syntax = _parsed.setdefault(text, parse(Document.of("file:///large.py", "python", 1, text)))
    syntax.settle()
    recent = Recent(lambda: 0.0)
    for line, old, new in changes:
        before = syntax.document
        column = before.lines[line].index(old)
        change = RangeChange(Position(line, column), Position(line, column + len(old)), new)
        after = before.with_change(change, "utf-32", before.version + 1)
        recent.change(before, after)
        syntax = syntax.after(after)
        syntax.settle()
    return syntax, recent.edits_in("file:///large.py")


if __name__ == "__main__":
    run()
