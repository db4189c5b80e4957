"""What a session tells and asks, in the JSON of the Agent Client Protocol: the same for every face that speaks it.

https://agentclientprotocol.com/protocol/tool-calls
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, assert_never

from context.folders import path_of
from lsp_server.editor import (
    AgentMessageChunk,
    AgentThoughtChunk,
    PermissionAnswer,
    PermissionRequest,
    PlanUpdate,
    Replayed,
    ToolCallStarted,
    ToolCallUpdate,
    Update,
    UsageUpdate,
)
from lsp_server.tools.request import FileDiff, visible

Body: TypeAlias = dict[str, Any]

# What the person may answer, with the words for it and the protocol's kind.
_OPTIONS: Mapping[PermissionAnswer, tuple[str, str]] = {
    "once": ("Allow once", "allow_once"),
    "session": ("Allow exactly this for this conversation", "allow_always"),
    "no": ("Do not allow", "reject_once"),
    "never": ("Refuse exactly this for this conversation", "reject_always"),
}


def body_of(update: Update) -> Body:
    """Give the `update` of a `session/update`."""
    match update:
        case AgentMessageChunk(text=text):
            return {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": text}}
        case AgentThoughtChunk(text=text):
            return {"sessionUpdate": "agent_thought_chunk", "content": {"type": "text", "text": text}}
        case UsageUpdate(used=used, size=size):
            return {"sessionUpdate": "usage_update", "used": used, "size": size}
        case ToolCallStarted(_, call_id, title, kind, arguments):
            known = {"toolCallId": call_id, "title": title, "kind": kind, "status": "pending"}
            return {"sessionUpdate": "tool_call", **known, "rawInput": dict(arguments)}
        case ToolCallUpdate():
            return {"sessionUpdate": "tool_call_update", **_changes(update)}
        case PlanUpdate(entries=entries):
            steps = [{"content": text, "status": status, "priority": priority} for text, status, priority in entries]
            return {"sessionUpdate": "plan", "entries": steps}
        case Replayed(body=body):
            return dict(body)
        case _:
            assert_never(update)


def answers_to(asked: PermissionRequest) -> dict[str, PermissionAnswer]:
    """Give what the person may answer: the words for each, and what it means."""
    return {_OPTIONS[answer][0]: answer for answer in _answers(asked)}


def permission_body(asked: PermissionRequest) -> Body:
    """Give the params of a `session/request_permission`."""
    request = asked.request
    call = {
        "toolCallId": asked.call_id,
        "title": visible(request.title),
        "kind": request.kind,
        "status": "pending",
        "content": [*_contents(question_text(asked)), *map(_diff, request.diffs)],
    }
    options = [
        {"optionId": answer, "name": _OPTIONS[answer][0], "kind": _OPTIONS[answer][1]} for answer in _answers(asked)
    ]
    return {"sessionId": asked.session_id, "toolCall": call, "options": options}


def permission_answer(asked: PermissionRequest, result: object) -> PermissionAnswer | None:
    """Give what the result of a `session/request_permission` says; None for everything that is no answer to it."""
    match result:
        case {"outcome": {"outcome": "selected", "optionId": str(chosen)}}:
            return next((answer for answer in _answers(asked) if answer == chosen), None)
        case _:
            return None


def question_text(asked: PermissionRequest) -> str:
    """Give what the person must read before they say yes: the command itself, or what is touched; and why it is asked.

    Control, bidi and invisible characters show as escapes.
    """
    request = asked.request
    command = f"{request.command.text}\n(in {request.command.folder})" if request.command else ""
    places = "\n".join(dict.fromkeys((*(target.path for target in request.targets), *request.hosts)))
    return visible("\n".join(filter(None, (command or places, asked.why))))


def _answers(asked: PermissionRequest) -> Sequence[PermissionAnswer]:
    return tuple(_OPTIONS) if asked.lasting else ("once", "no")


def _changes(update: ToolCallUpdate) -> Body:
    body: Body = {"toolCallId": update.call_id, "status": update.status}
    if update.title:
        body["title"] = update.title
    if update.text or update.diffs:
        body["content"] = [*_contents(update.text), *map(_diff, update.diffs)]
    if update.locations:
        body["locations"] = [
            {"path": _path(uri), **({} if line is None else {"line": line})} for uri, line in update.locations
        ]
    return body


def _contents(text: str) -> list[Body]:
    return [{"type": "content", "content": {"type": "text", "text": text}}] if text else []


def _diff(diff: FileDiff) -> Body:
    return {"type": "diff", "path": _path(diff.uri), "oldText": diff.old, "newText": diff.new or ""}


def _path(uri: str) -> str:
    """Give the absolute path that the protocol wants; a text that is no file stays the URI that it is."""
    path = path_of(uri)
    return uri if path is None else str(path)
