"""A model that is down, slow or full, and a person who types on: on virtual time, so that a minute takes no time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import pytest

from context.text import Document, Span, TextEdit
from lsp_server.completion.ask import Asker
from lsp_server.completion.engine import Completion, CompletionEngine, CompletionRequest, Nothing
from lsp_server.config import CompletionConfig
from lsp_server.errors import ModelError, Overloaded, RateLimited, TimedOut
from lsp_server.models.messages import Endpoint, FimRequest, Finished, StreamEvent, TextDelta
from lsp_server.models.providers import Model
from tests.bench.virtual import now_s, run
from tests.completion.scripted import ENDPOINT, Guard

KEY_S = 0.05


@dataclass
class Faulty:
    """Answers 0.3 s after it was asked: a fault while it is down, else a line that nobody types."""

    fault: Callable[[], ModelError]
    takes_s: float
    down_until_s: float
    requests: int = 0
    open: int = 0

    async def stream(
        self, request: FimRequest, endpoint: Endpoint, *, timeout_s: float
    ) -> AsyncGenerator[StreamEvent, None]:
        """Give the events of an answer."""
        self.requests += 1
        self.open += 1
        try:
            await asyncio.sleep(min(self.takes_s, timeout_s) if now_s() < self.down_until_s else 0.3)
            if now_s() < self.down_until_s:
                raise self.fault()
            yield TextDelta("zzz\n")
            yield Finished("end_turn")
        finally:
            self.open -= 1


@dataclass
class Minute:
    """What a minute of typing came to."""

    outcomes: list[Completion | Nothing] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)
    last: Completion | Nothing | None = None


async def _type(model: Faulty, seconds: int) -> Minute:
    """Type twenty keys a second, a line of forty after the other, in an editor that cancels nothing."""

    async def connect(_: Model) -> Endpoint:
        return ENDPOINT

    minute = Minute()
    engine = CompletionEngine(Asker(model, connect, Guard(), now_s), on_outcome=minute.outcomes.append, clock=now_s)
    engine.configure(CompletionConfig(), Model(ENDPOINT, ("suffix",), "", 4_096, embedded=False))
    document = Document.of("file:///project/a.py", "python", 1, "\n")
    asked: set[asyncio.Task[None]] = set()

    async def ask(at: Document, offset: int) -> None:
        began_s = now_s()
        minute.last = await engine.complete(CompletionRequest(at, offset))
        minute.waits_s.append(now_s() - began_s)

    for number in range(int(seconds / KEY_S)):
        text = "\n" if number % 40 == 39 else "abcdefg "[number % 8]
        document = document.with_edits([TextEdit(Span(number, number), text)], number + 2)
        task = asyncio.create_task(ask(document, number + 1))
        asked.add(task)
        task.add_done_callback(asked.discard)
        await asyncio.sleep(KEY_S)
        minute.tasks.append(len(asyncio.all_tasks()))
    await asyncio.wait_for(asyncio.gather(*asked), 30)
    await engine.aclose()
    assert model.open == 0
    return minute


def test_a_minute_of_fast_typing_leaves_nothing_behind() -> None:
    """As many tasks at its end as at its beginning, and far fewer requests than keys."""
    model = Faulty(lambda: Overloaded("Try again later."), 0.3, 0)
    minute = run(_type(model, 60))
    assert len(minute.waits_s) == 1_200
    assert max(minute.tasks[-200:]) <= max(minute.tasks[:200]) + 1 <= 20
    assert model.requests <= 240


@pytest.mark.parametrize(
    ("fault", "takes_s", "requests"),
    [
        (lambda: Overloaded("The model server failed; it is tried again by itself."), 0.3, 12),
        (lambda: RateLimited("Too many requests.", None), 0.3, 12),
        (lambda: RateLimited("Too many requests.", 20.0), 0.3, 5),
        (lambda: TimedOut("The model server is silent."), 60.0, 24),
    ],
    ids=["500", "429", "429 with Retry-After", "stalled"],
)
def test_a_model_that_is_down_is_told_once_and_left_alone(
    fault: Callable[[], ModelError], takes_s: float, requests: int
) -> None:
    """For a minute, while twenty keys a second are typed: one message, few requests."""
    model = Faulty(fault, takes_s, 1e9)
    minute = run(_type(model, 60))
    assert len(minute.outcomes) == 1
    assert model.requests <= requests
    assert max(minute.tasks) <= 170  # who waits for a stalled model: at most what is typed until the time is up


def test_a_model_that_comes_back_is_used_again_by_itself() -> None:
    """Down for half a minute, up for another half."""
    model = Faulty(lambda: Overloaded("The model server failed; it is tried again by itself."), 0.3, 30)
    minute = run(_type(model, 100))
    assert [type(outcome) for outcome in minute.outcomes[:2]] == [Nothing, Completion]
    assert len([each for each in minute.outcomes if isinstance(each, Nothing)]) == 1
