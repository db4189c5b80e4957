"""The OpenAI dialect: POST /completions and /chat/completions, streamed
(https://platform.openai.com/docs/api-reference/chat-streaming).

Read leniently, since a hundred servers speak it: `choices` may be empty, `content` a text, null or a list of blocks,
usage absent, null, last or sent twice; a text may stand in `text`, `delta` or `message`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FimRequest,
    Finished,
    HttpRequest,
    ModelRequest,
    ReasoningDelta,
    StopReason,
    StreamEvent,
    TextDelta,
    Usage,
)
from lsp_server.models.wire.exchange import Decoder, Json, count, mapping, post, stops

_STOP_REASONS: Mapping[str, StopReason] = {
    "stop": "end_turn",
    "eos": "end_turn",
    "length": "max_tokens",
    "model_length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}


def encode(request: ModelRequest, endpoint: Endpoint, chat_limit: str = "max_completion_tokens") -> HttpRequest:
    """Give the HTTP request; `chat_limit` names the field that bounds a chat answer.

    A FimRequest's `files` and `banned` have no place in this dialect (its `logit_bias` knows only token numbers).
    """
    if isinstance(request, ChatRequest):
        return post(endpoint, "/chat/completions", _chat(request, endpoint, chat_limit))
    return post(endpoint, "/completions", _completion(request, endpoint))


def decoder(request: ModelRequest, endpoint: Endpoint | None = None) -> Decoder:
    """Give the decoder of one response; `endpoint` is named in its errors."""
    return Decoder(_Answer(), endpoint)


def _completion(request: FimRequest, endpoint: Endpoint) -> Json:
    suffix = {} if request.suffix is None else {"suffix": request.suffix}
    named = {"model": endpoint.model, "prompt": request.prefix, **suffix, "max_tokens": request.max_tokens}
    return named | {"stream": True} | _optional(request)


def _chat(request: ChatRequest, endpoint: Endpoint, limit: str) -> Json:
    messages = [{"role": message.role, "content": message.text} for message in request.messages]
    named = {"model": endpoint.model, "messages": messages, limit: request.max_tokens}
    return named | {"stream": True, "stream_options": {"include_usage": True}} | _optional(request)


def _optional(request: ModelRequest) -> dict[str, Any]:
    """Give the fields that some models refuse: only what was asked for is sent."""
    temperature = {} if request.temperature is None else {"temperature": request.temperature}
    stop = stops(request.stop)
    return temperature | ({"stop": stop} if stop else {})


class _Answer:
    """The chunks of one answer. Only choice 0 counts: more are never asked for."""

    def __init__(self) -> None:
        self._stop_reason: StopReason | None = None
        self._usage = Usage()

    def take(self, value: Json) -> list[StreamEvent] | None:
        choices = value.get("choices")
        if usage := mapping(value.get("usage")):
            self._usage = _usage(usage)
        if not isinstance(choices, list):
            return [] if usage else None
        return [event for choice in choices if _is_first(choice) for event in self._choice(choice)]

    def finished(self) -> Finished | None:
        return Finished(self._stop_reason, self._usage) if self._stop_reason else None

    def _choice(self, choice: Json) -> Iterable[StreamEvent]:
        delta = mapping(choice.get("delta")) or mapping(choice.get("message"))
        yield from _reasoning(delta)
        yield from _content(choice.get("text") or delta.get("content"))
        if isinstance(reason := choice.get("finish_reason"), str):
            self._stop_reason = _STOP_REASONS.get(reason, "unknown")


def _is_first(choice: Any) -> bool:
    return isinstance(choice, dict) and not choice.get("index")


def _reasoning(delta: Json) -> Iterable[StreamEvent]:
    """Give the reasoning, which has one of two names (and never both texts)."""
    text = delta.get("reasoning_content") or delta.get("reasoning")
    if isinstance(text, str) and text:
        yield ReasoningDelta(text)


def _content(content: Any) -> Iterable[StreamEvent]:
    """Give a content that is a text, or a list of blocks of which some are reasoning."""
    for block in content if isinstance(content, list) else [content]:
        yield from map(ReasoningDelta, _texts(mapping(block).get("thinking")))
        yield from map(TextDelta, _texts(block))


def _texts(value: Any) -> list[str]:
    """Give the texts in a text, a block, or a list of these; not the empty ones."""
    parts = value if isinstance(value, list) else [value]
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    return [text for text in texts if isinstance(text, str) and text]


def _usage(usage: Json) -> Usage:
    details = mapping(usage.get("prompt_tokens_details"))
    return Usage(
        input_tokens=count(usage.get("prompt_tokens")),
        output_tokens=count(usage.get("completion_tokens")),
        cache_read_tokens=count(details.get("cached_tokens", usage.get("prompt_cache_hit_tokens"))),
    )
