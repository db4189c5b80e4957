"""The stored conversations, for the event loop: one thread does what is asked, in the order in which it is asked.

A store that cannot be opened, is full or is read-only stops no conversation. What could not be kept waits in memory, is
tried again with the next step, and `fault` says why; the person is told once for each reason.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import platformdirs

from lsp_server.chat.segment import Segment, SessionRow, Stored
from lsp_server.chat.store_records import Column, Found, MovedOn, Page, Records, UnknownSession
from lsp_server.chat.store_schema import StoreFailed
from lsp_server.errors import AssistantError

logger = logging.getLogger(__name__)

__all__ = ["Found", "Page", "Segment", "SessionRow", "Store", "StoreFailed", "Stored", "store_path"]

P = ParamSpec("P")
T = TypeVar("T")

_DAY_S = 24 * 3600

_BRANCHED = (
    "This conversation has gone on in another window, too: what is said here is kept as a conversation of its own."
)
_GONE = "This conversation was deleted in another window: what is said here is kept as a new one."


def store_path() -> Path:
    """Give the place of the file in the platform's folder for data."""
    return platformdirs.user_data_path("antiphon") / "conversations.db"


@dataclass(slots=True)
class _Open:
    """A session that this process goes on with: as it is stored, whether it is, and what waits to be."""

    row: SessionRow
    is_stored: bool = False
    waiting: list[Segment] = field(default_factory=list)


class Store:
    """The conversations in a file, for this process; others may share it.

    Sessions that nobody has gone on with for `keep_days` are deleted when it is opened. `tell` is given a sentence for
    the person when conversations are not kept as they should be, once for each reason; it is called in the event loop.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        keep_days: float | None = None,
        tell: Callable[[str], None] = lambda sentence: None,
        clock: Callable[[], float] = time.time,
        most_bytes: int | None = None,
    ) -> None:
        self.fault = ""
        self._path = path
        self._keep_days = keep_days
        self._tell = tell
        self._clock = clock
        self._most_bytes = most_bytes
        self._records: Records | None = None
        self._sessions: dict[str, _Open] = {}  # by the id that the editor knows
        self._said: dict[str, bool] = {}  # each sentence, and whether the person was told
        self._thread = ThreadPoolExecutor(1, "store")

    async def create(self, cwd: str, title: str = "", mode: str = "", model: str = "") -> SessionRow:
        """Begin a conversation about a folder. It is listed once something is in it."""
        now = self._clock()
        row = SessionRow(uuid.uuid4().hex, cwd, title, now, now, "", mode, model)
        return await self._ask(self._create, row)

    async def append(self, session_id: str, *segments: Segment) -> tuple[int, ...]:
        """Keep what happened, and give the ids under which it can be found; () while it waits in memory.

        Once begun it is done, also when the caller is cancelled meanwhile. Raises AssistantError for a session that
        was neither created nor loaded.
        """
        return await self._ask(self._append, session_id, segments)

    async def sessions(self, cwd: str = "", cursor: str = "", limit: int = 50) -> Page:
        """Give the sessions of a folder, or all, the latest first. Raises AssistantError for a strange cursor."""
        return await self._ask(lambda records: records.sessions(cwd, cursor, limit))

    async def load(self, session_id: str) -> Stored:
        """Give a session with all that happened, to go on with it. Raises AssistantError when it is not there."""
        return await self._ask(self._load, session_id)

    async def change(self, session_id: str, column: Column, value: str) -> None:
        """Give a session another title, mode or model."""
        await self._ask(self._change, session_id, column, value)

    async def fork(self, session_id: str, at: int | None = None, title: str = "") -> Stored:
        """Begin a session with another one's segments up to the one with the id `at`: None all, 0 none."""
        return await self._ask(self._fork, session_id, at, title)

    async def roll_back(self, session_id: str, to: int) -> Stored:
        """Make a segment the last one, 0 none; give what is left. What came after it is deleted, but not from forks."""
        return await self._ask(self._roll_back, session_id, to)

    async def delete(self, session_id: str) -> None:
        """Delete a session; what a fork shares with it stays with the fork."""
        await self._ask(self._delete, session_id)

    async def search(self, words: str, cwd: str = "", limit: int = 20) -> tuple[Found, ...]:
        """Give the segments of all sessions that hold all of some words or beginnings of words, best first."""
        return await self._ask(lambda records: records.search(words, cwd, limit))

    async def aclose(self) -> None:
        """Do what was asked until now, and let go of the file."""
        await self._ask(self._close)
        self._thread.shutdown(wait=False)

    async def _ask(self, question: Callable[Concatenate[Records, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Let the thread do something; it is done also when nobody waits for it any more."""

        def ask() -> T:
            return question(self._opened(), *args, **kwargs)

        asked = asyncio.get_running_loop().run_in_executor(self._thread, ask)
        asked.add_done_callback(_log_failure)
        try:
            return await asyncio.shield(asked)
        finally:
            for sentence in [each for each, told in list(self._said.items()) if not told]:
                self._said[sentence] = True
                self._tell(sentence)

    # What follows runs in the thread.

    def _opened(self) -> Records:
        if self._records is None:
            try:
                self._records = Records(self._path, self._clock, self._most_bytes)
                if self._keep_days is not None:
                    self._records.delete_older(self._clock() - self._keep_days * _DAY_S)
            except StoreFailed as error:
                self._failed(error)
                self._records = self._records or Records(None, self._clock)
        return self._records

    def _create(self, records: Records, row: SessionRow) -> SessionRow:
        opened = self._sessions[row.id] = _Open(row)
        try:
            self._keep(records, opened)
        except StoreFailed as error:
            self._failed(error)
        return opened.row

    def _append(self, records: Records, session_id: str, segments: Sequence[Segment]) -> tuple[int, ...]:
        opened = self._sessions.get(session_id)
        if opened is None:
            raise AssistantError("This conversation is not open here: load it first.")
        opened.waiting += segments
        ids: tuple[int, ...] = ()
        try:
            ids = self._keep(records, opened)[-len(segments) :] if segments else ()
            self._keep_all(records)
        except StoreFailed as error:
            self._failed(error)
        return ids

    def _keep_all(self, records: Records) -> None:
        """Store what waits anywhere; then all is well, unless there is no file."""
        for opened in self._sessions.values():
            if opened.waiting:
                self._keep(records, opened)
        if records.path is not None:
            self.fault = ""

    def _keep(self, records: Records, opened: _Open) -> tuple[int, ...]:
        """Store what waits, on a branch of its own when another process was faster."""
        if not opened.is_stored:
            row = opened.row
            opened.row = records.create(row.cwd, row.title, row.mode, row.model, row.id)
            opened.is_stored = True
        try:
            ids = records.append(opened.row.id, opened.row.head, opened.waiting) if opened.waiting else ()
        except MovedOn:
            self._say(_BRANCHED)
            opened.row = records.branch(opened.row.id, opened.row.head)
            ids = records.append(opened.row.id, opened.row.head, opened.waiting)
        except UnknownSession:
            self._say(_GONE)
            opened.row = records.create(opened.row.cwd, opened.row.title, opened.row.mode, opened.row.model)
            ids = records.append(opened.row.id, 0, opened.waiting)
        opened.waiting.clear()
        if ids:
            opened.row = replace(opened.row, head=ids[-1])
        return ids

    def _stored_id(self, records: Records, session_id: str) -> str:
        """Give the id under which a session is stored, with all that waited. Raises StoreFailed when that failed."""
        opened = self._sessions.get(session_id)
        if opened is None:
            return session_id
        self._keep(records, opened)
        return opened.row.id

    def _change(self, records: Records, session_id: str, column: Column, value: str) -> None:
        stored_id = self._stored_id(records, session_id)
        records.change(stored_id, column, value)
        opened = self._sessions.get(session_id)
        if opened is not None:  # its end stays the one that is known here
            opened.row = replace(records.session(stored_id), head=opened.row.head)

    def _load(self, records: Records, session_id: str) -> Stored:
        if session_id in self._sessions:
            self._stored_id(records, session_id)
        return self._took(session_id, records.load(session_id))

    def _fork(self, records: Records, session_id: str, at: int | None, title: str) -> Stored:
        row = records.fork(self._stored_id(records, session_id), at, title)
        return self._took(row.id, records.load(row.id))

    def _roll_back(self, records: Records, session_id: str, to: int) -> Stored:
        stored_id = self._stored_id(records, session_id)
        records.roll_back(stored_id, to)
        return self._took(session_id, records.load(stored_id))

    def _took(self, session_id: str, stored: Stored) -> Stored:
        self._sessions[session_id] = _Open(stored.session, is_stored=True)
        return stored

    def _delete(self, records: Records, session_id: str) -> None:
        opened = self._sessions.pop(session_id, None)
        if opened is None or opened.is_stored:
            records.delete(session_id if opened is None else opened.row.id)

    def _close(self, records: Records) -> None:
        try:
            self._keep_all(records)
        except StoreFailed as error:
            self._failed(error)
        records.close()

    def _failed(self, error: StoreFailed) -> None:
        logger.warning("%s (%s)", error, error.__cause__)
        self.fault = str(error)
        self._say(self.fault)

    def _say(self, sentence: str) -> None:
        self._said.setdefault(sentence, False)


def _log_failure(asked: asyncio.Future[T]) -> None:
    """Look at what went wrong, which nobody does after a cancel."""
    if not asked.cancelled() and (error := asked.exception()):
        logger.debug("the store refused: %s", error)
