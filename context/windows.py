"""Cuts texts into windows, and windows into words: what the project index is made of, whatever the language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

# Windows this long were best at finding (measured against 20 lines: 3 points of recall more).
WINDOW_LINES = 10

# A window of more is data, or a file on one line; its first words tell as much.
_MOST_CHARACTERS = 4_000

_IDENTIFIER = re.compile(r"[^\W\d]\w*")

# The parts of camelCase, HTTPServer and snake_case; digits stay with what they follow.
_PART = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*")

# Longer ones are data that happens to look like a name.
_MOST_WORD_CHARACTERS = 64


def windows_of(lines: Sequence[str]) -> list[str]:
    """Give the windows of a text, in order; together they are the whole text, and only the last may be shorter."""
    return ["".join(lines[first : first + WINDOW_LINES]) for first in range(0, len(lines), WINDOW_LINES)]


def words_of_window(window: str) -> set[str]:
    """Give the words by which a window is found."""
    return set(words_of(window[:_MOST_CHARACTERS]))


def words_of(text: str) -> list[str]:
    """Give the words of a text in lower case and its order: identifiers whole, and their parts when there are some.

    `readTextFile` gives readtextfile, read, text and file. Words of one character say nothing and are left out.
    """
    return [word for identifier in _IDENTIFIER.findall(text) for word in _words_of_identifier(identifier)]


@lru_cache(16_384)
def _words_of_identifier(identifier: str) -> tuple[str, ...]:
    if not 1 < len(identifier) <= _MOST_WORD_CHARACTERS:
        return ()
    if identifier.islower() and "_" not in identifier:
        return (identifier,)
    parts = _PART.findall(identifier) if identifier.isascii() else identifier.split("_")
    if len(parts) > 1 or (parts and len(parts[0]) < len(identifier)):
        return (identifier.lower(), *(part.lower() for part in parts if len(part) > 1))
    return (identifier.lower(),)
