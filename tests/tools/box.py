"""A project in a folder, its tools, and a person who answers what they are asked: what most tests of tools need."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from context.workspace import Workspace
from lsp_server.tools.permission import Ask, Policy
from lsp_server.tools.request import Request
from lsp_server.tools.runner import Answer, Decided, Gate
from lsp_server.tools.tool import ToolContext, ToolOutcome
from lsp_server.tools.toolbox import TOOLS
from tests.fake_editor import FakeEditor


class Box:
    """A project with these files. The person answers every question with `answer`, after `before_answer` was called.

    `asked` holds the questions, `decided` every decision as "effect rule".
    """

    def __init__(
        self, folder: Path, files: Mapping[str, str | bytes] | None = None, answer: Answer | None = None
    ) -> None:
        self.root = folder / "project"
        self.root.mkdir()
        for name, text in (files or {}).items():
            self.write(name, text)
        self.answer = answer
        self.asked: list[tuple[Request, Ask]] = []
        self.decided: list[Decided] = []
        self.kept: list[tuple[str, bool]] = []
        self.before_answer: Callable[[], object] = lambda: None
        self.policy = Policy()
        self.trusted = True
        self.editor = FakeEditor()
        self.workspace = Workspace([self.root])
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
        own = (folder / "settings",)
        self.context = ToolContext(self.workspace, (self.root,), self.editor, environment, own_folders=own)
        self.gate = Gate(
            lambda: self.policy,
            self._ask,
            trusted=lambda: self.trusted,
            decided=self.decided.append,
            keep=lambda key, allowed: self.kept.append((key, allowed)),
        )

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file of the project and give its path."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def read(self, name: str) -> str:
        """Give what stands on disk."""
        return (self.root / name).read_bytes().decode()

    def open(self, name: str, text: str) -> None:
        """Open a document in the editor with unsaved text."""
        uri = (self.root / name).as_uri()
        self.workspace.open(uri, "plaintext", 7, text)
        document = self.workspace.opened(uri)
        assert document is not None
        self.editor.documents[uri] = document

    def given(self, **more: Any) -> None:
        """Give the tools more to work with."""
        self.context = replace(self.context, **more)

    async def call(self, tool: str, /, **arguments: Any) -> ToolOutcome:
        """Let the model call a tool."""
        return await self.gate.run(TOOLS[tool], arguments, self.context)

    @property
    def rules(self) -> list[str]:
        """All decisions so far, as "effect rule"."""
        return [f"{type(each.decision).__name__.lower()} {each.decision.rule}" for each in self.decided]

    async def _ask(self, request: Request, ask: Ask) -> Answer | None:
        self.asked.append((request, ask))
        self.before_answer()
        return self.answer
