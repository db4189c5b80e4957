"""A file typed in on virtual time: what the engine promises, in a minute of typing."""

from __future__ import annotations

import pytest

from tests.bench.oracle import Hole
from tests.bench.replay import CLOUD, POLICIES, Result, replay
from tests.bench.virtual import now_s, run

HEAD = '"""Money."""\n\nfrom decimal import Decimal\n\n\n'
BODY = """def total(prices: list[Decimal], discount: Decimal) -> Decimal:
    result = Decimal(0)
    for price in prices:
        if price > discount:
            result += price - discount
        else:
            result += price
    return result.quantize(Decimal("0.01"))"""
TAIL = '\n\n\ndef unit(price: Decimal) -> str:\n    return f"{price} EUR"\n'
HOLE = Hole("money.py", "python", HEAD + BODY + TAIL, len(HEAD), len(HEAD + BODY))


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """Type the file in with each policy."""
    return {policy.name: replay(policy, [HOLE], CLOUD) for policy in POLICIES}


def test_more_keys_are_saved_than_by_waiting_for_a_pause(results: dict[str, Result]) -> None:
    """And with fewer requests than there are words."""
    ours, peer = results["this engine"], results["after a pause of 350 ms"]
    assert ours.saved > 1.5 * peer.saved
    assert ours.requests <= 0.12 * ours.seen.characters


def test_nothing_flickers_and_nothing_is_doubled(results: dict[str, Result]) -> None:
    """Whatever is shown grows until another key is pressed, and does not say what stands beneath."""
    for name in ("this engine", "this engine, own server"):
        seen = results[name].seen
        assert (seen.flicker, seen.doubled) == (0, 0)
        assert results[name].most_under_way <= 2


def test_most_of_what_is_shown_needs_no_waiting(results: dict[str, Result]) -> None:
    """Typed along, or read before."""
    seen = results["this engine"].seen
    assert seen.from_memory > 0.7 * seen.shown


def test_virtual_time_is_no_time() -> None:
    """An hour passes at once."""
    import asyncio

    async def wait() -> float:
        await asyncio.sleep(3_600)
        return now_s()

    assert run(wait()) == pytest.approx(3_600)
