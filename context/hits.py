"""Search hits as a person reads them: neighbouring ones of a file joined, each with its `file:line`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from context.text import Document, split_lines

# Two hits with so few lines between them are one.
_JOINED_LINES = 3


class Place(Protocol):
    """A line of a file, from zero."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def line(self) -> int:
        """The line."""


class Hit(Place, Protocol):
    """Some lines of a file that were found; the index knows how well, and gives the best first."""

    @property
    def text(self) -> str:
        """The lines as they were found."""


class ProjectIndex(Protocol):
    """What is asked of the project index; `context.index` is one."""

    async def symbols(self, names: Sequence[str], *, deadline_s: float, limit: int) -> Sequence[Place]:
        """Give where some names are defined."""

    async def search(self, texts: Sequence[str], *, deadline_s: float, limit: int) -> Sequence[Hit]:
        """Give the places that best fit some words, the best first."""


def excerpts(hits: Iterable[Hit], read: Callable[[Path], Document | None], name_of: Callable[[Path], str]) -> list[str]:
    """Give hits as texts, joined where they touch, in the order of the best hit in each.

    Their lines are read anew by `read`, since a file may have changed or been excluded since it was indexed.
    """
    found: dict[Path, list[tuple[int, int, int]]] = defaultdict(list)
    for rank, hit in enumerate(hits):
        lines = split_lines(hit.text)
        size = len(lines) - (len(lines) > 1 and not lines[-1])
        found[hit.path].append((hit.line, hit.line + size, rank))
    texts: list[tuple[int, str]] = []
    for path, stretches in found.items():
        document = read(path)
        if document is not None:
            texts += [(rank, _text(document, name_of(path), first, end)) for first, end, rank in _joined(stretches)]
    return [text for _, text in sorted(texts) if text]


def _joined(stretches: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    joined: list[tuple[int, int, int]] = []
    for first, end, rank in sorted(stretches):
        if joined and first <= joined[-1][1] + _JOINED_LINES:
            before = joined.pop()
            joined.append((before[0], max(before[1], end), min(before[2], rank)))
        else:
            joined.append((first, end, rank))
    return joined


def _text(document: Document, name: str, first: int, end: int) -> str:
    """Show some lines under their place; "" when there is nothing on them any more."""
    end = min(end, len(document.lines))
    while first < end and not document.content(end - 1).strip():
        end -= 1
    while first < end and not document.content(first).strip():
        first += 1
    if first >= end:
        return ""
    shown = "\n".join(document.content(line) for line in range(first, end))
    return f"{name}:{first + 1}-{end}\n{shown}\n"
