"""The base protocol's frames, without input or output: bytes in, message bodies out, and back.

A message is headers, an empty line, and as many bytes as Content-Length says (LSP 3.17, "Base Protocol").
"""

from __future__ import annotations

import json

# No message of an editor comes near this; a length beyond it is a broken stream, and waiting for it would be endless.
MAX_BODY_BYTES = 512 * 1024 * 1024

_MAX_LENGTH_DIGITS = 10

# A header block longer than this is not one.
_MAX_HEADER_BYTES = 64 * 1024


class FrameDecoder:
    """Cuts a stream of bytes into message bodies, however it arrives.

    Rubbish between messages (a stray print, a header without a length) is skipped up to the next header block that
    makes sense, so that one bad message does not cost the connection.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length: int | None = None

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take more bytes and give the bodies that are now whole."""
        self._buffer += chunk
        bodies = []
        while (body := self._next()) is not None:
            bodies.append(body)
        return bodies

    def rest(self) -> bytes:
        """Give what has come and belongs to no whole message yet."""
        head = b"" if self._length is None else b"Content-Length: %d\r\n\r\n" % self._length
        return head + bytes(self._buffer)

    def _next(self) -> bytes | None:
        while self._length is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > _MAX_HEADER_BYTES:
                    del self._buffer[: -len(b"Content-Length")]
                return None
            self._length = _content_length(bytes(self._buffer[:end]))
            del self._buffer[: end + 4]
        if len(self._buffer) < self._length:
            return None
        body = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        self._length = None
        return body


def encode(message: object) -> bytes:
    """Give the frame of a message, ready to be written."""
    # Escaped, so that half a surrogate pair, which some models stream, is JSON that every client can read.
    return frame(json.dumps(message, separators=(",", ":")).encode("ascii"))


def frame(body: bytes) -> bytes:
    """Put the header before a body."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def _content_length(header: bytes) -> int | None:
    """Read the length from a header block; None when it has no sensible one. The last such line counts."""
    for line in reversed(header.split(b"\r\n")):
        name, colon, value = line.rpartition(b":")
        value = value.strip()
        if colon and name.strip().lower().endswith(b"content-length") and value.isdigit():
            return int(value) if len(value) <= _MAX_LENGTH_DIGITS and int(value) <= MAX_BODY_BYTES else None
    return None
