"""The embedded model while a person types: to the end of the line, cold and warm, and how much of a prompt is reused.

Real source is typed in, key by key, at the rhythm of a recorded person (half of the gaps under 92 ms); the engine, the
process of the model and the wire are the real ones. The yardstick is a window whose start slides with every key.
"""

from __future__ import annotations

import asyncio
import textwrap
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from context.text import Document, Position, RangeChange
from lsp_server.assistant import Assistant
from lsp_server.completion.engine import Completion, CompletionRequest, Nothing
from lsp_server.config import Config
from lsp_server.models.messages import FimRequest, Finished
from lsp_server.models.providers import resolve
from tests.bench.figures import p50, p95, show

# The standard library is on every machine, and its text does not change under a benchmark.
SOURCE = Path(textwrap.__file__)
TYPED_FROM_LINE = 190
KEYS = 240
SLIDING_CHARACTERS = 1_500


def run() -> None:
    """Type, measure and print."""
    asyncio.run(_run())


async def _run() -> None:
    text, typed = _source()
    async with _assistant() as assistant:
        started = time.perf_counter()
        await assistant.warm()
        ready_s = time.perf_counter() - started
        cold, warm = await _type(assistant, text, typed)
        sliding = await _slide(assistant, text, typed)
    _show(ready_s, cold, warm, sliding)


def _source() -> tuple[str, str]:
    """Give what stands in the file already, and what is typed."""
    lines = SOURCE.read_text("utf-8").splitlines(keepends=True)
    return "".join(lines[:TYPED_FROM_LINE]), "".join(lines[TYPED_FROM_LINE : TYPED_FROM_LINE + 20])[:KEYS]


@asynccontextmanager
async def _assistant() -> AsyncIterator[Assistant]:
    assistant = Assistant(lambda _: None)
    assistant.configure(Config())
    try:
        yield assistant
    finally:
        await assistant.aclose()


async def _type(assistant: Assistant, text: str, typed: str) -> tuple[Completion | Nothing, list[Completion | Nothing]]:
    """Ask cold, then after every key; gives the answers that came from the model."""
    document = Document.of("file:///bench.py", "python", 1, text)
    cold = await assistant.completion.complete(CompletionRequest(document, len(text)))
    answers = []
    for number, key in enumerate(typed):
        at = document.position(len(text) + number, "utf-16")
        document = document.with_change(RangeChange(at, Position(*at), key), "utf-16", number + 2)
        answer = await assistant.completion.complete(CompletionRequest(document, len(text) + number + 1))
        if answer.trace is not None and answer.trace.first_token_s is not None:
            answers.append(answer)
    return cold, answers


async def _slide(assistant: Assistant, text: str, typed: str) -> list[float]:
    """Ask with the last so many characters instead; gives milliseconds, for a few keys."""
    model = resolve("local", assistant.config, {})
    endpoint = await assistant.outbound.connect(model)
    times = []
    for number in range(1, 8):
        prefix = (text + typed[: number * 3])[-SLIDING_CHARACTERS:].rstrip(" ")
        started = time.perf_counter()
        request = FimRequest(prefix, None, 32, ("\n",), 0.0)
        async for event in assistant.outbound.client.stream(request, endpoint, timeout_s=60):
            if isinstance(event, Finished):
                times.append((time.perf_counter() - started) * 1000)
    return times


def _show(ready_s: float, cold: Completion | Nothing, warm: list[Completion | Nothing], sliding: list[float]) -> None:
    traces = [answer.trace for answer in warm if answer.trace]
    first = [trace.first_token_s * 1000 for trace in traces if trace.first_token_s is not None]
    whole = [trace.total_s * 1000 for trace in traces]
    read = [(trace.usage.cache_read_tokens or 0, trace.usage.input_tokens or 1) for trace in traces]
    reused = sum(cached for cached, _ in read) / sum(tokens for _, tokens in read)
    shown = sum(isinstance(answer, Completion) for answer in warm)
    rows = [
        ("start of the process to ready", f"{ready_s * 1000:.0f}", ""),
        ("cold prompt, to the end of the line", f"{cold.trace.total_s * 1000:.0f}" if cold.trace else "–", ""),
        ("warm prefix, to the first token", f"{p50(first):.0f}", f"{p95(first):.0f}"),
        ("warm prefix, to the end of the line", f"{p50(whole):.0f}", f"{p95(whole):.0f}"),
        ("yardstick: a sliding window, the same", f"{p50(sliding):.0f}", f"{p95(sliding):.0f}"),
        ("prompt tokens reused between keys", f"{reused:.1%}", ""),
        (f"keys that asked the model ({len(warm)}): something to show", f"{shown / len(warm):.0%}", ""),
    ]
    show("The embedded model while a person types (ms)", ("", "p50", "p95"), rows)
