"""A clock for tests, which goes on only when it is told to."""

from __future__ import annotations


class HandClock:
    """Counts seconds by hand; `sleep` lets them pass at once and remembers for how long."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now_s += seconds
