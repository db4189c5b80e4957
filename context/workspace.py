"""What the person has: open documents over files on disk. The only reader of project files.

An open document always wins over its file, saved or not.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from context.languages import language_id_of
from context.syntax import Syntax, parse
from context.text import BadChangeError, Document, Encoding, RangeChange

logger = logging.getLogger(__name__)

# A generated file of this size says little to a model, and reading it would hold up everything else.
MAX_FILE_BYTES = 2_000_000


class Workspace:
    """Open documents with their syntax, and files on disk."""

    def __init__(self) -> None:
        self._open: dict[str, Syntax] = {}

    def open(self, uri: str, language_id: str, version: int, text: str) -> None:
        """Take over a document from the editor; opening it again replaces it."""
        self._open[uri] = parse(Document.of(uri, language_id, version, text))

    def change(
        self, uri: str, version: int, changes: Sequence[RangeChange | str], encoding: Encoding
    ) -> Document | None:
        """Apply changes in order; a bare string is the whole new text. Gives the new document.

        A change that cannot be meant is logged and left out: the document stays whole. None when the document
        was never opened.
        """
        syntax = self._open.get(uri)
        if syntax is None:
            logger.warning("a change of %s was ignored: the document is not open", uri)
            return None
        for change in changes:
            syntax = self._changed(syntax, version, change, encoding)
        self._open[uri] = syntax
        return syntax.document

    def close(self, uri: str) -> None:
        """Forget a document; its file counts again."""
        self._open.pop(uri, None)

    def opened(self, uri: str) -> Document | None:
        """Give an open document; None when the editor has not opened it."""
        syntax = self._open.get(uri)
        return syntax.document if syntax else None

    def syntax(self, uri: str) -> Syntax | None:
        """Give the syntax of an open document, parsed when it is first asked."""
        return self._open.get(uri)

    def document(self, uri: str) -> Document | None:
        """Give a document: the open one, else the file's text; None when there is neither or it is not text."""
        return self.opened(uri) or read_file(uri)

    @staticmethod
    def _changed(syntax: Syntax, version: int, change: RangeChange | str, encoding: Encoding) -> Syntax:
        before = syntax.document
        if isinstance(change, str):
            return parse(Document.of(before.uri, before.language_id, version, change))
        try:
            return syntax.after(before.with_change(change, encoding, version))
        except BadChangeError as error:
            logger.warning("a change was ignored: %s", error)
            return syntax


def path_of(uri: str) -> Path | None:
    """Give the path of a file URI; None for any other scheme."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    return Path(url2pathname(parts.path))


def read_file(uri: str) -> Document | None:
    """Read a file as a document of version 0; None when it is missing, too big, or not UTF-8 text."""
    path = path_of(uri)
    if path is None:
        return None
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            logger.info("%s is left out: larger than %d bytes", path, MAX_FILE_BYTES)
            return None
        text = path.read_bytes().decode("utf-8")
    except (OSError, ValueError) as error:
        logger.info("%s is left out: %s", path, error)
        return None
    return Document.of(uri, language_id_of(path.name), 0, text)
