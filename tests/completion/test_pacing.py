"""When a model is asked: numbers in, seconds out."""

from __future__ import annotations

import pytest

from lsp_server.completion.backoff import Backoff
from lsp_server.completion.eagerness import Welcome
from lsp_server.completion.pacing import Pacer, waits_by_itself
from lsp_server.errors import AuthFailed, Overloaded, RateLimited
from tests.completion.scripted import Clock


def typed(clock: Clock, *gaps_s: float) -> Pacer:
    """Give a pacer after keys with gaps between them."""
    pacer = Pacer(clock)
    for gap_s in gaps_s:
        clock.now_s += gap_s
        pacer.key()
    return pacer


def test_the_first_question_of_a_line_is_not_held_back() -> None:
    """What comes back early can be typed along, what comes late is of no use."""
    assert typed(Clock(), 5.0).delay_s(0, 0.0) == 0
    assert typed(Clock(), 5.0, 0.06).delay_s(0, 0.0) == 0


def test_a_fast_model_is_asked_again_when_the_burst_is_over() -> None:
    """A rest that is longer than the gaps of this person, and 100 ms at most."""
    gaps = [0.06] * 12
    assert 0.06 < typed(Clock(), 5.0, *gaps).delay_s(1, 0.03) <= 0.1
    assert typed(Clock(), 5.0, *[0.2] * 12).delay_s(1, 0.0) == pytest.approx(0.1)


def test_a_slow_model_paces_itself() -> None:
    """While one of its answers is awaited no other is asked for, so there is no need to wait before."""
    assert typed(Clock(), 5.0, 0.09).delay_s(1, 0.5) == 0


def test_every_miss_on_a_line_makes_the_next_question_later() -> None:
    """Up to a bound that is not felt as an absence."""
    clock = Clock()
    pacer = typed(clock, 5.0, 0.09)
    waits = [pacer.delay_s(tries, 0.35) for tries in range(1, 9)]
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(0.3)


def test_the_time_since_the_key_counts_as_rest() -> None:
    """Who has waited for an answer that did not fit has rested already."""
    clock = Clock()
    pacer = typed(clock, 5.0, 0.09)
    clock.now_s += 0.2
    assert pacer.delay_s(1, 0.0) == 0


def test_rejects_make_hesitant_and_accepts_bold_and_both_are_forgotten() -> None:
    """A factor on the rest, which drifts back to one."""
    clock = Clock()
    welcome = Welcome(clock)
    welcome.rejected()
    welcome.rejected()
    assert welcome.factor == pytest.approx(2.25)
    clock.now_s += 3_600
    assert welcome.factor == pytest.approx(1, abs=0.02)
    for _ in range(20):
        welcome.accepted()
    assert welcome.factor == pytest.approx(0.5)
    pacer = typed(clock, 0.09)
    assert pacer.delay_s(1, 0.0, 0.5) < pacer.delay_s(1, 0.0, 1.0) < pacer.delay_s(1, 0.0, 4.0)


@pytest.mark.parametrize(
    ("client", "expected"), [("Neovim", True), ("PyCharm 2026.1", True), ("Visual Studio Code", False), ("", False)]
)
def test_editors_that_wait_by_themselves_are_known_by_name(client: str, expected: bool) -> None:
    """They wait 200 ms and more after a key, so nothing is left to rest."""
    assert waits_by_itself(client) is expected


def test_a_fault_is_told_once_and_waited_out_longer_each_time() -> None:
    """Until the model answers again."""
    clock = Clock()
    backoff = Backoff(clock, lambda: 0.5)
    waits = []
    for number in range(8):
        assert backoff.failed(Overloaded("Try again later.")) is (number == 0)
        began_s = clock.now_s
        while backoff.reason():
            clock.now_s += 0.5
        waits.append(clock.now_s - began_s)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    backoff.answered()
    assert backoff.failed(Overloaded("Try again later."))


def test_the_wait_that_an_endpoint_asks_for_is_kept() -> None:
    """Not shorter, not longer."""
    clock = Clock()
    backoff = Backoff(clock, lambda: 0.0)
    backoff.failed(RateLimited("Slow down.", 30.0))
    clock.now_s += 29.9
    assert backoff.reason() == "rate-limited"
    clock.now_s += 0.2
    assert backoff.reason() == ""


def test_a_fault_that_does_not_pass_is_not_waited_out() -> None:
    """A wrong key is mended by a person, and tried at once after that."""
    backoff = Backoff(Clock())
    assert backoff.failed(AuthFailed("The key is wrong."))
    assert backoff.reason() == ""
