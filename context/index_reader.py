"""Questions to the project index, each with a deadline: what was found until then is the answer.

For one thread of its own; nothing here writes, and nothing here raises when the file is missing, busy or damaged.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from context.index_chunks import Chunk, chunks
from context.index_file import SCHEMA_VERSION, is_damage
from context.index_project import IndexedProject, Memory
from context.project import Project, folded
from context.snippet import Snippet
from context.text import Span

logger = logging.getLogger(__name__)

T = TypeVar("T")
Question: TypeAlias = Callable[[sqlite3.Connection], Iterator[T]]
ProjectQuestion: TypeAlias = Callable[[Project, Callable[[], bool]], Iterable[Snippet]]

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
class Counts:
    """How much is indexed; zeros, when that could not be told. Not `complete`: there are more files than are taken."""

    files: int = 0
    symbols: int = 0
    windows: int = 0
    size_bytes: int = 0
    complete: bool = True


class Reader:
    """Reads one index file, which may be put in place, replaced or removed by its writer at any time."""

    def __init__(self, root: Path, database: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.damaged = False
        self._root = root
        self._database = database
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._memory = Memory()
        self._deadline_s = 0.0

    def ask(self, question: Question[T], found: list[T], deadline_s: float) -> None:
        """Add the answers to `found` one by one, until there are no more or the clock says `deadline_s`."""
        self._deadline_s = deadline_s
        try:
            connection = self._current()
            if connection is None or self.late():
                return
            connection.set_progress_handler(self.late, _INSTRUCTIONS)
            connection.execute("BEGIN")  # all of the answer is about one moment
            try:
                found.extend(question(connection))
            finally:
                connection.set_progress_handler(None, 0)
                connection.rollback()
        except (OSError, sqlite3.Error) as error:
            self._failed(error)
        except Exception:  # whatever it is, the next question has another answer
            logger.exception("a question to the index failed")

    def late(self) -> bool:
        """Tell whether the time for the question at hand is over."""
        return self._clock() >= self._deadline_s

    def close(self) -> None:
        """Let go of the file; the next question opens it again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._memory.clear()

    def symbols(self, names: Sequence[str], limit: int) -> Question[IndexedSymbol]:
        """Ask where some names are defined; those with the fewest definitions come first, since they say most."""
        asked = list(dict.fromkeys(map(_storable, names)))[:_MOST_ASKED]
        marks = ", ".join("?" * len(asked))
        condition = f"folded IN ({marks}) AND name IN ({marks})"

        def question(connection: sqlite3.Connection) -> Iterator[IndexedSymbol]:
            counted = f"SELECT name, count(*) FROM symbol WHERE {condition} GROUP BY name ORDER BY 2, 1"
            room = limit
            for name, _ in connection.execute(counted, (*map(folded, asked), *asked)).fetchall():
                for row in connection.execute(_NAMED, (folded(name), name, room)):
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
        asked = [*map(_storable, texts)]
        return lambda connection: chunks(self._project(connection), asked, limit, language_id)

    def snippets(self, question: ProjectQuestion) -> Question[Snippet]:
        """Ask whatever can be asked of a project; `question` is also given what tells whether it is late."""
        return lambda connection: iter(question(self._project(connection), self.late))

    def counts(self) -> Question[Counts]:
        """Ask how much there is."""

        def question(connection: sqlite3.Connection) -> Iterator[Counts]:
            files, symbols, windows, pages, page_bytes = (
                connection.execute(statement).fetchone()[0] for statement in _COUNTS
            )
            yield Counts(files, symbols, windows, pages * page_bytes)

        return question

    def _project(self, connection: sqlite3.Connection) -> IndexedProject:
        return IndexedProject(self._root, connection, self._memory)

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
        connection = sqlite3.connect(uri, uri=True, timeout=0.1, isolation_level=None, check_same_thread=False)
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

_NAMED = f"{_SYMBOLS} WHERE folded = ? AND name = ? ORDER BY path, line LIMIT ?"

_COUNTS = (
    "SELECT count(*) FROM file",
    "SELECT count(*) FROM symbol INDEXED BY symbol_file",
    "SELECT coalesce(sum(length(windows)), 0) / 2 FROM word WHERE word = ''",
    "PRAGMA page_count",
    "PRAGMA page_size",
)


def _storable(text: str) -> str:
    """Give a text as it is stored: half a surrogate pair is no character."""
    return text.encode("utf-8", "replace").decode()
