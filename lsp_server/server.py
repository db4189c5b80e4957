"""The LSP face: a short handler per method. Handlers convert, ask the core, and convert back.

What the protocol itself asks for stands in `protocol`, what our values look like in JSON in `convert`.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from context.text import Encoding, Span
from lsp_server import __version__
from lsp_server.actions import Actions
from lsp_server.assistant import Assistant
from lsp_server.chat.blocks import Resource
from lsp_server.chat.session_json import modes_body
from lsp_server.chat.store import Store, store_path
from lsp_server.code_actions import CodeActions
from lsp_server.connection import INVALID_REQUEST, dispatch, open_writer, pump
from lsp_server.convert import content_blocks_of, span_of
from lsp_server.editor import Status
from lsp_server.errors import AssistantError
from lsp_server.framing import FrameDecoder
from lsp_server.ghost_text import GhostText
from lsp_server.handshake import Json, encoding_for, inserts_as_is, lookup
from lsp_server.lsp_editor import LspEditor
from lsp_server.lsp_sessions import METHODS, Method
from lsp_server.progress import show_progress
from lsp_server.protocol import AntiphonProtocol
from lsp_server.sources import load
from lsp_server.sync import Sync, paths_of

logger = logging.getLogger(__name__)

T = TypeVar("T")

REQUEST_FAILED = -32803


class Server(LanguageServer):
    """Antiphon as a language server."""

    protocol: AntiphonProtocol

    def __init__(self) -> None:
        super().__init__("antiphon", __version__, protocol_cls=AntiphonProtocol, converter_factory=default_converter)
        self._ready = False
        self._told = ""
        self._folders: list[Path] = []
        self._settings: Json = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._showing = False
        self._stopped: Callable[[], object] = lambda: None
        self.assistant: Assistant
        self.sync: Sync
        self.editor: LspEditor
        self.actions: Actions
        self.code_actions: CodeActions
        self.ghost_text: GhostText
        self.encoding: Encoding
        self.protocol.on_initialize = self.begin
        self.protocol.handle_with(self._handlers())

    def _handlers(self) -> dict[str, Callable[..., Any]]:
        return {
            types.INITIALIZED: self.initialized,
            types.EXIT: self.exit,
            types.TEXT_DOCUMENT_DID_OPEN: lambda params: self.sync.did_open(params),
            types.TEXT_DOCUMENT_DID_CHANGE: lambda params: self.sync.did_change(params),
            types.TEXT_DOCUMENT_DID_CLOSE: self.did_close,
            types.NOTEBOOK_DOCUMENT_DID_OPEN: lambda params: self.sync.did_open_notebook(params),
            types.NOTEBOOK_DOCUMENT_DID_CHANGE: lambda params: self.sync.did_change_notebook(params),
            types.NOTEBOOK_DOCUMENT_DID_CLOSE: self.did_close_notebook,
            types.WORKSPACE_DID_CHANGE_WATCHED_FILES: lambda params: self.sync.did_change_files(params),
            types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: self.did_change_folders,
            types.WORKSPACE_EXECUTE_COMMAND: self.execute_command,
            types.WORKSPACE_DID_CHANGE_CONFIGURATION: self.did_change_configuration,
            "antiphon/session/new": self.session_new,
            "antiphon/session/prompt": self.session_prompt,
            "antiphon/session/cancel": self.session_cancel,
            **{f"antiphon/session/{name}": partial(self.session_method, method) for name, method in METHODS.items()},
        }

    def _handlers_of_documents(self) -> dict[str, Callable[..., Any]]:
        return {
            types.TEXT_DOCUMENT_INLINE_COMPLETION: self.ghost_text.inline_completion,
            types.TEXT_DOCUMENT_COMPLETION: self.ghost_text.completion,
            types.TEXT_DOCUMENT_CODE_ACTION: self.code_actions.code_action,
            "antiphon/completion/explain": self.ghost_text.explain,
            # As the plugins of another assistant already call them.
            "textDocument/didShowCompletion": self.ghost_text.did_show,
            "textDocument/didPartiallyAcceptCompletion": self.ghost_text.did_partially_accept,
        }

    # Life

    def begin(self, params: Json) -> None:
        """Build everything for a client whose `initialize` params these are."""
        self._settings = lookup(params, "initializationOptions")
        self._folders = _folders_of(params)
        self.encoding = encoding_for(params)
        self.assistant = Assistant(self._tell, store=Store(store_path(), keep_days=90, tell=self._warn))
        self.assistant.workspace.set_folders(self._folders)
        self.assistant.completion.meet(str(lookup(params, "clientInfo", "name") or ""))
        capabilities = lookup(params, "capabilities")
        self.editor = LspEditor(self.protocol, self.assistant.workspace, capabilities, self.encoding)
        self.sync = Sync(self.assistant, self.encoding, lambda: self._soon(self.assistant.warm()))
        self.actions = Actions(self.assistant.outbound.voice)
        self.code_actions = CodeActions(self.assistant, self.sync, self.encoding)
        self.ghost_text = GhostText(self.assistant, self.encoding, self._tell, as_is=inserts_as_is(params))
        self.protocol.handle_with(self._handlers_of_documents())
        self._configure()

    async def initialized(self, _: types.InitializedParams) -> None:
        """Tell the state of the settings, and ask the client for its own."""
        self._ready = True
        self._configure()  # now, and again with what the client says when it is asked: it may never answer
        self._soon(self._index())
        if self.editor.can("workspace", "didChangeWatchedFiles", "dynamicRegistration"):
            self._soon(self._watch())
        if self.editor.can("workspace", "configuration"):
            self._settings = await self._pull_settings()
            self._configure()

    def exit(self, _: object) -> None:
        """End the process; what is under way is closed first."""
        self._stopped()

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log what a handler raised; the client has its error answer, and a popup for each would be a storm."""
        logger.debug("a handler failed: %s", error)

    async def run(self, stdin_fd: int, stdout_fd: int, decoder: FrameDecoder, bodies: list[bytes]) -> int:
        """Serve until the client says exit or goes away; gives the exit code."""
        self.protocol.set_writer(await open_writer(stdout_fd))
        pumping = asyncio.ensure_future(pump(stdin_fd, self.protocol, decoder))
        self._stopped = pumping.cancel  # before anything is handled: an exit may be among what came already
        dispatch(bodies, self.protocol)
        gc.freeze()  # what was loaded stays: no collection need look at it again while a person types
        await asyncio.wait({pumping})
        if not pumping.cancelled() and (error := pumping.exception()):
            logger.error("reading from the client failed", exc_info=error)
        for task in self._tasks:
            task.cancel()
        if self.protocol.initialized:
            self.sync.close_all()
        if self.protocol.initialized:
            await self.assistant.aclose()
        return 0 if self.protocol.shut_down else 1

    # Settings

    async def did_change_configuration(self, params: types.DidChangeConfigurationParams) -> None:
        """Take over changed settings: those that came along, or those that the client gives when asked."""
        sent = lookup(params.settings, "antiphon")
        self._settings = sent if sent is not None else await self._pull_settings()
        self._configure()

    def did_change_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        """Take over added and removed folders. The first one has the project's settings."""
        first, removed = self._folder, paths_of(folder.uri for folder in params.event.removed)
        self._folders = [folder for folder in self._folders if folder not in removed]
        self._folders += paths_of(folder.uri for folder in params.event.added)
        self.assistant.workspace.set_folders(self._folders)
        self._soon(self._index())
        if self._folder != first:
            self._configure()

    @property
    def _folder(self) -> Path | None:
        """The folder whose project file holds, if there is any."""
        return self._folders[0] if self._folders else None

    async def _pull_settings(self) -> Json:
        if not self.editor.can("workspace", "configuration"):
            return self._settings
        try:
            answer = await self.protocol.ask_client("workspace/configuration", {"items": [{"section": "antiphon"}]})
        except AssistantError as error:
            logger.warning("%s", error)
            return self._settings
        pulled = answer[0] if isinstance(answer, list) and answer else None
        return pulled if pulled is not None else self._settings

    def _configure(self) -> None:
        config, problems = load(self._folder, self._settings)
        self.assistant.configure(config)
        text = "\n".join(map(str, problems))
        if not self._ready:
            return
        if text and text != self._told:
            logger.warning("settings: %s", text)
            self._warn(f"Antiphon's settings: {text}")
            self._tell(Status("warning", str(problems[0]), "settings"))
        self._told = text

    def _tell(self, status: Status) -> None:
        """Tell a status; before the client is ready it may not be told anything."""
        if self._ready:
            self.editor.status(status)

    # Documents

    def did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Forget a document."""
        self.sync.did_close(params)
        self._forget(params.text_document.uri)

    def did_close_notebook(self, params: types.DidCloseNotebookDocumentParams) -> None:
        """Forget a notebook and its cells."""
        self.sync.did_close_notebook(params)
        for cell in params.cell_text_documents:
            self._forget(cell.uri)

    def _forget(self, uri: str) -> None:
        self.code_actions.did_close(uri)
        self.ghost_text.did_close(uri)

    def _warn(self, text: str) -> None:
        """Show the person a message: a status would be gone with the next suggestion."""
        if self._ready:
            self.protocol.notify_client("window/showMessage", {"type": 2, "message": text})

    # The project

    async def _index(self) -> None:
        """Have the workspace folders indexed in the background, and show how far that is."""
        await self.assistant.set_folders(self._folders)
        if not self._folders or self._showing:
            return
        self._showing = True
        try:
            indexes = self.assistant.gatherer.indexes
            can_show = self.editor.can("window", "workDoneProgress")
            await show_progress(
                self.protocol,
                "Indexing the project",
                lambda: indexes.progress,
                self.assistant.indexed,
                can_show=can_show,
            )
        finally:
            self._showing = False

    async def _watch(self) -> None:
        """Ask the client to tell of every file that changes on disk."""
        watchers = [{"globPattern": "**/*"}]
        registration = {
            "id": "antiphon-files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": {"watchers": watchers},
        }
        try:
            await self.protocol.ask_client("client/registerCapability", {"registrations": [registration]})
        except AssistantError as error:
            logger.info("changes on disk are found at the next start: %s", error)

    # Commands

    async def execute_command(self, params: types.ExecuteCommandParams) -> Json:
        """Run one of our commands; its fault is an error answer that a person can read."""
        argument = params.arguments[0] if params.arguments else None
        commands: dict[str, Callable[[Json], Awaitable[Json]]] = {
            "antiphon.explain": self._explain,
            "antiphon.docstring": self._docstring,
        }
        if params.command == "antiphon.completion.accepted":
            self.ghost_text.accepted(argument)
            return None
        run = commands.get(params.command)
        if run is None:
            raise JsonRpcException(f"There is no command {params.command!r}.", INVALID_REQUEST)
        return await self._working(run(argument))

    async def _explain(self, argument: Json) -> Json:
        uri, span = self._target(argument)
        instruction = lookup(argument, "instruction")
        told = await self.actions.explain(uri, span, self.editor, instruction if isinstance(instruction, str) else None)
        return {"actionId": told.action_id, "text": told.text}

    async def _docstring(self, argument: Json) -> Json:
        uri, span = self._target(argument)
        applied = await self.actions.docstring(uri, span, self.editor)
        return {"actionId": applied.action_id, "applied": True}

    def _target(self, argument: Json) -> tuple[str, Span]:
        uri = lookup(argument, "uri")
        document = self.editor.document(uri) if isinstance(uri, str) else None
        if document is None:
            raise AssistantError('This command needs one argument {"uri", "range"} that names a file.')
        return document.uri, span_of(lookup(argument, "range"), document, self.encoding)

    # Chat

    async def session_new(self, params: Json) -> Json:
        """Begin a conversation."""
        cwd = str(lookup(params, "cwd") or self._folder or os.getcwd())
        session_id = await _answered(self.assistant.sessions.new(cwd))
        return {"sessionId": session_id, "modes": modes_body(self.assistant.sessions.mode(session_id))}

    async def session_prompt(self, params: Json) -> Json:
        """Ask in a conversation; the answer streams as updates."""

        async def prompt() -> Json:
            session_id = str(lookup(params, "sessionId"))
            blocks = content_blocks_of(lookup(params, "prompt"))
            for block in blocks:
                if isinstance(block, Resource):
                    self.editor.check(block.uri)
            return {"stopReason": await self.assistant.sessions.prompt(session_id, blocks, self.editor)}

        return await self._working(prompt())

    async def session_method(self, method: Method, params: Json) -> Json:
        """Do one of the methods about conversations."""
        return await _answered(method(self.assistant.sessions, self.editor, params))

    async def _working(self, work: Awaitable[Json]) -> Json:
        """Wait for an answer of the chat model, and tell so in the status."""
        self._tell(Status("busy", f"Asking {self.assistant.config.chat.model}", "asking"))
        try:
            return await _answered(work)
        finally:
            self._tell(self.assistant.at_rest())

    def session_cancel(self, params: Json) -> None:
        """Stop the answer that a conversation is giving."""
        try:
            self.assistant.sessions.cancel(str(lookup(params, "sessionId")))
        except AssistantError as error:
            logger.warning("%s", error)

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def run(stdin_fd: int, stdout_fd: int, decoder: FrameDecoder, bodies: list[bytes], *, greeted: bool) -> int:
    """Serve one client; `bodies` came already, and `greeted` tells that the first was answered."""
    logging.basicConfig(
        level=os.environ.get("ANTIPHON_LOG", "WARNING").upper(),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # It logs a traceback for every error answer, also for an honest no; faults of ours are logged where they are met.
    logging.getLogger("pygls.protocol.json_rpc").setLevel(logging.CRITICAL)
    server = Server()
    server.protocol.greeted = greeted
    return asyncio.run(server.run(stdin_fd, stdout_fd, decoder, bodies))


async def _answered(work: Awaitable[T]) -> T:
    """Give the result, or our error as the protocol's: one sentence for a person, no traceback."""
    try:
        return await work
    except AssistantError as error:
        logger.info("a request failed: %s", error)
        raise JsonRpcException(str(error), REQUEST_FAILED) from error


def _folders_of(params: Json) -> list[Path]:
    folders = lookup(params, "workspaceFolders")
    if isinstance(folders, list) and folders:
        return paths_of(lookup(folder, "uri") for folder in folders)
    return paths_of([lookup(params, "rootUri")])
