"""Suggestions as an editor asks for them: as ghost text or in its popup, what it tells of them, and why none came."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lsprotocol import types

from context.text import Document, Encoding, Span
from lsp_server.assistant import Assistant
from lsp_server.chat.prompt import name_of
from lsp_server.completion.engine import Completion, CompletionRequest, Nothing
from lsp_server.completion.explain import Explanations, explained, without_answer
from lsp_server.convert import (
    characters_of,
    completion_item_json,
    given_item_of,
    inline_completion_json,
    position_of,
    selected_of,
)
from lsp_server.editor import Status
from lsp_server.handshake import Json, lookup

# Verdicts on files that would be seen if the editor opened them.
_FOR_WANT_OF_OPENING = ("", "no-file", "outside")


class GhostText:
    """The suggestions of one client. `as_is` says that its popup can leave the indentation of a text alone."""

    def __init__(
        self, assistant: Assistant, encoding: Encoding, tell: Callable[[Status], None], *, as_is: bool = False
    ) -> None:
        self._assistant = assistant
        self._encoding = encoding
        self._tell = tell
        self._as_is = as_is
        self._explanations = Explanations()

    # Asked for

    async def inline_completion(self, params: types.InlineCompletionParams) -> Json:
        """Give a suggestion at the cursor, or an empty list, never null: Neovim would keep old text on screen."""
        uri, position = params.text_document.uri, params.position
        document = self._document(uri, position)
        if document is None:
            return {"items": []}
        offset = document.offset(position_of(position), self._encoding)
        invoked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
        selected = selected_of(params.context, document, self._encoding)
        answer = await self._complete(CompletionRequest(document, offset, invoked, selected), position)
        if not isinstance(answer, Completion):
            return {"items": []}
        span = selected.span if selected else Span(offset, offset)
        texts = (answer.text, *answer.others)
        return {"items": [inline_completion_json(document, span, text, self._encoding) for text in texts]}

    async def completion(self, params: types.CompletionParams) -> Json:
        """Give the suggestion as an item of the popup, for an editor without ghost text.

        It is never taken for one by hand: an editor calls what it asks for at every word "invoked" too. The list is
        never complete, so that the editor asks again at the next key.
        """
        uri, position = params.text_document.uri, params.position
        document = self._document(uri, position)
        if document is None:
            return {"isIncomplete": True, "items": []}
        offset = document.offset(position_of(position), self._encoding)
        answer = await self._complete(CompletionRequest(document, offset), position)
        texts = [answer.text] if isinstance(answer, Completion) else []
        items = [completion_item_json(document, offset, text, self._encoding, as_is=self._as_is) for text in texts]
        return {"isIncomplete": True, "items": items}

    def explain(self, params: Json) -> Json:
        """Tell why the last request in a document gave what it gave."""
        return self._explanations.of(str(lookup(params, "textDocument", "uri"))).json()

    # Told of

    def did_show(self, params: Json) -> None:
        """Learn which item is on the screen; one that was not given is passed by."""
        item = given_item_of(lookup(params, "item"))
        if item is not None:
            self._assistant.completion.shown(item.uri, item.text)

    def did_partially_accept(self, params: Json) -> None:
        """Learn that a part of an item was taken: so many UTF-16 units from the start of its text."""
        item, units = given_item_of(lookup(params, "item")), lookup(params, "acceptedLength")
        if item is not None and isinstance(units, int):
            self._assistant.completion.partly_accepted(item.uri, item.text, characters_of(item.text, units))

    def accepted(self, argument: Json) -> None:
        """Learn that an item was taken; `text` in the argument tells which."""
        uri, text = lookup(argument, "uri"), lookup(argument, "text")
        if isinstance(uri, str):
            self._assistant.completion.accepted(uri, text if isinstance(text, str) else "")

    def did_close(self, uri: str) -> None:
        """Forget a document."""
        self._explanations.forget(uri)

    async def _complete(self, request: CompletionRequest, position: types.Position) -> Completion | Nothing:
        uri = request.document.uri
        number = self._explanations.begin(uri, position.line, position.character)
        try:
            answer = await self._assistant.completion.complete(request)
        except asyncio.CancelledError:
            self._explanations.end(uri, number, without_answer("cancelled"))
            raise
        self._explanations.end(uri, number, explained(answer, self._assistant.config.completion.model))
        return answer

    def _document(self, uri: str, position: types.Position) -> Document | None:
        """Give the document as the editor has it; None, and tell why, when there is none that a model may see.

        The status tells it at every key, since it is so at every key, and no fault.
        """
        document = self._assistant.workspace.opened(uri)
        if document is not None:
            return document
        number = self._explanations.begin(uri, position.line, position.character)
        verdict = self._assistant.workspace.verdict(uri)
        told = without_answer("not-open")
        if verdict.reason not in _FOR_WANT_OF_OPENING:
            told = without_answer("excluded", f"No suggestions in {name_of(uri)}: {verdict}")
            self._tell(Status("ready", told.message, "excluded"))
        self._explanations.end(uri, number, told)
        return None
