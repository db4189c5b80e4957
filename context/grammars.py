"""Grammars and their queries. Each is loaded when it is first asked, since most of them never are.

A query file has a part for each question: `;; definitions`, `;; references`, `;; imports`, `;; scopes`. Each part is
a query of its own, so that asking for the symbol at the cursor does not look for references.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Literal, TypeAlias

import tree_sitter

from context.languages import LANGUAGES, Language

Part: TypeAlias = Literal["definitions", "references", "imports", "scopes"]

_PART = re.compile(r"^;; (\w+)\n", re.MULTILINE)


class Grammar:
    """A loaded grammar. Its queries are compiled when they are first asked, a few milliseconds each."""

    def __init__(self, row: Language) -> None:
        self.row = row
        # Imported here: a grammar costs start-up time, and most of them are never needed.
        entry = getattr(importlib.import_module(row.grammar), row.entry)
        self.language = tree_sitter.Language(entry())
        self._queries: dict[Part, tree_sitter.Query] = {}

    def query(self, part: Part) -> tree_sitter.Query:
        """Give the query for one question; one that finds nothing when the language has no such part."""
        if part not in self._queries:
            source = "".join(_source(self.row, part))
            self._queries[part] = tree_sitter.Query(self.language, source)
        return self._queries[part]


@cache
def grammar(language_id: str) -> Grammar | None:
    """Load the grammar of a language, by its id or an alias, once; None when it has none."""
    row = LANGUAGES.get(language_id)
    if row is None or not row.grammar:
        return None
    if row.id != language_id:
        return grammar(row.id)
    return Grammar(row)


def _source(row: Language, part: Part) -> Iterator[str]:
    yield _parts(row.id).get(part, "")  # first: an earlier pattern outweighs a later one
    if row.extends:
        yield from _source(LANGUAGES[row.extends], part)


@cache
def _parts(language_id: str) -> dict[str, str]:
    """Read the parts of a query file by their names."""
    text = resources.files("context.queries").joinpath(f"{language_id}.scm").read_text("utf-8")
    _, *pieces = _PART.split(text)
    return dict(zip(pieces[::2], pieces[1::2], strict=True))
