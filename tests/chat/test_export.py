"""A conversation leaves as a file that can be read, holds no secret, and is only data."""

from __future__ import annotations

import json

from lsp_server.chat.export import export_json, export_markdown
from lsp_server.chat.replay import replay
from lsp_server.chat.segment import Segment, SessionRow, Stored
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

SESSION = SessionRow("0123456789abcdef0123456789abcdef", "/project", "The parser", 0, 60, model="work/coder")
STATE = ProviderState("dialect", "provider", {"encrypted": "opaque"})
KEY = "our-own-key-5f3a9b"


def message(role: Role, *parts: Part) -> Segment:
    """Give a stored message."""
    return Segment("message", Message(role, parts), id=7)


def stored(*segments: Segment) -> Stored:
    """Give a stored conversation."""
    return Stored(SESSION, segments)


TALK = stored(
    message("user", Text("What does it do?"), Image("image/png", b"pixels")),
    message("assistant", Reasoning("I look.\nThen tell.", STATE), ToolCall("1", "read", '{"path": "a.md"}', STATE)),
    message("user", ToolResult("1", "read", "```\ncode\n```")),
    Segment("summary", value={"text": "## Goal\n- a parser"}, id=8),
    Segment("update", value={"sessionUpdate": "plan", "entries": []}, id=9),
    message("assistant", Text("It parses.")),
)


def test_markdown_shows_who_said_what() -> None:
    """Questions, thoughts, calls with their results, a summary that says that it is one, and answers."""
    assert (
        export_markdown(TALK, {})
        == """\
# The parser

1970-01-01T00:00:00+00:00, in `/project`, with work/coder

## You

What does it do?

*A picture (image/png, 6 bytes)*

## Antiphon

> I look.
> Then tell.

**read**

```json
{"path": "a.md"}
```

**read** gave

````
```
code
```
````

## Summary of what stands above

## Goal
- a parser

## Antiphon

It parses.
"""
    )


def test_json_holds_everything_but_what_is_a_providers() -> None:
    """Ids, kinds and messages, as they were; no opaque state, which only its provider can read."""
    text = export_json(TALK, {})
    value = json.loads(text)
    assert [each["kind"] for each in value["segments"]] == [
        "message",
        "message",
        "message",
        "summary",
        "update",
        "message",
    ]
    assert value["session"]["sessionId"] == SESSION.id
    assert value["segments"][0]["message"]["parts"][1]["data"] == "cGl4ZWxz"
    assert value["segments"][4]["value"] == {"sessionUpdate": "plan", "entries": []}
    assert "opaque" not in text


def test_no_secret_is_exported() -> None:
    """Neither our own keys nor what looks like one, in words, arguments, results and titles."""
    secret = "AKIAIOSFODNN7EXAMPLQ"
    talk = Stored(
        SessionRow("1", "/p", f"key {KEY}"),
        (
            message("user", Text(f"Use {KEY} and {secret}")),
            message("assistant", ToolCall("1", "run", json.dumps({"env": KEY, "id": secret}))),
            message("user", ToolResult("1", "run", f"{secret}\n{KEY}")),
            Segment("summary", value={"text": f"- has {KEY}"}),
        ),
    )
    for text in (export_markdown(talk, {"WORK_KEY": KEY}), export_json(talk, {"WORK_KEY": KEY})):
        assert KEY not in text
        assert secret not in text


def test_strange_characters_can_be_exported() -> None:
    """Half a surrogate pair cannot be in a file, and does not keep the rest from it."""
    talk = stored(message("user", Text("half \ud83d of it")))
    assert "half ? of it" in export_markdown(talk, {})
    assert json.loads(export_json(talk, {}))["segments"][0]["message"]["parts"][0]["text"] == "half ? of it"


def test_a_conversation_is_shown_again_in_order() -> None:
    """Chunks with the ids of their messages, cards of calls, the kept updates; a summary poses as nobody."""
    shown = list(replay(TALK.segments))
    assert [each["sessionUpdate"] for each in shown] == [
        "user_message_chunk",
        "user_message_chunk",
        "agent_thought_chunk",
        "tool_call",
        "tool_call_update",
        "agent_thought_chunk",
        "plan",
        "agent_message_chunk",
    ]
    assert shown[0]["messageId"] == "7"
    assert (shown[3]["toolCallId"], shown[4]["status"]) == ("1", "completed")
    assert shown[-1]["content"] == {"type": "text", "text": "It parses."}


def test_a_call_whose_card_was_kept_is_shown_once() -> None:
    """The card knows more than the message: diffs, places, a title."""
    card = {"sessionUpdate": "tool_call", "toolCallId": "1", "title": "Read a.md"}
    shown = list(replay([*TALK.segments, Segment("update", value=card)]))
    assert [each.get("title") for each in shown if each.get("toolCallId") == "1"] == ["Read a.md"]
