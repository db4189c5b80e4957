"""The syntax of a document: an incrementally kept tree-sitter tree, asked in the words of the language's queries.

Bytes, points and nodes stay inside this module and those it asks; outside, places are code point offsets.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node, Parser, Point, QueryCursor, Tree

from context import imports, references, scopes, symbols
from context.grammars import Grammar, Part, grammar
from context.imports import Import
from context.points import around, end_of, errors_of, mark_change, point_of, size_bytes, source_of, span_of
from context.references import Reference
from context.symbols import BLOCKS, Match, Symbol
from context.text import Document, Span

__all__ = ["Import", "Reference", "Symbol", "Syntax", "parse"]


class Syntax:
    """The syntax of one version of a document. Parsed when it is first asked, from what the last parse left.

    A language without a grammar has no symbols, no imports and no references, and one scope: the whole text.
    """

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
        mark_change(stale, self.document, document, start)
        return Syntax(document, self._rules, stale, (document.change.first, start))

    def settle(self) -> None:
        """Parse now what else would be parsed when first asked."""
        if self._rules is not None:
            _ = self._root

    def error_count(self) -> int:
        """Count the places where the text does not parse."""
        if self._rules is None or not self._root.has_error:
            return 0
        return sum(1 for _ in errors_of(self._root))

    def symbols(self) -> list[Symbol]:
        """Give every definition, in the order of the text."""
        if self._rules is None:
            return []
        matches = self._matches("definitions")
        return symbols.symbols_of(self.document, self._rules.row, matches, symbols.docstrings_of(matches))

    def symbol_at(self, offset: int, kinds: tuple[str, ...] = BLOCKS) -> Symbol | None:
        """Give the innermost definition of one of these kinds around an offset, None outside of all."""
        enclosing = [symbol for symbol in self.enclosing(offset) if symbol.kind in kinds]
        return enclosing[-1] if enclosing else None

    def enclosing(self, offset: int) -> list[Symbol]:
        """Give the definitions around an offset, the outermost first."""
        if self._rules is None:
            return []
        matches = self._matches("definitions", around(point_of(self.document, offset)))
        found = symbols.symbols_of(self.document, self._rules.row, matches, self._docstrings(matches))
        return [symbol for symbol in found if symbol.span.start <= offset <= symbol.span.end]

    def imports(self) -> list[Import]:
        """Give what the text takes over from elsewhere, in the order of the text."""
        if self._rules is None:
            return []
        return imports.imports_of(self.document, self._rules.query("imports"), self._matches("imports"))

    def references(self, span: Span | None = None) -> list[Reference]:
        """Give the names that are used, not defined, in a span or in the whole text, in their order."""
        if self._rules is None:
            return []
        if span is None:
            return list(references.references_of(self.document, self._captures("references")))
        reach = (point_of(self.document, span.start), point_of(self.document, span.end))
        found = references.references_of(self.document, self._captures("references", reach))
        return [reference for reference in found if span.contains(reference.span)]

    def scope_at(self, offset: int) -> Span:
        """Give the innermost scope around an offset: a block, a function, a class, or the whole text.

        Where blocks are made by indentation, the indentation of an empty line says to which one it belongs.
        """
        if self._rules is None:
            return Span(0, end_of(self.document))
        return scopes.scope_at(self.document, self._root, self._rules, offset)

    def is_closed(self, offset: int, *, growing: bool = False) -> bool:
        """Tell whether the innermost scope around an offset is complete; see `context.scopes` for what that promises.

        `growing` says that more text may come: then the end of the text completes nothing.
        """
        return self._rules is not None and scopes.is_closed(self.document, self._root, self._rules, offset, growing)

    def leaves(self, skip: Span | None = None) -> Iterator[tuple[str, str]]:
        """Give type and text of every token, comments included, that does not lie within `skip`."""
        if self._rules is None:
            return
        cursor = self._root.walk()
        while True:
            node = cursor.node
            span = span_of(self.document, node) if node else Span(0, 0)
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
            parser, text = Parser(self._rules.language), source_of(self.document)
            self._tree = parser.parse(text, self._stale) if self._stale else parser.parse(text)
            self._stale = None
        return self._tree.root_node

    def _matches(self, part: Part, reach: tuple[Point, Point] | None = None) -> list[Match]:
        return [*self._cursor(part, reach).matches(self._root)]

    def _captures(self, part: Part, reach: tuple[Point, Point] | None = None) -> dict[str, list[Node]]:
        return self._cursor(part, reach).captures(self._root)

    def _cursor(self, part: Part, reach: tuple[Point, Point] | None) -> QueryCursor:
        assert self._rules is not None
        cursor = QueryCursor(self._rules.query(part))
        if reach is not None:
            cursor.set_point_range(*reach)
        return cursor

    def _docstrings(self, matches: list[Match]) -> dict[int, Node]:
        """Find the docstrings of the bodies in some matches, also of those whose beginning was not looked at."""
        found = symbols.docstrings_of(matches)
        for body in [match["body"][0] for _, match in matches if "body" in match]:
            if body.id not in found:
                start = body.start_point
                cursor = self._cursor("definitions", (start, Point(start.row, start.column + 1)))
                at_start = symbols.docstrings_of(cursor.matches(body))
                found |= {key: node for key, node in at_start.items() if key == body.id}
        return found

    def _byte_of_line(self, line: int) -> int:
        at, start = self._byte_anchor
        lines = self.document.lines
        if line >= at:
            return start + size_bytes(lines[at:line])
        return start - size_bytes(lines[line:at])


def parse(document: Document) -> Syntax:
    """Give the syntax of a document; one without symbols when its language has no grammar."""
    return Syntax(document, grammar(document.language_id), None, (0, 0))
