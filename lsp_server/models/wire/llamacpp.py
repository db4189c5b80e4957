"""The dialect of llama.cpp's server: POST /infill, /completion and, for chat, /v1/chat/completions
(https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md). `base_url` is without /v1.

Always streamed: the server does not notice that a client has left otherwise, and computes to the end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FimRequest,
    Finished,
    HttpRequest,
    ModelRequest,
    StopReason,
    StreamEvent,
    TextDelta,
    Usage,
)
from lsp_server.models.wire import openai, openai_compatible
from lsp_server.models.wire.exchange import Decoder, Json, count, mapping, post, stops

# The lower slot goes first when both want to be read: a line beside a long question takes 2 s, and not 12 to 19.
_COMPLETION_SLOT, _CHAT_SLOT = 0, 1

_STOP_REASONS: Mapping[str, StopReason] = {"eos": "end_turn", "limit": "max_tokens", "word": "stop_sequence"}


def encode(request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
    """Give the HTTP request. `files` go along with a suffix only: a plain continuation has no place for them."""
    if isinstance(request, ChatRequest):
        asked = openai_compatible.encode(request, replace(endpoint, base_url=f"{endpoint.base_url}/v1"))
        body = json.loads(asked.body) | _progress(endpoint, _CHAT_SLOT)
        return replace(asked, body=json.dumps(body).encode())
    if request.suffix is None:
        return post(endpoint, "/completion", {"prompt": request.prefix} | _common(request, endpoint))
    extra = [{"filename": file.name, "text": file.text} for file in request.files]
    hole = {"input_prefix": request.prefix, "input_suffix": request.suffix, "input_extra": extra, "prompt": ""}
    return post(endpoint, "/infill", hole | _common(request, endpoint))


def _progress(endpoint: Endpoint, slot: int) -> dict[str, Any]:
    """Have the server say how far it has read the prompt: without that it does not notice a client that has left
    before the whole prompt is read (20 to 30 s for 2,400 tokens on two cores). With slots of our own, name the one.
    """
    return {"return_progress": True} | ({"id_slot": slot} if endpoint.own_slots else {})


def decoder(request: ModelRequest, endpoint: Endpoint | None = None) -> Decoder:
    """Give the decoder of one response; `endpoint` is named in its errors."""
    if isinstance(request, ChatRequest):
        return openai.decoder(request, endpoint)
    return Decoder(_Answer(), endpoint)


def _common(request: FimRequest, endpoint: Endpoint) -> dict[str, Any]:
    body: dict[str, Any] = {"n_predict": request.max_tokens, "stream": True, "cache_prompt": True}
    body |= _progress(endpoint, _COMPLETION_SLOT)
    if endpoint.model:
        body["model"] = endpoint.model
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if stop := stops(request.stop):
        body["stop"] = stop
    if request.banned:
        # [text, false] forbids each token of the text, so a text of several tokens forbids more than itself
        # (seen on b11549; anything that is no such pair is ignored in silence).
        body["logit_bias"] = [[text, False] for text in request.banned]
    return body


class _Answer:
    """The pieces of one answer; the last has `stop` true and the timings."""

    def __init__(self) -> None:
        self._last: Finished | None = None

    def take(self, value: Json) -> list[StreamEvent] | None:
        content = value.get("content")
        if not isinstance(content, str):
            return None
        given: list[StreamEvent] = [TextDelta(content)] if content else []
        if value.get("stop") is True:
            self._last = Finished(_STOP_REASONS.get(str(value.get("stop_type")), "unknown"), _usage(value))
            given.append(self._last)
        return given

    def end(self, *, done: bool) -> list[StreamEvent]:
        return [self._last] if self._last else []


def _usage(value: Json) -> Usage:
    """Read the timings; builds before these gave the counts only beside them."""
    timings = mapping(value.get("timings"))
    cached, computed = count(timings.get("cache_n")), count(timings.get("prompt_n"))
    total = count(value.get("tokens_evaluated")) if cached is None or computed is None else cached + computed
    return Usage(
        input_tokens=total,
        output_tokens=count(timings.get("predicted_n", value.get("tokens_predicted"))),
        cache_read_tokens=cached,
    )
