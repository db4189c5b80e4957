"""The list of code actions at a cursor, and what the editor tells along with asking for it: the problems there."""

from __future__ import annotations

from lsprotocol import types

from context.diagnostics import Diagnostic, diagnostics_of
from context.text import Document, Encoding
from lsp_server.actions import listed
from lsp_server.assistant import Assistant
from lsp_server.convert import code_action_json, diagnostics_json, position_of
from lsp_server.handshake import Json
from lsp_server.sync import Sync


class CodeActions:
    """What can be done at the places that one client asks about."""

    def __init__(self, assistant: Assistant, sync: Sync, encoding: Encoding) -> None:
        self._assistant = assistant
        self._sync = sync
        self._encoding = encoding
        self._versions: dict[str, int] = {}

    def code_action(self, params: types.CodeActionParams) -> Json:
        """List what can be done here: from a table, without a model, since editors ask at every cursor move."""
        uri = params.text_document.uri
        syntax = self._assistant.workspace.syntax(uri)
        if syntax is None:
            return []
        start = syntax.document.offset(position_of(params.range.start), self._encoding)
        end = syntax.document.offset(position_of(params.range.end), self._encoding)
        self._sync.moved(uri, end)
        self._diagnosed(syntax.document, params)
        offers = listed(syntax, min(start, end), max(start, end))
        only = params.context.only
        return [
            code_action_json(offer, syntax.document, self._encoding)
            for offer in offers
            if not only or any(offer.kind == kind or offer.kind.startswith(f"{kind}.") for kind in only)
        ]

    def did_close(self, uri: str) -> None:
        """Forget the problems of a document."""
        self._versions.pop(uri, None)
        self._assistant.diagnostics.pop(uri, None)

    def _diagnosed(self, document: Document, params: types.CodeActionParams) -> None:
        """Keep the problems that the editor names for a range; what it named elsewhere holds until the text changes."""
        diagnostics, uri = self._assistant.diagnostics, document.uri
        if self._versions.get(uri) != document.version:
            self._versions[uri], diagnostics[uri] = document.version, []
        first, last = sorted((params.range.start.line, params.range.end.line))
        elsewhere = [each for each in diagnostics[uri] if not _touches(each, first, last)]
        told = diagnostics_of(diagnostics_json(params.context.diagnostics))
        diagnostics[uri] = list(dict.fromkeys([*elsewhere, *told]))


def _touches(diagnostic: Diagnostic, first: int, last: int) -> bool:
    return diagnostic.first_line <= last and diagnostic.last_line >= first
