"""What is left alone for a while, because it failed or asked for it. Decisions only; nothing here waits."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from lsp_server.errors import ModelError, Overloaded, RateLimited, TimedOut, Truncated, Unreachable

# Overload, a rate limit, an outage: what another endpoint, or a later time, may well do better.
FAILURES = (RateLimited, Overloaded, Unreachable, TimedOut, Truncated)


@dataclass(slots=True)
class _Record:
    error: ModelError
    failures: int = 0
    rests: int = 0
    until_s: float = 0.0


class Breaker:
    """Remembers what failed, by any name; times are those of `clock`, in seconds.

    After `threshold` failures in a row something rests, for `first_s` at first, twice as long each further time, at
    most `most_s`. A rate limit makes it rest at once, for as long as was asked. A success ends everything.
    """

    def __init__(
        self, clock: Callable[[], float], *, threshold: int = 3, first_s: float = 1.0, most_s: float = 15.0
    ) -> None:
        self._clock = clock
        self._threshold = threshold
        self._first_s = first_s
        self._most_s = most_s
        self._records: dict[Hashable, _Record] = {}

    def rest_s(self, name: Hashable) -> float:
        """Give how long this is still to be left alone; 0 when it may be asked."""
        record = self._records.get(name)
        return max(0.0, record.until_s - self._clock()) if record else 0.0

    def is_doubtful(self, name: Hashable) -> bool:
        """Tell whether this has rested and has not yet shown that it is well again."""
        record = self._records.get(name)
        return record is not None and record.rests > 0 and not isinstance(record.error, RateLimited)

    def last_error(self, name: Hashable) -> ModelError | None:
        """Give why this rests, or None."""
        record = self._records.get(name)
        return record.error if record else None

    def failed(self, name: Hashable, error: ModelError) -> None:
        """Learn of an error; one that says nothing about the endpoint's health is let pass."""
        if not isinstance(error, FAILURES):
            return
        record = self._records.setdefault(name, _Record(error))
        record.error, record.failures = error, record.failures + 1
        limited = isinstance(error, RateLimited)
        if limited or record.failures >= self._threshold:
            asked_s = error.retry_after_s if isinstance(error, RateLimited) else None
            usual_s = min(self._most_s, self._first_s * 2.0 ** min(record.rests, 30))
            record.until_s = self._clock() + (usual_s if asked_s is None else asked_s)
            record.rests += 1

    def succeeded(self, name: Hashable) -> None:
        """Learn that this is well."""
        self._records.pop(name, None)
