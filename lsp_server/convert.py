"""Between the protocol's types and our values: the only place besides `server` that knows both.

What comes in is lsprotocol's, checked by it; what goes out is plain JSON, so that nothing is built twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lsprotocol import converters, types

from context.text import (
    Document,
    Encoding,
    Position,
    RangeChange,
    Span,
    TextEdit,
    split_lines,
    without_terminator,
)
from lsp_server.actions import Offer
from lsp_server.chat.blocks import ContentBlock, Resource, ResourceLink, TextBlock
from lsp_server.completion.suggestion import Selected
from lsp_server.editor import Status
from lsp_server.errors import AssistantError
from lsp_server.handshake import Json, lookup

_CONVERTER = converters.get_converter()

_WORD_END = re.compile(r"\w+\Z")

# A popup is seldom wider.
_LABEL_CHARACTERS = 60


def position_of(position: types.Position) -> Position:
    """Give our position for the protocol's."""
    return Position(position.line, position.character)


def changes_of(changes: Sequence[types.TextDocumentContentChangeEvent]) -> list[RangeChange | str]:
    """Give the changes of a notification in order; a bare string is the whole text."""
    return [
        RangeChange(position_of(change.range.start), position_of(change.range.end), change.text)
        if isinstance(change, types.TextDocumentContentChangePartial)
        else change.text
        for change in changes
    ]


@dataclass(frozen=True, slots=True)
class NotebookChanges:
    """What happened to a notebook, in the order in which it is to be done.

    `splice` puts cells in the place of others: a first one, how many, and the new ones. `texts` are changed cells with
    their version.
    """

    opened: Sequence[types.TextDocumentItem] = ()
    splice: tuple[int, int, list[str]] | None = None
    closed: tuple[str, ...] = ()
    texts: tuple[tuple[str, int, list[RangeChange | str]], ...] = ()


def notebook_changes_of(params: types.DidChangeNotebookDocumentParams) -> NotebookChanges:
    """Give what a notification says about a notebook's cells; what else changes of it is no matter."""
    cells = params.change.cells
    if cells is None:
        return NotebookChanges()
    texts = tuple(
        (each.document.uri, each.document.version, changes_of(each.changes)) for each in cells.text_content or ()
    )
    if cells.structure is None:
        return NotebookChanges(texts=texts)
    array = cells.structure.array
    splice = (array.start, array.delete_count, [cell.document for cell in array.cells or ()])
    closed = tuple(each.uri for each in cells.structure.did_close or ())
    return NotebookChanges(cells.structure.did_open or (), splice, closed, texts)


def span_of(value: Json, document: Document, encoding: Encoding) -> Span:
    """Give the span of a JSON range. Raises AssistantError when it is none."""
    ends = [_position_from_json(lookup(value, end)) for end in ("start", "end")]
    start, end = sorted(document.offset(position, encoding) for position in ends)
    return Span(start, end)


def _position_from_json(value: Json) -> Position:
    line, character = lookup(value, "line"), lookup(value, "character")
    if not isinstance(line, int) or not isinstance(character, int):
        raise AssistantError('This command needs a range {"start": {"line", "character"}, "end": {…}}.')
    return Position(line, character)


def position_json(document: Document, offset: int, encoding: Encoding) -> Json:
    """Give the JSON position of an offset."""
    line, character = document.position(offset, encoding)
    return {"line": line, "character": character}


def range_json(document: Document, span: Span, encoding: Encoding) -> Json:
    """Give the JSON range of a span."""
    return {
        "start": position_json(document, span.start, encoding),
        "end": position_json(document, span.end, encoding),
    }


def selected_of(context: types.InlineCompletionContext, document: Document, encoding: Encoding) -> Selected | None:
    """Give the item that is selected in the client's popup, if there is one."""
    chosen = context.selected_completion_info
    if chosen is None:
        return None
    start, end = (document.offset(position_of(each), encoding) for each in (chosen.range.start, chosen.range.end))
    return Selected(Span(min(start, end), max(start, end)), chosen.text)


def inline_completion_json(document: Document, span: Span, text: str, encoding: Encoding) -> Json:
    """Give the one shape of a suggestion that every editor takes: text for an empty range at the cursor.

    With a selected item in the popup, `span` is what that item replaces.
    """
    return {
        "insertText": text,
        "range": range_json(document, span, encoding),
        "command": _accepted_json(document, text),
    }


def completion_item_json(
    document: Document, offset: int, text: str, encoding: Encoding, *, as_is: bool
) -> dict[str, Json]:
    """Give a suggestion as the last item of an editor's popup, which is never taken by itself.

    Editors filter by the word at the cursor, so what they filter is that word with the text. `as_is` when the editor
    can be told to leave the indentation of a text as it is.
    """
    line, column = document.line_column(offset)
    word = _WORD_END.search(document.content(line)[:column])
    lines = split_lines(text)
    first = next(each for each in lines if each.strip()).strip()
    label = first[:_LABEL_CHARACTERS]
    return {
        "label": label if label == text else f"{label}…",
        "kind": types.CompletionItemKind.Text.value,
        "detail": "Antiphon",
        "insertText": text,
        "insertTextFormat": types.InsertTextFormat.PlainText.value,
        **({"insertTextMode": types.InsertTextMode.AsIs.value} if as_is else {}),
        "textEdit": {"range": range_json(document, Span(offset, offset), encoding), "newText": text},
        "filterText": (word[0] if word else "") + without_terminator(lines[0]),
        "sortText": "~~~~",
        "preselect": False,
        "command": _accepted_json(document, text),
    }


def _accepted_json(document: Document, text: str) -> dict[str, Json]:
    argument = {"uri": document.uri, "text": text}
    return {"title": "Accepted", "command": "antiphon.completion.accepted", "arguments": [argument]}


class GivenItem(NamedTuple):
    """An item that an editor was given, as it names it again: its document, and the text that it puts in."""

    uri: str
    text: str


def given_item_of(item: Json) -> GivenItem | None:
    """Read an item of ours that comes back; None for any other."""
    match item:
        case {"insertText": str(text), "command": {"arguments": [{"uri": str(uri)}, *_]}}:
            return GivenItem(uri, text)
    return None


def characters_of(text: str, units: int) -> int:
    """Give how many characters the first UTF-16 units of a text are; a half one does not count."""
    return len(text.encode("utf-16-le")[: 2 * max(0, units)].decode("utf-16-le", "ignore"))


def diagnostics_json(diagnostics: Sequence[types.Diagnostic]) -> list[Json]:
    """Give diagnostics as they came over the wire."""
    return [_CONVERTER.unstructure(each) for each in diagnostics]


def workspace_edit_json(document: Document, edits: Sequence[TextEdit], encoding: Encoding, *, versioned: bool) -> Json:
    """Give edits of one document; with its version where the client understands that."""
    texts = [{"range": range_json(document, edit.span, encoding), "newText": edit.new_text} for edit in edits]
    if not versioned:
        return {"changes": {document.uri: texts}}
    identifier = {"uri": document.uri, "version": document.version}
    return {"documentChanges": [{"textDocument": identifier, "edits": texts}]}


def code_action_json(offer: Offer, document: Document, encoding: Encoding) -> Json:
    """Give a code action that carries its command. It is never preferred: a real quick fix comes first."""
    argument = {"uri": document.uri, "range": range_json(document, offer.span, encoding)}
    command = {"title": offer.title, "command": offer.command, "arguments": [argument]}
    # Tag 1 is CodeActionTag.LlmGenerated (LSP 3.18).
    return {"title": offer.title, "kind": offer.kind, "tags": [1], "command": command}


def content_blocks_of(value: Json) -> list[ContentBlock]:
    """Give the content blocks of a prompt. Raises AssistantError for a kind that is not understood."""
    if not isinstance(value, list):
        raise AssistantError('A prompt is a list of content blocks, such as [{"type": "text", "text": "…"}].')
    return [_content_block_of(block) for block in value]


def _content_block_of(value: Json) -> ContentBlock:
    match value:
        case {"type": "text", "text": str(text)}:
            return TextBlock(text)
        case {"type": "resource_link", "uri": str(uri)}:
            return ResourceLink(uri, str(value.get("name", "")))
        case {"type": "resource", "resource": {"uri": str(uri), "text": str(text)}}:
            return Resource(uri, text)
    raise AssistantError(f"A content block of type {lookup(value, 'type')!r} is not understood; text and files are.")


def status_json(status: Status) -> Json:
    """Give the params of `antiphon/status`."""
    return {"state": status.state, "message": status.message, **({"reason": status.reason} if status.reason else {})}
