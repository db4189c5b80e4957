"""Scopes: what is around a place, and whether it is complete.

The query says by the names of its captures how a scope ends:

- `@scope` with a mark of its own: a brace, `end`, `fi`, an end tag;
- `@scope.indented` with the first line that is indented less than its first one (a block in Python);
- `@scope.headed` with the first line that is indented no more than its own first one (a definition in Python);
- `@scope.section` where the next one begins (a table in TOML).

What `is_closed` promises. *True*: between the offset and the end of the innermost scope around it everything parses,
and the end is really there: the mark is written, or a line follows that is not of the scope (an empty line and a
comment say nothing), or the text ends and is not growing. What stands before the offset may be broken. *False*:
anything else; also outside of all scopes, since nothing closes a file, and where an error hides which scope it is. So
it may come late, when what was written does not parse, but it does not come early.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node, Point, Query, QueryCursor

from context.grammars import Grammar
from context.points import encoded, end_of, errors_of, point_of, span_of
from context.text import Document, Span


@dataclass(frozen=True, slots=True)
class _Scope:
    """A scope, how it ends ("", "indented", "headed" or "section"), and where its last line of text does."""

    node: Node
    ending: str
    end: Point

    def holds(self, place: _Place) -> bool:
        """Tell whether a place is within this scope."""
        start, end = self.node.start_point, self.end
        match self.ending:
            case "":
                return start < place.point and (place.point < end or _last_leaf(self.node).is_missing)
            case "headed":
                return start < place.anchor <= end and (place.indent is None or start.column < place.indent)
            case "indented":
                return start <= place.anchor <= end and (place.indent is None or start.column <= place.indent)
            case _:
                return start <= place.anchor <= end

    def ends_before(self, token: Node, indent: int) -> bool:
        """Tell whether a line outside of this scope, with this first token and indentation, shows that it has ended."""
        match self.ending:
            case "headed":
                return indent <= self.node.start_point.column
            case "indented":
                return indent < self.node.start_point.column
            case _:
                return not _in_error(token)


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the text. On an empty line the anchor is the end of the text above, and `indent` counts."""

    point: Point
    anchor: Point
    indent: int | None


def scope_at(document: Document, root: Node, rules: Grammar, offset: int) -> Span:
    """Give the innermost scope around an offset, the whole text outside of all."""
    scope = _innermost(document, root, rules.query("scopes"), _place(document, rules.row.comment, offset))
    return span_of(document, scope.node) if scope else Span(0, end_of(document))


def is_closed(document: Document, root: Node, rules: Grammar, offset: int, growing: bool) -> bool:
    """Tell whether the innermost scope around an offset is complete; `growing` when the text may go on."""
    place = _place(document, rules.row.comment, offset)
    scope = _innermost(document, root, rules.query("scopes"), place)
    if scope is None or _broken_after(scope.node, min(place.anchor, place.point)):
        return False
    if not scope.ending:
        return not _last_leaf(scope.node).is_missing
    for token, indent in _lines_after(document, root, max(scope.end, place.point)):
        whole = token.start_point.row < len(document.lines) - 1
        # The beginning of a heading may be that of a smaller one, which would not end a section.
        return scope.ends_before(token, indent) and (whole or not growing or scope.ending != "section")
    return not growing


def _place(document: Document, comment: str, offset: int) -> _Place:
    point = point_of(document, offset)
    line, column = document.line_column(offset)
    text = document.content(line)
    if text[column:].strip() and not text[:column].strip():
        return _Place(point, _point_in(text, line, len(text) - len(text.lstrip())), None)
    if not _is_empty(text, comment):
        # Blanks at the end of a line are of no node.
        return _Place(point, point if text[column:].strip() else _point_in(text, line, len(text.rstrip())), None)
    indent = len(text) - len(text.lstrip()) if text.strip() else column
    for above in range(line - 1, -1, -1):
        text = document.content(above)
        if not _is_empty(text, comment):
            return _Place(point, _point_in(text, above, len(text.rstrip())), indent)
    return _Place(point, point, indent)


def _is_empty(text: str, comment: str) -> bool:
    """Tell whether a line has no code."""
    return not text.strip() or bool(comment and text.lstrip().startswith(comment))


def _point_in(text: str, line: int, column: int) -> Point:
    return Point(line, len(encoded(text[:column])))


def _innermost(document: Document, root: Node, query: Query, place: _Place) -> _Scope | None:
    cursor = QueryCursor(query)
    first, last = min(place.anchor, place.point), max(place.anchor, place.point)
    cursor.set_point_range(Point(first.row, max(first.column - 1, 0)), Point(last.row, last.column + 1))
    captures = cursor.captures(root)
    scopes = [
        _Scope(node, name.partition(".")[2], _end(document, node)) for name, nodes in captures.items() for node in nodes
    ]
    holding = [scope for scope in scopes if scope.holds(place)]
    return max(holding, key=lambda scope: (scope.node.start_byte, -scope.node.end_byte), default=None)


def _end(document: Document, node: Node) -> Point:
    """Give the end of a node without the blank space that some grammars put into it."""
    row, column = min(node.end_point.row, len(document.lines) - 1), node.end_point.column
    while row > node.start_point.row and not encoded(document.content(row))[:column].strip():
        row -= 1
        column = len(encoded(document.content(row).rstrip()))
    return Point(row, column)


def _broken_after(node: Node, point: Point) -> bool:
    """Tell whether anything in a node does not parse or is missing at or after a point."""
    return any(error.end_point >= point for error in errors_of(node))


def _lines_after(document: Document, root: Node, point: Point) -> Iterator[tuple[Node, int]]:
    """Give the first token and the indentation of each line of code after a point.

    What stands behind the point on its own line counts only when it does not parse, as a line without end.
    """
    for row in range(point.row, len(document.lines)):
        skipped = point.column if row == point.row else 0
        text = encoded(document.content(row))[skipped:]
        column = skipped + len(text) - len(text.lstrip())
        token = root.descendant_for_point_range(Point(row, column), Point(row, column + 1))
        if not text.strip() or token is None or _is_comment(token):
            continue
        if row > point.row or _in_error(token):
            yield token, column


def _in_error(node: Node | None) -> bool:
    while node is not None and not node.is_error:
        node = node.parent
    return node is not None


def _is_comment(node: Node) -> bool:
    return "comment" in node.type or (node.parent is not None and "comment" in node.parent.type)


def _last_leaf(node: Node) -> Node:
    while node.child_count and (last := node.child(node.child_count - 1)) is not None:
        node = last
    return node
