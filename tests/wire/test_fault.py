"""Error answers: which error of ours they are, and the sentence a person reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.errors import (
    AuthFailed,
    BadResponse,
    ContextOverflow,
    FimUnsupported,
    ModelError,
    ModelNotFound,
    Overloaded,
    RateLimited,
    RequestRefused,
    TimedOut,
)
from lsp_server.models.messages import Endpoint
from lsp_server.models.wire.fault import error_of
from tests.wire import SAMPLES

WORK = Endpoint("work", "openai", "https://models.test/v1", "m1", key="secret-key-1234")
OVERFLOW = {"error": {"message": "maximum context length is 8192 tokens", "code": "context_length_exceeded"}}


def error(status: int, body: Any = b"", headers: dict[str, str] | None = None, endpoint: Endpoint = WORK) -> ModelError:
    """Give the error for a status and a body, which may be a JSON value."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_of(status, headers or {}, raw, endpoint)


@pytest.mark.parametrize(
    ("name", "status", "kind", "words"),
    [
        ("openai-error-404-model-chat.json", 404, ModelNotFound, "does not exist or you do not have access"),
        ("openai-error-400-model-responses.json", 400, ModelNotFound, "'gpt-5.2-proo' does not exist"),
        ("openai-error-400-role.json", 400, RequestRefused, "messages[0].role"),
        ("openai-error.1.json", 429, RequestRefused, "exceeded your current quota"),
        ("openai-reasoning-model-legacy-parameter-error.json", 400, RequestRefused, "max_completion_tokens"),
        ("anthropic-error-404-model.json", 404, ModelNotFound, "claude-sonet-4-5"),
        ("anthropic-error-400-effort.json", 400, RequestRefused, "effort level"),
        ("deepseek-error-400.json", 400, RequestRefused, "No tool output found"),
        ("google-429-retry-info.json", 429, RateLimited, "wait 35 s"),
        ("google-vertexai-unary-failure-quota-exceeded.json", 429, RateLimited, "Quota exceeded"),
        ("google-error-404-model.json", 404, ModelNotFound, "gemini-3.6-flahs is not found"),
        ("googleai-unary-failure-api-key.json", 400, AuthFailed, "API key not valid"),
        ("openrouter-error-429.json", 429, RateLimited, "temporarily rate-limited upstream"),
        ("voyage-error-400.json", 400, ModelNotFound, "Model nonexistent is not supported"),
        ("llamacpp-error-400-bad-request.json", 400, RequestRefused, "Expected 'messages' to be an array"),
        ("llamacpp-error-400-context.json", 400, ContextOverflow, "request (6010 tokens) exceeds"),
        ("llamacpp-error-404.json", 404, ModelNotFound, "File Not Found"),
    ],
)
def test_recorded_errors(name: str, status: int, kind: type[ModelError], words: str) -> None:
    """Each recorded error body is the right error, with the endpoint's own words in its sentence."""
    fault = error(status, (SAMPLES / "errors" / name).read_bytes())
    assert type(fault) is kind
    assert words in str(fault)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, BadResponse),
        (400, RequestRefused),
        (401, AuthFailed),
        (402, RequestRefused),
        (403, AuthFailed),
        (404, ModelNotFound),
        (408, TimedOut),
        (410, ModelNotFound),
        (413, ContextOverflow),
        (422, RequestRefused),
        (429, RateLimited),
        (500, Overloaded),
        (501, FimUnsupported),
        (503, Overloaded),
        (529, Overloaded),
    ],
)
@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"<html><title>Oops</title></html>", b"{}", b"null", b'"text"'])
def test_the_status_decides_when_the_body_says_nothing(status: int, kind: type[ModelError], body: bytes) -> None:
    """Without a code that is known, the status alone decides."""
    assert type(error(status, body)) is kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"message": "suffix is not currently supported"}}, FimUnsupported),
        (400, {"error": '"phi3" does not support insert'}, FimUnsupported),
        (500, {"error": "suffix is not supported by this backend"}, FimUnsupported),
        (500, {"error": "could not insert the row"}, Overloaded),
        (
            501,
            {"error": {"message": "Infill is not supported by this model", "type": "not_supported_error"}},
            FimUnsupported,
        ),
        (503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}, Overloaded),
        (400, OVERFLOW, ContextOverflow),
        (
            400,
            {"error": {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8"}},
            ContextOverflow,
        ),
        (500, {"error": "input length exceeds maximum context length"}, ContextOverflow),
        (400, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}, AuthFailed),
        (404, {"error": 'model "qwen" not found, try pulling it first'}, ModelNotFound),
        (422, {"detail": [{"loc": ["body", "n"], "msg": "n must be 1"}]}, RequestRefused),
        (429, {"error": {"code": "insufficient_quota", "message": "pay"}}, RequestRefused),
        (200, {"error": {"code": 502, "message": "upstream"}}, Overloaded),
        (200, {"error": {"message": "no", "status_code": "401"}}, AuthFailed),
        (200, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, Overloaded),
        (400, [{"error": {"code": 400, "details": [{"reason": "API_KEY_INVALID"}]}}], AuthFailed),
    ],
)
def test_the_body_can_say_more_than_the_status(status: int, body: Any, kind: type[ModelError]) -> None:
    """Codes and words in the body, of whatever shape, tell errors apart that share a status."""
    assert type(error(status, body)) is kind


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"Retry-After-Ms": "250", "Retry-After": "9"}, 0.25),
        ({"Retry-After": "Mon, 23 Nov 2026 10:01:00 GMT", "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 60.0),
        ({"Retry-After": "Mon, 23 Nov 2026 09:00:00 GMT", "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 0.0),
        ({"Retry-After": "Mon, 23 Nov 2020 10:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "inf"}, None),
    ],
)
def test_the_wait_that_was_asked_for(headers: dict[str, str], wait_s: float | None) -> None:
    """Retry-After holds seconds or a date, which counts from the endpoint's own clock; nonsense is no wait."""
    fault = error(429, b"", headers)
    assert isinstance(fault, RateLimited)
    assert fault.retry_after_s == wait_s


def test_the_wait_in_a_body() -> None:
    """A wait that stands in the body counts before one in the headers."""
    body = (SAMPLES / "errors" / "google-429-retry-info.json").read_bytes()
    fault = error(429, body, {"retry-after": "1"})
    assert isinstance(fault, RateLimited)
    assert fault.retry_after_s == 34.4


@pytest.mark.parametrize(
    ("endpoint", "status", "sentence"),
    [
        (
            Endpoint("openai", "openai", "https://api.openai.com/v1", "m", key="k"),
            401,
            "openai at https://api.openai.com/v1 does not accept the key (401); "
            "check the key in the environment variable OPENAI_API_KEY.",
        ),
        (
            WORK,
            403,
            "work at https://models.test/v1 does not accept the key (403); "
            "check the key in the environment variable that providers.work.api_key_env names.",
        ),
        (
            Endpoint("work", "openai", "https://models.test/v1", "m"),
            401,
            "work at https://models.test/v1 does not accept the key (401); "
            "set providers.work.api_key_env to the name of the environment variable that holds the key.",
        ),
        (
            Endpoint("work", "openai", "https://me:pass@models.test/v1?token=x", "m"),
            404,
            'work at https://models.test/v1 has no model "m" (404); '
            "check its name and base_url, or see `antiphon models`.",
        ),
        (
            Endpoint("local", "llamacpp", "http://127.0.0.1:9", ""),
            413,
            "local at http://127.0.0.1:9 cannot take a text this long (413); send less, or set local.context_window.",
        ),
    ],
)
def test_the_sentence_says_who_what_and_what_to_do(endpoint: Endpoint, status: int, sentence: str) -> None:
    """A message names the provider and its address, what happened, and the setting, variable or command to use."""
    assert str(error(status, endpoint=endpoint)) == sentence


def test_a_model_that_is_loading_is_said_to_be() -> None:
    """503 while a model is being loaded is told apart from a failure."""
    assert "is still loading its model (503: Loading model)" in str(error(503, {"error": {"message": "Loading model"}}))


@pytest.mark.parametrize(
    "words",
    [
        "Incorrect API key provided: secret-key-1234.",
        "Incorrect API key provided: sk-proj-abcdef123456.",
        "bad header Authorization: Bearer abc.def.ghi",
        "key AIzaSyA1234567890abcdef is wrong",
    ],
)
def test_no_key_gets_into_a_message(words: str) -> None:
    """A key that the endpoint repeats, ours or one that looks like a key, is left out."""
    told = str(error(401, {"error": {"message": words}}))
    assert not any(secret in told for secret in ("secret-key", "abcdef", "abc.def"))
    assert "…" in told


def test_long_words_are_shortened_to_one_line() -> None:
    """What an endpoint says is one line of at most 300 characters."""
    told = str(error(400, {"error": {"message": "a\r\n\x1b[31m" + "b" * 5000}}))
    assert told.isprintable()
    assert len(told) < 500


@given(
    st.integers(100, 599),
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["error", "message", "detail", "code", "details", "type", "metadata", "raw"]), inner
            )
        ),
    ).map(lambda value: json.dumps(value).encode()),
)
def test_any_body_is_an_error_of_ours(status: int, body: bytes) -> None:
    """No body breaks the reading of it, and every message is a sentence."""
    assert str(error(status, body)).endswith(".")
