"""Which windows each word stands in: an inverted index in blocks, kept by the writer and asked by readers.

A question takes the rarest of its words, as many as are affordable, and sums up what finding each is worth.
"""

from __future__ import annotations

import math
import sqlite3
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from context.index_file import BLOCK_BITS

# Runs a statement with some values, and gives its rows.
Run: TypeAlias = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]

# A word in more than this share of the windows tells them apart too little for what it costs.
_COMMON = 0.1
_ALWAYS_RARE = 20

# How many windows of words one question may touch, at 0.15 µs each; with 12,000 recall was a point better at most.
_MOST_TOUCHED = 5_000

# More words than a person has on one screen.
_MOST_WORDS = 400

_BLOCK = 1 << BLOCK_BITS
_REPLACE = "UPDATE word SET windows = ? WHERE word = ? AND block = ?"
_ADD = """
    INSERT INTO word VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET windows = CAST(windows || excluded.windows AS BLOB)
"""


class Words:
    """The words of all windows, for the writer. What is added is written by `flush`, many windows of a word at once.

    Windows are numbered upwards, so that the numbers of a word are in order, too. Raises sqlite3.Error.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._added: dict[tuple[str, int], array[int]] = {}

    def add(self, first: int, windows: Sequence[set[str]]) -> None:
        """Add the words of windows that are numbered from `first`."""
        for number, words in enumerate(windows, first):
            block, place = divmod(number, _BLOCK)
            for word in (*words, "") if words else ():
                self._added.setdefault((word, block), array("H")).append(place)

    def remove(self, first: int, windows: Sequence[set[str]]) -> None:
        """Take out the words of windows that are numbered from `first`."""
        self.flush()
        end = first + len(windows)
        words = {"", *(word for window in windows for word in window)}
        for block in range(first // _BLOCK, (end - 1) // _BLOCK + 1):
            start = block * _BLOCK
            for word in words:
                self._cut(word, block, max(first - start, 0), min(end - start, _BLOCK))

    def flush(self) -> None:
        """Write what was added."""
        rows = ((word, block, places.tobytes()) for (word, block), places in sorted(self._added.items()))
        self._connection.executemany(_ADD, rows)
        self._added.clear()

    def _cut(self, word: str, block: int, start: int, end: int) -> None:
        key = (word, block)
        row = self._connection.execute("SELECT windows FROM word WHERE word = ? AND block = ?", key).fetchone()
        places = array("H", row[0] if row else b"")
        del places[bisect_left(places, start) : bisect_left(places, end)]
        if places:
            self._connection.execute(
                "UPDATE word SET windows = ? WHERE word = ? AND block = ?", (places.tobytes(), *key)
            )
        else:
            self._connection.execute("DELETE FROM word WHERE word = ? AND block = ?", key)


def windows_with(run: Run, words: Mapping[str, float]) -> dict[int, float]:
    """Give the numbers of the windows that hold any of some weighted words, with the sums of what those are worth.

    A word is worth its weight, and more the rarer it is (the idf of BM25).
    """
    worth = _worth(run, words)
    found: dict[int, float] = defaultdict(float)
    statement = f"SELECT word, block, windows FROM word WHERE word IN ({', '.join('?' * len(worth))})"
    for word, block, places in run(statement, list(worth)):
        start, more = block * _BLOCK, worth[word]
        for place in array("H", places):
            found[start + place] += more
    return found


def _worth(run: Run, words: Mapping[str, float]) -> dict[str, float]:
    """Give the words to look for with what finding each is worth, as many as are affordable; at least one if known."""
    asked = list(words)[:_MOST_WORDS]
    marks = ", ?" * len(asked)
    statement = f"SELECT word, sum(length(windows)) / 2 FROM word WHERE word IN (''{marks}) GROUP BY word"
    counted: dict[str, int] = {row[0]: row[1] for row in run(statement, asked)}
    count = counted.pop("", 0)
    common = max(_ALWAYS_RARE, count * _COMMON)
    worth: dict[str, float] = {}
    touched = 0
    for size, word in sorted((size, word) for word, size in counted.items()):
        touched += size
        if (size > common or touched > _MOST_TOUCHED) and worth:
            break
        worth[word] = words[word] * math.log(1 + (count - size + 0.5) / (size + 0.5))
    return worth
