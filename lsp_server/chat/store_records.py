"""The stored conversations, as one thread reads and writes them in one file that several processes share.

Every change is one transaction: after a crash at any point it is there or it is not.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from lsp_server.chat.segment import Segment, SessionRow, Stored, segment_of
from lsp_server.chat.store_schema import open_database, transaction, translated
from lsp_server.errors import AssistantError

Column: TypeAlias = Literal["title", "mode", "model"]

_PAGE = 50
_MOST_FOUND = 50

_ROW = "id, cwd, title, created_s, updated_s, parent, mode, model, coalesce(head, 0)"

_LINE = """
    WITH RECURSIVE line (id, before) AS (
        SELECT id, before FROM segment WHERE id = ?
        UNION ALL SELECT segment.id, segment.before FROM segment JOIN line ON segment.id = line.before
    )
"""
_LOAD = f"{_LINE} SELECT segment.id, kind, body, created_s FROM line JOIN segment USING (id) ORDER BY segment.id"

# From a segment on to the heads of all sessions in which it stands, the latest of them first.
_HOLDERS = f"""
    WITH RECURSIVE later (id) AS (
        SELECT ? UNION ALL SELECT segment.id FROM segment JOIN later ON segment.before = later.id
    )
    SELECT {_ROW} FROM session WHERE head IN (SELECT id FROM later) ORDER BY updated_s DESC, id LIMIT 1
"""
# Excerpts are made only of what is given. All segments of a folder's sessions are "mine"; "" is every folder.
_FIND = """
    WITH RECURSIVE mine (id) AS (
        SELECT head FROM session WHERE cwd = :cwd AND head IS NOT NULL
        UNION SELECT before FROM segment JOIN mine USING (id) WHERE before IS NOT NULL
    ), best (id) AS (
        SELECT rowid FROM found WHERE found MATCH :query AND (:cwd = '' OR rowid IN mine) ORDER BY rank LIMIT :limit
    )
    SELECT rowid, snippet(found, 0, '', '', '…', 24) FROM found
    WHERE found MATCH :query AND rowid IN best ORDER BY rank, rowid DESC
"""


class MovedOn(AssistantError):
    """Another process has gone on with the conversation since it was read here."""


class UnknownSession(AssistantError):
    """There is no conversation of that id, or it was deleted."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some sessions, the latest first; `cursor` asks for those after them, "" when there are none."""

    sessions: tuple[SessionRow, ...]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A segment that holds the words, with an excerpt of its text, and the latest session in which it stands."""

    session: SessionRow
    segment_id: int
    excerpt: str


class Records:
    """The conversations in a file; None is a file in memory, which ends with the object.

    The file grows to `most_bytes`, if given. Every
    method raises StoreFailed when the file cannot be used, and UnknownSession for a session that is not there.
    """

    def __init__(
        self, path: Path | None, clock: Callable[[], float] = time.time, most_bytes: int | None = None
    ) -> None:
        self.path = path
        self._clock = clock
        self._connection = open_database(path, most_bytes)

    def create(self, cwd: str, title: str = "", mode: str = "", model: str = "", session_id: str = "") -> SessionRow:
        """Begin a conversation about a folder."""
        now = self._clock()
        row = SessionRow(session_id or uuid.uuid4().hex, _storable(cwd), _storable(title), now, now, "", mode, model)
        with self._changing():
            self._insert(row)
        return row

    def session(self, session_id: str) -> SessionRow:
        """Give a session."""
        with translated(self.path):
            return self._session(session_id)

    def sessions(self, cwd: str = "", cursor: str = "", limit: int = _PAGE) -> Page:
        """Give the sessions of a folder, or all, the latest first; `cursor` is that of the page before."""
        where: list[str] = ["head IS NOT NULL", "(updated_s, id) < (?, ?)"]
        values: list[object] = [*_after(cursor)]
        if cwd:
            where.append("cwd = ?")
            values.append(_storable(cwd))
        query = f"SELECT {_ROW} FROM session WHERE {' AND '.join(where)} ORDER BY updated_s DESC, id DESC LIMIT ?"
        with translated(self.path):
            rows = [SessionRow(*row) for row in self._connection.execute(query, (*values, limit + 1))]
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(tuple(rows[:limit]), f"{last.updated_s!r} {last.id}" if last else "")

    def load(self, session_id: str) -> Stored:
        """Give a session with all of its segments, also those that a summary stands for."""
        with translated(self.path):
            session = self._session(session_id)
            rows = self._connection.execute(_LOAD, (session.head,)).fetchall()
        return Stored(session, tuple(segment_of(*row) for row in rows))

    def append(self, session_id: str, after: int, segments: Sequence[Segment]) -> tuple[int, ...]:
        """Store segments behind the one with the id `after` (0: at the beginning), and give their ids.

        Raises MovedOn when the session ends otherwise by now.
        """
        now, ids = self._clock(), []
        with self._changing():
            if self._session(session_id).head != after:
                raise MovedOn("This conversation has gone on in another window: load it again, or fork it.")
            for segment in segments:
                after = self._add(segment, after, now)
                ids.append(after)
            self._move(session_id, after, now)
        return tuple(ids)

    def change(self, session_id: str, column: Column, value: str) -> None:
        """Give a session another title, mode or model."""
        with self._changing():
            self._session(session_id)
            self._connection.execute(f"UPDATE session SET {column} = ? WHERE id = ?", (_storable(value), session_id))

    def fork(self, session_id: str, at: int | None = None, title: str = "") -> SessionRow:
        """Begin a session that shares another one's segments up to the one with the id `at`: all of them, or none (0).

        Neither changes when the other goes on, goes back or is deleted.
        """
        with self._changing():
            old = self._session(session_id)
            return self._begin_from(old, self._place(old, old.head if at is None else at), title)

    def branch(self, session_id: str, head: int) -> SessionRow:
        """Begin a session where another process has left ours behind; where that is gone, from what there is."""
        with self._changing():
            old = self._session(session_id)
            is_there = self._connection.execute("SELECT 1 FROM segment WHERE id = ?", (head,)).fetchone()
            return self._begin_from(old, head if is_there or head == 0 else old.head)

    def roll_back(self, session_id: str, to: int) -> None:
        """Make a segment the last one of a session (0: none). What came after it is deleted, unless a fork has it."""
        with self._changing():
            session = self._session(session_id)
            head = self._place(session, to)
            self._move(session_id, head, self._clock())
            self._prune(session.head)

    def delete(self, session_id: str) -> None:
        """Delete a session, and of its segments those that no fork has."""
        with self._changing():
            self._delete(self._session(session_id))
        self._forget()

    def delete_older(self, than_s: float) -> int:
        """Delete the sessions that nobody has gone on with since then, and give how many they were."""
        query = f"SELECT {_ROW} FROM session WHERE updated_s < ?"
        with self._changing():
            old = [SessionRow(*row) for row in self._connection.execute(query, (than_s,))]
            for session in old:
                self._delete(session)
        if old:
            self._forget()
        return len(old)

    def search(self, words: str, cwd: str = "", limit: int = 20) -> tuple[Found, ...]:
        """Give the segments of all sessions in which all of some words stand, or words that begin so, best first."""
        query = " ".join('"' + word.replace('"', '""') + '"*' for word in _storable(words).replace("\0", " ").split())
        if not query:
            return ()
        with translated(self.path):
            return tuple(self._found(query, _storable(cwd), min(limit, _MOST_FOUND)))

    def close(self) -> None:
        """Let go of the file."""
        with translated(self.path):
            self._connection.close()

    def _found(self, query: str, cwd: str, limit: int) -> Iterator[Found]:
        for segment_id, excerpt in self._connection.execute(_FIND, {"query": query, "cwd": cwd, "limit": limit}):
            row = self._connection.execute(_HOLDERS, (segment_id,)).fetchone()
            yield Found(SessionRow(*row), segment_id, excerpt)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with translated(self.path), transaction(self._connection):
            yield

    def _forget(self) -> None:
        """Take deleted words out of the index and the log, too."""
        with translated(self.path):
            self._connection.execute("INSERT INTO found (found) VALUES ('optimize')")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _session(self, session_id: str) -> SessionRow:
        row = self._connection.execute(f"SELECT {_ROW} FROM session WHERE id = ?", (_storable(session_id),)).fetchone()
        if row is None:
            raise UnknownSession("This conversation is not known here: start a new one.")
        return SessionRow(*row)

    def _insert(self, row: SessionRow) -> None:
        values = (row.id, row.cwd, row.title, row.created_s, row.updated_s, row.parent, row.mode, row.model)
        self._connection.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*values, row.head or None))

    def _begin_from(self, old: SessionRow, head: int, title: str = "") -> SessionRow:
        now, title = self._clock(), _storable(title) or old.title
        row = SessionRow(uuid.uuid4().hex, old.cwd, title, now, now, old.id, old.mode, old.model, head)
        self._insert(row)
        return row

    def _add(self, segment: Segment, after: int, now: float) -> int:
        values = (after or None, segment.kind, now, segment.body)
        added = self._connection.execute(
            "INSERT INTO segment (before, kind, created_s, body) VALUES (?, ?, ?, ?)", values
        )
        assert added.lastrowid is not None  # SQLite gives one for every INSERT
        if words := _storable(segment.words):
            self._connection.execute("INSERT INTO found (rowid, words) VALUES (?, ?)", (added.lastrowid, words))
        return added.lastrowid

    def _move(self, session_id: str, head: int, now: float) -> None:
        values = (head or None, now, session_id)
        self._connection.execute("UPDATE session SET head = ?, updated_s = ? WHERE id = ?", values)

    def _place(self, session: SessionRow, segment_id: int) -> int:
        """Give back the id of a segment that stands in a session."""
        query = f"{_LINE} SELECT 1 FROM line WHERE id = ?"
        if segment_id and self._connection.execute(query, (session.head, segment_id)).fetchone() is None:
            raise AssistantError("This message is not in the conversation any more: load the conversation again.")
        return segment_id

    def _delete(self, session: SessionRow) -> None:
        self._connection.execute("DELETE FROM session WHERE id = ?", (session.id,))
        self._prune(session.head)

    def _prune(self, head: int) -> None:
        """Delete from a segment backwards what no session ends with and nothing follows."""
        needed = (
            "SELECT 1 FROM session WHERE head = :id UNION ALL SELECT 1 FROM segment WHERE before = :id UNION ALL"
            " SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM segment WHERE id = :id)"
        )
        while head and self._connection.execute(needed, {"id": head}).fetchone() is None:
            before = self._connection.execute("SELECT before FROM segment WHERE id = ?", (head,)).fetchone()[0]
            self._connection.execute("DELETE FROM found WHERE rowid = ?", (head,))
            self._connection.execute("DELETE FROM segment WHERE id = ?", (head,))
            head = before or 0


def _after(cursor: str) -> tuple[float, str]:
    """Give time and id of the last session of the page before."""
    if not cursor:
        return math.inf, ""
    updated, _, session_id = cursor.partition(" ")
    try:
        return float(updated), session_id
    except ValueError as error:
        raise AssistantError("This list cannot be continued: ask for it from the beginning.") from error


def _storable(text: str) -> str:
    """Give a text without halves of surrogate pairs, which no file of text can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
