"""Places in the two countings that meet here: offsets in code points, and tree-sitter's rows and bytes.

Nothing outside of this module and its neighbours that hold nodes knows of bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tree_sitter import Node, Point, Tree

from context.text import Document, Span

_LONE_CR = re.compile(r"\r(?!\n)")


def offset_of(document: Document, point: Point) -> int:
    """Give the offset of a point; one past the last line is the end of the text."""
    if point.row >= len(document.lines):
        return end_of(document)
    return document.line_start(point.row) + _column(document.lines[point.row], point.column)


def end_of(document: Document) -> int:
    """Give the offset of the end of the text."""
    last = len(document.lines) - 1
    return document.line_start(last) + len(document.lines[last])


def point_of(document: Document, offset: int) -> Point:
    """Give the point of an offset."""
    line, column = document.line_column(offset)
    return Point(line, len(encoded(document.lines[line][:column])))


def span_of(document: Document, node: Node) -> Span:
    """Give the span of a node."""
    return Span(offset_of(document, node.start_point), offset_of(document, node.end_point))


def text_of(document: Document, nodes: Sequence[Node]) -> str:
    """Give the text from the first of some nodes to the last."""
    return text_between(document, nodes[0].start_point, nodes[-1].end_point)


def text_between(document: Document, start: Point, end: Point) -> str:
    """Give the text between two points, without the search for offsets."""
    lines = [*document.lines[start.row : end.row + 1]]
    if lines and end.row < len(document.lines):  # else it ends with the text
        lines[-1] = lines[-1][: _column(lines[-1], end.column)]
    if lines:
        lines[0] = lines[0][_column(document.lines[start.row], start.column) :]
    return "".join(lines)


def errors_of(node: Node) -> Iterator[Node]:
    """Give the nodes in a node, itself included, that do not parse: what is an error, and what is missing.

    By hand, and not by a query: one for (ERROR) and (MISSING) was seen to give captures without end.
    """
    nodes = [node] if node.has_error else []
    while nodes:
        node = nodes.pop()
        if node.is_error or node.is_missing:
            yield node
        nodes += [child for child in node.children if child.has_error]


def around(point: Point) -> tuple[Point, Point]:
    """Give the range of a query for what is around a point.

    It reaches one byte to the left as well: a cursor right behind a node's last character still belongs to it.
    """
    return Point(point.row, max(point.column - 1, 0)), Point(point.row, point.column + 1)


def mark_change(tree: Tree, before: Document, after: Document, start_byte: int) -> None:
    """Tell a tree of `before` where `after`, which was made of it by one change, differs from it.

    `start_byte` is the place of the first changed line. The exact stretch is marked and not its lines: a key on the
    first line of a block would have everything below it parsed again (16 ms at 10,000 lines, and not 0.8).
    """
    change = after.change
    assert change is not None
    old = b"".join(map(encoded, before.lines[change.first : change.old_end]))
    new = b"".join(map(encoded, after.lines[change.first : change.new_end]))
    same = _common_bytes(old, new)
    rest = _common_bytes(old[same:][::-1], new[same:][::-1])
    old_end, new_end = len(old) - rest, len(new) - rest
    tree.edit(
        start_byte=start_byte + same,
        old_end_byte=start_byte + old_end,
        new_end_byte=start_byte + new_end,
        start_point=_point_in(old[:same], change.first),
        old_end_point=_point_in(old[:old_end], change.first),
        new_end_point=_point_in(new[:new_end], change.first),
    )


def source_of(document: Document) -> bytes:
    """Give the text as the parser reads it, see `encoded`.

    All of it at each parse: to hand it out piece by piece costs py-tree-sitter 0.26 the memory of every piece, and
    an object that can be asked for pieces is never freed with the tree that holds it.
    """
    text = document.text
    if "\r" in text:
        text = _LONE_CR.sub("\n", text)
    return text.encode("utf-8", "replace")


def size_bytes(lines: tuple[str, ...]) -> int:
    """Give the size of lines as the parser counts them."""
    return sum(len(line) if line.isascii() else len(encoded(line)) for line in lines)


def encoded(line: str) -> bytes:
    """Encode a line as the parser reads it, with as many bytes at each place as its own count.

    A lone "\\r" becomes "\\n", because tree-sitter counts rows by "\\n" alone; a lone surrogate becomes "?".
    """
    if line.endswith("\r"):
        line = line[:-1] + "\n"
    return line.encode("utf-8", "replace")


def _column(line: str, column_bytes: int) -> int:
    """Give the code points that some bytes reach into a line."""
    if line.isascii():
        return min(column_bytes, len(line))
    return len(encoded(line)[:column_bytes].decode("utf-8", "ignore"))


def _common_bytes(one: bytes, other: bytes) -> int:
    """Count the bytes that two texts begin with alike; by halves, since a line may be megabytes long."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _point_in(text: bytes, first: int) -> Point:
    return Point(first + text.count(b"\n"), len(text) - text.rfind(b"\n") - 1)
