"""The ways to read a block that a model wrote: as written, and without what it picked up on the way.

A model that was shown numbered lines, fences or HTML quotes them with the code. Each reading undoes one such habit, in
the searched lines and in the new ones alike, and keeps every word.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from context.text import split_lines, without_terminator

Lines: TypeAlias = tuple[str, ...]

# "12: code", "  12|code", "12→code", and "    12\tcode" as `cat -n` prints it.
_NUMBERED = re.compile(r"\s*L?(\d{1,7})(?:[ ]?[|:→]|\t)(.*)", re.DOTALL)

# "...", "# ... existing code ...", "// … rest of the class", "/* ... */", "{/* ... */}", "<!-- ... -->".
_ELISION = re.compile(r"\s*\{?\s*(?:#+|//+|--|/\*+|<!--|;+|%+|\")?\s*(?:\.{3}|…)[^\n\w]*(?:[\w ,'-]*(?:\.{3}|…)?)?\W*")

# A bare "..." may be code; behind the mark of a comment it is none.
_IN_COMMENT = re.compile(r"\s*\{?\s*(?:#+|//+|--|/\*+|<!--|;+|%+)")

_TYPOGRAPHIC = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\xa0": " "})
_ESCAPES = (("\\n", "\n"), ("\\t", "\t"), ('\\"', '"'), ("\\'", "'"))


@dataclass(frozen=True, slots=True)
class Reading:
    """Searched and new lines without terminators, in parts where something between them was left out.

    `line` is the number (from 1) that the searched lines themselves gave.
    """

    name: str
    parts: tuple[tuple[Lines, Lines], ...]
    line: int | None = None


def readings(search: str, replace: str) -> Iterator[Reading]:
    """Give the readings of a block, the one as it is written first.

    A line feed at the end of one text alone is a blank line; at the end of both it ends their last lines.
    """
    written = _lines(search), _lines(replace)
    if replace and _ends_line(search) != _ends_line(replace):
        written = _lines(search, last=True), _lines(replace, last=True)
        yield from _whole_and_elided("as written", *written)
        written = _lines(search), _lines(replace)
    yield from _whole_and_elided("as written", *written)
    for name, read in _HABITS.items():
        found = read(*written)
        if found is not None and found[:2] != written:
            yield from _whole_and_elided(name, *found)


def leaves_out(search: str, replace: str) -> bool:
    """Tell whether the new text says "the rest stays" where the searched text has that rest, which would be lost."""
    old, new = (sum(map(_is_comment_elision, text.splitlines())) for text in (search, replace))
    return new > old


def _is_comment_elision(line: str) -> bool:
    return _ELISION.fullmatch(line) is not None and _IN_COMMENT.match(line) is not None


def _whole_and_elided(name: str, search: Lines, replace: Lines, line: int | None = None) -> Iterator[Reading]:
    yield Reading(name, ((search, replace),), line)
    old, new = _parts(search), _parts(replace)
    if len(old) > 1 and [bool(part) for part in old] == [bool(part) for part in new]:
        parts = tuple(pair for pair in zip(old, new, strict=True) if any(text.strip() for text in pair[0]))
        if parts:
            yield Reading(f"{name}, with lines left out", parts)


def _parts(lines: Lines) -> list[Lines]:
    """Part lines at those that stand for others."""
    parts: list[list[str]] = [[]]
    for line in lines:
        if _ELISION.fullmatch(line):
            parts.append([])
        else:
            parts[-1].append(line)
    return [tuple(part) for part in parts]


def _unnumbered(search: Lines, replace: Lines) -> tuple[Lines, Lines, int] | None:
    """Take off line numbers that count up by one."""
    found = [(match, line) for line in search if (match := _NUMBERED.fullmatch(line)) or line.strip()]
    numbers = [int(match[1]) for match, _ in found if match]
    if not numbers or len(numbers) != len(found) or any(after - before != 1 for before, after in pairwise(numbers)):
        return None
    old = [match[2] for match, _ in found if match]
    new = [match[2] if (match := _NUMBERED.fullmatch(line)) else line for line in replace]
    numbered = [text for text, line in zip(new, replace, strict=True) if text is not line]
    if all(text.startswith(" ") for text in (*old, *numbered) if text):
        old = [text[1:] for text in old]
        new = [text[1:] if text is not line else text for text, line in zip(new, replace, strict=True)]
    return tuple(old), tuple(new), numbers[0]


def _unfenced(search: Lines, replace: Lines) -> tuple[Lines, Lines] | None:
    """Take off a Markdown fence around lines."""
    found = [_inside_fence(lines) for lines in (search, replace)]
    return (found[0], found[1]) if found[0] is not search else None


def _inside_fence(lines: Lines) -> Lines:
    fenced = len(lines) > 1 and lines[0].startswith("```") and lines[-1].strip() == "```"
    return lines[1:-1] if fenced else lines


def _unmarked(search: Lines, replace: Lines) -> tuple[Lines, Lines] | None:
    """Take off the marks of a diff: "-" before all that goes, "+" before all that comes."""
    for lines, marks in ((search, "- "), (replace, "+ ")):
        if not all(line[0] in marks for line in lines if line) or not any(line[:1] == marks[0] for line in lines):
            return None
    return tuple(line[1:] for line in search), tuple(line[1:] for line in replace)


def _each(change: Callable[[str], str]) -> Callable[[Lines, Lines], tuple[Lines, Lines]]:
    def read(search: Lines, replace: Lines) -> tuple[Lines, Lines]:
        return _lines(change("\n".join(search))), _lines(change("\n".join(replace)))

    return read


def _unescaped(text: str) -> str:
    for escaped, meant in _ESCAPES:
        text = text.replace(escaped, meant)
    return text


_HABITS: dict[str, Callable[[Lines, Lines], tuple[Lines, Lines] | tuple[Lines, Lines, int] | None]] = {
    "without line numbers": _unnumbered,
    "without a fence": _unfenced,
    "without the marks of a diff": _unmarked,
    "with HTML's characters": _each(html.unescape),
    "with plain quotes": _each(lambda text: text.translate(_TYPOGRAPHIC)),
    "without escapes": _each(_unescaped),
}


def _ends_line(text: str) -> bool:
    return text.endswith(("\n", "\r"))


def _lines(text: str, *, last: bool = False) -> Lines:
    """Part a text into lines; no text is no lines. With `last`, what follows the last terminator is a line, too."""
    lines = tuple(without_terminator(line) for line in split_lines(text))
    return lines if lines[-1] or (last and text) else lines[:-1]
