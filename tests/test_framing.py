"""Frames of the base protocol: however the bytes arrive, the same messages come out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.framing import FrameDecoder, encode

messages = st.lists(st.dictionaries(st.text("aé🙂", max_size=3), st.text(max_size=20), max_size=3), max_size=5)


def decoded(chunks: list[bytes]) -> list[object]:
    """Give the messages of a stream that arrives in these chunks."""
    decoder = FrameDecoder()
    return [json.loads(body) for chunk in chunks for body in decoder.feed(chunk)]


@given(messages, st.data())
def test_messages_survive_any_splitting(sent: list[dict[str, str]], data: st.DataObject) -> None:
    """Where a stream is cut makes no difference."""
    stream = b"".join(map(encode, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert decoded(chunks) == sent


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: 2\r\n\r\n",
        b"content-length:2\r\n\r\n",
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 2\r\n\r\n",
        b"Content-Length: 2\r\nContent-Type: x\r\n\r\n",
        b"a stray print\nContent-Length: 2\r\n\r\n",
        b"Content-Length: many\r\n\r\nContent-Length: 2\r\n\r\n",
        b"Content-Length: 99999999999999\r\n\r\nContent-Length: 2\r\n\r\n",
        b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_headers_are_read_with_patience(header: bytes) -> None:
    """Case, order, other headers and rubbish in between do not cost a message."""
    assert decoded([header + b"{}"]) == [{}]


def test_an_endless_header_does_not_fill_the_memory() -> None:
    """Bytes that never become a message are thrown away, and a message after them is found."""
    decoder = FrameDecoder()
    for _ in range(100):
        assert decoder.feed(b"x" * 10_000) == []
    assert len(decoder.rest()) < 100_000
    assert decoder.feed(b"\r\n\r\n" + encode({"a": 1})) == [b'{"a":1}']


def test_what_is_left_begins_a_new_decoder() -> None:
    """A half message can be handed on to whoever reads on."""
    stream = encode({"a": 1}) + encode({"b": 2})
    first = FrameDecoder()
    first.feed(stream[:-4])
    assert FrameDecoder().feed(first.rest() + stream[-4:]) == [b'{"b":2}']


def test_half_a_surrogate_pair_is_written_as_json_that_any_client_reads() -> None:
    """Some models stream one; what goes out is plain ASCII."""
    assert encode("\ud83d").isascii()
    assert decoded([encode("\ud83d\ude42")]) == ["\ud83d\ude42"] or decoded([encode("\ud83d\ude42")]) == ["🙂"]
