"""A conversation as a file to read (Markdown) or to work with (JSON), without secrets and without what is a provider's.

What is exported is data: nothing reads it back, runs its tools or takes over what was approved in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias

from context.redact import redact
from lsp_server.chat.message_json import message_value
from lsp_server.chat.segment import Segment, Stored
from lsp_server.models.messages import Image, Message, Part, Reasoning, Text, ToolCall, ToolResult

Clean: TypeAlias = Callable[[str], str]

_SPEAKERS = {"user": "You", "assistant": "Antiphon", "system": "System"}


def export_markdown(stored: Stored, known: Mapping[str, str]) -> str:
    """Give a conversation as Markdown. `known` are our own keys, by name; they and all that look so are taken out."""
    clean = partial(_clean, known=known)
    session = stored.session
    head = [
        f"# {_line(clean(session.title)) or 'Conversation'}",
        f"{_time(session.created_s)}, in `{_line(clean(session.cwd))}`"
        + (f", with {_line(session.model)}" if session.model else ""),
    ]
    blocks = [text for segment in stored.segments if (text := _segment_markdown(segment, clean))]
    return "\n\n".join([*head, *blocks]) + "\n"


def export_json(stored: Stored, known: Mapping[str, str]) -> str:
    """Give a conversation as a JSON text: the session, and its segments in their order."""
    clean = partial(_clean, known=known)
    session = stored.session
    value = {
        "version": 1,
        "session": {
            "sessionId": session.id,
            "cwd": session.cwd,
            "title": session.title,
            "createdAt": _time(session.created_s),
            "updatedAt": _time(session.updated_s),
            "parent": session.parent,
            "mode": session.mode,
            "model": session.model,
        },
        "segments": [_segment_value(segment) for segment in stored.segments],
    }
    return json.dumps(_changed(value, clean), indent=2, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"


def _segment_markdown(segment: Segment, clean: Clean) -> str:
    if segment.message is None:
        text = segment.value.get("text")
        is_summary = segment.kind == "summary" and isinstance(text, str)
        return f"## Summary of what stands above\n\n{clean(str(text))}" if is_summary else ""
    parts = [text for part in segment.message.parts if (text := _part_markdown(part, clean))]
    are_results = all(isinstance(part, ToolResult) for part in segment.message.parts)
    head = [] if are_results else [f"## {_SPEAKERS[segment.message.role]}"]
    return "\n\n".join([*head, *parts])


def _part_markdown(part: Part, clean: Clean) -> str:
    match part:
        case Text(text):
            return clean(text).strip()
        case Reasoning(text):
            return "\n".join(f"> {line}" for line in clean(text).strip().split("\n")) if text.strip() else ""
        case ToolCall(name=name, arguments=arguments):
            return f"**{_line(name)}**\n\n{_fenced(clean(arguments), 'json')}"
        case ToolResult(name=name, text=text, is_error=is_error, images=images):
            shown = [_part_markdown(image, clean) for image in images]
            verb = "failed" if is_error else "gave"
            return "\n\n".join([f"**{_line(name)}** {verb}", _fenced(clean(text)), *shown])
        case Image(media_type, data):
            return f"*A picture ({_line(media_type)}, {len(data):,} bytes)*"


def _segment_value(segment: Segment) -> dict[str, Any]:
    value = {"id": segment.id, "kind": segment.kind, "createdAt": _time(segment.created_s)}
    if segment.message is None:
        return value | {"value": dict(segment.value)}
    parts = tuple(part if isinstance(part, Image | ToolResult) else _stateless(part) for part in segment.message.parts)
    return value | {"message": message_value(Message(segment.message.role, parts))}


def _stateless(part: Text | Reasoning | ToolCall) -> Part:
    """Leave out what only its provider can read."""
    return replace(part, state=None)


def _changed(value: Any, clean: Clean) -> Any:
    """Clean all texts in a JSON value but those of pictures."""
    match value:
        case str():
            return clean(value)
        case list():
            return [_changed(each, clean) for each in value]
        case {"type": "image"}:
            return value
        case dict():
            return {name: _changed(each, clean) for name, each in value.items()}
        case _:
            return value


def _clean(text: str, known: Mapping[str, str]) -> str:
    return redact(text.encode("utf-8", "replace").decode(), known).text


def _fenced(text: str, language: str = "") -> str:
    longest = max(map(len, re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _line(text: str) -> str:
    return " ".join(text.replace("`", "'").split())


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
