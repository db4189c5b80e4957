"""The file of the stored conversations: its tables and their migrations, how it is opened, and what its faults mean.

Segments form a tree, as commits do: each knows the one before it, and a session is a name for a last one (its `head`).
So a fork copies nothing, a way back moves a head, and a message is in the file once.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lsp_server.errors import AssistantError

# The n-th brings a file from version n - 1 to n. A migration that was released is never changed.
MIGRATIONS: Sequence[str] = (
    """
    CREATE TABLE segment (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        before INTEGER REFERENCES segment (id),
        kind TEXT NOT NULL, created_s REAL NOT NULL, body TEXT NOT NULL
    );
    CREATE INDEX segment_before ON segment (before);
    CREATE TABLE session (
        id TEXT PRIMARY KEY, cwd TEXT NOT NULL, title TEXT NOT NULL,
        created_s REAL NOT NULL, updated_s REAL NOT NULL,
        parent TEXT NOT NULL, mode TEXT NOT NULL, model TEXT NOT NULL,
        head INTEGER REFERENCES segment (id)
    ) WITHOUT ROWID;
    CREATE INDEX session_updated ON session (updated_s, id);
    CREATE INDEX session_head ON session (head);
    CREATE VIRTUAL TABLE found USING fts5 (words, tokenize = "unicode61 remove_diacritics 2");
    """,
)

# Another process writes for milliseconds; one that is stopped in a debugger shall not stop us.
_BUSY_S = 5.0
_ATTEMPTS = 250

_FULL, _READ_ONLY, _BUSY, _LOCKED, _CORRUPT, _NOT_A_DATABASE = 13, 8, 5, 6, 11, 26
_FAULTS = {
    _FULL: "The disk, or what conversations may take of it, is full, so this one is not kept: make room.",
    _READ_ONLY: "{} cannot be written, so conversations are not kept: check who may write there.",
    _BUSY: "{} is held by another program, so this conversation is not kept for now.",
    _LOCKED: "{} is held by another program, so this conversation is not kept for now.",
    _CORRUPT: "{} is damaged, so conversations are not kept: move it away, and a new one is made.",
    _NOT_A_DATABASE: "{} is no store of conversations, so they are not kept: move it away, and a new one is made.",
}
_OTHER = "{} cannot be used, so conversations are not kept: {}."


class StoreFailed(AssistantError):
    """The store of conversations cannot be read or written; what was not stored is still with whoever has it."""


def open_database(path: Path | None, most_bytes: int | None = None) -> sqlite3.Connection:
    """Open the file at a path, made or migrated if need be; None opens one in memory. Raises StoreFailed.

    Only the person may read it (mode 0600, in a folder that only they may enter when it is made here).
    """
    with translated(path):
        if path is not None:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            path.chmod(0o600)
        name = ":memory:" if path is None else str(path)
        connection = sqlite3.connect(name, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection)
            if most_bytes is not None:
                page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]
                connection.execute(f"PRAGMA max_page_count = {max(1, most_bytes // page_bytes)}")
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """Raise StoreFailed for what goes wrong with the file, with a sentence that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        raise StoreFailed(_FAULTS.get(code, _OTHER).format(path or "The memory", error)) from error
    except OSError as error:
        raise StoreFailed(_OTHER.format(path, error.strerror or error)) from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of something or nothing, with nobody else writing meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.commit()
    except BaseException:
        if connection.in_transaction:  # a full disk may have ended it already
            connection.rollback()
        raise


def _prepare(connection: sqlite3.Connection) -> None:
    _share(connection)
    # FULL: what was acknowledged outlives a crash of the machine, too. A turn has few segments.
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "journal_size_limit = 8000000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA secure_delete = ON")  # what a person deletes is overwritten
    if _version(connection) == len(MIGRATIONS):
        return
    with transaction(connection):
        version = _version(connection)  # another process may have been faster
        if version > len(MIGRATIONS):
            raise StoreFailed("The conversations were stored by a newer Antiphon: update this one to keep them.")
        for number, migration in enumerate(MIGRATIONS[version:], version + 1):
            for statement in filter(str.strip, migration.split(";\n")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


def _share(connection: sqlite3.Connection) -> None:
    """Let readers and a writer work beside each other. SQLite does not wait its turn for this, so we do."""
    for attempt in range(_ATTEMPTS):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (_BUSY, _LOCKED) or attempt == _ATTEMPTS - 1:
                raise
            time.sleep(_BUSY_S / _ATTEMPTS)


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
