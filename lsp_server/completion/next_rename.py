"""A name that was renamed in some places is renamed in the others of its scope."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from context.edit_pairs import Renaming, renaming
from context.occurrences import Occurrence, occurrence_at, occurrences
from context.syntax import Syntax
from lsp_server.completion.next_proposal import Edited, Place

_DEFINED, _SEVERAL, _ONCE = 0.9, 0.85, 0.6
_CODE = ("function", "method")

# From so many places on it is a renaming, whatever else bears the new name: places that left the ring of edits.
_ESTABLISHED = 3


def rename_edits(edited: Edited) -> Iterator[Place]:
    """Give the places where a name still stands that was renamed by the last edits."""
    done = [found for pair in edited.all_pairs() if (found := renaming(pair))]
    leading = [found for pair in edited.leading() if (found := renaming(pair))]
    for old, new in dict.fromkeys((found.old, found.new) for found in leading):
        renamed = [found for found in done if (found.old, found.new) == (old, new)]
        yield from _continued(edited, old, new, renamed)


def _continued(edited: Edited, old: str, new: str, renamed: Sequence[Renaming]) -> Iterator[Place]:
    syntax = edited.syntax
    places = [
        place
        for found in renamed
        for column in found.columns
        if (place := occurrence_at(syntax, found.line, column, new)) is not None
    ]
    if not places:
        return
    member = any(place.member or _is_member(syntax, place) for place in places)
    own, first, end = ("", 0, len(syntax.document.lines)) if member else _scope(syntax, places[0], (old, new))
    left = [each for each in occurrences(syntax, old, edited.onward(first, end)) if each.line not in edited.lines]
    left = [each for each in left if not (own == old and each.line == first and each.defines)]
    defined = any(place.defines for place in places)
    if not defined and (len(places) == 1 and any(each.defines for each in left)):
        return  # another value is used there, and the old one is still made
    if len(places) < _ESTABLISHED and _stood_before(edited, new, first, end):
        return
    confidence = _DEFINED if defined else _SEVERAL if len(places) > 1 else _ONCE
    # Not all at once: the first few are enough, and each is looked at for a function that has a name of its own.
    meant = (each for each in left if _is_meant(syntax, each, member, old, (own, first, end)))
    for line, group in groupby(meant, key=lambda each: each.line):
        columns = [each.column for each in group]
        text = syntax.document.lines[line][columns[0] : columns[-1] + len(old)]
        label = f"Rename {old} to {new}"
        yield Place(line, columns[0], text, _renamed(text, columns, old, new), "rename", label, confidence)


def _renamed(text: str, columns: Sequence[int], old: str, new: str) -> str:
    """Rename what stands at some columns of a line in its text from the first of them on."""
    for column in reversed(columns):
        at = column - columns[0]
        text = text[:at] + new + text[at + len(old) :]
    return text


def _scope(syntax: Syntax, place: Occurrence, names: tuple[str, ...]) -> tuple[str, int, int]:
    """Give name and lines of the innermost function around a place that makes one of some names, else all lines."""
    document = syntax.document
    for symbol in reversed(syntax.enclosing(place.span.start)):
        named_by_place = symbol.header.contains(place.span) and document.slice(place.span) == symbol.name
        if symbol.kind in _CODE and not named_by_place:
            first, end = document.line_column(symbol.span.start)[0], document.line_column(symbol.span.end)[0] + 1
            if place.defines or any(_makes(syntax, name, first, end) for name in names):
                return symbol.name, first, end
    return "", 0, len(document.lines)


def _is_meant(syntax: Syntax, place: Occurrence, member: bool, old: str, scope: tuple[str, int, int]) -> bool:
    """Tell whether a place names what was renamed, and not what a function within its scope calls the same."""
    if member:
        return place.member or _is_member(syntax, place)
    return not place.member and _scope(syntax, place, (old,)) in (scope, ("", 0, len(syntax.document.lines)))


def _makes(syntax: Syntax, name: str, first: int, end: int) -> bool:
    return any(each.defines and not each.member for each in occurrences(syntax, name, range(first, end)))


def _is_member(syntax: Syntax, place: Occurrence) -> bool:
    """Tell whether a place defines what belongs to a class: it is then asked of values everywhere."""
    if not place.defines:
        return False
    around = syntax.enclosing(place.span.start)
    name = syntax.document.slice(place.span)
    return bool(around) and around[-1].name == name and bool(around[-1].container)


def _stood_before(edited: Edited, new: str, first: int, end: int) -> bool:
    """Tell whether the new name stood in a scope before the edits: then it names something else."""
    word = re.compile(rf"\b{re.escape(new)}\b")
    lines = edited.syntax.document.lines
    return any(
        new in lines[line] and line not in edited.lines and word.search(lines[line]) for line in range(first, end)
    )
