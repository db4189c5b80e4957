"""The yardstick: a bare pygls server that answers a constant, and does nothing else of its own."""

from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("yardstick", "0", text_document_sync_kind=types.TextDocumentSyncKind.Incremental)


@server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
async def inline_completion(_: types.InlineCompletionParams) -> types.InlineCompletionList:
    """Answer a constant."""
    return types.InlineCompletionList(items=[types.InlineCompletionItem(insert_text="x + 1")])


if __name__ == "__main__":
    server.start_io()
