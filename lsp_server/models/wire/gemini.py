"""The Gemini dialect: POST /models/{model}:streamGenerateContent (https://ai.google.dev/api/generate-content).

`base_url` ends in the version of the API, such as /v1beta. The key goes into a header: in the address it would be
logged.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import quote

from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    HttpRequest,
    Image,
    ModelRequest,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from lsp_server.models.wire.exchange import Decoder, chat_only, post, stops
from lsp_server.models.wire.gemini_answer import STATE, GeminiAnswer
from lsp_server.models.wire.openapi_schema import openapi_schema
from lsp_server.models.wire.tool_calls import arguments_object
from lsp_server.models.wire.turns import Turn, system_text, turns_of

# Stands for a signature where another model made the call (https://ai.google.dev/gemini-api/docs/thought-signatures).
_NO_SIGNATURE = {"thoughtSignature": "skip_thought_signature_validator"}
_LEVELS = ("minimal", "low", "medium", "high")


def encode(request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
    """Give the HTTP request. Raises FimUnsupported for a FimRequest."""
    name = endpoint.model if "/" in endpoint.model else f"models/{endpoint.model}"
    path = f"/{quote(name)}:streamGenerateContent?alt=sse"
    return post(endpoint, path, _body(chat_only(request, endpoint), endpoint))


def decoder(request: ModelRequest, endpoint: Endpoint | None = None) -> Decoder:
    """Give the decoder of one response; `endpoint` is named in its errors."""
    turn = len(request.messages) if isinstance(request, ChatRequest) else 0
    return Decoder(GeminiAnswer(endpoint.provider if endpoint else "", str(turn)), endpoint)


def _body(request: ChatRequest, endpoint: Endpoint) -> dict[str, Any]:
    system = system_text(request.messages)
    return {
        **({"systemInstruction": {"parts": [{"text": system}]}} if system else {}),
        "contents": [_content(turn) for turn in turns_of(request.messages, STATE, endpoint)],
        **_tools(request),
        "generationConfig": _generation(request),
    }


def _generation(request: ChatRequest) -> dict[str, Any]:
    stop = stops(request.stop)
    thinking = {"thinkingLevel": request.effort, "includeThoughts": True}
    return {
        "maxOutputTokens": request.max_tokens,
        **({"stopSequences": stop} if stop else {}),
        **({} if request.temperature is None else {"temperature": request.temperature}),
        **({"thinkingConfig": thinking} if request.effort in _LEVELS else {}),
    }


def _tools(request: ChatRequest) -> dict[str, Any]:
    if not request.tools:
        return {}
    choice = request.tool_choice
    modes: dict[str, dict[str, Any]] = {"none": {"mode": "NONE"}, "required": {"mode": "ANY"}}
    chosen = modes.get(choice, {"mode": "ANY", "allowedFunctionNames": [choice]})
    tools = {"tools": [{"functionDeclarations": list(map(_tool, request.tools))}]}
    return tools | ({} if choice == "auto" else {"toolConfig": {"functionCallingConfig": chosen}})


def _tool(tool: ToolSpec) -> dict[str, Any]:
    """Give a tool; one without arguments has no parameters, since an object without properties is refused."""
    schema = openapi_schema(tool.parameters)
    parameters = {"parameters": schema} if schema.get("properties") else {}
    return {"name": tool.name, "description": tool.description, **parameters}


def _content(turn: Turn) -> dict[str, Any]:
    calls = [part for part in turn.parts if isinstance(part, ToolCall)]
    foreign = calls[0] if calls and not any(call.state for call in calls) else None
    parts = [piece for part in turn.parts for piece in _parts(part)]
    if foreign:
        next(piece for piece in parts if "functionCall" in piece).update(_NO_SIGNATURE)
    return {"role": "model" if turn.role == "assistant" else "user", "parts": parts}


def _parts(part: Any) -> list[dict[str, Any]]:
    match part:
        case Reasoning(state=state):
            return [dict(state.value)] if state else []
        case Text(text, state):
            return [{"text": text, **(state.value if state else {})}]
        case Image():
            return [_image(part)]
        case ToolCall(call_id, name, arguments, state):
            call = {"id": call_id, "name": name, "args": arguments_object(arguments)}
            return [{"functionCall": call, **(state.value if state else {})}]
        case ToolResult(call_id, name, text, is_error, images):
            response = {"error" if is_error else "output": text}
            result = {"functionResponse": {"id": call_id, "name": name, "response": response}}
            return [result, *map(_image, images)]
        case _:
            return []


def _image(image: Image) -> dict[str, Any]:
    return {"inlineData": {"mimeType": image.media_type, "data": b64encode(image.data).decode()}}
