"""A conversation and its tools as the fields of a chat completions request
(https://platform.openai.com/docs/api-reference/chat/create).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Any

from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    Image,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from lsp_server.models.wire.tool_calls import arguments_object, fitting_id
from lsp_server.models.wire.turns import Turn, system_text, turns_of

# Marks the states that belong to this shape, whichever dialect it is spoken in.
STATE = "chat"
CALL_ID = r".{1,40}"


def messages_of(request: ChatRequest, endpoint: Endpoint, call_id: str = CALL_ID) -> list[dict[str, Any]]:
    """Give the conversation. `call_id` is the pattern that ids of tool calls must match there."""
    system = system_text(request.messages)
    given = [{"role": "system", "content": system}] if system else []
    for turn in turns_of(request.messages, STATE, endpoint):
        given += _assistant(turn, call_id) if turn.role == "assistant" else _user(turn, call_id)
    return given


def tools_of(request: ChatRequest) -> dict[str, Any]:
    """Give the fields that offer the tools; none without tools."""
    if not request.tools:
        return {}
    choice = request.tool_choice
    by_name = {"type": "function", "function": {"name": choice}}
    chosen = {"tool_choice": choice if choice in ("none", "required") else by_name} if choice != "auto" else {}
    return {"tools": list(map(_tool, request.tools))} | chosen


def data_url(image: Image) -> str:
    """Give a picture as a URL that holds all of it."""
    return f"data:{image.media_type};base64,{b64encode(image.data).decode()}"


def _tool(tool: ToolSpec) -> dict[str, Any]:
    spec = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": spec}


def _assistant(turn: Turn, call_id: str) -> list[dict[str, Any]]:
    """Give the answer. Its reasoning goes back only beside tool calls, where some endpoints demand it."""
    text = "".join(part.text for part in turn.parts if isinstance(part, Text))
    calls = [_call(part, call_id) for part in turn.parts if isinstance(part, ToolCall)]
    if calls:
        return [{"role": "assistant", "content": text or None, **_thoughts(turn.parts), "tool_calls": calls}]
    return [{"role": "assistant", "content": text}] if text else []


def _call(call: ToolCall, call_id: str) -> dict[str, Any]:
    # Some servers parse the arguments and fail when they are no object: then an empty one must do.
    arguments = call.arguments if arguments_object(call.arguments) else "{}"
    function = {"name": call.name, "arguments": arguments}
    state = call.state.value if call.state else {}
    return {"id": fitting_id(call.id, call_id), "type": "function", "function": function, **state}


def _thoughts(parts: Iterable[Part]) -> dict[str, Any]:
    """Give what the reasoning of a turn was sent as, under the same names."""
    given: dict[str, Any] = {}
    for part in parts:
        if isinstance(part, Reasoning) and part.state:
            given |= {name: given[name] + value if name in given else value for name, value in part.state.value.items()}
    return given


def _user(turn: Turn, call_id: str) -> list[dict[str, Any]]:
    """Give the results, a message each; then what was said, with the pictures for which results have no place."""
    results = [part for part in turn.parts if isinstance(part, ToolResult)]
    said: list[Part] = [image for result in results for image in result.images]
    said += [part for part in turn.parts if isinstance(part, Text | Image)]
    answers: list[dict[str, Any]] = [
        {"role": "tool", "tool_call_id": fitting_id(result.call_id, call_id), "content": result.text}
        for result in results
    ]
    return [*answers, {"role": "user", "content": _content(said)}] if said else answers


def _content(parts: Sequence[Part]) -> str | list[dict[str, Any]]:
    """Give a text, which every server takes, or a list of parts where a picture makes it necessary."""
    if all(isinstance(part, Text) for part in parts):
        return "".join(part.text for part in parts if isinstance(part, Text))
    return [
        {"type": "image_url", "image_url": {"url": data_url(part)}}
        if isinstance(part, Image)
        else {"type": "text", "text": part.text}
        for part in parts
        if isinstance(part, Text | Image)
    ]
