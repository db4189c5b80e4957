"""A server on a real socket that does what no server should: it sends any bytes, and then resets, stalls or goes."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias

_PATIENCE_S = 20.0

End: TypeAlias = Literal["keep", "close", "reset", "half-close", "stall"]

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
UNTIL_CLOSED = HEAD + b"connection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Fault:
    """What becomes of one request: these bytes are sent, in one piece or one by one, and then the end comes.

    "keep" waits for the next request, "close" closes in form, "reset" breaks the connection off, "half-close" sends
    the end but goes on listening, "stall" says nothing more until the client goes.
    """

    sent: bytes = b""
    end: End = "close"
    drip: bool = False


def chunk(data: bytes) -> bytes:
    """Give bytes in the framing of a chunked response; b"" is its end."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def whole(status: int, body: bytes, *headers: str) -> bytes:
    """Give a whole response."""
    lines = [f"HTTP/1.1 {status} Faulty", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def text(words: str) -> bytes:
    """Give a piece of an answer."""
    return b'data: {"choices":[{"index":0,"text":"%b","delta":{}}]}\n\n' % words.encode()


STOP = b'data: {"choices":[{"index":0,"text":"","delta":{},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"
ANSWER = CHUNKED + chunk(text("ok") + STOP + DONE) + chunk(b"")


class FaultyServer:
    """Serves the faults in order, the last one for ever; counts requests and open connections. Use `async with`."""

    def __init__(self, *faults: Fault) -> None:
        self._faults: Sequence[Fault] = faults
        self._server: asyncio.Server
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self.requests: list[bytes] = []
        self.open = 0

    @property
    def url(self) -> str:
        """The base URL, for dialects that have /v1 in it."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def __aenter__(self) -> FaultyServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds. Raises TimeoutError when it never does."""
        async with asyncio.timeout(_PATIENCE_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._count(1)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._answer(reader, writer):
                    pass
        except asyncio.CancelledError:  # the test is over; asyncio.streams would print it
            pass
        finally:
            writer.transport.abort()
            self._tasks.discard(task)
            self._count(-1)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; tell whether there may be another."""
        head = await reader.readuntil(b"\r\n\r\n")
        sizes = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
        self.requests.append(head + await reader.readexactly(int(sizes[0]) if sizes else 0))
        fault = self._faults[min(len(self.requests), len(self._faults)) - 1]
        self._changed.set()
        for piece in [bytes([byte]) for byte in fault.sent] if fault.drip else [fault.sent]:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        if fault.end == "half-close":
            writer.write_eof()
        if fault.end in ("half-close", "stall"):
            await reader.read()
        if fault.end == "reset":
            linger = struct.pack("ii", 1, 0)  # to close now sends RST, not FIN (socket(7), SO_LINGER)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if fault.end == "close":
            writer.close()
            await writer.wait_closed()
        return fault.end == "keep"

    def _count(self, by: int) -> None:
        self.open += by
        self._changed.set()
