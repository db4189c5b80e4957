"""Answers that can be given again: typed along, backspaced into, or asked a second time. No request, no waiting."""

from __future__ import annotations

from dataclasses import dataclass

from cachetools import LRUCache

from lsp_server.completion.place import Place

# A person comes back to places of the last minutes; 256 answers are some hundred kilobytes.
_ANSWERS = 256
_DOCUMENTS = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model's answer became at a place."""

    place: Place
    text: str


class AnswerCache:
    """The latest answers of each document, per model."""

    def __init__(self) -> None:
        self._documents: LRUCache[tuple[str, str], LRUCache[Place, Answer]] = LRUCache(_DOCUMENTS)

    def add(self, model: str, answer: Answer) -> None:
        """Remember an answer of a model."""
        key = (answer.place.uri, model)
        if key not in self._documents:
            self._documents[key] = LRUCache(_ANSWERS // 4)
        self._documents[key][answer.place] = answer

    def lookup(self, model: str, place: Place) -> str | None:
        """Give what is left to type of an answer that fits here, the latest first; None when none fits."""
        answers = self._documents.get((place.uri, model))
        for answer in reversed(list(answers.values())) if answers else ():
            rest = rest_of(answer, place)
            if rest:
                return rest
        return None

    def forget(self, uri: str) -> None:
        """Drop what is known about a document."""
        for key in [key for key in self._documents if key[0] == uri]:
            del self._documents[key]


def rest_of(answer: Answer, place: Place) -> str | None:
    """Give what is left of an answer after typing along it to `place`; None when it does not fit."""
    typed = place.typed_since(answer.place)
    if typed is None or not answer.text.startswith(typed):
        return None
    return answer.text[len(typed) :]
