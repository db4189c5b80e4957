"""Finds the places in a document where lines stand that a model has quoted.

A place has every word of every line, in their order. What may differ is blanks: at line ends, the indentation as a
whole, blank lines. Nothing is found because it is similar.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from context.text import Document, without_terminator
from lsp_server.chat.indentation import indent_of, mapping_of

_MOST_SHOWN_LINES = 12
_MOST_VOTES = 50


class Match(IntEnum):
    """How the lines of a place are written, compared with those that were quoted; the best first."""

    EXACT = 0
    LINE_ENDS = 1
    INDENTATION = 2
    BLANK_LINES = 3
    FLAT = 4  # the quoted lines have lost their indentation
    WITHIN_LINE = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where quoted lines stand: the document's row of each, None for a blank one that has none of its own."""

    match: Match
    rows: tuple[int | None, ...]

    @property
    def first(self) -> int:
        """The first row."""
        return next(row for row in self.rows if row is not None)

    @property
    def end(self) -> int:
        """The row behind the last."""
        return next(row for row in reversed(self.rows) if row is not None) + 1


class Places:
    """Finds lines in one document; made once for all edits of it."""

    def __init__(self, document: Document) -> None:
        lines = [without_terminator(line) for line in document.lines]
        lines[0] = lines[0].removeprefix("\ufeff")
        # What follows the last terminator is no line that anybody quotes.
        self.lines: Sequence[str] = lines if lines[-1] or len(lines) == 1 else lines[:-1]
        self._document = document
        self._rows: dict[str, list[int]] = {}
        for row, line in enumerate(self.lines):
            self._rows.setdefault(line.strip(), []).append(row)

    def of_lines(self, quoted: Sequence[str]) -> list[Place]:
        """Give the places of quoted lines, those of the best match that there is."""
        lead = next((number for number, line in enumerate(quoted) if line.strip()), None)
        if lead is None:
            return []
        starts = self._rows.get(quoted[lead].strip(), ())
        found = [self._strictly(quoted, start - lead) or self._loosely(quoted, start) for start in starts]
        best = min((place.match for place in found if place), default=None)
        return [place for place in found if place and place.match == best]

    def of_text(self, quoted: str) -> Iterator[int]:
        """Give the offsets at which a text stands letter by letter, and neither begins nor ends within a word."""
        text = self._document.text
        at = text.find(quoted)
        while at >= 0:
            if not _in_word(text, at) and not _in_word(text, at + len(quoted)):
                yield at
            at = text.find(quoted, at + 1)

    def nearest(self, quoted: Sequence[str]) -> str:
        """Show the lines that have most in common with quoted ones that are not there; "" when none have."""
        votes = Counter(
            row - number
            for number, line in enumerate(quoted)
            if re.search(r"\w", line)
            for row in self._rows.get(line.strip(), ())[:_MOST_VOTES]
        )
        if not votes:
            return ""
        first = max(0, votes.most_common(1)[0][0])
        shown = self.lines[first : first + min(len(quoted), _MOST_SHOWN_LINES)]
        return f"Nearest to them, from line {first + 1}:\n" + "\n".join(shown)

    def _strictly(self, quoted: Sequence[str], first: int) -> Place | None:
        """Compare line by line, blank ones too."""
        real = self.lines[max(first, 0) : first + len(quoted)]
        if len(real) != len(quoted) or any(a.strip() != b.strip() for a, b in zip(quoted, real, strict=True)):
            return None
        return Place(_judged(quoted, real), tuple(range(first, first + len(quoted))))

    def _loosely(self, quoted: Sequence[str], row: int) -> Place | None:
        """Compare the lines that are not blank."""
        rows: list[int | None] = []
        for line in quoted:
            if not line.strip():
                rows.append(None)
                continue
            while row < len(self.lines) and not self.lines[row].strip():
                row += 1
            if row == len(self.lines) or self.lines[row].strip() != line.strip():
                return None
            rows.append(row)
            row += 1
        real = ["" if row is None else self.lines[row] for row in rows]
        return Place(max(_judged(quoted, real), Match.BLANK_LINES), tuple(rows))


def _judged(quoted: Sequence[str], real: Sequence[str]) -> Match:
    pairs = [(a, b) for a, b in zip(quoted, real, strict=True) if a != b]
    if not pairs:
        return Match.EXACT
    if all(a.rstrip() == b.rstrip() for a, b in pairs):
        return Match.LINE_ENDS
    indents = ((indent_of(a), indent_of(b)) for a, b in zip(quoted, real, strict=True) if a.strip())
    return Match.FLAT if mapping_of(indents) is None else Match.INDENTATION


def _in_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and re.fullmatch(r"\w\w", text[at - 1 : at + 1]) is not None
