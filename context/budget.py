"""How much text fits: token estimates without a tokenizer, and the shares of a prompt."""

from __future__ import annotations

from dataclasses import dataclass

# Characters of code per token, on the low side so that a window is never overrun: SmolLM2's tokenizer gives 3.0 to
# 3.4 on Python, the code models' ones 3.2 to 3.9.
CHARACTERS_PER_TOKEN = 3.0

# What one completion may cost however large the window is: beyond it the gain is small and every key pays for it
# (Continue uses 1,024 tokens in all, Cody 2,048).
MAX_COMPLETION_TOKENS = 2_048

# A tenth of the window stays free for what estimates get wrong and for a template's own tokens.
_SAFETY = 0.9


@dataclass(frozen=True, slots=True)
class Budget:
    """How many characters may stand before and after the cursor."""

    prefix_characters: int
    suffix_characters: int


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of a text; rather too many than too few."""
    non_ascii = 0 if text.isascii() else sum(character > "\x7f" for character in text)
    return int((len(text) - non_ascii) / CHARACTERS_PER_TOKEN) + non_ascii + 1


def completion_budget(context_window: int, max_tokens: int, *, with_suffix: bool) -> Budget:
    """Share out a context window (tokens, 0 unknown) for one completion of at most `max_tokens`.

    Seven tenths stand before the cursor, since they say most about what comes next; all of it, when the model
    cannot be shown a suffix.
    """
    room = min((context_window or 4_096) - max_tokens, MAX_COMPLETION_TOKENS)
    characters = int(max(room, 64) * CHARACTERS_PER_TOKEN * _SAFETY)
    prefix = int(characters * 0.7) if with_suffix else characters
    return Budget(prefix, characters - prefix)
