"""Answers that can be given again: typed along, backspaced into, or asked a second time. No request, no waiting."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from cachetools import LRUCache

from lsp_server.completion.place import Place

# A person comes back to places of the last minutes; 64 answers of 1,400 characters in each of 32 documents are 3 MB.
_ANSWERS = 64
_DOCUMENTS = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model's answer became at a place."""

    place: Place
    text: str

    def rest(self, place: Place) -> str | None:
        """Give what is left after typing along it to `place`; None when it does not fit there."""
        typed = place.typed_since(self.place)
        if typed is None or not self.text.startswith(typed):
            return None
        return self.text[len(typed) :]


class AnswerCache:
    """The latest answers of each document, per model."""

    def __init__(self) -> None:
        self._documents: LRUCache[tuple[str, str], deque[Answer]] = LRUCache(_DOCUMENTS)

    def add(self, model: str, answer: Answer) -> None:
        """Remember an answer of a model."""
        key = (answer.place.uri, model)
        if key not in self._documents:
            self._documents[key] = deque(maxlen=_ANSWERS)
        self._documents[key].appendleft(answer)

    def lookup(self, model: str, place: Place) -> str | None:
        """Give what is left to type of an answer that fits here, the latest first; None when none fits."""
        for answer in self._documents.get((place.uri, model), ()):
            rest = answer.rest(place)
            if rest:
                return rest
        return None

    def forget(self, uri: str) -> None:
        """Drop what is known about a document."""
        for key in [key for key in self._documents if key[0] == uri]:
            del self._documents[key]
