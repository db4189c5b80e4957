"""The project index: what it finds, how it follows changes, and that damage, odd files and other servers cost nothing
but a smaller answer.
"""

from __future__ import annotations

import logging
import math
import os
import queue
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from context.index_file import Claim
from context.index_host import Host, Json
from context.index_reader import Question, Reader, T
from context.index_store import Store
from context.indexer import Indexer
from context.windows import WINDOW_LINES, windows_of, words_of

SHAPES = '''\
"""Shapes."""

LIMIT = 3


class Shape:
    """A shape."""

    def area(self, scale: float) -> float:
        """Give the area."""
        half = scale / 2
        return half
'''

A_WHILE_AGO_NS = 1_000_000_000 * 10**9


@dataclass
class Project:
    """A folder with files, and its index."""

    root: Path
    database: Path

    def write(self, name: str, content: str | bytes, *, settled: bool = True) -> Path:
        """Write a file, of long ago unless it is not `settled`."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if settled:
            os.utime(path, ns=(A_WHILE_AGO_NS, A_WHILE_AGO_NS))
        return path

    @contextmanager
    def indexer(self) -> Iterator[Indexer]:
        """Open the index for writing."""
        with closing(Store(self.database)) as store:
            yield Indexer(self.root, store)

    def index(self) -> None:
        """Look at all files."""
        with self.indexer() as indexer:
            list(indexer.walk())

    def ask(self, question: Callable[[Reader], Question[T]], clock: Callable[[], float] = lambda: 0.0) -> list[T]:
        """Ask without a deadline, or with a clock that reaches it at 1."""
        found: list[T] = []
        with closing(Reader(self.root, self.database, clock)) as reader:
            reader.ask(question(reader), found, 1.0)
        return found

    def definitions(self, *names: str) -> list[str]:
        """Give where names are defined, as `path:line name`."""
        symbols = self.ask(lambda reader: reader.symbols(names, 100))
        return [f"{symbol.path.relative_to(self.root).as_posix()}:{symbol.line} {symbol.name}" for symbol in symbols]

    def found(self, *texts: str, language_id: str | None = None) -> list[str]:
        """Give where the best chunks begin, as `path:line`."""
        chunks = self.ask(lambda reader: reader.search(texts, 100, language_id))
        return [f"{chunk.path.relative_to(self.root).as_posix()}:{chunk.line}" for chunk in chunks]

    def file_ids(self) -> list[tuple[str, int]]:
        """Give paths with the numbers of their records: a record that is written anew gets another one."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute("SELECT path, id FROM file ORDER BY path").fetchall()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    root = tmp_path / "project"
    root.mkdir()
    return Project(root.resolve(), tmp_path / "index.db")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("readTextFile", "readtextfile read text file"),
        ("HTTPServer2", "httpserver2 http server2"),
        ("MAX_SIZE", "max_size max size"),
        ("_private", "_private private"),
        ("größe_ändern(x)", "größe_ändern größe ändern"),
        ("plain 12 a = 'words'", "plain words"),
        ("x" * 65, ""),
    ],
)
def test_words_are_identifiers_and_their_parts(text: str, words: str) -> None:
    """A name is found whole and by each of its parts; numbers and single letters say nothing."""
    assert words_of(text) == words.split()


@given(st.lists(st.sampled_from(["\n", "x\n"]), max_size=50))
def test_windows_are_the_whole_text(lines: list[str]) -> None:
    """Windows follow each other without a gap, and all but the last are equally long."""
    windows = windows_of(lines)
    assert "".join(windows) == "".join(lines)
    assert all(window.count("\n") == WINDOW_LINES for window in windows[:-1])


def test_a_chunk_is_the_definition_that_its_window_stands_in(project: Project) -> None:
    """A definition is shown whole when it is not too long, and no line is shown twice."""
    short = "def short(value):\n" + "    value = other\n" * 25
    project.write("a.py", f"first = 1\n{short.rstrip()}  # the end\nlast = 2\n")
    project.write("b.py", "def long(thing):\n" + "    thing = other\n" * 300)
    project.index()
    chunks = project.ask(lambda reader: reader.search(["value"], 9, None))
    assert [(chunk.path.name, chunk.line, chunk.text) for chunk in chunks] == [
        ("a.py", 1, short.rstrip("\n") + "  # the end")
    ]
    chunks = project.ask(lambda reader: reader.search(["thing"], 99, None))
    assert sorted(chunk.line for chunk in chunks) == list(range(0, 301, 10))


def test_a_definition_is_found_by_its_name(project: Project) -> None:
    """With its kind, signature, first line of documentation, container and place."""
    path = project.write("lib/shapes.py", SHAPES)
    project.index()
    [area] = project.ask(lambda reader: reader.symbols(["area"], 5))
    assert (area.path, area.kind, area.container, area.line) == (path, "function", "Shape", 8)
    assert area.signature == "def area(self, scale: float) -> float:"
    assert area.doc == "Give the area."
    assert SHAPES[area.span.start : area.span.end].startswith("def area")
    outline = project.ask(lambda reader: reader.outline("lib/shapes.py"))
    assert [symbol.name for symbol in outline] == ["LIMIT", "Shape", "area"]


def test_names_with_few_definitions_come_first(project: Project) -> None:
    """They say most, and a limit must not be used up by a name that is defined everywhere."""
    for number in range(5):
        project.write(f"{number}.py", "def run():\n    pass\n")
    project.write("rare.py", "def rare():\n    pass\n")
    project.index()
    found = project.ask(lambda reader: reader.symbols(["run", "rare"], 3))
    assert [symbol.name for symbol in found] == ["rare", "run", "run"]


def test_text_is_found_by_its_words(project: Project) -> None:
    """The chunk with the rarest words is the first, in any language or in one, whatever an editor calls that."""
    project.write("a.py", "def parse_settings(text):\n    return text\n")
    project.write("b.js", "const loaded = parseSettings(text)\n")
    project.write("notes.txt", "Settings are read at the start.\n")
    project.index()
    assert project.found("return settings")[0] == "a.py:0"
    assert sorted(project.found("settings")) == ["a.py:0", "b.js:0", "notes.txt:0"]
    assert project.found("settings", language_id="javascriptreact") == ["b.js:0"]
    assert project.found("nowhere", "") == []


def test_common_words_do_not_drown_rare_ones(project: Project) -> None:
    """What stands in a thousand chunks is looked for only when there is nothing else."""
    project.write("many.txt", "value\n" * 40 * 1_001)
    project.write("one.py", "gyroscope = value\n")
    project.index()
    assert project.found("value gyroscope") == ["one.py:0"]
    assert len(project.found("value")) == 100


def test_only_what_changed_is_indexed_again(project: Project) -> None:
    """A file with the same size and time is not read, and one that reads the same is not written."""
    for name in "abc":
        project.write(f"{name}.py", f"{name} = 1\n")
    project.index()
    before = dict(project.file_ids())
    project.write("a.py", "x = 1\n")
    project.write("b.py", "y = 1\n", settled=False)
    os.utime(project.root / "c.py")
    project.index()
    after = dict(project.file_ids())
    assert [name for name in after if after[name] != before[name]] == ["b.py"]
    assert project.definitions("a", "b", "x", "y") == ["a.py:0 a", "b.py:0 y"]


def test_a_change_right_after_another_is_seen(project: Project) -> None:
    """A file that was just written may change and keep its size and time."""
    path = project.write("a.py", "x = 1\n", settled=False)
    project.index()
    stamp = path.stat().st_mtime_ns
    path.write_bytes(b"y = 1\n")
    os.utime(path, ns=(stamp, stamp))
    project.index()
    assert project.definitions("x", "y") == ["a.py:0 y"]


def test_a_removed_file_is_forgotten(project: Project) -> None:
    """Its definitions and its words are gone, and those of others are not."""
    path = project.write("a.py", SHAPES)
    project.write("b.py", SHAPES)
    project.index()
    path.unlink()
    project.index()
    assert project.definitions("area") == ["b.py:8 area"]
    assert project.found("scale") == ["b.py:5"]


def test_unsaved_text_wins_until_the_document_is_closed(project: Project) -> None:
    """It is not taken for the file's, also not by a later process."""
    path = project.write("a.py", "saved = 1\n")
    with project.indexer() as indexer:
        list(indexer.walk())
        indexer.change(path.as_uri(), "python", "unsaved = 1\n\ud800")
        indexer.change((project.root / "new.py").as_uri(), "python", "fresh = 1\n")
        list(indexer.walk())
        assert project.definitions("saved", "unsaved", "fresh") == ["new.py:0 fresh", "a.py:0 unsaved"]
        indexer.change((project.root / "new.py").as_uri(), "python", None)
        indexer.commit()
        assert project.definitions("saved", "unsaved", "fresh") == ["a.py:0 unsaved"]
    project.index()
    assert project.definitions("saved", "unsaved", "fresh") == ["a.py:0 saved"]


def test_what_may_not_be_seen_is_not_indexed(project: Project, tmp_path: Path) -> None:
    """Secrets, ignored files and what lies outside stay out, told of or found."""
    project.write(".gitignore", "made/\n")
    texts = {name: project.write(name, "hidden = 1\n") for name in (".env", "made/a.py", "../outside.py")}
    with project.indexer() as indexer:
        list(indexer.walk())
        for path in texts.values():
            indexer.change(path.as_uri(), "python", None)
        indexer.change(texts[".env"].as_uri(), "python", "hidden = 2\n")
        indexer.change("untitled:Untitled-1", "python", "hidden = 3\n")
        indexer.commit()
    assert project.found("hidden") == []


@pytest.mark.parametrize(
    "content", [b"caf\xe9 = 1\n", b"x = 1\0\n", b"x" * 5_000_000, b"x = " + b"(" * 300_000 + b"\n" * 20, b""]
)
def test_a_file_that_is_no_source_costs_no_other_one(project: Project, content: bytes) -> None:
    """Not UTF-8, with a NUL, one endless line, nested without end, empty: it is passed by, once."""
    project.write("bad.py", content)
    project.write("good.py", "good = 1\n")
    project.index()
    before = project.file_ids()
    project.index()
    assert project.definitions("good") == ["good.py:0 good"]
    assert project.file_ids() == before


def test_a_file_that_vanishes_during_the_walk_is_passed_by(project: Project) -> None:
    """Between listing and reading anything may happen."""
    for name in "abc":
        project.write(f"{name}.py", f"{name} = 1\n")
    with project.indexer() as indexer:
        walk = indexer.walk()
        assert next(walk) == (1, 3)
        (project.root / "b.py").unlink()
        assert list(walk) == [(2, 3), (3, 3)]
    assert project.definitions("a", "b", "c") == ["a.py:0 a", "c.py:0 c"]


def hosted(project: Project, *lines: Json) -> list[Json]:
    """Have lines obeyed; gives the answers but progress."""
    waiting: queue.Queue[Json | None] = queue.Queue()
    for line in lines:
        waiting.put(line)
    said: list[Json] = []
    with project.indexer() as indexer:
        Host(indexer, waiting, said.append).run(idle_s=0)
    return [answer for answer in said if "progress" not in answer]


def test_changes_need_not_wait_for_the_end_of_a_walk(project: Project) -> None:
    """A line that comes during a walk is obeyed before its next file."""
    for number in range(3):
        project.write(f"{number}.py", "x = 1\n")
    change = {"uri": (project.root / "0.py").as_uri(), "language_id": "python", "text": "y = 1\n"}
    assert hosted(project, {"walk": True}, {"changes": [change]}) == [
        {"changed": True, "walks": False},
        {"walked": True, "complete": True},
    ]
    assert project.definitions("y") == ["0.py:0 y"]


@pytest.mark.parametrize("begins_at", [0, 4_096])
def test_a_damaged_file_is_set_aside_and_made_anew(
    project: Project, caplog: pytest.LogCaptureFixture, begins_at: int
) -> None:
    """Damage at its head or in its middle is logged once, and the next walk fills another file."""
    for number in range(50):
        project.write(f"{number}.py", SHAPES)
    project.index()
    size = project.database.stat().st_size
    with project.database.open("r+b") as file:
        file.seek(begins_at)
        file.write(b"\xa5" * (size - begins_at))
    assert project.definitions("area") == []
    with caplog.at_level(logging.WARNING):
        assert hosted(project, {"walk": True}) == [{"walked": True, "complete": True}]
    assert len(caplog.records) == 1
    assert len(project.definitions("area")) == 50
    assert project.database.with_suffix(".damaged").stat().st_size == size


def test_a_reader_says_what_it_found_damaged_and_the_host_mends_it(project: Project) -> None:
    """The reader notices first when nothing is written; open documents are in the new file, too."""
    path = project.write("a.py", "saved = 1\n")
    project.index()
    with closing(Reader(project.root, project.database)) as reader:
        project.database.write_bytes(b"no database" * 1_000)
        reader.ask(reader.symbols(["saved"], 5), [], math.inf)
        assert reader.damaged
    change = {"uri": path.as_uri(), "language_id": "python", "text": "unsaved = 1\n"}
    assert hosted(project, {"changes": [change]}, {"damaged": True}) == [
        {"changed": True, "walks": False},
        {"walked": True, "complete": True},
    ]
    assert project.definitions("saved", "unsaved") == ["a.py:0 unsaved"]


def test_a_reader_follows_when_the_file_is_replaced(project: Project) -> None:
    """Another process may set the file aside while it is being read."""
    project.write("a.py", "x = 1\n")
    project.index()
    with closing(Reader(project.root, project.database)) as reader, closing(Store(project.database)) as store:
        found: list[object] = []
        reader.ask(reader.symbols(["x"], 5), found, math.inf)
        assert len(found) == 1
        store.start_anew()
        reader.ask(reader.symbols(["x"], 5), found, math.inf)
        assert len(found) == 1


@pytest.mark.parametrize("what", ["user_version", "application_id"])
def test_an_index_of_another_version_is_made_anew(project: Project, what: str) -> None:
    """Other tables, or other queries of languages, find other things."""
    project.write("a.py", "x = 1\n")
    project.index()
    with closing(sqlite3.connect(project.database)) as connection:
        connection.execute("DELETE FROM symbol")
        connection.commit()
        connection.execute(f"PRAGMA {what} = 12345")
    project.index()
    assert project.definitions("x") == ["a.py:0 x"]


def test_one_process_writes_at_a_time(project: Project) -> None:
    """The claim passes on when its holder lets go or dies."""
    with closing(Claim(project.database)) as second:
        with closing(Claim(project.database)) as first:
            assert first.take()
            assert not second.take()
        assert second.take()


def reaching_1(ticks: int) -> Callable[[], float]:
    """Give a clock that says 1 after it was looked at so many times."""
    looks = count()
    return lambda: next(looks) / ticks


def test_an_answer_at_the_deadline_is_what_was_found_until_then(project: Project) -> None:
    """A question that is not done when its time is over gives a part, one that comes too late nothing."""
    project.write("a.py", "".join(f"name_{number} = {number}\n" for number in range(2_000)))
    project.index()
    names = [f"name_{number}" for number in range(200)]
    found = [len(project.ask(lambda reader: reader.symbols(names, 1_000), reaching_1(ticks))) for ticks in range(1, 40)]
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] == 200
    assert any(0 < part < 200 for part in found)
    assert len(project.ask(lambda reader: reader.symbols(names, 1_000))) == 200
    assert project.ask(lambda reader: reader.symbols(names, 1_000), lambda: 1.0) == []
