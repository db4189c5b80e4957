"""What leaves for models and what comes back: the embedded engine, redaction, fallback and the day's budget."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial

from context.budget import estimate_tokens
from lsp_server.chat.voice import Voice
from lsp_server.config import Config
from lsp_server.editor import Status
from lsp_server.errors import AssistantError, Unreachable
from lsp_server.models.chain import ask_in_turn
from lsp_server.models.client import ModelClient
from lsp_server.models.fallback import Fallback
from lsp_server.models.local import LocalModel, State
from lsp_server.models.messages import ChatRequest, Endpoint, ModelRequest, StreamEvent
from lsp_server.models.providers import EMBEDDED, Model, resolve
from lsp_server.models.providers import Voice as VoiceName
from lsp_server.models.purse import Purse
from lsp_server.redaction import Redaction, own_keys

logger = logging.getLogger(__name__)

# A small model reads 200 to 450 tokens a second: a question with a long file would take a minute and be answered badly.
_EMBEDDED_CHAT_WINDOW = 4_096

# What a model of unknown size is taken to read.
_UNKNOWN_WINDOW = 8_192

# A connection that was opened ahead is kept about as long; an editor that restores a hundred files opens one.
_WARM_S = 50.0


class Outbound:
    """Asks the models of the settings. `on_local` hears of the embedded engine, `on_kept_back` of secrets kept here."""

    def __init__(
        self,
        environ: Mapping[str, str],
        on_status: Callable[[Status], None],
        on_local: Callable[[State], None],
        on_kept_back: Callable[[Counter[str]], None],
    ) -> None:
        self.config = Config()
        self.client = ModelClient(on_notice=lambda told: on_status(Status("busy", told, "retry")))
        self.local = LocalModel(self.config.local, on_state=on_local)
        self._environ = environ
        self._on_status = on_status
        self._on_local = on_local
        self._on_kept_back = on_kept_back
        self._closing: set[asyncio.Task[None]] = set()
        self._fallback = Fallback(time.monotonic)
        self._purse = Purse(estimate_tokens)
        self._warming = False
        self._warmed_s = float("-inf")

    def configure(self, config: Config) -> None:
        """Take over settings, also while running."""
        if config.local != self.config.local:
            self._replace_local(config)
        self.config = config

    def resolved(self, names: Sequence[str], use: VoiceName) -> dict[str, Model]:
        """Give the models of these names, of those behind the first the ones that can be used.

        Raises SettingsError when the first cannot be.
        """
        models = {names[0]: resolve(names[0], self.config, self._environ, use)}
        for name in names[1:]:
            try:
                models[name] = resolve(name, self.config, self._environ, use)
            except AssistantError as error:
                logger.warning("the fallback %s cannot be used: %s", name, error)
        return models

    async def connect(self, model: Model) -> Endpoint:
        """Give the endpoint of a model; the embedded one is started when it is not running."""
        return await self.local.endpoint() if model.embedded else model.endpoint

    async def stream(
        self,
        request: ModelRequest,
        endpoint: Endpoint,
        *,
        timeout_s: float,
        patient: bool = True,
    ) -> AsyncGenerator[StreamEvent, None]:
        """Ask a model, see `ModelClient.stream`; an embedded one that is gone is started anew at the next request.

        What leaves this machine leaves it without secrets; the answer has them again.
        """
        redaction = None if endpoint.local else Redaction(request, own_keys(self.config, self._environ))
        if redaction is not None:
            request = redaction.request
            self._on_kept_back(redaction.counts)
        chat = self.config.chat
        events = self.client.stream(
            request,
            endpoint,
            timeout_s=timeout_s,
            first_byte_timeout_s=chat.first_byte_timeout_s,
            idle_timeout_s=chat.idle_timeout_s,
            patient=patient,
        )
        try:
            async with aclosing(events):
                async for event in events:
                    for whole in redaction.restored(event) if redaction is not None else (event,):
                        yield whole
        except Unreachable:
            if endpoint.provider == EMBEDDED:
                self.local.forget()
            raise

    async def warm(self, model: Model) -> None:
        """Get a model ready, so that the first suggestion need not wait. Raises AssistantError."""
        if self._warming or time.monotonic() - self._warmed_s < _WARM_S:
            return
        self._warming = True
        try:
            await self.client.warm(await self.connect(model))
        finally:
            self._warming, self._warmed_s = False, time.monotonic()

    def voice(self) -> Voice:
        """Give the chat model as the settings stand. Raises SettingsError when it cannot be used."""
        config = self.config.chat
        models = self.resolved((config.model, *config.fallback), "chat")
        first = models[config.model]
        window = min(map(_window, models.values()))
        limits = [limit for model in models.values() if (limit := model.facts.max_output_tokens)]
        return Voice(
            partial(self._ask_in_turn, models),
            estimate_tokens,
            config.model,
            window,
            min(config.max_tokens, window // 3, *limits),
            config.instructions,
            0.0 if first.embedded else None,
            # A model of which it is not known may refuse every request that offers tools.
            tools=all(model.facts.tools is True and not model.embedded for model in models.values()),
        )

    async def aclose(self) -> None:
        """Close every stream and connection."""
        await self.client.aclose()
        await self.local.aclose()

    def _ask_in_turn(self, models: Mapping[str, Model], request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        names = list(models)

        def ask(name: str) -> AsyncGenerator[StreamEvent, None]:
            # With another model at hand nobody waits until this one may be asked again.
            events = self._chat(models[name], request, patient=name == names[-1])
            return self._purse.metered(events, request, models[name].price, self.config.chat.budget_usd_per_day)

        return ask_in_turn(
            names, ask, self._fallback, lambda told: self._on_status(Status("warning", told, "fallback"))
        )

    async def _chat(self, model: Model, request: ChatRequest, *, patient: bool) -> AsyncGenerator[StreamEvent, None]:
        endpoint = await self.connect(model)
        async with aclosing(
            self.stream(request, endpoint, timeout_s=self.config.chat.timeout_s, patient=patient)
        ) as events:
            async for event in events:
                yield event

    def _replace_local(self, config: Config) -> None:
        old, self.local = self.local, LocalModel(config.local, on_state=self._on_local)
        if old.state != "off":
            # Without this its heartbeat would go on, and its engine never find itself unneeded.
            task = asyncio.get_running_loop().create_task(old.aclose())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


def _window(model: Model) -> int:
    window = model.context_window or _UNKNOWN_WINDOW
    return min(window, _EMBEDDED_CHAT_WINDOW) if model.embedded else window
