"""All conversations of a process: those that go on, and those that are stored.

The words are those of the Agent Client Protocol (https://agentclientprotocol.com): new, load, list, fork, delete.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

from lsp_server.chat.attach import Sources
from lsp_server.chat.blocks import ContentBlock
from lsp_server.chat.conversation import Conversation, Surroundings, TurnEnd
from lsp_server.chat.replay import replay
from lsp_server.chat.segment import Stored
from lsp_server.chat.store import Page, Store
from lsp_server.chat.tool_runs import Mode, Workbench
from lsp_server.chat.voice import Voice
from lsp_server.editor import Editor, Replayed
from lsp_server.errors import AssistantError

__all__ = ["Sessions", "TurnEnd"]


class Sessions:
    """The conversations of this process.

    `voice` gives the model as the settings stand when a prompt begins, `sources` what a conversation about a folder can
    be given, `workbench` what its tools work with, and `store` keeps what is said. Without a store it stays in memory.
    """

    def __init__(
        self,
        voice: Callable[[], Voice],
        sources: Callable[[Path], Sources],
        workbench: Workbench,
        store: Store | None = None,
    ) -> None:
        self._around = Surroundings(voice, sources, workbench, store)
        self._sessions: dict[str, Conversation] = {}

    async def new(self, cwd: str) -> str:
        """Begin a conversation about the folder `cwd`, and give its id."""
        store = self._around.store
        session_id = uuid.uuid4().hex if store is None else (await store.create(cwd)).id
        self._sessions[session_id] = Conversation(session_id, cwd, self._around)
        return session_id

    async def prompt(self, session_id: str, blocks: Sequence[ContentBlock], editor: Editor) -> TurnEnd:
        """Ask in a conversation, see `Conversation.prompt`. Raises AssistantError when there is no such one."""
        return await self._session(session_id).prompt(blocks, editor)

    def cancel(self, session_id: str) -> None:
        """Stop what a conversation is answering. Raises AssistantError when there is no such conversation."""
        self._session(session_id).cancel()

    async def load(self, session_id: str, editor: Editor) -> None:
        """Go on with a stored conversation, and show again all that happened in it.

        Raises AssistantError when it is not stored, or is answering at this moment.
        """
        known = self._sessions.get(session_id)
        if known is not None and known.is_answering:
            raise AssistantError("This conversation is still answering: wait for the answer, or cancel it first.")
        stored = await self._store.load(session_id)
        self._take(session_id, stored)
        for body in replay(stored.segments):
            editor.update(Replayed(session_id, body))

    async def list(self, cwd: str = "", cursor: str = "") -> Page:
        """Give the stored conversations of a folder, or all, the latest first; a page at a time."""
        return await self._store.sessions(cwd, cursor)

    async def fork(self, session_id: str) -> str:
        """Begin a conversation with everything that was said in another one, and give its id."""
        stored = await self._store.fork(session_id)
        self._take(stored.session.id, stored)
        return stored.session.id

    async def delete(self, session_id: str) -> None:
        """Delete a conversation; one that is answering is stopped."""
        known = self._sessions.pop(session_id, None)
        if known is not None:
            known.forget()
        await self._store.delete(session_id)

    async def set_title(self, session_id: str, title: str) -> None:
        """Give a conversation a title, also one that is only stored."""
        known = self._sessions.get(session_id)
        if known is not None:
            await known.set_title(title)
        else:
            await self._store.change(session_id, "title", title)

    async def set_mode(self, session_id: str, mode: str) -> None:
        """Choose "ask" (tools only read) or "agent" for the next prompts. Raises AssistantError for another word."""
        if mode not in get_args(Mode):
            raise AssistantError(f"There is no mode {mode!r}: choose one of {', '.join(get_args(Mode))}.")
        await self._session(session_id).set_mode("ask" if mode == "ask" else "agent")

    def mode(self, session_id: str) -> Mode:
        """Give the mode of a conversation."""
        return self._session(session_id).mode

    async def aclose(self) -> None:
        """Store what waits, and let go of the store."""
        if self._around.store is not None:
            await self._around.store.aclose()

    def _take(self, session_id: str, stored: Stored) -> None:
        self._sessions[session_id] = Conversation(session_id, stored.session.cwd, self._around, stored)

    @property
    def _store(self) -> Store:
        if self._around.store is None:
            raise AssistantError("Conversations are not kept here, so there is none to choose from.")
        return self._around.store

    def _session(self, session_id: str) -> Conversation:
        session = self._sessions.get(session_id)
        if session is None:
            raise AssistantError("This conversation is not known here: start a new one.")
        return session
