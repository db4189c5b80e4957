"""Requests under way in one document: one at the cursor and one ahead of it, joined while they fit, else ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from lsp_server.completion.ask import Trace
from lsp_server.completion.cache import Answer
from lsp_server.completion.extent import line_size
from lsp_server.completion.place import Place

T = TypeVar("T")

# An editor that cancels at every key sends the next request right behind: this long an answer is kept alive, so
# that the next request can join it. Below the 20 ms within which a cancelled stream has to be closed.
_ORPHAN_GRACE_S = 0.012

# Whoever has typed so many characters along an answer will most likely want its next line too.
_AGREED = 5


@dataclass(eq=False, slots=True)
class Flight(Generic[T]):
    """A request under way: where it was asked, what has come, and how many wait for it.

    One that was sent ahead `presumes` what will be typed at its place, and its text begins with that. `whole` when
    all of the answer is wanted, not only a line; `frugal` when tokens cost money. `reached` is how far, in characters
    of what is said, the person has come. `reads_on` when it goes on though nobody waits: somebody was answered from
    it, or it was sent ahead. Times are seconds of the engine's clock.
    """

    place: Place
    whole: bool
    presumes: str = ""
    reads_on: bool = False
    text: str = ""
    frugal: bool = True
    reached: int = 0
    waiters: int = 0
    began_s: float = float("inf")
    trace: Trace = field(default_factory=Trace)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[T] = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.presumes

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.task.done()

    @property
    def said(self) -> str:
        """What the model has said so far."""
        return self.text[len(self.presumes) :]

    @property
    def enough(self) -> int:
        """How many characters of what was said are enough, so that the stream can be closed; 0 while more is wanted.

        A line beyond the cursor is; two where asking is free and the person is already typing along.
        """
        if self.whole:
            return 0
        first = line_size(self.said[self.reached :])
        if not first:
            return 0
        first += self.reached
        if self.frugal or self.reached < _AGREED:
            return first
        second = line_size(self.said[first:])
        return first + second if second else 0

    def fits(self, place: Place) -> bool:
        """Tell whether what has come so far agrees with what was typed since; if so, more is read than that."""
        typed = place.typed_since(self.place)
        if typed is None:
            return False
        beyond = typed[len(self.presumes) :]
        if self.text.startswith(typed):
            fits = self.rest(place) is not None
        else:
            on_its_line = self.whole or "\n" not in beyond.strip("\r\n")
            fits = on_its_line and not self.over and typed.startswith(self.text)
        if fits:
            self.reached = max(self.reached, len(beyond))
        return fits

    def rest(self, place: Place) -> str | None:
        """Give what has come beyond a place; None when nothing has, or it does not fit there."""
        return Answer(self.place, self.text).rest(place)

    def grow(self, text: str, now_s: float) -> None:
        """Take over what was said so far and wake everyone who waits for more."""
        eol = self.place.eol
        self.began_s = min(self.began_s, now_s)
        self.text = self.presumes + (text if eol == "\n" else text.replace("\r\n", "\n").replace("\n", eol))
        self.wake()

    def wake(self) -> None:
        """Wake everyone who waits for more."""
        self.moved.set()
        self.moved = asyncio.Event()

    def end(self) -> None:
        """Close the stream, and tell everyone who waits."""
        if not self.over:
            self.task.cancel()
        self.wake()


class Flights(Generic[T]):
    """The requests under way in one document; never more than one at the cursor and one ahead of it."""

    def __init__(self) -> None:
        self.here: Flight[T] | None = None
        self.ahead: Flight[T] | None = None

    def fitting(self, place: Place) -> Flight[T] | None:
        """Give the request under way that fits a place; one that was sent ahead is the one at the cursor then."""
        if self.here is not None and not self.here.over and self.here.fits(place):
            return self.here
        if self.ahead is None or self.ahead.over or not self.ahead.fits(place):
            return None
        if self.here is not None:
            self.here.end()
        self.here, self.ahead = self.ahead, None
        return self.here

    def take_off(self, flight: Flight[T], fly: Fly[T]) -> None:
        """Send the request for the cursor, which ends the ones before."""
        self.end_all()
        self.here = flight
        _start(flight, fly)

    def look_ahead(self, flight: Flight[T], fly: Fly[T]) -> None:
        """Send a request for text that will follow what is not typed yet, which ends the one before."""
        if self.ahead is not None:
            self.ahead.end()
        self.ahead = flight
        flight.reads_on = True
        _start(flight, fly)

    def looks_ahead(self, place: Place) -> bool:
        """Tell whether a request under way will tell what follows at a place."""
        return any(each and not each.over and each.fits(place) for each in (self.here, self.ahead))

    def holds(self, flight: Flight[T]) -> bool:
        """Tell whether a flight has not been given up for another."""
        return flight is self.here or flight is self.ahead

    def leave(self, flight: Flight[T]) -> None:
        """End a flight that nobody waits for, unless somebody comes along in a moment."""
        if _is_orphan(flight):
            asyncio.get_running_loop().call_later(_ORPHAN_GRACE_S, _end_orphan, flight)

    def diverge(self, place: Place) -> None:
        """End what does not fit where the cursor is now; who waits for it is answered."""
        for flight in (self.here, self.ahead):
            if flight is not None and not flight.over and not flight.fits(place):
                flight.end()

    def end_all(self) -> list[asyncio.Task[T]]:
        """End everything, and give the tasks to wait for."""
        flights = [flight for flight in (self.here, self.ahead) if flight is not None]
        self.here = self.ahead = None
        for flight in flights:
            flight.end()
        return [flight.task for flight in flights]


Fly: TypeAlias = Callable[[Flight[T]], Coroutine[None, None, T]]


def _start(flight: Flight[T], fly: Fly[T]) -> None:
    flight.task = asyncio.create_task(fly(flight))
    flight.task.add_done_callback(lambda _: flight.wake())


def _is_orphan(flight: Flight[T]) -> bool:
    return not flight.waiters and not flight.reads_on and not flight.over


def _end_orphan(flight: Flight[T]) -> None:
    if _is_orphan(flight):
        flight.end()
