"""The completion engine: from a cursor to one suggestion, with as few requests and as little waiting as possible.

A request goes the first of these ways that answers it: along the shown text; from an answer that was given before, or
from its lines that were not shown yet; along with an answer under way that still fits, also one that was sent ahead;
or a new request, which ends the one under way in the same document. All but the last need no request, and the first
two no await.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import NamedTuple

from context.text import Document, Span, TextEdit
from lsp_server.completion.ask import Asker, Trace
from lsp_server.completion.backoff import Backoff
from lsp_server.completion.cache import Answer, AnswerCache, ModelKey
from lsp_server.completion.candidates import best_first, distinct
from lsp_server.completion.excerpt import Excerpt
from lsp_server.completion.extent import SLOW_LINE_S, beginning, extent, is_over
from lsp_server.completion.flights import Flight
from lsp_server.completion.offer import Offer, as_if_selected, with_selected
from lsp_server.completion.pacing import waits_by_itself
from lsp_server.completion.place import Place
from lsp_server.completion.postprocess import Dropped
from lsp_server.completion.reading import CANDIDATES, Others, Reader
from lsp_server.completion.suggestion import Completion, CompletionRequest, Nothing, Selected
from lsp_server.completion.writing import Visit, Writing
from lsp_server.config import CompletionConfig
from lsp_server.errors import AssistantError, TimedOut
from lsp_server.models.providers import Model

__all__ = ["Completion", "CompletionEngine", "CompletionRequest", "Nothing", "Selected"]

logger = logging.getLogger(__name__)

# How much the last answers count in what a model is expected to take.
_NEWEST_COUNTS = 0.3


class _Step(NamedTuple):
    """A step towards an answer: None to look at all anew. What was sent for it, and how long it was held back."""

    answer: Completion | Nothing | None
    trace: Trace | None = None
    rested_s: float = 0.0


class CompletionEngine:
    """Completes at cursors; knows every document's running requests and earlier answers."""

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
        self._model_s = 0.0
        self._cache = AnswerCache()
        self._writings: dict[str, Writing] = {}
        self._offers: dict[str, Offer] = {}
        self._others = Others(sleep)
        self._backoff = Backoff(clock)
        self._editor_waits = False

    def configure(self, config: CompletionConfig, model: Model | None) -> None:
        """Take over settings; `model` None when none can be used."""
        if model != self._model:
            self._model_s, self._backoff = 0.0, Backoff(self._clock)
        self._config, self._model = config, model

    def meet(self, client: str) -> None:
        """Learn the name that the editor gives itself; some wait by themselves before they ask."""
        self._editor_waits = waits_by_itself(client)

    def accepted(self, uri: str, given: str = "") -> None:
        """Learn that the ghost text of a document was taken, all or a part; the text that comes next tells which.

        `given` is the item's text, where that is known: it may be another than the one that was shown first.
        """
        writing = self._writings.get(uri)
        if writing is not None:
            self.shown(uri, given)
            writing.taken = max(writing.taken, 1)

    def shown(self, uri: str, given: str) -> None:
        """Learn which of the given texts is on the screen; one that was not given is passed by."""
        writing, offer = self._writings.get(uri), self._offers.get(uri)
        if writing is not None and offer is not None and writing.screen.shown and (text := offer.text_of(given)):
            writing.screen.show(offer.place, text)

    def partly_accepted(self, uri: str, given: str, length: int) -> None:
        """Learn that the first `length` characters of a given text were taken; the rest stays on the screen."""
        offer = self._offers.get(uri)
        if offer is not None and offer.text_of(given) and length > len(offer.before):
            self.shown(uri, given)
            self._writings[uri].welcome.accepted()

    def rejected(self, uri: str) -> None:
        """Learn that the ghost text of a document was sent away by hand; it is not shown there again."""
        writing = self._writings.get(uri)
        if writing is not None and writing.screen.shown:
            writing.screen.reject()
            writing.welcome.rejected()

    def close_document(self, uri: str) -> None:
        """End what is under way for a document and forget its answers."""
        writing = self._writings.pop(uri, None)
        if writing is not None:
            writing.flights.end_all()
        self._others.end(uri)
        self._offers.pop(uri, None)
        self._cache.forget(uri)

    async def aclose(self) -> None:
        """End everything that is under way, and wait until its streams are closed."""
        tasks = [task for writing in self._writings.values() for task in writing.flights.end_all()]
        await asyncio.gather(*tasks, *self._others.end_all(), return_exceptions=True)

    async def complete(self, request: CompletionRequest) -> Completion | Nothing:
        """Give a suggestion, or the reason why there is none. Raises nothing but CancelledError."""
        refusal = self._refusal(request)
        if refusal:
            return Nothing(refusal)
        before = request.selected.text if request.selected is not None else ""
        return with_selected(await self._complete(as_if_selected(request), before), request.selected)

    def _refusal(self, request: CompletionRequest) -> str:
        eagerness = self._config.eagerness_for(request.document.language_id)
        if eagerness == "off" or (eagerness == "manual" and not request.invoked):
            return eagerness
        if self._model is None:
            return "no-model"
        return "" if self._model.fim_ways else "no-way"

    async def _complete(self, request: CompletionRequest, before: str) -> Completion | Nothing:
        place = Place.at(request.document, request.offset)
        writing = self._writings.setdefault(place.uri, Writing(self._clock))
        visit = Visit(request, place, writing, writing.arrive(place))
        answer, trace, rested_s = self._recall(visit), None, 0.0
        while answer is None:
            if not visit.latest:
                answer = Nothing("superseded")
                break
            answer, sent, rested_s = await self._ask_or_join(visit, rested_s)
            trace = sent or trace
        if answer.trace is None and trace is not None:
            answer = replace(answer, trace=trace)
        if isinstance(answer, Completion):
            if request.invoked:
                answer = await self._with_others(visit, answer)
            if visit.latest:
                writing.screen.show(place, answer.text)
                self._offers[place.uri] = Offer(place, (answer.text, *answer.others), before)
                self._prefetch(visit, answer.text)
        return answer

    # From memory, without an await

    def _recall(self, visit: Visit) -> Completion | Nothing | None:
        """Answer from memory; None when a model would have to be asked."""
        request, place, writing = visit.request, visit.place, visit.writing
        if writing.screen.shown and visit.latest and not request.invoked:
            return Completion(self._extended(visit, writing.screen.shown), "memory")
        if not request.invoked and not place.at_line_end:
            return Nothing("mid-line")
        reason = ""
        for rest in self._fitting(place, whole=visit.block):
            text = self._extent(visit, rest, over=True)
            if text and not visit.refuses(text):
                return Completion(text, "memory")
            reason = "rejected" if text else "empty"
            if not text and is_over(rest):
                reason = "line-complete" if place.head.strip() else "empty"
                if not rest and self._look_ahead(visit, place.eol) and writing.taken:
                    return None
                break
        return Nothing(reason) if reason and not request.invoked else None

    def _fitting(self, place: Place, *, whole: bool = False) -> list[str]:
        assert self._model is not None
        return list(self._cache.fitting(ModelKey.of(self._model), place, whole=whole))

    def _extent(self, visit: Visit, rest: str, *, over: bool) -> str | None:
        return extent(rest, visit.place, block=visit.block, taken=bool(visit.writing.taken), over=over)

    def _extended(self, visit: Visit, shown: str) -> str:
        """Give the shown text, longer where more of its line has come."""
        flight = visit.writing.flights.fitting(visit.place)
        if flight is not None:
            return beginning(flight.rest(visit.place) or "", shown)
        for rest in self._fitting(visit.place):
            text = self._extent(visit, rest, over=True) or ""
            if text.startswith(shown):
                return text
        return shown

    async def _with_others(self, visit: Visit, answer: Completion) -> Completion:
        """Add what else was said for this place, and what the model says when it is asked again, as far as it differs.

        Those come first with which the document parses; but what stands on the screen already stays the first.
        """
        request = visit.request
        texts = [text for rest in self._fitting(visit.place) if (text := self._extent(visit, rest, over=True))]
        texts = list(distinct([answer.text, *texts]))
        if visit.latest:
            await self._gather_others(visit, texts)
        ranked = best_first(texts, Excerpt.around(request.document, request.offset))
        first = answer.text if visit.writing.screen.shown or not ranked else ranked[0]
        others = [text for text in ranked if text != first]
        return replace(answer, text=first, others=tuple(others[: CANDIDATES - 1]))

    # From a model

    async def _ask_or_join(self, visit: Visit, rested_s: float) -> _Step:
        """Wait for an answer under way or a new one, or rest before asking."""
        flight = visit.writing.flights.fitting(visit.place)
        if flight is not None:
            return _Step(await self._wait(flight, visit, "joined"), flight.trace)
        refusal = self._leave_model_alone(visit.request)
        if refusal is not None:
            return _Step(refusal)
        delay_s = 0.0 if rested_s else self._delay_s(visit)
        if delay_s:
            await visit.writing.rest(self._sleep(delay_s))
            return _Step(None, rested_s=delay_s)
        visit.writing.tries += 1
        flight = self._flight(visit)
        flight.trace.waited_s = rested_s
        visit.writing.flights.take_off(flight, lambda flight: self._fly(flight, visit.request.document))
        return _Step(await self._wait(flight, visit, "model"), flight.trace)

    async def _gather_others(self, visit: Visit, texts: list[str]) -> None:
        """Add what the model says when it is asked again."""
        assert self._model is not None
        reader, free = self._reader(), self._model.endpoint.local

        async def ask() -> str:
            said = await reader.read(self._flight(visit), visit.request.document, Trace(), varied=True)
            return self._extent(visit, said.text, over=True) or ""

        await self._others.gather(visit.place.uri, visit.writing, texts, ask=ask, free=free)

    def _leave_model_alone(self, request: CompletionRequest) -> Nothing | None:
        """Give the reason why the model is not asked just now."""
        assert self._model is not None
        if request.invoked:
            return None
        reason = self._backoff.reason()
        if reason:
            return Nothing(reason)
        busy = self._asker.rest(self._model)
        if not busy:
            return None
        error = AssistantError(f"{busy}.")
        nothing = Nothing("machine-busy", error)
        if self._backoff.failed(error):
            self._on_outcome(nothing)
        return nothing

    def _delay_s(self, visit: Visit) -> float:
        assert self._model is not None
        pacer, writing = visit.writing.pacer, visit.writing
        if visit.request.invoked or self._model.embedded:
            return 0.0
        if self._config.eagerness_for(visit.place.language_id) == "calm":
            return pacer.calm_delay_s()
        if self._editor_waits:
            return 0.0
        tries = writing.tries if visit.place.head.strip() else 0
        return pacer.delay_s(tries, self._model_s, writing.welcome.factor)

    def _flight(self, visit: Visit, presumes: str = "") -> Flight[Completion | Nothing]:
        assert self._model is not None
        return Flight(visit.place, visit.block, presumes, frugal=not self._model.endpoint.local)

    def _look_ahead(self, visit: Visit, presumes: str) -> bool:
        """Ask for what comes behind text that is not typed yet; give whether an answer to that is under way."""
        assert self._model is not None
        request, place, flights = visit.request, visit.place, visit.writing.flights
        if not visit.latest or flights.looks_ahead(place):
            return visit.latest
        if self._model.embedded or place.tail.strip() or self._leave_model_alone(request):
            return False
        at = Span(request.offset, request.offset)
        document = request.document.with_edits([TextEdit(at, presumes)], request.document.version)
        flight = self._flight(visit, presumes)
        flights.look_ahead(flight, lambda flight: self._fly(flight, document))
        return True

    def _prefetch(self, visit: Visit, text: str) -> None:
        """Ask for what comes behind the shown text, where asking costs nothing: on a model server of one's own."""
        assert self._model is not None
        known = any(rest.startswith(text + visit.place.eol) for rest in self._fitting(visit.place))
        if self._model.endpoint.local and not known:
            self._look_ahead(visit, text + visit.place.eol)

    async def _wait(
        self, flight: Flight[Completion | Nothing], visit: Visit, source: str
    ) -> Completion | Nothing | None:
        """Wait until a flight has something to show here; None when it turns out not to fit."""
        flight.waiters += 1
        try:
            while not flight.over:
                if not visit.writing.flights.holds(flight):
                    return Nothing("superseded")
                if not flight.fits(visit.place):
                    return None
                text = self._so_far(flight, visit, source)
                if text and not visit.refuses(text):
                    flight.reads_on = True
                    return Completion(text, source, flight.trace)
                await flight.moved.wait()
        finally:
            flight.waiters -= 1
            visit.writing.flights.leave(flight)
        if flight.task.cancelled():
            return Nothing("superseded")
        answer = flight.task.result()
        if isinstance(answer, Nothing):
            return answer
        told = self._recall(visit) or self._first(visit)
        return replace(told, trace=answer.trace, source=source) if isinstance(told, Completion) else told

    def _so_far(self, flight: Flight[Completion | Nothing], visit: Visit, source: str) -> str:
        rest = flight.rest(visit.place) or ""
        text = self._extent(visit, rest, over=False)
        slow = self._clock() - flight.began_s > SLOW_LINE_S
        if text is None and slow and source == "joined" and not visit.block:
            return beginning(rest, "")
        return text or ""

    def _first(self, visit: Visit) -> Completion | None:
        """Give what fits best, for who asked by hand and has waited for an answer."""
        texts = (self._extent(visit, rest, over=True) for rest in self._fitting(visit.place))
        return next((Completion(text, "memory") for text in texts if text), None) if visit.request.invoked else None

    async def _fly(self, flight: Flight[Completion | Nothing], document: Document) -> Completion | Nothing:
        trace = flight.trace
        answer: Completion | Nothing
        try:
            answer = await self._ask(flight, document, trace)
        except asyncio.CancelledError:
            if self._backoff.silent_s() < self._config.timeout_s:
                raise
            # Whoever types on gives up each request before its time: a silent model is noticed all the same.
            answer = Nothing("error", TimedOut("The model server is silent; it is tried again by itself."), trace)
            if self._is_news(answer):
                self._on_outcome(answer)
            raise
        except Dropped as dropped:
            answer = Nothing(dropped.reason, trace=trace)
        except AssistantError as error:
            logger.info("no suggestion: %s", error)
            answer = Nothing("error", error, trace)
        except Exception as error:
            logger.exception("a completion failed in an unforeseen way")
            answer = Nothing("error", AssistantError(f"A completion failed: {error!r}. Please report this."), trace)
        if self._is_news(answer):
            self._on_outcome(answer)
        return answer

    def _is_news(self, answer: Completion | Nothing) -> bool:
        """Learn how the model is; the same fault is told once until it answers again."""
        if isinstance(answer, Nothing) and answer.error is not None:
            return self._backoff.failed(answer.error)
        first_s = answer.trace.first_token_s if answer.trace is not None else None
        if first_s is not None:
            self._model_s += (first_s - self._model_s) * (_NEWEST_COUNTS if self._model_s else 1)
        self._backoff.answered()
        return True

    async def _ask(self, flight: Flight[Completion | Nothing], document: Document, trace: Trace) -> Completion:
        assert self._model is not None
        key, place, presumes = ModelKey.of(self._model), flight.place, flight.presumes
        self._backoff.asked()
        try:
            said = await self._reader().read(flight, document, trace)
        except Dropped:
            self._cache.add(key, Answer(place, presumes))
            raise
        self._cache.add(key, Answer(place, presumes + said.text, said.whole))
        return Completion(presumes + said.text, "model", trace)

    def _reader(self) -> Reader:
        assert self._model is not None
        return Reader(self._asker, self._model, self._config, self._clock, self._backoff.heard)
