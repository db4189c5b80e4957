"""What a person puts into a prompt: words, and files that go along, as the Agent Client Protocol's content blocks.

https://agentclientprotocol.com/protocol/content
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from context.languages import language_id_of
from context.text import Document
from lsp_server.chat.prompt import Attachment, Lines, Question, name_of
from lsp_server.errors import AssistantError

# Lines around selected ones that go along. A person who wants the whole file attaches the whole file.
_MARGIN_LINES = 40

_FRAGMENT = re.compile(r"L(?P<first>[0-9]{1,9})(?:[-:]L?(?P<last>[0-9]{1,9}))?")


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A part of a prompt that the person wrote."""

    text: str


@dataclass(frozen=True, slots=True)
class ResourceLink:
    """A file the person attached; its URI may end in `#L3` or `#L3-L9`, the lines that matter."""

    uri: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """A text the client attached itself; a fragment of its URI says which lines of the file it is."""

    uri: str
    text: str


ContentBlock: TypeAlias = TextBlock | ResourceLink | Resource


def question_of(blocks: Sequence[ContentBlock], read: Callable[[str], Document | None]) -> Question:
    """Give the question that content blocks make, with what they attach; `read` gives a document by its URI.

    An attached file is named in the question where it stood among the words, so that "compare A with B" stays clear.
    Raises AssistantError when nothing is asked, or an attached file or line is not there.
    """
    if not any(isinstance(block, TextBlock) and block.text.strip() for block in blocks):
        raise AssistantError("There is no question in this prompt: write one.")
    words: list[str] = []
    attachments: list[Attachment] = []
    for block in blocks:
        match block:
            case TextBlock(text):
                words.append(text.strip())
            case ResourceLink(uri, name):
                attachments.append(_linked(uri, name, read))
                words.append(f"`{attachments[-1].name}`")
            case Resource(uri, text):
                attachments.append(_embedded(uri, text))
                words.append(f"`{attachments[-1].name}`")
            case _:
                assert_never(block)
    return Question(" ".join(words), tuple(attachments))


def _linked(uri: str, name: str, read: Callable[[str], Document | None]) -> Attachment:
    address, _, fragment = uri.partition("#")
    name = name or name_of(address)
    document = read(address)
    if document is None:
        raise AssistantError(f"{name} cannot be read: check that it exists and is text, or take it off the question.")
    lines, whole = _lines(fragment), Attachment.of(document, name)
    if lines is None:
        return whole
    last = len(whole.lines)
    if lines.first > last:
        raise AssistantError(f"{name} has no line {lines.first}: attach it again.")
    return Attachment.of(document, name, Lines(lines.first, min(lines.last, last)), margin=_MARGIN_LINES)


def _embedded(uri: str, text: str) -> Attachment:
    """Attach a text that came along. Clients send the named lines alone, or the whole file with lines named in it."""
    address, _, fragment = uri.partition("#")
    name = name_of(address)
    attachment = Attachment.of(Document.of(address, language_id_of(name), 0, text), name)
    lines = _lines(fragment)
    if lines is None:
        return attachment
    last = len(attachment.lines)
    if lines.first > last or last <= lines.last - lines.first + 1:
        return replace(attachment, first_line=lines.first, file_lines=None)
    return replace(attachment, selected=Lines(lines.first, min(lines.last, last)))


def _lines(fragment: str) -> Lines | None:
    """Read the lines of a fragment; None when it names none."""
    match = _FRAGMENT.fullmatch(fragment)
    if match is None or int(match["first"]) == 0:
        return None
    first = int(match["first"])
    return Lines(first, max(first, int(match["last"] or first)))
