"""References: the names that a text uses, read from the captures of a language's query.

`@call`, `@type`, `@attribute` and `@name` say how a name is used, `@defined` that it is not used but defined; one node
may bear several of them. What lies within an `@ignored` node is none: an import has a question of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from context.points import span_of, text_of
from context.text import Document, Span

# What a name is when several patterns see it: the first of these. "defined" is none at all.
_ROLES = ("defined", "call", "type", "attribute", "name")


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that is used at a place; `kind` is "call", "type", "attribute" (of some value) or plainly "name"."""

    name: str
    span: Span
    kind: str


def references_of(document: Document, captures: Mapping[str, list[Node]]) -> Iterator[Reference]:
    """Give what some captures refer to, in the order of the text."""
    nodes = {node.id: (node, role) for role in reversed(_ROLES) for node in captures.get(role, ())}
    ignored_until = 0
    ignored = sorted(captures.get("ignored", ()), key=lambda node: node.start_byte, reverse=True)
    for node, role in sorted(nodes.values(), key=lambda found: found[0].start_byte):
        while ignored and ignored[-1].start_byte <= node.start_byte:
            ignored_until = ignored.pop().end_byte
        if role != "defined" and node.start_byte >= ignored_until:
            yield Reference(text_of(document, [node]), span_of(document, node), role)
