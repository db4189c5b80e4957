"""Server-sent events, read leniently (https://html.spec.whatwg.org/multipage/server-sent-events.html, 9.2.6).

Sans-IO: bytes in, events out, whatever the cuts between the bytes. Nothing is decoded here, so a character that is
split between two chunks is never seen in halves. Three things go beyond the specification, because servers do them:

- the last event counts even if no blank line follows it;
- lines that are no field are handed on as an event of their own: a JSON error body in mid-stream, or an HTML page;
- a field named `error` is an event named "error".
"""

from __future__ import annotations

from dataclasses import dataclass

from lsp_server.models.wire.lines import LineReader

_BOM = b"\xef\xbb\xbf"
_FIELDS = (b"data", b"event", b"id", b"retry", b"error")
_BARE = "bare"


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One event: its data, and its name ("" when it has none, "bare" for lines that were no field)."""

    data: bytes
    name: str = ""


class SseReader:
    """Reads one stream. `feed` gives the events that are complete; `end` the one that was left open."""

    def __init__(self) -> None:
        self._reader = LineReader()
        self._first = True
        self._name = ""
        self._lines: list[bytes] = []
        self._lines_bytes = 0

    @property
    def open_bytes(self) -> int:
        """How much is held of an event whose end has not come."""
        return self._reader.open_bytes + self._lines_bytes

    def feed(self, data: bytes) -> list[SseEvent]:
        """Give the events that these bytes complete. Raises nothing."""
        return [event for line in self._reader.feed(data) for event in self._take(line)]

    def end(self) -> list[SseEvent]:
        """Give what the stream ended in the middle of. A field name that was cut says nothing and is left out."""
        last = self._reader.end()
        cut = any(field.startswith(last) for field in _FIELDS)
        return [*([] if cut else self._take(last)), *self._dispatch()]

    def _take(self, line: bytes) -> list[SseEvent]:
        if self._first:
            self._first, line = False, line.removeprefix(_BOM)
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match name:
            case b"data":
                return self._add(value, "" if self._name == _BARE else self._name)
            case b"error":
                return self._add(value, "error")
            case b"event":
                ended = self._dispatch() if self._name == _BARE else []
                self._name = value.decode("utf-8", "replace")
                return ended
            case b"" | b"id" | b"retry":  # the first is a comment
                pass
            case _:
                return self._add(line, _BARE)
        return []

    def _add(self, line: bytes, name: str) -> list[SseEvent]:
        """Put a line to the event that is open; one of another kind ends it first."""
        ended = self._dispatch() if self._lines and name != self._name else []
        self._name = name
        self._lines.append(line)
        self._lines_bytes += len(line)
        return ended

    def _dispatch(self) -> list[SseEvent]:
        name, lines = self._name, self._lines
        self._name, self._lines, self._lines_bytes = "", [], 0
        return [SseEvent(b"\n".join(lines), name)] if lines else []
