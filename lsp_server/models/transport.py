"""HTTP as the model client needs it: connections that are kept, four kinds of patience, and errors that are ours.

Everything that httpx can raise is translated here. Proxies and certificates come from the environment (HTTPS_PROXY,
NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR); this machine is always asked directly.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar, cast

import httpx

from lsp_server.errors import AssistantError, BadResponse, RateLimited, SettingsError, TimedOut, Truncated, Unreachable
from lsp_server.models.address import is_loopback
from lsp_server.models.messages import Endpoint, HttpRequest
from lsp_server.models.providers import EMBEDDED
from lsp_server.models.retry import reset_wait_s
from lsp_server.models.wire.fault import error_of, place, rubbish, settings_of

_log = logging.getLogger(__name__)
# It logs whole addresses, in which a password can stand.
logging.getLogger("httpx").setLevel(logging.WARNING)

_DRAIN_S = 0.1
_KEEP_S = 55.0  # most front ends close an idle connection after 60 s
_ERROR_BYTES = 65_536
_HEADERS = {"user-agent": "antiphon", "accept-encoding": "identity"}  # a compressed stream comes in lumps
_DIED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
_REQUEST_IDS = ("x-request-id", "request-id", "x-generation-id", "x-amzn-requestid", "cf-ray")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait: for a connection, for the first byte of an answer, between two bytes, and for the whole.

    The first byte has to come before `first_by`, the whole before `deadline`, in the time of the event loop.
    """

    connect_s: float
    first_byte_s: float
    idle_s: float
    total_s: float
    first_by: float
    deadline: float

    @staticmethod
    def of(connect_s: float, total_s: float, *, first_byte_s: float = 3_600.0, idle_s: float = 3_600.0) -> Patience:
        """Give the patience that begins now."""
        now = asyncio.get_running_loop().time()
        return Patience(connect_s, first_byte_s, idle_s, total_s, now + first_byte_s, now + total_s)

    def anew(self) -> Patience:
        """Give the patience for another try, which begins now and ends with the whole."""
        return replace(self, first_by=asyncio.get_running_loop().time() + self.first_byte_s)

    async def wait_first(self, coming: Awaitable[T]) -> T:
        """Give what comes with the first byte, or before it. Raises _Late."""
        late = f"has sent nothing for {self.first_byte_s:g} s; try again, or ask a faster model"
        return await self._wait(coming, self.first_by, late)

    async def wait_next(self, coming: Awaitable[T]) -> T:
        """Give what comes with the next byte. Raises _Late."""
        late = f"has been silent for {self.idle_s:g} s; try again, or ask a faster model"
        return await self._wait(coming, asyncio.get_running_loop().time() + self.idle_s, late)

    async def _wait(self, coming: Awaitable[T], end: float, late: str) -> T:
        try:
            async with asyncio.timeout_at(min(end, self.deadline)):
                return await coming
        except TimeoutError as exc:
            whole = f"gave no whole answer within {self.total_s:g} s; raise timeout_s, or ask a faster model"
            raise _Late(late if end < self.deadline else whole) from exc


class _Late(Exception):
    """Something did not come in time; the message says what, and what to do."""


class Transport:
    """Sends requests and gives responses, over connections that are kept for the next request. Close it."""

    def __init__(self) -> None:
        self._limits = httpx.Limits(max_connections=None, keepalive_expiry=_KEEP_S)
        self._loopback = httpx.AsyncClient(verify=False, trust_env=False, headers=_HEADERS, limits=self._limits)

    @cached_property
    def _network(self) -> httpx.AsyncClient:
        """The client for everything beyond this machine; made when first needed, since its TLS context costs 18 ms.

        HTTP/1.1 on purpose: over HTTP/2 httpcore forgets a stream that is closed early without a word to the server
        (https://github.com/encode/httpcore/pull/944, declined), which then goes on generating at the person's cost.
        """
        try:
            context = httpx.create_ssl_context()
        except (OSError, ValueError) as exc:
            remedy = "correct the environment variables SSL_CERT_FILE and SSL_CERT_DIR where the editor is started"
            raise SettingsError(f"The certificates to trust cannot be read ({exc}); {remedy}.") from exc
        try:
            return httpx.AsyncClient(verify=context, headers=_HEADERS, limits=self._limits)
        except (httpx.InvalidURL, ValueError) as exc:
            remedy = "correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY where the editor is started"
            raise SettingsError(f"The proxy in the environment is no address that can be used; {remedy}.") from exc

    async def warm(self, endpoint: Endpoint, url: str, timeout_s: float) -> bool:
        """Open a connection by asking next to nothing; tell whether a server in order answers. Raises SettingsError."""
        try:
            response = await self._client_for(endpoint).head(url, timeout=timeout_s)
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            _log.debug("no connection to %s could be opened ahead: %s", place(endpoint), type(exc).__name__)
            return False
        return response.status_code < 500

    async def open(self, message: HttpRequest, endpoint: Endpoint, patience: Patience) -> httpx.Response:
        """Send a request and give the response, to be closed, once its headers are there and say that all is well."""
        response = await self._send(message, endpoint, patience)
        if response.is_success:
            _log.debug("%s answers request %s", place(endpoint), request_id(response))
            return response
        try:
            body = await _body(response, patience)
        finally:
            await response.aclose()
        error = error_of(response.status_code, response.headers, body, endpoint)
        if isinstance(error, RateLimited) and error.retry_after_s is None:
            error.retry_after_s = reset_wait_s(response.headers)
        if named := request_id(response):
            error.add_note(f"request id: {named}")
        raise error

    async def aclose(self) -> None:
        """Close all connections."""
        await self._loopback.aclose()
        if "_network" in self.__dict__:
            await self._network.aclose()

    def _client_for(self, endpoint: Endpoint) -> httpx.AsyncClient:
        plain = endpoint.base_url.startswith("http://")
        return self._loopback if plain and is_loopback(endpoint.base_url) else self._network

    async def _send(
        self, message: HttpRequest, endpoint: Endpoint, patience: Patience, *, resend: bool = True
    ) -> httpx.Response:
        """Send a request; once more when it died on a connection kept from before: that one was dead already."""
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
            timeout=httpx.Timeout(patience.idle_s, connect=patience.connect_s, read=None, pool=patience.connect_s),
            extensions={"trace": trace},
        )
        # A name and a password in the address would otherwise take the place of the key.
        auth = httpx.Auth() if "authorization" in message.headers else httpx.USE_CLIENT_DEFAULT
        try:
            return await patience.wait_first(client.send(request, stream=True, auth=auth))
        except _DIED:
            if connects or not resend:
                raise
        return await self._send(message, endpoint, patience, resend=False)


async def chunks_of(response: httpx.Response, patience: Patience) -> AsyncGenerator[bytes, None]:
    """Give the bytes of a response as they come; a silence that is longer than the patience raises."""
    async with aclosing(_bytes(response)) as chunks:
        chunk = await patience.wait_first(anext(chunks, None))
        while chunk is not None:
            yield chunk
            chunk = await patience.wait_next(anext(chunks, None))


async def drain(chunks: AsyncGenerator[bytes, None]) -> None:
    """Read what follows the end of an answer, so that its connection can be used again.

    The answer is complete: if the rest does not come at once or is broken, the connection is given up, that is all.
    """
    try:
        async with asyncio.timeout(_DRAIN_S):
            async for _ in chunks:
                pass
    except (TimeoutError, httpx.HTTPError, _Late) as exc:
        _log.debug("a connection is not kept: %s", type(exc).__name__)


def request_id(response: httpx.Response) -> str:
    """Give the id under which an endpoint keeps a request in its own books, "" when it names none."""
    return next((value for name in _REQUEST_IDS if (value := response.headers.get(name))), "")


@contextmanager
def translated(endpoint: Endpoint, patience: Patience) -> Iterator[None]:
    """Make every error of the transport one of ours."""
    try:
        yield
    except _Late as exc:
        raise TimedOut(f"{place(endpoint)} {exc}.") from exc
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        if isinstance(exc, httpx.RemoteProtocolError) and "illegal" in str(exc):  # so h11 calls what is not HTTP
            raise rubbish(endpoint) from exc
        ours, told = next((ours, told) for theirs, ours, told in _TRANSLATIONS if isinstance(exc, theirs))
        facts = {"reason": _reason(exc), "settings": settings_of(endpoint), "remedy": _remedy(endpoint)}
        told = told.format(waited=patience, **facts)
        raise ours(f"{place(endpoint)} {told}.") from exc


_TRANSLATIONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[AssistantError], str], ...] = (
    (httpx.ConnectTimeout, Unreachable, "takes no connection within {waited.connect_s:g} s; {remedy}"),
    (httpx.TimeoutException, TimedOut, "does not take the request; try again in a moment"),
    (httpx.ProxyError, Unreachable, "cannot be reached: the proxy refuses ({reason}); check HTTPS_PROXY and NO_PROXY"),
    (httpx.ConnectError, Unreachable, "cannot be reached ({reason}); {remedy}"),
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


async def _body(response: httpx.Response, patience: Patience) -> bytes:
    """Give the body of an error answer, or as much of it as anyone would read."""
    body = b""
    async with aclosing(chunks_of(response, patience)) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > _ERROR_BYTES:
                break
    return body[:_ERROR_BYTES]


def _bytes(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    # httpx declares less than it gives: an iterator that is a generator, and can be closed.
    return cast(AsyncGenerator[bytes, None], response.aiter_bytes())
