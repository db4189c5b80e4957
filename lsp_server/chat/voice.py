"""How a chat model is asked, and how much it takes: everything that a conversation or a command knows of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

from lsp_server.chat.repetition import Repetition
from lsp_server.models.messages import (
    ChatRequest,
    Finished,
    Message,
    StopReason,
    StreamEvent,
    TextDelta,
    ToolSpec,
    Usage,
)

Ask: TypeAlias = Callable[[ChatRequest], AsyncGenerator[StreamEvent, None]]
Count: TypeAlias = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Voice:
    """One chat model as the settings stand now.

    `ask` opens a stream; whoever opens one closes it. `count` gives the tokens of a text; an estimate will do, if
    it is rather too high than too low. `window_tokens` holds prompt and answer, `max_tokens` the answer alone.
    `instructions` are the person's own and go into every system prompt. `temperature` None sends no sampling
    parameter, which some models demand; a small model is steadier at 0. `tools` tells whether the model is known to
    call tools.
    """

    ask: Ask
    count: Count
    model: str
    window_tokens: int
    max_tokens: int
    instructions: str = ""
    temperature: float | None = None
    tools: bool = False

    @property
    def prompt_tokens(self) -> int:
        """The tokens that a prompt may take when the answer shall have room."""
        return self.window_tokens - self.max_tokens

    def request(
        self, messages: tuple[Message, ...], tools: tuple[ToolSpec, ...] = (), cache_key: str = ""
    ) -> ChatRequest:
        """Give the request that asks for the next message; `cache_key` names the conversation, see ChatRequest."""
        return ChatRequest(messages, self.max_tokens, self.temperature, tools=tools, cache_key=cache_key)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    text: str
    stop_reason: StopReason
    usage: Usage


async def reply(voice: Voice, request: ChatRequest) -> Reply:
    """Ask and wait for the whole answer; the stream is closed in every case. Raises ModelError.

    An answer that goes round in circles is ended, and given up to where the circle begins.
    """
    repetition = Repetition()
    end = Finished("unknown")
    async with aclosing(voice.ask(request)) as events:
        async for event in events:
            match event:
                case TextDelta(text):
                    if repetition.add(text):
                        break
                case Finished():
                    end = event
                case _:
                    pass  # what the model thinks is no part of its answer
    return Reply(repetition.kept, end.stop_reason, end.usage)
