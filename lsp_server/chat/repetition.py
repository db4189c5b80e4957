"""Notices an answer that goes round in circles, which is how small models fail to come to an end."""

from __future__ import annotations

import re
from collections import defaultdict, deque

# Numbers are no words: "Not in Python 3.8. Not in Python 3.9. …" is a circle, too.
_TOKEN = re.compile(r"```|[^\W\d_]+")
_LAST_SPACE = re.compile(r".*\s", re.DOTALL)
_SENTENCE_END = re.compile(r".*(?:[.!?](?=\s|\Z)|\n)", re.DOTALL)

# So many words in a row, so many times: not seen in answers of larger models, and in circles of a small one reached
# after about 120 tokens.
_WORDS = 10
_TIMES = 5


class Repetition:
    """Reads an answer as it comes. What stands within code fences may repeat itself."""

    def __init__(self) -> None:
        self._text = ""
        self._read = 0
        self._in_fence = False
        self._words: deque[str] = deque(maxlen=_WORDS)
        self._starts: deque[int] = deque(maxlen=_WORDS)
        self._seen: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        self._second_round: int | None = None

    def add(self, text: str) -> bool:
        """Take more of the answer; tell whether it goes round in circles."""
        self._text += text
        whole = _LAST_SPACE.match(self._text, self._read)
        if whole is None or self._second_round is not None:
            return self._second_round is not None
        for token in _TOKEN.finditer(self._text, self._read, whole.end()):
            self._take(token[0].lower(), token.start())
        self._read = whole.end()
        return self._second_round is not None

    @property
    def kept(self) -> str:
        """The answer up to the sentence with which the second round begins; all of it when there is no circle."""
        if self._second_round is None:
            return self._text
        first_round = self._text[: self._second_round]
        end = _SENTENCE_END.match(first_round)
        return (end[0] if end else first_round).rstrip()

    def _take(self, word: str, start: int) -> None:
        if word == "```":
            self._in_fence = not self._in_fence
            self._words.clear()
            self._starts.clear()
        elif not self._in_fence:
            self._words.append(word)
            self._starts.append(start)
            if len(self._words) == _WORDS:
                self._count(tuple(self._words), self._starts[0])

    def _count(self, phrase: tuple[str, ...], start: int) -> None:
        seen = self._seen[phrase]
        seen.append(start)
        if len(seen) == _TIMES and self._second_round is None:
            self._second_round = seen[1]
