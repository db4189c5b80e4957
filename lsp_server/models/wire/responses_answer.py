"""What the events of a Responses stream mean (https://platform.openai.com/docs/api-reference/responses-streaming).

An answer is a list of items: messages, reasoning, function calls. An item is known by its place in the list, else by
its id, since some servers give no place and others change the ids from event to event. What an item says when it is
done is the truth; what its deltas have said already is not said again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Literal, TypeAlias

from lsp_server.models.messages import (
    Endpoint,
    Finished,
    PartDone,
    ProviderState,
    ReasoningDelta,
    StopReason,
    StreamEvent,
    TextDelta,
)
from lsp_server.models.wire import fault
from lsp_server.models.wire.exchange import Json, mapping
from lsp_server.models.wire.tool_calls import ToolCalls
from lsp_server.models.wire.usage import usage_of

STATE = "responses"

_Taker: TypeAlias = "Callable[[ResponsesAnswer, Json], Iterable[StreamEvent]]"
_INCOMPLETE: Mapping[str, StopReason] = {"max_output_tokens": "max_tokens", "content_filter": "refusal"}


class ResponsesAnswer:
    """The events of one answer."""

    def __init__(self, endpoint: Endpoint, seed: str) -> None:
        self._endpoint = endpoint
        self._calls = ToolCalls(seed)
        self._said: set[Hashable] = set()
        self._items_done = 0
        self._called = self._refused = False

    def take(self, value: Json) -> list[StreamEvent] | None:
        """Give what an object says; None when it is not of this dialect."""
        kind = value.get("type")
        if value.get("object") == "response":  # a server that does not stream
            kind, value = f"response.{value.get('status')}", {"response": value}
        if not isinstance(kind, str) or not kind.startswith("response."):
            return None
        taker = _TAKERS.get(kind.removeprefix("response."))
        return list(taker(self, value)) if taker else []

    def end(self, *, done: bool) -> list[StreamEvent]:
        """Give the last events, with Finished as the last; none while no reason for an end has come."""
        return [*self._rest(cut=False), Finished(self._reason("unknown"))] if done else []

    def _item_added(self, value: Json) -> Iterable[StreamEvent]:
        item = mapping(value.get("item"))
        if item.get("type") == "function_call":
            self._add_call(_key(value), item)
        return ()

    def _text(self, value: Json) -> Iterable[StreamEvent]:
        self._said.add(_key(value))
        return map(TextDelta, _strings([value.get("delta")]))

    def _refusal(self, value: Json) -> Iterable[StreamEvent]:
        self._refused = True
        return self._text(value)

    def _reasoning(self, value: Json) -> Iterable[StreamEvent]:
        self._said.add(_key(value))
        return map(ReasoningDelta, _strings([value.get("delta")]))

    def _summary_part(self, value: Json) -> Iterable[StreamEvent]:
        return [ReasoningDelta("\n\n")] if value.get("summary_index") else []

    def _arguments(self, value: Json) -> Iterable[StreamEvent]:
        self._calls.add(_key(value), arguments=value.get("delta"))
        return ()

    def _item_done(self, value: Json) -> Iterable[StreamEvent]:
        self._items_done += 1
        item = mapping(value.get("item"))
        match item.get("type"):
            case "message":
                yield from self._message(_key(value), item)
            case "reasoning":
                yield from self._thoughts(_key(value), item)
            case "function_call":
                self._add_call(_key(value), item)
                self._calls.replace(_key(value), item.get("arguments"))
                if item.get("status") != "incomplete":
                    yield from self._given(self._calls.done(_key(value)))

    def _message(self, key: Hashable, item: Json) -> Iterable[StreamEvent]:
        if key not in self._said:
            yield from map(TextDelta, _texts(item, "content"))
        yield from self._part("text", {name: item[name] for name in ("id", "phase") if item.get(name)})

    def _thoughts(self, key: Hashable, item: Json) -> Iterable[StreamEvent]:
        """Give reasoning. Without its content, encrypted or not, it is of no use to an endpoint that stored nothing."""
        if key not in self._said:
            yield from map(ReasoningDelta, _texts(item, "summary") or _texts(item, "content"))
        of_use = item.get("encrypted_content") or item.get("content")
        state = {name: value for name, value in item.items() if name != "status"} if of_use else {}
        yield from self._part("reasoning", state)

    def _part(self, kind: Literal["text", "reasoning"], state: Json) -> Iterable[StreamEvent]:
        yield PartDone(kind, self._state(state))

    def _completed(self, value: Json) -> Iterable[StreamEvent]:
        response = mapping(value.get("response"))
        output = response.get("output")
        for place, item in enumerate(output if isinstance(output, list) else []):
            if place >= self._items_done:
                yield from self._item_done({"item": item, "output_index": self._place(place, mapping(item))})
        details = mapping(response.get("incomplete_details"))
        cut = response.get("status") == "incomplete"
        yield from self._rest(cut=cut)
        reason = _INCOMPLETE.get(str(details.get("reason")), "unknown") if cut else "end_turn"
        said = details.get("reason")
        detail = said if cut and isinstance(said, str) else ""
        yield Finished(self._reason(reason), usage_of(mapping(response.get("usage"))), detail)

    def _failed(self, value: Json) -> Iterable[StreamEvent]:
        error = mapping(value.get("response")).get("error")
        raise fault.error_of(200, {}, json.dumps({"error": error}).encode(), self._endpoint)

    def _place(self, place: int, item: Json) -> Hashable:
        """Give the key of an item that is told of only at the end."""
        return place if place in self._calls else (self._calls.key_of(_string(item.get("call_id"))) or place)

    def _add_call(self, key: Hashable, item: Json) -> None:
        state = self._state({"id": item["id"]} if item.get("id") else {})
        call_id = _string(item.get("call_id")) or _string(item.get("id"))
        self._calls.add(key, call_id=call_id, name=_string(item.get("name")), state=state)

    def _rest(self, *, cut: bool) -> Iterable[StreamEvent]:
        return self._given(self._calls.rest(cut=cut))

    def _given(self, calls: Iterable[StreamEvent]) -> Iterable[StreamEvent]:
        for call in calls:
            self._called = True
            yield call

    def _reason(self, reason: StopReason) -> StopReason:
        if self._refused:
            return "refusal"
        return "tool_use" if self._called and reason in ("end_turn", "unknown") else reason

    def _state(self, value: Json) -> ProviderState | None:
        return ProviderState(STATE, self._endpoint.provider, value) if value else None


_TAKERS: Mapping[str, _Taker] = {
    "output_item.added": ResponsesAnswer._item_added,
    "output_text.delta": ResponsesAnswer._text,
    "refusal.delta": ResponsesAnswer._refusal,
    "reasoning_text.delta": ResponsesAnswer._reasoning,
    "reasoning_summary_text.delta": ResponsesAnswer._reasoning,
    "reasoning_summary_part.added": ResponsesAnswer._summary_part,
    "function_call_arguments.delta": ResponsesAnswer._arguments,
    "output_item.done": ResponsesAnswer._item_done,
    "completed": ResponsesAnswer._completed,
    "incomplete": ResponsesAnswer._completed,
    "failed": ResponsesAnswer._failed,
}


def _key(value: Json) -> Hashable:
    """Give what an item is known by: its place, else its id."""
    place = value.get("output_index")
    if isinstance(place, int | tuple | str):
        return place
    return _string(value.get("item_id")) or _string(mapping(value.get("item")).get("id"))


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _strings(values: Iterable[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str) and value]


def _texts(item: Json, field: str) -> list[str]:
    """Give the texts, and the refusals, of the parts that stand in a field of an item."""
    parts = item.get(field)
    said = [mapping(part) for part in parts] if isinstance(parts, list) else []
    return _strings(part.get("text", part.get("refusal")) for part in said)
