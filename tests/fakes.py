"""A scripted model server on a real socket, for every test that wants to see what goes over the wire.

In an async test:

    async with ModelServer({"def add": "return a + b"}) as server:
        ...                             # talk to server.url (llama.cpp's face) or server.v1 (OpenAI's)
        assert server.requests[0].body["prompt"] == "def add(a, b):\\n    "

In a plain test, or in a process of its own (which prints its URL and serves until it is ended):

    with threaded(ModelServer([Rule(text="hello", hold_after=1)])) as server: ...
    python -m tests.fakes --script FILE          # FILE: JSON, {"substring": "text"} or [{"text": …}, …]

Paths: POST /v1/completions, /v1/chat/completions, /completion, /infill; GET /health, /v1/models. A process is looked
into by GET /_requests, let go on by POST /_release, and given other rules by POST /_script.

Nothing here sleeps unless a rule has a `delay_s`, which is for benchmarks: tests hold an answer and release it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

Json: TypeAlias = dict[str, Any]
T = TypeVar("T")

_NATIVE = ("/completion", "/infill")  # llama.cpp's own paths; all others speak as OpenAI's
_PATIENCE_S = 20.0  # after which a test that waits for something that never happens fails


@dataclass(frozen=True, slots=True)
class Rule:
    """What to answer. The first rule of a script that fits a request serves it.

    Which requests: `contains` is a part of the prompt (or of the last message), `path` the path ("" any),
    `times` how often the rule may serve (0 for ever).
    What is said: `text` in pieces of `piece` characters (0: in one), ended by `finish` ("stop" or "length"),
    or the bytes `raw` instead of any dialect; with `status`, `content_type` ("" for the usual one) and `headers`.
    What goes wrong: `drop` closes the connection without a byte, `hang` says nothing until `release()`,
    `hold_after` waits for `release()` after so many pieces, `cut_after` drops the connection after so many pieces,
    `close` ends the connection after the answer, either "said" in its headers or "silent".
    """

    contains: str = ""
    text: str = ""
    path: str = ""
    times: int = 0
    piece: int = 0
    finish: Literal["stop", "length"] = "stop"
    raw: bytes | str | None = None
    status: int = 200
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    hang: bool = False
    hold_after: int | None = None
    cut_after: int | None = None
    close: Literal["", "said", "silent"] = ""
    delay_s: float = 0.0

    def pieces(self) -> list[str]:
        """Give the text as it is streamed."""
        size = self.piece or len(self.text) or 1
        return [self.text[i : i + size] for i in range(0, len(self.text), size)]


Script: TypeAlias = Mapping[str, str] | Sequence[Rule]


@dataclass(slots=True)
class Received:
    """One request, and what became of it. `connection` counts from 0: equal numbers share a connection.

    `answered` is true once the whole answer was sent; `disconnected` once the client left before that.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: Json
    connection: int
    answered: bool = False
    disconnected: bool = False

    @property
    def prompt(self) -> str:
        """What rules are matched with: the prompt, the prefix, or the text of the last message."""
        if messages := self.body.get("messages"):
            content = messages[-1]["content"]
            return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
        return str(self.body.get("prompt") or self.body.get("input_prefix") or "")


class ModelServer:
    """A model server that follows a script and remembers what it was asked; see the head of this module."""

    def __init__(self, script: Script = ()) -> None:
        self.rules = _rules(script)
        self.requests: list[Received] = []
        self.connections_made = 0
        self.url = ""
        self.loop: asyncio.AbstractEventLoop
        self._served: dict[int, int] = {}
        self._released = 0
        self._waiters: list[asyncio.Future[None]] = []
        self._server: asyncio.Server
        self._open: set[_Connection] = set()

    @property
    def connections_open(self) -> int:
        """How many connections clients hold right now."""
        return len(self._open)

    @property
    def v1(self) -> str:
        """The base URL for dialects that put /v1 into it."""
        return f"{self.url}/v1"

    async def __aenter__(self) -> ModelServer:
        self.loop = asyncio.get_running_loop()
        self._server = await self.loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for connection in list(self._open):
            connection.transport.abort()
        await self.until(lambda: not self._open)

    async def until(self, condition: Callable[[], bool], patience_s: float | None = _PATIENCE_S) -> None:
        """Wait until the condition holds. Raises TimeoutError when it never does."""
        async with asyncio.timeout(patience_s):
            while not condition():
                waiter = self.loop.create_future()
                self._waiters.append(waiter)
                await waiter

    async def requested(self, count: int = 1) -> None:
        """Wait until so many requests have come in."""
        await self.until(lambda: len(self.requests) >= count)

    async def disconnected(self, index: int = -1) -> None:
        """Wait until the client has left before the answer to this request (default: the last) was complete."""
        await self.until(lambda: bool(self.requests) and self.requests[index].disconnected)

    def release(self) -> None:
        """Let the answers to all requests received so far go on. May be called from any thread."""
        self.loop.call_soon_threadsafe(self._release)

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """From a plain test: wait for one of the methods above, such as `server.wait(server.requested())`."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(_PATIENCE_S)

    def rule_for(self, request: Received) -> Rule:
        """Give the rule that serves a request; one that refuses when none fits."""
        for index, rule in enumerate(self.rules):
            spent = rule.times and self._served.get(index, 0) >= rule.times
            if not spent and rule.contains in request.prompt and rule.path in ("", request.path):
                self._served[index] = self._served.get(index, 0) + 1
                return rule
        return Rule(status=500, raw='{"error":{"message":"no rule of the script fits this request"}}')

    async def held(self, request: Received) -> None:
        """Wait for `release()` on behalf of an answer, for ever if need be."""
        index = self.requests.index(request)
        await self.until(lambda: self._released > index, patience_s=None)

    def happened(self) -> None:
        """Make everyone who waits look again."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def control(self, request: Received) -> Json | list[Json] | None:
        """Answer the paths that are not streams; None for a path that is none of them."""
        match request.path:
            case "/health":
                return {"status": "ok"}
            case "/v1/models":
                return {"object": "list", "data": [{"id": "scripted", "object": "model"}]}
            case "/_requests":
                return [asdict(one) for one in self.requests]
            case "/_release":
                self._release()
                return {}
            case "/_script":
                self.rules, self._served = _rules(_script_of(request.body["script"])), {}
                return {}
        return None

    def _release(self) -> None:
        self._released = len(self.requests)
        self.happened()


class _Connection(asyncio.Protocol):
    """One HTTP/1.1 connection: requests in order, each answered before the next."""

    transport: asyncio.Transport

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._buffer = b""
        self._number = server.connections_made
        self._answering: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._server.connections_made += 1
        self._server._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server._open.discard(self)
        if self._answering:
            self._answering.cancel()
        self._server.happened()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, blank, rest = self._buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        size = int(headers.get("content-length", 0))
        if not blank or len(rest) < size:
            return
        self._buffer = rest[size:]
        method, path, _ = lines[0].split(" ")
        request = Received(method, path, headers, json.loads(rest[:size] or b"{}"), self._number)
        self._answering = self._server.loop.create_task(self._answer(request))

    async def _answer(self, request: Received) -> None:
        if (value := self._server.control(request)) is not None:
            self._whole(200, b"" if request.method == "HEAD" else json.dumps(value).encode())
            return
        self._server.requests.append(request)
        self._server.happened()
        try:
            await self._follow(self._server.rule_for(request), request)
        except asyncio.CancelledError:
            request.disconnected = True
            raise
        finally:
            self._server.happened()

    async def _follow(self, rule: Rule, request: Received) -> None:
        if rule.drop:
            self.transport.abort()
            return
        if rule.hang:
            await self._server.held(request)
        await asyncio.sleep(rule.delay_s)
        if rule.status != 200 or rule.raw is not None:
            raw = rule.raw.encode() if isinstance(rule.raw, str) else rule.raw or b""
            self._whole(rule.status, raw, rule)
        elif not await self._stream(rule, request):
            self.transport.close()
            return
        request.answered = True
        if rule.close:
            self.transport.close()

    async def _stream(self, rule: Rule, request: Received) -> bool:
        """Send the answer piece by piece; False when the rule cuts it."""
        said = {"connection": "close"} if rule.close == "said" else {}
        self._head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked", **said, **rule.headers})
        pieces = rule.pieces()
        for count in range(len(pieces) + 1):
            if count == rule.hold_after:
                await self._server.held(request)
            if count == rule.cut_after:
                return False
            if count < len(pieces):
                self._chunk(_piece(request.path, pieces[count]))
                await asyncio.sleep(0)
        self._chunk(_ending(request.path, rule.finish, len(pieces)))
        self.transport.write(b"0\r\n\r\n")
        return True

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
        self.transport.write("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def _chunk(self, data: bytes) -> None:
        self.transport.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _whole(self, status: int, body: bytes, rule: Rule = Rule(status=0)) -> None:
        usual = "text/event-stream" if rule.status == 200 else "application/json"
        kind = rule.content_type or usual
        self._head(status, {"content-type": kind, "content-length": str(len(body)), **rule.headers})
        self.transport.write(body)


def _event(value: Json) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _piece(path: str, text: str, finish: str | None = None) -> bytes:
    if path in _NATIVE:
        return _event({"index": 0, "content": text, "stop": False})
    said = {"delta": {"content": text}} if path == "/v1/chat/completions" else {"text": text}
    return _event({"choices": [{"index": 0, "finish_reason": finish, **said}]})


def _ending(path: str, finish: str, tokens: int) -> bytes:
    if path in _NATIVE:
        timings = {"cache_n": 3, "prompt_n": 4, "predicted_n": tokens}
        stop_type = "limit" if finish == "length" else "eos"
        return _event({"index": 0, "content": "", "stop": True, "stop_type": stop_type, "timings": timings})
    usage = {"prompt_tokens": 7, "completion_tokens": tokens, "prompt_tokens_details": {"cached_tokens": 3}}
    return _piece(path, "", finish) + _event({"choices": [], "usage": usage}) + b"data: [DONE]\n\n"


def _rules(script: Script) -> list[Rule]:
    if isinstance(script, Mapping):
        return [Rule(contains=part, text=text) for part, text in script.items()]
    return list(script)


def _script_of(value: Any) -> Script:
    return value if isinstance(value, dict) else [Rule(**rule) for rule in value]


@contextmanager
def threaded(server: ModelServer) -> Iterator[ModelServer]:
    """Run a server in a thread of its own while a plain test goes on."""
    server.loop = asyncio.new_event_loop()
    thread = threading.Thread(target=server.loop.run_forever, daemon=True)
    thread.start()
    try:
        server.wait(server.__aenter__())
        try:
            yield server
        finally:
            server.wait(server.__aexit__())
    finally:
        server.loop.call_soon_threadsafe(server.loop.stop)
        thread.join(_PATIENCE_S)
        server.loop.close()


async def _serve(script: Script) -> None:
    async with ModelServer(script) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Serve a script from a file until this process is ended; the URL is the only line on standard output."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes", description=main.__doc__)
    parser.add_argument("--script", type=Path, required=True, help="JSON file: an object of texts, or a list of rules")
    asyncio.run(_serve(_script_of(json.loads(parser.parse_args().script.read_text(encoding="utf-8")))))


if __name__ == "__main__":
    main()
