"""One question to a model: gather, put it in the form the model knows, stream, and stop when enough has come."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Protocol

from context.text import Document
from lsp_server.completion.excerpt import Excerpt
from lsp_server.completion.place import Place
from lsp_server.completion.postprocess import Shape, cut, finish, wants_multi_line
from lsp_server.completion.prompt import Prompts
from lsp_server.config import CompletionConfig, FimWay
from lsp_server.errors import FimUnsupported
from lsp_server.models.messages import Endpoint, FimRequest, Finished, StreamEvent, TextDelta, Usage
from lsp_server.models.providers import Model

logger = logging.getLogger(__name__)

# It writes one in 6 to 8 ms: a line that takes longer than 24 of them comes too late to be of use.
_EMBEDDED_LINE_TOKENS = 24

# One line of code: 95 % of the lines of a large corpus are shorter than 73 characters, which is 25 tokens.
_LINE_TOKENS = 32


class Client(Protocol):
    """The part of ModelClient that a completion needs."""

    def stream(self, request: FimRequest, endpoint: Endpoint, *, timeout_s: float) -> AsyncGenerator[StreamEvent, None]:
        """Give the events of one answer; closing the generator closes the connection."""


class Guard(Protocol):
    """Says when the embedded model should be left alone for a while, because the machine is busy."""

    def rest(self) -> str:
        """Give the reason to wait, or "" when there is none."""

    def answered(self, tokens: int, seconds: float) -> None:
        """Learn how fast an answer came."""


@dataclass(slots=True)
class Trace:
    """What one request cost and sent, for `antiphon complete` and for finding out why nothing came.

    `missing` says why it had less context than it could have had, or is "". `waited_s` is how long it was held back
    before it was sent.
    """

    model: str = ""
    way: str = ""
    request: FimRequest | None = None
    raw: str = ""
    missing: str = ""
    waited_s: float = 0.0
    gathered_s: float = 0.0
    first_token_s: float | None = None
    streamed_s: float = 0.0
    total_s: float = 0.0
    tokens: int = 0
    usage: Usage = field(default_factory=Usage)


class Asker:
    """Asks models for the text at a place, in the best way that each endpoint is known to understand."""

    def __init__(
        self,
        client: Client,
        connect: Callable[[Model], Awaitable[Endpoint]],
        guard: Guard,
        clock: Callable[[], float],
        prompts: Prompts | None = None,
    ) -> None:
        self._client = client
        self._connect = connect
        self._guard = guard
        self._clock = clock
        self._prompts = prompts or Prompts()
        self._ways: dict[tuple[str, str], int] = {}

    def rest(self, model: Model) -> str:
        """Give the reason why this model should not be asked just now, or ""."""
        return self._guard.rest() if model.embedded else ""

    async def ask(
        self,
        document: Document,
        place: Place,
        model: Model,
        config: CompletionConfig,
        trace: Trace,
        on_text: Callable[[str], None],
        *,
        temperature: float | None = None,
    ) -> str:
        """Give the finished text to show; `on_text` gets the text so far, whenever more has come.

        `temperature` asks for another than the likeliest text, of a model that takes one. `trace` is filled in as far
        as it goes, also when this raises: Dropped when nothing of the answer is fit to be shown, and errors of our
        tree.
        """
        started, trace.model = self._clock(), name_of(model)
        try:
            return await self._answer(document, place, model, config, trace, on_text, temperature)
        finally:
            trace.total_s = self._clock() - started

    async def _answer(
        self,
        document: Document,
        place: Place,
        model: Model,
        config: CompletionConfig,
        trace: Trace,
        on_text: Callable[[str], None],
        temperature: float | None,
    ) -> str:
        endpoint = await self._connect(model)
        ways = model.fim_ways
        while True:
            number = self._ways.get((endpoint.provider, endpoint.model), 0)
            trace.way, began = ways[number], self._clock()
            request, shape = await self._request(document, place, model, config, ways[number], trace)
            if temperature is not None and request.temperature is not None:
                request = replace(request, temperature=temperature)
            trace.request, trace.gathered_s = request, self._clock() - began
            try:
                raw = await self._stream(request, endpoint, place, shape, config.timeout_s, trace, on_text)
            except FimUnsupported as error:
                if number + 1 >= len(ways):
                    raise
                logger.info("%s; going on with way %r", error, ways[number + 1])
                self._ways[endpoint.provider, endpoint.model] = number + 1
                continue
            if model.embedded:
                self._guard.answered(trace.tokens, trace.streamed_s)
            self._prompts.learn(request, place.language_id, model, trace.usage)
            return finish(raw, place, shape)

    def prepare(self, document: Document, offset: int, model: Model, config: CompletionConfig) -> None:
        """Begin to gather what a completion at an offset will be given, so that it is there when it is asked for."""
        if model.fim_ways:
            way = model.fim_ways[self._ways.get((model.endpoint.provider, model.endpoint.model), 0)]
            self._prompts.prepare(document, offset, model, way, _most_tokens(model, config))

    async def _request(
        self, document: Document, place: Place, model: Model, config: CompletionConfig, way: FimWay, trace: Trace
    ) -> tuple[FimRequest, Shape]:
        multi_line = wants_multi_line(place) and not model.embedded
        shape = Shape(multi_line, config.max_lines, excerpt=Excerpt.around(document, place.offset))
        stop, most_tokens = shape.wire_stop, _most_tokens(model, config)
        request, trace.missing = await self._prompts.request(
            document,
            place.offset,
            model,
            way,
            max_tokens=most_tokens if multi_line else min(_LINE_TOKENS, most_tokens),
            most_tokens=most_tokens,
            stop=stop,
        )
        return request, replace(shape, stop=request.stop[len(stop) :], healed=way == "prefix")

    async def _stream(
        self,
        request: FimRequest,
        endpoint: Endpoint,
        place: Place,
        shape: Shape,
        timeout_s: float,
        trace: Trace,
        on_text: Callable[[str], None],
    ) -> str:
        started, text = self._clock(), ""
        async with aclosing(self._client.stream(request, endpoint, timeout_s=timeout_s)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    trace.usage = event.usage
                if not isinstance(event, TextDelta):
                    continue
                if trace.first_token_s is None:
                    trace.first_token_s = self._clock() - started
                trace.raw, trace.tokens = trace.raw + event.text, trace.tokens + 1
                trace.streamed_s = self._clock() - started - trace.first_token_s
                text, complete = cut(trace.raw, place, shape)
                on_text(text)
                if complete:
                    break
        return text


def _most_tokens(model: Model, config: CompletionConfig) -> int:
    return _EMBEDDED_LINE_TOKENS if model.embedded else config.max_tokens


def name_of(model: Model) -> str:
    """Give the name by which settings call a model."""
    return f"{model.endpoint.provider}/{model.endpoint.model}".rstrip("/")
