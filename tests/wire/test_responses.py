"""The Responses dialect: what is sent, and how leniently an answer is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lsp_server.errors import BadResponse, Overloaded, RateLimited, RequestRefused, Truncated
from lsp_server.models.messages import (
    ChatRequest,
    Finished,
    Image,
    Message,
    Part,
    ProviderState,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
    Usage,
)
from lsp_server.models.wire import DIALECTS
from tests.wire import WORK, Heard, heard

READ = ToolSpec("read", "Reads.", {"type": "object"})
Q = Message.of("user", "Why?")
THOUGHT = ProviderState("responses", "work", {"type": "reasoning", "id": "rs_1", "encrypted_content": "x"})
SAID = ProviderState("responses", "work", {"id": "msg_1"})


def sent(*messages: Message, **more: Any) -> dict[str, Any]:
    """Give the JSON body that goes out."""
    http = DIALECTS["responses"].encode(ChatRequest(messages, 64, **more), WORK)
    assert http.url == "https://models.test/v1/responses"
    body: dict[str, Any] = json.loads(http.body)
    return body


def said(*events: dict[str, Any]) -> Heard:
    """Decode a stream of these events; a type gets its prefix."""
    named = [event | {"type": f"response.{event['type']}"} for event in events]
    return heard([b"data: " + json.dumps(event).encode() + b"\n\n" for event in named], "responses")


def completed(*output: Any, **more: Any) -> dict[str, Any]:
    """Give the last event."""
    response = {"status": "completed", "output": list(output), "usage": {"input_tokens": 3}, **more}
    return {"type": "completed", "response": response}


def call(**more: Any) -> dict[str, Any]:
    """Give an item that is a call."""
    return {"type": "function_call", "id": "fc_1", "call_id": "1", "name": "f", "arguments": "{}", **more}


def message(*texts: str) -> dict[str, Any]:
    """Give an item that is a message."""
    return {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": text} for text in texts]}


def test_a_question_is_sent() -> None:
    """Nothing is stored, so that reasoning must come back encrypted; a bound that is too low is raised."""
    assert sent(Message.of("system", "Be brief."), Q) == {
        "model": "m1",
        "instructions": "Be brief.",
        "input": [{"role": "user", "content": "Why?"}],
        "max_output_tokens": 64,
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
    }
    low = DIALECTS["responses"].encode(ChatRequest((Q,), 1), WORK)
    assert json.loads(low.body)["max_output_tokens"] == 16


def test_what_was_asked_for_is_sent() -> None:
    """Effort, the key of the conversation, temperature, the choice of a tool; stop texts have no place."""
    body = sent(Q, effort="none", cache_key="talk", temperature=0.5, tools=(READ,), tool_choice="read", stop=("a",))
    assert body["reasoning"] == {"effort": "none"}
    assert body["prompt_cache_key"] == "talk"
    assert body["temperature"] == 0.5
    assert body["tools"] == [
        {"type": "function", "name": "read", "description": "Reads.", "parameters": {"type": "object"}, "strict": False}
    ]
    assert body["tool_choice"] == {"type": "function", "name": "read"}
    assert "stop" not in body


@pytest.mark.parametrize(
    ("parts", "types"),
    [
        ((Reasoning("", THOUGHT), Text("a", SAID)), ["reasoning", "message"]),
        ((Reasoning("", THOUGHT), Reasoning("", THOUGHT), Text("a", SAID)), ["reasoning", "reasoning", "message"]),
        ((Reasoning("", THOUGHT), Text("a")), ["message"]),
        ((Text("a", SAID), Reasoning("", THOUGHT)), ["message"]),
        ((Reasoning("", THOUGHT), ToolCall("1", "f", "{}", SAID)), ["reasoning", "function_call"]),
    ],
)
def test_reasoning_goes_only_before_what_came_after_it(parts: tuple[Part, ...], types: list[str]) -> None:
    """Without that it is refused; an answer that was broken off lacks it."""
    items = sent(Q, Message("assistant", parts), Q)["input"]
    assert [item.get("type") for item in items[1 : 1 + len(types)]] == types


def test_results_and_pictures() -> None:
    """A result is an item; pictures stand in it, or in what the person says."""
    picture = Image("image/png", b"PNG")
    items = sent(
        Message("user", (Text("Look:"), picture)),
        Message("assistant", (ToolCall("1", "f", ""),)),
        Message("user", (ToolResult("1", "f", "x", images=(picture,)),)),
    )["input"]
    shown = {"type": "input_image", "image_url": "data:image/png;base64,UE5H", "detail": "auto"}
    assert items[0]["content"] == [{"type": "input_text", "text": "Look:"}, shown]
    assert items[1] == {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}
    assert items[2]["output"] == [{"type": "input_text", "text": "x"}, shown]


@pytest.mark.parametrize(
    "events",
    [
        [{"type": "output_item.done", "output_index": 0, "item": message("h", "i")}, completed()],
        [completed(message("hi"))],
        [
            {"type": "output_text.delta", "item_id": "msg_1", "delta": "hi"},
            {"type": "output_item.done", "item": message("hi")},
            completed(message("hi")),
        ],
        [
            {"type": "output_text.delta", "output_index": 0, "item_id": "a", "delta": "h"},
            {"type": "output_text.delta", "output_index": 0, "item_id": "b", "delta": "i"},
            {"type": "news"},
            {"type": "output_item.done", "output_index": 0, "item": message("hi") | {"id": "c"}},
            completed(message("hi")),
        ],
    ],
    ids=["no deltas", "only the end", "no place", "ids that change"],
)
def test_a_text_is_said_once(events: list[dict[str, Any]]) -> None:
    """In whichever of the events it stands."""
    assert said(*events) == Heard("hi", finished=Finished("end_turn", Usage(3)))


@pytest.mark.parametrize(
    "events",
    [
        [completed(call())],
        [{"type": "output_item.added", "item": call(arguments="")}, completed(call())],
        [{"type": "output_item.added", "output_index": 0, "item": call(arguments="")}, completed(call())],
        [{"type": "output_item.done", "item": call()}, completed(call())],
        [
            {"type": "output_item.added", "output_index": 0, "item": call(arguments="")},
            {"type": "function_call_arguments.delta", "output_index": 0, "delta": "{"},
            {"type": "output_item.done", "output_index": 0, "item": call()},
            completed(),
        ],
        [
            {"type": "output_item.added", "output_index": 0, "item": call(arguments="")},
            {"type": "function_call_arguments.delta", "output_index": 0, "delta": "{}"},
            completed(),
        ],
        [completed(call(arguments={}))],
    ],
)
def test_a_call_is_given_once(events: list[dict[str, Any]]) -> None:
    """In whichever of the events it stands; what its item says when it is done is the truth."""
    assert said(*events) == Heard(calls=(("1", "f", "{}"),), finished=Finished("tool_use", Usage(3)))


def test_reasoning_is_shown() -> None:
    """Its summary has paragraphs; without deltas it is read from the item."""
    item = {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "whole"}]}
    assert said({"type": "output_item.done", "output_index": 0, "item": item}, completed()).reasoning == "whole"
    assert (
        said(
            {"type": "reasoning_summary_part.added", "output_index": 0, "summary_index": 0},
            {"type": "reasoning_summary_text.delta", "output_index": 0, "delta": "a"},
            {"type": "reasoning_summary_part.added", "output_index": 0, "summary_index": 1},
            {"type": "reasoning_summary_text.delta", "output_index": 0, "delta": "b"},
            {"type": "output_item.done", "output_index": 0, "item": item},
            completed(item),
        ).reasoning
        == "a\n\nb"
    )


@pytest.mark.parametrize(
    ("reason", "end"),
    [
        ("max_output_tokens", Finished("max_tokens", Usage(3), "max_output_tokens")),
        ("content_filter", Finished("refusal", Usage(3), "content_filter")),
        ("news", Finished("unknown", Usage(3), "news")),
    ],
)
def test_an_answer_that_is_incomplete(reason: str, end: Finished) -> None:
    """It says why; a call in it that is not whole is none."""
    last = completed(
        call(arguments='{"a', status="incomplete"), status="incomplete", incomplete_details={"reason": reason}
    )
    assert said(last | {"type": "incomplete"}) == Heard(finished=end)


def test_a_refusal_is_a_text_and_a_reason() -> None:
    """The person reads it."""
    events = [{"type": "refusal.delta", "output_index": 0, "delta": "No."}, completed()]
    assert said(*events) == Heard("No.", finished=Finished("refusal", Usage(3)))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "server_error", "message": "x"}, Overloaded),
        ({"code": "rate_limit_exceeded", "message": "x"}, RateLimited),
        ({"code": "invalid_prompt", "message": "x"}, RequestRefused),
        (None, Overloaded),
    ],
)
def test_an_answer_that_failed(error: Any, kind: type[Exception]) -> None:
    """The last event holds the error; what came before it stays."""
    failed = {"type": "failed", "response": {"status": "failed", "error": error}}
    answer = said({"type": "output_text.delta", "output_index": 0, "delta": "hi"}, failed)
    assert (answer.text, answer.error) == ("hi", kind)


def test_an_answer_that_was_not_streamed_is_understood() -> None:
    """A server that ignores `stream` sends one JSON body."""
    body = {"object": "response", "status": "completed", "error": None, "output": [message("hi"), call()]}
    assert heard([json.dumps(body, indent=2).encode()], "responses") == Heard(
        "hi", calls=(("1", "f", "{}"),), finished=Finished("tool_use")
    )


def test_an_answer_without_its_end_is_truncated() -> None:
    """Unless the stream is ended in form, as some proxies do."""
    text = b'data: {"type":"response.output_text.delta","output_index":0,"delta":"hi"}\n\n'
    assert heard([text], "responses").error is Truncated
    assert heard([text, b"data: [DONE]\n\n"], "responses") == Heard("hi", finished=Finished("unknown"))
    assert heard([b'data: {"choices":[]}\n\n'], "responses").error is BadResponse
