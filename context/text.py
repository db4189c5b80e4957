"""Text as an editor means it: documents that never change, spans, edits, and positions in three encodings.

A line ends at "\\n", "\\r\\n" or "\\r" and nowhere else (LSP 3.17, "Text Documents"). `str.splitlines` also splits at
form feed, vertical tab, NEL and U+2028, so it must not be used on editor text.

Inside this project a place in a text is an *offset*: a number of code points from its beginning. Positions (line,
character) exist only at the face, in the encoding that was agreed with the client.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

Encoding: TypeAlias = Literal["utf-8", "utf-16", "utf-32"]

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_TERMINATOR = re.compile(r"(?:\r\n|\r|\n)\Z")


class Position(NamedTuple):
    """A place as LSP counts it: zero-based line, and `character` in units of an encoding."""

    line: int
    character: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of text, in code points of `Document.text`."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def contains(self, other: Span) -> bool:
        """Tell whether `other` lies within this span, ends included."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace the text of `span` by `new_text`."""

    span: Span
    new_text: str


@dataclass(frozen=True, slots=True)
class RangeChange:
    """Replace what stands between two positions, as a client says it in didChange."""

    start: Position
    end: Position
    new_text: str


class BadChangeError(ValueError):
    """A change that cannot be meant: its range is reversed, or edits overlap."""


@dataclass(frozen=True, slots=True)
class LineChange:
    """How a document differs from the version it was made of: lines [first, old_end) became [first, new_end)."""

    first: int
    old_end: int
    new_end: int


class _Anchor:
    """The line and offset that were asked last, so that lines near it need not be summed from the top.

    The one thing about a Document that changes: a person works near one place, and in a file of 10,000 lines the
    sum from the top costs more than everything else that a key press does. Both stand in one tuple, so that a thread
    never sees half of a change.
    """

    __slots__ = ("at",)

    def __init__(self, line: int = 0, offset: int = 0) -> None:
        self.at = (line, offset)


@dataclass(frozen=True, slots=True)
class Document:
    """One version of one text. A change makes a new one, which shares every untouched line with the old.

    `lines` keep their terminators; the last one has none, and is empty when the text ends with one. Build a
    document with `Document.of`. `change` tells how it differs from the version it was made of.
    """

    uri: str
    language_id: str
    version: int
    lines: tuple[str, ...]
    change: LineChange | None = field(default=None, compare=False, repr=False)
    _anchor: _Anchor = field(default_factory=_Anchor, compare=False, repr=False)

    @staticmethod
    def of(uri: str, language_id: str, version: int, text: str) -> Document:
        """Give the document with this text."""
        return Document(uri, language_id, version, split_lines(text))

    @property
    def text(self) -> str:
        """The whole text; joined anew at each access, so ask once."""
        return "".join(self.lines)

    @property
    def eol(self) -> str:
        """The terminator of the first line that has one, "\\n" in a text of one line."""
        match = _TERMINATOR.search(self.lines[0])
        return match[0] if match else "\n"

    def slice(self, span: Span) -> str:
        """Give the text of a span; only the lines it touches are read."""
        first, start_column = self.line_column(span.start)
        last, end_column = self.line_column(span.end)
        if first == last:
            return self.lines[first][start_column:end_column]
        middle = self.lines[first + 1 : last]
        return "".join((self.lines[first][start_column:], *middle, self.lines[last][:end_column]))

    def line_start(self, line: int) -> int:
        """Give the offset at which a line (zero-based) begins; that of one past the last is the end of the text."""
        at, start = self._anchor.at
        if line >= at:
            offset = start + sum(map(len, self.lines[at:line]))
        elif line > at // 2:
            offset = start - sum(map(len, self.lines[line:at]))
        else:
            offset = sum(map(len, self.lines[:line]))
        if line < len(self.lines):  # no line begins at the end of the text, so nothing can be found from there
            self._anchor.at = (line, offset)
        return offset

    def line_column(self, offset: int) -> tuple[int, int]:
        """Give line and column, in code points, of an offset; one past the end is the end."""
        line, start = self._anchor.at
        while offset < start:
            line -= 1
            start -= len(self.lines[line])
        last = len(self.lines) - 1
        while line < last and offset >= start + len(self.lines[line]):
            start += len(self.lines[line])
            line += 1
        self._anchor.at = (line, start)
        return line, min(offset - start, len(self.lines[line]))

    def content(self, line: int) -> str:
        """Give a line without its terminator."""
        return without_terminator(self.lines[line])

    def offset(self, position: Position, encoding: Encoding) -> int:
        """Give the offset of a position.

        A character past the end of its line is the end of that line, a line past the end of the text is the end
        of the text (LSP 3.17, "Position"), and a character inside a code point is the beginning of that one.
        """
        line, column = self._place(position, encoding)
        return self.line_start(line) + column

    def position(self, offset: int, encoding: Encoding) -> Position:
        """Give the position of an offset."""
        line, column = self.line_column(offset)
        return Position(line, _units(self.lines[line][:column], encoding))

    def with_change(self, change: RangeChange, encoding: Encoding, version: int) -> Document:
        """Give the document after one incremental change.

        Only the touched lines are read. Raises BadChangeError when the range is reversed.
        """
        if change.start > change.end:
            raise BadChangeError(f"the change of {self.uri} ends before it starts: {change.start} to {change.end}")
        first, start_column = self._place(change.start, encoding)
        last, end_column = self._place(change.end, encoding)
        return self._splice(first, start_column, last, end_column, change.new_text, version)

    def with_edits(self, edits: Sequence[TextEdit], version: int) -> Document:
        """Give the document after edits that all count in this version's offsets.

        The new document's `change` is None: it has no single one. Raises BadChangeError when two edits overlap.
        """
        ordered = sorted(edits, key=lambda edit: (edit.span.start, edit.span.end))
        for before, after in pairwise(ordered):
            if before.span.end > after.span.start:
                raise BadChangeError(f"two edits of {self.uri} overlap at offset {after.span.start}")
        document = self
        for edit in reversed(ordered):
            first, start_column = document.line_column(edit.span.start)
            last, end_column = document.line_column(edit.span.end)
            document = document._splice(first, start_column, last, end_column, edit.new_text, version)
        return replace(document, version=version, change=None)

    def _place(self, position: Position, encoding: Encoding) -> tuple[int, int]:
        line = position.line
        if line >= len(self.lines):
            line = len(self.lines) - 1
            return line, len(self.lines[line])
        content = self.lines[max(line, 0)]
        column = _column(content, max(position.character, 0), encoding)
        return max(line, 0), min(column, len(without_terminator(content)))

    def _splice(
        self, first: int, start_column: int, last: int, end_column: int, new_text: str, version: int
    ) -> Document:
        text = self.lines[first][:start_column] + new_text + self.lines[last][end_column:]
        if first > 0 and text.startswith("\n") and self.lines[first - 1].endswith("\r"):
            # A "\n" that comes to stand after a lone "\r" makes one terminator of the two.
            first -= 1
            text = self.lines[first] + text
        middle = split_lines(text)
        if last < len(self.lines) - 1:  # then the text ends with the terminator of the last line
            middle = middle[:-1]
        lines = self.lines[:first] + middle + self.lines[last + 1 :]
        change = LineChange(first, last + 1, first + len(middle))
        anchor = _Anchor(first, self.line_start(first))
        return Document(self.uri, self.language_id, version, lines, change, anchor)


def split_lines(text: str) -> tuple[str, ...]:
    """Split a text into lines that keep their terminators; the last has none and may be empty."""
    lines = _LINE.findall(text)
    if not lines or lines[-1][-1] in "\r\n":
        lines.append("")
    return tuple(lines)


def without_terminator(line: str) -> str:
    """Give a line without "\\n", "\\r\\n" or "\\r" at its end."""
    if line.endswith("\r\n"):
        return line[:-2]
    return line[:-1] if line.endswith(("\n", "\r")) else line


def _units(text: str, encoding: Encoding) -> int:
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(character > "\uffff" for character in text)


def _column(line: str, units: int, encoding: Encoding) -> int:
    """Give the code points that `units` of an encoding reach into a line, rounded down to a whole one."""
    if encoding == "utf-32" or line.isascii():
        return min(units, len(line))
    used = 0
    for column, character in enumerate(line):
        used += _units(character, encoding)
        if used > units:
            return column
    return len(line)
