"""Finds lines that begin like the one being typed, and tells which of them it is likely to become.

Much of what a person types stands in the project already, below much the same lines. No model is asked: the document
and the most promising windows of the project are scanned. The numbers were tuned on three projects and proved on two
others (`python -m tests.bench.copies`).
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from context.project import File, Project
from context.snippet import WORD
from context.text import Document

# What it is worth that the lines above agree, the nearest first; blank ones do not count.
_ABOVE = (1.4, 0.5, 0.5, 0.5, 0.2, 0.2)

# Lines that are not equal agree in their words, by so much less.
_ALIKE = 0.6

# What it is worth that all words of a continuation stand in the lines just above the cursor, that the line is of the
# document itself, and that it stands just above already (few lines are written twice in a row).
_KNOWN, _HERE, _REPEATED = 0.7, 0.2, -0.3
_KNOWN_LINES, _REPEATED_LINES = 60, 12

# How fast likelihood grows with the score, and what all continuations that nobody has written yet count for. With it
# a confidence is near the share of such copies that are right.
_STEEPNESS, _UNSEEN = 2.5, 20.0

# What the words of a line are worth for finding windows: the cursor's line, and those above it.
_WORTH = (3.0, 2.0, 1.4, 1.0, 0.7)

# So many windows of the project, and lines of the document nearest to the cursor, are looked at.
_MOST_WINDOWS = 45
_MOST_HERE = 200
_REACH_HERE = 5_000

# Lines of a window's neighbours that are read along, for what stands above its first line and below its last.
_WIDENED_LINES = 8

# Lines above that are looked through for ones that are not blank.
_REACH = 12


@dataclass(frozen=True, slots=True)
class Copy:
    """A line that begins as the current one does. `text` is how it goes on from the cursor, without blanks at its end.

    It is the line `at` of `lines`, which are lines of the file `uri`, with terminators, from the offset `start` on.
    `score` tells how well its surroundings agree, `confidence` how likely the current line goes on like it (0 to 1).
    """

    text: str
    uri: str
    lines: Sequence[str]
    at: int
    start: int
    score: float
    confidence: float = 0.0

    @property
    def offset(self) -> int:
        """Where the line begins in its file."""
        return self.start + sum(map(len, self.lines[: self.at]))


def copies(
    document: Document,
    offset: int,
    project: Project,
    weigh: Callable[[File], float],
    late: Callable[[], bool] = lambda: False,
) -> list[Copy]:
    """Give the lines that begin with what stands before an offset on its line, the best of each continuation first.

    `weigh` gives a factor for a file, 0 to leave it out, as the document's own: its text is taken as it is now. When
    `late` says so, no more of the project is read. Nothing is found for a line without any word or mark yet.
    """
    line, column = document.line_column(offset)
    place = _Place.of(document.lines, line, column)
    if place is None:
        return []
    return _ranked((*_here(document, place), *_elsewhere(document, place, project, weigh, late)))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a line is wanted: its `head` up to the cursor, what stands above, and the words of that."""

    line: int
    head: str
    begins: re.Pattern[str]
    above: Sequence[str]
    known: frozenset[str]
    repeated: frozenset[str]

    @staticmethod
    def of(lines: Sequence[str], line: int, column: int) -> _Place | None:
        head = lines[line][:column].strip()
        if not head:
            return None
        # A blank ends a word, and may be there already; without one, the word may go on.
        blank = "" if lines[line][:column].rstrip() == lines[line][:column] else r"[ \t]*"
        end = r"\b" if blank and _is_word(head[-1]) else ""
        begins = re.compile(rf"[ \t]*{re.escape(head)}{end}{blank}(?=[ \t]*\S)")
        known = frozenset(WORD.findall("".join(lines[max(0, line - _KNOWN_LINES) : line])))
        repeated = frozenset(each.strip() for each in lines[max(0, line - _REPEATED_LINES) : line])
        return _Place(line, head, begins, _lines_above(lines, line), known, repeated)

    def words(self) -> Mapping[str, float]:
        """Give the words that windows with copies hold, with what they are worth."""
        words: dict[str, float] = {}
        for worth, text in zip(_WORTH, (self.head, *self.above), strict=False):
            for word in WORD.findall(text):
                words.setdefault(word, worth)
        return words

    def copies(self, uri: str, lines: Sequence[str], start: int, among: Iterable[int]) -> Iterator[Copy]:
        """Give the copies among some of the lines of a file."""
        for at in among:
            if begins := self.begins.match(lines[at]):
                text = lines[at][begins.end() :].rstrip()
                yield Copy(text, uri, lines, at, start, self._score(text, lines, at))

    def _score(self, text: str, lines: Sequence[str], at: int) -> float:
        theirs = _lines_above(lines, at)
        score = sum(worth * _alike(mine, yours) for worth, mine, yours in zip(_ABOVE, self.above, theirs, strict=False))
        words = _words(text)
        if words:
            score += _KNOWN * len(words & self.known) / len(words)
        return score + (_REPEATED if lines[at].strip() in self.repeated else 0.0)


def _here(document: Document, place: _Place) -> Iterator[Copy]:
    """Give the copies in the document, those nearest to the cursor first."""
    lines, line = document.lines, place.line
    reach = range(max(0, line - _REACH_HERE), min(len(lines), line + _REACH_HERE))
    found = (at for at in reach if at != line and place.begins.match(lines[at]))
    nearest = sorted(found, key=lambda at: abs(at - line))[:_MOST_HERE]
    for copy in place.copies(document.uri, lines, 0, nearest):
        yield replace(copy, score=copy.score + _HERE)


def _elsewhere(
    document: Document,
    place: _Place,
    project: Project,
    weigh: Callable[[File], float],
    late: Callable[[], bool],
) -> Iterator[Copy]:
    """Give the copies in the windows that hold the most words of the line and of those above it."""
    seen: set[tuple[str, int]] = set()
    for window in project.search(place.words(), document.language_id, weigh)[:_MOST_WINDOWS]:
        if late():
            return
        uri = project.uri(window.file.path)
        span, lines = project.lines(window, _WIDENED_LINES)
        for copy in place.copies(uri, lines, span.start, range(len(lines))):
            stands_at = (uri, copy.offset)
            if stands_at not in seen:  # windows overlap where they are widened
                seen.add(stands_at)
                yield copy


def _ranked(found: Iterable[Copy]) -> list[Copy]:
    """Give the best copy of each continuation with its confidence, the likeliest first.

    Each place where a continuation stands speaks for it.
    """
    best: dict[str, Copy] = {}
    weights: dict[str, float] = defaultdict(float)
    for copy in found:
        weights[copy.text] += math.exp(_STEEPNESS * copy.score)
        if copy.text not in best or copy.score > best[copy.text].score:
            best[copy.text] = copy
    total = sum(weights.values()) + _UNSEEN
    ranked = (replace(copy, confidence=weights[text] / total) for text, copy in best.items())
    return sorted(ranked, key=lambda copy: -copy.confidence)


def _lines_above(lines: Sequence[str], at: int) -> list[str]:
    """Give the lines above one, the nearest first, without blank ones and indentation."""
    found = (text for number in range(at - 1, max(-1, at - 1 - _REACH), -1) if (text := lines[number].strip()))
    return list(islice(found, len(_ABOVE)))


def _alike(mine: str, theirs: str) -> float:
    """Tell how alike two lines are, 1 for equal ones."""
    if mine == theirs:
        return 1.0
    shared = len(_words(mine) & _words(theirs))
    return _ALIKE * shared / len(_words(mine) | _words(theirs)) if shared else 0.0


@lru_cache(16_384)
def _words(text: str) -> frozenset[str]:
    return frozenset(WORD.findall(text))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
