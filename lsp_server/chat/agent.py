"""Drives one turn: asks the model, shows its answer as it comes, runs the tools that it asks for, until it is done."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from lsp_server.chat import compaction
from lsp_server.chat.compaction import Summary
from lsp_server.chat.memory import Memory, with_text, worth_keeping
from lsp_server.chat.repetition import Repetition
from lsp_server.chat.tool_runs import ToolRuns
from lsp_server.chat.trimming import Trimmed
from lsp_server.chat.turn import CallModel, End, EndReason, RunTools, Turn
from lsp_server.chat.voice import Voice, reply
from lsp_server.editor import AgentMessageChunk, AgentThoughtChunk
from lsp_server.errors import AssistantError, ContextOverflow
from lsp_server.models.messages import (
    ChatRequest,
    Finished,
    Message,
    PartDone,
    ReasoningDelta,
    TextDelta,
    ToolCallDone,
    ToolSpec,
)

logger = logging.getLogger(__name__)

# Shown, and not remembered: the model need not read it.
_WENT_ROUND = "\n\n*The answer went round in circles and was ended.*"

# What stays word for word when the conversation before it is summed up, as a share of what a prompt may take.
_KEPT_SHARE = 4

Keep: TypeAlias = Callable[[Sequence[Message]], Awaitable[None]]
SummedUp: TypeAlias = Callable[[Summary, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Asking:
    """What a turn begins with: the model, the system prompt, what is remembered, and the tools that are offered.

    `budget_tokens` is what system prompt, memory and turn may take together.
    """

    voice: Voice
    system: Message
    memory: Memory
    runs: ToolRuns
    specs: tuple[ToolSpec, ...]
    budget_tokens: int


class Agent:
    """One turn over a question.

    `keep` is given the turn's messages so far whenever tools are about to run, so that little is lost when the process
    is killed; `summed_up` a summary, with how many of the oldest messages it stands for.
    """

    def __init__(self, asking: Asking, question: Message, keep: Keep, summed_up: SummedUp) -> None:
        self._asking = asking
        self._keep = keep
        self._summed_up = summed_up
        self._turn = Turn(question, asking.runs.beside_others if asking.specs else {})
        self._budget_tokens = asking.budget_tokens
        self._sent: Trimmed | None = None
        self._circle: str | None = None
        self._heard = ""
        self._is_answering = False

    async def run(self) -> EndReason:
        """Go on until the turn is over, and tell why it is. Raises ModelError (or LocalModelError)."""
        while True:
            match self._turn.next_step():
                case CallModel(messages):
                    await self._ask(messages)
                case RunTools(runs):
                    # Behind the calls stand results that say they are not there yet.
                    await self._keep(self._turn.messages[:-1])
                    await self._asking.runs.run(runs, self._turn.add_result)
                case End(reason):
                    return reason
                case step:
                    assert_never(step)

    def end(self, reason: EndReason, why: str) -> None:
        """End the turn now, whatever runs; each call that has no result gets one that says `why`."""
        self._turn.end(reason, why)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The turn's messages that are worth remembering, whole in themselves; none when there was no answer."""
        messages = self._turn.messages
        return worth_keeping(messages if self._circle is None else with_text(messages, self._circle))

    @property
    def used_tokens(self) -> int:
        """The tokens of the last request and its answer: as the model says, else estimated; 0 before the first."""
        if self._sent is None:
            return 0
        usage = self._turn.usage[-1] if self._turn.usage and not self._is_answering else None
        if usage is None or usage.input_tokens is None or usage.output_tokens is None:
            return self._sent.tokens + self._asking.voice.count(self._heard)
        return usage.input_tokens + usage.output_tokens

    async def _ask(self, messages: Sequence[Message]) -> None:
        """Ask for the next message. A conversation that turns out to be too long is shortened and sent once more."""
        voice = self._asking.voice
        request = self._request(messages)
        assert self._sent is not None  # by the request
        crowded = self._sent.left_out or self._sent.cleared or not self._sent.fits
        if voice.tools and (crowded or compaction.urgency(self._sent.tokens, self._budget_tokens) == "now"):
            # A small model without tools would take minutes for it, and only forgets what does not fit.
            await self._sum_up()
            request = self._request(messages)
        try:
            await self._stream(request)
        except ContextOverflow as overflow:
            if self._heard:
                raise
            self._budget_tokens //= 2
            await self._sum_up()
            shorter = self._request(messages)
            if shorter.messages == request.messages:
                raise
            logger.info("the conversation is shortened and sent once more: %s", overflow)
            await self._stream(shorter)

    def _request(self, messages: Sequence[Message]) -> ChatRequest:
        asking = self._asking
        self._sent = asking.memory.fitted(asking.system, messages, self._budget_tokens, asking.voice.count)
        cache_key = asking.runs.session_id if asking.specs else ""
        return asking.voice.request(self._sent.messages, asking.specs, cache_key)

    async def _stream(self, request: ChatRequest) -> None:
        """Show the answer as it comes. One that goes round in circles is ended, and remembered up to the circle."""
        repetition = Repetition()
        self._heard, self._is_answering = "", True
        async with aclosing(self._asking.voice.ask(request)) as events:
            async for event in events:
                self._turn.receive(event)
                match event:
                    case TextDelta(text):
                        self._say(text)
                        if repetition.add(text):
                            self._end_circle(repetition.kept)
                            return
                    case ReasoningDelta(text):
                        self._asking.runs.show(AgentThoughtChunk(self._asking.runs.session_id, text))
                    case Finished():
                        self._is_answering = False
                    case PartDone() | ToolCallDone():  # the turn has them
                        pass
                    case _:
                        assert_never(event)
        if self._is_answering:
            self._turn.receive(Finished("unknown"))

    def _say(self, text: str) -> None:
        self._heard += text
        self._asking.runs.show(AgentMessageChunk(self._asking.runs.session_id, text))

    def _end_circle(self, kept: str) -> None:
        self._circle = kept
        self._asking.runs.show(AgentMessageChunk(self._asking.runs.session_id, _WENT_ROUND))
        self._turn.end("end_turn", "the answer went round in circles")

    async def _sum_up(self) -> None:
        """Let a summary stand for the old part of what is remembered; without the model's help, if need be."""
        voice, memory = self._asking.voice, self._asking.memory
        number = compaction.edge(memory.messages, self._budget_tokens // _KEPT_SHARE, voice.count)
        covered = memory.messages[:number]
        if not covered:
            return
        messages = compaction.request(covered, memory.summary, self._budget_tokens, voice.count)
        try:
            answer = (await reply(voice, voice.request(messages))).text
        except AssistantError as error:
            logger.info("the conversation is summed up without the model: %s", error)
            answer = ""
        await self._summed_up(compaction.summary_of(answer, covered, memory.summary), number)


def tokens_of_specs(specs: Sequence[ToolSpec], count: Callable[[str], int]) -> int:
    """Estimate what the tools take of a prompt."""
    return sum(count(json.dumps([spec.name, spec.description, dict(spec.parameters)])) for spec in specs)
