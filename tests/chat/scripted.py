"""A chat model that says what a test tells it, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, TypeAlias

from lsp_server.chat.voice import Voice
from lsp_server.models.messages import ChatRequest, Finished, StreamEvent, TextDelta, ToolCall, ToolCallDone, Usage

Step: TypeAlias = StreamEvent | Exception | asyncio.Event
"""An event to give, an error to raise, or something to wait for."""


class ScriptedModel:
    """Answers each request with the next script; `closed` is how many of its streams were closed."""

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.requests: list[ChatRequest] = []
        self.waiting = asyncio.Event()
        self.closed = 0
        self._scripts = list(scripts)

    async def ask(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """Play one script; `waiting` is set while it waits."""
        self.requests.append(request)
        try:
            for step in self._scripts.pop(0):
                match step:
                    case asyncio.Event():
                        self.waiting.set()
                        await step.wait()
                    case Exception():
                        raise step
                    case _:
                        yield step
        finally:
            self.closed += 1

    def voice(
        self,
        window_tokens: int = 10_000,
        max_tokens: int = 1_000,
        instructions: str = "",
        count: Callable[[str], int] = len,
        tools: bool = False,
    ) -> Voice:
        """Give the voice of this model; a token is a character unless `count` says otherwise."""
        return Voice(self.ask, count, "scripted/one", window_tokens, max_tokens, instructions, tools=tools)


def said(*texts: str, usage: Usage = Usage(10, 5)) -> list[Step]:  # noqa: B008 - a frozen value
    """Give the script of an answer in pieces."""
    return [*map(TextDelta, texts), Finished("end_turn", usage)]


def asks_for(*calls: tuple[str, dict[str, Any]], text: str = "") -> list[Step]:
    """Give the script of an answer that asks for tools; their ids are the tool's name and a number."""
    asked = [ToolCall(f"{name}-{at}", name, json.dumps(arguments)) for at, (name, arguments) in enumerate(calls)]
    said_first: list[Step] = [TextDelta(text)] if text else []
    return [*said_first, *map(ToolCallDone, asked), Finished("tool_use", Usage(10, 5))]
