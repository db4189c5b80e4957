"""The Anthropic dialect: POST /messages, streamed (https://docs.claude.com/en/api/messages).

`base_url` ends in /v1. An answer always has a bound, and what the model thought goes back as it came, signed.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
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
from lsp_server.models.wire.anthropic_answer import STATE, AnthropicAnswer
from lsp_server.models.wire.exchange import Decoder, chat_only, post, stops
from lsp_server.models.wire.tool_calls import arguments_object, fitting_id
from lsp_server.models.wire.turns import Turn, system_text, turns_of

VERSION = "2026-10-21"
# The later version refuses every sampling parameter, whichever the model; models that take one take it in this one.
_VERSION_WITH_SAMPLING = "2023-06-01"

_CALL_ID = r"[a-zA-Z0-9_-]+"
_BREAKPOINT = {"cache_control": {"type": "ephemeral"}}
_CHOICES = {"none": {"type": "none"}, "required": {"type": "any"}}


def encode(request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
    """Give the HTTP request. Raises FimUnsupported for a FimRequest."""
    chat = chat_only(request, endpoint)
    version = VERSION if chat.temperature is None else _VERSION_WITH_SAMPLING
    return post(endpoint, "/messages", _body(chat, endpoint), {"anthropic-version": version})


def decoder(request: ModelRequest, endpoint: Endpoint | None = None) -> Decoder:
    """Give the decoder of one response; `endpoint` is named in its errors."""
    turn = len(request.messages) if isinstance(request, ChatRequest) else 0
    return Decoder(AnthropicAnswer(endpoint.provider if endpoint else "", str(turn)), endpoint)


def _body(request: ChatRequest, endpoint: Endpoint) -> dict[str, Any]:
    turns = turns_of(request.messages, STATE, endpoint)
    system = system_text(request.messages)
    stop = stops(text for text in request.stop if text.strip())  # one of blanks alone is refused
    return {
        "model": endpoint.model,
        "max_tokens": request.max_tokens,
        **({"system": [{"type": "text", "text": system, **_BREAKPOINT}]} if system else {}),
        "messages": _messages(turns, goes_on=bool(request.tools) or len(turns) > 1),
        "stream": True,
        **_tools(request),
        **_effort(request),
        **({} if request.temperature is None else {"temperature": request.temperature}),
        **({"stop_sequences": stop} if stop else {}),
    }


def _effort(request: ChatRequest) -> dict[str, Any]:
    if request.effort in ("", "none"):
        return {}
    # A model that must call a tool may not think first: both together are refused.
    forced = request.tools and request.tool_choice not in ("auto", "none")
    thinking = {} if forced else {"thinking": {"type": "adaptive"}}
    return thinking | {"output_config": {"effort": request.effort}}


def _tools(request: ChatRequest) -> dict[str, Any]:
    if not request.tools:
        return {}
    tools = list(map(_tool, request.tools))
    tools[-1] |= _BREAKPOINT
    choice = request.tool_choice
    chosen = _CHOICES.get(choice, {"type": "tool", "name": choice})
    return {"tools": tools} | ({} if choice == "auto" else {"tool_choice": chosen})


def _tool(tool: ToolSpec) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)}


def _messages(turns: Iterable[Turn], *, goes_on: bool) -> list[dict[str, Any]]:
    """Give the conversation, with breakpoints for the cache at the end of its last two turns of the user.

    The next request reads up to the one and writes up to the other. A single question, which no other follows, is not
    worth the dearer writing. With those at the tools and at the instructions there are four, the most there may be.
    """
    said = [(turn.role, _blocks(turn.parts)) for turn in turns]
    asked = [blocks for role, blocks in said if role == "user"]
    for blocks in asked[-2:] if goes_on else []:
        blocks[-1] |= _BREAKPOINT
    return [{"role": role, "content": blocks} for role, blocks in said]


def _blocks(parts: Iterable[Part]) -> list[dict[str, Any]]:
    return [block for part in parts if (block := _block(part))]


def _block(part: Part) -> dict[str, Any] | None:
    """Give a part as a block; one that came from here goes back as it came."""
    match part:
        case Text(state=state) | Reasoning(state=state) if state:
            return dict(state.value)
        case Text(text):
            return {"type": "text", "text": text}
        case Image():
            return _image(part)
        case ToolCall():
            call_id = fitting_id(part.id, _CALL_ID)
            return {"type": "tool_use", "id": call_id, "name": part.name, "input": arguments_object(part.arguments)}
        case ToolResult():
            return _result(part)
        case _:
            return None


def _image(image: Image) -> dict[str, Any]:
    source = {"type": "base64", "media_type": image.media_type, "data": b64encode(image.data).decode()}
    return {"type": "image", "source": source}


def _result(result: ToolResult) -> dict[str, Any]:
    named = {"type": "tool_result", "tool_use_id": fitting_id(result.call_id, _CALL_ID)}
    content: str | list[dict[str, Any]] = result.text
    if result.images:
        text = [{"type": "text", "text": result.text}] if result.text.strip() else []
        content = [*text, *map(_image, result.images)]
    said: Mapping[str, Any] = {"content": content} if content else {}
    return {**named, **said, **({"is_error": True} if result.is_error else {})}
