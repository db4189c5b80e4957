"""Cuts texts into chunks, and chunks into words: what the project index is made of, whatever the language."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

# A chunk is about as long as a function. It ends where a definition begins, else at a blank line.
_LEAST_LINES = 20
_MOST_LINES = 40

_IDENTIFIER = re.compile(r"[^\W\d]\w*")

# The parts of camelCase, HTTPServer and snake_case; digits stay with what they follow.
_PART = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*")

# Longer ones are data that happens to look like a name.
_MOST_WORD_CHARACTERS = 64


def chunk_lines(lines: Sequence[str], starts: Collection[int]) -> Iterator[tuple[int, int]]:
    """Give the first and the end line of each chunk of a text, in order; together they are the whole text.

    `starts` are the lines at which definitions begin.
    """
    first = 0
    while first < len(lines):
        end = _end_of_chunk(lines, starts, first)
        yield first, end
        first = end


def words_of(text: str) -> list[str]:
    """Give the words of a text in lower case and its order: identifiers whole, and their parts when there are some.

    `readTextFile` gives readtextfile, read, text and file. Words of one character say nothing and are left out.
    """
    return [word for match in _IDENTIFIER.finditer(text) for word in _words_of_identifier(match[0])]


def _words_of_identifier(identifier: str) -> Iterator[str]:
    if not 1 < len(identifier) <= _MOST_WORD_CHARACTERS:
        return
    yield identifier.lower()
    if identifier.islower() and "_" not in identifier:
        return
    parts = _PART.findall(identifier) if identifier.isascii() else identifier.split("_")
    if len(parts) > 1 or (parts and len(parts[0]) < len(identifier)):
        yield from (part.lower() for part in parts if len(part) > 1)


def _end_of_chunk(lines: Sequence[str], starts: Collection[int], first: int) -> int:
    if len(lines) - first <= _MOST_LINES:
        return len(lines)
    ends = range(first + _LEAST_LINES, first + _MOST_LINES + 1)
    at_definition = next((line for line in ends if line in starts), 0)
    after_blank = next((line for line in reversed(ends) if not lines[line - 1].strip()), 0)
    return at_definition or after_blank or ends[-1]
