"""What all dialects share: a JSON object goes out by POST, and a stream of JSON events comes back.

A dialect says what the object holds (`post`) and what each event means (an `Answer`); the order of things, and what
becomes of rubbish, errors and cut streams, is decided here once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias

from lsp_server.errors import ModelError
from lsp_server.models.messages import Endpoint, Finished, HttpRequest, StreamEvent
from lsp_server.models.wire import fault
from lsp_server.models.wire.sse import SseEvent, SseReader

Json: TypeAlias = Mapping[str, Any]

_DONE = b"[DONE]"
MAX_STOPS = 4  # more are refused by some endpoints with 400; the caller enforces all of its stops anyway


def post(endpoint: Endpoint, path: str, body: Json) -> HttpRequest:
    """Give the POST of a JSON body to `base_url` + `path`, with the endpoint's key and headers.

    Half a surrogate pair, which an editor can hold but UTF-8 cannot, becomes "?".
    """
    headers = {"content-type": "application/json", "accept": "text/event-stream", **headers_of(endpoint)}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return HttpRequest("POST", endpoint.base_url + path, headers, text.encode("utf-8", "replace"))


def headers_of(endpoint: Endpoint) -> dict[str, str]:
    """Give the headers that go with every request; a header of the settings wins over ours."""
    key = {"authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
    return key | {name.lower(): value for name, value in endpoint.headers.items()}


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

    def finished(self) -> Finished | None:
        """Give the end of the stream; None while no reason for an end has come."""


class Decoder:
    """Turns the bytes of one response into events.

    Feed every chunk, then call `end`. Finished is the last event, exactly once. What comes before an error is never
    lost: it is returned, and the next call raises the error; so `feed(b"")` after a chunk asks for it at once.
    """

    def __init__(self, answer: Answer, endpoint: Endpoint | None = None) -> None:
        self._answer = answer
        self._endpoint = endpoint or Endpoint("", "", "", "")
        self._reader = SseReader()
        self._error: ModelError | None = None
        self._heard = self._understood = self._ended = False

    def feed(self, data: bytes) -> list[StreamEvent]:
        """Give the events that these bytes complete; nothing any more after Finished.

        Raises the ModelError that the endpoint reports in mid-stream, and BadResponse for what is not of the dialect.
        """
        given = self._take_all(self._reader.feed(data))
        if self._error and not given:
            raise self._error
        return given

    def end(self) -> list[StreamEvent]:
        """Give what the end of the response completes; an event that was cut in the middle is left out.

        Raises as `feed`, and Truncated when the endpoint gave no reason for its answer to be over.
        """
        given = self._take_all(event for event in self._reader.end() if not _is_cut(event.data))
        if self._error:
            raise self._error
        return given if self._ended else [*given, self._last()]

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
            return self._see([self._answer.finished() or Finished("unknown")])
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

    def _last(self) -> Finished:
        if self._heard and not self._understood:
            raise fault.rubbish(self._endpoint)
        last = self._answer.finished()
        if last is None:
            raise fault.truncated(self._endpoint)
        self._ended = True
        return last


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
