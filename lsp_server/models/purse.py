"""Keeps the day's budget: stops a request before it is sent, and counts what each answer has cost."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import date

from lsp_server.errors import SettingsError
from lsp_server.models.messages import ChatRequest, Finished, StreamEvent, ToolResult
from lsp_server.models.prices import Price, Spending, cost_usd, most_usd, over_budget


class Purse:
    """The budget of a process. `count` gives the tokens of a text, `today` the day, `spending` what was spent on it.

    An answer that is left before its end says nothing of its tokens, and counts with the most that it can have cost.
    """

    def __init__(
        self,
        count: Callable[[str], int],
        spending: Spending | None = None,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._count = count
        self._spending = Spending() if spending is None else spending
        self._today = today

    @property
    def spent_usd(self) -> float:
        """What was spent today, in dollars."""
        return self._spending.on(self._today())

    async def metered(
        self,
        events: AsyncGenerator[StreamEvent, None],
        request: ChatRequest,
        price: Price | None,
        budget_usd: float | None,
    ) -> AsyncGenerator[StreamEvent, None]:
        """Give the events of an answer and count what they cost; an unknown price counts for nothing.

        Raises SettingsError, before anything is asked, when the budget (None: no budget) does not allow it. Use it in
        `contextlib.aclosing`, which closes the stream of the model, too.
        """
        most = most_usd(self._tokens(request), request.max_tokens, price)
        if price is not None and (refusal := over_budget(self.spent_usd, budget_usd, most)):
            raise SettingsError(refusal)
        begun, cost = False, None
        try:
            async with aclosing(events):
                async for event in events:
                    begun = True
                    if isinstance(event, Finished):
                        cost = cost_usd(event.usage, price)
                    yield event
        finally:
            if begun:
                self._spending.add(most if cost is None else cost, self._today())

    def _tokens(self, request: ChatRequest) -> int:
        texts = [message.text for message in request.messages]
        texts += [part.text for message in request.messages for part in message.parts if isinstance(part, ToolResult)]
        return sum(map(self._count, texts))
