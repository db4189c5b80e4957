"""Asks models over HTTP: which address, how often, and for how long; it knows nothing of what is in the streams.

A chat is asked again only before anything of an answer has come, a completion never: the next key asks anew. Of several
addresses for one provider each request takes the one that is least busy, and the next when that fails.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from lsp_server.errors import ModelError, RateLimited
from lsp_server.models.breaker import FAILURES, Breaker
from lsp_server.models.messages import ChatRequest, Endpoint, Finished, HttpRequest, ModelRequest, StreamEvent
from lsp_server.models.pool import Balancer, document_key, members
from lsp_server.models.providers import EMBEDDED
from lsp_server.models.retry import RetryBudget, RetryPolicy
from lsp_server.models.transport import Patience, Transport, chunks_of, drain, translated
from lsp_server.models.wire import DIALECTS
from lsp_server.models.wire.exchange import Decoder, headers_of
from lsp_server.models.wire.fault import rubbish

_log = logging.getLogger(__name__)

_CONNECT_CHAT_S = 5.0
_CONNECT_FIM_S = 3.0
_CONNECT_FIM_LOCAL_S = 1.0
_CONTROL_S = 5.0


class ModelClient:
    """The one client for all models, with connections that are kept for the next request. Close it with `aclose`.

    `on_notice` hears in a sentence when a person has to wait because a request is sent again. `clock` counts seconds.
    """

    def __init__(
        self,
        *,
        policy: RetryPolicy = RetryPolicy(),  # noqa: B008 - a frozen value
        on_notice: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._transport = Transport()
        self._policy = policy
        self._on_notice = on_notice
        self._sleep = sleep
        self._chance = chance
        self._breaker = Breaker(clock)
        self._balancer = Balancer()
        self._budget = RetryBudget()
        self._probes: dict[str, asyncio.Task[None]] = {}

    async def stream(
        self,
        request: ModelRequest,
        endpoint: Endpoint,
        *,
        timeout_s: float,
        first_byte_timeout_s: float = 120.0,
        idle_timeout_s: float = 60.0,
        key: str = "",
        patient: bool = True,
    ) -> AsyncGenerator[StreamEvent, None]:
        """Ask, and give the events of the answer as they come; Finished is the last.

        `timeout_s` bounds the whole with all its tries, `first_byte_timeout_s` the wait for the first byte and
        `idle_timeout_s` the silence between two bytes (comments count as bytes). Requests of one `key`, such as a
        document's URI, meet the same server of a pool. `patient` False sends nothing again after a wait: somebody
        else can be asked instead. Use it in `contextlib.aclosing`: closing the generator, or cancelling it, closes the
        HTTP stream at once. Raises ModelError of all kinds, and SettingsError for an address that cannot be.
        """
        connect_s = _connect_s(request, endpoint)
        patience = Patience.of(connect_s, timeout_s, first_byte_s=first_byte_timeout_s, idle_s=idle_timeout_s)
        key = key or document_key(request)
        tries = 0
        while True:
            tries, begun = tries + 1, False
            try:
                async with aclosing(self._round(request, endpoint, patience, key)) as events:
                    async for event in events:
                        begun = True
                        yield event
                self._budget.succeeded()
                return
            except ModelError as error:
                again = patient and not begun and isinstance(request, ChatRequest) and endpoint.provider != EMBEDDED
                wait_s = self._wait_s(error, tries, endpoint, patience) if again else None
                if wait_s is None:
                    raise
                self._on_notice(f"{_sentence(error)} It is asked again in {wait_s:.1f} s.")
            await self._sleep(wait_s)

    async def warm(self, endpoint: Endpoint) -> None:
        """Open a connection for the next request by asking next to nothing. A failure is only logged."""
        if endpoint.keep_alive:
            await self._transport.warm(endpoint, f"{endpoint.base_url}/models", _CONTROL_S)

    async def get_json(self, endpoint: Endpoint, path: str, *, timeout_s: float = _CONTROL_S) -> Any:
        """Give the JSON value at `base_url` + `path`, such as "/models" or "/health". Raises as `stream`."""
        request = HttpRequest("GET", endpoint.base_url + path, headers_of(endpoint), b"")
        patience = Patience.of(timeout_s, timeout_s)
        with translated(endpoint, patience):
            response = await self._transport.open(request, endpoint, patience)
            try:
                async with aclosing(chunks_of(response, patience)) as chunks:
                    return json.loads(b"".join([chunk async for chunk in chunks]))
            except ValueError as exc:
                raise rubbish(endpoint) from exc
            finally:
                await response.aclose()

    def rest_s(self, endpoint: Endpoint) -> float:
        """Give for how long an endpoint is left alone because it failed, in seconds; 0 when it may be asked."""
        return min(self._breaker.rest_s(each.base_url) for each in members(endpoint))

    async def settled(self) -> None:
        """Wait until every address that is being looked at in the background has answered or failed."""
        await asyncio.gather(*self._probes.values(), return_exceptions=True)

    async def aclose(self) -> None:
        """End what is under way in the background, and close all connections."""
        for probe in self._probes.values():
            probe.cancel()
        await self.settled()
        await self._transport.aclose()

    async def _round(
        self, request: ModelRequest, endpoint: Endpoint, patience: Patience, key: str
    ) -> AsyncGenerator[StreamEvent, None]:
        """Ask the addresses of an endpoint, one after the other, until one begins to answer."""
        order = self._order(request, endpoint, key)
        for number, member in enumerate(order, 1):
            url, begun = member.base_url, False
            self._balancer.started(url, key)
            try:
                async with aclosing(self._once(request, member, patience)) as events:
                    async for event in events:
                        if not begun:
                            begun = True
                            self._breaker.succeeded(url)
                        yield event
                return
            except ModelError as error:
                self._breaker.failed(url, error)
                if begun or number == len(order) or not isinstance(error, FAILURES):
                    raise
                _log.info("%s; going on with another address", error)
            finally:
                self._balancer.ended(url)

    def _order(self, request: ModelRequest, endpoint: Endpoint, key: str) -> list[Endpoint]:
        """Give the addresses to try. Raises the last error of an endpoint that rests, for a completion.

        A question that a person has asked is always tried.
        """
        by_url = {member.base_url: member for member in members(endpoint)}
        well = [url for url in by_url if not (self._breaker.rest_s(url) or self._breaker.is_doubtful(url))]
        for url in by_url if well else ():
            self._probe(by_url[url])
        order = self._balancer.order(list(by_url), key, self._reluctance_s)
        if not isinstance(request, ChatRequest) and self._breaker.rest_s(order[0]):
            raise self._resting(order[0])
        return [by_url[url] for url in order]

    def _reluctance_s(self, url: str) -> float:
        """Give how long an address rests; a moment, while it has not shown that it is well again."""
        return max(self._breaker.rest_s(url), 0.001 if self._breaker.is_doubtful(url) else 0.0)

    def _resting(self, url: str) -> ModelError:
        error, rest_s = self._breaker.last_error(url), self._breaker.rest_s(url)
        assert error is not None, "what rests has failed"
        message = f"{_sentence(error)} It is left alone for another {rest_s:.0f} s."
        return RateLimited(message, rest_s) if isinstance(error, RateLimited) else type(error)(message)

    def _probe(self, endpoint: Endpoint) -> None:
        """Find out in the background whether an address whose rest is over is well, while others do the work."""
        url = endpoint.base_url
        if url in self._probes or self._breaker.rest_s(url) or not self._breaker.is_doubtful(url):
            return

        async def probe() -> None:
            if await self._transport.warm(endpoint, f"{url}/models", _CONTROL_S):
                self._breaker.succeeded(url)
            elif (error := self._breaker.last_error(url)) is not None:
                self._breaker.failed(url, error)

        self._probes[url] = task = asyncio.get_running_loop().create_task(probe())
        task.add_done_callback(lambda _: self._probes.pop(url, None))

    def _wait_s(self, error: ModelError, tries: int, endpoint: Endpoint, patience: Patience) -> float | None:
        wait_s = self._policy.wait_s(error, tries, endpoint, self._chance)
        late = wait_s is not None and asyncio.get_running_loop().time() + wait_s >= patience.deadline
        return None if wait_s is None or late or not self._budget.spend() else wait_s

    async def _once(
        self, request: ModelRequest, endpoint: Endpoint, patience: Patience
    ) -> AsyncGenerator[StreamEvent, None]:
        """Ask one address once."""
        dialect, patience = DIALECTS[endpoint.dialect], patience.anew()
        with translated(endpoint, patience):
            response = await self._transport.open(dialect.encode(request, endpoint), endpoint, patience)
            try:
                decoder = dialect.decoder(request, endpoint)
                async with (
                    aclosing(chunks_of(response, patience)) as chunks,
                    aclosing(_read(chunks, decoder)) as events,
                ):
                    async for event in events:
                        yield event
            finally:
                await response.aclose()


def _connect_s(request: ModelRequest, endpoint: Endpoint) -> float:
    """Give how long to wait for a connection: a person who types waits less than one who asks."""
    if isinstance(request, ChatRequest):
        return _CONNECT_CHAT_S
    return _CONNECT_FIM_LOCAL_S if endpoint.local else _CONNECT_FIM_S


async def _read(chunks: AsyncGenerator[bytes, None], decoder: Decoder) -> AsyncGenerator[StreamEvent, None]:
    """Give the events in these bytes; the last one once what follows it is read."""
    last: Finished | None = None
    while last is None:
        chunk = await anext(chunks, None)
        for event in decoder.end() if chunk is None else decoder.feed(chunk):
            if isinstance(event, Finished):
                last = event
            else:
                yield event
        decoder.feed(b"")  # raises now what came after these events
    await drain(chunks)
    yield last


def _sentence(error: ModelError) -> str:
    """Give what happened, without what to do about it."""
    return str(error).rpartition("; ")[0].rstrip(".") + "." if "; " in str(error) else str(error)
