"""The day's budget stops a request before it is sent, and every answer is counted."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from datetime import date

import pytest

from lsp_server.errors import Overloaded, SettingsError
from lsp_server.models.messages import ChatRequest, Finished, Message, StreamEvent, TextDelta, ToolResult, Usage
from lsp_server.models.prices import Price
from lsp_server.models.purse import Purse

pytestmark = pytest.mark.anyio

PRICE = Price(1.0, 10.0)  # dollars for a million: 1,000 tokens of a prompt cost 0.001, of an answer 0.01
REQUEST = ChatRequest((Message.of("user", "x" * 1_000),), 1_000)
ANSWER = (TextDelta("ok"), Finished("end_turn", Usage(1_000, 100)))


class Day:
    """A day that can be changed."""

    def __init__(self) -> None:
        self.day = date(2026, 11, 23)

    def __call__(self) -> date:
        return self.day


class Shop:
    """A purse, and models that answer with the given events."""

    def __init__(self) -> None:
        self.day = Day()
        self.purse = Purse(len, today=self.day)
        self.asked = 0

    async def _events(self, said: tuple[StreamEvent | Exception, ...]) -> AsyncGenerator[StreamEvent, None]:
        self.asked += 1
        for event in said:
            if isinstance(event, Exception):
                raise event
            yield event

    async def ask(
        self,
        *said: StreamEvent | Exception,
        budget: float | None = None,
        price: Price | None = PRICE,
        request: ChatRequest = REQUEST,
        until: int = 9,
    ) -> int:
        """Ask and hear so many events; gives how many came."""
        heard = 0
        async with aclosing(self.purse.metered(self._events(said or ANSWER), request, price, budget)) as events:
            async for _ in events:
                heard += 1
                if heard == until:
                    break
        return heard


async def test_an_answer_is_counted() -> None:
    """What it has cost is added to the day, all events go through, and a new day begins at nothing."""
    shop = Shop()
    assert await shop.ask() == 2
    assert shop.purse.spent_usd == pytest.approx(0.002)
    shop.day.day = date(2026, 11, 24)
    assert shop.purse.spent_usd == 0


async def test_a_budget_stops_before_anything_is_sent() -> None:
    """A request that could go beyond the budget is refused, with the sums, and nobody is asked."""
    shop = Shop()
    assert await shop.ask(budget=0.0111) == 2
    with pytest.raises(SettingsError, match=r"\$0\.0020 of today's budget of \$0\.01 are spent, and this request"):
        await shop.ask(budget=0.0111)
    assert shop.asked == 1
    shop.day.day = date(2026, 11, 24)
    assert await shop.ask(budget=0.0111) == 2


async def test_a_result_of_a_tool_is_a_part_of_the_prompt() -> None:
    """What tools have read goes along and costs."""
    shop = Shop()
    result = Message("user", (ToolResult("c1", "read", "x" * 100_000),))
    with pytest.raises(SettingsError, match="could cost"):
        await shop.ask(budget=0.02, request=ChatRequest((result,), 1))


async def test_without_a_price_nothing_is_stopped() -> None:
    """A model whose price is not known, such as one's own, is asked for ever."""
    shop = Shop()
    assert await shop.ask(price=None, budget=0.0) == 2
    assert shop.purse.spent_usd == 0


@pytest.mark.parametrize(
    ("said", "until", "spent"),
    [
        ((TextDelta("o"), *ANSWER), 1, 0.011),
        ((TextDelta("o"), Finished("end_turn")), 9, 0.011),
        ((Overloaded("x"),), 9, 0.0),
        ((TextDelta("o"), Overloaded("x")), 9, 0.011),
    ],
)
async def test_an_answer_without_a_count(said: tuple[StreamEvent | Exception, ...], until: int, spent: float) -> None:
    """Left early, broken off or without usage, it counts with the most it can have cost; a refusal costs nothing."""
    shop = Shop()
    with suppress(Overloaded):
        await shop.ask(*said, until=until)
    assert shop.purse.spent_usd == pytest.approx(spent)
