"""Notices an answer that goes round in circles, which is how small models fail to come to an end."""

from __future__ import annotations

import re
from collections import Counter

_UNIT = re.compile(r"[^\n]*?(?:[.!?](?=\s)|\n)")
_ENDS_SENTENCE = (".", "!", "?")
# A sentence that is shorter may well be said again; code and tables repeat lines, but these are no sentences.
_SHORTEST = 30
_TIMES = 3


class Repetition:
    """Reads an answer as it comes. Sentences within code fences do not count."""

    def __init__(self) -> None:
        self._said: Counter[str] = Counter()
        self._unfinished = ""
        self._finished_length = 0
        self._in_fence = False
        self._first_again: int | None = None

    @property
    def first_again(self) -> int | None:
        """The offset at which a sentence began that had been said before; None when none has been said twice."""
        return self._first_again

    def add(self, text: str) -> bool:
        """Take more of the answer; tell whether it has said a sentence for the third time."""
        self._unfinished += text
        circling = False
        end = 0
        while unit := _UNIT.match(self._unfinished, end):
            circling = self._take(unit[0], self._finished_length + unit.start()) or circling
            end = unit.end()
        self._unfinished = self._unfinished[end:]
        self._finished_length += end
        return circling

    def _take(self, unit: str, offset: int) -> bool:
        sentence = unit.strip()
        if sentence.startswith("```"):
            self._in_fence = not self._in_fence
        if self._in_fence or len(sentence) < _SHORTEST or not sentence.endswith(_ENDS_SENTENCE):
            return False
        self._said[sentence] += 1
        if self._said[sentence] > 1 and self._first_again is None:
            self._first_again = offset
        return self._said[sentence] >= _TIMES
