"""Keeps secrets on this machine: takes them out of a request, and puts them back into the answer as it streams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from context.redact import Finding, Restorer, redact
from lsp_server.config import Config
from lsp_server.models.messages import (
    ChatRequest,
    FimRequest,
    Finished,
    Message,
    ModelRequest,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
)
from lsp_server.models.providers import PROVIDERS


class Redaction:
    """One request without its secrets (`request`), and what brings them back. `known` are our own keys, by name."""

    def __init__(self, request: ModelRequest, known: Mapping[str, str]) -> None:
        self._known = known
        self._findings: dict[str, Finding] = {}
        self.counts: Counter[str] = Counter()
        self.request: ModelRequest = self._chat(request) if isinstance(request, ChatRequest) else self._fim(request)
        self._text = Restorer(self._findings.values())
        self._reasoning = Restorer(self._findings.values())

    def restored(self, event: StreamEvent) -> list[StreamEvent]:
        """Give the events that are certain once this one has come; the last one brings what was held back."""
        match event:
            case TextDelta(text):
                return _delta(TextDelta, self._text.feed(text))
            case ReasoningDelta(text):
                return _delta(ReasoningDelta, self._reasoning.feed(text))
            case Finished():
                held = _delta(ReasoningDelta, self._reasoning.end()) + _delta(TextDelta, self._text.end())
                return [*held, event]

    def _fim(self, request: FimRequest) -> FimRequest:
        suffix = None if request.suffix is None else self._clean(request.suffix)
        files = tuple(replace(file, text=self._clean(file.text)) for file in request.files)
        return replace(request, prefix=self._clean(request.prefix), suffix=suffix, files=files)

    def _chat(self, request: ChatRequest) -> ChatRequest:
        return replace(request, messages=tuple(map(self._message, request.messages)))

    def _message(self, message: Message) -> Message:
        return replace(message, parts=tuple(replace(part, text=self._clean(part.text)) for part in message.parts))

    def _clean(self, text: str) -> str:
        redacted = redact(text, self._known)
        self.counts += redacted.counts
        self._findings |= {finding.placeholder: finding for finding in redacted.findings}
        return redacted.text


def own_keys(config: Config, environ: Mapping[str, str]) -> dict[str, str]:
    """Give the values of all variables that hold a key of ours, by their names."""
    names = [row.api_key_env for row in PROVIDERS.values()] + [own.api_key_env for own in config.providers.values()]
    return {name: value for name in names if name and (value := environ.get(name, "").strip())}


def _delta(kind: type[TextDelta] | type[ReasoningDelta], text: str) -> list[StreamEvent]:
    return [kind(text)] if text else []
