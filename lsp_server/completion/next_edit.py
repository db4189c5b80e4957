"""The edit that follows from the last ones, found without a model.

Each rule looks at what was edited and gives the places where the same is still to do; the first one that holds is
proposed, since after it is taken (or refused) the question is asked anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice

from context.edit_pairs import LineEdit, touched
from context.syntax import Syntax, parse
from context.text import Document, Position, RangeChange, Span, TextEdit
from lsp_server.completion.next_argument import argument_edits
from lsp_server.completion.next_proposal import Edited, Place, Proposal
from lsp_server.completion.next_rename import rename_edits
from lsp_server.completion.next_repeat import repeated_edits

__all__ = ["LEAST_CONFIDENCE", "Proposal", "next_edits"]

# Below this a proposal is more often wrong than right.
LEAST_CONFIDENCE = 0.5

# So many places of one rule are looked at, the nearest first, for one that has not been refused and parses.
_MOST_TRIED = 4

# A definition longer than this is not parsed twice just to save a parse of the document (8 to 12 ms at 10,000 lines).
_LONG_CHARACTERS = 4_000

_RULES: tuple[Callable[[Edited], Iterator[Place]], ...] = (rename_edits, argument_edits, repeated_edits)


def next_edits(
    syntax: Syntax, edits: Sequence[LineEdit], cursor_line: int, rejected: Collection[str] = frozenset()
) -> list[Proposal]:
    """Give what to edit next, the best first, one proposal of a kind at most; [] when nothing follows.

    `edits` are those of this document as `Recent.edits_in` gives them, the last one first. `rejected` are the keys of
    proposals that were refused. A proposal never touches a line that was just edited.
    """
    lines = syntax.document.lines
    known = [edit for edit in edits if lines[edit.first : edit.first + len(edit.new)] == edit.new]
    just_edited = frozenset(line for edit in known for line in touched(edit))
    edited = Edited(syntax, known, just_edited, cursor_line)
    found = [proposal for rule in _RULES for proposal in _first(edited, rule(edited), rejected)]
    return sorted(found, key=lambda proposal: -proposal.confidence)


def _first(edited: Edited, places: Iterator[Place], rejected: Collection[str]) -> Iterator[Proposal]:
    """Give the surest place at which an edit may be proposed; of equals the first, so the next after the cursor."""
    free = (place for place in places if place.line not in edited.lines and place.confidence >= LEAST_CONFIDENCE)
    allowed = (place for place in free if edited.proposal(place).key not in rejected)
    for place in sorted(islice(allowed, _MOST_TRIED), key=lambda place: -place.confidence):
        proposal = edited.proposal(place)
        if _parses(edited.syntax, proposal.edit):
            yield proposal
            return


def _parses(syntax: Syntax, edit: TextEdit) -> bool:
    """Tell whether a document parses no worse with an edit than without.

    A line or a definition that is whole by itself says it for the document, and takes a fraction of the time.
    """
    document = syntax.document
    for span in _wholes(syntax, edit):
        text = document.slice(span)
        if _errors(document, text) == 0:
            start, end = edit.span.start - span.start, edit.span.end - span.start
            return _errors(document, text[:start] + edit.new_text + text[end:]) == 0
    first, last = (Position(*document.line_column(offset)) for offset in (edit.span.start, edit.span.end))
    changed = document.with_change(RangeChange(first, last, edit.new_text), "utf-32", document.version + 1)
    return syntax.after(changed).error_count() <= syntax.error_count()


def _wholes(syntax: Syntax, edit: TextEdit) -> Iterator[Span]:
    """Give the line of an edit without its indentation, and the smallest definition around it unless it is long."""
    document = syntax.document
    line, _ = document.line_column(edit.span.start)
    content, start = document.content(line), document.line_start(line)
    yield Span(min(start + len(content) - len(content.lstrip()), edit.span.start), start + len(content))
    symbol = syntax.symbol_at(edit.span.start)
    if symbol is not None and len(symbol.span) <= _LONG_CHARACTERS and symbol.span.contains(edit.span):
        yield symbol.span


def _errors(document: Document, text: str) -> int:
    return parse(Document.of(document.uri, document.language_id, 0, text)).error_count()
