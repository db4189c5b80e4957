"""A model that says what a test tells it to, when it tells it to; and a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field, replace

from lsp_server.completion.ask import Asker
from lsp_server.completion.engine import CompletionEngine
from lsp_server.config import CompletionConfig, FimWay
from lsp_server.errors import FimUnsupported
from lsp_server.models.messages import Endpoint, FimRequest, Finished, StreamEvent, TextDelta
from lsp_server.models.providers import Model

ENDPOINT = Endpoint("work", "openai-compatible", "http://127.0.0.1:1/v1", "coder")


@dataclass
class Answer:
    """One request to the model and the stream it gets."""

    request: FimRequest
    deltas: asyncio.Queue[str | Exception | None] = field(default_factory=asyncio.Queue)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def say(self, *texts: str) -> Answer:
        """Stream some texts."""
        for text in texts:
            self.deltas.put_nowait(text)
        return self

    def end(self) -> None:
        """Finish the stream."""
        self.deltas.put_nowait(None)

    def fail(self, error: Exception) -> None:
        """Break the stream."""
        self.deltas.put_nowait(error)


class ScriptedModel:
    """The client's side of a model: each request waits for what the test says."""

    def __init__(self, refused: tuple[FimWay, ...] = ()) -> None:
        self.answers: list[Answer] = []
        self._refused = refused
        self._asked = asyncio.Condition()

    async def stream(
        self, request: FimRequest, endpoint: Endpoint, *, timeout_s: float
    ) -> AsyncGenerator[StreamEvent, None]:
        """Give the events of the next answer."""
        if request.suffix is not None and "suffix" in self._refused:
            raise FimUnsupported("This endpoint knows no suffix.")
        answer = Answer(request)
        self.answers.append(answer)
        async with self._asked:
            self._asked.notify_all()
        try:
            while (delta := await answer.deltas.get()) is not None:
                if isinstance(delta, Exception):
                    raise delta
                yield TextDelta(delta)
            answer.ended = True
            yield Finished("end_turn")
        finally:
            answer.closed.set()

    async def asked(self, number: int) -> Answer:
        """Wait until the model has been asked so many times, and give that request."""
        async with self._asked:
            await asyncio.wait_for(self._asked.wait_for(lambda: len(self.answers) >= number), 5)
        return self.answers[number - 1]


class Guard:
    """A load guard that says what a test tells it to."""

    def __init__(self) -> None:
        self.reason = ""
        self.learned: list[int] = []

    def rest(self) -> str:
        """Give the reason to rest."""
        return self.reason

    def answered(self, tokens: int, seconds: float) -> None:
        """Remember how many tokens came."""
        self.learned.append(tokens)


class Clock:
    """Time that moves only by sleeping or by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.slept_s: list[float] = []

    def __call__(self) -> float:
        """Give the time in seconds."""
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once, after everything else that is ready has run."""
        self.slept_s.append(seconds)
        for _ in range(5):
            await asyncio.sleep(0)
        self.now_s += seconds


def engine_with(
    model: ScriptedModel,
    *,
    clock: Clock | None = None,
    guard: Guard | None = None,
    embedded: bool = False,
    local: bool = False,
    config: CompletionConfig | None = None,
    ways: tuple[FimWay, ...] = ("suffix",),
    sleep: Callable[[float], Awaitable[None]] | None = None,
) -> CompletionEngine:
    """Give an engine that asks the scripted model."""
    clock = clock or Clock()

    endpoint = replace(ENDPOINT, local=local)

    async def connect(_: Model) -> Endpoint:
        return endpoint

    asker = Asker(model, connect, guard or Guard(), clock)
    engine = CompletionEngine(asker, clock=clock, sleep=sleep or clock.sleep)
    engine.configure(config or CompletionConfig(), Model(endpoint, ways, "qwen", 4_096, embedded))
    return engine
