"""The text of a docstring, out of what models of all sizes reply."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp_server.docstring_text import docstring_text, echoes
from lsp_server.errors import EditRefused

CODE = 'def area(width, height):\n    """Old."""\n    return math.prod((width, height))\n'
KNOWN = frozenset({"area", "width", "height", "math", "prod"})


def text_of(reply: str, *, width: int = 72, truncated: bool = False) -> str:
    return docstring_text(reply, "area", CODE, KNOWN, width=width, truncated=truncated)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("Give the area of a rectangle.", id="as asked"),
        pytest.param("give the area of a rectangle", id="no capital, no stop"),
        pytest.param('"Give the area of a rectangle."', id="quotes"),
        pytest.param('"""Give the area of a rectangle."""', id="triple quotes"),
        pytest.param("`Give the area of a rectangle.`", id="backticks"),
        pytest.param("**Give the area of a rectangle.**", id="bold"),
        pytest.param("Docstring: Give the area of a rectangle.", id="label"),
        pytest.param("Here is the docstring:\n\nGive the area of a rectangle.", id="announcement"),
        pytest.param("Sure! Here is the text you asked for:\n```\nGive the area of a rectangle.\n```", id="fence"),
        pytest.param(
            "```python\ndef area(width, height):\n    '''\n    Give the area of a rectangle.\n    '''\n```", id="echo"
        ),
        pytest.param(
            '```python\ndef area(width, height):\n    """Give the area of a rectangle.\n```', id="unclosed quotes"
        ),
        pytest.param(
            "def area(width, height):\n# Code\nGive the area of a rectangle.\n    return 1", id="code around it"
        ),
        pytest.param("```python\nx = area(1, 2)\n```\nGive the area of a rectangle.", id="code in front of it"),
        pytest.param("Give the area of a rectangle. It multiplies. It is fast.", id="more sentences"),
        pytest.param("Give the area of a rectangle.\n\nThe function is called area.\n", id="more paragraphs"),
        pytest.param("Give the area\nof a rectangle.\nIt", id="lines"),
        pytest.param("Takes a width as an argument. Give the area of a rectangle.", id="says nothing first"),
        pytest.param("Uses `numpy.dot` for it. Give the area of a rectangle.", id="invents a name first"),
    ],
)
def test_the_sentence_is_found(reply: str) -> None:
    """What models wrap around a sentence, or write after it, stays out of the code."""
    assert text_of(reply) == "Give the area of a rectangle."


@pytest.mark.parametrize(
    ("reply", "summary"),
    [
        ("The function `area` is used to compute the area.", "Compute the area."),
        ("This function computes the area.", "Computes the area."),
        ("This Python function, `area`, computes the area.", "Computes the area."),
        ("`area` is a Python function that computes the area.", "Computes the area."),
        ("`area()` computes the area.", "Computes the area."),
        ("The `area` function is designed to compute the area.", "Compute the area."),
        ("The function `area` is a simple and efficient way to compute the area.", "Compute the area."),
        ("The function `area` in Python computes the area.", "Computes the area."),
        ("To compute the area.", "Compute the area."),
        ("It is a pure function.", "It is a pure function."),
        ("This function is pure and simple.", "This function is pure and simple."),
        ("Computes the area, e.g. of a wall.", "Computes the area, e.g. of a wall."),
        ("Return `width.` times something.", "Return `width.` times something."),
    ],
)
def test_a_summary_begins_with_what_is_done(reply: str, summary: str) -> None:
    """PEP 257 wants a command; that it is a function is plain from the code."""
    assert text_of(reply) == summary


def test_a_verb_that_is_the_name_is_no_subject() -> None:
    """A function is often called what it does."""
    code = "def add(a, b):\n    return a + b\n"
    text = docstring_text("Add two numbers and return a + b.", "add", code, frozenset({"a", "b"}), width=72)
    assert text == "Add two numbers and return a + b."
    text = docstring_text("add returns the sum of a and b.", "add", code, frozenset({"a", "b"}), width=72)
    assert text == "Returns the sum of a and b."


def test_sections_are_kept() -> None:
    """What is said of arguments and results stays in its shape, whether or not an empty line came first."""
    reply = "Give the area.\nArgs:\n    width (int): the width\n    height: the height\nReturns:\n    The area."
    assert text_of(reply) == (
        "Give the area.\n\nArgs:\n    width (int): the width\n    height: the height\n\nReturns:\n    The area."
    )


def test_a_section_about_invented_parameters_is_dropped() -> None:
    """A documented parameter that is not there misleads."""
    assert text_of("Give the area.\n\nArgs:\n    depth: the depth\n\nReturns:\n    The area.") == (
        "Give the area.\n\nReturns:\n    The area."
    )
    assert text_of("Give the area.\n\n:param int depth: the depth") == "Give the area."
    assert text_of("Give the area.\n\n:param int width: the width") == "Give the area.\n\n:param int width: the width"


def test_a_cut_reply_loses_its_end() -> None:
    """A section that was not finished does not go into the code, nor a sentence."""
    assert text_of("Give the area.\n\nReturns:\n    The ar", truncated=True) == "Give the area."
    assert text_of("Give the area. It mul", truncated=True) == "Give the area."


def test_long_lines_are_wrapped() -> None:
    """A line keeps its width; an entry of a section hangs."""
    reply = "Give the area of a rectangle of this width and height.\n\nArgs:\n    width: the width, which is positive"
    assert text_of(reply, width=30) == (
        "Give the area of a rectangle\nof this width and height.\n\n"
        "Args:\n    width: the width, which is\n        positive"
    )


@pytest.mark.parametrize("language", ["Berechnet die Fläche.", "计算面积。", "Возвращает площадь."])
def test_other_languages_are_as_good(language: str) -> None:
    """A person may want docstrings in their own language."""
    assert text_of(language).startswith(language)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "without a sentence"),
        ("```python\n```", "without a sentence"),
        ("def area(width, height): return width * height", "without a sentence"),
        ("Returns:\n    The area.", "without a sentence"),
        ("Area.", "did not say what the code does"),
        ("The function takes two numbers as arguments.", "did not say what the code does"),
        ("The function is defined with the `def` keyword.", "did not say what the code does"),
        ("The function is named `area` because it is an area.", "did not say what the code does"),
        ("Uses `numpy.dot` to multiply.", "spoke of dot,"),
        ("Calls scipy.area() to multiply.", "spoke of scipy,"),
        ("Reads the side_length of the thing.", "spoke of side_length,"),
    ],
)
def test_what_is_no_docstring_is_refused(reply: str, reason: str) -> None:
    """The reason is a sentence, since the person and the model both read it."""
    with pytest.raises(EditRefused, match=reason):
        text_of(reply)


def test_a_sentence_that_was_cut_is_refused() -> None:
    """Half a sentence is no summary."""
    with pytest.raises(EditRefused, match="did not come to the end"):
        text_of("Give the area of a rectangle that", truncated=True)


@settings(deadline=None)  # a shared machine may stop for a moment
@given(st.text(st.one_of(st.characters(), st.sampled_from("`\"'\n .:#")), max_size=60), st.booleans())
def test_any_reply_gives_a_text_or_a_reason(reply: str, truncated: bool) -> None:
    """No reply is an accident."""
    try:
        text = text_of(reply, truncated=truncated)
    except EditRefused as refusal:
        text = str(refusal)
    assert text.strip()


def test_a_text_that_only_repeats_the_question_is_noticed() -> None:
    """A small model that is told why its answer was refused likes to say that again."""
    asked = "The model spoke of py, which the file does not hold. Answer with one plain sentence."
    assert echoes("The model speaks of py, which the file does not hold.", asked)
    assert not echoes("Give the area of the file.", asked)
