"""Indentation in the style of a file: a model may write blanks where a person writes tabs, and the other way round."""

from __future__ import annotations

import re

from context.text import split_lines
from lsp_server.completion.place import Place

_BLANKS = re.compile(r"[ \t]*")


def in_the_file_s_style(text: str, place: Place) -> str:
    """Give a text whose lines, the first one aside, are indented with what the lines around the cursor are.

    Nothing changes where these are indented with both, or not at all. A step of blanks that is no whole number of
    levels, as when arguments are aligned, stays blanks behind the tabs.
    """
    around = [*split_lines(place.before), *place.below]
    tabs = sum(line.startswith("\t") for line in around)
    blanks = sum(line.startswith("  ") for line in around)
    first, *rest = split_lines(text)
    if tabs and not blanks:
        unit = _unit(rest)
        return first + "".join(_with_tabs(line, unit) for line in rest)
    if blanks and not tabs:
        unit = _unit(around)
        return first + "".join(_with_blanks(line, unit) for line in rest)
    return text


def _unit(lines: list[str]) -> int:
    """Give the blanks of one level: two where a line shows it, else four."""
    return 2 if any((len(line) - len(line.lstrip(" "))) % 4 == 2 for line in lines if line.strip()) else 4


def _with_tabs(line: str, unit: int) -> str:
    blanks = _blanks(line)
    width = len(blanks.replace("\t", " " * unit))
    return "\t" * (width // unit) + " " * (width % unit) + line[len(blanks) :] if " " in blanks else line


def _with_blanks(line: str, unit: int) -> str:
    blanks = _blanks(line)
    return blanks.replace("\t", " " * unit) + line[len(blanks) :]


def _blanks(line: str) -> str:
    found = _BLANKS.match(line)
    return found[0] if found else ""
