"""When the embedded model is left alone: the load guard, in a time of its own."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from lsp_server.models.load import LoadGuard


@dataclass
class Clock:
    """A time that goes on when a test says so."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


SLOW = (11, 5.0)  # two tokens a second after the first
FAST = (11, 0.2)


def resting(*answers: tuple[int, float]) -> str:
    """Give the reason to rest right after these answers of (tokens, seconds)."""
    guard = LoadGuard(Clock())
    for tokens, seconds in answers:
        guard.answered(tokens, seconds)
    return guard.rest()


def rest_s(guard: LoadGuard, clock: Clock) -> int:
    """Let the time go on second by second until the guard rests no more, and give how long that took."""
    began = clock.now
    while guard.rest():
        clock.now += 1
    return int(clock.now - began)


def test_nothing_has_been_heard_yet() -> None:
    """A model that has not answered is not slow."""
    assert resting() == ""


@pytest.mark.parametrize(
    "answers",
    [
        [FAST, FAST, FAST],
        [SLOW, SLOW],
        [SLOW, SLOW, FAST],
        [SLOW, SLOW, FAST, SLOW, SLOW],
        [SLOW, SLOW, (1, 60.0)],
        [SLOW, SLOW, (0, 60.0)],
        [SLOW, SLOW, (30, 0.0)],
        [(9, 1.0), (9, 1.0), (9, 1.0)],
    ],
)
def test_a_model_that_keeps_up_is_asked(answers: list[tuple[int, float]]) -> None:
    """Two slow answers are chance; a single token says nothing of the rate; eight tokens a second are enough."""
    assert resting(*answers) == ""


def test_three_slow_answers_in_a_row_begin_a_rest() -> None:
    """The reason says what was measured and how long it is going to be."""
    reason = resting(SLOW, SLOW, SLOW)
    assert "2.0 tokens a second" in reason
    assert "5 s" in reason


def test_an_answer_that_says_nothing_does_not_break_the_row() -> None:
    """Slow, slow, a single token, slow: still three slow ones."""
    assert resting(SLOW, SLOW, (1, 0.1), SLOW)


def test_rests_double_while_nothing_gets_better_and_never_exceed_a_minute() -> None:
    """After each rest one request shows whether the machine has time again."""
    clock = Clock()
    guard = LoadGuard(clock)
    lengths = []
    for _ in range(2):
        guard.answered(*SLOW)
    for _ in range(6):
        guard.answered(*SLOW)
        lengths.append(rest_s(guard, clock))
    assert lengths == [5, 10, 20, 40, 60, 60]


def test_answers_that_were_under_way_do_not_lengthen_a_rest() -> None:
    """They were asked for before it began."""
    clock = Clock()
    guard = LoadGuard(clock)
    for _ in range(6):
        guard.answered(*SLOW)
    assert rest_s(guard, clock) == 5


def test_a_fast_answer_ends_the_rest_and_is_forgiving() -> None:
    """Somebody asked by hand and got a good answer: it takes three slow ones again, and five seconds."""
    clock = Clock()
    guard = LoadGuard(clock)
    for _ in range(3):
        guard.answered(*SLOW)
    clock.now += 5
    guard.answered(*SLOW)
    guard.answered(*FAST)
    assert guard.rest() == ""
    for _ in range(3):
        guard.answered(*SLOW)
    assert rest_s(guard, clock) == 5
