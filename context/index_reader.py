"""Questions to the project index, each with a deadline: what was found until then is the answer.

For one thread of its own; nothing here writes, and nothing here raises when the file is missing, busy or damaged.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TypeAlias, TypeVar

from context.chunks import words_of
from context.index_store import SCHEMA_VERSION, inflated, is_damage
from context.languages import LANGUAGES
from context.text import Span

logger = logging.getLogger(__name__)

T = TypeVar("T")
Question: TypeAlias = Callable[[sqlite3.Connection], Iterator[T]]

# So many of the rarest words are looked for: on 29 MB of source 12 take 0.75 ms where 40 take 66 ms. Each chunk that
# holds one is ranked, at 1.5 µs a chunk and word; without this limit the slowest question took 15 ms, with it 2 (p95).
_MOST_WORDS = 12
_MOST_RANKED = 1_000

# Instructions of SQLite's machine between two looks at the clock: about 0.1 ms.
_INSTRUCTIONS = 2_000

# More names or words than a person has on one screen.
_MOST_ASKED = 200


@dataclass(frozen=True, slots=True)
class IndexedSymbol:
    """A definition in the project. `span` is in code points, `line` its first line, both from zero."""

    path: Path
    name: str
    kind: str
    container: str
    signature: str
    doc: str
    line: int
    span: Span


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some lines of a file as they were indexed.

    `score` tells how well they fit: higher is better, to be compared within one answer.
    """

    path: Path
    language_id: str
    line: int
    span: Span
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is indexed. Zeros, when that could not be told."""

    files: int = 0
    symbols: int = 0
    chunks: int = 0
    size_bytes: int = 0


class Reader:
    """Reads one index file, which may be put in place, replaced or removed by its writer at any time."""

    def __init__(self, root: Path, database: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.damaged = False
        self._root = root
        self._database = database
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._data_version = -1
        self._frequencies: dict[str, int] = {}

    def ask(self, question: Question[T], found: list[T], deadline_s: float) -> None:
        """Add the answers to `found` one by one, until there are no more or the clock says `deadline_s`."""
        try:
            connection = self._current()
            if connection is None or self._clock() >= deadline_s:
                return
            connection.set_progress_handler(lambda: self._clock() >= deadline_s, _INSTRUCTIONS)
            found.extend(question(connection))
        except (OSError, sqlite3.Error) as error:
            self._failed(error)

    def close(self) -> None:
        """Let go of the file; the next question opens it again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._frequencies.clear()

    def symbols(self, names: Sequence[str], limit: int) -> Question[IndexedSymbol]:
        """Ask where some names are defined; those with the fewest definitions come first, since they say most."""
        asked = list(dict.fromkeys(map(_storable, names)))[:_MOST_ASKED]
        marks = ", ".join("?" * len(asked))

        def question(connection: sqlite3.Connection) -> Iterator[IndexedSymbol]:
            counted = f"SELECT name, count(*) FROM symbol WHERE name IN ({marks}) GROUP BY name ORDER BY 2, 1"
            room = limit
            for name, _ in connection.execute(counted, asked).fetchall():
                rows = connection.execute(f"{_SYMBOLS} WHERE name = ? ORDER BY path, line LIMIT ?", (name, room))
                for row in rows:
                    room -= 1
                    yield self._symbol(row)
                if room <= 0:
                    return

        return question

    def outline(self, path: str) -> Question[IndexedSymbol]:
        """Ask for the definitions of one file, in the order of its text."""

        def question(connection: sqlite3.Connection) -> Iterator[IndexedSymbol]:
            rows = connection.execute(f"{_SYMBOLS} WHERE path = ? ORDER BY start, end DESC", (_storable(path),))
            yield from map(self._symbol, rows)

        return question

    def search(self, texts: Sequence[str], limit: int, language_id: str | None) -> Question[Chunk]:
        """Ask for the chunks in which the rarest of some words stand, best first (BM25)."""
        words = list(dict.fromkeys(word for text in texts for word in words_of(_storable(text))))[:_MOST_ASKED]
        row = LANGUAGES.get(language_id or "")
        language_id = row.id if row else language_id

        def question(connection: sqlite3.Connection) -> Iterator[Chunk]:
            rarest = self._rarest(connection, words)
            if not rarest:
                return
            match = " OR ".join(f'"{word}"' for word in rarest)
            for path, language, line, start, end, text, rank in connection.execute(
                _CHUNKS, {"match": match, "language": language_id, "limit": limit}
            ):
                yield Chunk(self._root / path, language, line, Span(start, end), inflated(text), -rank)

        return question

    def counts(self) -> Question[Counts]:
        """Ask how much there is."""

        def question(connection: sqlite3.Connection) -> Iterator[Counts]:
            files, symbols, chunks, pages, page_bytes = (
                connection.execute(statement).fetchone()[0] for statement in _COUNTS
            )
            yield Counts(files, symbols, chunks, pages * page_bytes)

        return question

    def _rarest(self, connection: sqlite3.Connection, words: Sequence[str]) -> list[str]:
        self._refresh(connection)
        for word in words:
            if word not in self._frequencies:
                row = connection.execute("SELECT doc FROM vocabulary WHERE term = ?", (word,)).fetchone()
                self._frequencies[word] = row[0] if row else 0
        known = sorted((word for word in words if self._frequencies[word]), key=self._frequencies.__getitem__)
        ranked = accumulate(self._frequencies[word] for word in known)
        fits = [word for word, chunks in zip(known[:_MOST_WORDS], ranked, strict=False) if chunks <= _MOST_RANKED]
        return fits or known[:1]

    def _refresh(self, connection: sqlite3.Connection) -> None:
        """Forget how frequent words are when somebody has written."""
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._data_version:
            self._data_version = version
            self._frequencies.clear()

    def _symbol(self, row: tuple[str, str, str, str, str, str, int, int, int]) -> IndexedSymbol:
        path, name, kind, container, signature, doc, line, start, end = row
        return IndexedSymbol(self._root / path, name, kind, container, signature, doc, line, Span(start, end))

    def _current(self) -> sqlite3.Connection | None:
        """Give a connection to the file that is there now; None when there is none of this version."""
        try:
            inode = os.stat(self._database).st_ino
        except OSError:
            self.close()
            return None
        if self._connection is None or inode != self._inode:
            self.close()
            self._inode = inode
            self._connection = self._opened()
        return self._connection

    def _opened(self) -> sqlite3.Connection | None:
        uri = f"{self._database.as_uri()}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, timeout=0.1, check_same_thread=False)
        try:
            connection.execute("PRAGMA query_only = ON")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error:
            connection.close()
            raise
        if version != SCHEMA_VERSION:
            connection.close()
            return None
        return connection

    def _failed(self, error: OSError | sqlite3.Error) -> None:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            return  # the deadline, and the answer is what was found
        self.damaged = self.damaged or (isinstance(error, sqlite3.Error) and is_damage(error))
        logger.info("the index gives no answer: %s", error)
        self.close()


_SYMBOLS = """
    SELECT path, name, kind, container, signature, doc, line, start, end FROM symbol JOIN file ON file.id = file_id
"""

_CHUNKS = """
    SELECT path, language_id, line, start, end, text, rank
    FROM word JOIN chunk ON chunk.id = word.rowid JOIN file ON file.id = chunk.file_id
    WHERE word MATCH :match AND (:language IS NULL OR language_id = :language)
    ORDER BY rank LIMIT :limit
"""

_COUNTS = (
    "SELECT count(*) FROM file",
    "SELECT count(*) FROM symbol INDEXED BY symbol_file",
    "SELECT count(*) FROM chunk INDEXED BY chunk_file",
    "PRAGMA page_count",
    "PRAGMA page_size",
)


def _storable(text: str) -> str:
    """Give a text as it is stored: half a surrogate pair is no character."""
    return text.encode("utf-8", "replace").decode()
