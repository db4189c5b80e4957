"""What is shown of an answer at a cursor, streamed through the functions that the product uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from context.text import Document
from lsp_server.completion.excerpt import Excerpt
from lsp_server.completion.place import Place
from lsp_server.completion.postprocess import Cut, Dropped, Shape, cut, finish, wants_multi_line
from tests.cursor import at_cursor

MAX_LINES = 12


class Shown(NamedTuple):
    """The text that is shown, "" with a reason when it is none, and how many chunks were read until the stream closed.

    `chunks` is None when the stream ended by itself.
    """

    text: str
    reason: str
    chunks: int | None


def shape_at(document: Document, offset: int, *, max_lines: int = MAX_LINES, stop: tuple[str, ...] = ()) -> Shape:
    """Give the shape of answers at an offset, as a request has it."""
    place = Place.at(document, offset)
    return Shape(wants_multi_line(place), max_lines, stop, excerpt=Excerpt.around(document, offset))


def stream(chunks: Sequence[str], place: Place, shape: Shape) -> Shown:
    """Stream an answer in chunks and give what is shown."""
    said, end, seen = Cut("", False), None, ""
    for number, chunk in enumerate(chunks, start=1):
        seen += chunk
        said = cut(seen, place, shape)
        if said.complete:
            end = number
            break
    try:
        return Shown(finish(said.text, place, shape), "", end)
    except Dropped as dropped:
        return Shown("", dropped.reason, end)


def shown(marked: str, model: str, language_id: str = "python", *, max_lines: int = MAX_LINES) -> str:
    """Give what is shown at `$0`, streamed character by character; the reason in angle brackets when it is nothing."""
    document, offset = at_cursor(marked, language_id)
    result = stream([*model], Place.at(document, offset), shape_at(document, offset, max_lines=max_lines))
    return result.text or f"<{result.reason}>"
