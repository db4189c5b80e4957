"""Conversations: what was said, and one running prompt each.

The words are those of the Agent Client Protocol (https://agentclientprotocol.com): a session is prompted with content
blocks, tells the editor what happens by updates, and ends its turn with a stop reason, also when it was cancelled.
A conversation lives in memory.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, assert_never

from lsp_server.chat.attach import Sources
from lsp_server.chat.blocks import ContentBlock
from lsp_server.chat.gather import gather_for_chat
from lsp_server.chat.prompt import ChatPrompt, Exchange, build, system_prompt
from lsp_server.chat.repetition import Repetition
from lsp_server.chat.voice import Voice
from lsp_server.editor import AgentMessageChunk, AgentThoughtChunk, Editor, UsageUpdate
from lsp_server.errors import AssistantError
from lsp_server.models.messages import Finished, PartDone, ReasoningDelta, TextDelta, ToolCallDone

logger = logging.getLogger(__name__)

TurnEnd: TypeAlias = Literal["end_turn", "max_tokens", "refusal", "cancelled"]

# A cancelled prompt answers within 200 ms even when the connection to the model takes longer to close.
CLOSE_TIMEOUT_S = 0.15

# Shown, and not remembered: the model need not read it.
_WENT_ROUND = "\n\n*The answer went round in circles and was ended.*"

_UNFINISHED = Finished("unknown")


@dataclass(slots=True)
class _Turn:
    """What a running prompt has come to so far; `prompt` is None until everything that goes along is gathered."""

    prompt: ChatPrompt | None = None
    answer: str = ""
    end: Finished = _UNFINISHED


class Session:
    """One conversation."""

    def __init__(self, session_id: str, sources: Sources, voice: Callable[[], Voice]) -> None:
        self.id = session_id
        self._sources = sources
        self.history: list[Exchange] = []
        self._voice = voice
        self._cancelled: asyncio.Future[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def prompt(self, blocks: Sequence[ContentBlock], editor: Editor) -> TurnEnd:
        """Ask the model, show its answer as it comes, and give why it stopped.

        Whatever ends the turn, what was answered until then stays in the history; a question without any answer
        does not, nor one that the model refused. Raises AssistantError for a prompt that cannot be sent, ModelError
        (or LocalModelError) when the model failed, perhaps in mid-answer.
        """
        if self._cancelled is not None:
            raise AssistantError("This conversation is still answering: wait for the answer, or cancel it first.")
        voice = self._voice()
        turn = _Turn()
        self._cancelled = asyncio.get_running_loop().create_future()
        try:
            return await self._run(self._answer(turn, blocks, voice, editor), self._cancelled) or _turn_end(turn)
        finally:
            self._cancelled = None
            if turn.prompt is not None:
                self._remember(turn.prompt, turn)
                editor.update(UsageUpdate(self.id, _used_tokens(turn.prompt, turn, voice), voice.window_tokens))

    def cancel(self) -> None:
        """Stop the running prompt, which then returns "cancelled"; nothing happens when none runs."""
        if self._cancelled is not None and not self._cancelled.done():
            self._cancelled.set_result(None)

    async def _run(
        self, answer: Coroutine[None, None, None], cancelled: asyncio.Future[None]
    ) -> Literal["cancelled"] | None:
        """Run to the end, or until cancelled; the model's stream is closed in either case."""
        task = asyncio.create_task(answer)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        try:
            await asyncio.wait({task, cancelled}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            task.cancel()
            await asyncio.wait({task}, timeout=CLOSE_TIMEOUT_S)
        if cancelled.done():
            task.add_done_callback(_log_failure)
            return "cancelled"
        task.result()
        return None

    async def _prompt(self, blocks: Sequence[ContentBlock], voice: Voice, editor: Editor) -> ChatPrompt:
        """Gather what goes along with a question, and build the messages."""
        system = system_prompt(voice.instructions)
        question = await gather_for_chat(
            blocks,
            self._sources,
            editor.document,
            count=voice.count,
            room_tokens=voice.prompt_tokens - voice.count(system),
            history=self.history,
        )
        return build(system, self.history, question, budget_tokens=voice.prompt_tokens, count=voice.count)

    async def _answer(self, turn: _Turn, blocks: Sequence[ContentBlock], voice: Voice, editor: Editor) -> None:
        """Show the answer as it comes. One that goes round in circles is ended, and remembered up to the circle."""
        turn.prompt = await self._prompt(blocks, voice, editor)
        repetition = Repetition()
        async with aclosing(voice.ask(voice.request(turn.prompt.messages))) as events:
            async for event in events:
                match event:
                    case TextDelta(text):
                        turn.answer += text
                        editor.update(AgentMessageChunk(self.id, text))
                        if repetition.add(text):
                            turn.answer = repetition.kept
                            editor.update(AgentMessageChunk(self.id, _WENT_ROUND))
                            return
                    case ReasoningDelta(text):
                        editor.update(AgentThoughtChunk(self.id, text))
                    case Finished():
                        turn.end = event
                    case PartDone() | ToolCallDone():  # no tool is offered, and a history of texts needs no states
                        pass
                    case _:
                        assert_never(event)

    def _remember(self, prompt: ChatPrompt, turn: _Turn) -> None:
        # A refused question is left out, as the protocol asks: it would be refused again with every later one.
        if turn.answer.strip() and turn.end.stop_reason != "refusal":
            self.history.append(Exchange(prompt.question, turn.answer, prompt.attachments))


class Sessions:
    """All conversations of this process.

    `voice` gives the model as the settings stand when a prompt begins, `sources` what a conversation about a folder can
    be given.
    """

    def __init__(self, voice: Callable[[], Voice], sources: Callable[[Path], Sources]) -> None:
        self._voice = voice
        self._sources = sources
        self._sessions: dict[str, Session] = {}

    def new(self, cwd: str) -> str:
        """Begin a conversation about the folder `cwd`, and give its id."""
        session = Session(uuid.uuid4().hex, self._sources(Path(cwd)), self._voice)
        self._sessions[session.id] = session
        return session.id

    async def prompt(self, session_id: str, blocks: Sequence[ContentBlock], editor: Editor) -> TurnEnd:
        """Ask in a conversation, see `Session.prompt`. Raises AssistantError when there is no such conversation."""
        return await self._session(session_id).prompt(blocks, editor)

    def cancel(self, session_id: str) -> None:
        """Stop what a conversation is answering. Raises AssistantError when there is no such conversation."""
        self._session(session_id).cancel()

    def _session(self, session_id: str) -> Session:
        session = self._sessions.get(session_id)
        if session is None:
            raise AssistantError("This conversation is not known here: start a new one.")
        return session


def _turn_end(turn: _Turn) -> TurnEnd:
    match turn.end.stop_reason:
        case "max_tokens" | "refusal" as reason:
            return reason
        case _:
            return "end_turn"


def _used_tokens(prompt: ChatPrompt, turn: _Turn, voice: Voice) -> int:
    """Count the tokens of the conversation: as the model says, else estimated."""
    usage = turn.end.usage
    if usage.input_tokens is None or usage.output_tokens is None:
        return prompt.tokens + voice.count(turn.answer)
    return usage.input_tokens + usage.output_tokens


def _log_failure(task: asyncio.Task[None]) -> None:
    """Log what went wrong after a cancel: nobody waits for it any more."""
    if not task.cancelled() and (error := task.exception()):
        logger.info("a cancelled answer also failed: %s", error)
