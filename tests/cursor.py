"""Source texts with a cursor: `$0` marks the place."""

from __future__ import annotations

from context.text import Document


def at_cursor(marked: str, language_id: str = "python", uri: str = "file:///project/a.py") -> tuple[Document, int]:
    """Give the document without the mark, and the offset where the mark was."""
    before, mark, after = marked.partition("$0")
    assert mark, "the text has no $0"
    return Document.of(uri, language_id, 1, before + after), len(before)
