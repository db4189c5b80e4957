"""When to ask: at once after a pause, after a short rest within a burst, so that a model is not asked at every key."""

from __future__ import annotations

from collections.abc import Callable

# Half of a person's gaps between keys are shorter than 92 ms, three quarters than 150 ms (a recorded session of 92
# minutes): a rest of 75 ms skips most keys of a burst and is not felt after it.
REST_S = 0.075

# After a gap this long the person has paused, and the next key is the first of a new burst.
PAUSE_S = 0.3


class Pacer:
    """Knows a person's typing rhythm in one document. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last_s = float("-inf")

    def delay_s(self, *, invoked: bool, fresh_line: bool, free: bool) -> float:
        """Give the seconds to wait before asking a model about the key that was just typed.

        Nothing to wait for when it was asked for by hand (`invoked`), on a line just begun (`fresh_line`), after a
        pause, or where a request costs nothing (`free`: the embedded model, which drops an old request at once).
        """
        now = self._clock()
        gap_s, self._last_s = now - self._last_s, now
        if invoked or fresh_line or free or gap_s >= PAUSE_S:
            return 0.0
        return REST_S
