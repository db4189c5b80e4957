"""What an edit did to each line, token by token: which name became which, and what was replaced between what.

An edit is told by the lines it replaced and those it put there. Lines are paired before tokens are, so that an edit of
many lines says something about each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from context.text import without_terminator

# Pairing lines takes time with the square of their number, and an edit this large was made by a tool.
MOST_LINES = 400

TOKEN = re.compile(r"\w+|[^\S\r\n]+|[^\w\s]")
_NAME = re.compile(r"[^\W\d]\w*\Z")


@dataclass(frozen=True, slots=True)
class LineEdit:
    """Lines `old` of a document became `new`, which begin at line `first` (zero-based); all with terminators."""

    first: int
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinePair:
    """A line as it was and as it is now, at line `line`, both without terminators."""

    line: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Renaming:
    """A name that became another in a line; `columns` are the places of the new one."""

    line: int
    old: str
    new: str
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Replacement:
    """In a line, `old` became `new` (either may be empty) between `before` and `after`, all of them tokens."""

    line: int
    before: tuple[str, ...]
    old: tuple[str, ...]
    new: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def column(self) -> int:
        """The place of the new text in its line."""
        return sum(map(len, self.before))


def pairs(edit: LineEdit) -> list[LinePair]:
    """Give the lines that an edit changed one by one; lines that only came or only went have no partner."""
    if len(edit.old) + len(edit.new) > MOST_LINES:
        return []
    found = []
    for start, end, new_start, new_end in _changed(edit):
        if end - start == new_end - new_start:
            for was, now in zip(range(start, end), range(new_start, new_end), strict=True):
                old, new = without_terminator(edit.old[was]), without_terminator(edit.new[now])
                found.append(LinePair(edit.first + now, old, new))
    return [pair for pair in found if pair.old != pair.new]


def touched(edit: LineEdit) -> set[int]:
    """Give the numbers of the lines that an edit changed or added; those between its parts are not among them."""
    if len(edit.old) + len(edit.new) > MOST_LINES:
        return set(range(edit.first, edit.first + len(edit.new)))
    return {edit.first + now for _, _, start, end in _changed(edit) for now in range(start, end)}


def renaming(pair: LinePair) -> Renaming | None:
    """Give the one name that became another in a line, everywhere that it changed; None when anything else did."""
    old, new = tokens(pair.old), tokens(pair.new)
    changed = {(was, now) for was, now in zip(old, new, strict=False) if was != now}
    if len(old) != len(new) or len(changed) != 1:
        return None
    ((was, now),) = changed
    if not _NAME.match(was) or not _NAME.match(now) or now in old:
        return None
    return Renaming(pair.line, was, now, tuple(column for column, token in _placed(new) if token == now))


def replacement(pair: LinePair) -> Replacement:
    """Give what was replaced in a line, between the tokens that it begins and ends with alike."""
    old, new = tokens(pair.old), tokens(pair.new)
    start = common(old, new)
    end = common(old[start:][::-1], new[start:][::-1])
    kept = len(old) - end
    return Replacement(pair.line, old[:start], old[start:kept], new[start : len(new) - end], old[kept:])


def tokens(text: str) -> tuple[str, ...]:
    """Split a line into words, runs of blanks and single marks; joined they are the line."""
    return tuple(TOKEN.findall(text))


def common(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the tokens that two lines begin with alike."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def _placed(parts: Sequence[str]) -> Iterator[tuple[int, str]]:
    column = 0
    for part in parts:
        yield column, part
        column += len(part)


def _changed(edit: LineEdit) -> list[tuple[int, int, int, int]]:
    """Give the stretches of the old and the new lines that differ."""
    if len(edit.old) == len(edit.new):
        return [(at, at + 1, at, at + 1) for at in range(len(edit.old)) if edit.old[at] != edit.new[at]]
    matcher = SequenceMatcher(None, edit.old, edit.new, autojunk=False)
    return [tuple(places) for tag, *places in matcher.get_opcodes() if tag != "equal"]  # type: ignore[misc]
