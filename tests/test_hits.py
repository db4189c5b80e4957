"""Search hits: joined, placed, and read anew."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from context.hits import ProjectIndex, excerpts
from context.index import Index
from context.text import Document

TEXT = "".join(f"line {number}\n" for number in range(1, 41)) + "\n\n"


@dataclass(frozen=True)
class Found:
    """Some lines of a file, as an index gives them."""

    path: Path
    line: int
    text: str


def hit(name: str, line: int, lines: int) -> Found:
    return Found(Path(name), line, "x\n" * lines)


def read(path: Path) -> Document | None:
    return None if path.name == "hidden.py" else Document.of(path.as_posix(), "python", 1, TEXT)


def shown(*hits: Found) -> list[str]:
    """Give the first line of each excerpt."""
    return [text.split("\n")[0] for text in excerpts(hits, read, str)]


def test_a_hit_has_its_place() -> None:
    """Lines count from 1, and the text is that of now."""
    assert excerpts([hit("a.py", 1, 2)], read, str) == ["a.py:2-3\nline 2\nline 3\n"]


def test_the_best_come_first() -> None:
    """In the order in which the index gives them."""
    assert shown(hit("b.py", 0, 2), hit("a.py", 0, 2)) == ["b.py:1-2", "a.py:1-2"]


def test_neighbours_are_joined() -> None:
    """Overlapping windows of one place are one hit, which stands where the best of them stood."""
    assert shown(hit("a.py", 20, 5), hit("b.py", 0, 1), hit("a.py", 26, 3), hit("a.py", 0, 2)) == [
        "a.py:21-29",
        "b.py:1-1",
        "a.py:1-2",
    ]


def test_what_may_not_be_seen_any_more_is_no_hit() -> None:
    """A file can be excluded after it was indexed."""
    assert shown(hit("hidden.py", 0, 2), hit("a.py", 0, 2)) == ["a.py:1-2"]


def test_blank_lines_and_lines_that_are_gone_are_left_out() -> None:
    """A file may have become shorter."""
    assert shown(hit("a.py", 38, 9)) == ["a.py:39-40"]
    assert shown(hit("a.py", 40, 2), hit("a.py", 900, 2)) == []


def test_the_project_index_answers_questions_of_a_chat(tmp_path: Path) -> None:
    """One that was not started has no answers, and no faults either."""
    index: ProjectIndex = Index(tmp_path)
    assert asyncio.run(index.search(["cache"], deadline_s=1.0, limit=1)) == []
    assert asyncio.run(index.symbols(["cache"], deadline_s=1.0, limit=1)) == []
