"""A whole definition by its name."""

from __future__ import annotations

import pytest

from context.definition import find_definition, last_name
from context.syntax import parse
from context.text import Document

PYTHON = """\
import functools

# How many are kept.
@functools.cache
# Two comments and a decorator are of it.
def size():
    return 3


class Cache:
    def get(self): ...


class Store:
    def get(self):
        return 1
"""

TYPESCRIPT = """\
const before = 1;
/**
 * Gives a door.
 */
export function door(): number {
  return 1;
}
"""


def lines(text: str, language_id: str, name: str, near_line: int | None = None) -> tuple[str, str, str] | None:
    """Give the qualified name, the first and the last line of what is found."""
    found = find_definition(parse(Document.of("file:///a", language_id, 1, text)), name, near_line)
    if found is None:
        return None
    shown = text.split("\n")[found.first_line : found.end_line]
    return found.qualified, shown[0], shown[-1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("size", ("size", "# How many are kept.", "    return 3")),
        ("Cache", ("Cache", "class Cache:", "    def get(self): ...")),
        ("get", ("Cache.get", "    def get(self): ...", "    def get(self): ...")),
        ("Store.get", ("Store.get", "    def get(self):", "        return 1")),
        ("Store::get", ("Store.get", "    def get(self):", "        return 1")),
        ("Other.get", None),
        ("nothing", None),
        ("", None),
    ],
)
def test_a_definition_is_found_whole(name: str, expected: tuple[str, str, str] | None) -> None:
    """With the comment and the decorators above it, by its name alone or with what it stands in."""
    assert lines(PYTHON, "python", name) == expected


def test_the_nearest_of_several_is_meant() -> None:
    """An index tells the line, which may have moved a little since."""
    assert lines(PYTHON, "python", "get", 13) == ("Store.get", "    def get(self):", "        return 1")


def test_a_comment_block_belongs_to_what_stands_below_it() -> None:
    """Whatever the language marks comments with."""
    assert lines(TYPESCRIPT, "typescript", "door") == ("door", "/**", "}")


def test_a_language_without_a_grammar_defines_nothing() -> None:
    """Plain lines have no symbols."""
    assert lines("size = 3", "plaintext", "size") is None


@pytest.mark.parametrize("name", ["get", "Store.get", "Store::get", "Store#get"])
def test_the_last_part_of_a_name_is_what_is_defined(name: str) -> None:
    """However a language writes it."""
    assert last_name(name) == "get"
