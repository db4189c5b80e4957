"""Asks models over HTTP: opens, reads and closes streams, and knows nothing of what is in them.

Everything that httpx can raise is translated here. There are no retries, except that a request which died on a
connection kept from before, without a byte of answer, is sent once more: such a connection was dead already.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import httpx

from lsp_server.errors import AssistantError, BadResponse, SettingsError, TimedOut, Truncated, Unreachable
from lsp_server.models.messages import ChatRequest, Endpoint, Finished, HttpRequest, ModelRequest, StreamEvent
from lsp_server.models.providers import EMBEDDED
from lsp_server.models.wire import DIALECTS
from lsp_server.models.wire.exchange import Decoder, headers_of
from lsp_server.models.wire.fault import error_of, place, rubbish, settings_of

_log = logging.getLogger(__name__)

_CONNECT_CHAT_S = 5.0
_CONNECT_FIM_S = 3.0
_CONNECT_FIM_LOCAL_S = 1.0
_CONTROL_S = 5.0
_DRAIN_S = 0.1
_KEEP_S = 55.0  # most front ends close an idle connection after 60 s
_ERROR_BYTES = 65_536
_HEADERS = {"user-agent": "antiphon", "accept-encoding": "identity"}  # a compressed stream comes in lumps
_DIED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long to wait for a connection, between two bytes, and for the whole, which ends at `deadline` (loop time)."""

    connect_s: float
    idle_s: float
    total_s: float
    deadline: float

    @staticmethod
    def of(connect_s: float, idle_s: float, total_s: float) -> _Patience:
        """Give the patience that begins now."""
        return _Patience(connect_s, idle_s, total_s, asyncio.get_running_loop().time() + total_s)


class ModelClient:
    """The one HTTP client, with connections that are kept for the next request. Close it with `aclose`."""

    def __init__(self) -> None:
        self._limits = httpx.Limits(keepalive_expiry=_KEEP_S)
        self._loopback = httpx.AsyncClient(verify=False, trust_env=False, headers=_HEADERS, limits=self._limits)

    @cached_property
    def _network(self) -> httpx.AsyncClient:
        """The client for everything beyond this machine; made when first needed, since its TLS context costs 18 ms.

        HTTP/1.1 on purpose: over HTTP/2 httpcore forgets a stream that is closed early without a word to the server
        (https://github.com/encode/httpcore/pull/944, declined), which then goes on generating at the person's cost.
        """
        return httpx.AsyncClient(verify=httpx.create_ssl_context(), headers=_HEADERS, limits=self._limits)

    async def stream(
        self, request: ModelRequest, endpoint: Endpoint, *, timeout_s: float, idle_timeout_s: float = 60.0
    ) -> AsyncGenerator[StreamEvent, None]:
        """Ask, and give the events of the answer as they come; Finished is the last.

        `timeout_s` bounds the whole, `idle_timeout_s` the silence between two bytes (comments count as bytes). Use it
        in `contextlib.aclosing`: closing the generator, or cancelling it, closes the HTTP stream at once.
        Raises ModelError of all kinds, and SettingsError for an address that cannot be.
        """
        dialect = DIALECTS[endpoint.dialect]
        patience = _Patience.of(_connect_s(request, endpoint), idle_timeout_s, timeout_s)
        with _translated(endpoint, patience):
            response = await self._open(dialect.encode(request, endpoint), endpoint, patience)
            try:
                decoder = dialect.decoder(request, endpoint)
                async with aclosing(_events(response, decoder, patience.deadline)) as events:
                    async for event in events:
                        yield event
            finally:
                await response.aclose()

    async def warm(self, endpoint: Endpoint) -> None:
        """Open a connection for the next request by asking next to nothing. A failure is only logged."""
        if not endpoint.keep_alive:
            return
        try:
            await self._client_for(endpoint).head(f"{endpoint.base_url}/models", timeout=_CONTROL_S)
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            _log.debug("no connection to %s could be opened ahead: %r", place(endpoint), exc)

    async def get_json(self, endpoint: Endpoint, path: str, *, timeout_s: float = _CONTROL_S) -> Any:
        """Give the JSON value at `base_url` + `path`, such as "/models" or "/health". Raises as `stream`."""
        request = HttpRequest("GET", endpoint.base_url + path, headers_of(endpoint), b"")
        patience = _Patience.of(timeout_s, timeout_s, timeout_s)
        with _translated(endpoint, patience):
            response = await self._open(request, endpoint, patience)
            try:
                async with asyncio.timeout_at(patience.deadline):
                    return json.loads(await response.aread())
            except ValueError as exc:
                raise rubbish(endpoint) from exc
            finally:
                await response.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._loopback.aclose()
        if "_network" in self.__dict__:
            await self._network.aclose()

    def _client_for(self, endpoint: Endpoint) -> httpx.AsyncClient:
        plain = endpoint.base_url.startswith("http://")
        return self._loopback if plain and endpoint.local else self._network

    async def _open(self, message: HttpRequest, endpoint: Endpoint, patience: _Patience) -> httpx.Response:
        """Send a request and give the response, to be closed, once its headers are there and say that all is well."""
        response = await self._send(message, endpoint, patience)
        if response.is_success:
            return response
        try:
            body = await _body(response, patience.deadline)
        finally:
            await response.aclose()
        raise error_of(response.status_code, response.headers, body, endpoint)

    async def _send(
        self, message: HttpRequest, endpoint: Endpoint, patience: _Patience, *, resend: bool = True
    ) -> httpx.Response:
        connects: list[str] = []

        async def trace(name: str, _: object) -> None:
            if name == "connection.connect_tcp.started":
                connects.append(name)

        client = self._client_for(endpoint)
        close = {"connection": "close"} if not endpoint.keep_alive and message.url.startswith("http://") else {}
        request = client.build_request(
            message.method,
            message.url,
            headers={**message.headers, **close},
            content=message.body,
            timeout=httpx.Timeout(patience.idle_s, connect=patience.connect_s, pool=patience.connect_s),
            extensions={"trace": trace},
        )
        try:
            async with asyncio.timeout_at(patience.deadline):
                return await client.send(request, stream=True)
        except _DIED:
            if connects or not resend:
                raise
        return await self._send(message, endpoint, patience, resend=False)


def _connect_s(request: ModelRequest, endpoint: Endpoint) -> float:
    """Give how long to wait for a connection: a person who types waits less than one who asks."""
    if isinstance(request, ChatRequest):
        return _CONNECT_CHAT_S
    return _CONNECT_FIM_LOCAL_S if endpoint.local else _CONNECT_FIM_S


async def _events(response: httpx.Response, decoder: Decoder, deadline: float) -> AsyncGenerator[StreamEvent, None]:
    last: Finished | None = None
    async with aclosing(_chunks(response)) as chunks:
        while last is None:
            async with asyncio.timeout_at(deadline):
                chunk = await anext(chunks, None)
            for event in decoder.end() if chunk is None else decoder.feed(chunk):
                if isinstance(event, Finished):
                    last = event
                else:
                    yield event
            decoder.feed(b"")  # raises now what came after these events
        await _drain(chunks)
    yield last


async def _drain(chunks: AsyncGenerator[bytes, None]) -> None:
    """Read what follows the end of an answer, so that its connection can be used again.

    The answer is complete: if the rest does not come at once or is broken, the connection is given up, that is all.
    """
    try:
        async with asyncio.timeout(_DRAIN_S):
            async for _ in chunks:
                pass
    except (TimeoutError, httpx.HTTPError) as exc:
        _log.debug("a connection is not kept: %r", exc)


async def _body(response: httpx.Response, deadline: float) -> bytes:
    """Give the body of an error answer, or as much of it as anyone would read."""
    body = b""
    async with aclosing(_chunks(response)) as chunks, asyncio.timeout_at(deadline):
        async for chunk in chunks:
            body += chunk
            if len(body) > _ERROR_BYTES:
                break
    return body[:_ERROR_BYTES]


def _chunks(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    # httpx declares less than it gives: an iterator that is a generator, and can be closed.
    return cast(AsyncGenerator[bytes, None], response.aiter_bytes())


@contextmanager
def _translated(endpoint: Endpoint, patience: _Patience) -> Iterator[None]:
    """Make every error of the transport one of ours."""
    try:
        yield
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as exc:
        if isinstance(exc, httpx.RemoteProtocolError) and "illegal" in str(exc):  # so h11 calls what is not HTTP
            raise rubbish(endpoint) from exc
        ours, told = next((ours, told) for theirs, ours, told in _TRANSLATIONS if isinstance(exc, theirs))
        facts = {"reason": _reason(exc), "settings": settings_of(endpoint), "remedy": _remedy(endpoint)}
        told = told.format(waited=patience, **facts)
        raise ours(f"{place(endpoint)} {told}.") from exc


_TRANSLATIONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[AssistantError], str], ...] = (
    (
        TimeoutError,
        TimedOut,
        "gave no whole answer within {waited.total_s:g} s; raise timeout_s, or ask a faster model",
    ),
    (httpx.ConnectTimeout, Unreachable, "takes no connection within {waited.connect_s:g} s; {remedy}"),
    (httpx.ReadTimeout, TimedOut, "has been silent for {waited.idle_s:g} s; try again, or ask a faster model"),
    (httpx.TimeoutException, TimedOut, "does not take the request; try again in a moment"),
    ((httpx.ConnectError, httpx.ProxyError), Unreachable, "cannot be reached ({reason}); {remedy}"),
    ((httpx.UnsupportedProtocol, httpx.InvalidURL), SettingsError, "is no address; correct {settings}.base_url"),
    (httpx.LocalProtocolError, SettingsError, "cannot be asked like this ({reason}); correct {settings}.headers"),
    (httpx.DecodingError, BadResponse, "sends what cannot be decompressed; check {settings}.base_url"),
    (httpx.HTTPError, Truncated, "broke off before its answer was whole; try again"),
)

_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (ConnectionRefusedError, "nothing listens there"),
    (socket.gaierror, "its name is not known"),
    (ssl.SSLCertVerificationError, "its certificate is not trusted"),
)


def _reason(exc: BaseException) -> str:
    """Give why, from whichever error in the chain of causes says it best."""
    cause: BaseException | None = exc
    while cause is not None:
        for kind, reason in _REASONS:
            if isinstance(cause, kind):
                return reason
        cause = cause.__cause__ or cause.__context__
    return str(exc) or type(exc).__name__


def _remedy(endpoint: Endpoint) -> str:
    if endpoint.provider == EMBEDDED:
        return "try again"
    first = "start it" if endpoint.local else "check the network"
    return f"{first}, or correct {settings_of(endpoint)}.base_url"
