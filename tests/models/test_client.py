"""The client against a server on a real socket: what comes back, what goes wrong, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from lsp_server.errors import (
    AssistantError,
    BadResponse,
    ModelNotFound,
    Overloaded,
    RateLimited,
    SettingsError,
    TimedOut,
    Truncated,
    Unreachable,
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
    Usage,
)
from tests.fakes import ModelServer, Rule

pytestmark = pytest.mark.anyio

HOLE = FimRequest("def add", None, 16)
QUESTION = ChatRequest((Message.of("user", "def add?"),), 16)


@asynccontextmanager
async def serving(*rules: Rule) -> AsyncIterator[tuple[ModelClient, ModelServer]]:
    """Give a client and a server; afterwards the client must have closed every connection."""
    async with ModelServer(rules) as server:
        client = ModelClient()
        yield client, server
        await client.aclose()
        await server.until(lambda: server.connections_open == 0)


def at(server: ModelServer, *, keep_alive: bool = True, native: bool = False) -> Endpoint:
    """Give the endpoint of a server, in llama.cpp's own dialect or in OpenAI's."""
    if native:
        return Endpoint("llamacpp", "llamacpp", server.url, "", keep_alive=keep_alive, local=True)
    return Endpoint("ollama", "openai-compatible", server.v1, "m", keep_alive=keep_alive, local=True)


async def ask(
    client: ModelClient, endpoint: Endpoint, request: ModelRequest = HOLE, timeout_s: float = 10, idle_s: float = 10
) -> list[StreamEvent]:
    """Give all events of one answer."""
    async with aclosing(client.stream(request, endpoint, timeout_s=timeout_s, idle_timeout_s=idle_s)) as events:
        return [event async for event in events]


async def heard(client: ModelClient, endpoint: Endpoint, timeout_s: float = 10) -> tuple[str, AssistantError | None]:
    """Give the text that came, and the error that it ended with."""
    text = ""
    try:
        async with aclosing(client.stream(HOLE, endpoint, timeout_s=timeout_s)) as events:
            async for event in events:
                text += event.text if isinstance(event, TextDelta) else ""
    except AssistantError as error:
        return text, error
    return text, None


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("request_", [HOLE, FimRequest("def add", "\n", 16), QUESTION])
async def test_an_answer_is_streamed(native: bool, request_: ModelRequest) -> None:
    """Each piece comes as it is sent, and the end comes once, with the usage."""
    async with serving(Rule("def add", "return 1", piece=4, finish="length")) as (client, server):
        events = await ask(client, at(server, native=native), request_)
    assert events == [TextDelta("retu"), TextDelta("rn 1"), Finished("max_tokens", Usage(7, 2, 3))]
    assert server.requests[0].answered


async def test_a_piece_does_not_wait_for_the_next() -> None:
    """The first piece is there while the server still works on the second."""
    rule = Rule(text="ab", piece=1, hold_after=1)
    async with serving(rule) as (client, server), aclosing(client.stream(HOLE, at(server), timeout_s=10)) as events:
        assert await anext(events) == TextDelta("a")
        server.release()
        assert await anext(events) == TextDelta("b")


async def test_two_streams_at_once() -> None:
    """Two answers come side by side, and closing one leaves the other alone."""
    async with serving(Rule(text="ab", piece=1, hold_after=1)) as (client, server):
        async with aclosing(client.stream(HOLE, at(server), timeout_s=10)) as kept:
            async with aclosing(client.stream(QUESTION, at(server), timeout_s=10)) as closed:
                assert [await anext(kept), await anext(closed)] == [TextDelta("a")] * 2
            await server.disconnected(1)
            server.release()
            assert [type(event) async for event in kept] == [TextDelta, Finished]
        assert [one.disconnected for one in server.requests] == [False, True]


async def test_closing_a_stream_closes_its_connection() -> None:
    """A generator that is closed early closes the HTTP stream at once; no connection is left."""
    async with serving(Rule(text="ab", piece=1, hold_after=1)) as (client, server):
        async with aclosing(client.stream(HOLE, at(server), timeout_s=10)) as events:
            await anext(events)
        await server.disconnected()
        assert server.connections_open == 0


@pytest.mark.parametrize("rule", [Rule(hang=True), Rule(text="ab", piece=1, hold_after=1)])
async def test_cancelling_closes_the_connection(rule: Rule) -> None:
    """A cancelled reader leaves with CancelledError, before the first byte or later, and the HTTP stream is closed."""
    async with serving(rule) as (client, server):
        reader = asyncio.create_task(ask(client, at(server)))
        await server.requested()
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        await server.disconnected()
        assert server.connections_open == 0


async def test_an_aborted_stream_does_not_spoil_the_client() -> None:
    """After many aborted streams the next question is answered, over one connection."""
    async with serving(Rule("def add", "a", hang=True, times=20), Rule(text="ok")) as (client, server):
        for count in range(20):
            reader = asyncio.create_task(ask(client, at(server)))
            await server.requested(count + 1)
            reader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reader
        assert (await ask(client, at(server)))[0] == TextDelta("ok")
        await server.until(lambda: server.connections_open == 1)


async def test_a_connection_is_used_again() -> None:
    """An answer that was read to its end leaves its connection for the next."""
    async with serving(Rule(text="ok")) as (client, server):
        for _ in range(3):
            await ask(client, at(server))
        assert server.connections_made == 1


async def test_no_connection_is_kept_when_none_shall_be() -> None:
    """An endpoint without keep_alive is told so, and gets a fresh connection each time."""
    async with serving(Rule(text="ok")) as (client, server):
        for _ in range(2):
            await ask(client, at(server, keep_alive=False))
        assert server.connections_made == 2
        assert server.requests[0].headers["connection"] == "close"
        await server.until(lambda: server.connections_open == 0)


async def test_a_dead_kept_connection_is_replaced() -> None:
    """A request that dies on a kept connection without a byte of answer is sent once more, over a new one."""
    async with serving(Rule("def add", "one", times=1), Rule(drop=True, times=1), Rule(text="two")) as (client, server):
        await ask(client, at(server))
        assert (await ask(client, at(server)))[0] == TextDelta("two")
        assert [one.connection for one in server.requests] == [0, 0, 1]


async def test_a_connection_that_the_server_closed_is_replaced() -> None:
    """A server that closes after each answer, whatever it says, is still answered to the end each time."""
    async with serving(Rule(text="ok", close="silent")) as (client, server):
        for _ in range(5):
            assert (await ask(client, at(server)))[0] == TextDelta("ok")


async def test_a_fresh_connection_that_dies_is_an_error() -> None:
    """Nothing is sent twice over fresh connections: there the server means it."""
    async with serving(Rule(drop=True)) as (client, server):
        text, error = await heard(client, at(server))
    assert (text, type(error)) == ("", Truncated)
    assert len(server.requests) == 1


async def test_only_one_more_try() -> None:
    """A request that dies on a second kept connection, too, is not sent a third time."""
    async with serving(Rule(text="ok", times=2, hold_after=0), Rule(drop=True)) as (client, server):
        both = [asyncio.create_task(ask(client, at(server))) for _ in range(2)]
        await server.requested(2)
        server.release()
        await asyncio.gather(*both)
        assert server.connections_made == server.connections_open == 2
        assert type((await heard(client, at(server)))[1]) is Truncated
        assert len(server.requests) == 4


async def test_a_refusal() -> None:
    """A status that is no success is the error that it means, with what the server said, and nothing is left open."""
    rule = Rule(status=429, raw='{"error": {"message": "slow down"}}', headers={"retry-after": "3"})
    async with serving(rule, Rule(text="ok")) as (client, server):
        _, error = await heard(client, at(server))
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 3.0
    assert str(error).startswith(f"ollama at {server.v1} asks for fewer requests (429: slow down)")


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (Rule(status=503, raw="<html><title>Bad gateway</title></html>", content_type="text/html"), Overloaded),
        (Rule(status=404, raw='{"error":"model not found"}', content_type="application/octet-stream"), ModelNotFound),
        (Rule(status=302, headers={"location": "/login"}), BadResponse),
        (Rule(raw="<!DOCTYPE html><html><body>Sign in</body></html>", content_type="text/html"), BadResponse),
        (Rule(raw=b"data: \xff\xfe\n\n"), BadResponse),
        (Rule(raw="data: {}\n\n"), BadResponse),
        (Rule(raw='{"ok": true}'), Overloaded),
        (Rule(raw=b"\x00" * 100_000), BadResponse),
        (Rule(raw=""), Truncated),
        (Rule(raw="no gzip at all", headers={"content-encoding": "gzip"}), BadResponse),
    ],
)
async def test_answers_that_are_none(rule: Rule, kind: type[AssistantError]) -> None:
    """Refusals, pages, rubbish and silence are errors of ours, never a hang or a foreign error."""
    async with serving(rule) as (client, server):
        text, error = await heard(client, at(server))
    assert (text, type(error)) == ("", kind)


async def test_a_stream_that_is_cut() -> None:
    """What came before the cut is kept; then the stream is Truncated."""
    async with serving(Rule(text="abc", piece=1, cut_after=2)) as (client, server):
        text, error = await heard(client, at(server))
    assert (text, type(error)) == ("ab", Truncated)
    assert str(error) == f"ollama at {server.v1} broke off before its answer was whole; try again."


async def test_an_error_in_midstream() -> None:
    """What came before an error in mid-stream is kept, even if both came in one packet."""
    raw = 'data: {"choices":[{"text":"a"}]}\n\ndata: {"error":"CUDA error"}\n\n'
    async with serving(Rule(raw=raw)) as (client, server):
        text, error = await heard(client, at(server))
    assert (text, type(error)) == ("a", Overloaded)


async def test_an_error_in_midstream_is_not_waited_for() -> None:
    """An error that came with a text is raised at once, even if the response goes on."""
    raw = 'data: {"choices":[{"text":"a"}]}\n\ndata: {"error":"CUDA error"}\n\n'
    async with serving(Rule(raw=raw, headers={"content-length": "100000"})) as (client, server):
        text, error = await heard(client, at(server))
        assert (text, type(error)) == ("a", Overloaded)
        await server.until(lambda: server.connections_open == 0)


async def test_a_long_refusal_is_not_read_to_its_end() -> None:
    """Of an error page of any length only the beginning is read, and its connection is closed."""
    async with serving(Rule(status=500, raw="x" * 10_000_000)) as (client, server):
        assert type((await heard(client, at(server)))[1]) is Overloaded
        await server.until(lambda: server.connections_open == 0)


@pytest.mark.parametrize("rule", [Rule(hang=True), Rule(text="ab", piece=1, hold_after=0)])
async def test_the_whole_takes_too_long(rule: Rule) -> None:
    """After `timeout_s` the stream is closed and TimedOut, with the setting to raise."""
    async with serving(rule) as (client, server):
        _, error = await heard(client, at(server), timeout_s=0.05)
        assert isinstance(error, TimedOut)
        assert str(error).endswith("gave no whole answer within 0.05 s; raise timeout_s, or ask a faster model.")
        await server.until(lambda: server.connections_open == 0)


async def test_a_silence_takes_too_long() -> None:
    """A silence longer than `idle_timeout_s` is TimedOut, too."""
    async with serving(Rule(text="ab", piece=1, hold_after=1)) as (client, server):
        with pytest.raises(TimedOut, match=r"has been silent for 0\.05 s"):
            await ask(client, at(server), idle_s=0.05)
        await server.until(lambda: server.connections_open == 0)


async def test_the_end_does_not_wait_for_the_connection() -> None:
    """An answer is over when it says so, even if the response goes on; that connection is given up."""
    raw = 'data: {"choices":[{"text":"a","finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    async with serving(Rule(raw=raw, headers={"content-length": "100000"})) as (client, server):
        assert await ask(client, at(server)) == [TextDelta("a"), Finished("end_turn")]
        await server.until(lambda: server.connections_open == 0)


async def test_nobody_listens() -> None:
    """A port on which nothing listens is Unreachable, with the setting to correct."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    client = ModelClient()
    _, error = await heard(client, Endpoint("ollama", "openai-compatible", url, "m", local=True))
    await client.aclose()
    assert isinstance(error, Unreachable)
    assert str(error) == (
        f"ollama at {url} cannot be reached (nothing listens there); start it, or correct providers.ollama.base_url."
    )


async def test_something_else_listens() -> None:
    """A server that does not speak HTTP is a bad response."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        client = ModelClient()
        _, error = await heard(client, Endpoint("work", "openai", url, "m", local=True))
        await client.aclose()
    assert isinstance(error, BadResponse)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/v1", "http://[::1", "http://127.0.0.1:port/v1"])
async def test_an_address_that_is_none(url: str) -> None:
    """An address that no request can go to is a fault of the settings."""
    client = ModelClient()
    _, error = await heard(client, Endpoint("work", "openai", url, "m"))
    await client.aclose()
    assert isinstance(error, SettingsError)
    assert "providers.work.base_url" in str(error)


async def test_warming_up() -> None:
    """A connection that was opened ahead serves the first request; nothing is opened where none would be kept."""
    async with serving(Rule(text="ok")) as (client, server):
        await client.warm(at(server, keep_alive=False))
        assert server.connections_made == 0
        await client.warm(at(server))
        await ask(client, at(server))
        assert server.connections_made == 1
        assert len(server.requests) == 1


async def test_warming_up_in_vain(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is told when a connection cannot be opened ahead, but the log."""
    client = ModelClient()
    with caplog.at_level(logging.DEBUG, "lsp_server.models.transport"):
        await client.warm(Endpoint("work", "openai", "http://[::1", "m", local=True))
        await client.warm(Endpoint("work", "openai", "http://127.0.0.1:1", "m", local=True))
    await client.aclose()
    assert len([record for record in caplog.records if record.name == "lsp_server.models.transport"]) == 2


async def test_asking_for_a_json_value() -> None:
    """Health and lists of models are read with `get_json`, with the errors of a stream."""
    async with serving(Rule(status=404, raw="no", path="/v1/nope"), Rule(raw="<html>")) as (client, server):
        assert await client.get_json(at(server, native=True), "/health") == {"status": "ok"}
        models = await client.get_json(at(server), "/models")
        assert models["data"][0]["id"] == "scripted"
        with pytest.raises(ModelNotFound):
            await client.get_json(at(server), "/nope")
        with pytest.raises(BadResponse):
            await client.get_json(at(server), "/page")
        assert server.connections_made == 1
