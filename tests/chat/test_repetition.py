"""Answers that go round in circles, and those that only seem to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.chat.repetition import Repetition

ONE = "The function is named area because it is an area."
TWO = "It returns the area of the rectangle that it was given."


def circle(text: str, piece: int = 5) -> str | None:
    """Give what stood before the circle in a text that comes in pieces; None when it does not go round in one."""
    repetition = Repetition()
    for start in range(0, len(text), piece):
        if repetition.add(text[start : start + piece]):
            assert repetition.first_again is not None
            return text[: repetition.first_again].strip()
    return None


@pytest.mark.parametrize("between", [" ", "\n", "\n\n", "\n\n- "])
@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_a_sentence_for_the_third_time_is_a_circle(between: str, piece: int) -> None:
    """However the text comes in; the circle begins where the sentence came for the second time."""
    text = "Well." + between + between.join([ONE, TWO] * 4)
    expected = f"Well.{between}{ONE}{between}{TWO}"
    assert (circle(text, piece) or "").removesuffix("-").strip() == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{ONE} {TWO} {ONE} {TWO} ", id="said twice"),
        pytest.param("No. " * 20, id="short sentences"),
        pytest.param("| a long cell of a table | and another one |\n" * 9, id="a table"),
        pytest.param("    self.assert_called_with(something, more)\n" * 9, id="code"),
        pytest.param(f"```text\n{ONE}\n{ONE}\n{ONE}\n```\n", id="a fence"),
    ],
)
def test_what_may_be_said_again_is_no_circle(text: str) -> None:
    """Only whole, long sentences of prose count."""
    assert circle(text) is None


def test_sentences_count_again_behind_a_fence() -> None:
    """Code in the middle of an answer does not end the watch."""
    assert circle(f"{ONE}\n```\ncode\n```\n{ONE}\n{ONE}\n") == f"{ONE}\n```\ncode\n```"


@given(st.text(st.sampled_from("ab. \n`?"), max_size=400), st.integers(1, 50))
def test_pieces_make_no_difference(text: str, piece: int) -> None:
    """What is noticed depends on the text alone."""
    whole, parts = Repetition(), Repetition()
    whole_circles = whole.add(text)
    parts_circle = [parts.add(text[start : start + piece]) for start in range(0, len(text), piece)]
    assert any(parts_circle) == whole_circles
    assert parts.first_again == whole.first_again
