"""What a person puts into a prompt: words, and files that go along, as the Agent Client Protocol's content blocks.

https://agentclientprotocol.com/protocol/content
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from context.languages import language_id_of
from context.text import Document
from lsp_server.chat.address import Address, lines_of
from lsp_server.chat.attachment import Attachment
from lsp_server.chat.prompt import name_of
from lsp_server.errors import AssistantError


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


def missing(address: Address, name: str) -> AssistantError:
    """Give the error for what a person attached and there is not."""
    match address.kind:
        case "symbol":
            return AssistantError(f"No definition of {name} was found: check the name, or attach its file.")
        case "outline":
            return AssistantError(f"{name} is no folder that a model may see: name another one.")
        case _:
            return AssistantError(
                f"{name} cannot be read: check that it exists and is text, or take it off the question."
            )


def embedded(uri: str, text: str) -> Attachment:
    """Attach a text that came along. Clients send the named lines alone, or the whole file with lines named in it."""
    address, _, fragment = uri.partition("#")
    name = name_of(address)
    attachment = Attachment.of(Document.of(address, language_id_of(name), 0, text), name)
    lines = lines_of(fragment)
    if lines is None:
        return attachment
    last = len(attachment.lines)
    if lines.first > last or last <= lines.last - lines.first + 1:
        return replace(attachment, first_line=lines.first, file_lines=None)
    return replace(attachment, selected=lines)
