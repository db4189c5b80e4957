"""What the engine knows of one document that is being written in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from lsp_server.completion.eagerness import Welcome
from lsp_server.completion.flights import Flights
from lsp_server.completion.pacing import Pacer
from lsp_server.completion.place import Place
from lsp_server.completion.screen import Screen
from lsp_server.completion.suggestion import Completion, CompletionRequest, Nothing


class Writing:
    """One document: its requests under way, its ghost text, its rhythm. `clock` gives seconds.

    Requests are numbered as they come, and only the latest may send something to a model. `tries` counts what the
    cursor's line has cost so far, `taken` the suggestions that were taken one behind the other.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.newest = 0
        self.flights: Flights[Completion | Nothing] = Flights()
        self.screen = Screen(clock)
        self.pacer = Pacer(clock)
        self.welcome = Welcome(clock)
        self.tries = 0
        self.taken = 0
        self._line_start = -1
        self._nap: asyncio.Future[None] | None = None

    def arrive(self, place: Place) -> int:
        """Take in a request: give its number, after learning what became of the ghost text."""
        self.newest += 1
        self.pacer.key()
        if self._nap is not None:
            self._nap.cancel()
        fate = self.screen.move(place)
        if fate == "accepted":
            self.accept()
        elif fate == "rejected":
            self.welcome.rejected()
        if fate in ("rejected", "left"):
            self.taken = 0
        if place.line_start != self._line_start:
            self._line_start, self.tries = place.line_start, 0
        self.flights.diverge(place)
        return self.newest

    def accept(self) -> None:
        """Learn that a suggestion was taken."""
        self.welcome.accepted()
        self.taken, self.tries = self.taken + 1, 0

    async def rest(self, nap: Awaitable[None]) -> None:
        """Wait before asking; the next request ends the wait at once."""
        self._nap = asyncio.ensure_future(nap)
        try:
            await self._nap
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                self._nap.cancel()
                raise


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, where it is, and the document's state; `number` counts the document's requests."""

    request: CompletionRequest
    place: Place
    writing: Writing
    number: int

    @property
    def latest(self) -> bool:
        """Whether no request of the same document has come since."""
        return self.number == self.writing.newest

    @property
    def block(self) -> bool:
        """Whether more than a line is wanted: by hand, where a statement or a block is still to be begun."""
        return self.request.invoked and (not self.place.head.strip() or self.place.begins_a_block)

    def refuses(self, text: str) -> bool:
        """Tell whether this text was rejected here; whoever asks by hand wants to see it nevertheless."""
        return not self.request.invoked and self.writing.screen.refuses(self.place, text)
