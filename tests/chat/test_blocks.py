"""Content blocks: texts that a client sends along itself."""

from __future__ import annotations

from lsp_server.chat.attachment import Attachment, Lines
from lsp_server.chat.blocks import embedded


def test_an_embedded_excerpt_keeps_its_line_numbers() -> None:
    """A client that sends only the named lines sends an excerpt of a file of unknown length."""
    assert embedded("file:///p/b.py#L1-L2", "one\ntwo\n") == Attachment("b.py", "python", ("one", "two"), 1, None)
    assert embedded("file:///p/b.py#L7", "seven\neight") == Attachment("b.py", "python", ("seven", "eight"), 7, None)


def test_an_embedded_file_can_have_lines_selected() -> None:
    """A client that sends more than the named lines sends the file."""
    whole = Attachment("b.py", "python", ("one", "two", "three"), 1, 3)
    assert embedded("file:///p/b.py", "one\ntwo\nthree") == whole
    assert embedded("file:///p/b.py#L2", "one\ntwo\nthree") == Attachment(
        "b.py", "python", ("one", "two", "three"), 1, 3, Lines(2, 2)
    )
