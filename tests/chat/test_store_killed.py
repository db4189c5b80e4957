"""A process that is killed at any moment loses at most the segment that it was writing.

ANTIPHON_KILLS sets how many processes are killed; each takes about a second on a slow disk.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from lsp_server.chat.store_records import Records
from tests.chat.test_turn import check_history

# Starts children that write one conversation after the other until they are killed, and say what they have kept.
WRITER = """
import os, random, sys
from lsp_server.chat.segment import Segment
from lsp_server.chat.store_records import Records
from lsp_server.models.messages import Message, Reasoning, Text, ToolCall, ToolResult
from pathlib import Path

def write(seed):
    luck = random.Random(seed)
    records = Records(Path(sys.argv[1]))
    while True:
        session = records.create("/project", str(seed))
        print("session", session.id, flush=True)
        head, kept = 0, []
        def keep(message):
            nonlocal head
            (head,) = records.append(session.id, head, [Segment.of(message)])
            kept.append(head)
            print("kept", head, flush=True)
        for turn in range(luck.randrange(1, 6)):
            keep(Message.of("user", f"Question {turn} " + "words " * luck.randrange(400)))
            for step in range(luck.randrange(4)):
                calls = [ToolCall(f"{turn}-{step}-{n}", "read", "{}") for n in range(luck.randrange(1, 4))]
                keep(Message("assistant", (Reasoning("Hm."), *calls)))
                keep(Message("user", tuple(ToolResult(c.id, c.name, "line\\n" * luck.randrange(900)) for c in calls)))
            keep(Message.of("assistant", "Answer " * luck.randrange(1, 300)))
            if luck.random() < 0.2:
                records.fork(session.id, luck.choice(kept), "fork")
            if luck.random() < 0.2:
                head = luck.choice(kept)
                print("back", head, flush=True)
                records.roll_back(session.id, head)
                del kept[kept.index(head) + 1 :]
                print("kept", head, flush=True)
            if luck.random() < 0.1:
                records.delete(records.create("/project", "short").id)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        print("pid", os.getpid(), flush=True)
        write(int(line))
    os.waitpid(child, 0)
    print("dead", flush=True)
"""
# Segments that no session leads to, and words of segments that are not there.
LOST = """
    WITH RECURSIVE held (id) AS (
        SELECT head FROM session WHERE head IS NOT NULL
        UNION SELECT before FROM segment JOIN held USING (id) WHERE before IS NOT NULL
    )
    SELECT id FROM segment WHERE id NOT IN held UNION ALL SELECT rowid FROM found WHERE rowid NOT IN held
"""
KILLS = int(os.environ.get("ANTIPHON_KILLS", "10"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_killed_process_loses_at_most_the_running_segment(tmp_path: Path) -> None:
    """kill -9 at any moment: the store opens, all that was acknowledged is there, and every history can go on."""
    path = tmp_path / "c.db"
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        for seed in range(KILLS):
            check_killed(path, *killed(writer, seed))
        assert writer.stdin is not None
        writer.stdin.close()


def killed(writer: subprocess.Popen[str], seed: int) -> tuple[str, list[int], bool]:
    """Kill a child at a random moment; give its last session, what it has said to have kept, and if it went back."""
    luck = random.Random(f"kill {seed}")
    assert writer.stdin is not None
    assert writer.stdout is not None
    writer.stdin.write(f"{seed}\n")
    writer.stdin.flush()
    pid = int(writer.stdout.readline().split()[1])
    session, kept, is_going_back = "", list[int](), False
    left, is_killed = luck.randrange(60), False
    for line in writer.stdout:
        match line.split():
            case ["session", session_id]:
                session, kept = session_id, []
            case ["back", _]:
                is_going_back = True
            case ["kept", number]:
                head = int(number)
                is_going_back, kept = False, kept[: kept.index(head) + 1] if head in kept else [*kept, head]
            case _:
                return session, kept, is_going_back
        left -= 1
        if left < 0 and not is_killed:
            wait_until = time.perf_counter() + luck.random() * 0.004
            while time.perf_counter() < wait_until:
                pass
            os.kill(pid, signal.SIGKILL)
            is_killed = True
    raise AssertionError("the writer has ended by itself")


def check_killed(path: Path, session_id: str, kept: list[int], is_going_back: bool) -> None:
    """Check the whole store, and the last session against what was acknowledged."""
    with closing(Records(path)) as store:
        for row in store.sessions(limit=20).sessions:
            check_history(store.load(row.id).history)
        if session_id:
            ids = [segment.id for segment in store.load(session_id).segments]
            if is_going_back:
                assert ids == kept[: len(ids)]
            else:
                assert ids[: len(kept)] == kept
                assert len(ids) <= len(kept) + 1
        store.search("words")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute(LOST).fetchall() == []
