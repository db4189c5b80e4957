"""The Gemini dialect: what is sent, and how leniently an answer is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lsp_server.errors import BadResponse, ContextOverflow, Overloaded, RateLimited, Truncated
from lsp_server.models.answer import assistant_message
from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    Finished,
    Image,
    Message,
    ProviderState,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from lsp_server.models.wire import DIALECTS
from lsp_server.models.wire.partial_args import PartialArgs
from tests.wire import Heard, decoded, heard

ENDPOINT = Endpoint("work", "gemini", "https://models.test/v1beta", "flash", key="secret-key", auth="x-goog-api-key")
READ = ToolSpec("read", "Reads.", {"type": "object", "properties": {"path": {"type": "string"}}})
LIST = ToolSpec("list", "Lists.", {"type": "object", "properties": {}})
Q = Message.of("user", "Why?")


def sent(*messages: Message, **more: Any) -> dict[str, Any]:
    """Give the JSON body that goes out."""
    body: dict[str, Any] = json.loads(DIALECTS["gemini"].encode(ChatRequest(messages, 64, **more), ENDPOINT).body)
    return body


def chunk(*parts: Any, **more: Any) -> bytes:
    """Give one chunk of an answer."""
    candidate = {"content": {"parts": list(parts), "role": "model"}, **more}
    return b"data: " + json.dumps({"candidates": [candidate]}).encode() + b"\r\n\r\n"


def said(*chunks: bytes) -> Heard:
    """Decode a stream of these chunks."""
    return heard(chunks, "gemini")


@pytest.mark.parametrize(
    ("model", "path"),
    [("flash", "/models/flash"), ("tunedModels/a b", "/tunedModels/a%20b"), ("models/flash", "/models/flash")],
)
def test_a_question_is_sent(model: str, path: str) -> None:
    """The model stands in the address, the key in a header of its own; nothing that was not asked for."""
    endpoint = Endpoint("work", "gemini", ENDPOINT.base_url, model, key="secret-key", auth="x-goog-api-key")
    http = DIALECTS["gemini"].encode(ChatRequest((Message.of("system", "Be brief."), Q), 64), endpoint)
    assert http.url == f"https://models.test/v1beta{path}:streamGenerateContent?alt=sse"
    assert http.headers["x-goog-api-key"] == "secret-key"
    assert "authorization" not in http.headers
    assert json.loads(http.body) == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [{"role": "user", "parts": [{"text": "Why?"}]}],
        "generationConfig": {"maxOutputTokens": 64},
    }


def test_what_was_asked_for_is_sent() -> None:
    """Sampling, stop texts, and effort where it has a level."""
    config = sent(Q, temperature=0.0, stop=("a", "b", "c", "d", "e"), effort="low")["generationConfig"]
    assert config["temperature"] == 0.0
    assert config["stopSequences"] == ["a", "b", "c", "d"]
    assert config["thinkingConfig"] == {"thinkingLevel": "low", "includeThoughts": True}
    assert "thinkingConfig" not in sent(Q, effort="none")["generationConfig"]


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [("none", {"mode": "NONE"}), ("required", {"mode": "ANY"}), ("a", {"mode": "ANY", "allowedFunctionNames": ["a"]})],
)
def test_tools_are_offered(choice: str, chosen: dict[str, Any]) -> None:
    """With a schema that the endpoint takes; without one where there are no arguments."""
    body = sent(Q, tools=(READ, LIST), tool_choice=choice)
    assert body["tools"] == [
        {
            "functionDeclarations": [
                {
                    "name": "read",
                    "description": "Reads.",
                    "parameters": {"type": "OBJECT", "properties": {"path": {"type": "STRING"}}},
                },
                {"name": "list", "description": "Lists."},
            ]
        }
    ]
    assert body["toolConfig"] == {"functionCallingConfig": chosen}
    assert "toolConfig" not in sent(Q, tools=(READ,))


def test_results_and_pictures() -> None:
    """A result has the id and the name of its call, and says whether it is an error."""
    picture = Image("image/png", b"PNG")
    contents = sent(
        Message("user", (picture, Text("Look."))),
        Message("assistant", (ToolCall("1", "read", '{"a": 1}'), ToolCall("2", "list", ""))),
        Message("user", (ToolResult("1", "read", "x", images=(picture,)), ToolResult("2", "list", "no", True))),
    )["contents"]
    shown = {"inlineData": {"mimeType": "image/png", "data": "UE5H"}}
    assert contents[0]["parts"] == [shown, {"text": "Look."}]
    assert [part["functionCall"]["args"] for part in contents[1]["parts"]] == [{"a": 1}, {}]
    assert contents[2]["parts"] == [
        {"functionResponse": {"id": "1", "name": "read", "response": {"output": "x"}}},
        shown,
        {"functionResponse": {"id": "2", "name": "list", "response": {"error": "no"}}},
    ]


def test_signatures_stay_with_their_parts() -> None:
    """A part with a signature is merged with none, and goes back where it was, empty or not."""
    raw = [
        chunk({"text": "think", "thought": True, "thoughtSignature": "s0"}),
        chunk({"text": "a"}),
        chunk({"text": "b"}),
        chunk({"text": "c", "thoughtSignature": "s1"}),
        chunk({"text": "d"}),
        chunk({"text": "", "thoughtSignature": "s2"}, finishReason="STOP"),
    ]
    message = assistant_message(decoded(raw, "gemini")[0])
    state = [ProviderState("gemini", "work", {"thoughtSignature": each}) for each in ("s1", "s2")]
    assert isinstance(message.parts[0], Reasoning)
    assert message.parts[1:] == (Text("ab"), Text("c", state[0]), Text("d"), Text("", state[1]))
    assert sent(Q, message, Q)["contents"][1]["parts"] == [
        {"text": "think", "thought": True, "thoughtSignature": "s0"},
        {"text": "ab"},
        {"text": "c", "thoughtSignature": "s1"},
        {"text": "d"},
        {"text": "", "thoughtSignature": "s2"},
    ]


@pytest.mark.parametrize(
    ("reason", "end"),
    [
        ("STOP", Finished("end_turn")),
        ("MAX_TOKENS", Finished("max_tokens")),
        ("SAFETY", Finished("refusal", detail="SAFETY")),
        ("RECITATION", Finished("refusal", detail="RECITATION")),
        ("MALFORMED_FUNCTION_CALL", Finished("unknown", detail="MALFORMED_FUNCTION_CALL")),
        ("MISSING_THOUGHT_SIGNATURE", Finished("unknown", detail="MISSING_THOUGHT_SIGNATURE")),
    ],
)
def test_stop_reasons(reason: str, end: Finished) -> None:
    """Each has one of ours; one that is not usual is told in the endpoint's word."""
    assert said(chunk({"text": "hi"}, finishReason=reason)) == Heard("hi", finished=end)


def test_the_endpoints_words_about_a_failure_are_kept() -> None:
    """They say more than the reason."""
    last = chunk(finishReason="MALFORMED_FUNCTION_CALL", finishMessage="Malformed function call: read(")
    assert said(last).finished == Finished("unknown", detail="Malformed function call: read(")
    blocked = b'data: {"promptFeedback":{"blockReason":"OTHER","blockReasonMessage":"No."}}\n\n'
    assert said(blocked) == Heard(finished=Finished("refusal", detail="No."))


def test_a_call_is_whole_at_once() -> None:
    """Unless it says that it goes on; one that does not come to its end is none."""
    whole = chunk({"functionCall": {"id": "x", "name": "f", "args": {"a": "é"}}}, finishReason="STOP")
    assert said(whole) == Heard(calls=(("x", "f", '{"a": "é"}'),), finished=Finished("tool_use"))
    open_call = chunk({"functionCall": {"name": "f", "willContinue": True}})
    piece = chunk({"functionCall": {"partialArgs": [{"jsonPath": "$.a", "stringValue": "x"}], "willContinue": True}})
    assert said(open_call, piece, chunk(finishReason="MAX_TOKENS")).calls == ()


@pytest.mark.parametrize(
    ("pieces", "arguments"),
    [
        ([{"jsonPath": "$.a", "stringValue": "x"}, {"jsonPath": "$.a", "stringValue": "y"}], {"a": "xy"}),
        (
            [{"jsonPath": "$.a.b", "numberValue": 1}, {"jsonPath": "$.a.c", "boolValue": False}],
            {"a": {"b": 1, "c": False}},
        ),
        ([{"jsonPath": "$.a[1].b", "nullValue": None}], {"a": [None, {"b": None}]}),
        ([{"jsonPath": "$['a b']", "stringValue": "x"}], {"a b": "x"}),
        ([{"jsonPath": "$.a", "numberValue": 1}, {"jsonPath": "$.a.b", "numberValue": 2}], {"a": {"b": 2}}),
        ([{"jsonPath": "$[0]", "numberValue": 1}, {"jsonPath": "$"}, {"stringValue": "x"}, "no"], {}),
    ],
)
def test_arguments_that_come_value_by_value(pieces: list[Any], arguments: dict[str, Any]) -> None:
    """Each at its path, which is made; what is of no known form is passed over."""
    partial = PartialArgs()
    partial.add(pieces)
    assert partial.arguments == arguments


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}, Overloaded),
        ({"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}, RateLimited),
        (
            {"code": 400, "message": "The input token count (9) exceeds the maximum number of tokens allowed (8)."},
            ContextOverflow,
        ),
    ],
)
def test_errors_in_midstream(error: dict[str, Any], kind: type[Exception]) -> None:
    """With a frame or without; what came before stays."""
    for frame in (b"data: ", b""):
        answer = said(chunk({"text": "hi"}), frame + json.dumps({"error": error}).encode())
        assert (answer.text, answer.error) == ("hi", kind)


def test_an_answer_without_its_end_is_truncated() -> None:
    """The reason for the end is what makes it one; parts of other kinds are passed over."""
    assert said(chunk({"text": "hi"}, {"executableCode": {}}, None)) == Heard("hi", error=Truncated, message=_cut())
    assert said(b'data: {"choices":[]}\n\n').error is BadResponse


def _cut() -> str:
    return "work at https://models.test/v1 stopped in the middle of its answer; try again."
