"""A blocking client for timings: pipes, JSON and nothing else, so that what is measured is the server."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import Any, TypeAlias

Json: TypeAlias = Any

URI = "file:///project/bench.py"


class RawClient:
    """One server process. Requests wait for their answer; everything else that comes is dropped."""

    def __init__(self, command: Sequence[str], settings: Json = None) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="antiphon-bench-")
        environ = {**os.environ, "XDG_CONFIG_HOME": self._home.name}
        self._started_s = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ
        )
        self._next_id = 0
        capabilities = {"general": {"positionEncodings": ["utf-16"]}}
        params = {"processId": None, "rootUri": None, "capabilities": capabilities, "initializationOptions": settings}
        self.request("initialize", params)
        self.start_ms = (time.perf_counter() - self._started_s) * 1000
        self.notify("initialized", {})

    def request(self, method: str, params: Json) -> Json:
        """Send a request and wait for its result."""
        self._next_id += 1
        self._send({"id": self._next_id, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self._next_id:
                return message.get("result")

    def notify(self, method: str, params: Json) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def open(self, text: str) -> None:
        """Open the document."""
        item = {"uri": URI, "languageId": "python", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def key(self, version: int, line: int, character: int, text: str) -> tuple[str, float]:
        """Type and ask for ghost text; gives it ("" for none), and the milliseconds until it was there."""
        at = {"line": line, "character": character}
        started = time.perf_counter()
        document = {"uri": URI, "version": version}
        changes = [{"range": {"start": at, "end": at}, "text": text}]
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
        ghost = self.ghost(line, character + len(text))
        return ghost, (time.perf_counter() - started) * 1000

    def ghost(self, line: int, character: int) -> str:
        """Ask for ghost text."""
        position = {"line": line, "character": character}
        params = {"textDocument": {"uri": URI}, "position": position, "context": {"triggerKind": 2}}
        items = self.request("textDocument/inlineCompletion", params)["items"]
        return items[0]["insertText"] if items else ""

    def close(self) -> None:
        """End the server."""
        self.request("shutdown", None)
        self.notify("exit", None)
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)
        self._home.cleanup()

    def _send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def _receive(self) -> Json:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length"):
                length = int(line.split(b":")[1])
        return json.loads(self.process.stdout.read(length))
