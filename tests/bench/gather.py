"""Gathering for completions in a project of two thousand files: how long, with and without the cursor's move ahead.

Places are random lines of the project's files, and of one file of 10,000 lines; each is asked as the product asks, with
a patience that lets every answer come whole. Beside it, in the same run, what the product's deadline lets through, and
how late a 10 ms timer of the event loop is.
"""

from __future__ import annotations

import asyncio
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from context.gatherer import Gatherer, Wanted
from context.index import Index
from context.text import Document, Position, RangeChange, Span
from context.workspace import Workspace
from lsp_server.completion.prompt import GATHER_DEADLINE_S
from tests.bench.figures import p50, p95, show
from tests.bench.index import _lay_out, _ticks

PLACES = 150
KEYS = 100
CHARACTERS = 3_000
PATIENCE_S = 5.0
LONG_LINES = 10_000
IDLE_S = 3.0


def run() -> None:
    """Measure in a process of its own, since memory is counted from its beginning."""
    subprocess.run((sys.executable, "-m", "tests.bench.gather"), check=True)


async def _run() -> None:
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as name:
        root, cache = Path(name, "project"), Path(name, "cache")
        paths, _ = _lay_out(root)
        long_file = paths[0].parent / "long.py"
        long_file.write_text(_long_text(paths), encoding="utf-8")
        workspace = Workspace([paths[0].parents[1]])
        gatherer = Gatherer(workspace, lambda path: Index(path, cache, settle_s=0))
        await gatherer.set_folders([paths[0].parents[1]])
        await gatherer.indexes.settled()
        chance = random.Random(3)
        files = [_document(workspace, gatherer, path) for path in chance.sample(paths, PLACES)]
        long = _document(workspace, gatherer, long_file)
        await gatherer.indexes.settled()
        spots = [_wanted(document, chance.randrange(len(document.lines))) for document in files]
        far = [_wanted(long, chance.randrange(len(long.lines))) for _ in range(PLACES)]
        await _timed(gatherer, spots, PATIENCE_S)  # warm
        rows: list[tuple[str, list[float], int]] = []
        idle = await _ticks(asyncio.sleep(IDLE_S))
        late = await _ticks(_measure(gatherer, spots, far, rows))
        rows.append(("a key further, in 10,000 lines", await _keys(workspace, gatherer, long), 0))
        await gatherer.aclose()
    table = [(what, f"{p50(ms):.2f}", f"{p95(ms):.2f}", f"{whole}" if whole else "") for what, ms, whole in rows]
    show("Gathering, in a project of 2,000 files", ("", "p50 ms", "p95 ms", f"whole, of {PLACES}"), table)
    ticks = [
        (what, f"{p50(ms):.2f}", f"{p95(ms):.2f}", f"{max(ms):.1f}")
        for what, ms in (("idle", idle), ("gathering", late))
    ]
    show("A 10 ms timer of the event loop is late by …", ("", "p50 ms", "p95 ms", "most ms"), ticks)
    print(f"Peak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB.\n")


async def _measure(
    gatherer: Gatherer, spots: Sequence[Wanted], far: Sequence[Wanted], rows: list[tuple[str, list[float], int]]
) -> None:
    for where, wanted in (("a new place", spots), ("a new place, in 10,000 lines", far)):
        rows.append((f"{where}: everything", *await _timed(gatherer, wanted, PATIENCE_S)))
        rows.append((f"{where}: until the deadline", *await _timed(gatherer, wanted, GATHER_DEADLINE_S)))
        rows.append((f"{where}: prepared 50 ms before", *await _timed(gatherer, wanted, GATHER_DEADLINE_S, 0.050)))


async def _timed(
    gatherer: Gatherer, wanted: Sequence[Wanted], deadline_s: float, ahead_s: float = 0.0
) -> tuple[list[float], int]:
    """Give the milliseconds of each question, and how many were answered whole."""
    times, whole = [], 0
    for each in wanted:
        if ahead_s:
            gatherer.prepare(each)
            await asyncio.sleep(ahead_s)
        began_s = time.perf_counter()
        gathered = await gatherer.snippets(each, deadline_s)
        times.append((time.perf_counter() - began_s) * 1000)
        whole += not gathered.reason
    return times, whole


async def _keys(workspace: Workspace, gatherer: Gatherer, document: Document) -> list[float]:
    """Type on one line and ask at every key: what is told, and what is held."""
    times, line = [], len(document.lines) // 2
    for number in range(KEYS):
        at = Position(line, number)
        began_s = time.perf_counter()
        after = workspace.change(document.uri, number + 2, [RangeChange(at, at, "x")], "utf-16")
        assert after is not None
        gatherer.changed(document, after)
        document = after
        await gatherer.snippets(_wanted(document, line, number + 1), GATHER_DEADLINE_S)
        times.append((time.perf_counter() - began_s) * 1000)
        await asyncio.sleep(0.02)
    return times[5:]


def _wanted(document: Document, line: int, column: int = 0) -> Wanted:
    offset = document.line_start(line) + min(column, len(document.content(line)))
    return Wanted(document, offset, Span(max(0, offset - 2_800), offset + 1_200), CHARACTERS)


def _document(workspace: Workspace, gatherer: Gatherer, path: Path) -> Document:
    text = path.read_bytes().decode("utf-8", "replace")
    workspace.open(path.as_uri(), "python", 1, text)
    gatherer.opened(path.as_uri())
    document = workspace.opened(path.as_uri())
    assert document is not None
    return document


def _long_text(paths: Sequence[Path]) -> str:
    lines: list[str] = []
    for path in paths:
        lines += path.read_bytes().decode("utf-8", "replace").split("\n")
        if len(lines) > LONG_LINES:
            break
    return "\n".join(lines[:LONG_LINES])


if __name__ == "__main__":
    asyncio.run(_run())
