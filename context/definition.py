"""A whole definition by its name, with the comment and the decorators above it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from context.languages import LANGUAGES, Language
from context.symbols import Symbol
from context.syntax import Syntax
from context.text import Document

# What a person means by a name when it is defined more than once in a file: the first of these.
_PREFERRED = ("class", "interface", "struct", "enum", "function", "method", "module", "macro", "type", "constant")

# Decorators, annotations and attributes, which belong to what stands below them.
_ATTRIBUTE = re.compile(r"@\w|#!?\[|\[\[?\w|template\s*<")


_PARTS = re.compile(r"\.|::|#")


@dataclass(frozen=True, slots=True)
class Found:
    """A definition: its name with what it stands in, and its lines, half-open and from zero."""

    qualified: str
    first_line: int
    end_line: int


def find_definition(syntax: Syntax, name: str, near_line: int | None = None) -> Found | None:
    """Give the definition of a name, which may be qualified (`Cache.get`); the one nearest to a line of several."""
    *holders, last = _PARTS.split(name)
    meant = [symbol for symbol in syntax.symbols() if symbol.name == last and _stands_in(symbol, holders)]
    document = syntax.document

    def order(symbol: Symbol) -> tuple[int, int]:
        rank = _PREFERRED.index(symbol.kind) if symbol.kind in _PREFERRED else len(_PREFERRED)
        return abs(document.line_column(symbol.span.start)[0] - near_line) if near_line is not None else 0, rank

    if not meant:
        return None
    symbol = min(meant, key=order)
    first, _ = document.line_column(symbol.span.start)
    last_line, _ = document.line_column(max(symbol.span.end - 1, symbol.span.start))
    qualified = f"{symbol.container}.{symbol.name}" if symbol.container else symbol.name
    return Found(qualified, _with_comment(document, first), last_line + 1)


def last_name(name: str) -> str:
    """Give the last part of a qualified name."""
    return _PARTS.split(name)[-1]


def _stands_in(symbol: Symbol, holders: list[str]) -> bool:
    container = symbol.container.split(".") if symbol.container else []
    return not holders or container[-len(holders) :] == holders


def _with_comment(document: Document, line: int) -> int:
    """Give the first line of the comment and the attributes directly above a line; the line itself without any."""
    language = LANGUAGES.get(document.language_id)
    while line > 0:
        text = document.lines[line - 1].strip()
        if _ATTRIBUTE.match(text) or (language and language.comment and text.startswith(language.comment)):
            line -= 1
        elif language and language.block_comment[1] and text.endswith(language.block_comment[1]):
            start = _block_start(document, line - 1, language)
            if start is None:
                break
            line = start
        else:
            break
    return line


def _block_start(document: Document, line: int, language: Language) -> int | None:
    """Give the line that begins the comment ending on a line; None when code stands before it there."""
    for at in range(line, -1, -1):
        text = document.lines[at].lstrip()
        if language.block_comment[0] in text:
            return at if text.startswith(language.block_comment[0]) else None
    return None
