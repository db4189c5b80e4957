"""Bytes cut into lines, which end at LF, CRLF or CR, wherever the bytes themselves are cut."""

from __future__ import annotations

import re

_LINE_END = re.compile(rb"\r\n|\n|\r")


class LineReader:
    """Reads one stream. `feed` gives the lines that are complete, `end` the one that was left open.

    Takes time in proportion to the bytes, also when a long line comes in many pieces.
    """

    def __init__(self) -> None:
        self._open: list[bytes] = []
        self._after_cr = False
        self.open_bytes = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Give the lines that these bytes complete, without their ends."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        first, *more = _LINE_END.split(data)
        self._open.append(first)
        self.open_bytes += len(first)
        if not more:
            return []
        self._after_cr = data.endswith(b"\r")
        *lines, rest = b"".join(self._open), *more
        self._open, self.open_bytes = [rest], len(rest)
        return lines

    def end(self) -> bytes:
        """Give the line that was left open; empty when the last one had its end."""
        last, self._open, self.open_bytes = b"".join(self._open), [], 0
        return last
