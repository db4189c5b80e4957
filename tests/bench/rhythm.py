"""How a person types: gaps between keys, pauses, slips and their mending.

Numbers from a recording of 92 minutes of one person's TypeScript (microsoft/vscode-copilot-chat at 31acd00, MIT): 1,906
typed characters, of which 1,536 follow another; 117 Enters; 248 single deletions in 134 runs, of which 63 come right
behind a typed character. Each table holds quantiles, and a draw lies between two of them; pauses are cut at 4 seconds.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

# Seconds from one character to the next: the quantiles 0, 5, 10 … 95 %, and then 97, 98, 99 and 99.5 %.
BETWEEN_KEYS_S = (
    0.02,
    *(0.040, 0.045, 0.059, 0.067, 0.069, 0.074, 0.084, 0.089, 0.090, 0.092),
    *(0.110, 0.112, 0.118, 0.135, 0.156, 0.159, 0.189, 0.250, 0.444),
)
PAUSES_S = (0.444, 0.698, 1.059, 2.563, 3.578, 4.0)

# Seconds from an Enter to the next key, in tenths.
AFTER_ENTER_S = (0.08, 0.112, 0.135, 0.179, 0.180, 0.203, 0.247, 0.315, 0.405, 0.585, 2.160)

# Seconds from a wrong character to the first backspace, and from one backspace to the next, in tenths.
TO_BACKSPACE_S = (0.1, 0.179, 0.270, 0.335, 0.338, 0.517, 0.604, 0.677, 0.809, 0.968, 2.474)
BETWEEN_BACKSPACES_S = (0.08, 0.134, 0.135, 0.156, 0.157, 0.158, 0.179, 0.181, 0.268, 0.405)

# Share of characters that are slips, and how many characters are typed before it is noticed: 1, 2, 3, 4.
SLIPS = 63 / 1_906
SLIP_LENGTHS = (80, 26, 16, 12)


class Rhythm:
    """Draws the times of one person's keys."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def next_key_s(self) -> float:
        """Give the seconds from one character to the next; one in twenty is a pause."""
        if self._random.random() < 0.05:
            return self._between(PAUSES_S)
        return self._between(BETWEEN_KEYS_S)

    def after_enter_s(self) -> float:
        """Give the seconds from an Enter, or from taking a suggestion, to the next key."""
        return self._between(AFTER_ENTER_S)

    def to_backspace_s(self) -> float:
        """Give the seconds until a slip is noticed."""
        return self._between(TO_BACKSPACE_S)

    def next_backspace_s(self) -> float:
        """Give the seconds between two backspaces."""
        return self._between(BETWEEN_BACKSPACES_S)

    def _between(self, quantiles: Sequence[float]) -> float:
        at = self._random.random() * (len(quantiles) - 1)
        low = quantiles[int(at)]
        return low + (quantiles[int(at) + 1] - low) * (at % 1)
