"""Doc comments: what a person wrote directly above a definition, whatever the language marks comments with.

The lines alone are read, not the tree: the marks differ between languages, the shape does not.
"""

from __future__ import annotations

import re

from context.languages import Language
from context.text import Document

# What opens and closes a line of a comment: /// //! // /** * # ## -- --- --[[ <!-- and */ --> ]].
_OPENING = re.compile(r"(?:/\*+!?|//+!?|\*+(?!/)|#+[:!]?|--+(?:\[\[)?|<!--+)[ \t]?")
_CLOSING = re.compile(r"\s*(?:\*+/|--+>|\]\])$")

# Lines that may stand between a comment and what it is about: decorators, annotations, attributes, type parameters.
_ATTRIBUTE = re.compile(r"@\w|#!?\[|\[\[?\w|template\s*<")

# The mark-up in which .NET wraps the first sentence.
_SUMMARY = re.compile(r"</?summary>")

_STRING_OPENING = re.compile(r"[A-Za-z]{0,2}(\"\"\"|'''|\"|')")


def doc_above(document: Document, first: int, line: int, language: Language) -> str:
    """Give the first line that says something of the comment directly above a line; "" when there is none.

    The comment does not begin above the line `first`.
    """
    last = line - 1
    while last >= first and _ATTRIBUTE.match(document.lines[last].lstrip()):
        last -= 1
    if last < first:
        return ""
    text = document.lines[last].strip()
    opening, closing = language.block_comment
    if closing and text.endswith(closing):
        return _first_of(document, _block_start(document, first, last, opening), last)
    mark, start = language.comment, last + 1
    while mark and start > first and document.lines[start - 1].lstrip().startswith(mark):
        start -= 1
    return _first_of(document, start, last)


def doc_in_string(literal: str) -> str:
    """Give the first line that says something of a docstring, without its quotes."""
    match = _STRING_OPENING.match(literal)
    if match is None:
        return ""
    inside = literal[match.end() :].removesuffix(match[1])
    return next((line.strip() for line in inside.split("\n") if line.strip()), "")


def _block_start(document: Document, first: int, last: int, opening: str) -> int:
    """Find the line that a comment block begins; past `last`, hence no comment, when code stands before it."""
    for line in range(last, first - 1, -1):
        text = document.lines[line].lstrip()
        if opening in text:
            return line if text.startswith(opening) else last + 1
    return last + 1


def _first_of(document: Document, first: int, last: int) -> str:
    for line in document.lines[first : last + 1]:
        text = _CLOSING.sub("", _OPENING.sub("", line.strip(), count=1))
        text = _SUMMARY.sub("", text).strip()
        if text and not line.startswith("#!"):
            return text
    return ""
