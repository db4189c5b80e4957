"""The languages that are known, a row each. What has no row is plain lines: everything works, without syntax.

A language is added by a row here, a grammar wheel and a query file; no code knows a language's name.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import tree_sitter


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its LSP id, file suffixes, line comment mark, grammar module and query file."""

    id: str
    suffixes: tuple[str, ...]
    comment: str
    grammar: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class Grammar:
    """A loaded grammar with its queries."""

    language: tree_sitter.Language
    definitions: tree_sitter.Query
    errors: tree_sitter.Query


_ROWS = (Language("python", (".py", ".pyi"), "#", "tree_sitter_python", "python.scm"),)

LANGUAGES: Mapping[str, Language] = MappingProxyType({row.id: row for row in _ROWS})

_SUFFIXES = {suffix: row.id for row in _ROWS for suffix in row.suffixes}


def language_id_of(path: str) -> str:
    """Give the LSP language id of a file name; "plaintext" when no row claims its suffix."""
    dot = path.rfind(".")
    return _SUFFIXES.get(path[dot:], "plaintext") if dot >= 0 else "plaintext"


@cache
def grammar(language_id: str) -> Grammar | None:
    """Load the grammar and queries of a language, once; None when it has none."""
    row = LANGUAGES.get(language_id)
    if row is None or not row.grammar:
        return None
    # Imported here: a grammar costs start-up time, and most of them are never needed.
    language = tree_sitter.Language(importlib.import_module(row.grammar).language())
    source = resources.files("context.queries").joinpath(row.query).read_text("utf-8")
    return Grammar(
        language, tree_sitter.Query(language, source), tree_sitter.Query(language, "(ERROR) @error (MISSING) @error")
    )
