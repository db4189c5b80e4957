"""The dialect of llama.cpp's server: what is sent, and its own streams."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lsp_server.errors import BadResponse, ContextOverflow, Truncated
from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FileText,
    FimRequest,
    Finished,
    Message,
    ModelRequest,
    Usage,
)
from lsp_server.models.wire import DIALECTS
from tests.wire import Heard, heard

ENDPOINT = Endpoint("llamacpp", "llamacpp", "http://127.0.0.1:8080", "")


def sent(request: ModelRequest, endpoint: Endpoint = ENDPOINT) -> tuple[str, dict[str, Any]]:
    """Give the path and the JSON body that go out."""
    http = DIALECTS["llamacpp"].encode(request, endpoint)
    return http.url.removeprefix(endpoint.base_url), json.loads(http.body)


def said(*values: Any) -> Heard:
    """Decode a stream of these JSON values."""
    return heard([b"data: " + json.dumps(value).encode() + b"\n\n" for value in values], "llamacpp")


def test_a_hole_is_infilled() -> None:
    """A FimRequest with a suffix goes to /infill, with the other files."""
    request = FimRequest("def f(", "):\n", 32, files=(FileText("a.py", "A = 1\n"),))
    assert sent(request) == (
        "/infill",
        {
            "input_prefix": "def f(",
            "input_suffix": "):\n",
            "input_extra": [{"filename": "a.py", "text": "A = 1\n"}],
            "prompt": "",
            "n_predict": 32,
            "stream": True,
            "cache_prompt": True,
            "return_progress": True,
        },
    )


def test_a_plain_continuation_is_completed() -> None:
    """Without a suffix the prefix is the prompt of /completion, and nothing wraps it."""
    assert sent(FimRequest("def f(", None, 32)) == (
        "/completion",
        {"prompt": "def f(", "n_predict": 32, "stream": True, "cache_prompt": True, "return_progress": True},
    )


def test_options_are_sent_when_set() -> None:
    """Temperature, four stops at most, and banned texts as pairs with false."""
    body = sent(FimRequest("x", None, 1, stop=tuple("abcde"), temperature=0.0, banned=("```", "#")))[1]
    assert body["temperature"] == 0.0
    assert body["stop"] == ["a", "b", "c", "d"]
    assert body["logit_bias"] == [["```", False], ["#", False]]


def test_a_model_is_named_when_there_is_a_name() -> None:
    """A server with one model needs no name; a router chooses by it."""
    endpoint = Endpoint("llamacpp", "llamacpp", "http://127.0.0.1:8080", "qwen")
    assert "model" not in sent(FimRequest("x", None, 1))[1]
    assert sent(FimRequest("x", None, 1), endpoint)[1]["model"] == "qwen"


def test_chat_goes_to_the_openai_face() -> None:
    """A ChatRequest goes to /v1/chat/completions, and its answer is read in that dialect."""
    request = ChatRequest((Message.of("user", "Why?"),), 64)
    path, body = sent(request)
    assert path == "/v1/chat/completions"
    assert body["max_tokens"] == 64
    decoder = DIALECTS["llamacpp"].decoder(request)
    assert decoder.feed(b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n') == [
        Finished("end_turn")
    ]


@pytest.mark.parametrize(
    ("stop_type", "stop_reason"),
    [("eos", "end_turn"), ("limit", "max_tokens"), ("word", "stop_sequence"), ("none", "unknown")],
)
def test_stop_reasons(stop_type: str, stop_reason: str) -> None:
    """Every stop_type has a stop reason of ours."""
    finished = said({"content": "", "stop": True, "stop_type": stop_type}).finished
    assert finished
    assert finished.stop_reason == stop_reason


def test_usage_comes_from_the_timings() -> None:
    """Input tokens are those computed and those reused; older builds give only the sum."""
    timings = {"cache_n": 30, "prompt_n": 2, "predicted_n": 5}
    end = {"content": "!", "stop": True, "stop_type": "eos", "tokens_evaluated": 9, "tokens_predicted": 8}
    assert said({**end, "timings": timings}).finished == Finished("end_turn", Usage(32, 5, 30))
    assert said(end).finished == Finished("end_turn", Usage(9, 8, None))
    assert said({"content": "", "stop": True}).finished == Finished("unknown", Usage())


def test_the_end_needs_no_done() -> None:
    """`stop` ends the stream at once, with its last text before it."""
    assert said({"content": "a", "stop": False}, {"content": "b", "stop": True}, {"content": "c"}).text == "ab"


def test_faults_in_midstream() -> None:
    """An error event, a stream that stops, and an answer of another kind are told apart."""
    overflow = {"error": {"code": 400, "type": "exceed_context_size_error", "message": "too long"}}
    assert said({"content": "a", "stop": False}, overflow) == Heard(
        "a", error=ContextOverflow, message=said(overflow).message
    )
    assert said({"content": "a", "stop": False}).error is Truncated
    assert said({"hello": "world"}).error is BadResponse


def test_a_server_of_our_own_is_told_the_slot() -> None:
    """Ghost text and chat do not evict each other, and ghost text goes first."""
    ours = Endpoint("local", "llamacpp", "http://127.0.0.1:1", "", local=True, own_slots=True)
    chat = ChatRequest((Message.of("user", "Hi"),), 8)
    assert json.loads(DIALECTS["llamacpp"].encode(FimRequest("def f(", None, 8), ours).body)["id_slot"] == 0
    assert json.loads(DIALECTS["llamacpp"].encode(chat, ours).body)["id_slot"] == 1
    assert "id_slot" not in json.loads(DIALECTS["llamacpp"].encode(chat, replace(ours, own_slots=False)).body)
