"""Listening to a model for as long as more of its answer is wanted, and asking it again for other texts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from context.text import Document
from lsp_server.completion.ask import Asker, Trace
from lsp_server.completion.candidates import distinct
from lsp_server.completion.flights import Flight
from lsp_server.completion.place import Place
from lsp_server.completion.postprocess import Dropped, finish
from lsp_server.completion.writing import Writing
from lsp_server.config import CompletionConfig
from lsp_server.errors import AssistantError
from lsp_server.models.providers import Model

logger = logging.getLogger(__name__)

T = TypeVar("T")

# The likeliest text is there already: others come at this temperature, and are waited for so long at most.
_VARIED = 0.6
_OTHERS_S = 1.0

# How many texts a person may choose from who asks by hand.
CANDIDATES = 3


class _EnoughError(Exception):
    """Ends a stream of which no more is wanted."""


class Said(NamedTuple):
    """What a model said; `whole` when it had no more to say, not when nobody wanted to hear it."""

    text: str
    whole: bool


class Reader:
    """Asks one model, in the way of an Asker. `on_heard` is called whenever something has come."""

    def __init__(
        self,
        asker: Asker,
        model: Model,
        config: CompletionConfig,
        clock: Callable[[], float],
        on_heard: Callable[[], None],
    ) -> None:
        self._asker = asker
        self._model = model
        self._config = config
        self._clock = clock
        self._on_heard = on_heard

    async def read(self, flight: Flight[T], document: Document, trace: Trace, *, varied: bool = False) -> Said:
        """Ask for the text at a flight's place, and let the flight grow by what comes, until it has enough.

        `varied` asks for another text than the likeliest. Raises Dropped and errors of our tree.
        """
        place, presumes = flight.place, flight.presumes
        asked = Place.at(document, place.offset + len(presumes)) if presumes else place
        began_s = self._clock()

        def on_text(text: str) -> None:
            self._on_heard()
            trace.total_s = self._clock() - began_s
            flight.grow(text, self._clock())
            if flight.enough:
                raise _EnoughError

        temperature = _VARIED if varied else None
        try:
            text = await self._asker.ask(
                document, asked, self._model, self._config, trace, on_text, temperature=temperature
            )
        except _EnoughError:
            return Said(finish(flight.said[: flight.enough], asked), whole=False)
        return Said(text, whole=True)


class Others:
    """Further texts for places of documents, asked for one after the other. `sleep` waits for seconds."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._sleep = sleep
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def gather(
        self, uri: str, writing: Writing, texts: list[str], *, ask: Callable[[], Awaitable[str]], free: bool
    ) -> None:
        """Add what `ask` gives to texts, until there are enough, a second is over, or the next key comes.

        `ask` gives "" for a text that is not fit to be shown. Where asking is not `free`, it is asked once only.
        """
        rounds = CANDIDATES - 1 if free else 1
        asking = self._asking[uri] = asyncio.create_task(_ask_again(writing, texts, ask, rounds))
        nap = asyncio.ensure_future(writing.rest(self._sleep(_OTHERS_S)))
        try:
            await asyncio.wait({asking, nap}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asking.cancel()
            nap.cancel()
            await asyncio.wait({asking, nap})
            if self._asking.get(uri) is asking:
                del self._asking[uri]

    def end(self, uri: str) -> None:
        """End what is under way for a document."""
        if uri in self._asking:
            self._asking[uri].cancel()

    def end_all(self) -> list[asyncio.Task[None]]:
        """End everything, and give the tasks to wait for."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        return tasks


async def _ask_again(writing: Writing, texts: list[str], ask: Callable[[], Awaitable[str]], rounds: int) -> None:
    # Never more requests at once than while typing.
    under_way = {flight.task for flight in (writing.flights.here, writing.flights.ahead) if flight is not None}
    if under_way:
        await asyncio.wait(under_way)
    for _ in range(rounds):
        if len(texts) >= CANDIDATES:
            return
        try:
            text = await ask()
        except Dropped:
            continue
        except AssistantError as error:
            logger.info("no other suggestion: %s", error)
            return
        texts[:] = distinct([*texts, text] if text else texts)
