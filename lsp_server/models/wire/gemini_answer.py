"""What the chunks of a Gemini stream mean (https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse).

Every chunk is a whole response; counts are totals; a reason to stop may stand in more than one chunk, so that only the
end of the stream is the end. Signatures go back with the part that they came with, which nothing is merged into.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lsp_server.models.messages import (
    Finished,
    PartDone,
    ProviderState,
    ReasoningDelta,
    StopReason,
    StreamEvent,
    TextDelta,
)
from lsp_server.models.wire.exchange import Json, mapping
from lsp_server.models.wire.partial_args import PartialArgs
from lsp_server.models.wire.tool_calls import ToolCalls
from lsp_server.models.wire.usage import usage_of

STATE = "gemini"

_REFUSALS = ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY")
_STOP_REASONS: dict[str, StopReason] = {"STOP": "end_turn", "MAX_TOKENS": "max_tokens"}
_STOP_REASONS |= dict.fromkeys(_REFUSALS, "refusal")
_FIELDS = ("candidates", "promptFeedback", "usageMetadata")


class GeminiAnswer:
    """The chunks of one answer."""

    def __init__(self, provider: str, seed: str) -> None:
        self._provider = provider
        self._calls = ToolCalls(seed)
        self._partial: PartialArgs | None = None
        self._called = False
        self._text_open = False
        self._stop_reason: StopReason | None = None
        self._detail = ""
        self._usage: dict[str, Any] = {}

    def take(self, value: Json) -> list[StreamEvent] | None:
        """Give what an object says; None when it is not of this dialect."""
        if not any(isinstance(value.get(field), dict | list) for field in _FIELDS):
            return None
        self._usage |= mapping(value.get("usageMetadata"))
        self._blocked(mapping(value.get("promptFeedback")))
        candidates = value.get("candidates")
        first = mapping(candidates[0]) if isinstance(candidates, list) and candidates else {}
        parts = mapping(first.get("content")).get("parts")
        given = [event for part in _list(parts) for event in self._part(mapping(part))]
        self._stop(first)
        return given

    def end(self, *, done: bool) -> list[StreamEvent]:
        """Give the last events, with Finished as the last; none while no reason for an end has come."""
        if not (self._stop_reason or done):
            return []
        reason = self._stop_reason or "unknown"
        given = self._calls.rest(cut=reason != "end_turn")
        if reason == "end_turn" and (self._called or given):
            reason = "tool_use"
        return [*given, Finished(reason, usage_of(self._usage), self._detail)]

    def _part(self, part: Json) -> Iterable[StreamEvent]:
        signature = part.get("thoughtSignature")
        signed = {"thoughtSignature": signature} if isinstance(signature, str) and signature else {}
        if "functionCall" in part:
            return self._call(mapping(part["functionCall"]), signed)
        text = part.get("text")
        if not isinstance(text, str):
            return []
        return self._thought(text, signed) if part.get("thought") is True else self._text(text, signed)

    def _thought(self, text: str, signed: Json) -> Iterable[StreamEvent]:
        if text:
            yield ReasoningDelta(text)
        if signed:
            yield PartDone("reasoning", self._state({"text": text, "thought": True, **signed}))

    def _text(self, text: str, signed: Json) -> Iterable[StreamEvent]:
        if signed and self._text_open:
            yield PartDone("text")
        if text:
            yield TextDelta(text)
        if signed:
            yield PartDone("text", self._state(signed))
        self._text_open = bool(text) and not signed

    def _call(self, call: Json, signed: Json) -> Iterable[StreamEvent]:
        """Give a call, which is whole unless its arguments come in pieces."""
        self._text_open = False
        if name := call.get("name"):
            self._partial = None
            self._calls.add("call", call_id=str(call.get("id") or ""), name=str(name), state=self._state(signed))
        pieces = call.get("partialArgs")
        if pieces or call.get("willContinue"):
            self._partial = self._partial or PartialArgs()
            self._partial.add(_list(pieces))
        if call.get("willContinue"):
            return []
        arguments = self._partial.arguments if self._partial else call.get("args")
        self._calls.add("call", arguments=arguments or None)
        self._partial = None
        given = self._calls.done("call")
        self._called = self._called or bool(given)
        return given

    def _blocked(self, feedback: Json) -> None:
        if reason := feedback.get("blockReason"):
            self._stop_reason = "refusal"
            self._detail = str(feedback.get("blockReasonMessage") or reason)

    def _stop(self, candidate: Json) -> None:
        if isinstance(reason := candidate.get("finishReason"), str):
            self._stop_reason = _STOP_REASONS.get(reason, "unknown")
            said = candidate.get("finishMessage")
            self._detail = "" if reason in ("STOP", "MAX_TOKENS") else str(said or reason)

    def _state(self, value: Json) -> ProviderState:
        """Give a state also when it is empty: it says whose call this is."""
        return ProviderState(STATE, self._provider, value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
