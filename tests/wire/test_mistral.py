"""The dialect of Mistral: completions whose answers have the shape of a chat, and chats with ids of nine letters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FimRequest,
    Finished,
    Message,
    ModelRequest,
    TextDelta,
    ToolCall,
    ToolResult,
    Usage,
)
from lsp_server.models.wire import mistral

THERE = Endpoint("mistral", "mistral", "https://api.mistral.ai/v1", "codestral-latest", "k")

# The fields that its published schemas know; any other is refused.
FIM_FIELDS = {"model", "prompt", "suffix", "max_tokens", "stream", "stop", "temperature"}
CHAT_FIELDS = {"model", "messages", "max_tokens", "stream", "stop", "temperature", "tools", "tool_choice"}


def body(request: ModelRequest, path: str) -> dict[str, Any]:
    """Give the body of a request, which must go to this path."""
    message = mistral.encode(request, THERE)
    assert message.url == THERE.base_url + path
    assert message.headers["authorization"] == "Bearer k"
    value: dict[str, Any] = json.loads(message.body)
    return value


@pytest.mark.parametrize(
    ("request_", "asked"),
    [
        (FimRequest("a", "b", 9, ("\n",), 0.0), {"prompt": "a", "suffix": "b", "stop": ["\n"], "temperature": 0.0}),
        (FimRequest("a", "", 9), {"prompt": "a"}),
        (FimRequest("a", None, 9), {"prompt": "a"}),
        (FimRequest("a\ud800", None, 9), {"prompt": "a?"}),
    ],
)
def test_a_completion(request_: FimRequest, asked: dict[str, Any]) -> None:
    """Both sides go out under their names; without a suffix the prompt is continued; nothing unasked is sent."""
    value = body(request_, "/fim/completions")
    assert value == {"model": "codestral-latest", "max_tokens": 9, "stream": True, **asked}
    assert set(value) <= FIM_FIELDS


def test_a_chat() -> None:
    """Ids of tool calls that another endpoint made are made to fit, alike on both sides; usage is not asked for."""
    call, result = ToolCall("toolu_01A", "weather", "{}"), ToolResult("toolu_01A", "weather", "rain")
    messages = (Message.of("user", "Weather?"), Message("assistant", (call,)), Message("user", (result,)))
    value = body(ChatRequest(messages, 9, cache_key="x"), "/chat/completions")
    assert set(value) <= CHAT_FIELDS
    made = value["messages"][1]["tool_calls"][0]["id"]
    assert len(made) == 9
    assert made.isalnum()
    assert value["messages"][2]["tool_call_id"] == made


def test_an_answer_to_a_completion() -> None:
    """The text stands where that of a chat does, and the usage in the chunk that ends it."""
    chunks = [
        {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"index": 0, "delta": {"content": "return a"}}]},
        {
            "choices": [{"index": 0, "delta": {"content": " + b"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
        },
    ]
    raw = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n"
    decoder = mistral.decoder(FimRequest("a", "b", 9), THERE)
    given = [event for byte in raw for event in decoder.feed(bytes([byte]))] + decoder.end()
    assert given == [TextDelta("return a"), TextDelta(" + b"), Finished("end_turn", Usage(9, 4))]
