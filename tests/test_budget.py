"""How room is shared out: by fixed shares, unused ones handed on, snippets whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from context.budget import Shares, fit, share_out, size_of
from context.snippet import Snippet
from context.text import Span

PLENTY = 1_000_000


def snippet(text: str) -> Snippet:
    """Give a snippet of a text."""
    return Snippet("file:///a.py", Span(0, 0), text, "similar", 1.0)


def test_parts_with_enough_to_say_get_their_shares() -> None:
    """35 for the prefix, 15 for the suffix, 35 for stable context, 15 for volatile."""
    assert share_out(1_000, Shares(PLENTY, PLENTY, PLENTY, PLENTY)) == Shares(350, 150, 350, 150)


def test_what_a_part_leaves_is_handed_on() -> None:
    """A short file leaves its room to the context, and no context leaves it to the file."""
    assert share_out(1_000, Shares(100, 0, PLENTY, 0)) == Shares(100, 0, 900, 0)
    assert share_out(1_000, Shares(PLENTY, PLENTY, 0, 0)) == Shares(700, 300, 0, 0)


@given(st.integers(0, 20_000), st.tuples(*[st.integers(0, 20_000)] * 4))
def test_nothing_is_given_twice_and_nothing_useful_is_left(characters: int, needs: tuple[int, int, int, int]) -> None:
    """All parts together never exceed the room; what is left over is less than a character a part."""
    given = share_out(characters, Shares(*needs))
    parts = (given.prefix, given.suffix, given.stable, given.volatile)
    assert all(0 <= part <= need for part, need in zip(parts, needs, strict=True))
    assert sum(parts) <= characters
    assert sum(parts) >= min(characters, sum(needs)) - 8


@given(st.lists(st.integers(1, 300), max_size=20), st.integers(0, 600))
def test_snippets_are_kept_whole(sizes: list[int], characters: int) -> None:
    """What is kept fits, and is as it came."""
    snippets = [snippet("x" * size) for size in sizes]
    kept = fit(snippets, characters)
    assert size_of(kept) <= characters
    assert all(any(each is other for other in snippets) for each in kept)


def test_a_smaller_snippet_takes_the_room_that_a_larger_one_does_not_fit() -> None:
    """The order is kept; one that is too large is passed over."""
    assert [len(each.text) for each in fit([snippet("x" * n) for n in (60, 90, 30)], 100)] == [60, 30]


def test_no_more_are_made_than_fit() -> None:
    """Snippets may cost time to make: when the room is full, no other one is asked for."""
    made: list[int] = []

    def snippets() -> Iterator[Snippet]:
        for number in range(1_000):
            made.append(number)
            yield snippet("x" * 50)

    assert len(fit(snippets(), 500)) == 10
    assert len(made) == 10
