"""Asks one model after the other until one answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from lsp_server.errors import ModelError
from lsp_server.models.fallback import Fallback
from lsp_server.models.messages import StreamEvent


async def ask_in_turn(
    names: Sequence[str],
    ask: Callable[[str], AsyncGenerator[StreamEvent, None]],
    fallback: Fallback,
    tell: Callable[[str], None],
) -> AsyncGenerator[StreamEvent, None]:
    """Give the events of the first model that answers; `names` has the first choice first, `tell` hears of a change.

    Once a model has said anything it is not replaced: its error is the answer's. Raises the error of the model that
    was asked last. Use it in `contextlib.aclosing`, which closes the stream of the model, too.
    """
    order = fallback.order(names)
    for name in order:
        begun = False
        try:
            async with aclosing(ask(name)) as events:
                async for event in events:
                    if not begun:
                        begun = True
                        if notice := fallback.answers(name, names):
                            tell(notice)
                    yield event
                return
        except ModelError as error:
            if begun or not fallback.failed(name, error) or name == order[-1]:
                raise
