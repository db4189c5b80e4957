"""The completion engine: from a cursor to one suggestion, with as few requests and as little waiting as possible.

A request goes the first of these ways that answers it: typed along or seen before (no await, no request); along with
an answer that is under way and still fits; or a new request, which ends the one under way in the same document.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from context.text import Document
from lsp_server.completion.ask import Asker, Trace, name_of
from lsp_server.completion.cache import Answer, AnswerCache
from lsp_server.completion.pacing import Pacer
from lsp_server.completion.place import Place
from lsp_server.completion.postprocess import Dropped
from lsp_server.config import CompletionConfig
from lsp_server.errors import AssistantError, RateLimited
from lsp_server.models.providers import Model

logger = logging.getLogger(__name__)

# An editor that cancels at every key sends the next request right behind: this long an answer is kept alive, so
# that the next request can join it. Below the 20 ms within which a cancelled stream has to be closed.
_ORPHAN_GRACE_S = 0.012


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """Complete at an offset of a document; `invoked` when a person asked for it by hand."""

    document: Document
    offset: int
    invoked: bool = False


@dataclass(frozen=True, slots=True)
class Completion:
    """Text to insert at the cursor. `source` is "model", "joined" or "memory"."""

    text: str
    source: str
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """No suggestion. `reason` is a stable code, such as "off", "superseded" or "empty"."""

    reason: str
    error: AssistantError | None = None
    trace: Trace | None = None


class _Flight:
    """A request under way: where it was asked, what has come, and how many wait for it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.asked = False
        self.so_far = ""
        self.waiters = 0
        self.moved = asyncio.Event()
        self.task: asyncio.Task[Completion | Nothing]

    def fits(self, place: Place) -> bool:
        """Tell whether what has come so far agrees with what was typed since."""
        typed = place.typed_since(self.place)
        if typed is None or not (self.asked or not typed):
            return False
        return self.so_far.startswith(typed) or (typed.startswith(self.so_far) and not self.task.done())

    def grow(self, text: str) -> None:
        """Take over the text so far and wake everyone who waits for more."""
        self.so_far = text
        self.wake()

    def wake(self) -> None:
        """Wake everyone who waits for more."""
        self.moved.set()
        self.moved = asyncio.Event()


class CompletionEngine:
    """Completes at cursors; knows every document's running request and earlier answers."""

    def __init__(
        self,
        asker: Asker,
        *,
        on_outcome: Callable[[Nothing | Completion], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._asker = asker
        self._on_outcome = on_outcome
        self._clock = clock
        self._sleep = sleep
        self._config = CompletionConfig()
        self._model: Model | None = None
        self._cache = AnswerCache()
        self._flights: dict[str, _Flight] = {}
        self._pacers: dict[str, Pacer] = {}
        self._silent_until_s = 0.0

    def configure(self, config: CompletionConfig, model: Model | None) -> None:
        """Take over settings; `model` None when none can be used."""
        self._config, self._model = config, model

    def close_document(self, uri: str) -> None:
        """End what is under way for a document and forget its answers."""
        flight = self._flights.pop(uri, None)
        if flight:
            flight.task.cancel()
        self._pacers.pop(uri, None)
        self._cache.forget(uri)

    async def aclose(self) -> None:
        """End everything that is under way, and wait until its streams are closed."""
        tasks = [flight.task for flight in self._flights.values()]
        self._flights.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def recall(self, request: CompletionRequest) -> Completion | Nothing | None:
        """Answer from memory alone, without an await; None when a model would have to be asked."""
        refusal = self._refusal(request)
        if refusal is not None or self._model is None:
            return Nothing(refusal or "no-model")
        place = Place.at(request.document, request.offset)
        if not request.invoked and not place.at_line_end:
            return Nothing("mid-line")
        text = self._cache.lookup(name_of(self._model), place)
        return Completion(text, "memory") if text else None

    async def complete(self, request: CompletionRequest) -> Completion | Nothing:
        """Give a suggestion, or the reason why there is none. Raises nothing but CancelledError."""
        answer = self.recall(request)
        while answer is None:
            answer = await self._fly_or_join(request)
        return answer

    def _refusal(self, request: CompletionRequest) -> str | None:
        eagerness = self._config.eagerness_for(request.document.language_id)
        if eagerness == "off" or (eagerness == "manual" and not request.invoked):
            return eagerness
        if self._model is not None and not self._model.fim_ways:
            return "no-way"
        return None

    async def _fly_or_join(self, request: CompletionRequest) -> Completion | Nothing | None:
        """Wait for the answer under way or a new one; None when it turned out not to fit."""
        place = Place.at(request.document, request.offset)
        flight = self._flights.get(place.uri)
        joined = flight is not None and not flight.task.done() and flight.fits(place)
        if flight is None or not joined:
            flight = self._take_off(request, place)
        answer = await self._wait(flight, place)
        if isinstance(answer, Completion):
            rest = Answer(flight.place, answer.text).rest(place)
            if not rest:
                return None if joined else Nothing("diverged", trace=answer.trace)
            return replace(answer, text=rest, source="joined" if joined else "model")
        return answer

    def _take_off(self, request: CompletionRequest, place: Place) -> _Flight:
        earlier = self._flights.get(place.uri)
        if earlier:
            earlier.task.cancel()
            earlier.wake()
        flight = _Flight(place)
        self._flights[place.uri] = flight
        flight.task = asyncio.create_task(self._fly(flight, request))
        flight.task.add_done_callback(lambda _: flight.wake())
        return flight

    async def _wait(self, flight: _Flight, place: Place) -> Completion | Nothing | None:
        flight.waiters += 1
        try:
            while not flight.task.done():
                if self._flights.get(place.uri) is not flight:
                    return Nothing("superseded")
                if not flight.fits(place):
                    return None
                await flight.moved.wait()
        finally:
            flight.waiters -= 1
            if not flight.waiters and not flight.task.done():
                asyncio.get_running_loop().call_later(_ORPHAN_GRACE_S, self._end_orphan, flight)
        return Nothing("superseded") if flight.task.cancelled() else flight.task.result()

    def _end_orphan(self, flight: _Flight) -> None:
        if not flight.waiters and not flight.task.done():
            flight.task.cancel()

    async def _fly(self, flight: _Flight, request: CompletionRequest) -> Completion | Nothing:
        trace = Trace()
        try:
            answer = await self._ask(flight, request, trace)
        except Dropped as dropped:
            answer = Nothing(dropped.reason, trace=trace)
        except AssistantError as error:
            logger.info("no suggestion: %s", error)
            if isinstance(error, RateLimited):
                self._silent_until_s = self._clock() + (error.retry_after_s or 5.0)
            answer = Nothing("error", error, trace)
        except Exception as error:
            logger.exception("a completion failed in an unforeseen way")
            answer = Nothing("error", AssistantError(f"A completion failed: {error!r}. Please report this."), trace)
        self._on_outcome(answer)
        return answer

    async def _ask(self, flight: _Flight, request: CompletionRequest, trace: Trace) -> Completion | Nothing:
        model, place = self._model, flight.place
        assert model is not None
        rest = "rate-limited" if self._clock() < self._silent_until_s else self._asker.rest(model)
        if rest and not request.invoked:
            return Nothing(rest) if rest == "rate-limited" else Nothing("machine-busy", AssistantError(f"{rest}."))
        await self._pace(place, request, model, trace)
        flight.asked = True
        shown = await self._asker.ask(request.document, place, model, self._config, trace, flight.grow)
        self._cache.add(name_of(model), Answer(place, shown))
        return Completion(shown, "model", trace)

    async def _pace(self, place: Place, request: CompletionRequest, model: Model, trace: Trace) -> None:
        pacer = self._pacers.setdefault(place.uri, Pacer(self._clock))
        fresh_line = not place.head.strip()
        delay_s = pacer.delay_s(invoked=request.invoked, fresh_line=fresh_line, free=model.embedded)
        if delay_s:
            await self._sleep(delay_s)
        trace.waited_s = delay_s
