"""Why a completion gave what it gave: a sentence for every reason, and what is known of each document's last request.

Sizes are told, not texts, so that an explanation can be shown to anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeAlias

from cachetools import LRUCache

from lsp_server.completion.ask import Trace
from lsp_server.completion.suggestion import Completion, Nothing

Json: TypeAlias = Any

# Every reason for which there is no suggestion, and the ones of a request that has not ended with an answer.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        # the settings
        "off": 'Suggestions are switched off here: set completion.eagerness to "eager" or "calm" to have them.',
        "manual": 'Suggestions come only when asked for by hand, as completion.eagerness is "manual".',
        "no-model": "No model can be used for completions: `antiphon doctor` says what is missing.",
        "no-way": "This model can only chat: set completion.model to one that completes code.",
        # the document
        "excluded": "No model may see this document.",
        "not-open": "The editor has not opened this document, so its text is not known.",
        # the place
        "mid-line": "There is code right of the cursor; there, a suggestion comes only when asked for by hand.",
        "line-complete": "The line is complete: the next one is suggested once a suggestion is taken, or a line begun.",
        "rejected": "This very text was left here before, so it is not shown again unless asked for by hand.",
        # the moment
        "superseded": "Another key came, or the document was closed, before there was an answer.",
        "cancelled": "The editor took its request back before there was an answer.",
        "under-way": "The answer has not come yet: ask again in a moment.",
        "not-asked": "The editor has not asked for a suggestion in this document yet.",
        # the model
        "machine-busy": "This machine is too busy for the embedded model, which rests until it answers in time again.",
        "rate-limited": "The model has asked to be left alone for a while; it is asked again by itself.",
        "model-down": "The model failed lately and is left alone for a while; by hand it is asked at once.",
        "error": "The model could not answer: `antiphon doctor` says what to do.",
        # the answer
        "empty": "The model had nothing to say at this place.",
        "prose": "The model talked to a person in place of writing code.",
        "half-token": "The answer broke off within a control token of the model.",
        "loop": "The model repeated itself within a line.",
        "loop-of-lines": "The model repeated the same lines.",
        "repeats-what-follows": "The answer was what already stands beneath the cursor.",
        "repeats-line-above": "The answer was the line above once more.",
        "repeats-tail": "The answer was what already stands right of the cursor.",
        "half-open": "The answer opened a bracket before the text that follows, and did not close it.",
        "closes-twice": "The answer only closed what the lines below close already.",
        "indentation": "Nothing but indentation was left of the answer.",
    }
)

# Where a text that was shown came from.
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "model": "A suggestion was shown; the model was asked for it.",
        "joined": "A suggestion was shown, out of an answer that was under way already.",
        "memory": "A suggestion was shown, out of an earlier answer; no model was asked.",
    }
)

# A person asks about a document that they look at; older ones are forgotten.
_DOCUMENTS = 32


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of one request. `reason` is "shown" or a key of REASONS; `source` is "" when nothing was shown.

    `model` is the name of the one that was, or would have been, asked. `trace` is None when nothing was sent for it.
    `line` and `character` are the request's position as the editor counts, from zero.
    """

    reason: str
    message: str
    model: str = ""
    source: str = ""
    trace: Trace | None = None
    line: int = 0
    character: int = 0

    def json(self) -> dict[str, Json]:
        """Give it as JSON: times in milliseconds, sizes in characters; null for what did not happen."""
        trace = self.trace
        return {
            "reason": self.reason,
            "message": self.message,
            "source": self.source or None,
            "model": (trace.model if trace else "") or self.model or None,
            "way": (trace.way if trace else "") or None,
            "position": {"line": self.line, "character": self.character},
            "missing": (trace.missing if trace else "") or None,
            "timings": None if trace is None else timings(trace),
            "prompt": None if trace is None else prompt_parts(trace),
            "answer": None if trace is None else {"characters": len(trace.raw)},
        }


def explained(answer: Completion | Nothing, model: str = "") -> Explanation:
    """Explain an answer. `model` is the name of the one that would be asked."""
    if isinstance(answer, Completion):
        return Explanation("shown", SOURCES[answer.source], model, answer.source, answer.trace)
    message = str(answer.error) if answer.error is not None else REASONS[answer.reason]
    return Explanation(answer.reason, message, model, trace=answer.trace)


def without_answer(reason: str, detail: str = "") -> Explanation:
    """Explain a request that got no answer of the engine. `detail` says more than the sentence of the reason."""
    return Explanation(reason, detail or REASONS[reason])


def timings(trace: Trace) -> dict[str, Json]:
    """Give how long each part took, in milliseconds."""
    seconds = {
        "waitedMs": trace.waited_s,
        "gatheredMs": trace.gathered_s,
        "firstTokenMs": trace.first_token_s,
        "streamedMs": trace.streamed_s,
        "totalMs": trace.total_s,
    }
    return {name: None if value is None else round(value * 1000, 1) for name, value in seconds.items()}


def prompt_parts(trace: Trace) -> dict[str, Json] | None:
    """Give the parts of what was sent, each with its size in characters; None when nothing was."""
    sent = trace.request
    if sent is None:
        return None
    return {
        "prefix": {"characters": len(sent.prefix)},
        "suffix": None if sent.suffix is None else {"characters": len(sent.suffix)},
        "files": [{"name": file.name, "characters": len(file.text)} for file in sent.files],
        "maxTokens": sent.max_tokens,
        "temperature": sent.temperature,
    }


class Explanations:
    """The last request of each document, of as many as are looked at; the oldest are forgotten."""

    def __init__(self) -> None:
        self._numbers = 0
        self._last: LRUCache[str, tuple[int, Explanation]] = LRUCache(_DOCUMENTS)

    def begin(self, uri: str, line: int, character: int) -> int:
        """Learn that a request has come; gives its number."""
        self._numbers += 1
        told = replace(without_answer("under-way"), line=line, character=character)
        self._last[uri] = (self._numbers, told)
        return self._numbers

    def end(self, uri: str, number: int, told: Explanation) -> None:
        """Learn what came of a request; an older one than the last is passed by."""
        newest, begun = self._last.get(uri, (0, told))
        if newest == number:
            self._last[uri] = (number, replace(told, line=begun.line, character=begun.character))

    def of(self, uri: str) -> Explanation:
        """Give what is known of the last request in a document."""
        return self._last.get(uri, (0, without_answer("not-asked")))[1]

    def forget(self, uri: str) -> None:
        """Forget a document."""
        self._last.pop(uri, None)
