"""Answers that are given again: where they fit, and where they do not."""

from __future__ import annotations

from lsp_server.completion.cache import Answer, AnswerCache, ModelKey
from lsp_server.completion.place import Place
from lsp_server.models.providers import Model
from tests.completion.scripted import ENDPOINT
from tests.cursor import at_cursor

KEY = ModelKey.of(Model(ENDPOINT, ("suffix",), "", 4_096, embedded=False))


def place(marked: str) -> Place:
    """Give the place of the mark."""
    return Place.at(*at_cursor(marked))


def remembered(marked: str, text: str, asked: str, key: ModelKey = KEY) -> list[str]:
    """Give what is left of an answer at another place."""
    cache = AnswerCache()
    cache.add(KEY, Answer(place(marked), text))
    return list(cache.fitting(key, place(asked)))


def test_an_answer_fits_where_it_was_given_and_along_its_text() -> None:
    """What is left of it is given."""
    assert remembered("x = $0\n", "f(1)", "x = $0\n") == ["f(1)"]
    assert remembered("x = $0\n", "f(1)", "x = f($0\n") == ["1)"]
    assert remembered("x = $0\n", "f(1)", "x = f(1)$0\n") == [""]


def test_an_answer_does_not_fit_beside_its_text() -> None:
    """Another key, another text above, another text below."""
    assert remembered("x = $0\n", "f(1)", "x = g$0\n") == []
    assert remembered("x = $0\n", "f(1)", "y = $0\n") == []
    assert remembered("x = $0\n", "f(1)", "x = $0\ny = 2\n") == []


def test_an_answer_of_another_model_or_template_does_not_fit() -> None:
    """The same name, asked in another way, is another model."""
    other = ModelKey.of(Model(ENDPOINT, ("template",), "qwen", 4_096, embedded=False))
    assert remembered("x = $0\n", "f(1)", "x = $0\n", other) == []


def test_brackets_closed_by_the_editor_come_off_the_end() -> None:
    """Only those that were opened by what was typed."""
    assert remembered("x = $0\n", "f(1)", "x = f($0)\n") == ["1"]
    assert remembered("x = $0\n", "f(g[1])", "x = f(g[$0])\n") == ["1"]
    assert remembered("x = $0\n", "f(1) + 2", "x = f($0)\n") == []
    assert remembered("x = $0\n", "f(1)", "x = $0)\n") == []


def test_the_latest_answer_comes_first_and_old_ones_are_forgotten() -> None:
    """No document keeps more than is of use."""
    cache = AnswerCache()
    for number in range(100):
        cache.add(KEY, Answer(place("x = $0\n"), str(number)))
    kept = list(cache.fitting(KEY, place("x = $0\n")))
    assert kept == [str(number) for number in range(99, 35, -1)]
    cache.forget("file:///project/a.py")
    assert list(cache.fitting(KEY, place("x = $0\n"))) == []
