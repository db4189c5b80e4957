"""Dialects against recorded bytes; `heard` is how all of these tests listen."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsp_server.errors import ModelError
from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FimRequest,
    Finished,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
    ToolCallDone,
)
from lsp_server.models.wire import DIALECTS

SAMPLES = Path(__file__).parent / "samples"

FIM = FimRequest("", None, 1)
CHAT = ChatRequest((), 1)
WORK = Endpoint("work", "openai", "https://models.test/v1", "m1")


@dataclass(frozen=True)
class Heard:
    """What a stream said: its texts put together, its tool calls as (id, name, arguments), and its end or its error."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[tuple[str, str, str], ...] = ()
    finished: Finished | None = None
    error: type[ModelError] | None = None
    message: str = ""


def stream(name: str) -> bytes:
    """Give a recorded stream; a list of payloads gets the framing that it lost."""
    raw = (SAMPLES / "streams" / name).read_bytes()
    if name.endswith(".chunks.txt"):
        return b"".join(b"data: " + line + b"\n\n" for line in raw.splitlines())
    return raw


def payloads(name: str) -> list[dict[str, Any]]:
    """Give the JSON objects of a recorded stream."""
    lines = stream(name).decode().splitlines()
    return [json.loads(line[5:]) for line in lines if line.startswith(("data: {", "data:{"))]


def decoded(chunks: Iterable[bytes], dialect: str = "openai") -> tuple[list[StreamEvent], ModelError | None]:
    """Decode a stream that comes in these chunks; gives its events, and the error that ended it, if any.

    "llamacpp" is listened to as one who asked for a completion.
    """
    decoder = DIALECTS[dialect].decoder(FIM if dialect == "llamacpp" else CHAT, WORK)
    events: list[StreamEvent] = []
    try:
        for chunk in chunks:
            events += decoder.feed(chunk)
        events += decoder.end()
        decoder.feed(b"")  # raises what came after the last events
    except ModelError as exc:
        return events, exc
    return events, None


def heard(chunks: Iterable[bytes], dialect: str = "openai") -> Heard:
    """Decode a stream that comes in these chunks, and sum up what it said."""
    events, error = decoded(chunks, dialect)
    ends = [event for event in events if isinstance(event, Finished)]
    assert len(ends) == (error is None), "Finished comes exactly once, or an error"
    assert not ends or events[-1] is ends[0], "Finished comes last"
    calls = [event.call for event in events if isinstance(event, ToolCallDone)]
    return Heard(
        text="".join(event.text for event in events if isinstance(event, TextDelta)),
        reasoning="".join(event.text for event in events if isinstance(event, ReasoningDelta)),
        calls=tuple((call.id, call.name, call.arguments) for call in calls),
        finished=ends[0] if ends else None,
        error=type(error) if error else None,
        message=str(error) if error else "",
    )
