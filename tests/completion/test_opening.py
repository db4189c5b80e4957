"""What comes off the beginning of an answer: `$0` marks the cursor, `model` is the whole answer."""

from __future__ import annotations

import pytest

from tests.completion.shown import shown


@pytest.mark.parametrize(
    ("marked", "model", "expected"),
    [
        # Thoughts.
        ("x = $0\n", "<think>\nHm, 5?\n</think>\n\n5\n", "5"),
        ("x = $0\n", "<think>\nHm, 5?", "<empty>"),
        ("x = a $0\n", "< thing\n", "< thing"),
        # Fences, with a name of a language and without; what follows one is talk.
        ("def f():\n    $0\n", "```python\n    return 1\n```\nThis returns 1.", "return 1"),
        ("x = $0\n", "```\n5\n```", "5"),
        ("def f():\n    $0\n", "return 1\n```\nThis function", "return 1"),
        ("x = $0\n", "```python", "<empty>"),
        # Talk that leads up to code, and talk that does not.
        ("def f():\n    $0\n", "Here is the completed code:\n\n```python\nreturn 1\n```\nIt is 1.", "return 1"),
        ("def f():\n    $0\n", "Here is the completed code:\n\n    return 1\n", "<prose>"),
        ("def f():\n    $0\n", "Sure! I have added the body.", "<prose>"),
        ("def f():\n    $0\n", "The function returns the number one.", "<prose>"),
        ("# $0\n", "The function returns the number one.", "The function returns the number one."),
        ("def f():\n    $0\n", "This = 5\n", "This = 5"),
        # The cursor's line, said again.
        ("total = total + $0\n", "total = total + x\n", "x"),
        ("return $0\n", "return x\n", "x"),
        ("return $0\n", "returned\n", "returned"),
        ("self.value $0\n", "self.value = 1\n", "= 1"),
        ("Name $0\n", "Name = 1\n", "Name = 1"),
        # Line ends and blanks that stand there already.
        ("x = f.$0\n", "\n    name(1)\n", "name(1)"),
        ("if $0\n", " x:\n    pass\ny()\n", "x:\n    pass"),
        ("x = f($0\n", "\n    1,\n)\ny = 2\n", "\n    1,\n)"),
        ("def f():\n    a()\n    $0\n", "    b()\n", "b()"),
        ("def f():\n    a()\n    $0\n", "\n    b()\n", "b()"),
        ("def f():\n$0\n", "    return 1\n", "    return 1"),
        ("class A:\n    def f(self):\n    $0\n", "    return 1\n", "    return 1"),
    ],
)  # fmt: skip
def test_an_answer_begins_at_the_cursor(marked: str, model: str, expected: str) -> None:
    """What a model says before it comes to the point is not shown."""
    assert shown(marked, model) == expected


def test_markdown_may_hold_fences_and_sentences() -> None:
    """Where a person writes prose, prose is completed."""
    assert shown("# Use\n\n$0\n", "```sh\nmake\n```\n\nMore.", "markdown") == "```sh\nmake\n```"
    assert shown("# Use\n\n$0\n", "Here is the way to call it:\n", "markdown") == "Here is the way to call it:"


def test_a_sentence_is_kept_where_one_can_stand() -> None:
    """In a docstring, and in the text of a page, a person writes sentences, too."""
    assert (
        shown('def f():\n    """One.\n\n    $0\n    """\n', "This function returns one.\n")
        == "This function returns one."
    )
    assert shown("<div>\n  <p>$0</p>\n</div>\n", "Here is the way to call it", "html") == "Here is the way to call it"
    assert shown("/*\n * $0\n */\nint x;\n", "The function returns one.\n", "c") == "The function returns one."
