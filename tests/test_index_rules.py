"""What is indexed and what is not: rules that change, links in a circle, more files than can be taken, busy files."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from context.index_reader import Reader
from context.index_store import Store
from context.indexer import Indexer
from context.walk import MAX_FILES
from tests.indexed import project_of

A_CLASS = "class Hidden:\n    def shown(self, half"


def indexed_paths(database: Path) -> list[str]:
    """Give the paths of all records."""
    with closing(sqlite3.connect(database)) as connection:
        return [path for (path,) in connection.execute("SELECT path FROM file ORDER BY path")]


@pytest.mark.parametrize("name", [".gitignore", ".antiphonignore"])
def test_a_file_that_is_excluded_later_is_forgotten(tmp_path: Path, name: str) -> None:
    """A changed ignore file asks for a walk, and that also looks at what is open."""
    root = (tmp_path / "project").resolve()
    with project_of(tmp_path, {"a.py": "alpha = 1\n", "made/b.py": "beta = 1\n", "made/c.py": "gamma = 1\n"}):
        pass
    with closing(Store(tmp_path / "index.db")) as store:
        indexer = Indexer(root, store)
        assert not indexer.change((root / "made/b.py").as_uri(), "python", "opened = 1\n")
        (root / name).write_text("made/\n")
        assert indexer.change((root / name).as_uri(), "", None)
        list(indexer.walk())
    left = indexed_paths(tmp_path / "index.db")
    assert "a.py" in left
    assert "made/c.py" not in left
    # A person works in what git ignores; what no assistant may see stays unseen, also while it is open.
    assert ("made/b.py" in left) == (name == ".gitignore")


def test_links_in_a_circle_are_not_followed(tmp_path: Path) -> None:
    """Each file is indexed once, where it lies."""
    root = tmp_path / "project"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "again").symlink_to(root)
    (root / "other.py").symlink_to(root / "a.py")
    with project_of(tmp_path, {"a.py": "alpha = 1\n", "sub/b.py": "beta = 1\n"}):
        assert indexed_paths(tmp_path / "index.db") == ["a.py", "sub/b.py"]


def test_of_more_files_than_can_be_taken_the_rest_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and known; a walk that takes in all says so again."""
    with project_of(tmp_path, {f"m{number}.py": "alpha = 1\n" for number in range(5)}):
        pass
    with closing(Store(tmp_path / "index.db")) as store:
        indexer = Indexer((tmp_path / "project").resolve(), store, most=3)
        with caplog.at_level(logging.WARNING):
            list(indexer.walk())
        assert not indexer.complete
        assert "holds more than 3 files" in caplog.text
        indexer = Indexer((tmp_path / "project").resolve(), store)
        list(indexer.walk())
        assert indexer.complete
    assert MAX_FILES >= 50_000


def test_a_file_that_is_only_half_typed_is_found(tmp_path: Path) -> None:
    """What parses of it is indexed, and all of its words."""
    with project_of(tmp_path, {"a.py": A_CLASS}) as project:
        found = project.definitions(["Hidden", "hidden"])
        assert found or project.search({"hidden": 1.0}, "python", lambda _: 1.0)
        [window] = project.search({"half": 1.0}, "python", lambda _: 1.0)
        assert {"Hidden", "shown", "half"} <= project.names(window)


def test_a_locked_index_gives_no_answer_and_is_asked_again(tmp_path: Path) -> None:
    """Another program has it for itself; when that is done, the answer is there."""
    with project_of(tmp_path, {"a.py": "alpha = 1\n"}):
        pass
    database = tmp_path / "index.db"
    with closing(Reader((tmp_path / "project").resolve(), database)) as reader:
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("PRAGMA locking_mode = EXCLUSIVE")
            other.execute("PRAGMA journal_mode = DELETE")
            other.execute("BEGIN EXCLUSIVE")
            found: list[object] = []
            reader.ask(reader.symbols(["alpha"], 5), found, float("inf"))
            assert found == []
            assert not reader.damaged
        reader.ask(reader.symbols(["alpha"], 5), found, float("inf"))
        assert len(found) == 1
