"""Finds code by its words, in pieces that can be read: windows, widened to the definitions that they stand in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from context.index_project import IndexedProject
from context.project import Window
from context.text import Span, split_lines
from context.windows import WINDOW_LINES, words_of

# A definition of more is not shown whole; about 60 lines of code.
_MOST_CHARACTERS = 2_400

# Asking with more words than this many of the rarest finds nothing better.
_MOST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some lines of a file as they were indexed; `line` is the first of them, from zero, `span` in code points.

    `score` tells how well they fit: higher is better, to be compared within one answer.
    """

    path: Path
    language_id: str
    line: int
    span: Span
    text: str
    score: float


def chunks(project: IndexedProject, texts: Sequence[str], limit: int, language_id: str | None) -> Iterator[Chunk]:
    """Give the chunks that best fit the rarest words of some texts, the best first, none over another."""
    words = list(dict.fromkeys(word for text in texts for word in words_of(text)))[:_MOST_WORDS]
    given: dict[int, list[Span]] = defaultdict(list)
    for window in project.search(dict.fromkeys(words, 1.0), language_id, lambda _: 1.0):
        if limit <= 0:
            return
        spans = given[window.file.number]
        chunk = _chunk(project, window)
        if chunk.text and not any(chunk.span.start < each.end and each.start < chunk.span.end for each in spans):
            spans.append(chunk.span)
            limit -= 1
            yield chunk


def _chunk(project: IndexedProject, window: Window) -> Chunk:
    """Give a window with all of the definitions that begin or end in it, if they are not too long."""
    text = project.text(window.file)
    span = project.span(window)
    around = [span]
    for definition in project.outline(window.file):
        beside = definition.end <= span.start or span.end <= definition.start
        if not beside and len(definition) <= _MOST_CHARACTERS:
            around.append(definition)
    start = _line_start(text, min(each.start for each in around))
    end = _line_end(text, max(each.end for each in around))
    line = window.index * WINDOW_LINES - (len(split_lines(text[start : span.start])) - 1)
    path = project.root / window.file.path
    return Chunk(path, window.file.language_id, line, Span(start, end), text[start:end], window.score)


def _line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def _line_end(text: str, offset: int) -> int:
    """Give where a line ends that has begun before an offset; its terminator is left out."""
    while offset < len(text) and text[offset - 1] not in "\r\n" and text[offset] not in "\r\n":
        offset += 1
    return offset
