"""How fast streams are decoded, in each dialect: recorded answers again and again, as one long one would come.

The yardstick is what nobody can do without: to cut the bytes into lines, and to parse the JSON in them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from lsp_server.models.messages import Finished
from lsp_server.models.wire import DIALECTS
from tests.bench.figures import p50, show
from tests.wire import CHAT, WORK, stream

# What is decoded, in which dialect, from which recording, and what stands in the events of which there are many.
RECORDINGS = (
    ("text", "openai", "openai-chat-text.sse", b'"content":'),
    ("reasoning", "openai", "deepseek-tool-call.chunks.txt", b'"reasoning_content":"'),
    ("text", "responses", "openai-responses-text.sse", b'"type":"response.output_text.delta"'),
    ("a call", "responses", "deepseek-responses-tool-1.sse", b'"type":"response.function_call_arguments.delta"'),
    ("text", "anthropic", "anthropic-thinking.sse", b'"type":"text_delta"'),
    ("text", "gemini", "google-usage-midstream.sse", b'"text":'),
)
EVENTS = 20_000
READ_BYTES = 4_096
ROUNDS = 5
TOKENS_PER_S = 200


def run() -> None:
    """Decode and print."""
    rows = [_row(*recording) for recording in RECORDINGS]
    title = f"Decoding {EVENTS} events, {READ_BYTES} bytes at a time"
    headings = ("", "MB/s", "lines + JSON MB/s", "µs an event", f"CPU at {TOKENS_PER_S} tokens/s")
    show(title, headings, rows)


def _row(what: str, dialect: str, name: str, mark: bytes) -> tuple[str, ...]:
    raw = _long(name, mark)
    seconds, bare = _best(lambda: _decode(dialect, raw)), _best(lambda: _parse(raw))
    share = seconds / EVENTS * TOKENS_PER_S
    return (
        f"{dialect}: {what}",
        f"{len(raw) / seconds / 1e6:.1f}",
        f"{len(raw) / bare / 1e6:.1f}",
        f"{seconds / EVENTS * 1e6:.1f}",
        f"{share:.2%}",
    )


def _long(name: str, mark: bytes) -> bytes:
    """Give a recording with its middle events so often that there are as many as asked for."""
    events = stream(name).replace(b"\r\n", b"\n").split(b"\n\n")
    places = [place for place, event in enumerate(events) if mark in event]
    first, last = places[0], places[-1] + 1
    middle = [events[place] for place in places]
    many = (middle * (EVENTS // len(middle) + 1))[:EVENTS]
    return b"\n\n".join([*events[:first], *many, *events[last:]])


def _best(work: Callable[[], None]) -> float:
    """Give the CPU seconds of one round: the median, since others use the machine, too."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        rounds.append(time.process_time() - began)
    return p50(rounds)


def _chunks(raw: bytes) -> list[bytes]:
    return [raw[place : place + READ_BYTES] for place in range(0, len(raw), READ_BYTES)]


def _decode(dialect: str, raw: bytes) -> None:
    decoder = DIALECTS[dialect].decoder(CHAT, WORK)
    events = [event for chunk in _chunks(raw) for event in decoder.feed(chunk)] + decoder.end()
    assert isinstance(events[-1], Finished)
    assert len(events) > 1


def _parse(raw: bytes) -> None:
    rest = b""
    for chunk in _chunks(raw):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.startswith(b"data: {"):
                json.loads(line[6:])
