"""Whether, and after which wait, a request that failed is sent again. Decisions only; nothing here waits.

A chat is asked again as the vendors' own clients do (0.5 s, doubled, less a random part, at most 8 s), an endpoint that
names a wait is taken at its word, and all requests together share a budget of retries, so that an endpoint that is
down is not buried under them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from lsp_server.errors import ModelError, Overloaded, RateLimited, Truncated, Unreachable
from lsp_server.models.messages import Endpoint

_RETRIED = (RateLimited, Overloaded, Unreachable, Truncated)

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a request is sent at most, how long the waits are, and the longest that a person is kept waiting.

    The wait after try n (from 1) is `first_s` · 2ⁿ⁻¹, at most `most_s`, less up to `jitter` of it. An endpoint that
    asks for more than `longest_s` is not asked again.
    """

    tries: int = 3
    first_s: float = 0.5
    most_s: float = 8.0
    jitter: float = 0.25
    longest_s: float = 30.0

    def wait_s(self, error: ModelError, tries: int, endpoint: Endpoint, chance: Callable[[], float]) -> float | None:
        """Give the wait before the next try, None when there is to be none; `chance` gives numbers from 0 to 1.

        `tries` is how often the request was sent. On this machine a server that is not there is no passing trouble.
        """
        gone = isinstance(error, Unreachable) and endpoint.local
        if tries >= self.tries or gone or not isinstance(error, _RETRIED):
            return None
        if isinstance(error, RateLimited) and error.retry_after_s is not None:
            asked_s = error.retry_after_s
            return asked_s * (1 + self.jitter * chance()) if asked_s <= self.longest_s else None
        wait_s = min(self.most_s, self.first_s * 2.0 ** (tries - 1)) * (1 - self.jitter * chance())
        return wait_s if wait_s <= self.longest_s else None


class RetryBudget:
    """Lets a tenth of all requests be retries, and `reserve` more: an outage does not multiply the requests."""

    def __init__(self, reserve: float = 10.0, share: float = 0.1) -> None:
        self._reserve = self._left = reserve
        self._share = share

    def succeeded(self) -> None:
        """Learn that a request was answered."""
        self._left = min(self._reserve, self._left + self._share)

    def spend(self) -> bool:
        """Take one retry out of the budget; False when there is none left."""
        if self._left < 1:
            return False
        self._left -= 1
        return True


def reset_wait_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Give the wait until the limit that was reached is lifted, as the `…ratelimit…reset…` headers say.

    They come as a duration ("6m0s", "20ms"), seconds ("12.5"), a Unix time, or a date (RFC 3339). Those count whose
    `remaining` says that nothing is left; when none says so, the shortest wait.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    now = now or datetime.now(UTC)
    waits = {name: wait for name, value in lower.items() if _is_reset(name) and (wait := _wait(value, now)) is not None}
    used_up = [wait for name, wait in waits.items() if lower.get(name.replace("reset", "remaining")) == "0"]
    return max(used_up) if used_up else min(waits.values(), default=None)


def _is_reset(name: str) -> bool:
    return "ratelimit" in name and "reset" in name


def _wait(value: str, now: datetime) -> float | None:
    if re.fullmatch(r"\d+(\.\d+)?", value):
        number = float(value)
        seconds = number / 1000 if number > 1e11 else number  # a Unix time in milliseconds
        return max(0.0, seconds - now.timestamp()) if seconds > 1e9 else seconds
    if re.fullmatch(f"(?:{_DURATION.pattern})+", value):
        return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(value))
    return _until(value, now)


def _until(value: str, now: datetime) -> float | None:
    try:
        date = datetime.fromisoformat(value)
    except ValueError:
        return None
    return max(0.0, ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds())
