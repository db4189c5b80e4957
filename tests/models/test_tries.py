"""How often, and at which address, a request is sent: chats and completions, one address and several."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

import pytest

from lsp_server.errors import ModelError, Overloaded, RateLimited, RequestRefused, Truncated, Unreachable
from lsp_server.models.client import ModelClient
from lsp_server.models.messages import ChatRequest, Endpoint, FimRequest, Message, ModelRequest, StreamEvent, TextDelta
from lsp_server.models.pool import Pool
from tests.fakes import ModelServer, Rule
from tests.models.hand_clock import HandClock

pytestmark = pytest.mark.anyio

HOLE = FimRequest("def add", None, 16)
QUESTION = ChatRequest((Message.of("user", "def add?"),), 16)
BUSY = Rule(status=503, raw='{"error":{"message":"busy"}}')
REFUSED = Rule(status=401, raw='{"error":{"message":"who are you"}}')
EMPTY = Rule(status=429, raw='{"error":{"message":"no money","code":"insufficient_quota"}}')


class Bench:
    """A client whose waits pass at once, and servers of their own."""

    def __init__(self, *servers: ModelServer) -> None:
        self.servers = servers
        self.clock = HandClock()
        self.notices: list[str] = []
        self.client = ModelClient(
            on_notice=self.notices.append, clock=self.clock, sleep=self.clock.sleep, chance=lambda: 0.0
        )

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint that all servers serve together."""
        endpoint = Endpoint("work", "openai-compatible", self.servers[0].v1, "m", local=True)
        urls = tuple(server.v1 for server in self.servers)
        return Pool.of(endpoint, urls) if len(urls) > 1 else endpoint

    async def ask(self, request: ModelRequest = QUESTION, *, key: str = "", timeout_s: float = 90) -> str:
        """Give the text of one answer."""
        events: list[StreamEvent] = []
        stream = self.client.stream(request, self.endpoint, timeout_s=timeout_s, key=key)
        async with aclosing(stream) as coming:
            async for event in coming:
                events.append(event)
        return "".join(event.text for event in events if isinstance(event, TextDelta))

    async def error(self, request: ModelRequest = QUESTION, timeout_s: float = 90) -> ModelError:
        """Give the error that a request ends with."""
        with pytest.raises(ModelError) as caught:
            await self.ask(request, timeout_s=timeout_s)
        return caught.value

    @property
    def counts(self) -> list[int]:
        """How many requests each server has had."""
        return [len(server.requests) for server in self.servers]


@asynccontextmanager
async def bench(*scripts: Rule | list[Rule]) -> AsyncIterator[Bench]:
    """Give a bench with a server for each script; afterwards no connection may be open."""
    async with AsyncExitStack() as stack:
        rules = [[script] if isinstance(script, Rule) else script for script in scripts]
        servers = [await stack.enter_async_context(ModelServer(script)) for script in rules]
        made = Bench(*servers)
        yield made
        await made.client.aclose()
        for server in servers:
            await server.until(lambda server=server: server.connections_open == 0)  # type: ignore[misc]


async def test_a_chat_is_asked_again() -> None:
    """An overload passes: after half a second, then a second, which a person is told of."""
    busy = Rule(status=503, raw='{"error":{"message":"busy"}}', times=2)
    async with bench([busy, Rule(text="ok")]) as made:
        assert await made.ask() == "ok"
        assert made.clock.slept == [0.5, 1.0]
        url = made.servers[0].v1
    assert made.notices == [
        f"work at {url} cannot answer now (503: busy). It is asked again in {wait} s." for wait in (0.5, 1.0)
    ]


async def test_but_not_for_ever() -> None:
    """After the third try the error stands."""
    async with bench(BUSY) as made:
        assert type(await made.error()) is Overloaded
        assert made.counts == [3]


@pytest.mark.parametrize(("rule", "kind"), [(REFUSED, ModelError), (EMPTY, RequestRefused)])
async def test_what_would_fail_again_is_sent_once(rule: Rule, kind: type[ModelError]) -> None:
    """A wrong key and an empty account do not get better."""
    async with bench(rule) as made:
        assert isinstance(await made.error(), kind)
        assert made.counts == [1]


async def test_the_wait_that_an_endpoint_names() -> None:
    """Its Retry-After is kept to, in place of ours; one that is too long for a person is not waited for."""
    limited = [Rule(status=429, raw="{}", headers={"retry-after": wait}, times=1) for wait in ("7", "99")]
    async with bench([limited[0], Rule(text="ok")]) as made:
        assert await made.ask() == "ok"
        assert made.clock.slept == [7.0]
    async with bench([limited[1], Rule(text="ok")]) as made:
        error = await made.error()
        assert isinstance(error, RateLimited)
        assert (error.retry_after_s, made.clock.slept) == (99.0, [])


async def test_a_wait_beyond_the_end_is_not_begun() -> None:
    """When the whole would take too long, the error stands at once."""
    limited = Rule(status=429, raw="{}", headers={"retry-after": "20"})
    async with bench(limited) as made:
        assert isinstance(await made.error(timeout_s=15), RateLimited)
        assert (made.clock.slept, made.counts) == ([], [1])


async def test_nothing_is_sent_again_once_something_was_said() -> None:
    """An answer that is cut after its first words is an error, not a second answer."""
    async with bench(Rule(text="abc", piece=1, cut_after=1)) as made:
        assert type(await made.error()) is Truncated
        assert made.counts == [1]


async def test_a_chat_whose_connection_died_is_asked_again() -> None:
    """Nothing of an answer had come."""
    async with bench([Rule(drop=True, times=1), Rule(text="ok")]) as made:
        assert await made.ask() == "ok"


@pytest.mark.parametrize("rule", [BUSY, Rule(drop=True), Rule(status=429, raw="{}", headers={"retry-after": "1"})])
async def test_a_completion_is_never_sent_again(rule: Rule) -> None:
    """The next key asks anew."""
    async with bench(rule) as made:
        await made.error(HOLE)
        assert (made.counts, made.clock.slept, made.notices) == ([1], [], [])


async def test_a_wait_can_be_left() -> None:
    """Whoever cancels while a chat waits to be asked again leaves at once."""
    async with bench(BUSY) as made:
        waits = asyncio.Event()

        async def sleep(_: float) -> None:
            waits.set()
            await asyncio.Event().wait()

        client = ModelClient(sleep=sleep)
        stream = client.stream(QUESTION, made.endpoint, timeout_s=90)
        reader = asyncio.ensure_future(anext(stream))
        await waits.wait()
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        await client.aclose()


async def test_the_retries_of_all_requests_have_a_budget() -> None:
    """When an endpoint is down for long, questions are soon sent only once each."""
    async with bench(BUSY) as made:
        for _ in range(8):
            await made.error()
        assert made.counts == [8 + 10]


async def test_a_completion_leaves_an_endpoint_alone_that_fails() -> None:
    """After three failures nothing is sent for a while; the error says why and for how long; a question is sent."""
    async with bench([Rule(status=503, raw="{}", times=3), Rule(text="ok")]) as made:
        for _ in range(3):
            await made.error(HOLE)
        error = await made.error(HOLE)
        assert type(error) is Overloaded
        url = made.servers[0].v1
        assert str(error) == f"work at {url} cannot answer now (503). It is left alone for another 1 s."
        assert made.counts == [3]
        assert made.client.rest_s(made.endpoint) == 1.0
        assert await made.ask(QUESTION) == "ok"
        assert made.client.rest_s(made.endpoint) == 0
        assert await made.ask(HOLE) == "ok"


async def test_an_endpoint_is_asked_again_when_its_rest_is_over() -> None:
    """It comes back by itself."""
    async with bench([Rule(status=503, raw="{}", times=3), Rule(text="ok")]) as made:
        for _ in range(4):
            await made.error(HOLE)
        made.clock.now_s += 1
        assert await made.ask(HOLE) == "ok"


async def test_after_a_rate_limit_completions_are_silent() -> None:
    """For as long as the endpoint asked for, no key sends anything."""
    limited = Rule(status=429, raw="{}", headers={"retry-after": "40"}, times=1)
    async with bench([limited, Rule(text="ok")]) as made:
        await made.error(HOLE)
        made.clock.now_s += 39
        error = await made.error(HOLE)
        assert isinstance(error, RateLimited)
        assert (error.retry_after_s, made.counts) == (1.0, [1])
        made.clock.now_s += 1
        assert await made.ask(HOLE) == "ok"


@pytest.mark.parametrize("request_", [HOLE, QUESTION])
async def test_another_address_answers_without_an_error(request_: ModelRequest) -> None:
    """When a server of a pool fails before it has said anything, the next one takes the request at once."""
    async with bench(BUSY, Rule(text="ok")) as made:
        assert await made.ask(request_) == "ok"
        assert (made.counts, made.clock.slept, made.notices) == ([1, 1], [], [])


async def test_an_address_at_which_nobody_listens() -> None:
    """A server of a pool that is gone is passed over; when all are gone, that is said."""
    async with bench(Rule(text="ok"), Rule(text="ok")) as made:
        await made.servers[0].__aexit__()
        assert await made.ask(HOLE) == "ok"
        await made.servers[1].__aexit__()
        assert type(await made.error(HOLE)) is Unreachable


async def test_no_other_address_is_asked_for_a_refusal() -> None:
    """A wrong key is wrong everywhere."""
    async with bench(REFUSED, Rule(text="ok")) as made:
        await made.error()
        assert made.counts == [1, 0]


async def test_an_answer_that_is_cut_is_not_begun_elsewhere() -> None:
    """Once something was said, another address would say it twice."""
    async with bench(Rule(text="abc", piece=1, cut_after=1), Rule(text="ok")) as made:
        assert type(await made.error()) is Truncated
        assert made.counts == [1, 0]


async def test_requests_go_where_there_is_the_least_to_do() -> None:
    """Requests of different documents at the same time are spread over the servers of a pool."""
    hold = Rule(text="ab", piece=1, hold_after=1)
    async with bench(hold, hold) as made:
        readers = [asyncio.create_task(made.ask(HOLE, key=str(number))) for number in range(4)]
        for server in made.servers:
            await server.requested(2)
            server.release()
        assert await asyncio.gather(*readers) == ["ab"] * 4


@pytest.mark.parametrize("keys", [("a.py", "b.py"), ("", "")])
async def test_a_document_stays_with_its_server(keys: tuple[str, str]) -> None:
    """Its prompts meet the server that has read the one before, also when only their beginning tells it apart."""
    hold = Rule("import a", "ab", piece=1, hold_after=1, times=1)
    async with bench([hold, Rule(text="ok")], Rule(text="ok")) as made:
        first = asyncio.create_task(made.ask(FimRequest("import a", None, 1), key=keys[0]))
        await made.servers[0].requested()
        for _ in range(2):
            await made.ask(FimRequest("import b", None, 1), key=keys[1])
        assert made.counts == [1, 2]
        made.servers[0].release()
        await first
        await made.ask(FimRequest("import b", None, 1), key=keys[1])
        await made.ask(FimRequest("import a", None, 1), key=keys[0])
        assert made.counts == [2, 3]


async def test_a_server_that_was_down_is_looked_at_before_it_is_trusted() -> None:
    """When its rest is over, a server of a pool is asked for next to nothing first; meanwhile the others work."""
    async with bench([Rule(status=503, raw="{}", times=3), Rule(text="ok")], Rule(text="ok")) as made:
        for number in range(3):
            await made.ask(HOLE, key=f"new {number}")
        assert made.counts == [3, 3]
        made.clock.now_s += 1
        assert await made.ask(HOLE, key="d") == "ok"
        assert made.counts == [3, 4]
        await made.client.settled()
        await made.ask(HOLE, key="new 9")
        assert made.counts == [4, 4]


async def test_the_first_choice_of_a_pool_may_be_doubtful_when_none_is_well() -> None:
    """A question is tried even when every server rests."""
    async with bench([Rule(status=503, raw="{}", times=3), Rule(text="ok")], BUSY) as made:
        for _ in range(3):
            await made.error(HOLE)
        assert type(await made.error(HOLE)) is Overloaded
        assert made.counts == [3, 3]
        assert await made.ask(QUESTION) == "ok"
