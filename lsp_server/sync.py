"""What an editor says about documents, notebooks, files and folders, handed on to everything that lives on them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from lsprotocol import types

from context.ignore import AI_IGNORES, GIT_IGNORE
from context.text import Document, Encoding, RangeChange
from context.workspace import path_of
from lsp_server.assistant import Assistant
from lsp_server.convert import changes_of, notebook_changes_of

# The tree is parsed, and context gathered, this long after a key, unless somebody asks sooner: what is answered from
# memory need not wait.
_AFTER_KEY_S = 0.05


class Sync:
    """The documents of one client. `on_open` is called when one was opened."""

    def __init__(self, assistant: Assistant, encoding: Encoding, on_open: Callable[[], None]) -> None:
        self._assistant = assistant
        self._encoding = encoding
        self._on_open = on_open
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    # Documents

    def did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Take over a document."""
        self._open(params.text_document)
        self._on_open()

    def did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Change a document; its tree and its context follow as soon as there is time."""
        identifier = params.text_document
        self._change(identifier.uri, identifier.version, changes_of(params.content_changes))

    def did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Forget a document and end what is under way for it."""
        self._close(params.text_document.uri)

    def moved(self, uri: str, offset: int) -> None:
        """Tell where the cursor is, as far as an editor shows it; context is gathered there when it stays."""
        waiting = self._waiting.pop(uri, None)
        if waiting:
            waiting.cancel()
        loop = asyncio.get_running_loop()
        self._waiting[uri] = loop.call_later(_AFTER_KEY_S, self._settle, uri, offset)

    # Notebooks: each cell is a document

    def did_open_notebook(self, params: types.DidOpenNotebookDocumentParams) -> None:
        """Take over a notebook and its cells."""
        for cell in params.cell_text_documents:
            self._open(cell)
        notebook = params.notebook_document
        self._assistant.gatherer.notebooks.open(notebook.uri, [cell.document for cell in notebook.cells])
        self._on_open()

    def did_change_notebook(self, params: types.DidChangeNotebookDocumentParams) -> None:
        """Take over cells that were moved, added, removed or changed."""
        change = notebook_changes_of(params)
        for opened in change.opened:
            self._open(opened)
        if change.splice is not None:
            start, removed, cells = change.splice
            self._assistant.gatherer.notebooks.splice(params.notebook_document.uri, start, removed, cells)
        for uri in change.closed:
            self._close(uri)
        for uri, version, changes in change.texts:
            self._change(uri, version, changes)

    def did_close_notebook(self, params: types.DidCloseNotebookDocumentParams) -> None:
        """Forget a notebook and its cells."""
        self._assistant.gatherer.notebooks.close(params.notebook_document.uri)
        for cell in params.cell_text_documents:
            self._close(cell.uri)

    # Files and folders

    def did_change_files(self, params: types.DidChangeWatchedFilesParams) -> None:
        """Take over what happened to files on disk, also to those that say what may be seen."""
        uris = [change.uri for change in params.changes]
        paths = [path for uri in uris if (path := path_of(uri)) is not None]
        if any(path.name in (GIT_IGNORE, *AI_IGNORES) for path in paths):
            self._assistant.gatherer.rules_changed()
        self._assistant.gatherer.files_changed(uris)

    def close_all(self) -> None:
        """Let go of what waits for its time."""
        for waiting in self._waiting.values():
            waiting.cancel()
        self._waiting.clear()

    def _open(self, item: types.TextDocumentItem) -> None:
        self._assistant.workspace.open(item.uri, item.language_id, item.version, item.text)
        self._assistant.gatherer.opened(item.uri)

    def _change(self, uri: str, version: int, changes: Sequence[RangeChange | str]) -> None:
        workspace = self._assistant.workspace
        before = workspace.opened(uri)
        after = workspace.change(uri, version, changes, self._encoding)
        if after is None:
            return
        if before is not None:
            # Of several changes the document knows only the last.
            self._assistant.gatherer.changed(before, after if len(changes) == 1 else replace(after, change=None))
        self.moved(uri, _cursor(after, changes, self._encoding))

    def _close(self, uri: str) -> None:
        waiting = self._waiting.pop(uri, None)
        if waiting:
            waiting.cancel()
        self._assistant.completion.close_document(uri)
        self._assistant.workspace.close(uri)
        self._assistant.gatherer.closed(uri)

    def _settle(self, uri: str, offset: int) -> None:
        self._waiting.pop(uri, None)
        syntax = self._assistant.workspace.syntax(uri)
        if syntax:
            syntax.settle()
            self._assistant.prepare(syntax.document, offset)


def paths_of(uris: Iterable[object]) -> list[Path]:
    """Give the paths of the file URIs among some values, each once."""
    paths = (path_of(uri) for uri in uris if isinstance(uri, str))
    return list(dict.fromkeys(path for path in paths if path is not None))


def _cursor(after: Document, changes: Sequence[RangeChange | str], encoding: Encoding) -> int:
    """Give where the cursor most likely is after some changes: behind what came last."""
    last = changes[-1] if changes else ""
    if isinstance(last, str):
        return 0
    return after.offset(last.start, encoding) + len(last.new_text)
