"""Documents, positions and edits: the same text as a plain splice, in every encoding, whatever the text holds."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from context.text import BadChangeError, Document, Encoding, Position, RangeChange, Span, TextEdit, split_lines

ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)

# Line ends, what str.splitlines takes for line ends, characters of one to four bytes, and a lone surrogate.
ALPHABET = "ab \t\n\r\f\v\x1c\x85\u2028\u2029éß漢🙂𝒳\ud800"
texts = st.text(ALPHABET, max_size=40) | st.lists(
    st.sampled_from(["\r\n", "\r", "\n", "x", "🙂", "\f", "é"]), max_size=25
).map("".join)


def units(text: str, encoding: Encoding) -> int:
    """Count units the plain way, for comparison."""
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    return len(text.encode(codec, "surrogatepass")) // width


def plain_position(text: str, offset: int, encoding: Encoding) -> Position:
    """Find the position of an offset the slow and obvious way."""
    before = text[:offset]
    if before.endswith("\r") and text[offset : offset + 1] == "\n":
        ends = list(re.finditer(r"\r\n|\r|\n", before[:-1]))
    else:
        ends = list(re.finditer(r"\r\n|\r|\n", before))
    start = ends[-1].end() if ends else 0
    return Position(len(ends), units(before[start:], encoding))


def document(text: str) -> Document:
    """Give a document with this text."""
    return Document.of("file:///a.py", "python", 1, text)


@st.composite
def text_and_offsets(draw: st.DrawFn) -> tuple[str, int, int]:
    """Draw a text and two ordered offsets, neither between "\\r" and "\\n" (no position can name that place)."""
    text = draw(texts)
    places = [i for i in range(len(text) + 1) if not (text[i - 1 : i] == "\r" and text[i : i + 1] == "\n" and i)]
    first, second = draw(st.sampled_from(places)), draw(st.sampled_from(places))
    return text, min(first, second), max(first, second)


@given(texts)
def test_lines_end_where_lsp_says_and_nowhere_else(text: str) -> None:
    """Only \\n, \\r\\n and \\r end a line; joined, the lines are the text again."""
    lines = split_lines(text)
    assert "".join(lines) == text
    assert len(lines) == len(re.findall(r"\r\n|\r|\n", text)) + 1


@given(text_and_offsets(), st.sampled_from(ENCODINGS))
def test_an_offset_and_its_position_name_the_same_place(drawn: tuple[str, int, int], encoding: Encoding) -> None:
    """Offset to position agrees with the obvious way, and position to offset leads back."""
    text, offset, other = drawn
    subject = document(text)
    subject.line_column(other)  # moves the remembered place, which must change nothing
    assert subject.position(offset, encoding) == plain_position(text, offset, encoding)
    assert subject.offset(plain_position(text, offset, encoding), encoding) == offset


@given(st.data(), texts, st.sampled_from(ENCODINGS))
def test_any_sequence_of_changes_gives_what_a_plain_splice_gives(
    data: st.DataObject, text: str, encoding: Encoding
) -> None:
    """Change after change, text and lines are those of a document built from the spliced string."""
    subject = document(text)
    for version in range(2, 6):
        places = [i for i in range(len(text) + 1) if i == 0 or text[i - 1 : i + 1] != "\r\n"]
        start, end = sorted((data.draw(st.sampled_from(places)), data.draw(st.sampled_from(places))))
        new_text = data.draw(texts)
        change = RangeChange(plain_position(text, start, encoding), plain_position(text, end, encoding), new_text)
        before = subject
        subject = subject.with_change(change, encoding, version)
        text = text[:start] + new_text + text[end:]
        assert subject.lines == split_lines(text)
        assert subject.version == version
        assert subject.change is not None
        told = subject.change
        assert before.lines[: told.first] == subject.lines[: told.first]
        assert before.lines[told.old_end :] == subject.lines[told.new_end :]


@given(text_and_offsets())
def test_a_slice_is_the_slice_of_the_text(drawn: tuple[str, int, int]) -> None:
    """A span of the document reads as the same span of the string."""
    text, start, end = drawn
    assert document(text).slice(Span(start, end)) == text[start:end]


@given(texts, st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6), texts), max_size=4))
def test_edits_of_one_version_apply_together(text: str, drawn: list[tuple[int, int, str]]) -> None:
    """Edits that count in the same version's offsets do not disturb each other."""
    edits, position = [], 0
    for skip, length, new_text in drawn:
        start = min(position + skip, len(text))
        end = min(start + length, len(text))
        edits.append(TextEdit(Span(start, end), new_text))
        position = end + 1
    edits = [edit for edit in edits if edit.span.start <= len(text)]
    expected = text
    kept: list[TextEdit] = []
    for edit in edits:
        if not kept or edit.span.start > kept[-1].span.end:
            kept.append(edit)
    for edit in reversed(kept):
        expected = expected[: edit.span.start] + edit.new_text + expected[edit.span.end :]
    assert document(text).with_edits(kept, 2).text == expected


@pytest.mark.parametrize(
    ("line", "character", "offset"),
    [(0, 99, 2), (1, 99, 4), (9, 0, 7), (9, 9, 7), (2, 3, 7), (0, 0, 0)],
    ids=["past a line", "past a line that ends in \\r\\n", "past the text", "far past", "past the last", "the start"],
)
def test_a_place_outside_is_clamped(line: int, character: int, offset: int) -> None:
    """A character past its line is the line's end, a line past the text is the text's end (LSP 3.17)."""
    text = "ab\nç\r\nx"
    assert document(text).offset(Position(line, character), "utf-16") == offset


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_place_inside_a_character_is_its_beginning(encoding: Encoding) -> None:
    """No character is ever cut in half."""
    assert document("a🙂b").offset(Position(0, 2), encoding) == 1


def test_a_reversed_range_is_refused() -> None:
    """A range that ends before it starts changes nothing and is an error."""
    with pytest.raises(BadChangeError, match="ends before it starts"):
        document("abc").with_change(RangeChange(Position(0, 2), Position(0, 1), "x"), "utf-16", 2)


def test_overlapping_edits_are_refused() -> None:
    """Two edits of the same character have no meaning."""
    with pytest.raises(BadChangeError, match="overlap"):
        document("abc").with_edits([TextEdit(Span(0, 2), "x"), TextEdit(Span(1, 3), "y")], 2)


def test_untouched_lines_are_shared() -> None:
    """A key press in a long file makes one new line, not a new text."""
    before = document("one\ntwo\nthree\n")
    after = before.with_change(RangeChange(Position(1, 3), Position(1, 3), "!"), "utf-16", 2)
    assert after.text == "one\ntwo!\nthree\n"
    assert after.lines[0] is before.lines[0]
    assert after.lines[2] is before.lines[2]


def test_the_line_past_the_last_begins_where_the_text_ends() -> None:
    """To ask for it leaves the document as it was, so that any offset is found after it."""
    subject = document("one\ntwo")
    assert subject.line_start(2) == 7
    assert subject.line_column(7) == (1, 3)
    assert subject.line_column(0) == (0, 0)


def test_form_feeds_do_not_move_the_lines_below() -> None:
    """A form feed, common in old sources, is a character and no line end."""
    before = document("import os\n\f\nx = 1\n")
    after = before.with_change(RangeChange(Position(2, 0), Position(2, 1), "YY"), "utf-16", 2)
    assert after.text == "import os\n\f\nYY = 1\n"
