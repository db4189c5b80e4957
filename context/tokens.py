"""How many tokens a text has, told without a tokenizer, and put right by what the endpoints report.

A tokenizer splits a text into words, numbers, punctuation and blanks before it does anything else, so these pieces say
far more about the number of tokens than the characters do, and say it for every language. What each kind of piece costs
was fitted for three families of tokenizers on 160 files of 14 languages; on the test files of 23 languages, none of
which was among them, the estimate is off by 3.5 to 4.4 % on average (characters per token: 11 to 13 %).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cachetools import LRUCache

from context.text import Document

_PIECE = re.compile(
    r"(?P<word> ?[^\W\d_]+)|(?P<number> ?\d+)|(?P<blank>[ \t]*[\r\n]+|[ \t]+(?=\S)|\s+)|(?P<mark> ?(?:[^\w\s]+|_+))"
)

# A word up to this long is mostly a token of its own.
_SHORT_WORD = 6

# What is reported puts an estimate right by a third at most: more than that is another text than the one we know.
_LEAST_FACTOR, _MOST_FACTOR = 0.67, 1.5

# Each report counts for so much; a factor is taken into use when it has moved by more than the second, since each
# change moves the window that is shown, and a model server has to read it again.
_LEARNING, _NOTICEABLE = 0.2, 0.05

# Too short a prompt says more about the template than about the text.
_LEAST_REPORTED = 100

_ENDPOINTS = 64
_PLACES = 64

# Characters per token are measured on so many lines around a place, anew when the place leaves them.
_BLOCK_LINES = 128
_BLOCK_CHARACTERS = 8_000


@dataclass(frozen=True, slots=True)
class Weights:
    """The tokens that each kind of piece costs: a word, a character of one beyond six, a digit, a run of punctuation,
    a further character of one, a run of blanks, and a character that is not ASCII."""

    word: float
    long: float
    digit: float
    mark: float
    further: float
    blank: float
    foreign: float


# Fitted to the tokenizers themselves (relative least squares): of the embedded model, of the most used open family of
# code models, and of a later one with a large vocabulary.
FAMILIES: Mapping[str, Weights] = MappingProxyType(
    {
        "small": Weights(1.04, 0.18, 1.53, 0.93, 0.42, 0.45, 0.70),
        "large": Weights(0.89, 0.19, 1.36, 0.37, 0.39, 0.86, 0.35),
        "larger": Weights(0.94, 0.21, 0.84, 0.53, 0.35, 0.80, 0.37),
    }
)


def estimate(text: str, family: str = "large") -> int:
    """Estimate the tokens of a text for a row of FAMILIES."""
    weights = FAMILIES[family]
    tokens = 0.0
    for piece in _PIECE.finditer(text):
        start, end = piece.span()
        match piece.lastgroup:
            case "word":
                tokens += weights.word + weights.long * max(0, end - start - _SHORT_WORD)
            case "number":
                tokens += weights.digit * (end - start - (text[start] == " "))
            case "blank":
                tokens += weights.blank
            case _:
                tokens += weights.mark + weights.further * (end - start - 1)
    foreign = 0 if text.isascii() else sum(character > "\x7f" for character in text)
    return round(tokens + weights.foreign * foreign)


class Calibration:
    """How many characters a token of an endpoint has in a text: estimated, and put right by what it reports."""

    def __init__(self) -> None:
        self._learned: LRUCache[tuple[str, str], float] = LRUCache(_ENDPOINTS)
        self._used: LRUCache[tuple[str, str], float] = LRUCache(_ENDPOINTS)
        self._measured: LRUCache[tuple[str, str, int], float] = LRUCache(_PLACES)

    def factor(self, endpoint: str, language_id: str) -> float:
        """Give by what an estimate for an endpoint is to be multiplied, 1 until it has reported anything."""
        return self._used.get((endpoint, language_id), 1.0)

    def tokens(self, text: str, endpoint: str, language_id: str, family: str) -> int:
        """Estimate the tokens of a text."""
        return round(estimate(text, family) * self.factor(endpoint, language_id))

    def characters_per_token(self, document: Document, line: int, endpoint: str, family: str) -> float:
        """Give the characters of a token near a line; the same while the place stays in its block of lines."""
        block = line // _BLOCK_LINES
        key = (document.uri, family, block)
        if key not in self._measured:
            lines = document.lines[max(0, block - 1) * _BLOCK_LINES : (block + 1) * _BLOCK_LINES]
            sample = "".join(lines)[:_BLOCK_CHARACTERS]
            # An empty file says nothing, and will hold code.
            sample = sample if len(sample) > _LEAST_REPORTED else "    value = compute(value, other)\n"
            self._measured[key] = len(sample) / max(1, estimate(sample, family))
        return self._measured[key] / self.factor(endpoint, document.language_id)

    def learn(self, endpoint: str, language_id: str, estimated: int, reported: int) -> None:
        """Take in how many tokens a prompt had. `estimated` is what `estimate` gave for it, without a factor."""
        if estimated < _LEAST_REPORTED or reported < _LEAST_REPORTED:
            return
        key = (endpoint, language_id)
        ratio = min(max(reported / estimated, _LEAST_FACTOR), _MOST_FACTOR)
        learned = self._learned.get(key)
        self._learned[key] = learned = ratio if learned is None else learned + _LEARNING * (ratio - learned)
        if abs(learned / self.factor(*key) - 1) > _NOTICEABLE:
            self._used[key] = learned
