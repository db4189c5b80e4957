"""Which of several models answers, and what a person hears of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.errors import (
    AuthFailed,
    ContextOverflow,
    ModelError,
    ModelNotFound,
    Overloaded,
    RateLimited,
    RequestRefused,
    TimedOut,
    Truncated,
    Unreachable,
)
from lsp_server.models.chain import ask_in_turn
from lsp_server.models.fallback import Fallback
from lsp_server.models.messages import Finished, StreamEvent, TextDelta
from tests.models.hand_clock import HandClock

pytestmark = pytest.mark.anyio

NAMES = ["one", "two", "three"]
DOWN = [Overloaded("One is busy."), RateLimited("x"), Unreachable("x"), TimedOut("x"), Truncated("x")]


class Models:
    """Models that answer with their names, or with the errors they are given; `cut` fails after the first event."""

    def __init__(self, clock: HandClock) -> None:
        self.fallback = Fallback(clock)
        self.errors: dict[str, ModelError] = {}
        self.cut = False
        self.asked: list[str] = []
        self.closed: list[str] = []
        self.notices: list[str] = []

    async def ask(self, name: str) -> AsyncGenerator[StreamEvent, None]:
        """Open a stream of one model."""
        self.asked.append(name)
        try:
            if name in self.errors and not self.cut:
                raise self.errors[name]
            yield TextDelta(name)
            if name in self.errors:
                raise self.errors[name]
            yield Finished("end_turn")
        finally:
            self.closed.append(name)

    async def answer(self, names: Sequence[str] = NAMES) -> str:
        """Give the text that the first model that answers gives."""
        text = ""
        self.asked.clear()
        async with aclosing(ask_in_turn(names, self.ask, self.fallback, self.notices.append)) as events:
            async for event in events:
                text += event.text if isinstance(event, TextDelta) else ""
        return text


@pytest.mark.parametrize("error", DOWN)
async def test_another_model_answers_in_an_outage(error: ModelError) -> None:
    """For overload, a rate limit or an outage the next model is asked, and the change is told with its reason."""
    models = Models(HandClock())
    models.errors["one"] = error
    assert await models.answer() == "two"
    assert models.notices == [f"two answers in place of one: {error}"]
    assert models.closed == ["one", "two"]


@pytest.mark.parametrize(
    "error", [AuthFailed("x"), ContextOverflow("x"), ModelNotFound("x"), RequestRefused("x"), ModelError("x")]
)
async def test_no_other_error_is_hidden(error: ModelError) -> None:
    """A wrong key or a prompt that is too long is told, not covered up by another model."""
    models = Models(HandClock())
    models.errors["one"] = error
    with pytest.raises(type(error)):
        await models.answer()
    assert models.asked == ["one"]


async def test_the_first_choice_comes_back_by_itself() -> None:
    """While it rests it is not asked; when its rest is over it is, and that it answers again is told."""
    clock = HandClock()
    models = Models(clock)
    models.errors["one"] = Overloaded("x")
    assert [await models.answer(), *models.asked] == ["two", "one", "two"]
    assert [await models.answer(), *models.asked] == ["two", "two"]
    clock.now_s += 5
    assert [await models.answer(), *models.asked] == ["two", "one", "two"]
    models.errors.clear()
    clock.now_s += 9
    assert [await models.answer(), *models.asked] == ["two", "two"]
    clock.now_s += 1
    assert [await models.answer(), *models.asked] == ["one", "one"]
    assert models.notices == ["two answers in place of one: x", "one answers again."]


async def test_a_rate_limit_is_kept_to() -> None:
    """A first choice that names a wait is left alone for as long."""
    clock = HandClock()
    models = Models(clock)
    models.errors["one"] = RateLimited("x", 60.0)
    await models.answer()
    clock.now_s += 59
    assert [await models.answer(), *models.asked] == ["two", "two"]


async def test_once_it_has_spoken_a_model_is_not_replaced() -> None:
    """An answer that breaks off after its first words is not begun anew by somebody else."""
    models = Models(HandClock())
    models.errors["one"], models.cut = Truncated("x"), True
    with pytest.raises(Truncated):
        await models.answer()
    assert models.asked == ["one"]


async def test_when_all_fail_the_last_error_is_told() -> None:
    """Each is asked once; and the next time all are asked again, since none is well."""
    models = Models(HandClock())
    models.errors = {"one": Overloaded("1"), "two": Unreachable("2"), "three": Overloaded("3")}
    for _ in range(2):
        with pytest.raises(Overloaded, match="3"):
            await models.answer()
        assert models.asked == NAMES
    assert models.notices == []


async def test_closing_early_closes_the_model_s_stream() -> None:
    """Whoever leaves after the first word leaves no stream open."""
    models = Models(HandClock())
    async with aclosing(ask_in_turn(NAMES, models.ask, models.fallback, models.notices.append)) as events:
        await anext(events)
    assert models.closed == ["one"]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from([*DOWN, AuthFailed("x"), None]), st.floats(0, 50))))
def test_every_model_is_in_the_order_once(events: list[tuple[str, ModelError | None, float]]) -> None:
    """Whatever happens, no model is forgotten or asked twice, and after a long quiet the first choice is first."""
    clock = HandClock()
    fallback = Fallback(clock)
    for name, error, pause_s in events:
        if error is None:
            fallback.answers(name, NAMES)
        else:
            fallback.failed(name, error)
        clock.now_s += pause_s
        assert sorted(fallback.order([*NAMES, "one"])) == sorted(NAMES)
    clock.now_s += 120
    assert fallback.order(NAMES) == NAMES
