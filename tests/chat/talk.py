"""A conversation about a project in a folder, over a scripted model: what tests of tools and of the store need."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from context.workspace import Workspace
from lsp_server.chat.attach import Sources
from lsp_server.chat.blocks import TextBlock
from lsp_server.chat.session import Sessions, TurnEnd
from lsp_server.chat.store import Store
from lsp_server.chat.tool_runs import Workbench
from lsp_server.chat.updates import body_of
from lsp_server.editor import Editor
from lsp_server.models.messages import Message, ToolCall, ToolResult
from lsp_server.tools.permission import Policy
from lsp_server.tools.tool import Tool, ToolContext
from lsp_server.tools.toolbox import TOOLS
from tests.chat.scripted import ScriptedModel, Step
from tests.fake_editor import FakeEditor


class Talk:
    """A project with one file `a.py`, and one conversation about it."""

    def __init__(
        self,
        folder: Path,
        *scripts: Sequence[Step],
        store: Store | None = None,
        window_tokens: int = 100_000,
        tools: Mapping[str, Tool] = TOOLS,
        editor: FakeEditor | None = None,
    ) -> None:
        self.root = folder / "project"
        self.root.mkdir(exist_ok=True)
        (self.root / "a.py").write_text("x = 1\n")
        self.model = ScriptedModel(*scripts)
        self.voice = self.model.voice(window_tokens, tools=True)
        self.workspace = Workspace([self.root])
        self.editor = editor or FakeEditor()
        self.trusted = True
        workbench = Workbench(tools, self._context, Policy, lambda: self.trusted)
        sources = lambda root: Sources(self.workspace, root)  # noqa: E731 - a word in a call
        self.sessions = Sessions(lambda: self.voice, sources, workbench, store)
        self.id = ""

    async def begin(self) -> None:
        """Begin a new conversation."""
        self.id = await self.sessions.new(str(self.root))

    async def ask(self, words: str) -> TurnEnd:
        """Ask something."""
        if not self.id:
            await self.begin()
        return await self.sessions.prompt(self.id, [TextBlock(words)], self.editor)

    def sent(self, request: int = -1) -> tuple[Message, ...]:
        """Give the messages of a request without the system prompt, checked."""
        messages = self.model.requests[request].messages[1:]
        check_history(messages)
        return messages

    def texts(self, request: int = -1) -> list[tuple[str, str]]:
        """Give role and text of each message of a request."""
        return [(message.role, message.text) for message in self.sent(request)]

    def results(self, request: int = -1) -> list[ToolResult]:
        """Give all tool results of a request."""
        return [part for message in self.sent(request) for part in message.parts if isinstance(part, ToolResult)]

    def cards(self, *kinds: str) -> list[str]:
        """Give what the editor was told of tools, a line each."""
        bodies = [body_of(update) for update in self.editor.updates]
        wanted = kinds or ("tool_call", "tool_call_update")
        return [
            f"{body['toolCallId']} {body['status']} {body.get('title', '')}".rstrip()
            for body in bodies
            if body["sessionUpdate"] in wanted
        ]

    def _context(self, folder: Path, editor: Editor) -> ToolContext:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.root.parent), "LANG": "C.UTF-8"}
        return ToolContext(self.workspace, (folder,), editor, environment)


def check_history(messages: Sequence[Message]) -> None:
    """Check what the strictest vendors ask: each call has one result, in the next message, and no result is alone."""
    assert all(message.parts for message in messages)
    assert messages[0].role == "user"
    assert all(a.role != b.role for a, b in pairwise(messages))
    for number, message in enumerate(messages):
        asked = [part.id for part in message.parts if isinstance(part, ToolCall)]
        after = messages[number + 1].parts if number + 1 < len(messages) else ()
        given = [part.call_id for part in after if isinstance(part, ToolResult)]
        assert given == asked, (given, asked)
