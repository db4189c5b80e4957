"""What is around a cursor: small, and still fit to tell whether a document parses."""

from __future__ import annotations

import pytest

from lsp_server.completion.excerpt import Excerpt
from tests.cursor import at_cursor

STATEMENTS = "".join(f"        int a{number} = f({number});\n" for number in range(400))
LONG = (
    "class A {\n    void f(int a,\n           int b) {\n"
    + STATEMENTS
    + "        int x = $0\n"
    + STATEMENTS
    + "    }\n}\n"
)


def excerpt(marked: str, language_id: str = "python") -> Excerpt:
    """Give what is around the cursor."""
    return Excerpt.around(*at_cursor(marked, language_id))


def test_only_near_lines_and_what_holds_them_are_kept() -> None:
    """Headers above and closing lines below stay, in a long class too; their siblings far away do not."""
    found = excerpt(LONG, "java")
    assert found.before.startswith("class A {\n    void f(int a,\n           int b) {\n        int a")
    assert found.after.endswith(";\n    }\n}\n")
    assert (found.before + found.after).count("\n") < 130


@pytest.mark.parametrize(
    ("text", "sound"),
    [("1;", True), ("1", False), ("g(1,\n 2);", True), ("g(1;", False), ("1;\n    }", False)],
)
def test_a_document_parses_with_a_text_or_not(text: str, sound: bool) -> None:
    """Far from both ends of a class, a bracket too many or too few is noticed."""
    assert excerpt(LONG, "java").sound(text) is sound


def test_a_header_without_its_block_is_sound_where_that_stands_below() -> None:
    """What is right depends on the lines below."""
    assert excerpt("if ($0\n  f();\n}\n", "javascript").sound("x) {")
    assert not excerpt("if ($0\nf();\n", "javascript").sound("x) {")


@pytest.mark.parametrize(
    "marked",
    [
        "const broken = (;\n\nf($0\nend();\n",
        "f($0\nend();\n\nconst broken = (;\n",
    ],
)
def test_errors_elsewhere_are_tolerated_and_others_are_not(marked: str) -> None:
    """As many errors as the document has without the statement at the cursor count for nothing."""
    found = excerpt(marked, "javascript")
    assert not found.is_clean
    assert found.sound("1);")
    assert not found.sound("1, (;\nfor (")


def test_a_window_that_begins_in_a_long_string_or_comment_is_mended() -> None:
    """What cannot be seen from near is put back: the opening mark."""
    doc = '"""One.\n\n' + "Words (and (so on.\n" * 100 + '"""\n\nx = $0\n'
    assert excerpt(doc).is_clean
    assert excerpt(doc).sound("1")
    comment = "/* One.\n" + " * It's (so.\n" * 100 + " */\nint x = $0\n"
    assert excerpt(comment, "c").sound("1;")
    beneath = "int x = $0\n" + "int y;\n" * 20 + "/*\n" + " * It's (so.\n" * 100 + " */\n"
    assert excerpt(beneath, "c").sound("1;")


def test_a_language_that_begins_with_a_mark_keeps_it() -> None:
    """Without `<?php`, everything would be text, and everything would parse."""
    marked = "<?php\n" + "f();\n" * 200 + "if ($0\n"
    assert not excerpt(marked, "php").sound("$x) {")
    assert excerpt(marked, "php").sound("$x) {\n}")


def test_without_a_grammar_nothing_is_sound() -> None:
    """It cannot be told, and so is not said."""
    found = excerpt("x = $0\n", "unheard-of")
    assert not found.parses
    assert not found.sound("1")


def test_a_text_too_long_to_be_source_is_not_parsed() -> None:
    """A line of a megabyte would be parsed for every candidate."""
    assert not excerpt("x = [" + "1, " * 10_000 + "$0\n").parses
