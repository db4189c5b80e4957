"""Answers that can be given again: typed along, backspaced into, or asked a second time. No request, no waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cachetools import LRUCache

from lsp_server.completion.place import Place
from lsp_server.models.providers import Model

# A person comes back to places of the last minutes; 64 answers of 1,400 characters in each of 32 documents are 3 MB.
# To look at all 64 costs 20 to 60 µs, so that nothing cleverer than a list is needed to find the one whose prefix fits.
_ANSWERS = 64
_DOCUMENTS = 32


class ModelKey(NamedTuple):
    """What must be equal for two answers to be of the same model: its name, and how it is asked."""

    provider: str
    model: str
    template: str
    ways: tuple[str, ...]

    @staticmethod
    def of(model: Model) -> ModelKey:
        """Give the key of a model."""
        return ModelKey(model.endpoint.provider, model.endpoint.model, model.fim_template, tuple(model.fim_ways))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model's answer became at a place; "" when it had nothing to say there.

    `whole` when the model had no more to say, not when nobody wanted to hear it.
    """

    place: Place
    text: str
    whole: bool = False

    def rest(self, place: Place) -> str | None:
        """Give what is left after typing along it to `place`, "" at its end; None when it does not fit there."""
        typed = place.typed_since(self.place)
        if typed is None or not self.text.startswith(typed):
            return None
        rest = self.text[len(typed) :]
        if place.after == self.place.after:
            return rest
        closers = place.closers_since(self.place)
        return rest[: len(rest) - len(closers)] if rest.endswith(closers) else None


class AnswerCache:
    """The latest answers of each document, per model."""

    def __init__(self) -> None:
        self._documents: LRUCache[tuple[str, ModelKey], deque[Answer]] = LRUCache(_DOCUMENTS)

    def add(self, model: ModelKey, answer: Answer) -> None:
        """Remember an answer of a model."""
        key = (answer.place.uri, model)
        if key not in self._documents:
            self._documents[key] = deque(maxlen=_ANSWERS)
        self._documents[key].appendleft(answer)

    def fitting(self, model: ModelKey, place: Place, *, whole: bool = False) -> Iterator[str]:
        """Give what is left of each answer that fits here, the latest first; with `whole`, only of those."""
        for answer in self._documents.get((place.uri, model), ()):
            rest = answer.rest(place)
            if rest is not None and (answer.whole or not whole):
                yield rest

    def forget(self, uri: str) -> None:
        """Drop what is known about a document."""
        for key in [key for key in self._documents if key[0] == uri]:
            del self._documents[key]
