"""Everything behind the faces, put together by plain constructor calls."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

from context.budget import estimate_tokens
from context.workspace import Workspace
from lsp_server.chat.session import Sessions
from lsp_server.chat.voice import Voice
from lsp_server.completion.ask import Asker
from lsp_server.completion.engine import Completion, CompletionEngine, Nothing
from lsp_server.config import Config
from lsp_server.editor import Status
from lsp_server.errors import AssistantError, Unreachable
from lsp_server.models.client import ModelClient
from lsp_server.models.load import LoadGuard
from lsp_server.models.local import LocalModel, State
from lsp_server.models.messages import ChatRequest, Endpoint, ModelRequest, StreamEvent
from lsp_server.models.providers import EMBEDDED, Model, resolve
from lsp_server.redaction import Redaction, own_keys

logger = logging.getLogger(__name__)


# A small model reads 200 to 450 tokens a second: a question with a long file would take a minute and be answered badly.
_EMBEDDED_CHAT_WINDOW = 4_096


# A connection that was opened ahead is kept about as long; an editor that restores a hundred files opens one.
_WARM_S = 50.0


class Assistant:
    """The engine of one process: workspace, completion, chat and commands over the configured models."""

    def __init__(self, on_status: Callable[[Status], None], environ: Mapping[str, str] = os.environ) -> None:
        self.config = Config()
        self.workspace = Workspace()
        self.client = ModelClient()
        self.local = LocalModel(self.config.local, on_state=self._on_local)
        self._environ = environ
        self._closing: set[asyncio.Task[None]] = set()
        self._warming = False
        self._warmed_s = float("-inf")
        self._on_status = on_status
        self._kept_back = ""
        asker = Asker(self, self.connect, LoadGuard(time.monotonic), time.monotonic)
        self.completion = CompletionEngine(asker, on_outcome=self._report)
        self.sessions = Sessions(self.voice)

    def configure(self, config: Config) -> None:
        """Take over settings, also while running. A model that cannot be used is told in the status."""
        if config.local != self.config.local:
            self._replace_local(config)
        self.config = config
        try:
            model = resolve(config.completion.model, config, self._environ)
        except AssistantError as error:
            self.completion.configure(config.completion, None)
            self._on_status(Status("error", str(error), "settings"))
            return
        self.completion.configure(config.completion, model)
        self._on_status(self.at_rest())

    async def connect(self, model: Model) -> Endpoint:
        """Give the endpoint of a model; the embedded one is started when it is not running."""
        return await self.local.endpoint() if model.embedded else model.endpoint

    async def stream(
        self, request: ModelRequest, endpoint: Endpoint, *, timeout_s: float
    ) -> AsyncGenerator[StreamEvent, None]:
        """Ask a model, see `ModelClient.stream`; an embedded one that is gone is started anew at the next request.

        What leaves this machine leaves it without secrets; the answer has them again.
        """
        redaction = None if endpoint.local else Redaction(request, own_keys(self.config, self._environ))
        if redaction is not None:
            request = redaction.request
            self._tell_kept_back(redaction.counts)
        try:
            async with aclosing(self.client.stream(request, endpoint, timeout_s=timeout_s)) as events:
                async for event in events:
                    for whole in redaction.restored(event) if redaction is not None else (event,):
                        yield whole
        except Unreachable:
            if endpoint.provider == EMBEDDED:
                self.local.forget()
            raise

    async def warm(self) -> None:
        """Get the completion model ready, so that the first suggestion need not wait; a fault is a status."""
        if self._warming or time.monotonic() - self._warmed_s < _WARM_S:
            return
        self._warming = True
        try:
            model = resolve(self.config.completion.model, self.config, self._environ)
            endpoint = await self.connect(model)
            await self.client.warm(endpoint)
        except AssistantError as error:
            logger.info("the completion model is not ready: %s", error)
            self._on_status(Status("warning", str(error), _reason(error)))
        finally:
            self._warming, self._warmed_s = False, time.monotonic()

    async def aclose(self) -> None:
        """Close every stream and connection."""
        await self.completion.aclose()
        await self.client.aclose()
        await self.local.aclose()

    def voice(self) -> Voice:
        """Give the chat model as the settings stand. Raises SettingsError when it cannot be used."""
        model = resolve(self.config.chat.model, self.config, self._environ)

        async def ask(request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
            endpoint = await self.connect(model)
            async with aclosing(self.stream(request, endpoint, timeout_s=self.config.chat.timeout_s)) as events:
                async for event in events:
                    yield event

        window = min(model.context_window or 8_192, _EMBEDDED_CHAT_WINDOW if model.embedded else 1_000_000)
        return Voice(
            ask,
            estimate_tokens,
            self.config.chat.model,
            window,
            min(self.config.chat.max_tokens, window // 3),
            self.config.chat.instructions,
            0.0 if model.embedded else None,
        )

    def _replace_local(self, config: Config) -> None:
        old, self.local = self.local, LocalModel(config.local, on_state=self._on_local)
        if old.state != "off":
            # Without this its heartbeat would go on, and its engine never find itself unneeded.
            task = asyncio.get_running_loop().create_task(old.aclose())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _on_local(self, state: State) -> None:
        if state == "loading":
            self._on_status(Status("busy", "The embedded model is being loaded", "loading"))
        elif state == "ready":
            self._on_status(self.at_rest())

    def at_rest(self) -> Status:
        """Give the status when nothing is under way and nothing is wrong."""
        return Status("ready", f"Completing with {self.config.completion.model}{self._kept_back}")

    def _tell_kept_back(self, counts: Counter[str]) -> None:
        """Tell how many secrets the last request was sent without, once until it changes."""
        told = ", ".join(f"{count} × {kind}" for kind, count in sorted(counts.items()))
        kept_back = f"; sent without secrets: {told}" if told else ""
        if kept_back != self._kept_back:
            self._kept_back = kept_back
            self._on_status(self.at_rest())

    def _report(self, outcome: Completion | Nothing) -> None:
        match outcome:
            case Nothing(_, error) if error is not None:
                self._on_status(Status("warning", str(error), _reason(error)))
            case Nothing("error" | "superseded"):
                pass
            case _:
                self._on_status(self.at_rest())


def _reason(error: AssistantError) -> str:
    """Give the stable code of an error: its name in the tree, in kebab case."""
    name = type(error).__name__
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")
