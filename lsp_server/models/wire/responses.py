"""The Responses dialect: POST /responses, streamed (https://platform.openai.com/docs/api-reference/responses).

Nothing is stored at the endpoint: it is sent the whole conversation, with its own reasoning, encrypted, in place. The
dialect has no stop strings and no completions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    HttpRequest,
    Image,
    ModelRequest,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from lsp_server.models.wire.chat_messages import data_url
from lsp_server.models.wire.exchange import Decoder, chat_only, post
from lsp_server.models.wire.responses_answer import STATE, ResponsesAnswer
from lsp_server.models.wire.tool_calls import arguments_object, fitting_id
from lsp_server.models.wire.turns import Turn, system_text, turns_of

_CALL_ID = r".{1,64}"
_LEAST_TOKENS = 16  # fewer are refused


def encode(request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
    """Give the HTTP request. Raises FimUnsupported for a FimRequest."""
    return post(endpoint, "/responses", _body(chat_only(request, endpoint), endpoint))


def decoder(request: ModelRequest, endpoint: Endpoint | None = None) -> Decoder:
    """Give the decoder of one response; `endpoint` is named in its errors."""
    turn = len(request.messages) if isinstance(request, ChatRequest) else 0
    return Decoder(ResponsesAnswer(endpoint or Endpoint("", "", "", ""), str(turn)), endpoint)


def _body(request: ChatRequest, endpoint: Endpoint) -> dict[str, Any]:
    system = system_text(request.messages)
    turns = turns_of(request.messages, STATE, endpoint)
    return {
        "model": endpoint.model,
        **({"instructions": system} if system else {}),
        "input": [item for turn in turns for item in (_said if turn.role == "assistant" else _asked)(turn)],
        "max_output_tokens": max(_LEAST_TOKENS, request.max_tokens),
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        **_tools(request),
        **({"reasoning": {"effort": request.effort}} if request.effort else {}),
        **({"prompt_cache_key": request.cache_key} if request.cache_key else {}),
        **({} if request.temperature is None else {"temperature": request.temperature}),
    }


def _tools(request: ChatRequest) -> dict[str, Any]:
    if not request.tools:
        return {}
    choice = request.tool_choice
    chosen: Any = choice if choice in ("none", "required") else {"type": "function", "name": choice}
    return {"tools": list(map(_tool, request.tools))} | ({} if choice == "auto" else {"tool_choice": chosen})


def _tool(tool: ToolSpec) -> dict[str, Any]:
    # Strict is the default here, and refuses every schema with an optional property.
    spec = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters), "strict": False}
    return {"type": "function"} | spec


def _said(turn: Turn) -> list[dict[str, Any]]:
    """Give the items of an answer.

    Reasoning goes back only before an item that came after it: alone it is refused ("provided without its required
    following item"), as happens when an answer was broken off.
    """
    items: list[dict[str, Any]] = []
    followed = False
    for part in reversed(turn.parts):
        if isinstance(part, Reasoning):
            items += [dict(part.state.value)] if part.state and followed else []
        elif isinstance(part, Text | ToolCall):
            items.append(_call(part) if isinstance(part, ToolCall) else _text(part))
            followed = part.state is not None
    return items[::-1]


def _text(part: Text) -> dict[str, Any]:
    if part.state is None:  # the type may be left out, but not every server sees then what it is
        return {"type": "message", "role": "assistant", "content": part.text}
    content = {"type": "output_text", "text": part.text, "annotations": [], "logprobs": []}
    return {"type": "message", "role": "assistant", "status": "completed", "content": [content], **part.state.value}


def _call(call: ToolCall) -> dict[str, Any]:
    arguments = call.arguments if arguments_object(call.arguments) else "{}"
    named = {"call_id": fitting_id(call.id, _CALL_ID), "name": call.name, "arguments": arguments}
    return {"type": "function_call"} | named | (dict(call.state.value) if call.state else {})


def _asked(turn: Turn) -> list[dict[str, Any]]:
    """Give the results, an item each, then what was said."""
    results = [_result(part) for part in turn.parts if isinstance(part, ToolResult)]
    said = [part for part in turn.parts if isinstance(part, Text | Image)]
    return [*results, {"role": "user", "content": _content(said)}] if said else results


def _result(result: ToolResult) -> dict[str, Any]:
    output = _content([Text(result.text), *result.images]) if result.images else result.text
    return {"type": "function_call_output", "call_id": fitting_id(result.call_id, _CALL_ID), "output": output}


def _content(parts: Sequence[Part]) -> str | list[dict[str, Any]]:
    if all(isinstance(part, Text) for part in parts):
        return "".join(part.text for part in parts if isinstance(part, Text))
    return [
        {"type": "input_image", "image_url": data_url(part), "detail": "auto"}
        if isinstance(part, Image)
        else {"type": "input_text", "text": part.text}
        for part in parts
        if isinstance(part, Image) or (isinstance(part, Text) and part.text)
    ]
