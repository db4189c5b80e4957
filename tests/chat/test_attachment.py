"""A piece of context: how it is shown, cut and counted, and what is said when it has changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from context.text import Document
from lsp_server.chat.attachment import Attachment, Kind, Lines, attached_lines, refreshed, rendered
from lsp_server.chat.prompt import Question, build
from lsp_server.errors import AssistantError

URI = "file:///p/a.py"


def file(*lines: str, selected: Lines | None = None) -> Attachment:
    text = "".join(f"{line}\n" for line in lines)
    return attached_lines(Document.of(URI, "python", 1, text), "a.py", selected, URI)


def numbered(count: int, **changed: str) -> Attachment:
    return file(*(changed.get(f"line{number}", f"line {number}") for number in range(1, count + 1)))


def sent(*attachments: Attachment, budget: int = 100_000) -> str:
    return build("", (), Question("?", attachments), budget_tokens=budget, count=len).question


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("map", "", "Map of the repository, the definitions that matter most:\n```\nx\n```\n\n?"),
        ("outline", "src", "Outline of the folder `src`:\n```\nx\n```\n\n?"),
        ("search", "cache key", "Places in the project that hold words of `cache key`:\n```\nx\n```\n\n?"),
        ("diagnostics", "a.py", "Problems in `a.py`:\n```\nx\n```\n\n?"),
        ("diff", "", "Changes since the last commit:\n```diff\nx\n```\n\n?"),
        ("staged", "", "Staged changes:\n```diff\nx\n```\n\n?"),
    ],
)
def test_every_kind_says_what_it_is(kind: Kind, name: str, text: str) -> None:
    """A line above the fence tells the model what it reads."""
    assert sent(Attachment.of_parts(kind, name, ["x\n"], f"antiphon:{kind}")) == text


def test_a_definition_names_its_file_and_lines() -> None:
    """So that an answer can cite them."""
    symbol = Attachment("Cache.get", "python", ("def get(): ...",), 10, 90, kind="symbol", place="src/a.py")
    assert sent(symbol) == (
        "Definition of `Cache.get` in `src/a.py`, lines 10-10 of 90:\n```python\ndef get(): ...\n```\n\n?"
    )


def test_what_is_not_shown_is_said() -> None:
    """The model must not take a part for the whole, nor nothing for something forgotten."""
    diff = Attachment.of_parts("diff", "", ["x"], "antiphon:diff", ["2 changed files left out: excluded"])
    assert sent(diff).startswith("Changes since the last commit (2 changed files left out: excluded):\n")
    assert sent(Attachment.of_parts("staged", "", [], "antiphon:diff/staged", ["there are none"])) == (
        "Staged changes: there are none.\n\n?"
    )


def test_parts_are_shown_whole_or_not_at_all() -> None:
    """Half a hunk or half a hit misleads."""
    parts = Attachment.of_parts("search", "x", ["a:1\none\n", "b:1\ntwo\n" * 20], "antiphon:search?q=x")
    assert "(cut to fit):\n```\na:1\none\n```" in sent(parts, budget=100)
    assert sent(parts, budget=80) == "Places in the project that hold words of `x` is left out: too long.\n\n?"


def test_what_changes_least_comes_first() -> None:
    """A prompt cache holds up to the first difference; what was attached first is still cut last."""
    parts = [Attachment.of_parts(kind, kind, ["x"], "") for kind in ("diff", "search", "map", "diagnostics", "outline")]
    text = sent(*parts[:2], file("x"), *parts[2:])
    places = [text.index(word) for word in ("Map", "Outline", "File", "Places", "Problems", "Changes")]
    assert places == sorted(places)


def test_the_cost_of_a_piece_is_that_of_what_is_shown() -> None:
    """Its label and its fence count, too."""
    assert file("x").tokens(len) == len("File `a.py`, lines 1-1 of 1:\n```python\nx\n```")


def test_what_has_not_changed_is_not_shown_again() -> None:
    """A new version with the same text is no change."""
    assert refreshed(numbered(3), numbered(3)) is None


def test_a_changed_file_is_shown_where_it_changed() -> None:
    """With a few lines around, and the numbers that hold now."""
    after = refreshed(numbered(100), numbered(100, line50="new"))
    assert after is not None
    text = sent(after)
    assert text.startswith(
        "File `a.py`, lines 40-60 of 100, changed since it was shown: lines 50-50:\n```python\nline 40"
    )
    assert "\nnew\n" in text


@pytest.mark.parametrize(
    ("before", "after", "label"),
    [
        (("a", "b", "c"), ("a", "c"), "lines 1-2 of 2, changed since it was shown: lines 2-2"),
        (("a", "b"), ("a",), "lines 1-1 of 1, changed since it was shown: lines 1-1"),
        (("a",), ("a", "b", "c"), "lines 1-3 of 3, changed since it was shown: lines 2-3"),
        (("a", "a"), ("a", "a", "a"), "lines 1-3 of 3, changed since it was shown: lines 3-3"),
        (("a",), ("",), "lines 1-1 of 1, changed since it was shown: lines 1-1"),
    ],
)
def test_every_change_has_a_place(before: tuple[str, ...], after: tuple[str, ...], label: str) -> None:
    """Also lines that are gone."""
    now = refreshed(file(*before), file(*after))
    assert now is not None
    assert rendered(now, now.cuts[-1]).startswith(f"File `a.py`, {label}:\n")


def test_other_changes_are_shown_whole() -> None:
    """A diff of a diff is read by nobody."""
    before = Attachment.of_parts("diff", "", ["one"], "antiphon:diff")
    now = refreshed(before, Attachment.of_parts("diff", "", ["one", "two"], "antiphon:diff"))
    assert now is not None
    assert sent(now) == "Changes since the last commit, changed since it was shown:\n```diff\none\ntwo\n```\n\n?"


@given(
    st.lists(st.sampled_from("ab"), min_size=1, max_size=40), st.lists(st.sampled_from("ab"), min_size=1, max_size=40)
)
def test_the_changed_lines_make_the_new_text_of_the_old(before: list[str], after: list[str]) -> None:
    """What stands before and behind them is as it was."""
    now = refreshed(file(*before), file(*after))
    if now is None:
        assert before == after
        return
    assert now.selected is not None
    first, last = now.selected
    assert 1 <= first <= last <= len(after)
    rest = len(after) - last
    assert after[: first - 1] == before[: first - 1]
    assert rest == 0 or after[-rest:] == before[-rest:]
    assert rendered(now, now.cuts[-1]).count("\n") <= (last - first + 1) + 20 + 3


def test_lines_that_are_not_there_cannot_be_attached() -> None:
    """The person attached something else, and is told."""
    with pytest.raises(AssistantError, match=r"a\.py has no line 4"):
        file("one", "two", "three", selected=Lines(4, 9))
    assert file("one", "two", "three", selected=Lines(3, 9)).selected == Lines(3, 3)
