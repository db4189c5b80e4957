"""What a question is about: words of paths and names, in their forms."""

from __future__ import annotations

import pytest

from context.focus import Focus, interest, is_form, is_test, subwords


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("readFile", {"read", "file"}),
        ("HTTPServer", {"http", "server"}),
        ("_with_2_parts", {"with", "parts"}),
        ("über_größe", {"über", "größe"}),
        ("", set()),
    ],
)
def test_a_name_is_parted_into_words(name: str, words: set[str]) -> None:
    """Camel case, acronyms, underscores and digits part words."""
    assert subwords(name) == words


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("cache", "cached", True),
        ("caching", "cache", True),
        ("completion", "complete", True),
        ("completions", "completion", True),
        ("test", "tests", True),
        ("text", "test", False),
        ("map", "maps", False),
        ("index", "indirect", False),
    ],
)
def test_words_in_several_forms_are_the_same(one: str, other: str, same: bool) -> None:
    """A common beginning of four letters and a short ending; short words must be equal."""
    assert is_form(one, other) is is_form(other, one) is same


def test_rare_words_tell_more_than_frequent_ones() -> None:
    """A word that stands in every path says nothing."""
    names: dict[str, list[str]] = {f"engine/{name}.py": [] for name in ("cache", "door", "floor", "wall")}
    found = interest(Focus("Which part of the engine has a door?"), names)
    assert found["engine/door.py"] > 0
    assert found["engine/cache.py"] == pytest.approx(0, abs=0.1)


def test_an_identifier_names_the_file_that_defines_it() -> None:
    """Plain words do not."""
    names = {"a.py": ["ModelClient"], "b.py": ["model"], "c.py": ["other"]}
    found = interest(Focus("Why does ModelClient retry?"), names)
    assert max(found, key=found.__getitem__) == "a.py"


@pytest.mark.parametrize(
    ("path", "test"),
    [("tests/a.py", True), ("src/a_test.go", True), ("a.spec.ts", True), ("contest/a.py", False), ("latest.py", False)],
)
def test_test_files_are_told_by_their_path(path: str, test: bool) -> None:
    """By a part of it, not by letters within a word."""
    assert is_test(path) is test
