"""What is left alone for a while, and for how long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.errors import AuthFailed, ModelError, Overloaded, RateLimited, Unreachable
from lsp_server.models.breaker import Breaker
from tests.models.hand_clock import HandClock


def failing(breaker: Breaker, times: int, error: ModelError) -> list[float]:
    """Let something fail so often, and give how long it rests after each time."""
    rests = []
    for _ in range(times):
        breaker.failed("a", error)
        rests.append(breaker.rest_s("a"))
    return rests


def test_one_failure_is_none() -> None:
    """Only the third failure in a row makes an endpoint rest, and each further one for twice as long."""
    assert failing(Breaker(HandClock()), 9, Overloaded("x")) == [0, 0, 1, 2, 4, 8, 15, 15, 15]


def test_a_rate_limit_rests_at_once() -> None:
    """For as long as the endpoint asks for, or a little when it does not say."""
    assert failing(Breaker(HandClock()), 1, RateLimited("x", 40.0)) == [40]
    assert failing(Breaker(HandClock()), 2, RateLimited("x")) == [1, 2]


@pytest.mark.parametrize("error", [AuthFailed("x"), ModelError("x")])
def test_what_is_nobody_s_health_is_let_pass(error: ModelError) -> None:
    """A wrong key says nothing about how well an endpoint is."""
    assert failing(Breaker(HandClock()), 5, error) == [0] * 5


def test_a_success_ends_everything() -> None:
    """After one answer it takes three failures again."""
    breaker = Breaker(HandClock())
    failing(breaker, 4, Unreachable("x"))
    breaker.succeeded("a")
    assert (breaker.rest_s("a"), breaker.is_doubtful("a"), breaker.last_error("a")) == (0, False, None)
    assert failing(breaker, 3, Unreachable("x")) == [0, 0, 1]


def test_a_rest_ends_by_itself() -> None:
    """When its time is over an endpoint may be asked, but is not trusted before it has answered."""
    clock = HandClock()
    breaker, error = Breaker(clock), Unreachable("x")
    failing(breaker, 3, error)
    assert breaker.last_error("a") is error
    clock.now_s += 0.25
    assert breaker.rest_s("a") == 0.75
    clock.now_s += 0.75
    assert (breaker.rest_s("a"), breaker.is_doubtful("a")) == (0, True)
    assert breaker.rest_s("b") == 0


def test_a_limit_that_is_over_leaves_no_doubt() -> None:
    """An endpoint that only asked for fewer requests is well."""
    clock = HandClock()
    breaker = Breaker(clock)
    failing(breaker, 1, RateLimited("x", 5.0))
    clock.now_s += 5
    assert (breaker.rest_s("a"), breaker.is_doubtful("a")) == (0, False)


@given(st.lists(st.sampled_from([Overloaded("x"), RateLimited("x", 3.0), RateLimited("x"), "ok", 1.0, 20.0])))
def test_nothing_rests_for_ever(events: list[ModelError | str | float]) -> None:
    """Whatever happens, a rest is never negative, and over after the longest one."""
    clock = HandClock()
    breaker = Breaker(clock)
    for event in events:
        match event:
            case ModelError():
                breaker.failed("a", event)
            case str():
                breaker.succeeded("a")
            case _:
                clock.now_s += event
        assert 0 <= breaker.rest_s("a") <= 15
    clock.now_s += 15
    assert breaker.rest_s("a") == 0
