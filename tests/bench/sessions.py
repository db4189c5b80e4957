"""A long conversation in the store: how long it takes to load, to go on with, and to find words in."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from lsp_server.chat.segment import Segment
from lsp_server.chat.store import Store
from lsp_server.models.messages import Message, ToolCall, ToolResult
from tests.bench.figures import p50, p95, show

MESSAGES = 2_000
SESSIONS = 50
ROUNDS = 20
WORDS = ("parser", "cache", "index", "window", "turn", "model", "answer", "token", "prompt", "editor", "file", "test")


def run() -> None:
    """Measure in a file with one conversation of 2,000 messages among fifty of a hundred, and print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "conversations.db"
        rows = asyncio.run(_run(path))
        show(f"Stored conversations ({path.stat().st_size / 1e6:.0f} MB)", ("", "p50 ms", "p95 ms"), rows)


async def _run(path: Path) -> list[tuple[str, str, str]]:
    luck = random.Random(1)
    store = Store(path)
    for number in range(SESSIONS):
        session = await store.create("/project", f"Conversation {number}")
        await store.append(session.id, *_conversation(luck, MESSAGES if number == SESSIONS // 2 else 100))
        if number == SESSIONS // 2:
            long = session.id
    stored = await store.load(long)
    assert len(stored.history) == MESSAGES
    await store.aclose()

    async def load_anew() -> None:
        fresh = Store(path)
        await fresh.load(long)
        await fresh.aclose()

    store = Store(path)
    await store.load(long)
    rows = [
        await _timed("open the file and load 2,000 messages", load_anew),
        await _timed("load 2,000 messages", lambda: store.load(long)),
        await _timed("append a message", lambda: store.append(long, *_conversation(luck, 1))),
        await _timed("fork at the end", lambda: store.fork(long)),
        await _timed("list 50 sessions", store.sessions),
        await _timed("search two words in all of them", lambda: store.search("parser window")),
        await _timed("the same in one folder", lambda: store.search("parser window", "/project")),
        await _timed("the same in another one", lambda: store.search("parser window", "/other")),
    ]
    await store.aclose()
    return rows


async def _timed(name: str, ask: Callable[[], Awaitable[object]]) -> tuple[str, str, str]:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - start) * 1_000)
    return name, f"{p50(times):.1f}", f"{p95(times):.1f}"


def _conversation(luck: random.Random, messages: int) -> list[Segment]:
    """Give questions, calls, results and answers of the sizes that such messages have."""
    found: list[Message] = []
    while len(found) < messages:
        call = ToolCall(f"call-{len(found)}", "read_file", '{"path": "src/parser.py"}')
        found += [
            Message.of("user", _text(luck, 60)),
            Message("assistant", (call,)),
            Message("user", (ToolResult(call.id, call.name, _text(luck, 500)),)),
            Message.of("assistant", _text(luck, 200)),
        ]
    return [Segment.of(message) for message in found[:messages]]


def _text(luck: random.Random, words: int) -> str:
    return " ".join(luck.choice(WORDS) if luck.random() < 0.3 else f"w{luck.randrange(20_000)}" for _ in range(words))


if __name__ == "__main__":
    run()
