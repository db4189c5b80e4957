"""Whatever a server does on a real socket: the right error in a right sentence, no hang, nothing left open."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from lsp_server.errors import (
    AssistantError,
    AuthFailed,
    BadResponse,
    ContextOverflow,
    ModelError,
    ModelNotFound,
    Overloaded,
    RateLimited,
    RequestRefused,
    TimedOut,
    Truncated,
)
from lsp_server.models.client import ModelClient
from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FimRequest,
    Finished,
    Message,
    ModelRequest,
    StreamEvent,
    TextDelta,
)
from lsp_server.models.retry import RetryPolicy
from tests.models.faulty import ANSWER, CHUNKED, DONE, HEAD, STOP, UNTIL_CLOSED, Fault, FaultyServer, chunk, text, whole
from tests.wire import SAMPLES

pytestmark = pytest.mark.anyio

KEY, HEADER, PASSWORD = "sk-proj-0123456789abcdef", "team-secret-value", "hunter2hunter2"
HOLE = FimRequest("def add", None, 16)
QUESTION = ChatRequest((Message.of("user", "def add?"),), 16)
A = CHUNKED + chunk(text("a"))


@asynccontextmanager
async def serving(*faults: Fault) -> AsyncIterator[tuple[ModelClient, FaultyServer]]:
    """Give a client that tries once, and a server; afterwards no connection may be open."""
    async with FaultyServer(*faults) as server:
        client = ModelClient(policy=RetryPolicy(tries=1))
        try:
            yield client, server
        finally:
            await client.aclose()
        await server.until(lambda: server.open == 0)


def at(server: FaultyServer, dialect: str = "openai-compatible", **more: str) -> Endpoint:
    """Give the endpoint of a server."""
    return Endpoint("work", dialect, server.url, "m", KEY, {"x-team": HEADER}, local=True, **more)  # type: ignore[arg-type]


async def heard(
    client: ModelClient, endpoint: Endpoint, request: ModelRequest = HOLE, limit_s: float = 10.0
) -> tuple[str, AssistantError | None]:
    """Give the text that came, and the error that it ended with."""
    events: list[StreamEvent] = []
    error = None
    stream = client.stream(
        request, endpoint, timeout_s=10.0, first_byte_timeout_s=limit_s, idle_timeout_s=min(limit_s, 10.0)
    )
    try:
        async with asyncio.timeout(15), aclosing(stream) as coming:
            async for event in coming:
                events.append(event)
    except AssistantError as exc:
        error = exc
    assert (error is None) == any(isinstance(event, Finished) for event in events)
    return "".join(event.text for event in events if isinstance(event, TextDelta)), error


FAULTS = {
    "reset before a byte": (Fault(b"", "reset"), "", Truncated, "broke off before its answer was whole"),
    "reset in the head": (Fault(HEAD, "reset"), "", Truncated, "broke off before its answer was whole"),
    "reset in mid-stream": (Fault(A, "reset"), "a", Truncated, "broke off before its answer was whole"),
    "closed in mid-stream": (Fault(A, "close"), "a", Truncated, "broke off before its answer was whole"),
    "half-closed in mid-stream": (Fault(A, "half-close"), "a", Truncated, "broke off before its answer was whole"),
    "half-closed at once": (Fault(b"", "half-close"), "", Truncated, "broke off before its answer was whole"),
    "ended in form, without a reason": (
        Fault(A + chunk(b""), "keep"),
        "a",
        Truncated,
        "stopped in the middle of its answer",
    ),
    "a body without a length, cut": (Fault(UNTIL_CLOSED + text("a")), "a", Truncated, "stopped in the middle"),
    "a length that is not kept": (
        Fault(HEAD + b"content-length: 999\r\n\r\n" + text("a")),
        "a",
        Truncated,
        "broke off before its answer was whole",
    ),
    "garbage for a head": (Fault(b"\x16\x03\x01\x02\x00\xff\r\n\r\n"), "", BadResponse, "not as a model server does"),
    "garbage for a chunk": (Fault(CHUNKED + b"zz\r\n\r\n"), "", BadResponse, "not as a model server does"),
    "garbage for an event": (Fault(CHUNKED + chunk(b"data: {{{\n\n"), "stall"), "", BadResponse, "base_url"),
    "garbage after a text": (Fault(A + chunk(b"data: [1]\n\n"), "stall"), "a", BadResponse, "not as a model server"),
    "an error in mid-stream": (
        Fault(A + chunk(b'data: {"error":{"message":"overloaded","code":503}}\n\n'), "stall"),
        "a",
        Overloaded,
        "cannot answer now (503: overloaded)",
    ),
    "an error event in mid-stream": (
        Fault(A + chunk(b'event: error\ndata: {"error":{"message":"slow down","type":"rate_limit_error"}}\n\n')),
        "a",
        RateLimited,
        "asks for fewer requests",
    ),
    "an error beside choices": (
        Fault(A + chunk(b'data: {"choices":[],"error":{"code":502,"message":"upstream"}}\n\n'), "stall"),
        "a",
        Overloaded,
        "502: upstream",
    ),
    "silence before a byte": (Fault(b"", "stall"), "", TimedOut, "has sent nothing for 0.05 s"),
    "silence after the head": (Fault(CHUNKED, "stall"), "", TimedOut, "has sent nothing for 0.05 s"),
    "silence in mid-stream": (Fault(A, "stall"), "a", TimedOut, "has been silent for 0.05 s"),
    "silence in an error": (
        Fault(b"HTTP/1.1 500 X\r\ncontent-length: 9\r\n\r\n", "stall"),
        "",
        TimedOut,
        "sent nothing",
    ),
}


@pytest.mark.parametrize("request_", [HOLE, QUESTION], ids=["completion", "chat"])
@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault(name: str, request_: ModelRequest) -> None:
    """What came before is kept, the error is of the right class and says what happened and where, nothing stays open.

    A reset may overtake what was sent before it.
    """
    fault, said, kind, words = FAULTS[name]
    async with serving(fault) as (client, server):
        came, error = await heard(client, at(server), request_, 0.05 if "silence" in name else 10.0)
        assert came == said or (fault.end == "reset" and not came)
        assert type(error) is kind
        assert str(error).startswith(f"work at {server.url} ")
        assert words in str(error)
        assert str(error).endswith(".")
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("sent", "drip"),
    [
        (ANSWER, True),
        (CHUNKED + chunk(text("ok") + STOP) + chunk(b""), False),
        (UNTIL_CLOSED + text("ok") + STOP, False),
        (UNTIL_CLOSED + text("ok") + STOP.rstrip(), False),
        (CHUNKED + chunk(b'data: {"choices":[]}\n\n' + text("ok") + STOP + b'data: {"choices":[]}\n\n' + DONE), False),
        (CHUNKED + chunk(b": ping\n\n" * 99 + text("ok") + b"\n\n\n" + STOP) + chunk(b""), True),
        (CHUNKED + chunk((text("ok") + STOP + DONE).replace(b"\n", b"\r\n")) + chunk(b""), True),
    ],
    ids=["drip", "no DONE", "no length", "no last blank line", "empty choices", "comments", "CRLF"],
)
async def test_what_is_odd_but_whole_is_no_fault(sent: bytes, drip: bool) -> None:
    """A slow drip, a missing [DONE], missing usage, empty choices: the answer is complete all the same."""
    async with serving(Fault(sent, drip=drip)) as (client, server):
        assert await heard(client, at(server)) == ("ok", None)


async def test_only_empty_choices() -> None:
    """An answer of nothing but empty choices ends, without a text."""
    sent = CHUNKED + chunk(b'data: {"choices":[]}\n\n' + DONE) + chunk(b"")
    async with serving(Fault(sent)) as (client, server):
        assert await heard(client, at(server)) == ("", None)


VENDORS = [
    ("openai", 404, "openai-error-404-model-chat.json", ModelNotFound),
    ("openai", 429, "openai-error.1.json", RequestRefused),
    ("responses", 400, "openai-error-400-model-responses.json", ModelNotFound),
    ("anthropic", 404, "anthropic-error-404-model.json", ModelNotFound),
    ("anthropic", 400, "anthropic-error-400-effort.json", RequestRefused),
    ("gemini", 429, "google-429-retry-info.json", RateLimited),
    ("gemini", 400, "googleai-unary-failure-api-key.json", AuthFailed),
    ("openai-compatible", 400, "deepseek-error-400.json", RequestRefused),
    ("openai-compatible", 429, "openrouter-error-429.json", RateLimited),
    ("llamacpp", 400, "llamacpp-error-400-context.json", ContextOverflow),
    ("ollama", 404, b'{"error":"model \'m\' not found"}', ModelNotFound),
    ("ollama", 503, b'{"error":"server busy, please try again. maximum pending requests exceeded"}', Overloaded),
    ("mistral", 422, b'{"detail":[{"loc":["body","suffix"],"msg":"Extra inputs are not permitted"}]}', RequestRefused),
    ("mistral", 429, b'{"message":"Requests rate limit exceeded"}', RateLimited),
    ("anthropic", 529, b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', Overloaded),
    ("openai", 500, b"", Overloaded),
    ("openai", 502, b"<html><head><title>502 Bad Gateway</title></head></html>", Overloaded),
]


@pytest.mark.parametrize(("dialect", "status", "body", "kind"), VENDORS)
async def test_the_refusals_of_each_vendor(
    dialect: str, status: int, body: str | bytes, kind: type[ModelError]
) -> None:
    """An error answer in each vendor's form is the error that it means; its request id stays with it."""
    raw = body if isinstance(body, bytes) else (SAMPLES / "errors" / body).read_bytes()
    async with serving(Fault(whole(status, raw, "request-id: req_42"), "keep")) as (client, server):
        _, error = await heard(client, at(server, dialect), QUESTION)
        assert type(error) is kind
        assert error.__notes__ == ["request id: req_42"]
        assert str(error).startswith(f"work at {server.url} ")


async def test_a_limit_in_the_headers() -> None:
    """A refusal that names its wait only in the headers of the limits still has one."""
    sent = whole(429, b"{}", "x-ratelimit-remaining-requests: 0", "x-ratelimit-reset-requests: 1m5s")
    async with serving(Fault(sent)) as (client, server):
        _, error = await heard(client, at(server))
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 65.0


async def test_leaving_at_any_moment_leaves_nothing_open() -> None:
    """A reader that is cancelled, wherever it waits, goes at once and closes its connection."""
    faults = [Fault(b"", "stall"), Fault(HEAD, "stall"), Fault(CHUNKED, "stall"), Fault(A, "stall")]
    async with serving(*faults) as (client, server):
        for count in range(1, 9):
            reader = asyncio.create_task(heard(client, at(server)))
            await server.until(lambda count=count: len(server.requests) == count)  # type: ignore[misc]
            reader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reader
            await server.until(lambda: server.open == 0)


@pytest.mark.parametrize("name", FAULTS)
async def test_no_secret_shows_in_any_error_or_log(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """The key, the headers of the settings and a password in the address are in the request and nowhere else."""
    fault, _, _, _ = FAULTS[name]
    with caplog.at_level(logging.DEBUG):
        async with serving(fault) as (client, server):
            address = server.url.replace("//", f"//user:{PASSWORD}@")
            endpoint = Endpoint("work", "openai", address, "m", KEY, {"x-team": HEADER}, local=True)
            _, error = await heard(client, endpoint, limit_s=0.05)
            if fault.sent:
                await client.warm(endpoint)
            sent = server.requests[0]
    assert KEY.encode() in sent
    assert HEADER.encode() in sent
    assert error is not None
    told = "".join([str(error), repr(error), *traceback.format_exception(error), caplog.text])
    assert [secret for secret in (KEY, HEADER, PASSWORD) if secret in told] == []
    assert KEY not in repr(endpoint)
    assert HEADER not in repr(endpoint)
