"""The syntax of a document: an incrementally kept tree-sitter tree, asked in the words of the language's queries.

Byte offsets and tree-sitter's points stay inside this module; outside, places are code point offsets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node, Parser, Point, QueryCursor, Tree

from context.languages import Grammar, grammar
from context.text import Document, Span

_LONE_CR = re.compile(r"\r(?!\n)")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named definition. `header` runs up to `body`; `docstring` is the string itself, quotes included."""

    kind: str
    name: str
    span: Span
    header: Span
    body: Span
    docstring: Span | None
    container: str


class Syntax:
    """The syntax of one version of a document. Parsed when it is first asked, from what the last parse left."""

    def __init__(self, document: Document, rules: Grammar | None, stale: Tree | None, anchor: tuple[int, int]) -> None:
        self.document = document
        self._rules = rules
        self._stale = stale
        self._tree: Tree | None = None
        self._byte_anchor = anchor

    def after(self, document: Document) -> Syntax:
        """Give the syntax of the next version; cheap, because the tree is only marked where it changed.

        `document` must have been made of this one's document by one change; any other is parsed from scratch.
        """
        tree = self._tree or self._stale
        if document.change is None or tree is None:
            return parse(document)
        start = self._byte_of_line(document.change.first)
        stale = tree.copy()
        _mark(stale, self.document, document, start)
        return Syntax(document, self._rules, stale, (document.change.first, start))

    def settle(self) -> None:
        """Parse now what else would be parsed when first asked."""
        if self._rules is not None:
            _ = self._root

    def error_count(self) -> int:
        """Count the places where the text does not parse."""
        if self._rules is None or not self._root.has_error:
            return 0
        return len(QueryCursor(self._rules.errors).captures(self._root).get("error", ()))

    def symbols(self) -> list[Symbol]:
        """Give every definition, in the order of the text."""
        if self._rules is None:
            return []
        matches = QueryCursor(self._rules.definitions).matches(self._root)
        return sorted(self._symbols(matches), key=lambda symbol: symbol.span)

    def symbol_at(self, offset: int, kinds: tuple[str, ...] = ("function", "class")) -> Symbol | None:
        """Give the innermost definition of one of these kinds around an offset, None outside of all."""
        enclosing = [symbol for symbol in self.enclosing(offset) if symbol.kind in kinds]
        return enclosing[-1] if enclosing else None

    def enclosing(self, offset: int) -> list[Symbol]:
        """Give the definitions around an offset, the outermost first."""
        if self._rules is None:
            return []
        place = self._point(offset)
        cursor = QueryCursor(self._rules.definitions)
        # One byte to the left as well: a cursor right behind a definition's last character still belongs to it.
        cursor.set_point_range(Point(place.row, max(place.column - 1, 0)), Point(place.row, place.column + 1))
        around = [s for s in self._symbols(cursor.matches(self._root)) if s.span.start <= offset <= s.span.end]
        return sorted(around, key=lambda symbol: (symbol.span.start, -symbol.span.end))

    def leaves(self, skip: Span | None = None) -> Iterator[tuple[str, str]]:
        """Give type and text of every token, comments included, that does not lie within `skip`."""
        if self._rules is None:
            return
        cursor = self._root.walk()
        while True:
            node = cursor.node
            span = self._span(node) if node else Span(0, 0)
            inside = skip is not None and skip.contains(span) and len(span) > 0
            if not inside and cursor.goto_first_child():
                continue
            if node and not inside and not node.child_count:
                yield node.type, self.document.slice(span)
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return

    @property
    def _root(self) -> Node:
        if self._tree is None:
            assert self._rules is not None
            parser, text = Parser(self._rules.language), _source(self.document)
            self._tree = parser.parse(text, self._stale) if self._stale else parser.parse(text)
            self._stale = None
        return self._tree.root_node

    def _symbols(self, matches: list[tuple[int, dict[str, list[Node]]]]) -> list[Symbol]:
        documented = {m["documented"][0].id: m["docstring"][0] for _, m in matches if "documented" in m}
        found = [(kind, m) for _, m in matches for kind in m if kind.startswith("definition.")]
        return [self._symbol(kind.partition(".")[2], kind, m, documented) for kind, m in found]

    def _symbol(self, kind: str, capture: str, match: dict[str, list[Node]], documented: dict[int, Node]) -> Symbol:
        node, name, body = match[capture][0], match["name"][0], match["body"][0]
        docstring = documented.get(body.id) or self._docstring(body)
        span, block = self._span(node), self._span(body)
        return Symbol(
            kind,
            self.document.slice(self._span(name)),
            span,
            Span(span.start, block.start),
            block,
            self._span(docstring) if docstring else None,
            self._container(node),
        )

    def _docstring(self, body: Node) -> Node | None:
        """Find the docstring of a block when the query looked at another place only."""
        assert self._rules is not None
        cursor = QueryCursor(self._rules.definitions)
        start = body.start_point
        cursor.set_point_range(start, Point(start.row, start.column + 1))
        for _, match in cursor.matches(body):
            if "documented" in match and match["documented"][0].id == body.id:
                return match["docstring"][0]
        return None

    def _container(self, node: Node) -> str:
        names = []
        parent = node.parent
        while parent is not None:
            name = parent.child_by_field_name("name")
            if name is not None and parent.child_by_field_name("body") is not None:
                names.append(self.document.slice(self._span(name)))
            parent = parent.parent
        return ".".join(reversed(names))

    def _span(self, node: Node) -> Span:
        return Span(self._offset(node.start_point), self._offset(node.end_point))

    def _offset(self, point: Point) -> int:
        if point.row >= len(self.document.lines):
            return self.document.line_start(len(self.document.lines))
        line = self.document.lines[point.row]
        column = point.column if line.isascii() else len(_encoded(line)[: point.column].decode("utf-8", "ignore"))
        return self.document.line_start(point.row) + min(column, len(line))

    def _point(self, offset: int) -> Point:
        line, column = self.document.line_column(offset)
        return Point(line, len(_encoded(self.document.lines[line][:column])))

    def _byte_of_line(self, line: int) -> int:
        at, start = self._byte_anchor
        lines = self.document.lines
        if line >= at:
            return start + _size_bytes(lines[at:line])
        return start - _size_bytes(lines[line:at])


def parse(document: Document) -> Syntax:
    """Give the syntax of a document; one without symbols when its language has no grammar."""
    return Syntax(document, grammar(document.language_id), None, (0, 0))


def _source(document: Document) -> bytes:
    """Give the text as the parser reads it, see `_encoded`.

    All of it at each parse: to hand it out piece by piece costs py-tree-sitter 0.26 the memory of every piece, and
    an object that can be asked for pieces is never freed with the tree that holds it.
    """
    text = document.text
    if "\r" in text:
        text = _LONE_CR.sub("\n", text)
    return text.encode("utf-8", "replace")


def _mark(tree: Tree, before: Document, after: Document, start_byte: int) -> None:
    """Tell a tree what has changed, exactly.

    Were whole lines marked, a key on the first line of a block would have everything below it parsed again (16 ms at
    10,000 lines, and not 0.8).
    """
    change = after.change
    assert change is not None
    old = b"".join(map(_encoded, before.lines[change.first : change.old_end]))
    new = b"".join(map(_encoded, after.lines[change.first : change.new_end]))
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


def _size_bytes(lines: tuple[str, ...]) -> int:
    return sum(len(line) if line.isascii() else len(_encoded(line)) for line in lines)


def _encoded(line: str) -> bytes:
    """Encode a line as the parser reads it, with as many bytes at each place as its own count.

    A lone "\\r" becomes "\\n", because tree-sitter counts rows by "\\n" alone; a lone surrogate becomes "?".
    """
    if line.endswith("\r"):
        line = line[:-1] + "\n"
    return line.encode("utf-8", "replace")
