"""What is shown of what a model says: `$0` marks the cursor, `model` is the whole answer."""

from __future__ import annotations

import pytest

from lsp_server.completion.excerpt import Excerpt
from lsp_server.completion.place import Place
from lsp_server.completion.postprocess import RULES, Dropped, Shape, cut, finish, wants_multi_line
from tests.completion.shown import shape_at, shown, stream
from tests.cursor import at_cursor


def single_line(marked: str, model: str, *, healed: bool = False) -> str:
    """Give what is shown where one line is all that is ever wanted; the reason in angle brackets when it is nothing."""
    document, offset = at_cursor(marked)
    shape = Shape(False, 12, healed=healed, excerpt=Excerpt.around(document, offset))
    result = stream([*model], Place.at(document, offset), shape)
    return result.text or f"<{result.reason}>"


@pytest.mark.parametrize(
    ("marked", "rule"),
    [
        ("def f():\n    $0\n", "elsewhere"),
        ("x = $0\n", "elsewhere"),
        ("$0", "elsewhere"),
        ("print($0)\n", "within a line"),
        ("if x:$0  # why\n", "within a line"),
        ("    # why $0\n", "in a comment"),
    ],
)
def test_how_much_is_wanted_is_a_table(marked: str, rule: str) -> None:
    """The first rule that holds at a place says whether an answer may have more than one line."""
    place = Place.at(*at_cursor(marked))
    found = next(each for each in RULES if each.holds(place))
    assert found.name == rule
    assert wants_multi_line(place) is found.multi_line


def test_a_server_is_told_only_of_stops_that_lose_nothing() -> None:
    """Where one line is wanted, its end; else none, since a blank line may stand within a statement."""
    assert Shape(False, 12).wire_stop == ("\n",)
    assert Shape(True, 12).wire_stop == ()


def test_one_line_where_no_more_is_ever_wanted() -> None:
    """A small model's statement is cut at its first line, complete or not."""
    assert single_line("x = $0\n", "f(1,\n    2)\n") == "f(1,"


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
        ("x = f($0, last)", "first, last)", "first"),
        ("x = f($0) + g(')')", "a) + g(')')", "a"),
    ],
)
def test_what_stands_right_of_the_cursor_is_not_doubled(marked: str, model: str, expected: str) -> None:
    """Closers that are already there are trimmed, as many as the brackets want."""
    assert shown(marked, model) == expected


def test_an_answer_may_differ_from_what_stands_right_of_the_cursor() -> None:
    """Where it goes on in another way than the text that is there, it is cut before that."""
    marked = "class A {\n    public int X$0 get; private set; }\n}\n"
    assert shown(marked, " { get; set; }\n", "csharp") == " {"


def test_a_line_within_a_line_is_whole_or_nothing() -> None:
    """A bracket that would be closed lines away breaks the line that is there."""
    assert shown("useEffect($0)\n", "() => {\n  f();\n}, [])\n", "javascript") == "<half-open>"
    assert shown("useEffect($0)\n", "() => f(), [])\n", "javascript") == "() => f(), []"


def test_an_answer_stops_where_the_text_below_begins() -> None:
    """Lines that already stand beneath the cursor are not written again."""
    marked = "def f():\n    $0\n    return total\n"
    assert shown(marked, "total = 1\n    return total\n") == "total = 1"
    assert shown("function log(x) {$0\n}\n", "\n  f(x);\n};\n", "javascript") == "\n  f(x);"


def test_the_same_words_in_another_block_are_another_line() -> None:
    """An inner closing brace or return is not the outer one that stands below."""
    inner = "if (x) {\n    g();\n  }\n  return 1;\n}"
    assert shown("function f() {\n  $0\n}\n", inner, "javascript") == "if (x) {\n    g();\n  }\n  return 1;"
    assert shown("def f():\n    $0\n    return x\n", "if a:\n        return x\n") == "if a:\n        return x"


def test_what_begins_like_the_lines_below_and_goes_on_otherwise_is_kept() -> None:
    """Overrides and repeated calls look alike at first."""
    below = "\n    @Override\n    int g() {\n        return 2;\n    }\n}\n"
    model = "@Override\n    int f() {\n        return 1;\n    }\n\n"
    assert shown("class A {\n    $0\n" + below, model, "java") == model.rstrip()


def test_an_answer_that_only_repeats_a_neighbour_is_dropped() -> None:
    """The line below or above once more is no suggestion."""
    assert shown("x = 1\n$0\ny = 2\n", "y = 2\n") == "<repeats-what-follows>"
    assert single_line("import os\n$0\n", "import os\n") == "<repeats-line-above>"
    assert single_line("if x:\n    return 1\n$0\n", "return 1\n") == "return 1"


@pytest.mark.parametrize(
    ("marked", "model", "expected"),
    [
        ("x = $0\n", "a == '' or a == '' or a == '' or a == ''", "a == '' or"),
        ("x = [$0\n", "[0, 0, 1], [0, 0, 1], [0, 0, 1], [0,", "[0, 0, 1],"),
        ("x = [$0]\n", "0, 0, 0", "0, 0, 0"),
        ("x = $0\n", "[[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]", "[[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]"),
        ("# $0\n", "-" * 60, "-" * 60),
        ("def f():\n    $0\n", "print(1)\n    print(1)\n    print(1)\n    print(1)", "print(1)\n    print(1)"),
        ("def f():\n    $0\n", "a()\n    bb(1)\n    c()\n    bb(1)\n    c()\n    bb(1)\n    c()\n", "a()\n    bb(1)\n    c()"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_loop_is_cut_after_its_first_round(marked: str, model: str, expected: str) -> None:
    """Small models repeat themselves without end; what comes to an end is no loop."""
    assert shown(marked, model) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("1<|stop|>garbage", "1"),
        ("1<|endoftext|>garbage", "1"),
        ("1<fim_suffix>garbage", "1"),
        ("1<｜end▁of▁sentence｜>garbage", "1"),
        ("1<|endof", "1"),
        ("a <| b", "a <| b"),
        ("<|stop|>", "<empty>"),
    ],
)
def test_control_tokens_are_never_shown(model: str, expected: str) -> None:
    """Neither those of the template, nor those of another family, nor half of one at which a stream broke off."""
    document, offset = at_cursor("x = $0\n", "unheard-of")
    shape = shape_at(document, offset, stop=("<|stop|>",))
    result = stream([*model], Place.at(document, offset), shape)
    assert (result.text or f"<{result.reason}>") == expected


def test_nothing_but_blanks_is_nothing() -> None:
    """Whitespace is not worth a suggestion, and blanks at the end come off."""
    assert shown("x = $0\n", "   ") == "<empty>"
    assert shown("x = $0\n", "1   ") == "1"


@pytest.mark.parametrize(
    ("marked", "model", "expected"),
    [
        # A file with \r\n keeps it, and one with \n gets no other.
        ("def f():\r\n    $0\r\n", "a = 1\n    return a\n", "a = 1\r\n    return a"),
        ("def f():\n    $0\n", "a = 1\r\n    return a\r\n", "a = 1\n    return a"),
        # Tabs for blanks, and blanks for tabs; in steps of the file.
        ("class A:\n\tdef f(self):\n\t\t$0\n", "if x:\n            y()\n        z()\n", "if x:\n\t\t\ty()\n\t\tz()"),
        ("class A:\n  def f(self):\n    $0\n", "if x:\n\t\t\ty()\n\t\tz()\n", "if x:\n      y()\n    z()"),
        # What is aligned stays so behind the tabs, and a file that has both is left alone.
        ("def f():\n\treturn g($0\n", "a,\n           b)\n", "a,\n\t\t   b)"),
        ("if a:\n\tb()\nif c:\n    d()\n$0\n", "if e:\n\tf()\n", "if e:\n\tf()"),
        # Astral characters count as one.
        ('s = "🙂" + $0\n', '"🙂)"\nprint(s)\n', '"🙂)"'),
    ],
)  # fmt: skip
def test_a_suggestion_is_written_as_the_file_is(marked: str, model: str, expected: str) -> None:
    """Line ends and indentation are the file's."""
    assert shown(marked, model) == expected


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
        ("value = 0\nreturn$0\n", " value", " value"),
        ("value = 0\nfor$0\n", " each in value:", " each in value:"),
    ],
)
def test_blanks_that_were_cut_from_the_prompt_come_off_the_answer(marked: str, model: str, expected: str) -> None:
    """A model asked without the last blank answers with it; what breaks a word or leaves the block is dropped."""
    assert single_line(marked, model, healed=True) == expected


def test_a_stream_is_closed_in_the_event_that_decides() -> None:
    """At a `;`, with the end of its line; else with the first word below that does not belong to the statement."""
    document, offset = at_cursor("x = $0\n")
    place, shape = Place.at(document, offset), shape_at(document, offset)
    assert [cut(model, place, shape).complete for model in ("f(1)", "f(1)\n", "f(1)\ny")] == [False, False, True]
    assert cut("f(1);\n", place, shape).complete
    assert [cut(model, place, shape).complete for model in ("f(1\n", "f(1\n)\n", "f(1\n)\n\n")] == [False, False, True]


def test_a_place_alone_is_enough_for_a_short_text() -> None:
    """Without an excerpt of the document, what the place knows is used."""
    place = Place.at(*at_cursor("x = $0\ny = 2\n"))
    shape = Shape(True, 12)
    assert finish(cut("f(1,\n  2)\nz = 3\n", place, shape).text, place) == "f(1,\n  2)"


def test_an_answer_of_nothing_is_dropped_with_a_reason() -> None:
    """The reason is the name of the step that left nothing."""
    place = Place.at(*at_cursor("x = $0\n"))
    with pytest.raises(Dropped) as dropped:
        finish(" \n", place)
    assert dropped.value.reason == "empty"
