"""What goes along with a question: what it attaches, what its words mention, and what has changed since it was shown.

Nothing else goes along by itself, not even a map of the repository. A map of 1,000 tokens costs a small model seconds
and every model money, and no peer has shown that it helps questions about something else; above all, a person who says
hello has not asked to send the names of a project to a model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from context.diagnostics import diagnostics_of
from context.text import Document
from lsp_server.chat.address import Address, address_of
from lsp_server.chat.attach import Asking, Sources
from lsp_server.chat.attachment import KEPT_CURRENT, Attachment, Count, refreshed
from lsp_server.chat.blocks import ContentBlock, Resource, ResourceLink, TextBlock, embedded, missing
from lsp_server.chat.mentions import Mention, mentions_of
from lsp_server.chat.prompt import Exchange, Question, name_of
from lsp_server.errors import AssistantError


@dataclass(frozen=True, slots=True)
class _Named:
    """Something that a question names: by `address`, spelled `words`, and to be called `name`, "" for its own name."""

    address: Address
    words: str
    name: str = ""
    is_mention: bool = False


_Part: TypeAlias = str | _Named | Attachment


async def gather_for_chat(
    blocks: Sequence[ContentBlock],
    sources: Sources,
    read: Callable[[str], Document | None],
    *,
    count: Count,
    room_tokens: int,
    history: Sequence[Exchange] = (),
) -> Question:
    """Give the question that content blocks make, with everything that goes along.

    What is attached or mentioned is named in the question where it stood among the words, so that "compare A with B"
    stays clear. Behind it comes what went along with the questions of `history` and has changed since. `read` gives a
    document as the person has it, `room_tokens` is what the question and all that goes along may take.
    Raises AssistantError when nothing is asked, or something attached is not there or may not be seen.
    """
    if not any(isinstance(block, TextBlock) and block.text.strip() for block in blocks):
        raise AssistantError("There is no question in this prompt: write one.")
    shown = {each.uri: each for exchange in history for each in exchange.attachments if each.uri}
    parts = [_parts(block, sources) for block in blocks]
    asking = Asking(_words(parts), read, count, room_tokens, _opened(parts, shown.values()))
    found = _Found(sources, asking)
    text = [await found.text(each) for each in parts]
    attached = {each.uri or str(index): _again(shown, each) for index, each in enumerate(found.attachments)}
    for uri, before in shown.items():
        if uri not in attached and before.kind in KEPT_CURRENT:
            after = refreshed(before, await _now(sources, before, asking))
            if after is not None:
                attached[uri] = after
    return Question(" ".join(text), tuple(attached.values()))


class _Found:
    """Collects what the parts of a question attach, each thing once."""

    def __init__(self, sources: Sources, asking: Asking) -> None:
        self._sources = sources
        self._asking = asking
        self._by_uri: dict[str, Attachment] = {}
        self.attachments: list[Attachment] = []

    async def text(self, parts: Iterable[_Part]) -> str:
        """Give the words of a block, with the name of everything that is attached where it stands."""
        words: list[str] = []
        for part in parts:
            match part:
                case str():
                    words.append(part)
                case _Named():
                    attachment = await self._attached(part)
                    words.append(attachment.mention if attachment else part.words)
                case Attachment():
                    self.attachments.append(part)
                    words.append(part.mention)
                case _:
                    assert_never(part)
        return "".join(words).strip()

    async def _attached(self, named: _Named) -> Attachment | None:
        uri = named.address.uri
        if uri in self._by_uri:
            return self._by_uri[uri]
        attachment = await self._sources.attach(named.address, self._asking)
        if attachment is None:
            if named.is_mention:
                return None
            raise missing(named.address, named.name or named.words)
        if named.name and named.name != name_of(named.address.value):
            attachment = replace(attachment, name=named.name)
        self._by_uri[uri] = attachment
        self.attachments.append(attachment)
        return attachment


def _parts(block: ContentBlock, sources: Sources) -> list[_Part]:
    match block:
        case TextBlock(text):
            return list(_split(text, sources))
        case ResourceLink(uri, name):
            address = address_of(uri)
            return [_Named(address, sources.name(address.value) or uri, name if address.kind == "file" else "")]
        case Resource(uri, text):
            return [_came_along(uri, text, sources)]
        case _:
            assert_never(block)


def _split(text: str, sources: Sources) -> Iterable[_Part]:
    at = 0
    for mention in mentions_of(text):
        address = _meant(mention, sources)
        if address is not None:
            yield text[at : mention.start]
            yield _Named(address, text[mention.start : mention.end], is_mention=True)
            at = mention.end
    yield text[at:]


def _meant(mention: Mention, sources: Sources) -> Address | None:
    """Give what a mention may mean; None for a file or folder that is not there, and then it is plain text."""
    is_folder = mention.form == "folder" or (mention.form == "path" and mention.value.endswith("/"))
    match mention.form:
        case "diff" | "staged" | "map":
            return Address(mention.form)
        case "symbol" | "search":
            return Address(mention.form, mention.value)
        case "problems" if not mention.value:
            return Address("diagnostics")
        case "problems" | "folder" | "file" | "path":
            uri = sources.find(mention.value, is_folder=is_folder)
        case _:
            assert_never(mention.form)
    if uri is None:
        return None
    if mention.form == "problems":
        return Address("diagnostics", uri)
    return Address("outline", uri) if is_folder else Address("file", uri, mention.lines)


def _came_along(uri: str, text: str, sources: Sources) -> Attachment:
    """Attach a text that the client sent itself: lines of a file, or the diagnostics of one as JSON."""
    address = address_of(uri)
    if address.kind == "file":
        sources.check(address.value, sources.name(address.value))
        return embedded(uri, text)
    if address.kind != "diagnostics":
        raise AssistantError(f"{uri} is attached as a link, without a text: attach it again.")
    try:
        return sources.reported(address, diagnostics_of(json.loads(text)))
    except (ValueError, RecursionError) as error:
        raise AssistantError(
            f"The diagnostics of {sources.name(address.value)} are no list of LSP's: {error}."
        ) from error


def _words(parts: Iterable[Iterable[_Part]]) -> str:
    """Give what the question is about: its words, and what it names."""
    said = (_said(part) for block in parts for part in block)
    return " ".join(filter(None, said))


def _said(part: _Part) -> str:
    match part:
        case str():
            return part
        case _Named():
            return name_of(part.address.value)
        case Attachment():
            return part.name


def _opened(parts: Iterable[Iterable[_Part]], shown: Iterable[Attachment]) -> tuple[str, ...]:
    """Give the files that the conversation is about."""
    links = (part.address for block in parts for part in block if isinstance(part, _Named))
    named = [address.value for address in links if address.kind == "file"]
    before = [address_of(each.uri).value for each in shown if each.kind == "file"]
    return tuple(dict.fromkeys((*named, *before)))


def _again(shown: dict[str, Attachment], now: Attachment) -> Attachment:
    """Say of what is attached once more that it has changed, if it has."""
    before = shown.get(now.uri)
    return replace(now, changed="somewhere") if before is not None and before.lines != now.lines else now


async def _now(sources: Sources, before: Attachment, asking: Asking) -> Attachment:
    try:
        now = await sources.again(before, asking)
    except AssistantError as error:
        return replace(before, lines=(), selected=None, steps=(), note=str(error))
    gone = replace(before, lines=(), selected=None, steps=(), note="it is no longer there")
    return replace(now, name=before.name) if now is not None else gone
