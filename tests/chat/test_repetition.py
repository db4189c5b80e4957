"""Answers that go round in circles, and those that only seem to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp_server.chat.repetition import Repetition

ONE = "The function is named area because it gives the area of a rectangle."
TWO = "It is also named area because it is an area, in the end."


def circle(text: str, piece: int = 5) -> str | None:
    """Give what is kept of a text that comes in pieces; None when it does not go round in circles."""
    repetition = Repetition()
    for start in range(0, len(text), piece):
        if repetition.add(text[start : start + piece]):
            return repetition.kept
    assert repetition.kept == text
    return None


@pytest.mark.parametrize("between", [" ", "\n", "\n\n"])
@pytest.mark.parametrize("piece", [1, 7, 2000])
def test_sentences_that_come_again_and_again_are_a_circle(between: str, piece: int) -> None:
    """However the text comes in; the first round is kept."""
    text = "Well." + between + between.join([ONE, TWO] * 9)
    assert circle(text, piece) == f"Well.{between}{ONE}{between}{TWO}"


def test_a_sentence_without_an_end_is_a_circle() -> None:
    """Of a sentence that turns in itself nothing can be kept."""
    text = "It is short. It is a function that takes a string and " + "returns a function that takes a string and " * 20
    assert circle(text) == "It is short."


def test_counting_is_a_circle() -> None:
    """Sentences that differ only in a number say nothing new."""
    text = "".join(f"The function is not available as a function in Python {n}.\n\n" for n in range(20))
    assert circle(text) == "The function is not available as a function in Python 0."


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{ONE} {TWO} " * 4, id="said four times"),
        pytest.param("No, that is not so. " * 3, id="short sentences"),
        pytest.param("| --- | --- | 12 |\n" * 30, id="a table"),
        pytest.param(f"```text\n{(ONE + ' ') * 9}\n```\n", id="a fence"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_may_be_said_again_is_no_circle(text: str) -> None:
    """Only many words in a row count, and outside of code."""
    assert circle(text) is None


def test_words_count_again_behind_a_fence() -> None:
    """Code in the middle of an answer does not end the watch."""
    assert circle(f"{ONE}\n```\n{ONE}\n```\n" + f"{ONE}\n" * 5) == f"{ONE}\n```\n{ONE}\n```"


@settings(deadline=None)  # a shared machine may stop for a moment
@given(st.text(st.sampled_from("ab. \n`é"), max_size=300), st.integers(1, 50))
def test_pieces_make_no_difference(text: str, piece: int) -> None:
    """What is noticed depends on the text alone."""
    whole = Repetition()
    circles = whole.add(text)
    assert circle(text, piece) == (whole.kept if circles else None)
