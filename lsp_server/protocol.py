"""pygls' protocol, with three things done in its stead.

pygls carries dispatch, cancellation and typed messages. The byte stream is `connection`'s, `initialize` is answered by
`handshake`, and documents are our own: pygls splits lines at form feed, VT, NEL and U+2028, which moves every position
below, and copies the whole text at every key.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import JsonRPCNotification, JsonRPCRequestMessage, JsonRPCResponseMessage, LanguageServerProtocol

from lsp_server import __version__
from lsp_server.connection import INVALID_REQUEST
from lsp_server.errors import AssistantError
from lsp_server.framing import encode, frame
from lsp_server.handshake import Json, initialize_result

logger = logging.getLogger(__name__)

NOT_INITIALIZED = -32002
INTERNAL_ERROR = -32603


class AntiphonProtocol(LanguageServerProtocol):
    """pygls' protocol over our connection. `on_initialize` gets the params, once."""

    def __init__(self, server: LanguageServer, converter: Any) -> None:
        super().__init__(server, converter)
        self.on_initialize: Callable[[Json], None] = lambda _: None
        self.initialized = False
        self.greeted = False
        # What is not typed stays JSON as it came; pygls would make tuples of it, and rename keys.
        for kind in (JsonRPCRequestMessage, JsonRPCNotification):
            converter.register_structure_hook(kind, _as_it_came)
        converter.register_structure_hook(JsonRPCResponseMessage, _as_it_came)

    def handle_with(self, handlers: Mapping[str, Callable[..., Any]]) -> None:
        """Have these handlers called for methods, in place of what pygls does about them."""
        for method, handler in handlers.items():
            self.fm.add_builtin_feature(method, handler)

    def receive(self, message: dict[str, Json]) -> None:
        """Take one message: check its order, give it its types, and hand it to its handler."""
        method, message_id = message.get("method"), message.get("id")
        if method == types.INITIALIZE:
            self._initialize(message)
            return
        if method and "id" in message and (not self.initialized or self._shutdown):
            code = INVALID_REQUEST if self._shutdown else NOT_INITIALIZED
            self.refuse(message_id, code, "The server is shutting down." if self._shutdown else "Initialize first.")
            return
        if "error" in message and message["error"] is None:
            message = {key: value for key, value in message.items() if key != "error"}
        try:
            self.handle_message(self.structure_message(message))
        except JsonRpcException as error:
            logger.warning("%s has params that are not as the protocol says", method)
            self._refuse_request(message, error.code, f"The params of {method} are not as the protocol says.")
        except Exception as error:
            logger.exception("%s could not be handled", method or "an answer")
            self._refuse_request(message, INTERNAL_ERROR, f"{method} could not be handled: {error!r}")

    def _refuse_request(self, message: dict[str, Json], code: int, text: str) -> None:
        if message.get("method") and "id" in message:
            self.refuse(message["id"], code, text)

    def refuse(self, message_id: Json, code: int, text: str) -> None:
        """Answer with an error."""
        self._write({"jsonrpc": "2.0", "id": message_id, "error": {"code": code, "message": text}})

    def notify_client(self, method: str, params: Json) -> None:
        """Send a notification as it is."""
        self._write({"jsonrpc": "2.0", "method": method, "params": params})

    async def ask_client(self, method: str, params: Json) -> Json:
        """Send a request as it is and give its result. Raises AssistantError when the client refuses."""
        message_id, answered = f"antiphon-{uuid.uuid4().hex[:12]}", Future[Json]()
        self._request_futures[message_id] = answered
        self._write({"jsonrpc": "2.0", "id": message_id, "method": method, "params": params})
        try:
            return await asyncio.wrap_future(answered)
        except JsonRpcException as error:
            raise AssistantError(f"The editor refused {method}: {error.message}") from error
        finally:
            # An answer that comes after the wait was cancelled has nobody left to take it.
            self._request_futures.pop(message_id, None)

    def _initialize(self, message: dict[str, Json]) -> None:
        if self.initialized:
            self.refuse(message.get("id"), INVALID_REQUEST, "The server is already initialized.")
            return
        self.initialized = True
        params = message.get("params")
        if not self.greeted:
            self._write({"jsonrpc": "2.0", "id": message.get("id"), "result": initialize_result(params, __version__)})
        self.on_initialize(params)

    @property
    def shut_down(self) -> bool:
        """Whether the client has asked for the end."""
        return self._shutdown

    def _write(self, message: Json) -> None:
        if self.writer is not None:
            self.writer.write(encode(message))

    def _send_data(self, data: Any) -> None:
        """Write what pygls has to say, the way all is written here."""
        if data is not None and self.writer is not None:
            body = json.dumps(data, default=self._serialize_message, separators=(",", ":"))
            self.writer.write(frame(body.encode("ascii")))


def _as_it_came(value: dict[str, Json], kind: type[Any]) -> Any:
    """Give a message with its params or result as JSON; members that the protocol does not know are left out."""
    fields = ("id", "method", "jsonrpc", "params", "result")
    known = {field: value.get(field) for field in fields if field in kind.__annotations__}
    return kind(**known)
