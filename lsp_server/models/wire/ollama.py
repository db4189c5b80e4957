"""Ollama's own dialect: POST /api/generate and /api/chat, answered in NDJSON
(https://github.com/ollama/ollama/blob/main/docs/api.md). `base_url` is without /v1.

Preferred to the server's OpenAI face, which cannot say how long a prompt may be and cuts a longer one in silence.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FimRequest,
    Finished,
    HttpRequest,
    Image,
    ModelRequest,
    ReasoningDelta,
    StopReason,
    StreamEvent,
    Text,
    TextDelta,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from lsp_server.models.wire.exchange import Decoder, Json, mapping, post, stops
from lsp_server.models.wire.ndjson import NdjsonReader
from lsp_server.models.wire.tool_calls import ToolCalls, arguments_object
from lsp_server.models.wire.turns import Turn, system_text, turns_of
from lsp_server.models.wire.usage import usage_of

_STATE = "ollama"
_STOP_REASONS: Mapping[str, StopReason] = {"stop": "end_turn", "length": "max_tokens"}

# The window that a server of little memory gives when it is not asked for more. It loads the model anew when the
# window changes: so a few sizes only, and none is asked for while this one will do.
_USUAL_WINDOW = 4_096
_BYTES_PER_TOKEN = 3  # code and prose have 3 to 4: rather too large a window than a cut prompt


def encode(request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
    """Give the HTTP request. A FimRequest's `files` and `banned` have no place in this dialect.

    A prompt that is longer than the window is refused by the server (`truncate` false), never cut.
    """
    path, asked = ("/api/chat", _chat(request, endpoint)) if isinstance(request, ChatRequest) else _generate(request)
    body = {"model": endpoint.model, **asked, "stream": True, "truncate": False}
    return post(endpoint, path, body | {"options": _options(request, body)}, {"accept": "application/x-ndjson"})


def decoder(request: ModelRequest, endpoint: Endpoint | None = None) -> Decoder:
    """Give the decoder of one response; `endpoint` is named in its errors."""
    turn = len(request.messages) if isinstance(request, ChatRequest) else 0
    return Decoder(_Answer(str(turn)), endpoint, NdjsonReader())


def _generate(request: FimRequest) -> tuple[str, dict[str, Any]]:
    """Give a hole to fill, or a text to continue as it is, without the model's template."""
    how = {"raw": True} if request.suffix is None else {"suffix": request.suffix}
    return "/api/generate", {"prompt": request.prefix, **how}


def _chat(request: ChatRequest, endpoint: Endpoint) -> dict[str, Any]:
    system = system_text(request.messages)
    messages = [{"role": "system", "content": system}] if system else []
    for turn in turns_of(request.messages, _STATE, endpoint):
        messages += _assistant(turn) if turn.role == "assistant" else _user(turn)
    tools = [_tool(tool) for tool in request.tools] if request.tool_choice != "none" else []
    think = {"think": False if request.effort == "none" else request.effort} if request.effort else {}
    return {"messages": messages, **({"tools": tools} if tools else {}), **think}


def _assistant(turn: Turn) -> list[dict[str, Any]]:
    text = "".join(part.text for part in turn.parts if isinstance(part, Text))
    calls = [
        {"function": {"name": part.name, "arguments": dict(arguments_object(part.arguments))}}
        for part in turn.parts
        if isinstance(part, ToolCall)
    ]
    return [{"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}]


def _user(turn: Turn) -> list[dict[str, Any]]:
    """Give the results, a message each; then what was said, with the pictures of the results, too."""
    results = [part for part in turn.parts if isinstance(part, ToolResult)]
    given: list[dict[str, Any]] = [
        {"role": "tool", "tool_name": result.name, "content": result.text} for result in results
    ]
    text = "".join(part.text for part in turn.parts if isinstance(part, Text))
    images = [image for result in results for image in result.images]
    images += [part for part in turn.parts if isinstance(part, Image)]
    if text or images:
        pictures = {"images": [b64encode(image.data).decode() for image in images]} if images else {}
        given.append({"role": "user", "content": text, **pictures})
    return given


def _tool(tool: ToolSpec) -> dict[str, Any]:
    spec = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": spec}


def _options(request: ModelRequest, body: Json) -> dict[str, Any]:
    options: dict[str, Any] = {"num_predict": request.max_tokens}
    if stop := stops(request.stop):
        options["stop"] = stop
    if request.temperature is not None:
        options["temperature"] = request.temperature
    needed = sum(_texts_bytes(body)) // _BYTES_PER_TOKEN + request.max_tokens
    if needed > _USUAL_WINDOW:
        options["num_ctx"] = 1 << (needed - 1).bit_length()
    return options


def _texts_bytes(value: Any) -> Iterable[int]:
    """Give the size of every text in a request but of its pictures."""
    if isinstance(value, str):
        yield len(value.encode("utf-8", "replace"))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts_bytes(inner) if name != "images" else ()
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_bytes(inner)


class _Answer:
    """The objects of one answer; the last has `done` true and the counts. Tool calls come whole."""

    def __init__(self, seed: str) -> None:
        self._calls = ToolCalls(seed)
        self._called = False

    def take(self, value: Json) -> list[StreamEvent] | None:
        message = mapping(value.get("message"))
        if "done" not in value and not message:
            return None
        given: list[StreamEvent] = []
        for name, kind in (("thinking", ReasoningDelta), ("content", TextDelta), ("response", TextDelta)):
            text = message.get(name) or value.get(name)
            if isinstance(text, str) and text:
                given.append(kind(text))
        calls = message.get("tool_calls")
        for call in calls if isinstance(calls, list) else []:
            given += self._call(mapping(call))
        if value.get("done") is True:
            given.append(Finished(self._reason(value), usage_of(value)))
        return given

    def end(self, *, done: bool) -> list[StreamEvent]:
        return []

    def _call(self, call: Json) -> Iterable[StreamEvent]:
        function, key = mapping(call.get("function")), object()
        call_id, name = call.get("id"), function.get("name")
        self._calls.add(
            key,
            call_id=call_id if isinstance(call_id, str) else "",
            name=name if isinstance(name, str) else "",
            arguments=function.get("arguments"),
        )
        self._called = True
        return self._calls.done(key)

    def _reason(self, value: Json) -> StopReason:
        reason = _STOP_REASONS.get(str(value.get("done_reason")), "unknown")
        return "tool_use" if self._called and reason == "end_turn" else reason
