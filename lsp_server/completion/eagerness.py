"""How welcome suggestions are: what was taken and left lately, and the dial that a person turns."""

from __future__ import annotations

from collections.abc import Callable

# A reject counts half as much after ten minutes; nobody is punished for yesterday.
_HALF_LIFE_S = 600.0

_ACCEPT, _REJECT = 0.8, 1.5
_LEAST, _MOST = 0.5, 4.0


class Welcome:
    """A factor on every delay, in one document: above 1 after rejects, below 1 after accepts. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._factor = 1.0
        self._since_s = clock()

    @property
    def factor(self) -> float:
        """The factor as it stands now: it drifts back to 1."""
        age_s = self._clock() - self._since_s
        return float(self._factor ** (0.5 ** (age_s / _HALF_LIFE_S)))

    def accepted(self) -> None:
        """Learn that a suggestion was taken."""
        self._turn(_ACCEPT)

    def rejected(self) -> None:
        """Learn that a suggestion was read and left."""
        self._turn(_REJECT)

    def _turn(self, by: float) -> None:
        self._factor = min(max(self.factor * by, _LEAST), _MOST)
        self._since_s = self._clock()
