"""What all dialects share: a JSON object goes out by POST, and a stream of JSON events comes back.

A dialect says what the object holds (`post`) and what each event means (an `Answer`); the order of things, and what
becomes of rubbish, errors and cut streams, is decided here once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias

from lsp_server.errors import ModelError
from lsp_server.models.messages import Auth, ChatRequest, Endpoint, Finished, HttpRequest, ModelRequest, StreamEvent
from lsp_server.models.wire import fault
from lsp_server.models.wire.sse import SseEvent, SseReader

Json: TypeAlias = Mapping[str, Any]

_DONE = b"[DONE]"
MAX_STOPS = 4  # more are refused by some endpoints with 400; the caller enforces all of its stops anyway
MAX_EVENT_BYTES = 16 * 1024 * 1024  # the longest honest event repeats a whole answer: some hundred kilobytes

# The header that a key goes into, and what stands before it.
_KEY_HEADERS: Mapping[Auth, tuple[str, str]] = {
    "bearer": ("authorization", "Bearer "),
    "x-api-key": ("x-api-key", ""),
    "x-goog-api-key": ("x-goog-api-key", ""),
    "api-key": ("api-key", ""),
}


def post(endpoint: Endpoint, path: str, body: Json, headers: Mapping[str, str] = {}) -> HttpRequest:
    """Give the POST of a JSON body to `base_url` + `path`, with the endpoint's key and headers.

    `headers` are those of the dialect, in lower case. Half a surrogate pair, which an editor can hold but UTF-8
    cannot, becomes "?".
    """
    kinds = {"content-type": "application/json", "accept": "text/event-stream"}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    sent = {**kinds, **headers, **headers_of(endpoint)}
    return HttpRequest("POST", endpoint.base_url + path, sent, text.encode("utf-8", "replace"))


def headers_of(endpoint: Endpoint) -> dict[str, str]:
    """Give the headers that go with every request; a header of the settings wins over ours."""
    name, before = _KEY_HEADERS.get(endpoint.auth, ("", ""))
    key = {name: before + endpoint.key} if name and endpoint.key else {}
    return key | {name.lower(): value for name, value in endpoint.headers.items()}


def chat_only(request: ModelRequest, endpoint: Endpoint) -> ChatRequest:
    """Give the request if it is one for a chat. Raises FimUnsupported for a dialect without completions."""
    if not isinstance(request, ChatRequest):
        raise fault.no_fim(endpoint)
    return request


def stops(texts: Iterable[str]) -> list[str]:
    """Give the stop strings that go on the wire: the first four that are not empty."""
    return [text for text in texts if text][:MAX_STOPS]


def mapping(value: Any) -> Json:
    """Give a JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def count(value: Any) -> int | None:
    """Give a count of tokens, or None for anything that is no number."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


class Answer(Protocol):
    """What a dialect makes of the JSON objects of one stream."""

    def take(self, value: Json) -> list[StreamEvent] | None:
        """Give what an object says; None when it is not of this dialect."""

    def end(self, *, done: bool) -> list[StreamEvent]:
        """Give the last events, with Finished as the last; none while no reason for an end has come.

        Asked when the stream is over and `take` gave no Finished; `done` says that the endpoint ended it in form.
        """


class Reader(Protocol):
    """What cuts bytes into events: `SseReader`, or `NdjsonReader`."""

    @property
    def open_bytes(self) -> int:
        """How much is held of an event whose end has not come."""

    def feed(self, data: bytes) -> list[SseEvent]:
        """Give the events that these bytes complete. Raises nothing."""

    def end(self) -> list[SseEvent]:
        """Give what the stream ended in the middle of."""


class Decoder:
    """Turns the bytes of one response into events.

    Feed every chunk, then call `end`. Finished is the last event, exactly once. What comes before an error is never
    lost: it is returned, and the next call raises the error; so `feed(b"")` after either asks for it at once.
    """

    def __init__(self, answer: Answer, endpoint: Endpoint | None = None, reader: Reader | None = None) -> None:
        self._answer = answer
        self._endpoint = endpoint or Endpoint("", "", "", "")
        self._reader: Reader = reader or SseReader()
        self._error: ModelError | None = None
        self._heard = self._understood = self._ended = False

    def feed(self, data: bytes) -> list[StreamEvent]:
        """Give the events that these bytes complete; nothing any more after Finished.

        Raises the ModelError that the endpoint reports in mid-stream, and BadResponse for what is not of the dialect.
        """
        given = self._take_all(self._reader.feed(data))
        if self._reader.open_bytes > MAX_EVENT_BYTES:
            self._error = self._error or fault.rubbish(self._endpoint)
        if self._error and not given:
            raise self._error
        return given

    def end(self) -> list[StreamEvent]:
        """Give what the end of the response completes; an event that was cut in the middle is left out.

        Raises as `feed`, and Truncated when the endpoint gave no reason for its answer to be over.
        """
        given = self._take_all(event for event in self._reader.end() if not _is_cut(event.data))
        try:
            given += [] if self._ended or self._error else self._last()
        except ModelError as error:
            self._error = error
        if self._error and not given:
            raise self._error
        return given

    def _take_all(self, events: Iterable[SseEvent]) -> list[StreamEvent]:
        given: list[StreamEvent] = []
        for event in events:
            if self._ended or self._error:
                break
            try:
                given += self._take(event)
            except ModelError as error:
                self._error = error
        return given

    def _take(self, event: SseEvent) -> list[StreamEvent]:
        data = event.data.strip()
        if not data:
            return []
        self._heard = True
        if data == _DONE:
            return self._see(self._answer.end(done=True) or [Finished("unknown")])
        value = self._object(event)
        if _reports_error(event, value):
            raise fault.error_of(200, {}, data, self._endpoint)
        given = self._answer.take(value)
        if given is None and event.name == "bare":
            raise fault.error_of(200, {}, data, self._endpoint)
        self._understood |= given is not None
        return self._see(given or [])

    def _object(self, event: SseEvent) -> Json:
        try:
            value = json.loads(event.data)
        except (ValueError, RecursionError) as exc:  # not JSON, not even UTF-8, or nested without end
            if event.name == "error":
                raise fault.error_of(200, {}, event.data, self._endpoint) from exc
            raise fault.rubbish(self._endpoint) from exc
        if not isinstance(value, dict):
            raise fault.rubbish(self._endpoint)
        return value

    def _see(self, given: list[StreamEvent]) -> list[StreamEvent]:
        self._ended = any(isinstance(event, Finished) for event in given)
        return given

    def _last(self) -> list[StreamEvent]:
        if self._heard and not self._understood:
            raise fault.rubbish(self._endpoint)
        last = self._answer.end(done=False)
        if not last:
            raise fault.truncated(self._endpoint)
        return self._see(last)


def _reports_error(event: SseEvent, value: Json) -> bool:
    """Tell whether an object is an error, in any of the four shapes that are sent in mid-stream."""
    return bool(value.get("error")) or "error" in (event.name, value.get("type"), value.get("object"))


def _is_cut(data: bytes) -> bool:
    """Tell whether this is the beginning of a JSON text whose end never came."""
    if not data.startswith((b"{", b"[")) or data == _DONE:
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return True
    return False
