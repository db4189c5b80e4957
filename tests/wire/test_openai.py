"""The OpenAI dialect: what is sent, and how leniently an answer is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lsp_server.errors import BadResponse, ContextOverflow, Overloaded, RateLimited, RequestRefused, Truncated
from lsp_server.models.answer import assistant_message
from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FileText,
    FimRequest,
    Finished,
    Image,
    Message,
    ModelRequest,
    Text,
    TextDelta,
    ToolCall,
    ToolResult,
    Usage,
)
from lsp_server.models.wire import DIALECTS
from tests.wire import CHAT, Heard, decoded, heard

ENDPOINT = Endpoint("work", "openai", "https://models.test/v1", "m1", key="secret-key", headers={"X-Team": "blue"})
QUESTION = ChatRequest((Message.of("system", "Be brief."), Message.of("user", "Why?")), 64)


def sent(request: ModelRequest, dialect: str = "openai", endpoint: Endpoint = ENDPOINT) -> tuple[str, dict[str, Any]]:
    """Give the URL and the JSON body that go out."""
    http = DIALECTS[dialect].encode(request, endpoint)
    assert http.method == "POST"
    return http.url, json.loads(http.body)


def said(*values: Any, done: bool = True) -> Heard:
    """Decode a stream of these JSON values."""
    events = [b"data: " + json.dumps(value).encode() + b"\n\n" for value in values]
    return heard([*events, *([b"data: [DONE]\n\n"] if done else [])])


def chunk(delta: Any, finish_reason: str | None = None, **more: Any) -> dict[str, Any]:
    """Give one chunk of a chat answer."""
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}], **more}


def test_a_hole_is_sent_with_its_suffix() -> None:
    """A FimRequest goes to /completions, streamed, with the prefix as prompt."""
    assert sent(FimRequest("def f(", "):\n", 32)) == (
        "https://models.test/v1/completions",
        {"model": "m1", "prompt": "def f(", "suffix": "):\n", "max_tokens": 32, "stream": True},
    )


def test_a_plain_continuation_sends_no_suffix() -> None:
    """Without a suffix the field is left out; with an empty one it is sent."""
    assert "suffix" not in sent(FimRequest("x", None, 1))[1]
    assert sent(FimRequest("x", "", 1))[1]["suffix"] == ""


def test_a_question_is_sent_as_messages() -> None:
    """A ChatRequest goes to /chat/completions, streamed, and asks for the usage."""
    url, body = sent(QUESTION)
    assert url == "https://models.test/v1/chat/completions"
    assert body == {
        "model": "m1",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}],
        "max_completion_tokens": 64,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_compatible_servers_are_told_max_tokens() -> None:
    """The one difference of the dialect "openai-compatible": the old name of the limit, which all servers know."""
    body = sent(QUESTION, "openai-compatible")[1]
    assert body["max_tokens"] == 64
    assert "max_completion_tokens" not in body


def test_what_was_not_asked_for_is_not_sent() -> None:
    """Temperature and stop strings are sent only if set; of the stops the first four that are not empty."""
    assert not {"temperature", "stop", "logit_bias"} & set(sent(FimRequest("x", None, 1, banned=("y",)))[1])
    body = sent(FimRequest("x", None, 1, stop=("", "a", "b", "c", "d", "e"), temperature=0.0))[1]
    assert body["stop"] == ["a", "b", "c", "d"]
    assert body["temperature"] == 0.0


def test_other_files_have_no_place() -> None:
    """Files that go along are left out rather than sent under a name that no server knows."""
    assert sent(FimRequest("x", "y", 1, files=(FileText("a.py", "A"),))) == sent(FimRequest("x", "y", 1))


def test_only_the_vendor_is_told_which_conversation_it_is() -> None:
    """Other servers may refuse a field that they do not know; effort is sent wherever it was asked for."""
    request = ChatRequest(QUESTION.messages, 64, effort="low", cache_key="talk-1")
    assert sent(request)[1]["prompt_cache_key"] == "talk-1"
    assert "prompt_cache_key" not in sent(request, "openai-compatible")[1]
    assert sent(request, "openai-compatible")[1]["reasoning_effort"] == "low"


def test_a_conversation_with_tools_and_pictures() -> None:
    """Results are messages of their own, and their pictures come right after; a long id is made to fit."""
    picture, long_id = Image("image/png", b"PNG"), "x" * 41
    shown = {"type": "image_url", "image_url": {"url": "data:image/png;base64,UE5H"}}
    messages = sent(
        ChatRequest(
            (
                Message("user", (Text("Look:"), picture)),
                Message("assistant", (Text("So."), ToolCall("1", "f", '{"a":1}'), ToolCall(long_id, "g", ""))),
                Message(
                    "user", (ToolResult("1", "f", "x", images=(picture,)), ToolResult(long_id, "g", "y"), Text("?"))
                ),
            ),
            64,
        )
    )[1]["messages"]
    assert messages[0] == {"role": "user", "content": [{"type": "text", "text": "Look:"}, shown]}
    fitting = messages[1]["tool_calls"][1]["id"]
    assert messages[1:] == [
        {
            "role": "assistant",
            "content": "So.",
            "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
                {"id": fitting, "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "1", "content": "x"},
        {"role": "tool", "tool_call_id": fitting, "content": "y"},
        {"role": "user", "content": [shown, {"type": "text", "text": "?"}]},
    ]
    assert len(fitting) <= 40


def test_what_a_server_adds_to_a_call_goes_back_with_it() -> None:
    """Signatures of a model that is spoken to in this dialect."""
    extra = {"google": {"thought_signature": "s"}}
    delta = {
        "tool_calls": [{"index": 0, "id": "1", "function": {"name": "f", "arguments": "{}"}, "extra_content": extra}]
    }
    lines = [f"data: {json.dumps(each)}\n\n".encode() for each in (chunk(delta), chunk({}, "stop"))]
    answer = assistant_message(decoded(lines)[0])
    request = ChatRequest((Message.of("user", "?"), answer), 1)
    assert sent(request)[1]["messages"][1]["tool_calls"][0]["extra_content"] == extra


def test_a_refusal_is_a_text_and_a_reason() -> None:
    """The person reads it."""
    assert said(chunk({"refusal": "No."}), chunk({}, "stop")) == Heard("No.", finished=Finished("refusal"))


def test_the_key_goes_into_a_header_only() -> None:
    """The key is a Bearer token, and stands neither in the body nor in the repr of the request."""
    http = DIALECTS["openai"].encode(QUESTION, ENDPOINT)
    assert http.headers["authorization"] == "Bearer secret-key"
    assert http.headers["x-team"] == "blue"
    assert b"secret-key" not in http.body
    assert "secret-key" not in repr(http) + repr(ENDPOINT)


def test_a_header_of_the_settings_wins() -> None:
    """A provider that wants its key in another way can have it."""
    endpoint = Endpoint("work", "openai", "http://x", "m", key="k", headers={"Authorization": "Basic eA=="})
    assert DIALECTS["openai"].encode(QUESTION, endpoint).headers["authorization"] == "Basic eA=="


def test_half_a_surrogate_pair_does_not_break_the_request() -> None:
    """An editor can hold half a character; it is sent as a question mark."""
    assert sent(FimRequest("'\ud83d'é🎉", None, 1))[1]["prompt"] == "'?'é🎉"


@pytest.mark.parametrize(
    ("content", "text", "reasoning"),
    [
        ("hi", "hi", ""),
        (None, "", ""),
        ("", "", ""),
        ([{"type": "text", "text": "hi"}], "hi", ""),
        (
            [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "hi"}],
            "hi",
            "hm",
        ),
        (["hi", None, 3, {"type": "image_url"}], "hi", ""),
        (7, "", ""),
    ],
)
def test_content_comes_in_many_shapes(content: Any, text: str, reasoning: str) -> None:
    """A content is a text, null, or a list of blocks; what is unknown in it is passed over."""
    answer = said(chunk({"content": content}), chunk({}, "stop"))
    assert (answer.text, answer.reasoning) == (text, reasoning)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_has_two_names(name: str) -> None:
    """Reasoning is told apart from the answer under either name."""
    answer = said(chunk({name: "hm", "content": "hi"}), chunk({}, "stop"))
    assert (answer.text, answer.reasoning) == ("hi", "hm")


@pytest.mark.parametrize(
    ("finish_reason", "stop_reason"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("tool_calls", "tool_use"),
        ("content_filter", "refusal"),
        ("something new", "unknown"),
    ],
)
def test_stop_reasons(finish_reason: str, stop_reason: str) -> None:
    """Every finish_reason has a stop reason of ours; an unknown one is "unknown"."""
    assert said(chunk({}, finish_reason)).finished == Finished(stop_reason)  # type: ignore[arg-type]  # a table of texts


def test_the_last_usage_that_says_something_counts() -> None:
    """Usage may be null, partial, or come twice: the last that is not null holds, and nothing is added up."""
    first = {"prompt_tokens": 1, "completion_tokens": 1}
    second = {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
    answer = said(chunk({}, "stop", usage=first), {"choices": [], "usage": second}, {"choices": [], "usage": None})
    assert answer.finished == Finished("end_turn", Usage(5, 2, 4))


@pytest.mark.parametrize(
    "usage", [None, "many", {"prompt_tokens": "7"}, {"prompt_tokens": True}, {"prompt_tokens": -1}]
)
def test_unknown_usage_is_none(usage: Any) -> None:
    """What is no count of tokens is unknown, never zero."""
    assert said(chunk({}, "stop", usage=usage)).finished == Finished("end_turn", Usage())


def test_the_end_comes_once() -> None:
    """After [DONE] nothing counts any more."""
    assert heard(
        [b'data: {"choices":[{"finish_reason":"stop"}]}\n\ndata: [DONE]\n\ndata: [DONE]\n\ndata: rubbish']
    ) == Heard(finished=Finished("end_turn"))


def test_the_end_may_come_without_done() -> None:
    """A reason to stop, then the end of the stream, is an end."""
    assert said(chunk({"content": "hi"}), chunk({}, "stop"), done=False).finished == Finished("end_turn")


def test_a_cut_after_the_reason_does_no_harm() -> None:
    """Once a reason to stop has come, the answer is whole, even if what follows is cut in the middle."""
    answer = b'data: {"choices":[{"text":"hi","finish_reason":"stop"}]}\n\n'
    for cut in (b'data: {"choices":[],"usa', b"data: [DON", b"dat"):
        assert heard([answer, cut]) == Heard("hi", finished=Finished("end_turn"))


def test_done_without_a_reason_is_an_end() -> None:
    """[DONE] alone ends an answer, for an unknown reason."""
    assert said(chunk({"content": "hi"})).finished == Finished("unknown")


def test_an_answer_that_was_not_streamed_is_understood() -> None:
    """A server that ignores `stream` sends one JSON body: its message is the answer."""
    body = {
        "choices": [{"index": 0, "message": {"content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3},
    }
    for indent in (None, 2):
        answer = heard([json.dumps(body, indent=indent).encode()])
        assert (answer.text, answer.finished) == ("hi", Finished("end_turn", Usage(3)))


def test_a_reply_in_the_form_of_a_chat_answers_a_hole_too() -> None:
    """Some fill-in-the-middle endpoints answer as a chat does: the text may stand in either place."""
    assert said({"choices": [{"text": "a"}]}, chunk({"content": "b"}), chunk({}, "stop")).text == "ab"


def test_only_the_first_choice_counts() -> None:
    """Further choices are never asked for, and never mixed in."""
    other = {"choices": [{"index": 1, "delta": {"content": "X"}, "finish_reason": "stop"}, "no choice", None]}
    assert said(other, chunk({"content": "hi"}), chunk({}, "length")) == Heard("hi", finished=Finished("max_tokens"))


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (b'event: error\ndata: {"error":{"message":"no","status_code":400}}', RequestRefused),
        (b'event: error\ndata: {"code":"rate_limit_exceeded","message":"slow"}', RateLimited),
        (b"event: error\ndata: out of memory", Overloaded),
        (b'error: {"code":500,"message":"no"}', Overloaded),
        (b'data: {"error":{"message":"no","type":"server_error"}}', Overloaded),
        (b'data: {"error":"input length exceeds maximum context length"}', ContextOverflow),
        (b'data: {"choices":[{"delta":{"content":""}}],"error":{"code":429,"message":"slow"}}', RateLimited),
        (b'data: {"type":"error","code":"server_error","message":"no","param":null}', Overloaded),
        (b'data: {"object":"error","message":"no","code":400}', RequestRefused),
        (b'{\n "error": {\n  "code": 503\n }\n}', Overloaded),
        (b'{"detail":"no"}', Overloaded),
        (b"data: not json", BadResponse),
        (b"data: [1, 2]", BadResponse),
        (b"data: " + b"[" * 100_000, BadResponse),
        (b'data: {"choices":[{"delta":{"content":"\xff\xfe"}}]}', BadResponse),
        (b"<!DOCTYPE html><html><title>Sign in</title></html>", BadResponse),
    ],
)
def test_errors_in_midstream(event: bytes, error: type[Exception]) -> None:
    """An error of any shape, or rubbish, ends the stream with our error; what was said before is not lost."""
    start = b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n'
    for chunks in ([start + event + b"\n\n"], [start, event + b"\n\n"]):
        answer = heard(chunks)
        assert (answer.text, answer.error) == ("hi", error)


def test_an_error_is_raised_again() -> None:
    """A decoder that has failed stays so."""
    decoder = DIALECTS["openai"].decoder(CHAT)
    for data in (b"data: x\n\n", b"", b"data: [DONE]\n\n"):
        with pytest.raises(BadResponse):
            decoder.feed(data)
    with pytest.raises(BadResponse):
        decoder.end()


def test_events_before_an_error_come_first() -> None:
    """Text and error in one chunk: the text is returned, the next call raises."""
    decoder = DIALECTS["openai"].decoder(CHAT)
    assert decoder.feed(b'data: {"choices":[{"text":"hi"}]}\n\ndata: {"error":"no"}\n\n') == [TextDelta("hi")]
    with pytest.raises(Overloaded):
        decoder.feed(b"")


def test_an_empty_answer_is_truncated() -> None:
    """A response without a byte, or with comments only, has no end."""
    assert heard([]).error is Truncated
    assert heard([b": ping\n\n"]).error is Truncated


def test_an_answer_of_another_kind_is_a_bad_response() -> None:
    """Good JSON in which nothing is of the dialect is no cut answer, but a wrong address."""
    assert heard([b'data: {"hello":"world"}\n\n']).error is BadResponse


def test_errors_name_the_endpoint() -> None:
    """The message says which provider it was, at which address, and what to do."""
    decoder = DIALECTS["openai"].decoder(CHAT, ENDPOINT)
    with pytest.raises(Truncated, match=r"^work at https://models\.test/v1 stopped .*; try again\.$"):
        decoder.end()
