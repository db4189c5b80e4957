"""Leaving a model alone after a fault, longer each time, until it answers again."""

from __future__ import annotations

import random
from collections.abc import Callable

from lsp_server.errors import AssistantError, Overloaded, RateLimited, TimedOut, Unreachable

# These pass by themselves; asking on at every key would only make them worse.
_PASSING = (RateLimited, Overloaded, TimedOut, Unreachable)

_FIRST_S = 1.0
_LONGEST_S = 60.0


class Backoff:
    """Knows until when a model is left alone. `clock` gives seconds, `chance` a number in [0, 1)."""

    def __init__(self, clock: Callable[[], float], chance: Callable[[], float] = random.random) -> None:
        self._clock = clock
        self._chance = chance
        self._until_s = float("-inf")
        self._faults = 0
        self._told: type[AssistantError] | None = None
        self._unheard_s: float | None = None

    def asked(self) -> None:
        """Learn that the model was asked."""
        self._unheard_s = self._clock() if self._unheard_s is None else self._unheard_s

    def heard(self) -> None:
        """Learn that the model has begun to answer."""
        self._unheard_s = None

    def silent_s(self) -> float:
        """Give how long the model has said nothing to any request, those that were given up included; in seconds."""
        return 0.0 if self._unheard_s is None else self._clock() - self._unheard_s

    def reason(self) -> str:
        """Give the code of the reason to wait, or ""."""
        if self._clock() >= self._until_s:
            return ""
        return "rate-limited" if self._told is RateLimited else "model-down"

    def failed(self, error: AssistantError) -> bool:
        """Learn of a fault; give whether the person has to be told of it: not of the same one again and again."""
        self.heard()
        news = type(error) is not self._told
        self._told = type(error)
        if isinstance(error, _PASSING):
            wait_s = min(_FIRST_S * 2**self._faults, _LONGEST_S) * (0.75 + 0.5 * self._chance())
            asked_s = error.retry_after_s if isinstance(error, RateLimited) else None
            self._until_s = self._clock() + (asked_s or wait_s)
            self._faults += 1
        return news

    def answered(self) -> None:
        """Learn that the model answers."""
        self.heard()
        self._faults, self._told, self._until_s = 0, None, float("-inf")
