"""When to leave the embedded model alone, because the machine has no time for it."""

from __future__ import annotations

from collections.abc import Callable

# On two idle cores the small model writes 50 to 130 tokens a second; when others want the cores as well, 1 to 4 have
# been seen. Below this rate a line comes too late to be of use, and asking for it only slows down the rest.
COLLAPSED_TOKENS_PER_S = 8.0
_SLOW_ANSWERS = 3
_FIRST_REST_S = 5.0
_LONGEST_REST_S = 60.0


class LoadGuard:
    """Says whether requests that nobody asked for by hand should rest, from how fast the last answers came.

    Three slow answers in a row begin a rest of 5 s; each further slow one doubles it, up to 60 s. A single fast one
    ends it and forgets. `clock` gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._slow = 0
        self._rate = 0.0
        self._rest_s = _FIRST_REST_S
        self._until = float("-inf")

    def answered(self, tokens: int, seconds: float) -> None:
        """Learn that an answer of so many tokens took so long, counted from its first token.

        An answer of less than two tokens says nothing about the rate, nor does one that took no time.
        """
        if tokens < 2 or seconds <= 0:
            return
        self._rate = (tokens - 1) / seconds
        if self._rate >= COLLAPSED_TOKENS_PER_S:
            self._slow, self._rest_s, self._until = 0, _FIRST_REST_S, float("-inf")
            return
        self._slow += 1
        if self._slow >= _SLOW_ANSWERS and self._clock() >= self._until:
            self._until = self._clock() + self._rest_s
            self._rest_s = min(2 * self._rest_s, _LONGEST_REST_S)

    def rest(self) -> str:
        """Give the reason to rest now, as a sentence for a person, or "" when there is none."""
        left_s = self._until - self._clock()
        if left_s <= 0:
            return ""
        return (
            f"The machine is busy: the embedded model writes {self._rate:.1f} tokens a second, so suggestions rest "
            f"for {left_s:.0f} s"
        )
