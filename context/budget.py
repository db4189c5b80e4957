"""How much text fits: token estimates without a tokenizer, and the shares of a prompt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from context.snippet import Snippet

# Characters of code per token, on the low side so that a window is never overrun: SmolLM2's tokenizer gives 3.0 to
# 3.4 on Python, the code models' ones 3.2 to 3.9.
CHARACTERS_PER_TOKEN = 3.0

# What one completion may cost however large the window is: beyond it the gain is small and every key pays for it
# (Continue uses 1,024 tokens in all, Cody 2,048).
MAX_COMPLETION_TOKENS = 2_048

# A tenth of the window stays free for what estimates get wrong and for a template's own tokens.
_SAFETY = 0.9

# What each part of a prompt may take, in hundredths, where all have enough to say (the shares of the most used peer).
# "Stable" is what stays put while a person types along, "volatile" what changes with the last edit.
_SHARES = (35, 15, 35, 15)  # prefix, suffix, stable, volatile

# So many snippets in a row that do not fit, and no smaller one is waited for.
_MOST_MISSES = 8

# Less room than this holds no snippet worth the while.
_LEAST_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Budget:
    """How many characters may stand before and after the cursor."""

    prefix_characters: int
    suffix_characters: int


@dataclass(frozen=True, slots=True)
class Shares:
    """How many characters each part of a prompt may take."""

    prefix: int
    suffix: int
    stable: int
    volatile: int


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of a text; rather too many than too few."""
    non_ascii = 0 if text.isascii() else sum(character > "\x7f" for character in text)
    return int((len(text) - non_ascii) / CHARACTERS_PER_TOKEN) + non_ascii + 1


def prompt_characters(context_window: int, max_tokens: int, characters_per_token: float) -> int:
    """Give how many characters the prompt of a completion of at most `max_tokens` may have.

    `context_window` is in tokens, 0 unknown.
    """
    room = min((context_window or 4_096) - max_tokens, MAX_COMPLETION_TOKENS)
    return int(max(room, 64) * characters_per_token * _SAFETY)


def share_out(characters: int, needs: Shares) -> Shares:
    """Share characters out among the parts of a prompt, none more than it needs.

    What a part leaves unused is handed on to the others, by their shares.
    """
    wanted = (needs.prefix, needs.suffix, needs.stable, needs.volatile)
    given = [0, 0, 0, 0]
    room = characters
    while open_parts := [part for part in range(4) if given[part] < wanted[part]]:
        total = sum(_SHARES[part] for part in open_parts)
        extra = {part: min(room * _SHARES[part] // total, wanted[part] - given[part]) for part in open_parts}
        if not any(extra.values()):
            break
        for part, characters_more in extra.items():
            given[part] += characters_more
        room -= sum(extra.values())
    return Shares(*given)


def fit(snippets: Iterable[Snippet], characters: int) -> list[Snippet]:
    """Keep the first snippets whose texts fit; one that does not fit is left out whole, since half of one misleads.

    They are asked for one by one, and no longer than it takes to fill the room.
    """
    kept: list[Snippet] = []
    misses = 0
    for snippet in snippets:
        if len(snippet.text) <= characters:
            kept.append(snippet)
            characters -= len(snippet.text)
            misses = 0
        else:
            misses += 1
        if misses == _MOST_MISSES or characters < _LEAST_CHARACTERS:
            break
    return kept


def size_of(snippets: Sequence[Snippet]) -> int:
    """Give the characters that snippets take."""
    return sum(len(snippet.text) for snippet in snippets)
