"""What a line may become: how lines of the project go on that begin like it, below lines like those above it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from context.copies import Copy, copies
from context.index_project import IndexedProject
from context.project import File
from context.text import Document
from tests.cursor import at_cursor
from tests.indexed import project_of

SHAPES = """class Circle:
    def __init__(self, store, radius):
        self.store = store
        self.radius = radius

    def area(self):
        return compute_area(self.radius)

    def save(self):
        with self.store.transaction() as transaction:
            transaction.write(self.radius)
"""
LOADS = """def load(path, store):
    handle = open(path)
    return parse_everything(handle)


def drop(store):
    with self.store.closing() as handle:
        handle.drop()
"""
FILES: Mapping[str, str] = {"shapes.py": SHAPES, "loads.py": LOADS}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexedProject]:
    """Give an indexed project of two files."""
    with project_of(tmp_path_factory.mktemp("copies"), FILES) as indexed:
        yield indexed


def everything(file: File) -> float:
    """Weigh all files alike."""
    return 1.0


def found(project: IndexedProject, text: str) -> list[Copy]:
    """Give the copies for the cursor `$0` in a new file."""
    document, offset = at_cursor(text)
    return copies(document, offset, project, everything)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("    def area(self):\n        return$0", " compute_area(self.radius)"),
        ("    def area(self):\n        return $0", "compute_area(self.radius)"),
        ("    def load(path):\n    handle = open(path)\n    return $0", "parse_everything(handle)"),
        ("    def save(self):\n        with self.store.$0", "transaction() as transaction:"),
        ("def drop(store):\n    with self.store.$0", "closing() as handle:"),
        ("def drop(store):\n    with self.sto$0", "re.closing() as handle:"),
        ("def drop(store):\n    with$0self.rest\n", " self.store.closing() as handle:"),
    ],
)
def test_the_line_below_the_same_lines_comes_first(project: IndexedProject, typed: str, expected: str) -> None:
    """However it is indented; what is given goes on exactly at the cursor, with a blank only if none was typed."""
    assert found(project, typed)[0].text == expected


def test_a_blank_ends_a_word(project: IndexedProject) -> None:
    """Behind `han ` nothing goes on as `handle` does."""
    assert found(project, "def load(path):\n    han$0")[0].text == "dle = open(path)"
    assert found(project, "def load(path):\n    han $0") == []


@pytest.mark.parametrize("typed", ["def area(self):\n    $0", "$0", "def area(self):\n    never_seen_before$0"])
def test_nothing_is_found_for_a_line_that_is_empty_or_new(project: IndexedProject, typed: str) -> None:
    """There is nothing to go by, or nothing that begins so."""
    assert found(project, typed) == []


def test_the_document_counts_as_it_is_now(project: IndexedProject) -> None:
    """Its own lines are found without the index, above the cursor and below it, the current one excepted."""
    text = "fresh = make(1)\nfirst(fresh)\n\nfresh = make(1)\nfirst$0\n\nfresh = other()\nfirst(later)\n"
    document, offset = at_cursor(text)
    ranked = copies(document, offset, project, everything)
    assert [(copy.text, copy.uri) for copy in ranked] == [("(fresh)", document.uri), ("(later)", document.uri)]
    assert [document.text[copy.offset :].partition("\n")[0] for copy in ranked] == ["first(fresh)", "first(later)"]


def test_a_copy_knows_where_it_stands(project: IndexedProject) -> None:
    """Its lines are those of its file from its beginning on."""
    (best, *_) = found(project, "def area(self):\n    return $0")
    assert best.uri == project.uri("shapes.py")
    assert SHAPES[best.start :].startswith("".join(best.lines))
    assert SHAPES[best.offset :].startswith(best.lines[best.at])


def test_a_file_that_is_worth_nothing_is_left_out(project: IndexedProject) -> None:
    """So the document's own file is not taken as it was on disk."""
    document, offset = at_cursor("def area(self):\n    return $0")

    def no_shapes(file: File) -> float:
        return 0.0 if file.path == "shapes.py" else 1.0

    assert [copy.text for copy in copies(document, offset, project, no_shapes)] == ["parse_everything(handle)"]


def test_when_it_is_late_the_project_is_left_alone(project: IndexedProject) -> None:
    """What the document has is there at once."""
    document, offset = at_cursor("return here\ndef area(self):\n    return $0")
    ranked = copies(document, offset, project, everything, lambda: True)
    assert [copy.text for copy in ranked] == ["here"]


def test_more_agreement_gives_more_confidence(project: IndexedProject) -> None:
    """The lines above say how sure a copy is."""
    (sure, *_) = found(project, "    def area(self):\n        return $0")
    (unsure, *_) = found(project, "    def perimeter(self):\n        other = 3\n        return $0")
    assert 0 < unsure.confidence < sure.confidence < 1


def test_many_places_speak_louder_than_one(tmp_path: Path) -> None:
    """Among lines whose surroundings agree alike, that wins which is written most often."""
    often = "".join(f"def run_{i}(task):\n    check(task)\n    finish(task)\n\n\n" for i in range(3))
    once = "def run_last(task):\n    check(task)\n    finish(later)\n"
    with project_of(tmp_path, {"often.py": often, "once.py": once}) as indexed:
        ranked = found(indexed, "def run_more(thing):\n    check(task)\n    finish$0")
    assert [copy.text for copy in ranked] == ["(task)", "(later)"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(SHAPES)))
def test_every_copy_is_the_rest_of_a_line(project: IndexedProject, offset: int) -> None:
    """Wherever the cursor stands, head and continuation are a line of the project; confidences fall from the first."""
    document = Document.of("file:///new.py", "python", 1, SHAPES)
    line, column = document.line_column(offset)
    head = document.lines[line][:column].strip()
    ranked = copies(document, offset, project, everything)
    assert all((head + copy.text).replace(" ", "") == copy.lines[copy.at].strip().replace(" ", "") for copy in ranked)
    confidences = [copy.confidence for copy in ranked]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) < 1
