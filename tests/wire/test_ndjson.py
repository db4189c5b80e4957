"""The reader of newline-delimited JSON, and the lines that it shares with server-sent events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.errors import BadResponse
from lsp_server.models.wire import DIALECTS
from lsp_server.models.wire.exchange import MAX_EVENT_BYTES
from lsp_server.models.wire.lines import LineReader
from lsp_server.models.wire.ndjson import NdjsonReader
from tests.wire import CHAT


def read(*chunks: bytes) -> list[bytes]:
    """Give the data of all events of a stream that comes in these chunks."""
    reader = NdjsonReader()
    return [event.data for chunk in chunks for event in reader.feed(chunk)] + [event.data for event in reader.end()]


def check(raw: bytes, *values: bytes) -> None:
    """Expect events, whole and byte by byte."""
    assert read(raw) == list(values)
    assert read(*(raw[place : place + 1] for place in range(len(raw)))) == list(values)


def test_every_line_is_an_event() -> None:
    """Whatever it ends in; blank lines are none, and the last needs no end."""
    check(b'{"a":1}\n{"b":2}\r\n\n  \n{"c":3}', b'{"a":1}', b'{"b":2}', b'{"c":3}')


def test_lines_that_a_proxy_framed_anew() -> None:
    """`data:` before a line is taken off."""
    check(b'data: {"a":1}\n\ndata:{"b":2}\n\n', b'{"a":1}', b'{"b":2}')


def test_a_json_text_over_several_lines() -> None:
    """An error body that was printed for people is one event."""
    check(
        b'{"a":1}\n{\n  "error": {\n    "message": "no"\n  }\n}\n{"b":2}\n',
        *(b'{"a":1}', b'{\n  "error": {\n    "message": "no"\n  }\n}', b'{"b":2}'),
    )


def test_what_was_cut_is_given_as_it_is() -> None:
    """Whether it is whole is for others to say."""
    check(b'{"a":1}\n{"b"', b'{"a":1}', b'{"b"')
    check(b'{\n  "error":', b'{\n  "error":')


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_any_bytes_can_be_read(chunks: list[bytes]) -> None:
    """No bytes make the reader fail, and how they are cut makes no difference."""
    assert read(*chunks) == read(b"".join(chunks))


@given(st.lists(st.text("ab\r\n").map(str.encode), max_size=8))
def test_lines_are_the_same_however_they_are_cut(chunks: list[bytes]) -> None:
    """LF, CRLF and CR end a line, also when a CRLF comes in two pieces."""
    reader = LineReader()
    lines = [line for chunk in chunks for line in reader.feed(chunk)] + [reader.end()]
    text = b"".join(chunks).decode().replace("\r\n", "\n").replace("\r", "\n")
    assert b"\n".join(lines).decode() == text


def test_an_event_without_end_is_given_up() -> None:
    """A server that sends one endless line does not fill the memory."""
    for begin, megabyte in ((b"data: ", b"x" * 1_000_000), (b"", b"data: %s\n" % (b"x" * 993) * 1_000)):
        decoder = DIALECTS["openai"].decoder(CHAT)
        assert decoder.feed(begin) == []
        for _ in range(MAX_EVENT_BYTES // 1_000_000 - 1):
            assert decoder.feed(megabyte) == []
        with pytest.raises(BadResponse):
            decoder.feed(megabyte * 10)
