"""Which of several models answers: the first that is not resting. Decisions only; nothing here waits.

Another model is taken for overload, a rate limit or an outage, and for nothing else: a wrong key or a prompt that is
too long would be hidden by it. The first choice comes back by itself when its rest is over. Every change is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lsp_server.errors import ModelError
from lsp_server.models.breaker import FAILURES, Breaker

_FIRST_REST_S = 5.0
_LONGEST_REST_S = 120.0


class Fallback:
    """Remembers which models rest, by their names in the settings, and which one answered last."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._breaker = Breaker(clock, threshold=1, first_s=_FIRST_REST_S, most_s=_LONGEST_REST_S)
        self._instead = ""

    def order(self, names: Sequence[str]) -> list[str]:
        """Give the models in the order in which to try them: as in the settings, but those that rest come last."""
        unique = list(dict.fromkeys(names))
        return sorted(unique, key=lambda name: self._breaker.rest_s(name) > 0)

    def failed(self, name: str, error: ModelError) -> bool:
        """Learn that a model gave no answer; True when the next one may be asked in its place."""
        self._breaker.failed(name, error)
        return isinstance(error, FAILURES)

    def answers(self, name: str, names: Sequence[str]) -> str:
        """Learn that a model answers, and give the sentence that tells of a change, or ""."""
        first = names[0]
        self._breaker.succeeded(name)
        before, self._instead = self._instead, "" if name == first else name
        if self._instead == before:
            return ""
        if not self._instead:
            return f"{first} answers again."
        error = self._breaker.last_error(first)
        return f"{name} answers in place of {first}{f': {error}' if error else '.'}"
