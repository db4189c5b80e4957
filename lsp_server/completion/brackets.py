"""Brackets in a text that no grammar reads: counted, with strings and comments left out as well as a pattern can."""

from __future__ import annotations

import re
from functools import cache

from context.languages import LANGUAGES

PAIRS = {"(": ")", "[": "]", "{": "}"}
CLOSERS = frozenset(PAIRS.values())

# A single quote opens a string only when another closes it soon on the same line: there are lifetimes and apostrophes.
_STRINGS = (
    r'"""(?:.|\n)*?(?:"""|\Z)',
    r"'''(?:.|\n)*?(?:'''|\Z)",
    r'"(?:\\.|[^"\\\n])*"',
    r"'(?:\\.|[^'\\\n]){0,80}'",
    r"`(?:\\.|[^`\\])*`",
)


def unclosed(text: str, language_id: str = "") -> tuple[str, ...]:
    """Give the closing brackets that a text still wants, in the order in which they have to come."""
    return tuple(reversed(_scan(text, language_id)[0]))


def unopened(text: str, language_id: str = "") -> int:
    """Count the brackets that are closed and were never opened."""
    return _scan(text, language_id)[1]


def unbalanced(text: str, language_id: str = "") -> int:
    """Count the brackets that are opened and not closed, plus those that are closed and were never opened."""
    open_, wrong = _scan(text, language_id)
    return len(open_) + wrong


def _scan(text: str, language_id: str) -> tuple[list[str], int]:
    stack: list[str] = []
    wrong = 0
    for token in _tokens(language_id).findall(text):
        if token in PAIRS:
            stack.append(PAIRS[token])
        elif token in CLOSERS:
            if stack and stack[-1] == token:
                stack.pop()
            else:
                wrong += 1
    return stack, wrong


@cache
def _tokens(language_id: str) -> re.Pattern[str]:
    """Give the pattern that finds what is skipped, as a whole, and each bracket."""
    row = LANGUAGES.get(language_id)
    skipped = list(_STRINGS)
    if row and row.block_comment[0]:
        opener, closer = map(re.escape, row.block_comment)
        skipped.append(rf"{opener}(?:.|\n)*?(?:{closer}|\Z)")
    if row and row.comment:
        # Not within a word: `$#` counts arguments in a shell, and `https://` stands in many texts without quotes.
        skipped.append(rf"(?<![\w$:]){re.escape(row.comment)}[^\n]*")
    return re.compile("|".join((*skipped, r"[()\[\]{}]")))
