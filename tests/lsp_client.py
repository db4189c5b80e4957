"""A raw language client: JSON-RPC over the standard streams of a real server process, and nothing else."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeAlias

from lsp_server.framing import FrameDecoder, encode

Json: TypeAlias = Any

SERVER = (sys.executable, "-m", "lsp_server", "serve", "--stdio")

# Everything on this machine answers within a second; a busy machine gets a minute before a test gives up.
PATIENCE_S = 60.0


class ErrorAnswerError(Exception):
    """The server answered a request with an error."""

    def __init__(self, error: Json) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code: int = error["code"]


class LspClient:
    """A client for one server process.

    `answers` gives the results of requests that the server sends; the `silent` ones are answered late or never.
    """

    def __init__(
        self,
        command: tuple[str, ...] = SERVER,
        *,
        capabilities: Json = None,
        settings: Json = None,
        answers: Mapping[str, Callable[[Json], Json]] | None = None,
        silent: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._command = command
        self._capabilities = capabilities or {}
        self._settings = settings
        self._answers = answers or {}
        self._silent = silent
        self._asked: dict[str, Json] = {}
        self._environ = environ
        self._waiting: dict[Json, asyncio.Future[Json]] = {}
        self._next_id = 0
        self._news = asyncio.Condition()
        self.notifications: list[tuple[str, Json]] = []
        self.raw = bytearray()
        self.initialize_result: Json = None

    async def __aenter__(self) -> LspClient:
        self.process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self._environ,
            limit=2**26,
        )
        self._reading = asyncio.create_task(self._read())
        params = {"processId": None, "rootUri": None, "capabilities": self._capabilities}
        self.initialize_result = await self.request("initialize", {**params, "initializationOptions": self._settings})
        self.notify("initialized", {})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._reading.done():
            await self.request("shutdown", None)
            self.notify("exit", None)
        await asyncio.wait_for(self.process.wait(), PATIENCE_S)
        await self._reading

    async def request(self, method: str, params: Json) -> Json:
        """Send a request and give its result. Raises ErrorAnswerError."""
        return await self.send(method, params)[1]

    def send(self, method: str, params: Json) -> tuple[int, asyncio.Future[Json]]:
        """Send a request; gives its id, and its result when that comes."""
        self._next_id += 1
        message_id, answer = self._next_id, asyncio.get_running_loop().create_future()
        if self._reading.done():
            answer.set_exception(EOFError("the server has closed its output"))
        self._waiting[message_id] = answer
        self.write(encode({"jsonrpc": "2.0", "id": message_id, "method": method, "params": params}))
        return message_id, asyncio.ensure_future(asyncio.wait_for(answer, PATIENCE_S))

    def notify(self, method: str, params: Json) -> None:
        """Send a notification."""
        self.write(encode({"jsonrpc": "2.0", "method": method, "params": params}))

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)

    def cancel(self, message_id: int) -> None:
        """Cancel a request."""
        self.notify("$/cancelRequest", {"id": message_id})

    def answer_late(self, method: str, result: Json) -> None:
        """Answer a request that was kept waiting."""
        self.write(encode({"jsonrpc": "2.0", "id": self._asked[method], "result": result}))

    async def notified(self, method: str, when: Callable[[Json], bool] = lambda _: True) -> Json:
        """Wait for a notification, past or to come, and give its params."""

        def found() -> list[Json]:
            return [params for name, params in self.notifications if name == method and when(params)]

        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: bool(found())), PATIENCE_S)
        return found()[0]

    def open(self, uri: str, text: str, language_id: str = "python", version: int = 1) -> None:
        """Open a document."""
        item = {"uri": uri, "languageId": language_id, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, line: int, character: int, text: str) -> None:
        """Insert text at a position."""
        at = {"line": line, "character": character}
        changes = [{"range": {"start": at, "end": at}, "text": text}]
        self.notify(
            "textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": changes}
        )

    def ask(self, uri: str, line: int, character: int, *, invoked: bool = False) -> tuple[int, asyncio.Future[Json]]:
        """Ask for ghost text; gives the request's id, and its result when that comes."""
        context = {"triggerKind": 1 if invoked else 2}
        position = {"line": line, "character": character}
        params = {"textDocument": {"uri": uri}, "position": position, "context": context}
        return self.send("textDocument/inlineCompletion", params)

    async def ghost(self, uri: str, line: int, character: int, *, invoked: bool = False) -> str:
        """Ask for ghost text and give the first suggestion, "" when there is none."""
        items = (await self.ask(uri, line, character, invoked=invoked)[1])["items"]
        return items[0]["insertText"] if items else ""

    async def _read(self) -> None:
        assert self.process.stdout is not None
        decoder = FrameDecoder()
        while chunk := await self.process.stdout.read(65_536):
            self.raw += chunk
            for body in decoder.feed(chunk):
                await self._take(json.loads(body))
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(EOFError("the server closed its output"))

    async def _take(self, message: Json) -> None:
        method, message_id = message.get("method"), message.get("id")
        if method in self._silent:
            self._asked[method] = message_id
        elif method and message_id is not None:
            answer = self._answers.get(method)
            outcome = {"result": answer(message["params"])} if answer else {"error": {"code": -32601, "message": "no"}}
            self.write(encode({"jsonrpc": "2.0", "id": message_id, **outcome}))
        elif method is None and isinstance(message_id, int) and message_id in self._waiting:
            waiting = self._waiting.pop(message_id)
            if "error" in message:
                waiting.set_exception(ErrorAnswerError(message["error"]))
            else:
                waiting.set_result(message["result"])
        async with self._news:
            self.notifications.append((method or "error", message.get("params", message.get("error"))))
            self._news.notify_all()
