"""What retrieval asks of the index: words, windows, uses, definitions and modules, of one moment and within a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from context.index_file import SCHEMA
from context.index_project import IndexedProject
from context.index_words import Words, windows_with
from context.project import Window
from context.text import split_lines
from context.usage import uses_of
from tests.indexed import project_of

FILES = {
    "src/pkg/__init__.py": "",
    "src/pkg/one/text.py": "def load_map(path):\n    return LoadMap(path)\n",
    "src/pkg/two/text.py": "class LoadMap:\n    pass\n",
    "src/pkg/user.py": "store.flush(now=True)\nstore.load_all\n",
    "view.js": "store.paint();\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[IndexedProject]:
    """The project of FILES."""
    with project_of(tmp_path, FILES) as project:
        yield project


@given(st.lists(st.lists(st.sets(st.sampled_from(["a", "b", "c", "é"])), max_size=4), max_size=12), st.data())
def test_the_windows_of_a_word_are_those_that_hold_it(files: list[list[set[str]]], data: st.DataObject) -> None:
    """After files were added and taken out in any order, also over the end of a block, and written in between."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA)
        words = Words(connection)
        standing: dict[int, list[set[str]]] = {}
        number = data.draw(st.integers(16_370, 16_390))
        for windows in files:
            words.add(number, windows)
            standing[number] = windows
            number += max(1, len(windows))
            if data.draw(st.booleans()):
                first = data.draw(st.sampled_from(sorted(standing)))
                words.remove(first, standing.pop(first))
        words.flush()
        for word in ("a", "b", "c", "é"):
            found = windows_with(
                lambda statement, values: connection.execute(statement, values).fetchall(), {word: 1.0}
            )
            assert sorted(found) == sorted(
                first + index
                for first, windows in standing.items()
                for index, held in enumerate(windows)
                if word in held
            )


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
def test_a_window_is_shown_with_the_lines_around_it(tmp_path: Path, eol: str) -> None:
    """As they were indexed, whatever ends them, and not beyond the text."""
    text = eol.join(f"größe_{number} = 𝒳{number}" for number in range(25)) + eol
    with project_of(tmp_path, {"a.py": text}) as project:
        [found] = project.search({"größe_12": 1.0}, "python", lambda _: 1.0)
        assert (found.file.path, found.index) == ("a.py", 1)
        for index, first, end in ((0, 0, 13), (1, 7, 23), (2, 17, 26)):
            span, lines = project.lines(Window(found.file, index, 1.0), 3)
            assert "".join(lines) == text[span.start : span.end] == "".join(split_lines(text)[first:end])
        assert {"größe_12", "𝒳12"} <= project.names(found)


def test_windows_with_rare_words_in_good_places_come_first(tmp_path: Path) -> None:
    """A word that is nearly everywhere decides nothing; a file can be worth more, or nothing."""
    files = {f"m{number}.py": f"common = thing_{number}\n" for number in range(40)}
    with project_of(tmp_path, files | {"rare.py": "common = gyroscope\n", "best.py": "gyroscope\n"}) as project:
        words = {"gyroscope": 1.0, "common": 1.0}
        paths = [each.file.path for each in project.search(words, "python", lambda _: 1.0)]
        assert sorted(paths) == ["best.py", "rare.py"]
        found = project.search(words, "python", lambda file: {"rare.py": 3.0}.get(file.path, 0.0))
        assert [each.file.path for each in found] == ["rare.py"]
        assert project.search(words, "javascript", lambda _: 1.0) == []


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("store.flush(now=True)", {("store", "flush"), ("flush", "now=")}),
        ("open(path).read", {("open", "read")}),
        ("items[0]\n    .name", {("items", "name")}),
        ("node->next::of", {("node", "next"), ("next", "of")}),
        ("self.x = this.y", set()),
        ("The end. A new one, and 'a/b.c'", set()),
        ("x" * 5_000 + ".member", set()),
    ],
)
def test_a_use_is_a_name_with_its_member_or_argument(text: str, uses: set[tuple[str, str]]) -> None:
    """In any language that calls and points; what follows the object at hand says nothing about others."""
    assert uses_of(text) == uses


def test_uses_are_given_with_their_files(project: IndexedProject) -> None:
    """Each once a file."""
    found = sorted((file.path, member) for file, member in project.uses("store"))
    assert found == [("src/pkg/user.py", "flush"), ("src/pkg/user.py", "load_all"), ("view.js", "paint")]
    assert project.uses("nowhere") == []


def test_of_very_many_uses_a_fair_sample_is_given(tmp_path: Path) -> None:
    """Not those of the files that happen to come first."""
    with project_of(tmp_path, {f"m{number:03}.py": "store.flush()\n" for number in range(500)}) as project:
        paths = sorted(file.path for file, _ in project.uses("store"))
    assert len(paths) == 200
    assert 50 < sum(path < "m250.py" for path in paths) < 150


def test_a_definition_is_found_in_whatever_case_it_is_written(project: IndexedProject) -> None:
    """`load_map` may hold what `LoadMap` makes; one file can be asked alone."""
    found = project.definitions(["load_map", "nowhere"])
    assert sorted((each.name, each.kind) for each in found["load_map"]) == [
        ("LoadMap", "class"),
        ("load_map", "function"),
    ]
    definition = project.definition("src/pkg/two/text.py", "LoadMap")
    assert definition is not None
    assert "".join(project.source(definition)) == "class LoadMap:\n    pass"
    assert project.definition("src/pkg/one/text.py", "LoadMap") is None


def test_a_package_is_found_by_its_folder_and_an_ambiguous_word_not_at_all(project: IndexedProject) -> None:
    """Of a dotted name as many parts must agree as anywhere."""
    assert project.modules(["pkg"]) == ["src/pkg/__init__.py"]
    assert project.modules(["pkg", "two", "text", "Name"]) == ["src/pkg/two/text.py"]
    assert project.modules(["other", "text"]) == project.modules(["elsewhere"]) == []


def test_a_question_that_is_late_gets_no_more_rows(tmp_path: Path) -> None:
    """What it found before is its answer; nothing raises."""
    with project_of(tmp_path, {f"m{number}.py": "store.flush()\n" * 300 for number in range(150)}) as project:
        assert len(project.uses("store")) == 150
        project.connection.set_progress_handler(lambda: True, 1)
        assert project.uses("store") == []
        assert project.search({"flush": 1.0}, "python", lambda _: 1.0) == []
        assert project.definitions(["store"]) == {}
        assert project.modules(["m1"]) == []
