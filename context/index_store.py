"""The file of the project index, as its one writer sees it: SQLite with a full-text table (FTS5).

A record is a file with its symbols and its chunks. Readers in other processes see whole transactions (write-ahead log),
and one file is written by one process at a time, the one that holds the claim.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from context.chunks import words_of
from context.languages import ROWS
from context.text import Span

logger = logging.getLogger(__name__)

# Raise it when the tables or the words change: an index of another version is set aside and made anew.
SCHEMA_VERSION = 1

# The words are given by `words_of`, so that FTS5 only has to part them at spaces. It stores no text of its own
# (content=''): for 21 MB of source the words take 6.6 MB, and the texts of chunks, deflated, 8.
_SCHEMA = """
CREATE TABLE file (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, language_id TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, digest BLOB NOT NULL
);
CREATE TABLE symbol (
    file_id INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, container TEXT NOT NULL, signature TEXT NOT NULL,
    doc TEXT NOT NULL, line INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL
);
CREATE INDEX symbol_name ON symbol (name);
CREATE INDEX symbol_file ON symbol (file_id);
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL,
    line INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, text BLOB NOT NULL
);
CREATE INDEX chunk_file ON chunk (file_id);
CREATE VIRTUAL TABLE word USING fts5(words, content='', tokenize="unicode61 remove_diacritics 0 tokenchars '_'");
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(word, 'row');
"""

# A change within this time of another may leave no trace in the file's time (kernels count in ticks, FAT in 2 s).
_RACY_NS = 2_100_000_000

_CORRUPT, _NOT_A_DATABASE = 11, 26


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells a version of a file from others without reading it. A time of 0 is never that of a file."""

    size_bytes: int
    mtime_ns: int

    @staticmethod
    def of(path: Path) -> Stamp | None:
        """Give the stamp of a file as it stands; None when it is not there."""
        try:
            status = path.stat()
        except OSError:
            return None
        return Stamp(status.st_size, status.st_mtime_ns)

    def settled(self) -> Stamp:
        """Give what may be stored: a file that changed just now may change again and keep its stamp."""
        return self if time.time_ns() - self.mtime_ns > _RACY_NS else UNSETTLED


UNSETTLED = Stamp(0, 0)


@dataclass(frozen=True, slots=True)
class SymbolRow:
    """A definition as it is stored. `span` is in code points, `line` its first line, both from zero."""

    name: str
    kind: str
    container: str
    signature: str
    doc: str
    line: int
    span: Span


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """Some lines of a file as they are stored."""

    line: int
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """Everything about one file. `path` is relative to the root, with "/"."""

    path: str
    language_id: str
    digest: bytes
    symbols: Sequence[SymbolRow] = ()
    chunks: Sequence[ChunkRow] = ()


def is_damage(error: sqlite3.Error) -> bool:
    """Tell a damaged file from one that is busy, full or not there."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (_CORRUPT, _NOT_A_DATABASE)


class Claim:
    """The right to write, held by one process: a lock on a database of its own that ends with its holder."""

    def __init__(self, database: Path) -> None:
        self._connection = sqlite3.connect(database.with_suffix(".lock"), timeout=0, isolation_level=None)

    def take(self) -> bool:
        """Try once; False while somebody else holds it. Raises sqlite3.Error when the folder cannot be written."""
        try:
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return False
            raise
        return True

    def close(self) -> None:
        """Give it up."""
        self._connection.close()


class Store:
    """The records, for the holder of the claim. What is put becomes visible to readers by `commit`.

    Every method raises sqlite3.Error; after one that `is_damage`, `start_anew`.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._connection = _sound(database) or _new(database)

    def start_anew(self) -> None:
        """Set the file aside and begin an empty one. Raises OSError when it cannot be moved."""
        self._connection.close()
        _set_aside(self._database)
        self._connection = _new(self._database)

    def stored(self, path: str) -> tuple[Stamp, bytes] | None:
        """Give stamp and digest of a file's record."""
        row = self._one("SELECT size_bytes, mtime_ns, digest FROM file WHERE path = ?", path)
        return (Stamp(row[0], row[1]), row[2]) if row else None

    def paths(self) -> set[str]:
        """Give the paths of all records."""
        return {path for (path,) in self._connection.execute("SELECT path FROM file")}

    def touch(self, path: str, stamp: Stamp) -> None:
        """Say that a file with another stamp is the same."""
        values = (stamp.size_bytes, stamp.mtime_ns, path)
        self._connection.execute("UPDATE file SET size_bytes = ?, mtime_ns = ? WHERE path = ?", values)

    def put(self, record: Record, stamp: Stamp) -> None:
        """Store the record of a file in place of the one before."""
        self.remove(record.path)
        values = (record.path, record.language_id, stamp.size_bytes, stamp.mtime_ns, record.digest)
        run = self._connection.execute
        file_id = run("INSERT INTO file VALUES (NULL, ?, ?, ?, ?, ?)", values).lastrowid
        rows = (
            (file_id, s.name, s.kind, s.container, s.signature, s.doc, s.line, s.span.start, s.span.end)
            for s in record.symbols
        )
        self._connection.executemany("INSERT INTO symbol VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        for chunk in record.chunks:
            text = zlib.compress(chunk.text.encode(), 1)
            place = (file_id, chunk.line, chunk.span.start, chunk.span.end, text)
            chunk_id = run("INSERT INTO chunk VALUES (NULL, ?, ?, ?, ?, ?)", place).lastrowid
            run("INSERT INTO word (rowid, words) VALUES (?, ?)", (chunk_id, " ".join(words_of(chunk.text))))

    def remove(self, path: str) -> None:
        """Forget a file."""
        row = self._one("SELECT id FROM file WHERE path = ?", path)
        if row is None:
            return
        run = self._connection.execute
        for chunk_id, text in run("SELECT id, text FROM chunk WHERE file_id = ?", row).fetchall():
            # FTS5 keeps no text here, so it must be told which words it once was given.
            words = " ".join(words_of(inflated(text)))
            run("INSERT INTO word (word, rowid, words) VALUES ('delete', ?, ?)", (chunk_id, words))
        for statement in ("chunk WHERE file_id", "symbol WHERE file_id", "file WHERE id"):
            run(f"DELETE FROM {statement} = ?", row)

    def commit(self) -> None:
        """Show readers what was put and removed."""
        self._connection.commit()

    def close(self) -> None:
        """Close the file; what was not committed is lost."""
        self._connection.close()

    def _one(self, statement: str, value: str) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(statement, (value,)).fetchone()
        return row


def inflated(text: bytes) -> str:
    """Give the text of a chunk back."""
    return zlib.decompress(text).decode()


def _sound(database: Path) -> sqlite3.Connection | None:
    """Open the file; None when there is none, also when it had to go: of another version, or damaged."""
    if not database.exists():
        return None
    try:
        connection = _opened(database)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        logger.warning("%s is damaged and is made anew: %s", database, error)
        _set_aside(database)
        return None
    version = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id")]
    if version == [SCHEMA_VERSION, _fingerprint()]:
        return connection
    connection.close()
    _set_aside(database).unlink()
    return None


def _set_aside(database: Path) -> Path:
    aside = database.with_suffix(".damaged")
    os.replace(database, aside)
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    return aside


def _new(database: Path) -> sqlite3.Connection:
    connection = _opened(database)
    versions = f"PRAGMA user_version = {SCHEMA_VERSION}; PRAGMA application_id = {_fingerprint()};"
    connection.executescript(f"BEGIN; {_SCHEMA} {versions} COMMIT;")
    return connection


def _opened(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, timeout=5)
    try:
        # What a crash of the machine can lose is read from the files again: no need to wait for the disk.
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "journal_size_limit = 8000000"):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _fingerprint() -> int:
    """Give a number that changes with what is known of languages: other queries find other symbols."""
    queries = sorted(resources.files("context.queries").iterdir(), key=lambda entry: entry.name)
    texts: Iterable[bytes] = (entry.read_bytes() for entry in queries if entry.name.endswith(".scm"))
    return zlib.crc32(b"\0".join((repr(ROWS).encode(), *texts))) & 0x7FFFFFFF
