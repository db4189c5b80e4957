"""When a request is sent again, after which wait, and when not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.errors import (
    AuthFailed,
    BadResponse,
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
from lsp_server.models.messages import Endpoint
from lsp_server.models.retry import RetryBudget, RetryPolicy, reset_wait_s

FAR = Endpoint("work", "openai", "https://models.test/v1", "m")
HERE = Endpoint("ollama", "openai", "http://127.0.0.1:1", "m", local=True)
NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def check(error: ModelError, tries: int = 1, endpoint: Endpoint = FAR, chance: float = 0.0) -> float | None:
    """Give the wait before the next try."""
    return RetryPolicy().wait_s(error, tries, endpoint, lambda: chance)


@pytest.mark.parametrize("error", [Overloaded("x"), Unreachable("x"), Truncated("x"), RateLimited("x")])
def test_passing_trouble_is_tried_again(error: ModelError) -> None:
    """Twice, after half a second and a second, less up to a quarter by chance."""
    assert [check(error, tries) for tries in (1, 2, 3)] == [0.5, 1.0, None]
    assert [check(error, tries, chance=1.0) for tries in (1, 2)] == [0.375, 0.75]


@pytest.mark.parametrize(
    "error",
    [
        AuthFailed("x"),
        RequestRefused("insufficient_quota"),
        ModelNotFound("x"),
        ContextOverflow("x"),
        BadResponse("x"),
        TimedOut("x"),
    ],
)
def test_what_would_fail_again_is_not_tried_again(error: ModelError) -> None:
    """A wrong key, an empty account, a long prompt, and a person who has waited long enough."""
    assert check(error) is None


def test_a_server_here_that_is_not_there_is_no_passing_trouble() -> None:
    """Nobody waits a second to hear that nothing listens on their own machine."""
    assert check(Unreachable("x"), endpoint=HERE) is None
    assert check(Overloaded("x"), endpoint=HERE) == 0.5


@pytest.mark.parametrize(("asked", "wait"), [(0.0, 0.0), (3.0, 3.0), (30.0, 30.0), (31.0, None)])
def test_an_endpoint_is_taken_at_its_word(asked: float, wait: float | None) -> None:
    """The wait that it names is kept, never cut short; one too long for a person is not waited for at all."""
    assert check(RateLimited("x", asked)) == wait
    assert wait is None or (check(RateLimited("x", asked), chance=1.0) or 0) >= wait


@given(st.integers(1, 50), st.floats(0, 1), st.integers(1, 60))
def test_a_wait_is_never_long_nor_negative(tries: int, chance: float, most_tries: int) -> None:
    """However often, a wait stays within its bounds, and there is an end to the tries."""
    policy = RetryPolicy(tries=most_tries)
    wait = policy.wait_s(Overloaded("x"), tries, FAR, lambda: chance)
    assert (wait is None) == (tries >= most_tries)
    assert wait is None or 0 < wait <= policy.most_s


@given(st.lists(st.booleans()))
def test_retries_are_a_small_part_of_all_requests(asked: list[bool]) -> None:
    """Whatever happens in whichever order, there are at most ten retries more than a tenth of the successes."""
    budget, retries, successes = RetryBudget(), 0, 0
    for again in asked:
        if again:
            retries += budget.spend()
        else:
            budget.succeeded()
            successes += 1
    assert retries <= 10 + successes / 10 + 1e-6


def test_the_budget_of_retries_fills_up_again() -> None:
    """When it is used up, ten answers buy one retry."""
    budget = RetryBudget()
    assert [budget.spend() for _ in range(11)] == [True] * 10 + [False]
    for _ in range(11):
        budget.succeeded()
    assert [budget.spend(), budget.spend()] == [True, False]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"X-RateLimit-Reset-Tokens": "20ms"}, 0.02),
        ({"x-ratelimit-reset-requests": "1h2m3.5s"}, 3_723.5),
        ({"ratelimit-reset": "12.5"}, 12.5),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 9)}, 9.0),
        ({"x-ratelimit-reset": str((int(NOW.timestamp()) + 9) * 1000)}, 9.0),
        ({"anthropic-ratelimit-requests-reset": "2026-11-23T12:00:07Z"}, 7.0),
        ({"anthropic-ratelimit-requests-reset": "2026-11-23T11:00:00Z"}, 0.0),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6s"}, 1.0),
        (
            {
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-requests": "5",
                "x-ratelimit-reset-tokens": "6s",
                "x-ratelimit-remaining-tokens": "0",
            },
            6.0,
        ),
        ({"x-ratelimit-reset-requests": "soon"}, None),
        ({"x-ratelimit-reset-requests": "6 s"}, None),
        ({"x-ratelimit-limit-requests": "60"}, None),
    ],
)
def test_the_headers_that_say_when_a_limit_ends(headers: Mapping[str, str], wait: float | None) -> None:
    """A duration, seconds, a Unix time or a date; the limit that is used up counts."""
    found = reset_wait_s(headers, NOW)
    assert found == (wait if wait is None else pytest.approx(wait, abs=1e-6))


@given(st.dictionaries(st.sampled_from(["x-ratelimit-reset", "x-ratelimit-reset-tokens"]), st.text()))
def test_no_header_whatever_breaks_a_request(headers: Mapping[str, str]) -> None:
    """What cannot be read is no wait."""
    found = reset_wait_s(headers, NOW)
    assert found is None or found >= 0
