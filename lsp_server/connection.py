"""The byte stream of a client: read without blocking, written without blocking, one message at a time.

Both directions wait in the event loop. Were writing to block, a client that is itself busy writing would never read,
and both would wait for each other.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Iterable
from typing import Protocol

from lsp_server.framing import FrameDecoder
from lsp_server.handshake import Json

logger = logging.getLogger(__name__)

READ_BYTES = 65_536

PARSE_ERROR = -32700
INVALID_REQUEST = -32600


class Dispatcher(Protocol):
    """Who gets the messages."""

    def receive(self, message: dict[str, Json]) -> None:
        """Take one message; must not raise."""

    def refuse(self, message_id: Json, code: int, text: str) -> None:
        """Answer something that is no message with an error."""


class Writer(Protocol):
    """Where answers go."""

    def write(self, data: bytes) -> None:
        """Write, now or as soon as the other side takes it."""

    def close(self) -> None:
        """Write nothing more."""


async def pump(stdin_fd: int, dispatcher: Dispatcher, decoder: FrameDecoder) -> None:
    """Hand every message that comes in to the dispatcher, until the stream ends."""
    reader = await _reader(stdin_fd)
    while chunk := await reader.read(READ_BYTES):
        dispatch(decoder.feed(chunk), dispatcher)


def dispatch(bodies: Iterable[bytes], dispatcher: Dispatcher) -> None:
    """Parse message bodies and hand them on; what is no JSON-RPC is answered with an error."""
    for body in bodies:
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            logger.warning("a message was not JSON: %s", error)
            dispatcher.refuse(None, PARSE_ERROR, f"This message is not JSON: {error}")
            continue
        for single in message if isinstance(message, list) else [message]:
            _dispatch_one(single, dispatcher)


def _dispatch_one(message: Json, dispatcher: Dispatcher) -> None:
    if isinstance(message, dict) and message.get("jsonrpc") == "2.0":
        method = message.get("method")
        if isinstance(method, str) or (method is None and "id" in message):
            dispatcher.receive(message)
            return
    logger.warning("a message was no JSON-RPC 2.0 request, notification or response")
    message_id = message.get("id") if isinstance(message, dict) else None
    dispatcher.refuse(message_id, INVALID_REQUEST, "This message is not a JSON-RPC 2.0 request or response.")


async def open_writer(stdout_fd: int) -> Writer:
    """Give a writer that never blocks; for a plain file, which takes everything at once, a direct one."""
    loop = asyncio.get_running_loop()
    try:
        transport, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(stdout_fd, "wb", buffering=0)
        )
    except (ValueError, OSError, NotImplementedError):
        return _DirectWriter(stdout_fd)
    return asyncio.StreamWriter(transport, protocol, None, loop)


class _DirectWriter:
    def __init__(self, fd: int) -> None:
        self._fd = fd

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._fd, data) :]

    def close(self) -> None:
        os.close(self._fd)


class _Readable(Protocol):
    async def read(self, size: int) -> bytes: ...


class _ThreadReader:
    """Reads in a thread where the event loop cannot: plain files, and pipes on Windows."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    async def read(self, size: int) -> bytes:
        return await asyncio.to_thread(os.read, self._fd, size)


async def _reader(stdin_fd: int) -> _Readable:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=READ_BYTES)
    try:
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(stdin_fd, "rb", buffering=0, closefd=False)
        )
    except (ValueError, OSError, NotImplementedError):
        return _ThreadReader(stdin_fd)
    return reader
