"""One conversation: what was said, and one running prompt.

The words are those of the Agent Client Protocol (https://agentclientprotocol.com): a session is prompted with content
blocks, tells the editor what happens by updates, and ends its turn with a stop reason, also when it was cancelled.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from lsp_server.chat.agent import Agent, Asking, tokens_of_specs
from lsp_server.chat.attach import Sources
from lsp_server.chat.blocks import ContentBlock
from lsp_server.chat.compaction import Summary
from lsp_server.chat.gather import gather_for_chat
from lsp_server.chat.memory import Memory
from lsp_server.chat.prompt import Exchange, Question, build, system_prompt
from lsp_server.chat.segment import Segment, Stored, title_of
from lsp_server.chat.store import Store
from lsp_server.chat.tool_runs import Mode, ToolRuns, ToolSession, Workbench
from lsp_server.chat.voice import Voice
from lsp_server.editor import Editor, UsageUpdate
from lsp_server.errors import AssistantError
from lsp_server.models.messages import Message, Text
from lsp_server.prompts import load

logger = logging.getLogger(__name__)

TurnEnd: TypeAlias = Literal["end_turn", "max_tokens", "max_turn_requests", "refusal", "cancelled"]

# A cancelled prompt answers within 200 ms even when the connection to the model takes longer to close.
CLOSE_TIMEOUT_S = 0.15


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the conversations of a process share.

    `voice` gives the model as the settings stand when a prompt begins, `sources` what a conversation about a folder can
    be given, and `store` keeps what is said; None keeps it in memory alone.
    """

    voice: Callable[[], Voice]
    sources: Callable[[Path], Sources]
    workbench: Workbench
    store: Store | None


@dataclass(slots=True)
class _Kept:
    """What of the running turn is stored: the ids of its messages, and where the conversation ended before it."""

    head: int
    ids: tuple[int, ...] = ()
    question: Question | None = None
    agent: Agent | None = None
    storing: asyncio.Future[None] | None = None


class Conversation:
    """A session. `mode` is "ask" (its tools only read) or "agent" (they may do more, where they are allowed)."""

    def __init__(self, session_id: str, cwd: str, around: Surroundings, stored: Stored | None = None) -> None:
        self.id = session_id
        self.mode: Mode = "ask" if stored is not None and stored.session.mode == "ask" else "agent"
        self.title = stored.session.title if stored is not None else ""
        self._store = around.store
        self._voice = around.voice
        self._sources = around.sources(Path(cwd))
        self._tools = ToolSession(session_id, Path(cwd), around.workbench)
        self._memory = Memory(stored.remembered if stored is not None else None)
        self._head = stored.session.head if stored is not None else 0
        self._shown: list[Exchange] = []
        self._cancelled: asyncio.Future[None] | None = None
        self._closing: set[asyncio.Task[Any]] = set()

    async def prompt(self, blocks: Sequence[ContentBlock], editor: Editor) -> TurnEnd:
        """Ask the model, show its answer as it comes, run its tools, and give why the turn stopped.

        Whatever ends the turn, what was answered until then is remembered; a question without any answer is not, nor
        one that the model refused. Raises AssistantError for a prompt that cannot be sent, ModelError (or
        LocalModelError) when the model failed, perhaps in mid-answer.
        """
        if self._cancelled is not None:
            raise AssistantError("This conversation is still answering: wait for the answer, or cancel it first.")
        voice = self._voice()
        runs = self._tools.begin(editor, self.mode)
        kept = _Kept(self._head)
        cancelled = self._cancelled = asyncio.get_running_loop().create_future()
        reason: TurnEnd | None = None
        try:
            reason = await self._run(self._answer(kept, blocks, voice, runs), cancelled)
            return reason
        finally:
            runs.close()
            if kept.agent is not None:
                kept.agent.end("cancelled" if cancelled.done() else "error", _why(cancelled.done()))
                editor.update(UsageUpdate(self.id, kept.agent.used_tokens, voice.window_tokens))
            try:
                await self._remember(kept, is_refused=reason == "refusal")
            finally:
                self._cancelled = None

    @property
    def is_answering(self) -> bool:
        """Whether a prompt runs."""
        return self._cancelled is not None

    def cancel(self) -> None:
        """Stop the running prompt, which then returns "cancelled"; nothing happens when none runs."""
        if self._cancelled is not None and not self._cancelled.done():
            self._cancelled.set_result(None)

    def forget(self) -> None:
        """Stop, and keep nothing any more: the conversation was deleted."""
        self._store = None
        self.cancel()

    async def _run(self, answer: Coroutine[Any, Any, TurnEnd], cancelled: asyncio.Future[None]) -> TurnEnd:
        """Run to the end, or until cancelled; stream and tools are ended in either case."""
        task = asyncio.create_task(answer)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        try:
            either: set[asyncio.Future[Any]] = {task, cancelled}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            task.cancel()
            await asyncio.wait({task}, timeout=CLOSE_TIMEOUT_S)
        if cancelled.done():
            task.add_done_callback(_log_failure)
            return "cancelled"
        return task.result()

    async def _answer(self, kept: _Kept, blocks: Sequence[ContentBlock], voice: Voice, runs: ToolRuns) -> TurnEnd:
        specs = runs.specs if voice.tools else ()
        taken = tokens_of_specs(specs, voice.count)
        if taken > voice.prompt_tokens // 2:
            specs, taken = (), 0  # such a small window is better used for the person's code
        about_tools = load("chat-tools").text if specs else ""
        system = system_prompt("\n\n".join(filter(None, (about_tools, voice.instructions))))
        budget = voice.prompt_tokens - taken
        kept.question = await gather_for_chat(
            blocks,
            self._sources,
            runs.editor.document,
            count=voice.count,
            room_tokens=budget - voice.count(system),
            history=self._shown,
        )
        question = _message(system, kept.question, budget, voice)
        asking = Asking(voice, Message.of("system", system), self._memory, runs, specs, budget)

        async def keep(messages: Sequence[Message]) -> None:
            await self._keep(kept, messages)

        kept.agent = Agent(asking, question, keep, self._sum_up)
        # A turn that ends by an error is ended from outside, so "error" is never what is given here.
        return cast(TurnEnd, await kept.agent.run())

    async def set_title(self, title: str) -> None:
        """Give the conversation a title. Raises StoreFailed when it cannot be kept."""
        self.title = title
        if self._store is not None:
            await self._store.change(self.id, "title", title)

    async def set_mode(self, mode: Mode) -> None:
        """Choose what the tools may do from the next prompt on. Raises StoreFailed when that cannot be kept."""
        self.mode = mode
        if self._store is not None:
            await self._store.change(self.id, "mode", mode)

    async def _remember(self, kept: _Kept, *, is_refused: bool) -> None:
        messages = kept.agent.messages if kept.agent is not None else ()
        if kept.storing is not None:
            await asyncio.wait({kept.storing})
        try:
            if is_refused or not messages:
                # It would be refused again with every later question.
                await self._take_back(kept)
                return
            assert kept.question is not None  # the agent was made with it
            try:
                await self._keep(kept, messages)
            finally:  # also when nobody waits for the prompt any more
                self._memory.add(messages, kept.ids)
            self._shown.append(Exchange(kept.question.text, messages[-1].text, kept.question.attachments))
            if not self.title:
                await self.set_title(title_of(kept.question.text))
        except AssistantError as error:
            # The store tells the person once that it does not keep what is said; the answer is there all the same.
            logger.info("this turn is not kept as it should be: %s", error)

    async def _keep(self, kept: _Kept, messages: Sequence[Message]) -> None:
        """Store those of the turn's messages that are not stored yet; begun, it is done whoever is cancelled."""
        kept.storing = asyncio.ensure_future(self._append(kept, messages[len(kept.ids) :]))
        await asyncio.shield(kept.storing)

    async def _append(self, kept: _Kept, new: Sequence[Message]) -> None:
        if self._store is None or not new:
            return
        ids = await self._store.append(self.id, *map(Segment.of, new))
        kept.ids += ids or (0,) * len(new)
        self._head = ids[-1] if ids else self._head

    async def _take_back(self, kept: _Kept) -> None:
        if self._store is not None and any(kept.ids):
            await self._store.roll_back(self.id, kept.head)
            self._head = kept.head

    async def _sum_up(self, summary: Summary, number: int) -> None:
        covers = self._memory.sum_up(summary, number)
        if self._store is not None and covers:
            ids = await self._store.append(self.id, Segment("summary", None, summary.value(covers)))
            self._head = ids[-1] if ids else self._head


def _message(system: str, question: Question, budget_tokens: int, voice: Voice) -> Message:
    """Give the question as it is sent, the person's words as a part of their own. Raises ContextOverflow."""
    text = build(system, (), question, budget_tokens=budget_tokens, count=voice.count).question
    context = text.removesuffix(question.text)
    return Message("user", (*([Text(context)] if context else []), Text(question.text)))


def _why(is_cancelled: bool) -> str:
    return "the person cancelled the turn" if is_cancelled else "the turn ended with an error"


def _log_failure(task: asyncio.Task[Any]) -> None:
    """Log what went wrong after a cancel: nobody waits for it any more."""
    if not task.cancelled() and (error := task.exception()):
        logger.info("a cancelled answer also failed: %s", error)
