"""Keeps what a tool gives within bounds, and says where the rest is."""

from __future__ import annotations

from context.text import split_lines

MOST_LINES = 2_000
MOST_BYTES = 50_000


def capped(lines: list[str] | tuple[str, ...], first: int = 1, *, more: str = "ask with offset") -> str:
    """Give as many whole lines as fit, numbered from `first` for the pointer to the rest.

    A single line that is too long is cut. `more` tells the model how to get the rest.
    """
    kept: list[str] = []
    size_bytes = 0
    for line in lines[:MOST_LINES]:
        size_bytes += len(line.encode("utf-8", "replace"))
        if size_bytes > MOST_BYTES and kept:
            break
        kept.append(line if size_bytes <= MOST_BYTES else f"{line[: MOST_BYTES // 4]} … (the line goes on)\n")
    text = "".join(kept)
    if len(kept) == len(lines):
        return text
    newline = "" if text.endswith("\n") or not text else "\n"
    return f"{text}{newline}… lines {first + len(kept)}–{first + len(lines) - 1} left out: {more}"


def capped_text(text: str, *, more: str) -> str:
    """Give as much of a text as fits, by whole lines."""
    lines = split_lines(text)
    return capped(lines if lines[-1] else lines[:-1], more=more)
