"""Imports, read from the matches of a language's query.

The query says what it found by the names of its captures:

- `@import` the whole import; several matches of one are put together;
- `@module` the module, as written, without quotes (one node, or those from first to last);
- `@path` instead, for a dotted path whose last part is the name (`java.util.List`), unless a `@star` follows it;
- `@name` and `@alias` one name that is taken over. What is not written is set: `(#set! name "*")`;
- of several patterns that match one import, the first of the file that has a module counts;
- `(#set! prefix "./")` is put before the module; `(#set! joined "::")` says that an import within another one is
  meant relative to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tree_sitter import Node, Query

from context.points import span_of, text_of
from context.symbols import Match, unquoted
from context.text import Document, Span

# "java.util.List" is "List" of "java.util"; the separator is the language's.
_LAST_PART = re.compile(r"(?s)(?:(.*?)\s*(?:\.|::|\\)\s*)?([^.:\\]*)")


@dataclass(frozen=True, slots=True)
class Import:
    """What a text takes over from elsewhere.

    `module` is as written: "..pkg.mod", "./x", "crate::a::b", "<stdio.h>". `names` are pairs of a name in that module
    and its name here, which are mostly the same. The name "*" is everything, "default" what the module exports as such,
    and "" the module itself when it gets a name here. No names: the module under its own name, or for its effects.
    """

    module: str
    names: tuple[tuple[str, str], ...]
    span: Span


@dataclass(slots=True)
class _Draft:
    """An import while its matches are put together; `names` are by the byte at which each is written."""

    node: Node
    module: str = ""
    joint: str | None = None
    names: dict[int, tuple[str, str]] = field(default_factory=dict)
    outer: bool = False


def imports_of(document: Document, query: Query, matches: Iterable[Match]) -> list[Import]:
    """Give the imports of some matches in the order of the text."""
    drafts: dict[int, _Draft] = {}
    for pattern, match in sorted(matches, key=lambda match: match[0], reverse=True):
        if "import" in match:
            draft = drafts.setdefault(match["import"][0].id, _Draft(match["import"][0]))
            _add(document, draft, match, query.pattern_settings(pattern))
    ordered = sorted(drafts.values(), key=lambda draft: (draft.node.start_byte, -draft.node.end_byte))
    _join(ordered)
    return [_import(document, draft) for draft in ordered if draft.names or not draft.outer]


def _add(
    document: Document, draft: _Draft, match: Mapping[str, list[Node]], settings: Mapping[str, str | None]
) -> None:
    written = {capture: text_of(document, nodes) for capture, nodes in match.items() if capture != "import"}
    if "star" in written:
        written |= {"module": written.pop("path"), "name": "*"}
    elif "path" in written and (parts := _LAST_PART.fullmatch(written["path"])):
        written |= {"module": parts[1] or "", "name": parts[2]}
    if "module" in written:
        draft.module = (settings.get("prefix") or "") + unquoted(written["module"])
    draft.joint = settings.get("joined", draft.joint)
    name = written.get("name", settings.get("name"))
    place = (match.get("name") or match.get("path") or match.get("alias") or match["import"])[0].start_byte
    # A pattern that knows the alias of a name knows more than one that saw the name alone.
    if name is not None and ("alias" in written or place not in draft.names):
        draft.names[place] = (name, written.get("alias") or name)


def _join(ordered: list[_Draft]) -> None:
    """Complete the modules of imports that stand within another one."""
    open_ones: list[_Draft] = []
    for draft in ordered:
        while open_ones and open_ones[-1].node.end_byte < draft.node.end_byte:
            open_ones.pop()
        if open_ones and draft.joint is not None:
            open_ones[-1].outer = True
            draft.module = open_ones[-1].module + draft.joint + draft.module
        open_ones.append(draft)


def _import(document: Document, draft: _Draft) -> Import:
    names = tuple(names for _, names in sorted(draft.names.items()))
    return Import(draft.module, names, span_of(document, draft.node))
