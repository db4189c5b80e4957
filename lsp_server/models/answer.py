"""An answer as the message that it becomes in the conversation."""

from __future__ import annotations

from collections.abc import Iterable

from lsp_server.models.messages import (
    Message,
    Part,
    PartDone,
    ProviderState,
    Reasoning,
    ReasoningDelta,
    StreamEvent,
    Text,
    TextDelta,
    ToolCallDone,
)


def assistant_message(events: Iterable[StreamEvent]) -> Message:
    """Give the message that these events of one stream make, with all that its provider wants back.

    The stream need not have finished: what came of it counts, without a tool call that was not whole.
    """
    parts = _Parts()
    for event in events:
        match event:
            case TextDelta(text):
                parts.add(Text, text)
            case ReasoningDelta(text):
                parts.add(Reasoning, text)
            case PartDone(kind, state):
                parts.close(Text if kind == "text" else Reasoning, state)
            case ToolCallDone(call):
                parts.flush()
                parts.whole.append(call)
            case _:  # the end, which is no part of the message
                pass
    parts.flush()
    return Message("assistant", tuple(parts.whole))


class _Parts:
    """The parts that are whole, and the pieces of the one that is coming."""

    def __init__(self) -> None:
        self.whole: list[Part] = []
        self._kind: type[Text] | type[Reasoning] = Text
        self._pieces: list[str] = []

    def add(self, kind: type[Text] | type[Reasoning], text: str) -> None:
        if kind is not self._kind:
            self.flush()
        self._kind = kind
        self._pieces.append(text)

    def close(self, kind: type[Text] | type[Reasoning], state: ProviderState | None) -> None:
        if kind is not self._kind:
            self.flush()
        self._kind = kind
        if state:
            self.whole.append(kind("".join(self._pieces), state))
            self._pieces = []
        self.flush()

    def flush(self) -> None:
        if self._pieces:
            self.whole.append(self._kind("".join(self._pieces)))
        self._pieces = []
