"""The project index in its own process: followed by an editor's changes, shared by servers, and killed at any time."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from context.index import Counts, Index, IndexedSymbol
from context.index_reader import Reader
from context.index_writer import HOST_COMMAND, Writer
from context.project import Project
from context.snippet import Snippet
from context.text import Document, Span

pytestmark = pytest.mark.anyio

MANY = 400

# A process that ends in the middle of its first line, and one that does what it is told after that.
FALLS_ONCE = """
import pathlib, sys
fell = pathlib.Path(sys.argv[2] + ".fell")
for line in sys.stdin:
    if not fell.exists():
        fell.touch()
        sys.exit(1)
    pathlib.Path(sys.argv[2]).open("a").write(line)
    print('{"walked": true}' if "walk" in line else '{"changed": true}', flush=True)
"""


@asynccontextmanager
async def indexed(root: Path, folder: Path) -> AsyncIterator[Index]:
    """Run the index of a root, without waiting for more changes."""
    index = Index(root, folder, settle_s=0, idle_s=60)
    await index.start()
    try:
        yield index
    finally:
        await index.aclose()


@asynccontextmanager
async def writing(root: Path, database: Path, *command: str) -> AsyncIterator[Writer]:
    """Run a writer with a process of another kind."""
    writer = Writer(root, 0, 60, command)
    task = asyncio.create_task(writer.run(database))
    try:
        yield writer
    finally:
        task.cancel()
        await asyncio.wait([task])


def project(folder: Path, **texts: str) -> Path:
    """Write Python files by their stems, and give their folder."""
    root = folder / "project"
    root.mkdir()
    for stem, text in texts.items():
        (root / f"{stem}.py").write_text(text)
    return root.resolve()


async def names(index: Index, *asked: str) -> list[str]:
    """Give the names that are defined, of those asked."""
    return [symbol.name for symbol in await index.symbols(asked, deadline_s=5, limit=100)]


async def test_a_project_is_indexed_and_followed(tmp_path: Path) -> None:
    """All files at first, then what is typed, and the file again when its document is closed."""
    root = project(tmp_path, a="x = 1\n", b="def y():\n    pass\n")
    async with indexed(root, tmp_path / "cache") as index:
        await index.settled()
        assert index.progress == (2, 2)
        assert await names(index, "x", "y") == ["x", "y"]
        [chunk] = await index.search(["def pass"], deadline_s=5, limit=1)
        assert (chunk.path, chunk.line, chunk.language_id) == (root / "b.py", 0, "python")
        assert [symbol.name for symbol in await index.outline(root / "b.py")] == ["y"]
        assert await index.outline(tmp_path / "b.py") == []

        uri = (root / "a.py").as_uri()
        for version, text in enumerate(("typ", "typed", "typed = 1\n")):
            index.changed(uri, Document.of(uri, "python", version, text))
        await index.settled()
        assert await names(index, "x", "typed") == ["typed"]
        index.changed(uri)
        await index.settled()
        assert await names(index, "x", "typed") == ["x"]

        (root / "c.py").write_text("z = 1\n")
        index.refresh()
        await index.settled()
        counts = await index.stats()
        assert (counts.files, counts.symbols, counts.windows, counts.complete) == (3, 3, 1, True)


async def test_a_question_never_waits_longer_than_its_deadline(tmp_path: Path) -> None:
    """Before there is an index, after it is closed, and when there is no time, the answer is empty."""
    root = project(tmp_path, a="x = 1\n")
    index = Index(root, tmp_path / "cache")
    assert await names(index, "x") == []
    assert await index.stats() == Counts()
    async with indexed(root, tmp_path / "cache") as index:
        await index.settled()
        assert await index.symbols(["x"], deadline_s=0, limit=5) == []
        assert await names(index, "x") == ["x"]
    assert await names(index, "x") == []


async def test_a_project_is_asked_whatever_retrieval_wants(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """On the thread that reads; what was given in time is the answer, and a question that fails harms no other."""
    root = project(tmp_path, a="store.flush()\n")

    def question(asked: Project, late: Callable[[], bool]) -> Iterator[Snippet]:
        for _, member in asked.uses("store"):
            yield Snippet("", Span(0, 0), member, "usage", 1.0)

    def failing(asked: Project, late: Callable[[], bool]) -> Iterator[Snippet]:
        yield from question(asked, late)
        raise ValueError("on purpose")

    def patient(asked: Project, late: Callable[[], bool]) -> Iterator[Snippet]:
        yield from question(asked, late)
        while not late():
            assert asked.modules(["a"]) == ["a.py"] or late()

    assert await Index(root, tmp_path / "cache").ask_project(question, deadline_s=5) == []
    async with indexed(root, tmp_path / "cache") as index:
        await index.settled()
        assert [each.text for each in await index.ask_project(question, deadline_s=5)] == ["flush"]
        assert await index.ask_project(question, deadline_s=0) == []
        with caplog.at_level(logging.ERROR):
            assert [each.text for each in await index.ask_project(failing, deadline_s=5)] == ["flush"]
        assert "on purpose" in caplog.text
        [first, *_] = await index.ask_project(patient, deadline_s=0.5)
        assert first.text == "flush"
        assert [each.text for each in await index.ask_project(question, deadline_s=5)] == ["flush"]


async def test_what_may_be_seen_is_followed(tmp_path: Path) -> None:
    """An ignore file that is written while the editor runs counts at once."""
    root = project(tmp_path, a="x = 1\n", b="y = 1\n")
    async with indexed(root, tmp_path / "cache") as index:
        await index.settled()
        assert await names(index, "x", "y") == ["x", "y"]
        (root / ".gitignore").write_text("b.py\n")
        index.changed((root / ".gitignore").as_uri())
        await index.settled()
        assert await names(index, "x", "y") == ["x"]


async def test_of_two_servers_on_one_root_one_writes(tmp_path: Path) -> None:
    """The second one reads what the first one writes, and takes over what it was told when that has ended."""
    root = project(tmp_path, a="x = 1\n")
    uri = (root / "a.py").as_uri()
    second = Index(root, tmp_path / "cache", settle_s=0)
    async with indexed(root, tmp_path / "cache") as first:
        await first.settled()
        await second.start()
        second.changed(uri, Document.of(uri, "python", 1, "y = 1\n"))
        first.changed(uri, Document.of(uri, "python", 1, "z = 1\n"))
        await first.settled()
        assert await names(first, "x", "y", "z") == await names(second, "x", "y", "z") == ["z"]
    await second.settled()
    assert await names(second, "x", "y", "z") == ["y"]
    await second.aclose()


async def test_a_process_that_is_killed_while_it_writes_loses_nothing_that_lasts(tmp_path: Path) -> None:
    """The file stays whole, and the next process does the rest."""
    root = project(tmp_path, **{f"m{number}": f"name_{number} = 1\n" * 20 for number in range(MANY)})
    database = tmp_path / "index.db"
    host = await asyncio.create_subprocess_exec(
        *HOST_COMMAND, str(root), str(database), "60", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert host.stdin is not None
    assert host.stdout is not None
    host.stdin.write(b'{"walk": true}\n')
    done, total = json.loads(await host.stdout.readline())["progress"]
    host.kill()
    await host.communicate()
    assert done < total == MANY
    async with writing(root, database, *HOST_COMMAND) as writer:
        writer.order("walk")
        await writer.quiet()
    found: list[IndexedSymbol] = []
    with closing(Reader(root, database)) as reader:
        reader.ask(reader.symbols([f"name_{number}" for number in range(200)], MANY * 20), found, math.inf)
    assert len(found) == 200 * 20


async def test_what_a_process_had_not_confirmed_the_next_one_is_told_again(tmp_path: Path) -> None:
    """One that ends too early costs nothing but time."""
    uri = "file:///a.py"
    async with writing(tmp_path, tmp_path / "told", sys.executable, "-c", FALLS_ONCE) as writer:
        writer.changed(uri, Document.of(uri, "python", 1, "x = 1\n"))
        writer.order("walk")
        await writer.quiet()
        told = [json.loads(line) for line in (tmp_path / "told").read_text().splitlines()]
    assert told == [{"walk": True}, {"changes": [{"uri": uri, "language_id": "python", "text": "x = 1\n"}]}]
    assert not writer.fault


@pytest.mark.parametrize(
    ("program", "fault"),
    [
        ("raise SystemExit(1)", "the project is not indexed: its process ended too early; the log tells why."),
        ("""print('{"fault": "The disk is full."}')""", "The disk is full."),
    ],
)
async def test_a_process_that_cannot_write_is_given_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, program: str, fault: str
) -> None:
    """It is not started for ever; the reason is logged once and kept, and nobody waits for it."""
    with caplog.at_level(logging.WARNING):
        async with writing(tmp_path, tmp_path / "index.db", sys.executable, "-c", program) as writer:
            writer.order("walk")
            await writer.quiet()
            writer.changed("file:///a.py", None)
            await writer.quiet()
    assert writer.fault == fault
    assert [record.message for record in caplog.records] == [fault]


async def test_a_file_that_cannot_be_opened_is_a_fault(tmp_path: Path) -> None:
    """What stands in the place of the index and is no file is not touched."""
    (tmp_path / "index.db").mkdir()
    async with writing(tmp_path, tmp_path / "index.db", *HOST_COMMAND) as writer:
        writer.order("walk")
        await writer.quiet()
    assert "unable to open database file" in writer.fault


async def test_without_a_folder_to_write_in_the_index_lasts_until_the_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It goes to a temporary folder, which is logged and removed at the end."""
    root = project(tmp_path, a="x = 1\n")
    (tmp_path / "file").write_text("not a folder")
    with caplog.at_level(logging.WARNING):
        async with indexed(root, tmp_path / "file") as index:
            await index.settled()
            assert await names(index, "x") == ["x"]
    [record] = caplog.records
    assert "is kept until the end only" in record.message
    assert not index.fault


async def test_indexes_that_nobody_uses_are_removed(tmp_path: Path) -> None:
    """A project that was not opened for three months loses its index; one that was opened keeps it."""
    root = project(tmp_path, a="x = 1\n")
    async with indexed(root, tmp_path / "cache") as index:
        await index.settled()
    made_long_ago(tmp_path / "cache", "unused.db", "unused.lock")
    async with indexed(root, tmp_path / "cache") as index:
        assert await names(index, "x") == ["x"]
    assert not {"unused.db", "unused.lock"} & set(os.listdir(tmp_path / "cache"))


def made_long_ago(folder: Path, *more: str) -> None:
    """Add some files, and let all of a folder be of long ago."""
    for name in more:
        (folder / name).touch()
    for path in folder.iterdir():
        os.utime(path, (0, 0))
