"""A piece of text that goes along as context, and how text is made to say the same in fewer characters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from context.text import Span

Source: TypeAlias = Literal["definition", "usage", "outline", "similar", "recent edit"]

# Names as nearly all languages write them. One letter says nothing about what a line is about.
WORD = re.compile(r"[^\W\d]\w+")

_STRING_BLOCK = re.compile(r"[rRbBuU]{0,2}(\"\"\"|''')")


@dataclass(frozen=True, slots=True)
class Snippet:
    """Text of another place, or about it, ready to be shown. `span` is where it stands; a higher `score` is better.

    `text` ends with a line feed. A usage list is about many files, so its `uri` is "" and its span is empty.
    """

    uri: str
    span: Span
    text: str
    source: Source
    score: float


def squeeze(lines: Sequence[str], comment: str) -> list[str]:
    """Give lines without those that hold no name of the code, and without the indentation they all share.

    Left out are blank lines, closing brackets, comments that begin with the mark `comment`, and strings that stand
    alone over several lines, as documentation does. The result has no terminators.
    """
    kept: list[str] = []
    closing = ""
    for line in lines:
        text = line.strip()
        if closing:
            closing = "" if closing in text else closing
        elif block := _STRING_BLOCK.match(text):
            closing = block[1] if text.count(block[1]) == 1 else ""
        elif WORD.search(text) and not (comment and text.startswith(comment)):
            kept.append(line.rstrip())
    return _dedented(kept)


def _dedented(lines: Sequence[str]) -> list[str]:
    margin = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    return [line[margin:] for line in lines]
