"""Mistral's dialect: POST /fim/completions, whose answer has the shape of a chat, and /chat/completions
(https://docs.mistral.ai/api/#tag/fim).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from lsp_server.models.messages import ChatRequest, Endpoint, FimRequest, HttpRequest, ModelRequest
from lsp_server.models.wire import openai_compatible
from lsp_server.models.wire.chat_messages import messages_of
from lsp_server.models.wire.exchange import post, stops
from lsp_server.models.wire.openai import decoder

__all__ = ["decoder", "encode"]

_CALL_ID = r"[a-zA-Z0-9]{9}"


def encode(request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
    """Give the HTTP request. Fields that are not known here are refused, so only those of its own schema are sent.

    A FimRequest's `files` and `banned` have no place in this dialect.
    """
    if isinstance(request, FimRequest):
        return post(endpoint, "/fim/completions", _fim(request, endpoint))
    return _chat(request, endpoint)


def _fim(request: FimRequest, endpoint: Endpoint) -> dict[str, Any]:
    body: dict[str, Any] = {"model": endpoint.model, "prompt": request.prefix, "max_tokens": request.max_tokens}
    body |= {"stream": True} | ({"suffix": request.suffix} if request.suffix else {})
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if stop := stops(request.stop):
        body["stop"] = stop
    return body


def _chat(request: ChatRequest, endpoint: Endpoint) -> HttpRequest:
    """Give the usual request of a chat; its ids of tool calls have nine characters, its usage comes unasked."""
    asked = openai_compatible.encode(request, endpoint)
    body = json.loads(asked.body) | {"messages": messages_of(request, endpoint, _CALL_ID)}
    del body["stream_options"]
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return replace(asked, body=text.encode("utf-8", "replace"))
