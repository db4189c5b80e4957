"""Several answers for one place: the ones that differ, those first with which the document parses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from lsp_server.completion.excerpt import Excerpt

_TOKEN = re.compile(r"\w+|[^\w\s]")
_END = ";,."

# Two texts of twenty tokens may differ in one of them before they are worth a person's choice.
_ALIKE = 0.95


def best_first(texts: Sequence[str], excerpt: Excerpt) -> tuple[str, ...]:
    """Give the texts that differ, in their order, but first those with which the document parses."""
    return tuple(sorted(distinct(texts), key=lambda text: not excerpt.sound(text)))


def distinct(texts: Sequence[str]) -> tuple[str, ...]:
    """Give the texts without those that say nearly the same as one before: other blanks, another end, one word."""
    kept: list[tuple[str, list[str]]] = []
    for text in texts:
        tokens = _TOKEN.findall(text.rstrip().rstrip(_END))
        if tokens and not any(_alike(tokens, other) for _, other in kept):
            kept.append((text, tokens))
    return tuple(text for text, _ in kept)


def _alike(one: list[str], other: list[str]) -> bool:
    return one == other or SequenceMatcher(None, one, other, autojunk=False).ratio() >= _ALIKE
