"""What a completion model is sent: how much of the document, which snippets beside it, in the form that it knows.

The window and the snippets are the same for answers of all lengths, and move in steps, so that a model server finds the
beginning of a prompt as it was while a person types.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Protocol

from context.budget import prompt_characters
from context.gather import plan, text_around
from context.gatherer import Gathered, Wanted
from context.snippet import Snippet
from context.text import Document, Span
from context.tokens import Calibration, estimate
from lsp_server.completion import fim
from lsp_server.config import FimWay
from lsp_server.models.messages import FileText, FimRequest, Usage
from lsp_server.models.providers import Model

# The embedded model reads 200 to 450 tokens a second: a window of this size costs one to two seconds when it is new,
# and nothing while its beginning stays put.
EMBEDDED_WINDOW = 600
_EMBEDDED_TOKENIZER = "small"

# A request waits so long for what is being gathered, and takes what is ready.
GATHER_DEADLINE_S = 0.030

# Names, marks and tokens around snippets take about a sixth of their room.
_SNIPPETS_OF_ROOM = 0.85

# How sources that are no piece of a file are called.
_NAMES = {"usage": "usage.txt", "outline": "{} (outline)", "recent edit": "{}.diff"}


class Surroundings(Protocol):
    """What is gathered beside the text around the cursor; `context.gatherer` does it."""

    def continued(self, document: Document, offset: int) -> tuple[Document, int]:
        """Give a notebook's cell below the earlier ones, and the offset there; any other document as it is."""

    def prepare(self, wanted: Wanted) -> None:
        """Begin to gather."""

    async def snippets(self, wanted: Wanted, deadline_s: float) -> Gathered:
        """Give what is ready within `deadline_s` seconds."""

    def name(self, uri: str) -> str:
        """Give the name by which a model knows a file."""

    def repository(self, uri: str) -> str:
        """Give the name of the project that a document is in."""


@dataclass(frozen=True, slots=True)
class _Room:
    """The characters of a prompt, and what is wanted for it beside the text around the cursor."""

    characters: int
    wanted: Wanted


class Prompts:
    """Makes the requests of completions. `window_tokens` is how much the embedded model is shown."""

    def __init__(
        self,
        surroundings: Surroundings | None = None,
        *,
        window_tokens: int = EMBEDDED_WINDOW,
        deadline_s: float = GATHER_DEADLINE_S,
    ) -> None:
        self._surroundings = surroundings
        self._window_tokens = window_tokens
        self._deadline_s = deadline_s
        self._calibration = Calibration()

    def prepare(self, document: Document, offset: int, model: Model, way: FimWay, max_tokens: int) -> None:
        """Begin to gather what a completion at an offset will be given, so that it is there when it is asked for."""
        if self._surroundings is not None:
            document, offset = self._surroundings.continued(document, offset)
            self._surroundings.prepare(self._room(document, offset, model, way, max_tokens).wanted)

    async def request(
        self,
        document: Document,
        offset: int,
        model: Model,
        way: FimWay,
        *,
        max_tokens: int,
        most_tokens: int,
        stop: tuple[str, ...],
    ) -> tuple[FimRequest, str]:
        """Give the request for an answer of at most `max_tokens`, and why it has less context than it could, or "".

        `most_tokens` is what the longest answer may take; the prompt leaves room for that.
        """
        beside, reason = fim.Beside(), ""
        if self._surroundings is not None:
            document, offset = self._surroundings.continued(document, offset)
        room = self._room(document, offset, model, way, most_tokens)
        if self._surroundings is not None:
            gathered = await self._surroundings.snippets(room.wanted, self._deadline_s)
            beside, reason = _beside(document, gathered.snippets, self._surroundings), gathered.reason
        left = room.characters - fim.characters_of(way, beside, model.fim_template)
        context = text_around(document, offset, left, with_suffix=way != "prefix")
        request = fim.request_for(way, context, beside, template=model.fim_template, max_tokens=max_tokens, stop=stop)
        return request if model.sampling else replace(request, temperature=None), reason

    def learn(self, request: FimRequest, language_id: str, model: Model, usage: Usage) -> None:
        """Compare what a prompt was taken for with the tokens that the endpoint has counted."""
        if usage.input_tokens is not None:
            texts = (request.prefix, request.suffix or "", *(file.text for file in request.files))
            estimated = sum(estimate(text, _tokenizer(model)) for text in texts)
            self._calibration.learn(_name(model), language_id, estimated, usage.input_tokens)

    def _room(self, document: Document, offset: int, model: Model, way: FimWay, most_tokens: int) -> _Room:
        line, _ = document.line_column(offset)
        ratio = self._calibration.characters_per_token(document, line, _name(model), _tokenizer(model))
        window = self._window_tokens if model.embedded else model.context_window
        characters = prompt_characters(window, most_tokens, ratio)
        shares = plan(document, offset, characters, with_suffix=way != "prefix")
        shown = Span(max(0, offset - shares.prefix), offset + shares.suffix)
        snippets = int((shares.stable + shares.volatile) * _SNIPPETS_OF_ROOM)
        return _Room(characters, Wanted(document, offset, shown, snippets, verbatim=way == "prefix"))


def _beside(document: Document, snippets: Iterable[Snippet], surroundings: Surroundings) -> fim.Beside:
    """Give snippets as files: those that follow each other out of one file, and are of one kind, together."""

    def files() -> Iterator[FileText]:
        for (uri, source), group in groupby(snippets, lambda each: (each.uri, each.source)):
            name = surroundings.name(uri) if uri else ""
            yield FileText(_NAMES.get(source, "{}").format(name), "".join(each.text for each in group))

    name, repository = surroundings.name(document.uri), surroundings.repository(document.uri)
    return fim.Beside(repository, name, document.language_id, tuple(files()))


def _tokenizer(model: Model) -> str:
    return _EMBEDDED_TOKENIZER if model.embedded else fim.tokenizer_of(model.fim_template)


def _name(model: Model) -> str:
    return f"{model.endpoint.provider}/{model.endpoint.model}"
