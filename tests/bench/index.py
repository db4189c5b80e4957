"""The project index over two thousand files: how long, how large, what the event loop feels, and how fast it answers.

The files are copies of the standard library's and the installed packages' sources. The yardsticks of the same run: the
event loop while nothing is indexed, and reading all files once.
"""

from __future__ import annotations

import asyncio
import random
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from context.index import Index
from context.index_reader import ProjectQuestion
from context.project import Project
from context.retrieve import Query, Retrieval
from context.snippet import Snippet
from context.syntax import parse
from context.text import Document
from tests.bench.figures import p50, p95, show

FILES = 2_000
TICK_S = 0.010
IDLE_S = 5.0
QUESTIONS = 300
DEADLINE_S = 0.030
LINES_ASKED = 15
OPEN_FILES = 20
USAGE_CHARACTERS = 1_200
DEFINITIONS_SHOWN = 12
WINDOWS_SHOWN = 12

Late: TypeAlias = Callable[[], bool]


def run() -> None:
    """Measure in a process of its own, since memory is counted from its beginning."""
    subprocess.run((sys.executable, "-m", "tests.bench.index"), check=True)


async def _run() -> None:
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as name:
        root, cache = Path(name, "project"), Path(name, "cache")
        paths, size_bytes = _lay_out(root)
        read_s = _seconds(lambda: [path.read_bytes() for path in paths])
        began_mb = _peak_mb(resource.RUSAGE_SELF)
        idle = await _ticks(asyncio.sleep(IDLE_S))
        index = Index(root, cache, settle_s=0)
        first_s, busy = await _first(index)
        stats = await index.stats()
        files_mb = _size_mb(cache)
        change_ms = await _change(index, paths)
        answers = await _ask(index, paths)
        ended_mb = _peak_mb(resource.RUSAGE_SELF)
        await index.aclose()
        index = Index(root, cache)
        again_s, _ = await _first(index)
        await index.aclose()

    title = f"The index of {stats.files:,} files ({size_bytes / 1e6:.0f} MB, {stats.symbols:,} definitions)"
    rows = [
        ("first index", f"{first_s:.1f} s", f"{read_s:.1f} s to read the files"),
        ("next start, nothing changed", f"{again_s:.1f} s", ""),
        ("a changed document is found after", f"{change_ms:.0f} ms", ""),
        ("files in the cache", f"{files_mb:.0f} MB", f"{size_bytes / 1e6:.0f} MB of source"),
        ("peak memory of the server's process", f"{ended_mb:.0f} MB", f"{began_mb:.0f} MB before"),
        ("peak memory of the writing process", f"{_peak_mb(resource.RUSAGE_CHILDREN):.0f} MB", ""),
    ]
    show(title, ("", "", "beside"), rows)
    ticks = [(what, f"{p50(ms):.2f}", f"{p95(ms):.2f}", f"{max(ms):.1f}") for what, ms in (("idle", idle), busy)]
    show("A 10 ms timer of the event loop is late by …", ("", "p50 ms", "p95 ms", "most ms"), ticks)
    times = [(what, f"{p50(ms):.2f}", f"{p95(ms):.2f}", f"{found / QUESTIONS:.1f}") for what, ms, found in answers]
    show("Questions, as the event loop sees them", ("", "p50 ms", "p95 ms", "answers each"), times)


def _lay_out(root: Path) -> tuple[list[Path], int]:
    """Copy sources below a folder; gives the copies and their bytes."""
    library = Path(sysconfig.get_path("stdlib"))
    packages = Path(sysconfig.get_path("purelib"))
    found = [path for folder in (library, packages) for path in sorted(folder.rglob("*.py")) if path.stat().st_size]
    found = [path for path in dict.fromkeys(found) if "lib2to3/tests" not in path.as_posix()]
    random.Random(1).shuffle(found)
    root = root.resolve()
    copies = []
    for number, path in enumerate(found[:FILES]):
        copy = root / f"part{number % 50}" / f"{number}_{path.name}"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copies.append(Path(shutil.copyfile(path, copy)))
    return copies, sum(path.stat().st_size for path in copies)


async def _first(index: Index) -> tuple[float, tuple[str, list[float]]]:
    began_s = time.perf_counter()

    async def indexed() -> None:
        await index.start()
        await index.settled()

    late = await _ticks(indexed())
    assert not index.fault, index.fault
    return time.perf_counter() - began_s, ("while indexing", late)


async def _ticks(during: Awaitable[None]) -> list[float]:
    """Give by how many milliseconds each tick came late while something went on."""
    task, late = asyncio.ensure_future(during), []
    while not task.done():
        began_s = time.perf_counter()
        await asyncio.sleep(TICK_S)
        late.append((time.perf_counter() - began_s - TICK_S) * 1000)
    await task
    return late


async def _change(index: Index, paths: list[Path]) -> float:
    """Give the median time until a new definition in an open document is found."""
    times = []
    for number, path in enumerate(paths[:20]):
        text = f"def brand_new_{number}():\n    pass\n{path.read_bytes().decode('utf-8', 'replace')}"
        began_s = time.perf_counter()
        index.changed(path.as_uri(), Document.of(path.as_uri(), "python", 1, text))
        await index.settled()
        assert await index.symbols([f"brand_new_{number}"], deadline_s=1, limit=1)
        times.append((time.perf_counter() - began_s) * 1000)
    return p50(times)


async def _ask(index: Index, paths: list[Path]) -> list[tuple[str, list[float], int]]:
    """Ask with the lines around random places, as a completion would."""
    random_ = random.Random(2)
    texts, places = [], []
    for _ in range(QUESTIONS):
        path = random_.choice(paths)
        document = Document.of(path.as_uri(), "python", 1, path.read_bytes().decode("utf-8", "replace"))
        at = random_.randrange(len(document.lines))
        texts.append("".join(document.lines[at : at + LINES_ASKED]))
        places.append(_retrieval(document, at, [each.as_uri() for each in random_.sample(paths, OPEN_FILES)]))
    spent: list[float] = []
    asked = [partial(index.ask_project, _measured(each, spent), deadline_s=1) for each in places]
    names = [text.replace("(", " ").replace(".", " ").split()[:10] for text in texts]
    symbols = [partial(index.symbols, asked, deadline_s=DEADLINE_S, limit=20) for asked in names]
    search = [partial(index.search, [text], deadline_s=DEADLINE_S, limit=10) for text in texts]
    rows = [
        await _timed("symbols, 10 names", symbols),
        await _timed(f"search, {LINES_ASKED} lines", search),
        await _timed("all of retrieval, anywhere", asked),
    ]
    rows.append(("the same, processor time of its thread", spent[:], rows[-1][2]))
    spent.clear()
    rows.append(await _timed("all of retrieval, here again", asked[:1] * QUESTIONS))
    return [*rows, ("the same, processor time of its thread", spent, rows[-1][2])]


def _measured(question: ProjectQuestion, spent_ms: list[float]) -> ProjectQuestion:
    """Give a question that also notes its processor time."""

    def measured(project: Project, late: Late) -> list[Snippet]:
        began_s = time.thread_time()
        found = list(question(project, late))
        spent_ms.append((time.thread_time() - began_s) * 1000)
        return found

    return measured


def _retrieval(document: Document, line: int, opened: Sequence[str]) -> ProjectQuestion:
    """Give the question of a completion in a line: usage lists, definitions and similar code, as many as are shown."""
    imports = parse(document).imports()

    def question(project: Project, late: Late) -> Iterator[Snippet]:
        retrieval = Retrieval(Query.at(document, document.line_start(line)), project, imports, opened, late)
        yield from retrieval.usage(USAGE_CHARACTERS)
        yield from islice(retrieval.definitions(), DEFINITIONS_SHOWN)
        yield from islice(retrieval.similar(), WINDOWS_SHOWN)

    return question


async def _timed(
    what: str, questions: Sequence[Callable[[], Awaitable[Sequence[object]]]]
) -> tuple[str, list[float], int]:
    times, answers = [], 0
    for question in questions:
        began_s = time.perf_counter()
        answers += len(await question())
        times.append((time.perf_counter() - began_s) * 1000)
    return what, times, answers


def _seconds(do: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    do()
    return time.perf_counter() - began_s


def _size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6


def _peak_mb(who: int) -> float:
    return resource.getrusage(who).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    asyncio.run(_run())
