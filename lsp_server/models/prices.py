"""What an answer costs, and whether the day's budget allows another request. Sums, and nothing but sums.

All amounts are US dollars. A price that is not known is None, never zero, and so is a cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lsp_server.models.messages import Usage

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost, as published on `dated` (ISO 8601, "" when it comes from the settings).

    `cache_read` is for prompt tokens that the endpoint still knew, `cache_write` for those that it was asked to keep;
    None when no other price than `input` is known for them. A prompt of more than `long_above` tokens (0: no such
    step) makes the whole request dearer by the factors.
    """

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None
    dated: str = ""
    long_above: int = 0
    long_input_factor: float = 1.0
    long_output_factor: float = 1.0


def cost_usd(usage: Usage, price: Price | None) -> float | None:
    """Give what an answer has cost; None when its price or its count of tokens is not known.

    Tokens from a cache whose price is not known are counted as others, so that the sum is rather too high.
    """
    if price is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    long = bool(price.long_above) and usage.input_tokens > price.long_above
    input_factor, output_factor = (price.long_input_factor, price.long_output_factor) if long else (1.0, 1.0)
    read = min(usage.cache_read_tokens or 0, usage.input_tokens)
    written = min(usage.cache_write_tokens or 0, usage.input_tokens - read)
    sent = (
        (usage.input_tokens - read - written) * price.input
        + read * _known(price.cache_read, price.input)
        + written * _known(price.cache_write, price.input)
    )
    return (sent * input_factor + usage.output_tokens * price.output * output_factor) / _MILLION


def most_usd(prompt_tokens: int, max_tokens: int, price: Price | None) -> float | None:
    """Give the most that a request can cost: nothing in a cache, and an answer of full length."""
    written = None if price is None or price.cache_write is None else prompt_tokens
    return cost_usd(Usage(prompt_tokens, max_tokens, 0, written), price)


class Spending:
    """What was spent on each day that anybody asked about, in this process."""

    def __init__(self) -> None:
        self._spent_usd: dict[date, float] = {}

    def add(self, usd: float | None, day: date) -> None:
        """Learn of a cost; None is unknown and counts for nothing."""
        self._spent_usd[day] = self.on(day) + (usd or 0.0)

    def on(self, day: date) -> float:
        """Give the sum of a day."""
        return self._spent_usd.get(day, 0.0)


def over_budget(spent_usd: float, budget_usd: float | None, next_usd: float | None = None) -> str:
    """Give the sentence that says why the next request must not be sent, or "" when it may.

    `spent_usd` is today's sum, `next_usd` the most that the request can cost (None: unknown, then only what has been
    spent decides). `budget_usd` None is no budget.
    """
    if budget_usd is None:
        return ""
    remedy = "wait until tomorrow, choose a local model, or raise chat.budget_usd_per_day"
    spent = f"{_dollars(spent_usd)} of today's budget of {_dollars(budget_usd)} are spent"
    if spent_usd >= budget_usd:
        return f"{spent}; {remedy}."
    if next_usd is not None and spent_usd + next_usd > budget_usd:
        return f"{spent}, and this request could cost {_dollars(next_usd)}; {remedy}."
    return ""


def _known(price: float | None, instead: float) -> float:
    return instead if price is None else price


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}" if amount >= 0.01 or not amount else f"${amount:.4f}"
