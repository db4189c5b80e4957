"""Mentions in what a person types: `@src/a.py:10-20`, `@symbol:Cache.get`, `@folder:src`, `@diff`.

Found by their shape alone; whether there is such a file or name is for others to say, and one that there is not stays
plain text. An e-mail address is no mention, nor is anything in code that was pasted: in fences and backticks, and
decorators above a definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lsp_server.chat.attachment import Lines

Form: TypeAlias = Literal["path", "file", "folder", "symbol", "search", "problems", "diff", "staged", "map"]

# What stands behind `@` alone, without a value.
_ALONE: dict[str, Form] = {"diff": "diff", "staged": "staged", "problems": "problems", "map": "map"}

# The words before the colon of a value.
_FORMS: dict[str, Form] = {
    "file": "file",
    "folder": "folder",
    "symbol": "symbol",
    "search": "search",
    "problems": "problems",
}

# A mention begins a word; what is quoted may hold blanks.
_MENTION = re.compile(rf"(?<![^\s(\[{{,;:])@(?:(?P<form>{'|'.join(_FORMS)}):)?(?P<value>\"[^\"\n]+\"|[^\s\"'`@<>|*]+)")
_LINES = re.compile(r"(?::|#L)(?P<first>[0-9]{1,9})(?:-L?(?P<last>[0-9]{1,9}))?\Z")

# Ends a sentence or a bracket, and no path or name.
_PUNCTUATION = ".,;:!?)]}…"

_FENCED = re.compile(
    r"^[ ]{0,3}(?P<fence>`{3,}|~{3,}).*?(?:^[ ]{0,3}(?P=fence)[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
_QUOTED = re.compile(r"(?<!`)(?P<ticks>`+)(?!`)[^\n]+?(?<!`)(?P=ticks)(?!`)")
_DECORATOR = re.compile(
    r"^[ \t]*@[^\n]*\n(?=(?:[ \t]*(?:@[^\n]*)?\n)*[ \t]*(?:async[ \t]+)?(?:export|default|public|private|protected"
    r"|internal|static|abstract|final|override|data|sealed|open|def|class|func|fun|function|fn|interface|enum|record)\b)",
    re.MULTILINE,
)
_NOT_LINE_END = re.compile(r"[^\r\n]")


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of a text, half-open, that may mean something else. `path` is the form without any word before it."""

    start: int
    end: int
    form: Form
    value: str = ""
    lines: Lines | None = None


def mentions_of(text: str) -> Iterator[Mention]:
    """Give what has the shape of a mention, in the order of the text."""
    prose = text
    for code in (_FENCED, _QUOTED, _DECORATOR):
        prose = code.sub(lambda found: _NOT_LINE_END.sub(" ", found[0]), prose)
    for match in _MENTION.finditer(prose):
        mention = _mention(match)
        if mention is not None:
            yield mention


def _mention(match: re.Match[str]) -> Mention | None:
    value, is_quoted = match["value"], match["value"].startswith('"')
    value = value.strip('"') if is_quoted else value.rstrip(_PUNCTUATION)
    end = match.end() if is_quoted else match.start("value") + len(value)
    if not value.strip():
        return None
    if match["form"]:
        return _with_lines(match.start(), end, _FORMS[match["form"]], value)
    if value in _ALONE and not is_quoted:
        return Mention(match.start(), end, _ALONE[value])
    return _with_lines(match.start(), end, "path", value)


def _with_lines(start: int, end: int, form: Form, value: str) -> Mention:
    found = _LINES.search(value) if form in ("path", "file") else None
    if found is None or int(found["first"]) == 0 or not found.start():
        return Mention(start, end, form, value)
    first = int(found["first"])
    return Mention(start, end, form, value[: found.start()], Lines(first, max(first, int(found["last"] or first))))
