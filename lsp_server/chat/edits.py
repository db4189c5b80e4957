"""Turns an edit that a model wrote into text edits that touch nothing else, or refuses it.

Models quote code from memory: blanks at line ends go, indentation shifts, line numbers that they were shown come back.
Each such fault is undone by a rule that keeps every word, and the place must be the only one. (Of blocks with typical
faults, a similarity of 0.8 puts 30 % into a wrong place.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import product

from context.text import Document, Span, TextEdit, without_terminator
from lsp_server.chat.edit_places import Match, Place, Places
from lsp_server.chat.edit_readings import Lines, Reading, leaves_out, readings
from lsp_server.chat.indentation import Indenter, indent_of, mapping_of
from lsp_server.errors import EditRefused

_MOST_NAMED = 5

# More ways than this to place the parts of a block are never told apart.
_MOST_WAYS = 1_000

# A line that has lost its indentation takes that of the line it replaces, if so much of it is the same.
_ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class Replacement:
    """Text `search` is to become `replace`; `line` (from 1) is where the model says it stands, if it says so.

    `whole_lines` tells that the format speaks of lines, as blocks and diffs do, and not of any stretch of text.
    """

    search: str
    replace: str
    line: int | None = None
    whole_lines: bool = True


@dataclass(frozen=True, slots=True)
class Located:
    """The edits that a replacement comes to, in the order of the text, and how its place was found."""

    edits: tuple[TextEdit, ...]
    match: Match
    reading: str


def locate(document: Document, replacement: Replacement) -> Located:
    """Find the one place where a replacement belongs, and give its edits.

    Raises EditRefused with a sentence for the model: the text is not there (with the lines that are nearest), it is
    there more than once (with their numbers), or nothing would change.
    """
    if not replacement.search.strip():
        return _into_empty(document, replacement)
    if leaves_out(replacement.search, replacement.replace):
        raise EditRefused("The new lines leave some out that are quoted: write all of them, or quote fewer.", "lazy")
    places = Places(document)
    for reading in readings(replacement.search, replacement.replace):
        line = replacement.line if reading.line is None else reading.line
        located = _elided(document, places, reading) if len(reading.parts) > 1 else None
        if len(reading.parts) == 1:
            located = _whole(document, places, reading, line, whole_lines=replacement.whole_lines)
        if located is not None:
            return located
    told = "The quoted lines are not in the file: quote them exactly as they are now."
    nearest = places.nearest(replacement.search.splitlines())
    raise EditRefused(f"{told} {nearest}".rstrip(), "not-found")


def _into_empty(document: Document, replacement: Replacement) -> Located:
    if any(line.strip() for line in document.lines):
        raise EditRefused("Nothing is quoted: quote the lines that are to be replaced.", "no-search")
    return Located((TextEdit(Span(0, len(document.text)), replacement.replace),), Match.EXACT, "as written")


def _whole(
    document: Document, places: Places, reading: Reading, line: int | None, *, whole_lines: bool
) -> Located | None:
    """Place a block that is in one piece; None when it is not there."""
    search, replace = reading.parts[0]
    found = places.of_lines(search)
    if not found or not whole_lines:
        text = document.eol.join(search)
        within = list(places.of_text(text))
        if len(within) > 1:
            _refuse_many([document.line_column(at)[0] for at in within])
        if within and not (found and found[0].first == document.line_column(within[0])[0]):
            edit = TextEdit(Span(within[0], within[0] + len(text)), document.eol.join(replace))
            return Located((edit,), Match.WITHIN_LINE, reading.name)
    if len(found) > 1:
        found = [place for place in found if place.first + 1 == line] or _refuse_many([each.first for each in found])
    return _located(document, places, found, reading) if found else None


def _elided(document: Document, places: Places, reading: Reading) -> Located | None:
    """Place the parts of a block one behind the other; there must be one way to do it."""
    found = [places.of_lines(search) for search, _ in reading.parts]
    ways: list[list[Place]] = [[]]
    for each in found:
        ways = [[*way, place] for way, place in product(ways, each) if not way or place.first >= way[-1].end]
        if len(ways) > _MOST_WAYS:
            break
    if len(ways) > 1:
        _refuse_many(sorted({way[0].first for way in ways}))
    return _located(document, places, ways[0], reading) if ways else None


def _refuse_many(rows: Sequence[int]) -> list[Place]:
    numbers = ", ".join(str(row + 1) for row in rows[:_MOST_NAMED]) + (" …" if len(rows) > _MOST_NAMED else "")
    raise EditRefused(
        f"The quoted lines fit in more than one place (from line {numbers}): quote more lines around those meant.",
        "ambiguous",
    )


def _located(document: Document, places: Places, found: Iterable[Place], reading: Reading) -> Located:
    found = list(found)
    changes = [
        edit
        for place, (search, replace) in zip(found, reading.parts, strict=True)
        for edit in _changes(document, places, place, search, replace)
    ]
    if not changes:
        raise EditRefused("This edit changes nothing: say what is to become different.", "no-change")
    return Located(tuple(changes), max(place.match for place in found), reading.name)


def _changes(document: Document, places: Places, place: Place, search: Lines, replace: Lines) -> list[TextEdit]:
    """Give the edits for lines that change; what a block only quotes keeps every byte that it has."""
    rows = [row for row in place.rows if row is not None]
    pairs = (
        (indent_of(q), indent_of(places.lines[r]))
        for q, r in zip(search, place.rows, strict=True)
        if r is not None and q.strip()
    )
    indenter = Indenter(mapping_of(pairs) or {}, [*search, *replace], places.lines)
    added = _added_blanks(places, place, search)
    edits = []
    keys = [line.rstrip() for line in search], [line.rstrip() for line in replace]
    for tag, start, stop, new_start, new_stop in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        new = replace[new_start:new_stop]
        old = [row for row in place.rows[start:stop] if row is not None]
        if place.match == Match.FLAT:
            lines = _like_old(places, old, new)
        else:
            lines = [indenter.indented(line.removesuffix(added)) for line in new]
        at = old[0] if old else next((row + 1 for row in reversed(place.rows[:start]) if row is not None), rows[0])
        if old or lines:
            edits.append(_lines_edit(document, at, old[-1] + 1 if old else at, lines))
    return edits


def _added_blanks(places: Places, place: Place, search: Lines) -> str:
    """Give the blanks that quoted lines end in and those of the file do not: the model puts them there."""
    ends = Counter(
        line[len(line.rstrip()) :].removesuffix(real[len(real.rstrip()) :])
        for line, row in zip(search, place.rows, strict=True)
        if row is not None and line.strip() and len(line.rstrip()) < len(line) and (real := places.lines[row]) != line
    )
    return ends.most_common(1)[0][0] if ends else ""


def _like_old(places: Places, old: Sequence[int], new: Sequence[str]) -> list[str]:
    """Give new lines the indentation of those they replace, where a block has lost all of its own."""
    was = [places.lines[row] for row in old]
    alike = len(was) >= len(new) and all(
        SequenceMatcher(None, a.strip(), b.strip(), autojunk=False).ratio() >= _ALIKE
        for a, b in zip(was, new, strict=False)
    )
    if new and not alike:
        raise EditRefused(
            "The quoted lines have lost their indentation, so the new ones cannot be placed: give both with theirs.",
            "indentation",
        )
    return [indent_of(a) + b.strip() for a, b in zip(was, new, strict=False)]


def _lines_edit(document: Document, first: int, end: int, new: Sequence[str]) -> TextEdit:
    """Replace the rows from `first` to before `end`; the last line of a text keeps to end without a terminator."""
    lines = document.lines
    start = sum(map(len, lines[:first]))
    stop = start + sum(map(len, lines[first:end]))
    eol = _terminator(lines[min(first, len(lines) - 1)]) or document.eol
    text = "".join(line + eol for line in new)
    if first == 0 and lines[0].startswith("\ufeff"):
        start += 1
    if end >= len(lines) and lines[-1]:
        text = text.removesuffix(eol)
        if first >= len(lines):
            text = eol + text
        elif not new and first:
            start -= len(_terminator(lines[first - 1]))
    return TextEdit(Span(start, max(start, stop)), text)


def _terminator(line: str) -> str:
    return line[len(without_terminator(line)) :]
