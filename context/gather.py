"""What a model is shown, one function per source."""

from __future__ import annotations

from dataclasses import dataclass

from context.budget import Budget
from context.text import Document, Span

# The window before the cursor starts at a line that is a multiple of this, so that its beginning stays put while a
# person types, and a model server re-reads one token instead of the whole prompt (measured: 13 ms, not 3,320 ms).
ANCHOR_LINES = 16

# The same within one very long line, in characters.
_ANCHOR_CHARACTERS = 1_024


@dataclass(frozen=True, slots=True)
class CompletionContext:
    """The text around a cursor that a completion model is shown."""

    prefix: str
    suffix: str


def gather_for_completion(document: Document, offset: int, budget: Budget) -> CompletionContext:
    """Give the text before and after an offset, cut at line boundaries to the budget."""
    line, column = document.line_column(offset)
    first = _anchor_line(document, line, budget.prefix_characters - column)
    end = _last_line(document, line, budget.suffix_characters)
    head, tail = document.lines[line][:column], document.lines[line][column:]
    prefix = "".join((*document.lines[first:line], _from_anchor(head, budget.prefix_characters)))
    suffix = "".join((tail, *document.lines[line + 1 : end]))
    return CompletionContext(prefix, suffix[: budget.suffix_characters])


def gather_around(document: Document, span: Span, characters: int) -> Span:
    """Give whole lines around a span, as many as fit into a number of characters, evenly on both sides."""
    first, _ = document.line_column(span.start)
    last, _ = document.line_column(span.end)
    room = characters - sum(map(len, document.lines[first : last + 1]))
    above, below = first, last
    while room > 0:
        before = len(document.lines[above - 1]) if above > 0 else None
        after = len(document.lines[below + 1]) if below + 1 < len(document.lines) else None
        take_above = before is not None and before <= room and (after is None or first - above <= below - last)
        if take_above and before is not None:
            above, room = above - 1, room - before
        elif after is not None and after <= room:
            below, room = below + 1, room - after
        else:
            break
    return Span(document.line_start(above), document.line_start(below) + len(document.lines[below]))


def _anchor_line(document: Document, line: int, room: int) -> int:
    """Find the anchored line from which everything up to `line` fits; `line` itself when nothing does."""
    first = line
    while first > 0 and (room := room - len(document.lines[first - 1])) >= 0:
        first -= 1
    anchored = -(-first // ANCHOR_LINES) * ANCHOR_LINES
    return anchored if anchored <= line else first


def _last_line(document: Document, line: int, room: int) -> int:
    end = line + 1
    while end < len(document.lines) and (room := room - len(document.lines[end])) >= 0:
        end += 1
    return end


def _from_anchor(head: str, room: int) -> str:
    if len(head) <= room:
        return head
    start = -(-(len(head) - room) // _ANCHOR_CHARACTERS) * _ANCHOR_CHARACTERS
    return head[min(start, len(head) - room // 2) :]
