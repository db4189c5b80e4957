"""A small replacement that was made twice between the same tokens is made a third time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from context.edit_pairs import Replacement, common, renaming, replacement
from context.occurrences import is_quoted
from lsp_server.completion.next_proposal import Edited, Place

_CONFIDENCE = 0.7

# More tokens than this, taken out and put in together, are no small replacement.
_MOST_TOKENS = 24

# So many marks and words must stand around a place, or go, to say that it is one of the same kind.
_LEAST_ALIKE = 3


def repeated_edits(edited: Edited) -> Iterator[Place]:
    """Give the places in lines that hold what stood in two lines which were changed alike."""
    leading = [replacement(pair) for pair in edited.leading() if renaming(pair) is None]
    for one, other in combinations(leading, 2):
        alike = one.old == other.old and one.new == other.new
        if alike and len(one.old) + len(one.new) <= _MOST_TOKENS:
            yield from _third(edited, one, other)
            return


def _third(edited: Edited, one: Replacement, other: Replacement) -> Iterator[Place]:
    before = one.before[len(one.before) - common(one.before[::-1], other.before[::-1]) :]
    after = one.after[: common(one.after, other.after)]
    old, new = "".join(one.old), "".join(one.new)
    alike = [token for token in (*before, *one.old, *after) if not token.isspace()]
    if len(alike) < _LEAST_ALIKE or not any(token[0].isalnum() for token in alike) or not (old + new).strip():
        return
    syntax = edited.syntax
    document = syntax.document
    head = "".join(before)
    pattern = head + old + "".join(after)
    quoted = is_quoted(syntax, document.line_start(one.line) + one.column)
    for line in edited.onward(0, len(document.lines)):
        text = document.lines[line]
        if pattern in text and line not in edited.lines and (head + new + "".join(after)) not in text:
            column = text.index(pattern) + len(head)
            if is_quoted(syntax, document.line_start(line) + column) == quoted:
                yield Place(line, column, old, new, "repeat", _label(old, new), _CONFIDENCE)


def _label(old: str, new: str) -> str:
    if not old:
        return f"Insert {new.strip()} here, too"
    return f"Replace {old.strip()} by {new.strip()} here, too" if new else f"Remove {old.strip()} here, too"
