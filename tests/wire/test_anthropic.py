"""The Anthropic dialect: what is sent, and how leniently an answer is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lsp_server.errors import BadResponse, ContextOverflow, FimUnsupported, Overloaded, RequestRefused, Truncated
from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FimRequest,
    Finished,
    HttpRequest,
    Image,
    Message,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
    Usage,
)
from lsp_server.models.wire import DIALECTS
from tests.wire import Heard, heard

ENDPOINT = Endpoint("work", "anthropic", "https://models.test/v1", "m1", key="secret-key", auth="x-api-key")
READ = ToolSpec("read", "Reads.", {"type": "object"})
RUN = ToolSpec("run", "Runs.", {"type": "object"})
MARK = {"type": "ephemeral"}


def encoded(request: ChatRequest, endpoint: Endpoint = ENDPOINT) -> HttpRequest:
    """Give the HTTP request."""
    return DIALECTS["anthropic"].encode(request, endpoint)


def sent(*messages: Message, **more: Any) -> dict[str, Any]:
    """Give the JSON body that goes out."""
    body: dict[str, Any] = json.loads(encoded(ChatRequest(messages, 64, **more)).body)
    return body


def said(*events: dict[str, Any]) -> Heard:
    """Decode a stream of these events."""
    return heard([b"event: x\ndata: " + json.dumps(event).encode() + b"\n\n" for event in events], "anthropic")


def begin(place: int, **block: Any) -> dict[str, Any]:
    """Give the start of a block."""
    return {"type": "content_block_start", "index": place, "content_block": block}


def add(place: int, kind: str, **fields: Any) -> dict[str, Any]:
    """Give a piece of a block."""
    return {"type": "content_block_delta", "index": place, "delta": {"type": kind, **fields}}


def end(reason: str, **more: Any) -> dict[str, Any]:
    """Give the reason for the end."""
    return {"type": "message_delta", "delta": {"stop_reason": reason, **more}, "usage": {"output_tokens": 2}}


START = {"type": "message_start", "message": {"usage": {"input_tokens": 5, "cache_read_input_tokens": 7}}}
STOP = {"type": "message_stop"}
Q = Message.of("user", "Why?")


def test_a_question_is_sent() -> None:
    """To /messages, with its bound, and with the instructions apart; nothing that was not asked for."""
    http = encoded(ChatRequest((Message.of("system", "Be brief."), Q), 64))
    assert http.url == "https://models.test/v1/messages"
    assert json.loads(http.body) == {
        "model": "m1",
        "max_tokens": 64,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": MARK}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Why?"}]}],
        "stream": True,
    }


def test_the_key_has_a_header_of_its_own() -> None:
    """It stands nowhere else."""
    http = encoded(ChatRequest((Q,), 1))
    assert http.headers["x-api-key"] == "secret-key"
    assert "authorization" not in http.headers
    assert b"secret-key" not in http.body


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ("bearer", {"authorization": "Bearer k"}),
        ("x-goog-api-key", {"x-goog-api-key": "k"}),
        ("api-key", {"api-key": "k"}),
        ("none", {}),
    ],
)
def test_a_key_goes_in_the_way_of_its_endpoint(auth: Any, header: dict[str, str]) -> None:
    """Gateways differ from the vendor; an empty key is not sent at all."""
    names = {"authorization", "x-api-key", "x-goog-api-key", "api-key"}
    for key, expected in (("k", header), ("", {})):
        headers = encoded(ChatRequest((Q,), 1), Endpoint("w", "anthropic", "http://x", "m", key=key, auth=auth)).headers
        assert {name: headers[name] for name in names & set(headers)} == expected


def test_sampling_goes_with_the_version_that_takes_it() -> None:
    """The newest version refuses it from every model; a header of the settings wins over either."""
    assert encoded(ChatRequest((Q,), 1)).headers["anthropic-version"] == "2026-10-21"
    warm = ChatRequest((Q,), 1, temperature=0.0)
    assert encoded(warm).headers["anthropic-version"] == "2023-06-01"
    assert json.loads(encoded(warm).body)["temperature"] == 0.0
    own = Endpoint("w", "anthropic", "http://x", "m", headers={"Anthropic-Version": "x"})
    assert encoded(warm, own).headers["anthropic-version"] == "x"


def test_effort_and_stops() -> None:
    """Effort is sent if asked for; stop texts of blanks alone are refused, so they are left out."""
    body = sent(Q, effort="high", stop=("\n\n", "END"))
    assert body["output_config"] == {"effort": "high"}
    assert body["thinking"] == {"type": "adaptive"}
    assert body["stop_sequences"] == ["END"]
    assert not {"thinking", "output_config", "stop_sequences"} & set(sent(Q, effort="none", stop=("\n",)))
    forced = sent(Q, effort="high", tools=(READ,), tool_choice="required")
    assert "thinking" not in forced, "refused together with a tool that must be called"
    assert forced["output_config"] == {"effort": "high"}


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [("none", {"type": "none"}), ("required", {"type": "any"}), ("run", {"type": "tool", "name": "run"})],
)
def test_tools_are_offered(choice: str, chosen: dict[str, str]) -> None:
    """With their schema as it is, and the choice if it is not left to the model."""
    body = sent(Q, tools=(READ, RUN), tool_choice=choice)
    assert body["tools"][0] == {"name": "read", "description": "Reads.", "input_schema": {"type": "object"}}
    assert body["tool_choice"] == chosen
    assert "tool_choice" not in sent(Q, tools=(READ,))


def test_four_places_are_kept_in_the_cache() -> None:
    """The tools, the instructions, and the last two turns of the person: never more than may be."""
    talk = [Message.of("user" if place % 2 == 0 else "assistant", str(place)) for place in range(7)]
    body = sent(Message.of("system", "S"), *talk, tools=(READ, RUN))
    assert ["cache_control" in tool for tool in body["tools"]] == [False, True]
    assert body["system"][-1]["cache_control"] == MARK
    assert ["cache_control" in message["content"][-1] for message in body["messages"]] == [
        *(False, False, False, False),
        *(True, False, True),
    ]
    assert json.dumps(body).count("cache_control") == 4


def test_a_single_question_is_not_kept() -> None:
    """Keeping costs more than it brings when nothing follows."""
    assert "cache_control" not in json.dumps(sent(Q))
    assert "cache_control" in json.dumps(sent(Q, tools=(READ,))["messages"])


def test_what_was_sent_before_is_sent_again_to_the_letter() -> None:
    """A request begins as the one before it, but for the marks: else nothing could be read from the cache."""
    talk = (Q, Message.of("assistant", "So."), Q, Message.of("assistant", "So."), Q)
    bodies = [sent(*talk[:count])["messages"] for count in (3, 5)]
    plain = [json.loads(json.dumps(body).replace(f', "cache_control": {json.dumps(MARK)}', "")) for body in bodies]
    assert plain[1][:3] == plain[0]


def test_results_and_pictures() -> None:
    """A result names its call, says whether it is an error, and may hold pictures; foreign ids are made to fit."""
    picture = Image("image/png", b"PNG")
    body = sent(
        Q,
        Message("assistant", (ToolCall("functions.read:0", "read", '{"a": 1}'), ToolCall("b", "run", "no JSON"))),
        Message(
            "user", (ToolResult("functions.read:0", "read", "x", images=(picture,)), ToolResult("b", "run", "", True))
        ),
    )
    first, second = body["messages"][1]["content"]
    assert first["input"] == {"a": 1}
    assert second["input"] == {}
    result, error = body["messages"][2]["content"]
    source = {"type": "base64", "media_type": "image/png", "data": "UE5H"}
    assert result["tool_use_id"] == first["id"]
    assert result["content"] == [{"type": "text", "text": "x"}, {"type": "image", "source": source}]
    assert error == {"type": "tool_result", "tool_use_id": "b", "is_error": True, "cache_control": MARK}


def test_it_has_no_completions() -> None:
    """A hole is refused with what to do about it."""
    for dialect in ("anthropic", "responses", "gemini"):
        with pytest.raises(FimUnsupported, match=r"can only chat.*providers\.work\.fim"):
            DIALECTS[dialect].encode(FimRequest("a", "b", 1), ENDPOINT)


def test_usage_is_put_together() -> None:
    """What was read from and written to the cache belongs to the input; counts are totals, and the last holds."""
    last = {"input_tokens": 6, "cache_creation_input_tokens": 3, "output_tokens": 9, "cache_read_input_tokens": None}
    counted = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": last}
    details = counted | {"usage": last | {"output_tokens_details": {"thinking_tokens": 4}}}
    assert said(START, counted, STOP).finished == Finished("end_turn", Usage(6 + 7 + 3, 9, 7, 3))
    assert said(START, counted, details, STOP).finished == Finished("end_turn", Usage(6 + 7 + 3, 9, 7, 3, 4))


@pytest.mark.parametrize(
    ("reason", "stop_reason", "detail"),
    [
        ("end_turn", "end_turn", ""),
        ("stop_sequence", "stop_sequence", ""),
        ("max_tokens", "max_tokens", ""),
        ("model_context_window_exceeded", "max_tokens", ""),
        ("refusal", "refusal", ""),
        ("pause_turn", "unknown", "pause_turn"),
    ],
)
def test_stop_reasons(reason: str, stop_reason: Any, detail: str) -> None:
    """Each has one of ours; what is not known is told in the endpoint's word."""
    assert said(START, end(reason), STOP).finished == Finished(stop_reason, Usage(12, 2, 7), detail)


def test_the_input_of_a_call_may_come_in_its_start() -> None:
    """Some gateways send it whole."""
    call = begin(0, type="tool_use", id="1", name="read", input={"a": 1})
    assert said(START, call, {"type": "content_block_stop", "index": 0}, end("tool_use"), STOP).calls == (
        ("1", "read", '{"a": 1}'),
    )


def test_a_message_that_begins_anew_takes_the_place_of_the_first() -> None:
    """What was called before is called again, or not."""
    calls = [begin(place, type="tool_use", id=str(place), name="read", input={}) for place in range(2)]
    assert said(START, *calls, START, calls[0], end("tool_use"), STOP).calls == (("0", "read", "{}"),)


def test_a_call_that_was_cut_is_none() -> None:
    """Also when its block was ended in form."""
    events = (
        START,
        begin(0, type="tool_use", id="1", name="write", input={}),
        add(0, "input_json_delta", partial_json='{"text": "half'),
        {"type": "content_block_stop", "index": 0},
        begin(1, type="tool_use", id="2", name="write", input={}),
        {"type": "content_block_stop", "index": 1},
    )
    assert said(*events, end("max_tokens"), STOP).calls == ()
    assert said(*events, end("tool_use"), STOP).calls == (("1", "write", '{"text": "half'), ("2", "write", "{}"))


def test_an_answer_that_was_not_streamed_is_understood() -> None:
    """A server that ignores `stream` sends one JSON body."""
    body = {
        "type": "message",
        "content": [{"type": "text", "text": "hi"}, {"type": "tool_use", "id": "1", "name": "f", "input": {}}],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 3, "output_tokens": 1},
    }
    assert heard([json.dumps(body, indent=2).encode()], "anthropic") == Heard(
        "hi", calls=(("1", "f", "{}"),), finished=Finished("tool_use", Usage(3, 1))
    )


def test_what_is_not_known_is_passed_over() -> None:
    """Events and deltas of kinds that are newer than this, and such that lack what they should have."""
    assert said(
        START,
        {"type": "news"},
        add(0, "text_delta", text="h"),
        add(0, "citations_delta", citation={}),
        add(0, "text_delta"),
        add(0, "text_delta", text="i"),
        {"type": "content_block_stop", "index": 9},
        begin(1, type="server_tool_use", id="s", name="search"),
        add(1, "input_json_delta", partial_json="{}"),
        {"type": "content_block_stop", "index": 1},
        end("end_turn"),
        STOP,
    ) == Heard("hi", finished=Finished("end_turn", Usage(12, 2, 7)))


@pytest.mark.parametrize(
    ("kind", "message", "error"),
    [
        ("overloaded_error", "Overloaded", Overloaded),
        ("api_error", "Internal server error", Overloaded),
        ("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum", ContextOverflow),
        ("invalid_request_error", "temperature: Extra inputs are not permitted", RequestRefused),
    ],
)
def test_errors_in_midstream(kind: str, message: str, error: type[Exception]) -> None:
    """An error after the answer began; what came before it stays."""
    event = {"type": "error", "error": {"type": kind, "message": message}}
    answer = said(START, add(0, "text_delta", text="hi"), event)
    assert (answer.text, answer.error) == ("hi", error)


def test_an_answer_without_its_end_is_truncated() -> None:
    """The reason for the end is what makes it one."""
    assert said(START, add(0, "text_delta", text="hi")).error is Truncated
    assert said(START, end("end_turn")).finished == Finished("end_turn", Usage(12, 2, 7))
    assert said({"choices": []}).error is BadResponse


def test_a_text_in_the_start_of_its_block_counts() -> None:
    """So some gateways begin."""
    assert said(START, begin(0, type="text", text="h"), add(0, "text_delta", text="i"), end("end_turn")).text == "hi"


def test_blank_texts_are_not_sent() -> None:
    """They are refused."""
    body = sent(Q, Message("assistant", (Text(" "), ToolCall("1", "read", "{}"))), Q)
    assert [block["type"] for block in body["messages"][1]["content"]] == ["tool_use"]
