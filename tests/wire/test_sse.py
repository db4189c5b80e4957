"""The reader of server-sent events: the specification, and what servers make of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.models.wire.sse import SseEvent, SseReader


def read(*chunks: bytes) -> list[SseEvent]:
    """Give all events of a stream that comes in these chunks."""
    reader = SseReader()
    return [event for chunk in chunks for event in reader.feed(chunk)] + reader.end()


def check(raw: bytes, *events: tuple[str, str]) -> None:
    """Expect events, as (name, data), whole and byte by byte."""
    expected = [SseEvent(data.encode(), name) for name, data in events]
    assert read(raw) == expected
    assert read(*(raw[place : place + 1] for place in range(len(raw)))) == expected


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_in_three_ways(end: bytes) -> None:
    """LF, CRLF and CR all end a line; a CRLF in two chunks is no blank line."""
    check(end.join([b"data: one", b"data: more", b"", b"data: two", b"", b""]), ("", "one\nmore"), ("", "two"))


def test_data_lines_are_joined() -> None:
    """Several data lines of one event are joined by a newline; one blank after the colon is no data."""
    check(b"data: a\ndata:b\ndata:  c\n\n", ("", "a\nb\n c"))


def test_an_event_has_a_name() -> None:
    """The field `event` names the event it stands in, before or after its data, and no later one."""
    check(b"event: ping\ndata: 1\n\ndata: 2\nevent: pong\n\ndata: 3\n\n", ("ping", "1"), ("pong", "2"), ("", "3"))


def test_comments_and_other_fields_say_nothing() -> None:
    """Comments, ids, retry times and events without data are left out."""
    check(b": PROCESSING\n\n:\n\nid: 7\nretry: 10\nevent: ping\n\ndata: x\n\n", ("", "x"))


def test_the_last_event_needs_no_blank_line() -> None:
    """An event that the stream ends in is given, with or without the end of its line."""
    check(b"data: a\n\ndata: b", ("", "a"), ("", "b"))
    check(b"data: a\n\ndata: b\n", ("", "a"), ("", "b"))


@pytest.mark.parametrize("cut", [b"d", b"data", b"eve", b"event", b""])
def test_a_field_name_that_was_cut_says_nothing(cut: bytes) -> None:
    """A stream that stops inside a field name leaves no rubbish behind."""
    check(b"data: a\n\n" + cut, ("", "a"))


def test_bare_lines_are_handed_on() -> None:
    """A JSON body without `data:`, after good events or alone, is an event named "bare"."""
    check(
        b'data: a\n\n{\n "error": {\n  "code": 499\n }\n}\n',
        ("", "a"),
        ("bare", '{\n "error": {\n  "code": 499\n }\n}'),
    )
    check(b'{"detail": "no"}', ("bare", '{"detail": "no"}'))


def test_bare_lines_and_fields_do_not_mix() -> None:
    """Bare lines right before or after a field make an event of their own."""
    check(b'data: a\n{"x": 1}\ndata: b\n\n', ("", "a"), ("bare", '{"x": 1}'), ("", "b"))
    check(b'{"x": 1}\nevent: ping\ndata: b\n\n', ("bare", '{"x": 1}'), ("ping", "b"))


def test_a_field_named_error_is_an_event_named_error() -> None:
    """Some servers report a failure as `error: {…}` in place of `data: {…}`."""
    check(b'data: a\n\nerror: {"code": 500}\n\n', ("", "a"), ("error", '{"code": 500}'))


def test_a_byte_order_mark_is_skipped() -> None:
    """A byte order mark before the first line is no part of it."""
    check(b"\xef\xbb\xbfdata: a\n\n", ("", "a"))


def test_characters_are_never_seen_in_halves() -> None:
    """A character that comes in two chunks is whole in its event."""
    check("data: é日🎉\n\n".encode(), ("", "é日🎉"))


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_any_bytes_can_be_read(chunks: list[bytes]) -> None:
    """No bytes make the reader fail, and how they are cut makes no difference."""
    assert read(*chunks) == read(b"".join(chunks))
