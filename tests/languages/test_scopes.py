"""Scopes: what is around a place, and when that is complete."""

from __future__ import annotations

import pytest

from context.syntax import parse
from tests.cursor import at_cursor
from tests.languages.case import squeezed

SHAPE = """\
class Shape:
    def area(self):
        if self.flat:
            return 0
        total = 1

        # not yet
        return total


def main(): return 1
"""


def check_scope(marked: str, expected: str, language_id: str = "python") -> None:
    """Compare the scope at the `$0` mark, white space squeezed."""
    document, offset = at_cursor(marked, language_id)
    assert squeezed(document.slice(parse(document).scope_at(offset))) == expected


def check_closed(marked: str, expected: str, language_id: str = "python") -> None:
    """Compare whether the scope at the mark is complete; "at rest" when it is not if the text may grow."""
    document, offset = at_cursor(marked, language_id)
    syntax = parse(document)
    answers = (syntax.is_closed(offset), syntax.is_closed(offset, growing=True))
    assert {(True, True): "yes", (True, False): "at rest", (False, False): "no"}[answers] == expected


def test_the_innermost_scope_counts() -> None:
    """A header belongs to what it is the header of."""
    check_scope(SHAPE.replace("return 0", "retu$0rn 0"), "return 0")
    check_scope(SHAPE.replace("total = 1", "to$0tal = 1"), "if self.flat: return 0 total = 1 # not yet return total")
    check_scope(SHAPE.replace("area(", "ar$0ea("), squeezed(SHAPE[SHAPE.index("def") : SHAPE.index("\n\n\ndef")]))
    check_scope(SHAPE.replace("return 1", "return 1$0"), "return 1")
    check_scope("$0" + SHAPE, squeezed(SHAPE))
    check_scope("function f() {\n  if (x) { y(); }$0\n}", "{ if (x) { y(); } }", "javascript")
    check_scope("function f($0) {}", "function f() {}", "javascript")
    check_scope("f();$0\n", "f();", "javascript")
    check_scope("some $0text", "some text", "plaintext")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("            $0", "return 0"),
        ("        $0", "if self.flat: return 0"),
        ("          $0", "if self.flat: return 0"),
        ("    $0", "def area(self): if self.flat: return 0"),
        ("$0", "class Shape: def area(self): if self.flat: return 0"),
        ("        # a comment$0", "if self.flat: return 0 # a comment"),
    ],
)
def test_the_indentation_of_an_empty_line_says_where_it_belongs(line: str, expected: str) -> None:
    """It belongs to the block whose lines are indented like it; what is indented less, to what is around."""
    text = SHAPE[: SHAPE.index("        total")] + line
    check_scope(text, expected)
    check_scope(text + "\n", expected)


def test_an_unfinished_block_is_a_scope() -> None:
    """While a person types, its end is missing."""
    check_scope("int f() {\n  if (x) { y(); }\n  $0", "{ if (x) { y(); }", "c")
    check_scope("def f():\n    $0", "def f():")
    check_scope("def f():\n    x = 1\n    $0\n", "x = 1")


def test_places_count_characters() -> None:
    """Astral characters and lone carriage returns do not move a scope."""
    for end in ("\n", "\r\n", "\r"):
        check_scope(f"x = '🙂é'{end}def f():{end}    y = '🙂' + z$0z{end}w = 1{end}", "y = '🙂' + zz")


def test_a_block_in_braces_is_closed_by_its_brace() -> None:
    """Not by a brace of something within it, and not while that is missing."""
    check_closed("function f() {$0 g({ a: 1 }); }", "yes", "javascript")
    check_closed("function f() {$0 g({ a: 1 });", "no", "javascript")
    check_closed("function f() {$0 g({ a: 1 }", "no", "javascript")
    check_closed("function f() {\n  $0", "no", "javascript")
    check_closed("function f() {$0 if (x) { y(); }", "no", "javascript")
    check_closed("function f() { if (x) {$0 y(); }", "yes", "javascript")
    check_closed("class A { m() {$0 x(); }", "yes", "javascript")


def test_what_is_broken_before_the_place_does_not_matter() -> None:
    """A completion can be judged in the middle of other work; what is broken after it is not complete."""
    check_closed("x = = 1;\nfunction f() { y = = 2; $0z(); }", "yes", "javascript")
    check_closed("function f() { $0y = = 2; z(); }", "no", "javascript")
    check_closed("def f():\n    $0x = (1,\n\nz = 2\n", "no")


def test_a_block_by_indentation_is_closed_by_a_line_that_is_indented_less() -> None:
    """An empty line and a comment say nothing; the end of a text says it only if no more is to come."""
    check_closed("def f():\n    $0x = 1\ny", "yes")
    check_closed("def f():\n    if x:\n        $0y = 1\n    z", "yes")
    check_closed("def f():\n    $0if x:\n        y = 1\n    z", "at rest")
    check_closed("def f():\n    $0x = 1\n", "at rest")
    check_closed("def f():\n    $0x = 1\n\n# more\n", "at rest")
    check_closed("def f():\n    $0x = 1\n  ", "at rest")
    check_closed('def f():\n    $0x = """\ntext', "no")
    check_closed("def f(): $0return 1\nx", "yes")
    check_closed("def f():\n    x = 1\n    $0\n    y = 2\nz", "yes")
    check_closed("object A:\n  def f =\n    $0val x = 1\n    x\n  d", "yes", "scala")
    check_closed("a:\n  b: $0\n    c: 1\n  d", "yes", "yaml")


def test_a_section_is_closed_where_the_next_one_begins() -> None:
    """The whole line must be there: the beginning of a heading may be that of a smaller one."""
    check_closed("## One\n\n$0Text.\n\n## Two\n", "yes", "markdown")
    check_closed("## One\n\n$0Text.\n\n#", "at rest", "markdown")
    check_closed("## One\n\n$0Text.\n\n### Part\n", "at rest", "markdown")
    check_closed("[a]\n$0x = 1\n\n[b]\n", "yes", "toml")
    check_closed("[a]\n$0x = 1\n\n[b", "no", "toml")


def test_ends_are_not_always_braces() -> None:
    """Words and tags close, too."""
    check_closed("def f\n  $0if x\n    y\n  end\n", "no", "ruby")
    check_closed("def f\n  $0if x\n    y\n  end\nend", "yes", "ruby")
    check_closed("if x; then $0y; fi", "yes", "shellscript")
    check_closed("<ul>$0<li>a</li>", "no", "html")
    check_closed("<ul>$0<li>a</li></ul>", "yes", "html")


def test_nothing_closes_a_file() -> None:
    """Outside of all scopes there is nothing that could be complete."""
    for language_id in ("python", "javascript", "plaintext"):
        check_closed("x = 1$0\n", "no", language_id)
