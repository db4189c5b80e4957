"""Newline-delimited JSON, read leniently: one event a line (https://github.com/ndjson/ndjson-spec).

Sans-IO: bytes in, events out, whatever the cuts between the bytes; the last line counts without its end. Beyond the
specification: a JSON text that was printed over several lines (an error body) is one event, and a line that begins
with `data:` is taken without it, since some proxies frame the lines anew.
"""

from __future__ import annotations

from lsp_server.models.wire.lines import LineReader
from lsp_server.models.wire.sse import SseEvent


class NdjsonReader:
    """Reads one stream. `feed` gives the events that are complete; `end` what was left open."""

    def __init__(self) -> None:
        self._lines = LineReader()
        self._open: list[bytes] = []

    @property
    def open_bytes(self) -> int:
        """How much is held of an event whose end has not come."""
        return self._lines.open_bytes + sum(map(len, self._open))

    def feed(self, data: bytes) -> list[SseEvent]:
        """Give the events that these bytes complete. Raises nothing."""
        return [event for line in self._lines.feed(data) for event in self._take(line)]

    def end(self) -> list[SseEvent]:
        """Give what the stream ended in the middle of."""
        given = self._take(self._lines.end())
        rest, self._open = self._open, []
        return [*given, SseEvent(b"\n".join(rest))] if rest else given

    def _take(self, line: bytes) -> list[SseEvent]:
        """Hold lines back from a lonely bracket on to the one that closes it, at the same depth: without any blank."""
        line = line.strip().removeprefix(b"data:") if not self._open else line
        if self._open or line.strip() in (b"{", b"["):
            self._open.append(line)
            if line not in (b"}", b"]"):
                return []
            line, self._open = b"\n".join(self._open), []
        return [SseEvent(line.strip())] if line.strip() else []
