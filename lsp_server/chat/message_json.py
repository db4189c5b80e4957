"""Messages as JSON texts, and back: everything that was said survives, pictures and providers' states included.

The text is plain ASCII, so that a half of a surrogate pair, which a model may write, can be stored too.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast, get_args

from lsp_server.errors import AssistantError
from lsp_server.models.messages import (
    Image,
    Message,
    Part,
    ProviderState,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)

# Raised when a reader of today could misunderstand what is written from then on.
VERSION = 1

Json: TypeAlias = Mapping[str, Any]


class UnreadableMessage(AssistantError):
    """A stored message cannot be understood."""


def message_json(message: Message) -> str:
    """Give a message as a JSON text."""
    return json.dumps({"version": VERSION, **message_value(message)}, separators=(",", ":"))


def message_value(message: Message) -> dict[str, Any]:
    """Give a message as a JSON object."""
    return {"role": message.role, "parts": [_part_value(part) for part in message.parts]}


def message_of(text: str) -> Message:
    """Give the message of a JSON text. Raises UnreadableMessage when it is none, or of a later version."""
    try:
        value = json.loads(text)
        version = value["version"]
        if version > VERSION:
            raise UnreadableMessage("A message was stored by a newer Antiphon: update this one to read it.")
        if value["role"] not in get_args(Role):
            raise ValueError(f"there is no role {value['role']!r}")
        return Message(cast(Role, value["role"]), tuple(_PARTS[part["type"]](part) for part in value["parts"]))
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise UnreadableMessage(
            "A stored message cannot be read: the store was damaged or changed by something else."
        ) from error


def _part_value(part: Part) -> dict[str, Any]:
    match part:
        case Text(text, state):
            return {"type": "text", "text": text, **_state_value(state)}
        case Reasoning(text, state):
            return {"type": "reasoning", "text": text, **_state_value(state)}
        case ToolCall(call_id, name, arguments, state):
            return {"type": "tool_call", "id": call_id, "name": name, "arguments": arguments, **_state_value(state)}
        case ToolResult(call_id, name, text, is_error, images):
            value = {"type": "tool_result", "call_id": call_id, "name": name, "text": text, "is_error": is_error}
            return value | ({"images": [_image_value(image) for image in images]} if images else {})
        case Image():
            return _image_value(part)


def _image_value(image: Image) -> dict[str, Any]:
    return {"type": "image", "media_type": image.media_type, "data": base64.b64encode(image.data).decode("ascii")}


def _state_value(state: ProviderState | None) -> dict[str, Any]:
    if state is None:
        return {}
    return {"state": {"dialect": state.dialect, "provider": state.provider, "value": dict(state.value)}}


def _image(value: Json) -> Image:
    return Image(_text(value, "media_type"), base64.b64decode(_text(value, "data"), validate=True))


def _result(value: Json) -> ToolResult:
    images = tuple(_image(each) for each in value.get("images", ()))
    return ToolResult(
        _text(value, "call_id"), _text(value, "name"), _text(value, "text"), bool(value["is_error"]), images
    )


def _call(value: Json) -> ToolCall:
    return ToolCall(_text(value, "id"), _text(value, "name"), _text(value, "arguments"), _state(value))


def _state(value: Json) -> ProviderState | None:
    state = value.get("state")
    if state is None:
        return None
    return ProviderState(_text(state, "dialect"), _text(state, "provider"), dict(state["value"]))


def _text(value: Json, name: str) -> str:
    text = value[name]
    if not isinstance(text, str):
        raise TypeError(f"{name} is no text")
    return text


_PARTS: Mapping[str, Callable[[Json], Part]] = {
    "text": lambda value: Text(_text(value, "text"), _state(value)),
    "reasoning": lambda value: Reasoning(_text(value, "text"), _state(value)),
    "tool_call": _call,
    "tool_result": _result,
    "image": _image,
}
