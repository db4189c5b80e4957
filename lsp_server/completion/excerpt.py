"""What is around a cursor, small enough to be parsed again for every candidate: does the document parse with it?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, takewhile

from context.grammars import grammar
from context.syntax import parse
from context.text import Document, split_lines
from lsp_server.completion import window
from lsp_server.completion.brackets import unclosed
from lsp_server.completion.lines import END_WORDS, is_closing, tells_depth, width_of
from lsp_server.completion.place import Place

# More than this is no source text that a person wrote, and would cost more than it tells.
_MOST_CHARACTERS = 24_000

# What may stand at a cursor, and between that and what is below: a block that it opens, or another statement.
_WORDS = ("x", "x x", "x()")
_HEADER_ENDS = (" {", ":")
_ENDS = (";", "")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A document's text before and after a cursor, without what is far away and does not matter."""

    language_id: str
    before: str = field(repr=False)
    after: str = field(repr=False)

    @staticmethod
    def around(document: Document, offset: int) -> Excerpt:
        """Look around an offset."""
        return Excerpt(document.language_id, *window.around(document, offset))

    @staticmethod
    def of(place: Place) -> Excerpt:
        """Give what a place itself knows: enough in a short text, too little for the end of a long block."""
        before, after = place.before, place.after
        if place.offset > len(before):  # it begins somewhere within a line
            before = before[min(before.find("\n") + 1, len(before) - len(place.head)) :]
        return Excerpt(place.language_id, before, after)

    @property
    def parses(self) -> bool:
        """Whether there is a grammar that can tell anything here."""
        return len(self.before) + len(self.after) <= _MOST_CHARACTERS and grammar(self.language_id) is not None

    @property
    def is_clean(self) -> bool:
        """Whether the document parses without any error, the statement at the cursor aside."""
        return self.parses and not _tolerated(self)

    def clean(self, text: str) -> bool:
        """Tell whether the document parses without any error with a text put in at the cursor."""
        return self.parses and not self._errors(text)

    def sound(self, text: str) -> bool:
        """Tell whether the document parses no worse with a text put in at the cursor than without its statement.

        Always False in a language without a grammar, where nothing can be told.
        """
        return self.clean(text) or (self.parses and self._errors(text) <= _tolerated(self))

    @property
    def header_width(self) -> int:
        """The indentation of the nearest line above that is indented less than the cursor's: the one that holds it."""
        *above, line = split_lines(self.before)
        base = width_of(line)
        return next((width_of(each) for each in reversed(above) if tells_depth(each) and width_of(each) < base), base)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The closing brackets that the lines above the cursor's want and that no line below has."""
        above = self.before[: self.before.rfind("\n") + 1]
        return _wanted(self.language_id, above, self.after)

    def _errors(self, text: str) -> int:
        return _errors(self.language_id, self.before, text, self.after)


# The answers so far of one stream are asked again at each of its events; a stream has a few candidates.
@lru_cache(maxsize=256)
def _errors(language_id: str, before: str, text: str, after: str) -> int:
    return parse(Document.of("", language_id, 0, before + text + after)).error_count()


@lru_cache(maxsize=16)
def _wanted(language_id: str, above: str, after: str) -> tuple[str, ...]:
    return unclosed(f"{above}\n{after}", language_id)


@lru_cache(maxsize=16)
def _tolerated(excerpt: Excerpt) -> int:
    """Count the errors that no answer is to blame for: as few as the document has with something plausible in it."""
    least = _MOST_CHARACTERS
    for reading in _readings(excerpt):
        least = min(least, _errors(excerpt.language_id, *reading))
        if not least:
            break
    return least


def _readings(excerpt: Excerpt) -> Iterator[tuple[str, str, str]]:
    """Give what the document could be, as text before, at and after the cursor.

    Without the cursor's line and the block below it, and with the brackets or blocks closed that are left open; then
    with a word at the cursor that ends its brackets, its statement, or the header of the block below.
    """
    *above, head = split_lines(excerpt.before)
    tail, *below = split_lines(excerpt.after)
    before = "".join(above)
    after = "".join(_without_block(below, width_of(head))) if head.strip() else tail + "".join(below)
    closers = "".join(unclosed(f"{before}\n{after}", excerpt.language_id))
    words = (f"{word}\n" for word in sorted(END_WORDS))
    fillers = chain(("", f"{closers}\n", "x\n", "x;\n"), words)
    yield from ((before, filler, after) for filler in fillers)
    round_ = "".join(takewhile(lambda each: each != "}", unclosed(excerpt.before, excerpt.language_id)))
    nearest = next((line for line in below if line.strip()), "")
    ends = (*_HEADER_ENDS, *_ENDS) if width_of(nearest) > width_of(head) else _ENDS
    yield from ((excerpt.before, word + round_ + end, excerpt.after) for word in _WORDS for end in ends)


def _without_block(below: Sequence[str], base: int) -> Sequence[str]:
    """Leave out the lines that are indented more than a line above them, and the one that closes their block."""
    at = 0
    while at < len(below) and (not below[at].strip() or width_of(below[at]) > base):
        at += 1
    if not any(line.strip() for line in below[:at]):
        return below
    closes = at < len(below) and width_of(below[at]) == base and is_closing(below[at])
    return below[at + closes :]
