"""Definitions, read from the matches of a language's query.

The query says what it found by the names of its captures:

- `@definition.KIND` the whole definition, `@name` its name (one node, or those from first to last);
- `@body` what follows its header, one node or several; `@header` instead, when only the header is a node; without
  either it ends with its header;
- `@owner` what it belongs to, when that stands in its header (`func (q *Queue) Push`);
- `@container` something that is no definition but gives its `@name` to what it holds (`impl Cache { … }`);
- `@local` code without a name whose variables are its own (`() => { … }`);
- `@documented` a body and `@docstring` the string in it that documents it.

One name may match several patterns: the one that stands first in the file counts. Where it stands says the rest: a
variable inside of a function is local, hence no symbol, and one of a class is a property; a method of nothing is a
function.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tree_sitter import Node, Point

from context.doc_comment import doc_above, doc_in_string
from context.languages import Language
from context.points import offset_of, span_of, text_between, text_of
from context.text import Document, Span

# Every kind there is; a query names no other.
KINDS = (
    *("function", "method", "class", "interface", "enum", "struct", "module", "macro"),
    *("type", "constant", "variable", "property", "rule", "element", "heading", "key"),
)

# The kinds that hold code, and that a person means by "this one here".
BLOCKS = ("function", "method", "class", "interface", "enum", "struct", "module")

# The kinds whose variables are local, those whose variables are properties, and those that give their name to what
# stands in them only if they have a body (`const api = { … }`).
_CODE = ("function", "method", "macro", "local")
_TYPES = ("class", "interface", "enum", "struct", "container")
_VALUES = ("type", "constant", "variable", "property")

# A signature is a line to read, not a listing.
_SIGNATURE_CHARACTERS = 200
_SIGNATURE_LINES = 20

Match: TypeAlias = tuple[int, Mapping[str, list[Node]]]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named definition.

    `header` runs up to `body`, which is the empty span at the end when there is none. `docstring` is the string
    itself, quotes included. `container` names what it stands in, joined by dots. `doc` is the first line of its
    docstring or of the comment directly above, "" when there is neither; `signature` its header on one line.
    """

    kind: str
    name: str
    span: Span
    header: Span
    body: Span
    docstring: Span | None
    container: str
    doc: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """What one match defines; `kind` is "container" for what defines nothing, "local" for code without a name."""

    kind: str
    node: Node
    captures: Mapping[str, list[Node]]
    pattern: int


@dataclass(frozen=True, slots=True)
class _Holder:
    """What may hold definitions, its kind as in `_Found`."""

    node: Node
    kind: str
    name: str


def symbols_of(
    document: Document, language: Language, matches: Iterable[Match], docstrings: Mapping[int, Node]
) -> list[Symbol]:
    """Give the definitions of some matches in the order of the text, the outer ones first.

    The matches must hold everything around each definition, since its container is made of them. `docstrings` are
    the documenting strings by the id of the documented body.
    """
    reader = _Reader(document, language, docstrings)
    symbols: list[Symbol] = []
    holders: list[_Holder] = []  # what is open at this place
    for found in _in_order(matches):
        node = found.node
        while holders and (holders[-1].node.end_byte < node.end_byte or holders[-1].node.id == node.id):
            holders.pop()
        name, owners = reader.name(found), reader.owners(found)
        within = holders[-1].kind if holders else ""
        kind = _kind(found.kind, name, within, bool(owners))
        if kind not in ("container", "local"):
            # A property in the header of a constructor belongs to what is constructed.
            around = holders[:-1] if kind == "property" and within in _CODE else holders
            container = ".".join([*(holder.name for holder in around if holder.name), *owners])
            # A comment above a definition stands below the first line of what holds it.
            first_line = holders[-1].node.start_point.row + 1 if holders else 0
            symbols.append(reader.symbol(found, kind, name, container, first_line))
        is_named = kind not in _VALUES or "body" in found.captures
        holders.append(_Holder(node, kind, ".".join([*owners, name]) if is_named else ""))
    return symbols


def docstrings_of(matches: Iterable[Match]) -> dict[int, Node]:
    """Give the documenting strings in some matches by the id of the body that each documents."""
    return {match["documented"][0].id: match["docstring"][0] for _, match in matches if "documented" in match}


def _in_order(matches: Iterable[Match]) -> list[_Found]:
    chosen: dict[int, _Found] = {}
    for pattern, match in matches:
        for capture, nodes in match.items():
            role, _, kind = capture.partition(".")
            if role not in ("definition", "container", "local"):
                continue
            name = match.get("name", nodes)[0].id
            if name not in chosen or pattern < chosen[name].pattern:
                chosen[name] = _Found(kind or role, nodes[0], match, pattern)
    return sorted(chosen.values(), key=lambda found: (found.node.start_byte, -found.node.end_byte))


def _kind(kind: str, name: str, within: str, is_owned: bool) -> str:
    """Give what a definition is where it stands; "local" for a variable inside of a function."""
    if kind == "method" and not is_owned and within not in (*_TYPES, "module"):
        return "function"
    if kind not in ("variable", "constant"):
        return kind
    if within in _CODE:
        return "local"
    if kind == "constant" or name.isupper():
        return "constant"
    return "property" if within in _TYPES else kind


def unquoted(text: str) -> str:
    """Give a text without the quotes around it, if there are any."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`" else text


class _Reader:
    """Reads the parts of what was found from the text."""

    def __init__(self, document: Document, language: Language, docstrings: Mapping[int, Node]) -> None:
        self._document = document
        self._language = language
        self._docstrings = docstrings

    def name(self, found: _Found) -> str:
        """Give the name on one line and without quotes; "" when it has none."""
        nodes = found.captures.get("name")
        name = unquoted(text_of(self._document, nodes)) if nodes else ""
        return name if name.isprintable() else " ".join(name.split())

    def owners(self, found: _Found) -> list[str]:
        """Give what it belongs to by its own words."""
        return [text_of(self._document, [owner]) for owner in found.captures.get("owner", ())]

    def symbol(self, found: _Found, kind: str, name: str, container: str, first_line: int) -> Symbol:
        """Give the symbol; a comment about it does not begin before `first_line`."""
        start, end = found.node.start_point, found.node.end_point
        body_start, body_end = _body(found)
        spans = [offset_of(self._document, point) for point in (start, body_start, body_end, end)]
        docstring = self._docstring(found)
        if docstring is not None:
            doc = doc_in_string(text_of(self._document, [docstring]))
        else:
            doc = doc_above(self._document, first_line, start.row, self._language)
        return Symbol(
            kind,
            name,
            Span(spans[0], spans[3]),
            Span(spans[0], spans[1]),
            Span(spans[1], spans[2]),
            span_of(self._document, docstring) if docstring else None,
            container,
            doc,
            self._signature(start, body_start),
        )

    def _docstring(self, found: _Found) -> Node | None:
        block = found.captures.get("body")
        return self._docstrings.get(block[0].id) if block else None

    def _signature(self, start: Point, end: Point) -> str:
        last = min(end, Point(start.row + _SIGNATURE_LINES, 0))
        text = text_between(self._document, start, last)
        if last.row > start.row and (mark := self._language.comment):
            # A comment between header and body is of neither.
            text = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(mark))
        return " ".join(text.split())[:_SIGNATURE_CHARACTERS]


def _body(found: _Found) -> tuple[Point, Point]:
    block, header = found.captures.get("body"), found.captures.get("header")
    if block:
        return block[0].start_point, block[-1].end_point
    end = found.node.end_point
    return (header[0].end_point if header else end), end
