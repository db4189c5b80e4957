"""Dialects against recorded bytes; `heard` is how all of these tests listen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lsp_server.errors import ModelError
from lsp_server.models.messages import (
    ChatRequest,
    FimRequest,
    Finished,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
)
from lsp_server.models.wire import DIALECTS

SAMPLES = Path(__file__).parent / "samples"

FIM = FimRequest("", None, 1)
CHAT = ChatRequest((), 1)


@dataclass(frozen=True)
class Heard:
    """What a stream said: its texts put together, and its end or its error."""

    text: str = ""
    reasoning: str = ""
    finished: Finished | None = None
    error: type[ModelError] | None = None
    message: str = ""


def stream(name: str) -> bytes:
    """Give a recorded stream; a list of payloads gets the framing that it lost."""
    raw = (SAMPLES / "streams" / name).read_bytes()
    if name.endswith(".chunks.txt"):
        return b"".join(b"data: " + line + b"\n\n" for line in raw.splitlines())
    return raw


def heard(chunks: Iterable[bytes], *, native: bool = False) -> Heard:
    """Decode a stream that comes in these chunks, in llama.cpp's own dialect or in OpenAI's."""
    decoder = DIALECTS["llamacpp"].decoder(FIM) if native else DIALECTS["openai"].decoder(CHAT)
    events: list[StreamEvent] = []
    try:
        for chunk in chunks:
            events += decoder.feed(chunk)
        events += decoder.end()
    except ModelError as exc:
        return _summary(events, type(exc), str(exc))
    return _summary(events)


def _summary(events: list[StreamEvent], error: type[ModelError] | None = None, message: str = "") -> Heard:
    ends = [event for event in events if isinstance(event, Finished)]
    assert len(ends) == (error is None), "Finished comes exactly once, or an error"
    assert not ends or events[-1] is ends[0], "Finished comes last"
    return Heard(
        text="".join(event.text for event in events if isinstance(event, TextDelta)),
        reasoning="".join(event.text for event in events if isinstance(event, ReasoningDelta)),
        finished=ends[0] if ends else None,
        error=error,
        message=message,
    )
