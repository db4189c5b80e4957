"""The dialect of Ollama: what is asked for, and what its lines of JSON say."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.errors import BadResponse, FimUnsupported, ModelError, Overloaded, Truncated
from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FimRequest,
    Finished,
    Image,
    Message,
    ModelRequest,
    ReasoningDelta,
    StreamEvent,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDone,
    ToolResult,
    ToolSpec,
    Usage,
)
from lsp_server.models.wire import ollama
from lsp_server.models.wire.fault import error_of

HERE = Endpoint("ollama", "ollama", "http://127.0.0.1:11434", "qwen2.5-coder:1.5b-base", local=True)
HOLE = FimRequest("def add(a, b):\n    return ", "\n\nprint(add(1, 2))\n", 32, ("\n",), 0.0)
ASKED = (Message.of("system", "Be brief."), Message.of("user", "Weather in Paris?"))
TOOL = ToolSpec("weather", "Give the weather.", {"type": "object", "properties": {"city": {"type": "string"}}})


def body(request: ModelRequest, path: str) -> dict[str, Any]:
    """Give the body of a request, which must go to this path, without what every body has."""
    message = ollama.encode(request, HERE)
    assert message.url == HERE.base_url + path
    assert message.headers["accept"] == "application/x-ndjson"
    value: dict[str, Any] = json.loads(message.body)
    assert (value.pop("stream"), value.pop("truncate"), value.pop("model")) == (True, False, HERE.model)
    return value


def events(chunks: Iterable[bytes], request: ModelRequest = HOLE) -> list[StreamEvent | type[ModelError]]:
    """Give the events of a response, and the class of the error that ended it, if any."""
    decoder = ollama.decoder(request, HERE)
    given: list[StreamEvent | type[ModelError]] = []
    try:
        for chunk in chunks:
            given += decoder.feed(chunk)
        given += decoder.end()
    except ModelError as error:
        given.append(type(error))
    return given


def lines(*values: dict[str, Any]) -> bytes:
    """Give values as a response."""
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def test_a_hole_to_fill() -> None:
    """The server's own template is filled with both sides of the cursor."""
    assert body(HOLE, "/api/generate") == {
        "prompt": HOLE.prefix,
        "suffix": HOLE.suffix,
        "options": {"num_predict": 32, "stop": ["\n"], "temperature": 0.0},
    }


def test_a_text_to_continue() -> None:
    """A plain continuation, which may be a rendered template, goes as it is, and no temperature with it unasked."""
    assert body(FimRequest("<PRE> a <SUF> b <MID>", None, 9), "/api/generate") == {
        "prompt": "<PRE> a <SUF> b <MID>",
        "raw": True,
        "options": {"num_predict": 9},
    }


@pytest.mark.parametrize(
    ("characters", "max_tokens", "window"),
    [(9_000, 1_000, None), (9_000, 2_000, 8_192), (30_000, 100, 16_384), (90_000, 1_000, 32_768)],
)
def test_a_long_prompt_asks_for_a_window_in_which_it_fits(characters: int, max_tokens: int, window: int | None) -> None:
    """Nothing is said while the usual window will do; else a power of two is asked for, so that it seldom changes."""
    request = FimRequest("x" * characters, None, max_tokens)
    assert body(request, "/api/generate")["options"].get("num_ctx") == window


def test_pictures_take_no_room_in_the_window() -> None:
    """The bytes of a picture are not the tokens of a text."""
    request = ChatRequest((Message("user", (Text("What is this?"), Image("image/png", b"x" * 100_000))),), 9)
    asked = body(request, "/api/chat")
    assert "num_ctx" not in asked["options"]
    assert len(asked["messages"][0]["images"]) == 1


def test_a_conversation_with_tools() -> None:
    """Arguments go as an object, results under the name of their tool, pictures beside the words."""
    call = ToolCall("c1", "weather", '{"city": "Paris"}')
    result = ToolResult("c1", "weather", "rain", images=(Image("image/png", b"\x01"),))
    messages = (*ASKED, Message("assistant", (Text("I look."), call)), Message("user", (result, Text("So?"))))
    asked = body(ChatRequest(messages, 64, tools=(TOOL,), effort="low"), "/api/chat")
    assert asked["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather in Paris?"},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Paris"}}}],
        },
        {"role": "tool", "tool_name": "weather", "content": "rain"},
        {"role": "user", "content": "So?", "images": ["AQ=="]},
    ]
    assert asked["tools"][0]["function"]["parameters"] == dict(TOOL.parameters)
    assert (asked["think"], asked["options"]) == ("low", {"num_predict": 64})


@pytest.mark.parametrize(("effort", "think"), [("", None), ("none", False), ("high", "high")])
def test_how_much_it_shall_think(effort: str, think: object) -> None:
    """Nothing is said about thinking unless it was asked for."""
    assert body(ChatRequest(ASKED, 9, effort=effort), "/api/chat").get("think") == think


def test_no_tools_when_none_shall_be_called() -> None:
    """This server has no word for a choice, so the tools are left out."""
    assert "tools" not in body(ChatRequest(ASKED, 9, tools=(TOOL,), tool_choice="none"), "/api/chat")


GENERATED = lines(
    {"model": "m", "response": "a ", "done": False},
    {"model": "m", "response": "+ bé", "done": False},
    {"model": "m", "response": "", "done": True, "done_reason": "stop", "prompt_eval_count": 26, "eval_count": 4},
)
CHATTED = lines(
    {"message": {"role": "assistant", "content": "", "thinking": "Hm."}, "done": False},
    {"message": {"role": "assistant", "content": "I look."}, "done": False},
    {
        "message": {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"function": {"name": "weather", "arguments": {"city": "Paris"}}},
                {"id": "call_9", "function": {"name": "weather", "arguments": {}}},
            ],
        },
        "done": False,
    },
    {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop", "eval_count": 7},
)


@given(st.integers(1, 40))
def test_a_filled_hole(size: int) -> None:
    """The pieces come as they are, and the counts with the end, wherever the bytes are cut."""
    given = events(GENERATED[start : start + size] for start in range(0, len(GENERATED), size))
    assert given == [TextDelta("a "), TextDelta("+ bé"), Finished("end_turn", Usage(26, 4))]


@given(st.integers(1, 60))
def test_an_answer_that_calls_tools(size: int) -> None:
    """Thoughts are apart, calls come whole, with an id if they had none, and the answer ends for their sake."""
    chunks = [CHATTED[start : start + size] for start in range(0, len(CHATTED), size)]
    thought, said, first, second, end = events(chunks, ChatRequest(ASKED, 9))
    assert (thought, said) == (ReasoningDelta("Hm."), TextDelta("I look."))
    assert isinstance(first, ToolCallDone)
    assert (first.call.name, json.loads(first.call.arguments)) == ("weather", {"city": "Paris"})
    assert len(first.call.id) == 9
    assert second == ToolCallDone(ToolCall("call_9", "weather", "{}"))
    assert end == Finished("tool_use", Usage(None, 7))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (lines({"response": "a", "done": False}), [TextDelta("a"), Truncated]),
        (lines({"response": "a", "done": False})[:-3], [Truncated]),
        (lines({"response": "a", "done": False}, {"error": "CUDA error"}), [TextDelta("a"), Overloaded]),
        (lines({"response": "a", "done": True, "done_reason": "length"}), [TextDelta("a"), Finished("max_tokens")]),
        (lines({"response": "", "done": True, "done_reason": "load"}), [Finished("unknown")]),
        (lines({"response": "a", "done": True}).rstrip(), [TextDelta("a"), Finished("unknown")]),
        (lines({"status": "pulling"}), [BadResponse]),
        (b"<html><body>Sign in</body></html>", [BadResponse]),
        (b"", [Truncated]),
    ],
)
def test_what_else_may_come(raw: bytes, expected: list[StreamEvent | type[ModelError]]) -> None:
    """A cut stream, an error in mid-stream, an odd end, and what is no answer at all."""
    assert events([raw]) == expected


def test_a_model_that_cannot_fill_in() -> None:
    """The refusal of a suffix leads on to the next way."""
    said = b'{"error":"registry.ollama.ai/library/llama3.2:latest does not support insert"}'
    assert isinstance(error_of(400, {}, said, HERE), FimUnsupported)


@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_the_decoder(raw: bytes) -> None:
    """Anything is an answer or one of our errors."""
    assert events([raw])
