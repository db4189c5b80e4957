"""When to ask: at once where a line begins and after a pause; later where a model was just wrong and is fast.

A slow model paces itself, since nothing else is asked while its answer is awaited and may still fit. A fast one would
be asked at nearly every key; there a rest that is a little longer than the usual gap waits for the end of a burst.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import median

# Half of a person's gaps between keys are shorter than 92 ms, three quarters than 150 ms (a recorded session of 92
# minutes). This is taken for granted until enough keys have come.
_USUAL_GAP_S = 0.092
_GAPS = 32
_GAPS_TO_KNOW = 8

# After a gap this long the person has paused, and the next key is the first of a new burst.
PAUSE_S = 0.3

# A model that takes so long needs no rest before it.
_SLOW_MODEL_S = 0.4

# The longest rest after one wrong answer on a line, what each further one adds, and the longest of all.
_REST_S = 0.1
_MORE_S = 0.1
_LONGEST_S = 0.3

# Where suggestions come only at a pause.
CALM_S = 0.4

# Editors that wait by themselves before they ask, for 200 ms and more: to wait again would be felt.
_WAITING_EDITORS = ("neovim", "emacs", "gnu emacs", "intellij", "pycharm", "webstorm", "goland", "android studio")


def waits_by_itself(client: str) -> bool:
    """Tell whether an editor, by the name it gives itself, waits after a key before it asks."""
    return client.lower().startswith(_WAITING_EDITORS)


class Pacer:
    """Knows a person's typing rhythm in one document. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last_s = float("-inf")
        self._gap_s = float("inf")
        self._gaps: deque[float] = deque(maxlen=_GAPS)

    def key(self) -> None:
        """Learn that a key was pressed."""
        now = self._clock()
        self._gap_s, self._last_s = now - self._last_s, now
        if self._gap_s < PAUSE_S:
            self._gaps.append(self._gap_s)

    def delay_s(self, tries: int, model_s: float, reluctance: float = 1.0) -> float:
        """Give the seconds that are left to wait before asking a model about the key that was pressed last.

        `tries` counts what this line has cost already, `model_s` is what the model takes to begin, 0 when that is
        not known. `reluctance` is above 1 where suggestions were rejected lately.
        """
        if tries == 0 and (self._gap_s >= PAUSE_S or reluctance <= 1):
            return 0.0
        usual_s = median(self._gaps) if len(self._gaps) >= _GAPS_TO_KNOW else _USUAL_GAP_S
        rest_s = min(1.3 * usual_s, _REST_S) * max(0.0, 1 - model_s / _SLOW_MODEL_S)
        rest_s = min((rest_s + _MORE_S * max(tries - 1, 0)) * reluctance, _LONGEST_S)
        return max(0.0, rest_s - self.since_key_s())

    def calm_delay_s(self) -> float:
        """Give the seconds that are left until the person has paused."""
        return max(0.0, CALM_S - self.since_key_s())

    def since_key_s(self) -> float:
        """Give the seconds since the last key."""
        return self._clock() - self._last_s
