"""A kept tree, in every language: after any changes it is the tree of the text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from context.syntax import Syntax
from context.text import Position, RangeChange
from tests.languages.case import Case
from tests.languages.test_samples import each_language

# Whole lines, which mostly leave a text that parses, and marks, which mostly do not.
MARKS = (
    "",
    "\n",
    "    ",
    "x",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    ":",
    ";",
    "#",
    "//",
    "/*",
    "-",
    "é",
    "🙂",
    "\r\n",
    "\r",
)


@each_language
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_kept_tree_equals_a_fresh_one(case: Case, data: st.DataObject) -> None:
    """However often the text changes between two parses; where it does not parse, neither tree says that it does."""
    syntax = case.syntax(data.draw(st.sampled_from((case.text, case.text[:300], ""))))
    pieces = st.sampled_from(MARKS) | st.sampled_from(syntax.document.lines)
    for version in range(2, 6):
        syntax = changed(syntax, data, pieces, version)
        if data.draw(st.booleans()):
            check_same_as_fresh(case, syntax)
    check_same_as_fresh(case, syntax)


def changed(syntax: Syntax, data: st.DataObject, pieces: st.SearchStrategy[str], version: int) -> Syntax:
    """Replace some lines, or a part of a line, by something else."""
    document = syntax.document
    first = data.draw(st.integers(0, len(document.lines) - 1))
    last = min(first + data.draw(st.integers(0, 2)), len(document.lines) - 1)
    columns = st.just(0) if data.draw(st.booleans()) else st.integers(0, 30)
    start = Position(first, data.draw(columns))
    end = max(start, Position(last, data.draw(columns)))
    new_text = "".join(data.draw(st.lists(pieces, max_size=3)))
    return syntax.after(document.with_change(RangeChange(start, end, new_text), "utf-16", version))


def check_same_as_fresh(case: Case, syntax: Syntax) -> None:
    """Compare with a parse from scratch.

    Which tokens are taken for an error depends on what was parsed before, so that a text with errors is not compared.
    """
    fresh = case.syntax(syntax.document.text)
    assert (syntax.error_count() > 0) == (fresh.error_count() > 0)
    if not fresh.error_count():
        assert list(syntax.leaves()) == list(fresh.leaves())
        assert syntax.symbols() == fresh.symbols()
        assert syntax.imports() == fresh.imports()
        assert syntax.references() == fresh.references()
        offset = len(syntax.document.text) // 2
        assert syntax.scope_at(offset) == fresh.scope_at(offset)
