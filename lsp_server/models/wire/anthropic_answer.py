"""What the events of an Anthropic stream mean (https://docs.claude.com/en/docs/build-with-claude/streaming).

An answer is a list of blocks, each begun, added to, and ended. A message begun anew takes the place of the one that was
open: gateways have been seen to do that. Unknown blocks are carried, and unknown events passed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

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
from lsp_server.models.wire.tool_calls import ToolCalls
from lsp_server.models.wire.usage import usage_of

STATE = "anthropic"

_STOP_REASONS: Mapping[str, StopReason] = {
    "end_turn": "end_turn",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
    "refusal": "refusal",
}
_Taker: TypeAlias = "Callable[[AnthropicAnswer, Json], Iterable[StreamEvent]]"


class AnthropicAnswer:
    """The events of one answer."""

    def __init__(self, provider: str, seed: str) -> None:
        self._provider = provider
        self._calls = ToolCalls(seed)
        self._blocks: dict[Any, dict[str, Any]] = {}
        self._stop_reason: StopReason | None = None
        self._detail = ""
        self._usage: dict[str, Any] = {}

    def take(self, value: Json) -> list[StreamEvent] | None:
        """Give what an object says; None when it is not of this dialect."""
        taker = _TAKERS.get(str(value.get("type")))
        return list(taker(self, value)) if taker else None

    def end(self, *, done: bool) -> list[StreamEvent]:
        """Give the last events, with Finished as the last; none while no reason for an end has come."""
        return list(self._finish({})) if self._stop_reason or done else []

    def _start(self, value: Json) -> Iterable[StreamEvent]:
        """Begin. A second start takes the place of what was open: its blocks come again."""
        self._calls.clear()
        self._blocks.clear()
        self._count(mapping(value.get("message")).get("usage"))
        return ()

    def _block_start(self, value: Json) -> Iterable[StreamEvent]:
        place, block = value.get("index"), dict(mapping(value.get("content_block")))
        self._blocks[place] = block
        self._calls.drop(place)
        match block.get("type"):
            case "text":
                return _said(TextDelta, block.get("text"))
            case "thinking":
                return _said(ReasoningDelta, block.get("thinking"))
            case "tool_use":
                call_id, name = str(block.get("id") or ""), str(block.get("name") or "")
                self._calls.add(place, call_id=call_id, name=name, arguments=block.get("input") or None)
        return ()

    def _block_delta(self, value: Json) -> Iterable[StreamEvent]:
        place, delta = value.get("index"), mapping(value.get("delta"))
        block = self._blocks.setdefault(place, {"type": "text"})
        match delta.get("type"):
            case "text_delta":
                return _said(TextDelta, delta.get("text"))
            case "thinking_delta":
                _add(block, "thinking", delta.get("thinking"))
                return _said(ReasoningDelta, delta.get("thinking"))
            case "signature_delta":
                _add(block, "signature", delta.get("signature"))
            case "input_json_delta" if place in self._calls:
                self._add_input(place, delta.get("partial_json"))
            case "input_json_delta":
                _add(block, "partial_json", delta.get("partial_json"))
        return ()

    def _add_input(self, place: Any, piece: Any) -> None:
        self._calls.add(place, arguments=piece if isinstance(piece, str) else None)

    def _block_stop(self, value: Json) -> Iterable[StreamEvent]:
        place = value.get("index")
        block = self._blocks.pop(place, {})
        match block.get("type"):
            case "thinking" | "redacted_thinking":
                return [PartDone("reasoning", ProviderState(STATE, self._provider, block))]
            case "text" | "tool_use" | None:  # whether a call is whole is known only when the answer is over
                return ()
            case _:  # of a server's own tools, or newer than this
                return [PartDone("text", ProviderState(STATE, self._provider, _with_input(block)))]

    def _delta(self, value: Json) -> Iterable[StreamEvent]:
        delta = mapping(value.get("delta"))
        self._count(value.get("usage"))
        self._stop(delta)
        return ()

    def _whole(self, value: Json) -> Iterable[StreamEvent]:
        """Take an answer that was not streamed."""
        content = value.get("content")
        for place, block in enumerate(content if isinstance(content, list) else []):
            yield from self._block_start({"index": place, "content_block": block})
            yield from self._block_stop({"index": place})
        self._count(value.get("usage"))
        self._stop(value)
        yield from self._finish({})

    def _stop(self, value: Json) -> None:
        if isinstance(reason := value.get("stop_reason"), str):
            self._stop_reason = _STOP_REASONS.get(reason, "unknown")
            said = mapping(value.get("stop_details")).get("explanation")
            self._detail = said if isinstance(said, str) else ("" if reason in _STOP_REASONS else reason)

    def _finish(self, value: Json) -> Iterable[StreamEvent]:
        reason = self._stop_reason or "unknown"
        yield from self._calls.rest(cut=reason != "tool_use")
        yield Finished(reason, usage_of(self._usage), self._detail)

    def _count(self, usage: Any) -> None:
        """Keep the last count of each kind: some come at the start, some at the end, and all are totals."""
        self._usage |= {name: value for name, value in mapping(usage).items() if value is not None}

    def _nothing(self, value: Json) -> Iterable[StreamEvent]:
        return ()


_TAKERS: Mapping[str, _Taker] = {
    "message_start": AnthropicAnswer._start,
    "content_block_start": AnthropicAnswer._block_start,
    "content_block_delta": AnthropicAnswer._block_delta,
    "content_block_stop": AnthropicAnswer._block_stop,
    "message_delta": AnthropicAnswer._delta,
    "message_stop": AnthropicAnswer._finish,
    "message": AnthropicAnswer._whole,
    "ping": AnthropicAnswer._nothing,
}


def _said(kind: type[TextDelta] | type[ReasoningDelta], text: Any) -> list[StreamEvent]:
    return [kind(text)] if isinstance(text, str) and text else []


def _add(block: dict[str, Any], field: str, piece: Any) -> None:
    """Lengthen a text of a block."""
    if isinstance(piece, str):
        block[field] = str(block.get(field) or "") + piece


def _with_input(block: dict[str, Any]) -> Json:
    """Give a block with the input that came in pieces; what is no JSON is none."""
    pieces = block.pop("partial_json", "")
    try:
        return block | ({"input": json.loads(pieces)} if pieces else {})
    except ValueError:
        return block
