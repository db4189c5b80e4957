"""What is shown of what a model says: `$0` marks the cursor, `model` is the whole answer."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lsp_server.completion.place import Place
from lsp_server.completion.postprocess import Dropped, Shape, cut, finish, wants_multi_line
from tests.cursor import at_cursor


def shown(marked: str, model: str, *, multi_line: bool | None = None, healed: bool = False) -> str:
    """Give what is shown at the cursor; the reason in angle brackets when it is nothing."""
    place = Place.at(*at_cursor(marked))
    multi_line = wants_multi_line(place) if multi_line is None else multi_line
    try:
        return finish(cut(model, place, Shape(multi_line, 12, ("<|stop|>",), healed)).text, place)
    except Dropped as dropped:
        return f"<{dropped.reason}>"


@pytest.mark.parametrize(
    ("marked", "multi_line"),
    [
        ("def f():\n    $0\n", True),
        ("def f():$0\n", True),
        ("x = {$0\n", True),
        ("x = $0\n", False),
        ("print($0)\n", False),
        ("ret$0\n", False),
        ("$0", True),
        ("if x:$0  # why\n", False),
        ("for x in *; do$0\n", True),
        ("x.undo$0\n", False),
        ("strengthen$0\n", False),
    ],
)
def test_more_than_a_line_is_wanted_only_where_a_block_begins(marked: str, multi_line: bool) -> None:
    """A blank line or an opener at the line's end invites a block; the middle of a statement does not."""
    assert wants_multi_line(Place.at(*at_cursor(marked))) is multi_line


def test_a_line_ends_at_its_end() -> None:
    """In the middle of a statement the rest of the answer is not shown."""
    assert shown("x = $0\n", "1\ny = 2\n") == "1"


def test_a_block_ends_where_it_is_left() -> None:
    """A line that is indented less than the cursor's block belongs to somebody else."""
    assert shown("def f():\n    $0\n", "a = 1\n    return a\ndef g():\n    pass") == "a = 1\n    return a"
    assert shown("def f():$0\n", "\n    a = 1\n    return a\nx = f()") == "\n    a = 1\n    return a"


def test_siblings_in_the_cursor_s_own_block_are_kept() -> None:
    """A nested block is followed by statements of the block around it."""
    text = "if a:\n        b()\n    c()\nd()"
    assert shown("def f():\n    $0\n", text) == "if a:\n        b()\n    c()"


def test_a_bracket_that_the_answer_opened_is_closed_by_it() -> None:
    """The closing line of a literal or a brace block comes along, what follows it does not."""
    assert shown("x = {$0\n", "\n    1: 2,\n}\ny = 3\n") == "\n    1: 2,\n}"


def test_a_blank_line_ends_a_block() -> None:
    """What follows a blank line is a new thought that nobody asked for."""
    assert shown("def f():\n    $0\n", "return 1\n\n\ndef g():\n    return 2\n") == "return 1"


def test_a_block_has_at_most_so_many_lines() -> None:
    """The limit of the settings holds."""
    text = "".join(f"a{i} = {i}\n    " for i in range(40))
    assert shown("def f():\n    $0\n", text).count("\n") == 11


@pytest.mark.parametrize(
    ("marked", "model", "expected"),
    [
        ("print($0)", "x)", "x"),
        ("print(f($0)", "x))", "x)"),
        ("foo(bar($0))", "x))", "x"),
        ("foo(bar($0)", "x)", "x)"),
        ('say("$0")', 'hello")', "hello"),
        ("x = [$0]", "1, 2]", "1, 2"),
        ("call($0);", "a, b);", "a, b"),
        ("x = a$0", "dd(1)", "dd(1)"),
        ("def f($0)", "x):", "x"),
        ("foo($0)", "a, b);", "a, b"),
        ("x = [$0]", "1, 2]  # list", "1, 2"),
        ("return $0elements", "the", "the"),
    ],
)
def test_what_stands_right_of_the_cursor_is_not_doubled(marked: str, model: str, expected: str) -> None:
    """Closers that are already there are trimmed, as many as the brackets want."""
    assert shown(marked, model) == expected


def test_an_answer_stops_where_the_text_below_begins() -> None:
    """Lines that already stand beneath the cursor are not written again."""
    marked = "def f():\n    $0\n    return total\n"
    assert shown(marked, "total = 1\n    return total\n") == "total = 1"


def test_the_same_words_in_another_block_are_another_line() -> None:
    """An inner closing brace or return is not the outer one that stands below."""
    inner = "if (x) {\n        g();\n    }\n    return 1;\n"
    assert shown("function f() {\n    $0\n}\n", inner) == "if (x) {\n        g();\n    }\n    return 1;"
    assert shown("def f():\n    $0\n    return x\n", "if a:\n        return x\n") == "if a:\n        return x"


def test_an_answer_that_only_repeats_a_neighbour_is_dropped() -> None:
    """The line below or above once more is no suggestion."""
    assert shown("x = 1\n$0\ny = 2\n", "y = 2\n") == "<repeats-what-follows>"
    assert shown("import os\n$0\n", "import os\n", multi_line=False) == "<repeats-line-above>"


def test_a_loop_is_cut_after_its_first_round() -> None:
    """Small models repeat themselves; one round is enough."""
    assert shown("x = $0\n", "a == '' or a == '' or a == '' or a == ''") == "a == '' or"
    assert shown("x = [$0]\n", "0, 0, 0") == "0, 0, 0"
    assert shown("x = $0\n", "[[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]") == "<loop>"
    assert shown("# $0\n", "-" * 60) == "-" * 60


def test_fences_and_stop_texts_end_an_answer() -> None:
    """Markdown and a template's own tokens are never shown."""
    assert shown("def f():\n    $0\n", "return 1\n```\nThis function") == "return 1"
    assert shown("x = $0\n", "1<|stop|>garbage") == "1"
    assert shown("def f():\n    $0\n", "```python\nx") == "<fence>"


def test_nothing_but_blanks_is_nothing() -> None:
    """Whitespace is not worth a suggestion, and blanks at the end come off."""
    assert shown("x = $0\n", "   ") == "<empty>"
    assert shown("x = $0\n", "1   ") == "1"


def test_the_file_s_line_ends_are_kept() -> None:
    """In a file with \\r\\n a suggestion of several lines has them too."""
    assert shown("def f():\r\n    $0\r\n", "a = 1\n    return a\n") == "a = 1\r\n    return a"


@pytest.mark.parametrize(
    ("marked", "model", "expected"),
    [
        ("return $0\n", " value", "value"),
        ("return $0\n", "ed = 1", "<empty>"),
        ("f(a, $0\n", " b)", "b)"),
        ("f( $0\n", "x)", "x)"),
        ("def f():\n    $0\n", "    return 1", "return 1"),
        ("def f():\n    $0\n", "return 1", "<empty>"),
        ("def f():\n$0\n", "    return 1", "    return 1"),
        ("class A:\n    def f(self):\n    $0\n", "        return 1", "    return 1"),
        ("value = 0\nvalue$0\n", " = 1", " = 1"),
        ("value = 0\nretu$0\n", " = 1", "<empty>"),
        ("value = 0\nretu$0\n", "rn value", "rn value"),
    ],
)
def test_blanks_that_were_cut_from_the_prompt_come_off_the_answer(marked: str, model: str, expected: str) -> None:
    """A model asked without the last blank answers with it; what breaks a word or leaves the block is dropped."""
    assert shown(marked, model, multi_line=False, healed=True) == expected


PIECES = st.lists(
    st.sampled_from(["x", " = ", "\n", "    ", "return ", ")", "(", "}", "```", "\r\n", "<|stop|>", "🙂", "def f():"]),
    max_size=14,
).map("".join)
PLACES = st.sampled_from(
    ["def f():\n    $0\n", "f($0)\n", "x = $0\n    y = 2\n", "if a:$0\n", "\t$0\r\n\treturn\r\n", "$0"]
)


@example("def f():\n    $0\n", "\n<|stop|>", True, False)
@given(PLACES, PIECES, st.booleans(), st.booleans())
def test_the_result_does_not_depend_on_how_a_stream_is_cut(marked: str, model: str, multi: bool, healed: bool) -> None:
    """Once an answer is complete, nothing that follows changes it: closing the stream early loses nothing."""
    place = Place.at(*at_cursor(marked))
    shape = Shape(multi, 3, ("<|stop|>",), healed)
    for end in range(len(model) + 1):
        early = cut(model[:end], place, shape)
        if early.complete:
            assert cut(model, place, shape) == early
            return


@given(PLACES, PIECES)
def test_a_shown_text_never_ends_in_blanks_and_is_never_empty(marked: str, model: str) -> None:
    """Whatever a model says, what is shown is text."""
    result = shown(marked, model)
    assert result.strip()
    assert result.startswith("<") or result == result.rstrip()
