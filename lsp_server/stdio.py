"""Standard input and output as the protocol's channel: the first answer at once, then the server proper.

Standard output belongs to the protocol: whatever else this process prints, a C library included, goes to standard
error instead.
"""

from __future__ import annotations

import json
import os
import sys

from lsp_server import __version__
from lsp_server.framing import FrameDecoder, encode
from lsp_server.handshake import Json, initialize_result

READ_BYTES = 65_536


def serve() -> int:
    """Serve one client over standard input and output until it says exit or goes away; gives the exit code."""
    stdin_fd, stdout_fd = 0, claim_stdout()
    decoder = FrameDecoder()
    bodies: list[bytes] = []
    while not bodies:
        chunk = os.read(stdin_fd, READ_BYTES)
        if not chunk:
            return 0
        bodies = decoder.feed(chunk)
    greeted = _greet(bodies[0], stdout_fd)
    # Loaded only now: the client has its answer and works on its next message meanwhile.
    from lsp_server.server import run

    return run(stdin_fd, stdout_fd, decoder, bodies, greeted=greeted)


def claim_stdout() -> int:
    """Give a private descriptor of standard output, and point the public one at standard error."""
    private = os.dup(1)
    sys.stdout.flush()
    os.dup2(2, 1)
    return private


def _greet(body: bytes, stdout_fd: int) -> bool:
    """Answer `initialize` when this is it; anything else is left to the server."""
    try:
        message: Json = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(message, dict) or message.get("method") != "initialize" or "id" not in message:
        return False
    result = initialize_result(message.get("params"), __version__)
    _write_all(stdout_fd, encode({"jsonrpc": "2.0", "id": message["id"], "result": result}))
    return True


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
