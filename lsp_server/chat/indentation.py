"""Carries the indentation of lines over from the way a model writes them to the way a file does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from lsp_server.errors import EditRefused

_TAB_COLUMNS = 4

# So many lines that begin with a tab, and none with a blank, make a file one that is indented with tabs.
_FEWEST_TABS = 3


def indent_of(line: str) -> str:
    """Give the blanks and tabs that a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def width_of(indent: str) -> int:
    """Give the columns of an indentation, a tab reaching the next multiple of four."""
    return len(indent.expandtabs(_TAB_COLUMNS))


def mapping_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str] | None:
    """Give which indentation of a block is which one of the file, from pairs of lines that say the same.

    None when that is not told by them: one and the same stands for two, or what is deeper in one is not in the other.
    """
    found: dict[str, str] = {}
    for written, real in pairs:
        if found.setdefault(written, real) != real:
            return None
    ordered = sorted(found.items(), key=lambda item: width_of(item[0]))
    deeper = all(width_of(before[1]) < width_of(after[1]) for before, after in pairwise(ordered))
    return found if deeper else None


class Indenter:
    """Gives new lines the file's indentation.

    `known` is from `mapping_of`, `block` are all lines of the model's block, `lines` those of the file.
    """

    def __init__(self, known: Mapping[str, str], block: Sequence[str], lines: Sequence[str]) -> None:
        self._known = sorted(known.items(), key=lambda item: width_of(item[0]), reverse=True)
        # A model that quotes tabs means the blanks that it writes.
        self._tabs = _is_indented_with_tabs(lines) and not any("\t" in written for written in known)
        self._same = all(written == real for written, real in self._known) and not self._tabs
        self._step = _step({width_of(indent_of(line)) for line in block if line.strip()})
        self._real_step = self._step_of(known, lines)

    def indented(self, line: str) -> str:
        """Give a line of the block as it has to stand in the file. Raises EditRefused when that cannot be told."""
        indent = indent_of(line)
        if not line or self._same or (not self._known and not self._tabs):
            return line
        return self._real(indent, blank=not line.strip()) + line[len(indent) :]

    def _real(self, indent: str, *, blank: bool) -> str:
        width = width_of(indent)
        for written, real in self._known:
            if width_of(written) <= width:
                return real + self._blanks(width - width_of(written))
        if not self._known:
            return self._blanks(width)
        written, real = self._known[-1]
        if blank:
            return indent
        missing = len(self._blanks(width_of(written) - width))
        if missing > len(real):
            raise EditRefused(
                "The new lines stand further left than the file allows: give the lines with their blanks."
            )
        return real[: len(real) - missing]

    def _blanks(self, columns: int) -> str:
        steps, rest = divmod(columns, self._step) if self._step else (0, columns)
        return self._real_step * steps + " " * rest

    def _step_of(self, known: Mapping[str, str], lines: Sequence[str]) -> str:
        """Give one step of the file's indentation, as far as the block's own steps are another."""
        if self._tabs:
            return "\t"
        widths = sorted((width_of(written), width_of(real)) for written, real in known.items())
        for (written, real), (next_written, next_real) in pairwise(widths):
            if self._step and (next_written - written) % self._step == 0:
                return " " * ((next_real - real) * self._step // (next_written - written))
        if any("\t" in real for real in known.values()):
            return "\t"
        return " " * self._step


def _step(widths: set[int]) -> int:
    """Give the smallest step between indentations."""
    ordered = sorted(widths | {0}) if len(widths) == 1 else sorted(widths)
    return min((after - before for before, after in pairwise(ordered)), default=0)


def _is_indented_with_tabs(lines: Sequence[str]) -> bool:
    tabs = 0
    for line in lines:
        if line.startswith("  "):
            return False
        tabs += line.startswith("\t")
    return tabs >= _FEWEST_TABS
