"""The OpenAI dialect: POST /completions and /chat/completions, streamed
(https://platform.openai.com/docs/api-reference/chat-streaming).

Read leniently, since a hundred servers speak it: `choices` may be empty, `content` a text, null or a list of blocks,
usage absent, null, last or sent twice; a text may stand in `text`, `delta` or `message`; tool calls may lack an index,
an id, or come in one piece.
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
    PartDone,
    ProviderState,
    ReasoningDelta,
    StopReason,
    StreamEvent,
    TextDelta,
    Usage,
)
from lsp_server.models.wire.chat_messages import STATE, messages_of, tools_of
from lsp_server.models.wire.exchange import Decoder, Json, mapping, post, stops
from lsp_server.models.wire.tool_calls import ToolCalls
from lsp_server.models.wire.usage import usage_of

_STOP_REASONS: Mapping[str, StopReason] = {
    "stop": "end_turn",
    "eos": "end_turn",
    "length": "max_tokens",
    "model_length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
_REASONING = ("reasoning_content", "reasoning")


def encode(request: ModelRequest, endpoint: Endpoint, chat_limit: str = "max_completion_tokens") -> HttpRequest:
    """Give the HTTP request; `chat_limit` names the field that bounds a chat answer.

    A FimRequest's `files` and `banned` have no place in this dialect (its `logit_bias` knows only token numbers).
    """
    if isinstance(request, ChatRequest):
        return post(endpoint, "/chat/completions", _chat(request, endpoint, chat_limit))
    return post(endpoint, "/completions", _completion(request, endpoint))


def decoder(request: ModelRequest, endpoint: Endpoint | None = None) -> Decoder:
    """Give the decoder of one response; `endpoint` is named in its errors."""
    turn = len(request.messages) if isinstance(request, ChatRequest) else 0
    return Decoder(_Answer(endpoint.provider if endpoint else "", str(turn)), endpoint)


def _completion(request: FimRequest, endpoint: Endpoint) -> Json:
    suffix = {} if request.suffix is None else {"suffix": request.suffix}
    named = {"model": endpoint.model, "prompt": request.prefix, **suffix, "max_tokens": request.max_tokens}
    return named | {"stream": True} | _optional(request)


def _chat(request: ChatRequest, endpoint: Endpoint, limit: str) -> Json:
    named = {"model": endpoint.model, "messages": messages_of(request, endpoint), limit: request.max_tokens}
    effort = {"reasoning_effort": request.effort} if request.effort else {}
    # Only the vendor itself is known to take the key; others may refuse what they do not know.
    key = {"prompt_cache_key": request.cache_key} if request.cache_key and limit != "max_tokens" else {}
    streamed = {"stream": True, "stream_options": {"include_usage": True}}
    return named | streamed | tools_of(request) | effort | key | _optional(request)


def _optional(request: ModelRequest) -> dict[str, Any]:
    """Give the fields that some models refuse: only what was asked for is sent."""
    temperature = {} if request.temperature is None else {"temperature": request.temperature}
    stop = stops(request.stop)
    return temperature | ({"stop": stop} if stop else {})


class _Answer:
    """The chunks of one answer. Only choice 0 counts: more are never asked for."""

    def __init__(self, provider: str, seed: str) -> None:
        self._provider = provider
        self._calls = ToolCalls(seed)
        self._called = self._refused = False
        self._thoughts: dict[str, list[Any]] = {}
        self._stop_reason: StopReason | None = None
        self._usage = Usage()

    def take(self, value: Json) -> list[StreamEvent] | None:
        choices = value.get("choices")
        if usage := mapping(value.get("usage")):
            self._usage = usage_of(usage)
        if not isinstance(choices, list):
            return None
        return [event for choice in choices if _is_first(choice) for event in self._choice(choice)]

    def end(self, *, done: bool) -> list[StreamEvent]:
        if not (self._stop_reason or done):
            return []
        last = self._close()
        return [*last, Finished(self._reason(), self._usage)]

    def _choice(self, choice: Json) -> Iterable[StreamEvent]:
        delta = mapping(choice.get("delta")) or mapping(choice.get("message"))
        yield from self._reasoning(delta)
        said = [*_content(choice.get("text") or delta.get("content")), *self._refusal(delta)]
        calls = delta.get("tool_calls")
        if said or calls:
            yield from self._thought()
        yield from said
        for piece in calls if isinstance(calls, list) else []:
            yield from self._call(mapping(piece))
        if isinstance(reason := choice.get("finish_reason"), str):
            self._stop_reason = _STOP_REASONS.get(reason, "unknown")
            yield from self._close()

    def _call(self, piece: Json) -> Iterable[StreamEvent]:
        function = mapping(piece.get("function"))
        call_id, name = _name(piece.get("id")), _name(function.get("name"))
        key = piece.get("index") if isinstance(piece.get("index"), int) else self._calls.key_of(call_id)
        if key is None:
            key = object() if call_id or name else self._calls.last_key
        if name and call_id and self._calls.id_of(key) not in ("", call_id):
            yield from self._given(self._calls.done(key))  # parallel calls of which each says that it is the first
        state = {"extra_content": piece["extra_content"]} if mapping(piece.get("extra_content")) else {}
        self._calls.add(key, call_id=call_id, name=name, arguments=function.get("arguments"), state=self._state(state))

    def _close(self) -> list[StreamEvent]:
        """Give what was open when the answer ended."""
        calls = self._calls.rest(cut=self._stop_reason in ("max_tokens", "refusal"))
        return [*self._thought(), *self._given(calls)]

    def _given(self, calls: Iterable[StreamEvent]) -> Iterable[StreamEvent]:
        for call in calls:
            self._called = True
            yield call

    def _reason(self) -> StopReason:
        reason = self._stop_reason or "unknown"
        if self._refused:
            return "refusal"
        return "tool_use" if self._called and reason in ("end_turn", "unknown") else reason

    def _refusal(self, delta: Json) -> Iterable[StreamEvent]:
        for text in _texts(delta.get("refusal")):
            self._refused = True
            yield TextDelta(text)

    def _reasoning(self, delta: Json) -> Iterable[StreamEvent]:
        """Give the reasoning, which has one of two names (and never both texts)."""
        details = delta.get("reasoning_details")
        if isinstance(details, list) and details:
            self._thoughts.setdefault("reasoning_details", []).extend(details)
        name = next((name for name in _REASONING if _texts(delta.get(name))), "")
        for text in _texts(delta.get(name)):
            self._thoughts.setdefault(name, []).append(text)
            yield ReasoningDelta(text)

    def _thought(self) -> list[StreamEvent]:
        """Give the end of the reasoning, if any is open, with what goes back of it: details rather than a text."""
        thoughts, self._thoughts = self._thoughts, {}
        if details := thoughts.pop("reasoning_details", None):
            return [PartDone("reasoning", self._state({"reasoning_details": _merged(details)}))]
        return [PartDone("reasoning", self._state({name: "".join(texts)})) for name, texts in thoughts.items()]

    def _state(self, value: Json) -> ProviderState | None:
        return ProviderState(STATE, self._provider, value) if value else None


def _is_first(choice: Any) -> bool:
    return isinstance(choice, dict) and not choice.get("index")


def _name(value: Any) -> str:
    """Give an id or a name; some servers write "null" where they have none."""
    return value if isinstance(value, str) and value != "null" else ""


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


def _merged(details: Iterable[Any]) -> list[dict[str, Any]]:
    """Put the pieces of reasoning details together: those that follow each other with one type and index are one."""
    merged: list[dict[str, Any]] = []
    for piece in map(mapping, details):
        last = merged[-1] if merged else {}
        if merged and all(last.get(name) == piece.get(name) for name in ("type", "index")):
            texts = {name: last.get(name, "") + piece[name] for name in ("text", "summary") if _texts(piece.get(name))}
            last |= {name: value for name, value in piece.items() if value} | texts
        else:
            merged.append(dict(piece))
    return merged
