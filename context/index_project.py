"""The project as retrieval asks for it, answered from the index file."""

from __future__ import annotations

import json
import os
import sqlite3
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cachetools import LRUCache

from context.folders import path_of
from context.index_file import WORD_COUNT_BITS, unshuffled
from context.index_store import inflated
from context.index_words import windows_with
from context.languages import LANGUAGES
from context.project import Definition, File, Window, folded, path_parts
from context.snippet import WORD
from context.text import Span, split_lines

# BM25's constants (Robertson and Zaragoza 2009), with every word counted once a window, and the words of a window of
# ten lines in five projects, on average.
_K1, _B = 1.2, 0.75
_MEAN_WORDS = 28

# A window so many times worse than the best is not brought to the top by any length or factor.
_HOPELESS = 6
_MOST_LOOKED_AT = 300

# What follows a name in so many files tells what it is used for.
_MOST_USES = 200

# A name that is defined more often says nothing.
_MOST_DEFINITIONS = 40

# The kinds of definitions that are looked up for a name.
_KINDS = ("function", "method", "class", "interface", "enum", "struct", "type")

# Longer definitions are read to here only.
_MOST_DEFINITION_CHARACTERS = 60_000

# What is kept between questions: 4 MB of texts, and what is known of so many files and paths.
_KEPT_CHARACTERS = 4_000_000
_KEPT_FILES = 10_000
_KEPT_URIS = 4_096


class Memory:
    """What was read of files, for the next question. A version of a file never changes, so nothing of it gets old."""

    def __init__(self) -> None:
        self.files: dict[int, File] = {}
        self.numbers: list[int] = []
        self.texts: LRUCache[int, str] = LRUCache(_KEPT_CHARACTERS, len)
        self.paths: LRUCache[str, str] = LRUCache(_KEPT_URIS)

    def keep(self, files: Iterable[File]) -> None:
        """Know some files from now on, and others no more when there are too many."""
        if len(self.files) > _KEPT_FILES:
            self.files.clear()
        self.files.update((file.number, file) for file in files)
        self.numbers = sorted(self.files)

    def file_around(self, number: int) -> File | None:
        """Give the file whose window has a number, if it is known."""
        place = bisect_right(self.numbers, number)
        file = self.files[self.numbers[place - 1]] if place else None
        return file if file is not None and number < file.number + len(file.windows) else None

    def clear(self) -> None:
        """Forget everything, as when another file takes the place of the index."""
        self.files.clear()
        self.numbers.clear()
        self.texts.clear()
        self.paths.clear()


class IndexedProject:
    """The files of an index as they were at one moment: for one question, on one thread.

    A statement that is interrupted because it is late gives no rows. Raises sqlite3.Error for anything else.
    """

    def __init__(self, root: Path, connection: sqlite3.Connection, memory: Memory) -> None:
        self.root = root
        self._root_uri = root.as_uri().rstrip("/")
        self.connection = connection
        self._memory = memory

    def path(self, uri: str) -> str:
        """Give the path by which a file is known here, "" for one outside of the root; links are followed."""
        paths = self._memory.paths
        if uri not in paths:
            path = path_of(uri)
            real = Path(os.path.realpath(path)) if path else None
            inside = real is not None and real != self.root and real.is_relative_to(self.root)
            paths[uri] = real.relative_to(self.root).as_posix() if real and inside else ""
        return paths[uri]

    def uri(self, path: str) -> str:
        """Give the URI of a path."""
        return f"{self._root_uri}/{quote(path)}"

    def search(
        self, words: Mapping[str, float], language_id: str | None, weigh: Callable[[File], float]
    ) -> list[Window]:
        """Give the windows of a language's files that hold the most of some weighted words, the best first.

        No language: of all files.
        """
        weights: dict[str, float] = defaultdict(float)
        for word, weight in words.items():
            weights[word.lower()] = max(weights[word.lower()], weight)
        totals = windows_with(self._rows, weights)
        least = max(totals.values(), default=0.0) / _HOPELESS
        promising = [number for number, total in totals.items() if total >= least]
        promising.sort(key=totals.__getitem__, reverse=True)
        row = LANGUAGES.get(language_id or "")
        found = islice(self._windows(promising, row.id if row else language_id), _MOST_LOOKED_AT)
        ranked = sorted(
            (Window(file, index, _score(file, index, totals[number]) * weigh(file)) for number, file, index in found),
            key=lambda window: -window.score,
        )
        return [window for window in ranked if window.score > 0]

    def names(self, window: Window) -> frozenset[str]:
        """Give the names that stand in a window."""
        text = self.text(window.file)
        span = self.span(window)
        return frozenset(WORD.findall(text[span.start : span.end]))

    def lines(self, window: Window, more: int) -> tuple[Span, Sequence[str]]:
        """Give a window widened by some lines on both sides, at most a window's: where that is, and its lines."""
        text = self.text(window.file)
        before, start, end, after = (self._place(window.file, window.index + away) for away in (-1, 0, 1, 2))
        above = split_lines(text[before:start])[:-1][-more:]
        below = split_lines(text[end:after])[:more]
        span = Span(start - sum(map(len, above)), end + sum(map(len, below)))
        return span, split_lines(text[span.start : span.end])

    def uses(self, name: str) -> list[tuple[File, str]]:
        """Give what follows a name in the files, in a fair sample of them if there are many."""
        rows = self._rows("SELECT shuffled, member FROM use WHERE name = ? LIMIT ?", (name, _MOST_USES))
        numbers = [unshuffled(number) for number, _ in rows]
        files = self._know(numbers)
        return [(files[number], row[1]) for number, row in zip(numbers, rows, strict=True) if number in files]

    def definitions(self, names: Collection[str]) -> Mapping[str, Sequence[Definition]]:
        """Give where each of some names is defined, in whatever case it is written there."""
        asked: dict[str, list[str]] = defaultdict(list)
        for name in names:
            asked[folded(name)].append(name)
        rows = self._rows(_COUNTED.format(_marks(asked)), (*asked, _MOST_DEFINITIONS))
        known = [word for (word,) in rows]
        found: dict[str, list[Definition]] = defaultdict(list)
        rows = self._rows(_DEFINED.format(f"folded IN ({_marks(known)})"), known)
        for definition in self._defined(rows):
            for name in asked[folded(definition.name)]:
                found[name].append(definition)
        return found

    def definition(self, path: str, name: str) -> Definition | None:
        """Give where a file defines a name."""
        condition = "folded = ? AND name = ? AND file_id = (SELECT id FROM file WHERE path = ?)"
        rows = self._rows(_DEFINED.format(condition), (folded(name), name, path))
        return next(self._defined(rows), None)

    def source(self, definition: Definition) -> Sequence[str]:
        """Give the lines of a definition."""
        start = definition.span.start
        end = min(definition.span.end, start + _MOST_DEFINITION_CHARACTERS)
        return split_lines(self.text(definition.file)[start:end])

    def modules(self, names: Sequence[str]) -> list[str]:
        """Give the paths of files that a dotted name may mean, those that agree in the most parts."""
        best: list[str] = []
        most = 1 if len(names) > 1 else 0
        for end in range(len(names), most, -1):
            place = (names[end - 1], names[end - 2]) if end > 1 else (names[0],)
            for (path,) in self._rows(_IN_FOLDER if end > 1 else _ANYWHERE, place):
                agreed = _agreeing(path_parts(path), names[:end])
                if agreed > most:
                    best, most = [], agreed
                if agreed == most > 0:
                    best.append(path)
        return best

    def text(self, file: File) -> str:
        """Give the text of a file; "" when it is late."""
        texts = self._memory.texts
        if file.number not in texts:
            rows = self._rows("SELECT text FROM file WHERE id = ?", (file.number,))
            text = inflated(rows[0][0]) if rows else ""
            if not 0 < len(text) <= _KEPT_CHARACTERS:
                return text
            texts[file.number] = text
        return texts[file.number]

    def span(self, window: Window) -> Span:
        """Give where a window is."""
        return Span(self._place(window.file, window.index), self._place(window.file, window.index + 1))

    def outline(self, file: File) -> list[Span]:
        """Give where the definitions of a file are."""
        return [Span(*row) for row in self._rows(_OUTLINE, (file.number,))]

    def _rows(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        try:
            return self.connection.execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return []
            raise

    def _windows(self, numbers: Sequence[int], language_id: str | None) -> Iterator[tuple[int, File, int]]:
        """Give numbers of windows again, those of a language, with their files and their indices in these."""
        for start in range(0, len(numbers), _MOST_LOOKED_AT):
            asked = numbers[start : start + _MOST_LOOKED_AT]
            for number, file in zip(asked, self._files_around(asked), strict=True):
                if file is not None and (language_id is None or file.language_id == language_id):
                    yield number, file, number - file.number

    def _files_around(self, numbers: Sequence[int]) -> list[File | None]:
        """Give the files whose windows have some numbers."""
        found = [self._memory.file_around(number) for number in numbers]
        missing = [number for number, file in zip(numbers, found, strict=True) if file is None]
        if missing:
            self._learn("id IN (SELECT (SELECT max(id) FROM file WHERE id <= value) FROM json_each(?))", missing)
            found = [self._memory.file_around(number) for number in numbers]
        return found

    def _know(self, numbers: Collection[int]) -> Mapping[int, File]:
        """Read what is not known yet of some files; gives all that is known of any."""
        missing = [number for number in numbers if number not in self._memory.files]
        if missing:
            self._learn("id IN (SELECT value FROM json_each(?))", missing)
        return self._memory.files

    def _learn(self, condition: str, numbers: Sequence[int]) -> None:
        rows = self._rows(f"SELECT id, path, language_id, windows FROM file WHERE {condition}", (json.dumps(numbers),))
        self._memory.keep(File(number, path, language, array("I", windows)) for number, path, language, windows in rows)

    def _defined(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[Definition]:
        files = self._know({number for number, *_ in rows})
        for number, name, kind, start, end in rows:
            if number in files:
                yield Definition(files[number], name, kind, Span(start, end))

    def _place(self, file: File, index: int) -> int:
        """Give where a window of a file begins; the one after the last begins at the end."""
        if index < len(file.windows):
            return file.windows[max(index, 0)] >> WORD_COUNT_BITS
        return len(self.text(file))


_ANYWHERE = "SELECT path FROM file WHERE stem = ? LIMIT 200"
_IN_FOLDER = "SELECT path FROM file WHERE stem = ? AND folder = ? LIMIT 200"
_DEFINED = f"SELECT file_id, name, kind, start, end FROM symbol WHERE {{}} AND kind IN {_KINDS}"
_COUNTED = f"SELECT folded FROM symbol WHERE folded IN ({{}}) AND kind IN {_KINDS} GROUP BY folded HAVING count(*) <= ?"
_OUTLINE = f"SELECT start, end FROM symbol WHERE file_id = ? AND kind IN {_KINDS}"


def _score(file: File, index: int, total: float) -> float:
    words = file.windows[index] & ((1 << WORD_COUNT_BITS) - 1)
    return total * (_K1 + 1) / (1 + _K1 * (1 - _B + _B * words / _MEAN_WORDS))


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _agreeing(parts: Sequence[str], names: Sequence[str]) -> int:
    """Count how many of the last names are the last parts."""
    count = 0
    for part, name in zip(reversed(parts), reversed(names), strict=False):
        if part != name:
            break
        count += 1
    return count
