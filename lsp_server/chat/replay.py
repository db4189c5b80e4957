"""A stored conversation as the updates that show it again, in the words of the Agent Client Protocol.

https://agentclientprotocol.com/protocol/session-setup#loading-sessions. Showing a call again does not run it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from lsp_server.chat.segment import Segment
from lsp_server.models.messages import Image, Part, Reasoning, Text, ToolCall, ToolResult

Update: TypeAlias = dict[str, Any]


def replay(segments: Iterable[Segment]) -> Iterator[Update]:
    """Give the `update` of each `session/update`, in order; chunks carry the segment's id as `messageId`.

    A tool call whose card was kept as an "update" segment is shown as it was, and not made up a second time. A summary
    is shown as what it is: it was said by nobody.
    """
    kept = list(segments)
    cards = {each.value.get("toolCallId") for each in kept if each.kind == "update"}
    for segment in kept:
        if segment.kind == "update":
            yield dict(segment.value)
        elif segment.kind == "summary":
            yield _chunk("agent_thought_chunk", f"{segment.value.get('text', '')}", segment.id)
        elif segment.message is not None:
            is_user = segment.message.role == "user"
            for part in segment.message.parts:
                yield from _part(part, is_user, segment.id, cards)


def _part(part: Part, is_user: bool, segment_id: int, cards: set[Any]) -> Iterator[Update]:
    match part:
        case Text(text) if text:
            yield _chunk("user_message_chunk" if is_user else "agent_message_chunk", text, segment_id)
        case Reasoning(text) if text:
            yield _chunk("agent_thought_chunk", text, segment_id)
        case Image():
            kind = "user_message_chunk" if is_user else "agent_message_chunk"
            yield {"sessionUpdate": kind, "content": _image(part), "messageId": str(segment_id)}
        case ToolCall(call_id, name, arguments) if call_id not in cards:
            call = {"toolCallId": call_id, "title": name, "status": "in_progress"}
            yield {"sessionUpdate": "tool_call", **call, "rawInput": {"arguments": arguments}}
        case ToolResult(call_id, _, text, is_error, images) if call_id not in cards:
            contents = [{"type": "text", "text": text}, *map(_image, images)]
            yield {
                "sessionUpdate": "tool_call_update",
                "toolCallId": call_id,
                "status": "failed" if is_error else "completed",
                "content": [{"type": "content", "content": content} for content in contents],
            }
        case _:
            pass  # nothing to see, or shown by its card


def _chunk(kind: str, text: str, segment_id: int) -> Update:
    return {"sessionUpdate": kind, "content": {"type": "text", "text": text}, "messageId": str(segment_id)}


def _image(image: Image) -> dict[str, Any]:
    return {"type": "image", "mimeType": image.media_type, "data": base64.b64encode(image.data).decode("ascii")}
