"""What `antiphon doctor` does: tries everything the settings name, and says what to do about what does not work.

Each model is asked in earnest, in the way that ghost text and chat ask it. How the findings are printed is left to the
command line.
"""

from __future__ import annotations

import difflib
import os
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from context.text import Document
from lsp_server.completion.ask import Asker, Trace
from lsp_server.completion.place import Place
from lsp_server.completion.postprocess import Dropped
from lsp_server.config import Config, LocalConfig
from lsp_server.errors import AssistantError, ModelNotFound
from lsp_server.models.local import find_model
from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    Message,
    ModelRequest,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
)
from lsp_server.models.providers import Model, Voice, resolve
from lsp_server.settings import Problem

Level: TypeAlias = Literal["ok", "warning", "fatal"]

OLDEST_PYTHON = (3, 11)
# Above this, a person has typed on before a suggestion comes (a key every 200 ms, a pause now and then).
SLOW_S = 2.0
# Room for a model that thinks before it answers.
_CHAT_TOKENS = 64
_NAMES = 8
# Where endpoints list their models: most below their address, some beside a dialect of their own.
_LISTS = ("/models", "/v1/models")

_TRAINED = "choose a model that was trained to fill in the middle"
_FASTER = "Choose a smaller or a nearer model"

_HOLE = ('def area(width, height):\n    """Give the area of a rectangle."""\n    return ', "\n\n\nprint(area(3, 4))\n")
_QUESTION = "Answer with one word: ready"

_WAYS = {
    "infill": "It fills a sample hole; the server itself does fill-in-the-middle.",
    "suffix": "It fills a sample hole; the endpoint takes the text after the cursor too.",
    "template": "It fills a sample hole, by the template that the model was trained with.",
    "prefix": "It knows no fill-in-the-middle, and continues the text before the cursor; the text after the cursor "
    "tells where to stop and what to trim.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `fatal` means that nobody can work like this. `remedy` "" when there is none."""

    level: Level
    subject: str
    message: str
    remedy: str = ""


class Client(Protocol):
    """The part of ModelClient that is needed here."""

    def stream(
        self, request: ModelRequest, endpoint: Endpoint, *, timeout_s: float
    ) -> AsyncGenerator[StreamEvent, None]:
        """Give the events of one answer; closing the generator closes the connection."""

    async def get_json(self, endpoint: Endpoint, path: str) -> Any:
        """Give the JSON value at a path below the endpoint's address."""


async def examine(
    config: Config,
    problems: Sequence[Problem] = (),
    *,
    client: Client,
    connect: Callable[[Model], Awaitable[Endpoint]],
    find_model: Callable[[LocalConfig], Path] = find_model,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.monotonic,
    python: tuple[int, ...] = sys.version_info[:3],
) -> list[Finding]:
    """Look at everything that the settings name, and give what was found, in the order in which it was looked at.

    `connect` gives the endpoint of a model, for the embedded one by starting it; `find_model` gives its file. A voice
    that works is enough to work with, so a model that fails is fatal only when the other one fails too.
    """
    examiner = _Examiner(config, client, connect, find_model, environ, clock)
    voices = (await examiner.ghost_text(), await examiner.chat())
    spare = _spare("ghost text", "completion", config, environ) + _spare("chat", "chat", config, environ)
    alive = any(voice.works for voice in voices)
    # Both voices may come from the embedded model; that its engine runs is said once.
    found = dict.fromkeys(finding for voice in voices for finding in voice.findings)
    return [
        _python(python),
        *_settings(problems),
        *(replace(each, level="warning") if alive and each.level == "fatal" else each for each in found),
        *spare,
        *_budget(config, environ),
    ]


@dataclass(slots=True)
class _Voice:
    """What was found about one of the two voices, and whether it answers."""

    subject: str
    works: bool = False
    findings: list[Finding] = field(default_factory=list)

    def ok(self, message: str) -> None:
        self.findings.append(Finding("ok", self.subject, message))

    def warn(self, message: str, remedy: str) -> None:
        self.findings.append(Finding("warning", self.subject, message, remedy))

    def fail(self, message: str, remedy: str) -> None:
        self.findings.append(Finding("fatal", self.subject, message, remedy))


@dataclass(frozen=True, slots=True)
class _Examiner:
    config: Config
    client: Client
    connect: Callable[[Model], Awaitable[Endpoint]]
    find_model: Callable[[LocalConfig], Path]
    environ: Mapping[str, str]
    clock: Callable[[], float]

    async def ghost_text(self) -> _Voice:
        """Try ghost text, if there is to be any."""
        settings = self.config.completion
        voice = _Voice(f"ghost text, {settings.model}")
        if all(settings.eagerness_for(each) == "off" for each in ("", *settings.languages)):
            voice.ok("Ghost text is switched off (completion.eagerness).")
            return voice
        return await self._try(voice, settings.model, "completion", self._fill)

    async def chat(self) -> _Voice:
        """Try the chat, which also carries out the commands."""
        settings = self.config.chat
        return await self._try(_Voice(f"chat, {settings.model}"), settings.model, "chat", self._talk)

    async def _try(
        self, voice: _Voice, name: str, use: Voice, ask: Callable[[_Voice, Model, Endpoint], Awaitable[None]]
    ) -> _Voice:
        """Resolve a model, connect, and ask it; what goes wrong on the way is noted."""
        endpoint = None
        try:
            model = resolve(name, self.config, self.environ, use)
            file = self.find_model(self.config.local) if model.embedded else None
            endpoint = await self.connect(model)
            voice.findings += _connected(voice.subject, endpoint, file)
            await ask(voice, model, endpoint)
        except AssistantError as error:
            voice.fail(str(error), await self._offered(endpoint) if isinstance(error, ModelNotFound) else "")
        return voice

    async def _fill(self, voice: _Voice, model: Model, endpoint: Endpoint) -> None:
        """Fill a real hole, in the way that ghost text does it."""
        if not model.fim_ways:
            remedy = f"Choose another completion.model, or set providers.{endpoint.provider}.fim if you know better."
            voice.fail("This endpoint cannot fill in the middle, so there is no ghost text.", remedy)
            return
        trace = Trace()
        try:
            await self._asker(endpoint).ask(*_hole(), model, self.config.completion, trace, lambda _: None)
        except Dropped as dropped:
            what = f"It answers, but with nothing that could be shown in a sample hole ({dropped.reason})."
            voice.warn(what, f"If ghost text seldom comes, {_TRAINED}.")
        else:
            voice.ok(f"{_WAYS[trace.way]} {_latency(trace.first_token_s, trace.total_s)}")
        voice.works = True
        if trace.way != model.fim_ways[0]:
            voice.warn(f'It does not know the way "{model.fim_ways[0]}", which was tried first.', f"Better {_TRAINED}.")
        if (trace.first_token_s or 0.0) > SLOW_S:
            voice.warn("Suggestions will come late.", f'{_FASTER}, or set completion.eagerness to "calm".')

    def _asker(self, endpoint: Endpoint) -> Asker:
        async def connected(_: Model) -> Endpoint:
            return endpoint

        return Asker(self.client, connected, _Unhurried(), self.clock)

    async def _talk(self, voice: _Voice, model: Model, endpoint: Endpoint) -> None:
        """Ask a question, and hear the answer out."""
        request = ChatRequest((Message.of("user", _QUESTION),), _CHAT_TOKENS, 0.0 if model.embedded else None)
        started, first_s = self.clock(), None
        async with aclosing(self.client.stream(request, endpoint, timeout_s=self.config.chat.timeout_s)) as events:
            async for event in events:
                if first_s is None and isinstance(event, TextDelta | ReasoningDelta):
                    first_s = self.clock() - started
        if first_s is None:
            voice.fail("It was asked a question and answered without a word.", "Choose another chat.model.")
            return
        voice.works = True
        voice.ok(f"It answers. {_latency(first_s, self.clock() - started)}")

    async def _offered(self, endpoint: Endpoint | None) -> str:
        """Say which models an endpoint offers; "" when it does not say."""
        names = _names(await self._listed(endpoint)) if endpoint else []
        near = difflib.get_close_matches(endpoint.model if endpoint else "", names, n=1)
        if near:
            return f"Do you mean {near[0]}?"
        return f"It offers: {', '.join(names[:_NAMES])}{', …' if len(names) > _NAMES else ''}." if names else ""

    async def _listed(self, endpoint: Endpoint) -> Any:
        """Give the endpoint's list of its models; None when it has none."""
        for path in _LISTS:
            try:
                return await self.client.get_json(endpoint, path)
            except ModelNotFound:
                continue
            except AssistantError:
                return None  # the fault that matters has been told: the model is not there
        return None


def _names(answer: Any) -> list[str]:
    """Give the names in a list of models, in either of its two forms."""
    lists = [answer.get(key) for key in ("data", "models")] if isinstance(answer, dict) else []
    rows = [row for rows in lists if isinstance(rows, list) for row in rows if isinstance(row, dict)]
    names = [row.get("id", row.get("name")) for row in rows]
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def _spare(subject: str, use: Voice, config: Config, environ: Mapping[str, str]) -> list[Finding]:
    """Say which of the models that are to answer in an outage could not; they are not asked, which may cost money."""
    found = []
    for name in (config.completion if use == "completion" else config.chat).fallback:
        try:
            resolve(name, config, environ, use)
        except AssistantError as error:
            found.append(Finding("warning", f"{subject}, fallback {name}", str(error)))
    return found


def _budget(config: Config, environ: Mapping[str, str]) -> list[Finding]:
    """Say which models would not count towards the budget, if there is one."""
    if config.chat.budget_usd_per_day is None:
        return []
    found = []
    for name in dict.fromkeys((config.chat.model, *config.chat.fallback)):
        try:
            model = resolve(name, config, environ)
        except AssistantError:
            continue  # told already
        if model.price is None and not model.endpoint.local:
            remedy = f'Set input_usd and output_usd in [models."{name}"], in dollars for a million tokens.'
            what = "What it costs is not known, so it does not count towards chat.budget_usd_per_day."
            found.append(Finding("warning", f"chat, {name}", what, remedy))
    return found


def _connected(subject: str, endpoint: Endpoint, file: Path | None) -> list[Finding]:
    if file is not None:
        return [Finding("ok", "embedded model", f"The engine runs {file}.")]
    with_key = "with a key" if endpoint.key else "without a key"
    found = [Finding("ok", subject, f"It is asked at {endpoint.base_url}, {with_key}.")]
    if endpoint.key and endpoint.base_url.startswith("http://") and not endpoint.local:
        found += [Finding("warning", subject, "The key travels unencrypted.", "Use an address with https://.")]
    return found


class _Unhurried:
    """Lets the embedded model be asked whatever the load."""

    def rest(self) -> str:
        return ""

    def answered(self, tokens: int, seconds: float) -> None:
        pass


def _python(version: tuple[int, ...]) -> Finding:
    name = ".".join(map(str, version))
    if version >= OLDEST_PYTHON:
        return Finding("ok", "Python", f"Python {name}.")
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return Finding("fatal", "Python", f"Python {name} is too old.", f"Install Antiphon with Python {oldest} or newer.")


def _settings(problems: Sequence[Problem]) -> list[Finding]:
    if not problems:
        return [Finding("ok", "settings", "There are no mistakes in the settings.")]
    return [Finding("warning", problem.source or "settings", problem.message) for problem in problems]


def _hole() -> tuple[Document, Place]:
    before, after = _HOLE
    document = Document.of("file:///sample.py", "python", 1, before + after)
    return document, Place.at(document, len(before))


def _latency(first_s: float | None, total_s: float) -> str:
    return f"First token after {_ms(first_s or total_s)}, all after {_ms(total_s)}."


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"
