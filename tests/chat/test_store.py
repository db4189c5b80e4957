"""Conversations outlive the process: whatever happens to it, what was kept is there, and is a history to go on with."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import pytest

from lsp_server.chat.segment import Segment, Stored
from lsp_server.chat.store import Store
from lsp_server.chat.store_records import MovedOn, Records
from lsp_server.chat.store_schema import MIGRATIONS, StoreFailed
from lsp_server.errors import AssistantError
from lsp_server.models.messages import Message, ToolCall, ToolResult

pytestmark = pytest.mark.anyio


def said(*texts: str) -> list[Segment]:
    """Give questions and answers in turns."""
    return [Segment.of(Message.of("assistant" if number % 2 else "user", text)) for number, text in enumerate(texts)]


def texts(stored: Stored) -> list[str]:
    """Give what was said."""
    return [segment.message.text for segment in stored.segments if segment.message is not None]


@contextmanager
def records(path: Path | None = None) -> Iterator[Records]:
    """Open a store whose clock goes on by a second each time it is looked at."""
    with closing(Records(path, clock=iter(range(10**6)).__next__)) as opened:
        yield opened


async def kept(store: Store, *words: str) -> str:
    """Begin a conversation with these words, and give its id."""
    session = await store.create("/project")
    await store.append(session.id, *said(*words))
    return session.id


async def test_a_conversation_is_there_after_a_restart(tmp_path: Path) -> None:
    """Another process loads what was kept, and goes on with it."""
    first = Store(tmp_path / "c.db")
    session_id = await kept(first, "What is it?", "A parser.")
    await first.change(session_id, "title", "The parser")
    await first.aclose()
    again = Store(tmp_path / "c.db")
    stored = await again.load(session_id)
    assert (texts(stored), stored.session.title, stored.session.cwd) == (
        ["What is it?", "A parser."],
        "The parser",
        "/project",
    )
    await again.append(session_id, *said("Whose?"))
    assert texts(await again.load(session_id)) == ["What is it?", "A parser.", "Whose?"]
    await again.aclose()


async def test_only_the_person_may_read_the_file(tmp_path: Path) -> None:
    """Whatever the umask, the file and what lies beside it while it is open belong to its owner."""
    store = Store(tmp_path / "new" / "c.db")
    await kept(store, "a")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    await store.aclose()


def test_conversations_are_listed_page_by_page_the_latest_first() -> None:
    """A cursor leads on; empty conversations and those of other folders are left out."""
    with records() as store:
        ids = [store.create("/a", f"number {number}").id for number in range(5)]
        for session_id in ids:
            store.append(session_id, 0, said("x"))
        store.create("/a")
        store.append(store.create("/b").id, 0, said("x"))
        first = store.sessions("/a", limit=3)
        second = store.sessions("/a", first.cursor, limit=3)
        assert [row.id for row in (*first.sessions, *second.sessions)] == ids[::-1]
        assert not second.cursor
        assert len(store.sessions().sessions) == 6
        with pytest.raises(AssistantError, match="from the beginning"):
            store.sessions(cursor="strange")


def test_a_fork_shares_what_came_before_and_nothing_after() -> None:
    """Neither branch sees what the other goes on with, and a deleted one leaves the other whole."""
    with records() as store:
        old = store.create("/a")
        ids = store.append(old.id, 0, said("one", "two", "three", "four"))
        new = store.fork(old.id, ids[1], "another way")
        store.append(new.id, ids[1], said("instead"))
        store.append(old.id, ids[3], said("five"))
        assert texts(store.load(new.id)) == ["one", "two", "instead"]
        assert (new.parent, new.title) == (old.id, "another way")
        store.delete(old.id)
        assert texts(store.load(new.id)) == ["one", "two", "instead"]
        assert not store.search("three")
        assert [found.session.id for found in store.search("one")] == [new.id]
        with pytest.raises(AssistantError, match="not in the conversation"):
            store.fork(new.id, ids[3])


def test_going_back_deletes_what_came_after() -> None:
    """It is gone for good, unless a fork has it."""
    with records() as store:
        old = store.create("/a")
        ids = store.append(old.id, 0, said("one", "two", "three", "four"))
        copy = store.fork(old.id, ids[2])
        store.roll_back(old.id, ids[0])
        assert texts(store.load(old.id)) == ["one"]
        assert texts(store.load(copy.id)) == ["one", "two", "three"]
        assert not store.search("four")
        store.roll_back(old.id, 0)
        assert texts(store.load(old.id)) == []
        assert texts(store.load(copy.id)) == ["one", "two", "three"]


def test_words_are_found_in_all_conversations() -> None:
    """All words must stand in one segment, or words that begin so; nothing that is typed is an error."""
    call = ToolCall("1", "grep", '{"pattern": "load_map"}')
    result = ToolResult("1", "grep", "src/maps.py:3: def load_map(path):")
    with records() as store:
        session = store.create("/a", "Maps")
        steps = [Message.of("user", "Wo ist die Größe?"), Message("assistant", (call,)), Message("user", (result,))]
        ids = store.append(session.id, 0, [Segment.of(step) for step in steps])
        store.append(session.id, ids[-1], [Segment("update", value={"text": "hidden"})])
        for words, places in {
            "größe": [0],
            "grosse": [],
            "GROSSE": [],
            "load_map": [1, 2],
            "map load": [1, 2],
            "maps.py": [2],
            "loa": [1, 2],
            "load nowhere": [],
            "hidden": [],
            '"': [],
            'AND OR NOT ( * ^ NEAR words:"': [],
            "\0 \ud800": [],
            "": [],
        }.items():
            found = {each.segment_id for each in store.search(words)}
            assert found == {ids[place] for place in places}, words
        assert "Größe" in store.search("größe")[0].excerpt
        assert not store.search("größe", cwd="/b")
        assert [each.segment_id for each in store.search("größe", cwd="/a")] == [ids[0]]
        assert len(store.search("load", limit=1)) == 1


def test_deleted_words_are_not_left_in_the_files(tmp_path: Path) -> None:
    """What a person deletes can be read from the disk neither in the tables, nor the index, nor the log."""
    with records(tmp_path / "c.db") as store:
        store.append(store.create("/a").id, 0, said("harmless"))
        session = store.create("/a", "xylophone")
        store.append(session.id, 0, said("xylophone " * 50))
        store.delete(session.id)
        left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"harmless" in left
    assert b"xylophon" not in left


def test_old_conversations_are_deleted_when_asked() -> None:
    """Those that nobody has gone on with since then."""
    with records() as store:
        for title in ("old", "new"):
            store.append(store.create("/a", title).id, 0, said("x"))
        new = store.sessions().sessions[0]
        assert store.delete_older(new.updated_s) == 1
        assert [row.title for row in store.sessions().sessions] == ["new"]


def test_two_writers_share_a_file(tmp_path: Path) -> None:
    """Each sees what the other has written, and neither writes over the other's words."""
    with records(tmp_path / "c.db") as first, records(tmp_path / "c.db") as second:
        session = first.create("/a")
        (head,) = first.append(session.id, 0, said("one"))
        second.append(session.id, head, said("two"))
        with pytest.raises(MovedOn):
            first.append(session.id, head, said("three"))
        assert texts(first.load(session.id)) == ["one", "two"]


def test_a_new_file_is_opened_by_many_at_once(tmp_path: Path) -> None:
    """Whoever comes first makes the tables; nobody is turned away, and nobody's words are lost."""

    def write() -> None:
        with closing(Records(tmp_path / "c.db")) as store:
            store.append(store.create("/a").id, 0, said("x"))

    with closing(sqlite3.connect(tmp_path / "c.db")) as other, ThreadPoolExecutor(4) as threads:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")  # the lock that SQLite itself does not wait for here
        writing = [threads.submit(write) for _ in range(4)]
        assert not wait(writing, timeout=0.05).done
        other.rollback()
        for written in writing:
            written.result()
    with closing(Records(tmp_path / "c.db")) as store:
        assert len(store.sessions().sessions) == 4


async def test_two_windows_of_one_conversation_lose_nothing(tmp_path: Path) -> None:
    """The window that comes second goes on in a conversation of its own, and the person is told."""
    told: list[str] = []
    first, second = Store(tmp_path / "c.db", tell=told.append), Store(tmp_path / "c.db")
    session_id = await kept(first, "one", "two")
    await second.load(session_id)
    await second.append(session_id, *said("second"))
    await first.change(session_id, "model", "local")
    await first.append(session_id, *said("first"))
    await first.append(session_id, *said("first again"))
    branches = [texts(await second.load(row.id)) for row in (await second.sessions()).sessions]
    assert sorted(branches) == [["one", "two", "first", "first again"], ["one", "two", "second"]]
    assert len(told) == 1
    assert "another window" in told[0]
    await second.delete(session_id)
    await first.aclose()
    await second.aclose()


async def test_a_conversation_taken_back_in_another_window_goes_on_from_there(tmp_path: Path) -> None:
    """What was taken back stays gone, what is said after that is kept beside what the other window goes on with."""
    first, second = Store(tmp_path / "c.db"), Store(tmp_path / "c.db")
    session_id = await kept(first, "one", "two")
    left = await second.load(session_id)
    await second.roll_back(session_id, left.segments[0].id)
    await first.append(session_id, *said("three"))
    branches = [texts(await second.load(row.id)) for row in (await second.sessions()).sessions]
    assert sorted(branches) == [["one"], ["one", "three"]]
    await first.aclose()
    await second.aclose()


async def test_a_conversation_deleted_in_another_window_goes_on_as_a_new_one(tmp_path: Path) -> None:
    """What is said after that is kept, what was deleted is not brought back."""
    told: list[str] = []
    first, second = Store(tmp_path / "c.db", tell=told.append), Store(tmp_path / "c.db")
    session_id = await kept(first, "one", "two")
    await first.change(session_id, "title", "Numbers")
    await second.delete(session_id)
    await first.append(session_id, *said("three"))
    (row,) = (await second.sessions()).sessions
    assert row.title == "Numbers"
    assert texts(await second.load(row.id)) == ["three"]
    assert "was deleted" in told[0]
    await first.aclose()
    await second.aclose()


async def test_a_full_disk_stops_no_conversation(tmp_path: Path) -> None:
    """What could not be kept waits; the person is told once, and when there is room again, nothing is missing."""
    told: list[str] = []
    store = Store(tmp_path / "c.db", tell=told.append, most_bytes=300_000)
    room = await kept(store, "x" * 60_000)
    session_id = await kept(store, "one")
    assert await store.append(session_id, *said("y" * 90_000)) == ()
    assert await store.append(session_id, *said("two")) == ()
    assert "make room" in store.fault
    with pytest.raises(StoreFailed, match="make room"):
        await store.load(session_id)
    await store.delete(room)
    assert len(await store.append(session_id, *said("three"))) == 1
    assert (told, store.fault) == ([told[0]], "")
    assert texts(await store.load(session_id)) == ["one", "y" * 90_000, "two", "three"]
    await store.aclose()
    with closing(sqlite3.connect(tmp_path / "c.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write in a folder, not even root: whoever that is goes on as another user meanwhile."""
    user = os.geteuid()
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        if user == 0:
            os.seteuid(user)
        folder.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
async def test_a_file_that_cannot_be_written_stops_no_conversation(tmp_path: Path) -> None:
    """It goes on in memory, and the person is told once; the file stays as it is."""
    first = Store(tmp_path / "c.db")
    await kept(first, "one")
    await first.aclose()
    before = (tmp_path / "c.db").read_bytes()
    told: list[str] = []
    with read_only(tmp_path):
        await goes_on_in_memory(Store(tmp_path / "c.db", tell=told.append))
    assert len(told) == 1
    assert "cannot be used" in told[0]
    assert (tmp_path / "c.db").read_bytes() == before


@pytest.mark.parametrize("fault", ["no folder", "no database", "a folder", "newer"])
async def test_a_store_that_cannot_be_opened_stops_no_conversation(tmp_path: Path, fault: str) -> None:
    """It goes on in memory, and the person is told once what to do; what stands there is left alone."""
    path = tmp_path / "c.db"
    match fault:
        case "no folder":
            (tmp_path / "file").write_text("")
            path = tmp_path / "file" / "c.db"
        case "no database":
            path.write_text("These are my notes. " * 100)
        case "a folder":
            path.mkdir()
        case _:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = path.read_bytes() if path.is_file() else b""
    told: list[str] = []
    store = Store(path, tell=told.append)
    await goes_on_in_memory(store)
    assert len(told) == 1
    assert told[0].endswith(".")
    assert (path.read_bytes() if path.is_file() else b"") == before or fault == "newer"


async def goes_on_in_memory(store: Store) -> None:
    """Hold a conversation and look at it in every way."""
    session_id = await kept(store, "one", "two")
    assert texts(await store.load(session_id)) == ["one", "two"]
    fork = await store.fork(session_id)
    await store.roll_back(session_id, 0)
    assert [row.id for row in (await store.sessions()).sessions] == [fork.session.id]
    assert store.fault
    await store.aclose()


async def test_what_was_asked_is_done_also_when_the_caller_is_cancelled(tmp_path: Path) -> None:
    """A cancelled prompt leaves at once, and what it has come to is kept, even when its turn comes later."""
    going_on = Event()
    going_on.set()

    def clock() -> float:
        going_on.wait()
        return 0.0

    store = Store(tmp_path / "c.db", clock=clock)
    session_id = await kept(store, "one")
    going_on.clear()
    appending = [asyncio.create_task(store.append(session_id, *said(word))) for word in ("two", "three")]
    await asyncio.sleep(0)
    for each in appending:
        each.cancel()
        with pytest.raises(asyncio.CancelledError):
            await each
    going_on.set()
    assert texts(await store.load(session_id)) == ["one", "two", "three"]
    await store.aclose()


async def test_an_unknown_conversation_is_an_error() -> None:
    """Nothing is made up for an id that nobody knows."""
    store = Store(None)
    for asked in (store.load("x"), store.append("x", *said("a")), store.fork("x"), store.delete("x")):
        with pytest.raises(AssistantError, match="conversation is not"):
            await asked
    await store.aclose()


def test_half_a_surrogate_pair_can_be_kept(tmp_path: Path) -> None:
    """A model may write anything that JSON can say."""
    with records(tmp_path / "c.db") as store:
        session = store.create("/a\udcff", "\ud83d")
        store.append(session.id, 0, said("half \ud83d of it"))
        assert texts(store.load(session.id)) == ["half \ud83d of it"]
        assert len(store.search("half")) == 1
