"""What an answer costs, and when the day's budget is spent."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.models.messages import Usage
from lsp_server.models.prices import Price, Spending, cost_usd, most_usd, over_budget

PRICE = Price(2.0, 10.0, cache_read=0.2, cache_write=2.5)
STEPPED = Price(2.0, 10.0, long_above=100, long_input_factor=2.0, long_output_factor=1.5)
TOKENS = st.integers(0, 10_000_000)


@pytest.mark.parametrize(
    ("usage", "price", "cost"),
    [
        (Usage(1_000_000, 1_000_000), PRICE, 12.0),
        (Usage(1_000_000, 0, cache_read_tokens=500_000), PRICE, 1.1),
        (Usage(1_000_000, 0, cache_write_tokens=1_000_000), PRICE, 2.5),
        (Usage(1_000_000, 0, 500_000, 500_000), PRICE, 1.35),
        (Usage(1_000_000, 0, cache_read_tokens=500_000), Price(2.0, 10.0), 2.0),
        (Usage(100, 100), STEPPED, 0.0012),
        (Usage(101, 100), STEPPED, 0.001904),
        (Usage(0, 0), PRICE, 0.0),
        (Usage(1, 1), None, None),
        (Usage(None, 1), PRICE, None),
        (Usage(1, None), PRICE, None),
    ],
)
def test_the_cost_of_an_answer(usage: Usage, price: Price | None, cost: float | None) -> None:
    """Each kind of token has its price, a long prompt makes all of it dearer, and what is unknown stays unknown."""
    assert cost_usd(usage, price) == (cost if cost is None else pytest.approx(cost))


@given(TOKENS, TOKENS, TOKENS, TOKENS)
def test_no_answer_costs_more_than_was_feared(sent: int, limit: int, read: int, written: int) -> None:
    """Whatever came out of the cache and however short the answer, the estimate before sending was not too low."""
    cost, most = cost_usd(Usage(sent, limit // 2, read, written), PRICE), most_usd(sent, limit, PRICE)
    assert cost is not None
    assert most is not None
    assert 0 <= cost <= most + 1e-9


def test_without_a_price_nothing_is_feared() -> None:
    """The most that a request can cost is unknown when its price is."""
    assert most_usd(1, 1, None) is None


@pytest.mark.parametrize(
    ("spent", "budget", "coming", "sentence"),
    [
        (100.0, None, 1.0, ""),
        (1.0, 2.0, None, ""),
        (1.0, 2.0, 1.0, ""),
        (2.0, 2.0, None, "$2.00 of today's budget of $2.00 are spent; wait until tomorrow"),
        (0.0, 0.0, None, "$0.00 of today's budget of $0.00 are spent"),
        (1.999, 2.0, 0.002, "$2.00 of today's budget of $2.00 are spent, and this request could cost $0.0020;"),
    ],
)
def test_a_budget_stops_before_sending(spent: float, budget: float | None, coming: float | None, sentence: str) -> None:
    """A request is refused once the budget is spent, or when it could go beyond it; the sentence says what to do."""
    found = over_budget(spent, budget, coming)
    assert found.startswith(sentence)
    assert bool(found) == bool(sentence)


def test_each_day_is_counted_by_itself() -> None:
    """What was spent today does not count tomorrow, and an unknown cost counts for nothing."""
    spending, today, tomorrow = Spending(), date(2026, 11, 23), date(2026, 11, 24)
    for cost in (0.5, None, 0.25):
        spending.add(cost, today)
    assert (spending.on(today), spending.on(tomorrow)) == (0.75, 0.0)
