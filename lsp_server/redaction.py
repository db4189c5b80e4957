"""Keeps secrets on this machine: takes them out of a request, and puts them back into the answer as it streams.

What a provider wants back unchanged is left alone: it came over the wire, with placeholders in place of secrets.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from context.redact import Finding, Restorer, redact
from lsp_server.config import Config
from lsp_server.models.messages import (
    ChatRequest,
    FimRequest,
    Message,
    ModelRequest,
    Part,
    ReasoningDelta,
    StreamEvent,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDone,
    ToolResult,
)
from lsp_server.models.providers import PROVIDERS

# A shorter secret, found by what stands around it, would be found again in innocent words.
_LEAST_AGAIN = 8


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
        """Give the events that are certain once this one has come; the end of a part brings what was held back."""
        match event:
            case TextDelta(text):
                return _delta(TextDelta, self._text.feed(text))
            case ReasoningDelta(text):
                return _delta(ReasoningDelta, self._reasoning.feed(text))
        held = _delta(ReasoningDelta, self._reasoning.end()) + _delta(TextDelta, self._text.end())
        if isinstance(event, ToolCallDone):
            arguments = in_strings(event.call.arguments, self._put_back)
            event = ToolCallDone(replace(event.call, arguments=arguments))
        return [*held, event]

    def _put_back(self, text: str) -> str:
        restorer = Restorer(self._findings.values())
        return restorer.feed(text) + restorer.end()

    def _fim(self, request: FimRequest) -> FimRequest:
        suffix = None if request.suffix is None else self._clean(request.suffix)
        files = tuple(replace(file, text=self._clean(file.text)) for file in request.files)
        return replace(request, prefix=self._clean(request.prefix), suffix=suffix, files=files)

    def _chat(self, request: ChatRequest) -> ChatRequest:
        """Clean all messages, and then again of what was found in any of them.

        A secret that was known by what stood around it, in a file, stands alone in the arguments of a call.
        """
        messages = _mapped(request.messages, self._clean)
        found = {each.secret: name for name, each in self._findings.items() if len(each.secret) >= _LEAST_AGAIN}
        again = re.compile("|".join(map(re.escape, [*self._findings, *sorted(found, key=len, reverse=True)])))
        if not found:
            return replace(request, messages=messages)

        def clean_again(text: str) -> str:
            return again.sub(lambda match: match[0] if match[0] in self._findings else found[match[0]], text)

        return replace(request, messages=_mapped(messages, clean_again))

    def _clean(self, text: str) -> str:
        redacted = redact(text, self._known)
        self.counts += redacted.counts
        self._findings |= {finding.placeholder: finding for finding in redacted.findings}
        return redacted.text


def own_keys(config: Config, environ: Mapping[str, str]) -> dict[str, str]:
    """Give the values of all variables that hold a key of ours, by their names."""
    names = [row.api_key_env for row in PROVIDERS.values()] + [own.api_key_env for own in config.providers.values()]
    return {name: value for name in names if name and (value := environ.get(name, "").strip())}


def in_strings(arguments: str, change: Callable[[str], str]) -> str:
    """Change the texts inside a JSON text, which stays JSON, whatever they hold; names too.

    Where nothing changes, the text is the one that was given. What is no JSON is changed as the text that it is.
    """
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return change(arguments)
    changed = _changed(value, change)
    return arguments if changed == value else json.dumps(changed, ensure_ascii=False)


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str():
            return change(value)
        case list():
            return [_changed(each, change) for each in value]
        case dict():
            return {change(name): _changed(each, change) for name, each in value.items()}
        case _:
            return value


def _mapped(messages: tuple[Message, ...], change: Callable[[str], str]) -> tuple[Message, ...]:
    return tuple(replace(message, parts=tuple(_part(part, change) for part in message.parts)) for message in messages)


def _part(part: Part, change: Callable[[str], str]) -> Part:
    """Change what a part says. A picture is not looked into, and reasoning goes back only as its state."""
    match part:
        case Text(text) | ToolResult(text=text):
            return replace(part, text=change(text))
        case ToolCall():
            return replace(part, arguments=in_strings(part.arguments, change))
        case _:
            return part


def _delta(kind: type[TextDelta] | type[ReasoningDelta], text: str) -> list[StreamEvent]:
    return [kind(text)] if text else []
