"""The file of the project index: its tables, how it is opened or made anew, and who may write it."""

from __future__ import annotations

import logging
import os
import sqlite3
import zlib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from context.languages import ROWS

logger = logging.getLogger(__name__)

# Raise it when the tables or the words change: an index of another version is set aside and made anew.
SCHEMA_VERSION = 2

# The windows of a word are kept by blocks of so many (2 to this), two bytes each: what a change of a file has to write
# anew is small, and what a question has to read lies together.
BLOCK_BITS = 14

# A file has no more windows than this: one of 160,000 lines is data.
MOST_WINDOWS = 1 << BLOCK_BITS

# A file's row holds its text, deflated, and its windows, a number each: where it begins (in code points) above these
# bits, and how many words it has, or all ones for more, within.
WORD_COUNT_BITS = 8

# Every window has a number of its own, which no other one will ever have, and a file's number is that of its first. So
# what was once read of a version of a file stays true. The word "" stands in every window that has any word.
SCHEMA = """
CREATE TABLE number (next INTEGER NOT NULL);
INSERT INTO number VALUES (1);
CREATE TABLE file (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, stem TEXT NOT NULL, folder TEXT NOT NULL,
    language_id TEXT NOT NULL, size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, digest BLOB NOT NULL,
    windows BLOB NOT NULL, text BLOB NOT NULL
);
CREATE INDEX file_stem ON file (stem, folder);
CREATE TABLE symbol (
    file_id INTEGER NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL, kind TEXT NOT NULL, container TEXT NOT NULL,
    signature TEXT NOT NULL, doc TEXT NOT NULL, line INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL
);
CREATE INDEX symbol_folded ON symbol (folded, kind);
CREATE INDEX symbol_file ON symbol (file_id);
CREATE TABLE use (
    name TEXT NOT NULL, shuffled INTEGER NOT NULL, member TEXT NOT NULL, PRIMARY KEY (name, shuffled, member)
) WITHOUT ROWID;
CREATE TABLE word (
    word TEXT NOT NULL, block INTEGER NOT NULL, windows BLOB NOT NULL, PRIMARY KEY (word, block)
) WITHOUT ROWID;
"""

# Odd, so that multiplying by it gives every number of 32 bits another one (Knuth's, near 2^32 divided by phi).
_SPREAD = 2_654_435_761
_UNSPREAD = pow(_SPREAD, -1, 1 << 32)

_CORRUPT, _NOT_A_DATABASE = 11, 26


def shuffled(file_id: int) -> int:
    """Give a file's number in an order of no meaning: the first few rows of a name are a fair sample of all files."""
    return file_id * _SPREAD & 0xFFFF_FFFF


def unshuffled(number: int) -> int:
    """Give a file's number back."""
    return number * _UNSPREAD & 0xFFFF_FFFF


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


def open_or_create(database: Path) -> sqlite3.Connection:
    """Open the file for writing; one of another version is removed, a damaged one set aside, and a new one made."""
    return _sound(database) or create(database)


def create(database: Path) -> sqlite3.Connection:
    """Make a new file."""
    connection = _opened(database)
    versions = f"PRAGMA user_version = {SCHEMA_VERSION}; PRAGMA application_id = {_fingerprint()};"
    connection.executescript(f"BEGIN; {SCHEMA} {versions} COMMIT;")
    return connection


def set_aside(database: Path) -> Path:
    """Rename the file, and give its new place; one that was set aside before is gone."""
    aside = database.with_suffix(".damaged")
    os.replace(database, aside)
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    return aside


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
        set_aside(database)
        return None
    version = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id")]
    if version == [SCHEMA_VERSION, _fingerprint()]:
        return connection
    connection.close()
    set_aside(database).unlink()
    return None


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
