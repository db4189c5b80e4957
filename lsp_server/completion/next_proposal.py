"""What the rules for the next edit are given, and what they give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from context.edit_pairs import LineEdit, LinePair, pairs
from context.syntax import Syntax
from context.text import Span, TextEdit, without_terminator

# Only these edits, the last ones, say what a person is about; older ones are remembered for what was done already.
_LEADING = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A place where an edit may follow: `old`, which stands there, becomes `new`."""

    line: int
    column: int
    old: str
    new: str
    kind: str
    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """An edit to propose. `kind` is "rename", "argument" or "repeat", `label` what a person reads.

    `confidence` is between 0 and 1. `key` names the proposal for as long as its line stays as it is, wherever that
    moves, so that it is not made again when it was refused.
    """

    edit: TextEdit
    label: str
    kind: str
    confidence: float
    key: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A document, the edits that stand in it as they were made (the last one first), and the lines they touched."""

    syntax: Syntax
    edits: Sequence[LineEdit]
    lines: frozenset[int]
    cursor_line: int

    def leading(self) -> list[LinePair]:
        """Give the lines that the last few edits changed."""
        return [pair for edit in self.edits[:_LEADING] for pair in pairs(edit)]

    def all_pairs(self) -> list[LinePair]:
        """Give the lines that any known edit changed."""
        return [pair for edit in self.edits for pair in pairs(edit)]

    def onward(self, first: int, end: int) -> Iterator[int]:
        """Give the lines [first, end) from the cursor on, and then from the top."""
        middle = min(max(self.cursor_line, first), end)
        return chain(range(middle, end), range(first, middle))

    def proposal(self, place: Place) -> Proposal:
        """Give the proposal for a place."""
        document = self.syntax.document
        start = document.line_start(place.line) + place.column
        edit = TextEdit(Span(start, start + len(place.old)), place.new)
        line = without_terminator(document.lines[place.line])
        key = f"{place.kind}\n{place.old}\n{place.new}\n{place.column}\n{line}"
        return Proposal(edit, place.label, place.kind, place.confidence, key)
