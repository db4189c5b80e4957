"""Skeletons: what a definition offers, in a few lines, read from its lines alone.

A person who calls a function wants its parameters, one who holds an object wants its members. The lines tell both in
every language that indents; no file has to be parsed while somebody types.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from context.text import without_terminator

_DEFINITION = re.compile(r"\s*(?:[a-z]+\s+)*?(def|class|func|fn|function|struct|interface|enum|trait)\s+(\w+)")

# How far a header may reach over lines, and how much of it is shown.
_HEADER_LINES = 12
_HEADER_CHARACTERS = 160

# How far below its header a definition's members are looked for.
_MOST_LINES = 1_500

_RESULT = re.compile(r"\s*->.*")
_ANNOTATION = re.compile(r"(?<=\w)\s*:\s*[^,()=]*?(?:\[[^()=]*\][^,()=\]]*?)?(?=\s*(?:=|,|\)|$))")
_DOCSTRING = re.compile(r"\s*[rRuU]?(?:\"\"\"|''')\s*(\S[^\n]*?)(?:\"\"\"|''')?\s*$")


def skeleton(lines: Sequence[str], name: str, worth: Callable[[str], float], most: int) -> str:
    """Give the header of the definition that some lines are, and the headers of its members, `most` of them in order.

    Types are left out: they cost as much as everything else. Those of the most `worth` are given; one below 0 is left
    out, and so are those that a single underscore marks as private. `name` is what is defined: lines above the first
    one with it are marks on it.
    """
    first = next((at for at, line in enumerate(lines[:_HEADER_LINES]) if name in line), 0)
    members = [(worth(name), at) for name, at in _members(lines, first) if not _private(name)]
    members = sorted((each for each in members if each[0] >= 0), key=lambda each: (-each[0], each[1]))[:most]
    shown = [header(lines, at) for at in sorted(at for _, at in members)]
    return "".join((header(lines, first), "\n", *(f"    {text}\n" for text in shown)))


def header(lines: Sequence[str], line: int) -> str:
    """Give the header of the definition that begins on a line, on one line and without types."""
    depth = 0
    parts: list[str] = []
    for text in map(without_terminator, lines[line : line + _HEADER_LINES]):
        for place, character in enumerate(text):
            depth += (character in "([{") - (character in ")]}")
            if (depth <= 0 and character in ":;") or (depth == 1 and character == "{"):
                return _compact([*parts, text[:place]])
        parts.append(text.strip())
    return _compact(parts[:1])


def _compact(parts: Sequence[str]) -> str:
    text = _RESULT.sub("", " ".join(part.strip() for part in parts))
    return (
        _ANNOTATION.sub("", text).replace("( ", "(").replace(", )", ")").replace(" )", ")").strip()[:_HEADER_CHARACTERS]
    )


def _members(lines: Sequence[str], first: int) -> list[tuple[str, int]]:
    """Give names and lines of the definitions that stand directly in the one that begins on the first line."""
    inner = None
    found = []
    for at, text in enumerate(lines[first + 1 : first + _MOST_LINES], first + 1):
        indent = _indent(text)
        match = _DEFINITION.match(text) if inner is None or indent <= inner else None
        if match:
            inner = indent
            found.append((match[2], at))
    return found


def _private(name: str) -> bool:
    return name.startswith("_") and name != "__init__"


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
