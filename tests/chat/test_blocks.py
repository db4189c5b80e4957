"""Content blocks: from what a client sends to a question with attachments."""

from __future__ import annotations

import pytest

from context.text import Document
from lsp_server.chat.blocks import ContentBlock, Resource, ResourceLink, TextBlock, question_of
from lsp_server.chat.prompt import Attachment, Lines, Question
from lsp_server.errors import AssistantError

URI = "file:///p/a.py"
TEXT = "one\r\ntwo\r\nthree\r\n"


def read(uri: str) -> Document | None:
    return Document.of(URI, "python", 3, TEXT) if uri == URI else None


def question(*blocks: ContentBlock) -> Question:
    return question_of(blocks, read)


def attached(block: ContentBlock) -> Attachment:
    (attachment,) = question(TextBlock("?"), block).attachments
    return attachment


def test_a_link_brings_the_text_that_the_editor_holds() -> None:
    """A file is read through the editor, without line terminators, and named as the client names it."""
    assert attached(ResourceLink(URI, "mine.py")) == Attachment("mine.py", "python", ("one", "two", "three"), 1, 3)
    assert attached(ResourceLink(URI)).name == "a.py"


@pytest.mark.parametrize(
    ("fragment", "selected"),
    [
        ("#L2", Lines(2, 2)),
        ("#L2-L3", Lines(2, 3)),
        ("#L2-3", Lines(2, 3)),
        ("#L2:3", Lines(2, 3)),
        ("#L2-L900", Lines(2, 3)),
        ("#L3-L1", Lines(3, 3)),
        ("#L0", None),
        ("#section", None),
        ("#L" + "9" * 5000, None),
        ("", None),
    ],
)
def test_a_fragment_selects_lines(fragment: str, selected: Lines | None) -> None:
    """Lines count from 1, both included; what is no such fragment selects nothing."""
    assert attached(ResourceLink(URI + fragment)).selected == selected


def test_selected_lines_bring_their_surroundings() -> None:
    """Lines far from the selected ones stay out, however long the file."""
    document = Document.of(URI, "python", 3, "line\n" * 1000)
    (attachment,) = question_of([TextBlock("?"), ResourceLink(URI + "#L500-L510")], {URI: document}.get).attachments
    assert (attachment.first_line, len(attachment.lines), attachment.file_lines) == (460, 91, 1000)


def test_a_link_is_named_where_it_stands() -> None:
    """Words that speak of a file keep their meaning."""
    words = question(TextBlock("Compare "), ResourceLink(URI), TextBlock(" with "), Resource("file:///p/b.py", "x"))
    assert words.text == "Compare `a.py` with `b.py`"
    assert [attachment.name for attachment in words.attachments] == ["a.py", "b.py"]


def test_an_embedded_excerpt_keeps_its_line_numbers() -> None:
    """A client that sends only the named lines sends an excerpt of a file of unknown length."""
    excerpt = attached(Resource("file:///p/b.py#L1-L2", "one\ntwo\n"))
    assert excerpt == Attachment("b.py", "python", ("one", "two"), 1, None)
    excerpt = attached(Resource("file:///p/b.py#L7", "seven\neight"))
    assert excerpt == Attachment("b.py", "python", ("seven", "eight"), 7, None)


def test_an_embedded_file_can_have_lines_selected() -> None:
    """A client that sends more than the named lines sends the file."""
    assert attached(Resource("file:///p/b.py#L2", "one\ntwo\nthree")) == Attachment(
        "b.py", "python", ("one", "two", "three"), 1, 3, Lines(2, 2)
    )


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([], "no question"),
        ([TextBlock(" \n")], "no question"),
        ([ResourceLink(URI)], "no question"),
        ([TextBlock("?"), ResourceLink("file:///p/gone.py")], r"gone\.py cannot be read"),
        ([TextBlock("?"), ResourceLink("http://[broken")], "cannot be read"),
        ([TextBlock("?"), ResourceLink(URI + "#L4")], r"a\.py has no line 4"),
    ],
)
def test_a_prompt_that_cannot_be_meant_is_refused(blocks: list[ContentBlock], message: str) -> None:
    """The person is told what to change, before any model is asked."""
    with pytest.raises(AssistantError, match=message):
        question(*blocks)
