"""Everything behind the faces, put together by plain constructor calls."""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from context.diagnostics import Diagnostic
from context.gatherer import Gatherer
from context.tags import TagReader
from context.text import Document
from context.workspace import Workspace
from lsp_server.chat.attach import Sources
from lsp_server.chat.session import Sessions
from lsp_server.chat.store import Store
from lsp_server.chat.tool_runs import Workbench
from lsp_server.completion.ask import Asker
from lsp_server.completion.engine import Completion, CompletionEngine, Nothing
from lsp_server.completion.prompt import Prompts
from lsp_server.config import Config
from lsp_server.editor import Editor, Status
from lsp_server.errors import AssistantError, ModelError
from lsp_server.models.fallback import Fallback
from lsp_server.models.load import LoadGuard
from lsp_server.models.local import State
from lsp_server.models.providers import Model
from lsp_server.outbound import Outbound
from lsp_server.sources import user_file
from lsp_server.tools.permission import Policy
from lsp_server.tools.tool import ToolContext
from lsp_server.tools.toolbox import TOOLS

logger = logging.getLogger(__name__)


class Assistant:
    """The engine of one process: workspace, completion, chat and commands over the configured models.

    `store` keeps the conversations; without one they stay in memory.
    """

    def __init__(
        self,
        on_status: Callable[[Status], None],
        environ: Mapping[str, str] = os.environ,
        store: Store | None = None,
    ) -> None:
        self.config = Config()
        self.workspace = Workspace()
        self.gatherer = Gatherer(self.workspace)
        self.diagnostics: dict[str, list[Diagnostic]] = {}
        self.outbound = Outbound(environ, on_status, self._on_local, self._tell_kept_back)
        self._environ = environ
        self._on_status = on_status
        self._kept_back = ""
        self._told_faults: set[str] = set()
        self._models: dict[str, Model] = {}
        self._model: Model | None = None
        self._fallback = Fallback(time.monotonic)
        self._tags = TagReader(self.workspace)
        prompts = Prompts(self.gatherer)
        self._asker = Asker(self.outbound, self.outbound.connect, LoadGuard(time.monotonic), time.monotonic, prompts)
        self.completion = CompletionEngine(self._asker, on_outcome=self._report)
        # Until a person can say that they trust a folder, none is trusted: what changes anything is asked each time.
        workbench = Workbench(TOOLS, self.tool_context, Policy, lambda: False)
        self.sessions = Sessions(self.outbound.voice, self.sources, workbench, store)

    def configure(self, config: Config) -> None:
        """Take over settings, also while running. A model that cannot be used is told in the status."""
        self.config = config
        self.outbound.configure(config)
        names = (config.completion.model, *config.completion.fallback)
        try:
            self._models = self.outbound.resolved(names, "completion")
        except AssistantError as error:
            self._models, self._model = {}, None
            self.completion.configure(config.completion, None)
            self._on_status(Status("error", str(error), "settings"))
            return
        self._model = self._chosen()
        self.completion.configure(config.completion, self._model)
        self._on_status(self.at_rest())

    async def set_folders(self, folders: Sequence[Path]) -> None:
        """Take over the workspace folders, and have them indexed in the background; a fault is a status, once."""
        self.workspace.set_folders(folders)
        self.gatherer.rules_changed()
        await self.gatherer.set_folders(folders)

    async def indexed(self) -> None:
        """Wait until the project is indexed as it stands, and tell when it cannot be."""
        await self.gatherer.indexes.settled()
        for fault in self.gatherer.indexes.faults:
            if fault not in self._told_faults:
                self._told_faults.add(fault)
                self._on_status(Status("warning", f"{fault[:1].upper()}{fault[1:]}", "index"))

    def prepare(self, document: Document, offset: int) -> None:
        """Get ready what a completion at an offset will be given, where completions are wanted at all."""
        eagerness = self.config.completion.eagerness_for(document.language_id)
        if self._model is not None and eagerness in ("calm", "eager"):
            self._asker.prepare(document, offset, self._model, self.config.completion)

    async def warm(self) -> None:
        """Get the completion model ready, so that the first suggestion need not wait; a fault is a status."""
        if self._model is None:
            return
        try:
            await self.outbound.warm(self._model)
        except AssistantError as error:
            logger.info("the completion model is not ready: %s", error)
            self._on_status(Status("warning", str(error), _reason(error)))

    def sources(self, folder: Path) -> Sources:
        """Give what a conversation about a folder can be given."""
        uri = folder.absolute().as_uri()
        indexes = self.gatherer.indexes
        return Sources(
            self.workspace,
            folder,
            tags=self._tags,
            index=lambda: indexes.of(uri) if indexes.is_built(uri) else None,
            diagnostics=self.diagnostics,
        )

    def tool_context(self, folder: Path, editor: Editor) -> ToolContext:
        """Give what the tools of a conversation about a folder work with."""
        uri = folder.absolute().as_uri()
        indexes = self.gatherer.indexes
        return ToolContext(
            self.workspace,
            (folder,),
            editor,
            self._environ,
            own_folders=(user_file().parent,),
            index=indexes.of(uri) if indexes.is_built(uri) else None,
            diagnostics=lambda of: self.diagnostics.get(of, []),
        )

    def at_rest(self) -> Status:
        """Give the status when nothing is under way and nothing is wrong."""
        return Status("ready", f"Completing with {self.config.completion.model}{self._kept_back}")

    async def aclose(self) -> None:
        """Close every stream, index and connection."""
        await self.completion.aclose()
        await self.sessions.aclose()
        await self.gatherer.aclose()
        await self.outbound.aclose()

    def _chosen(self) -> Model:
        """Give the model to complete with: the first that is not resting."""
        return self._models[self._fallback.order(list(self._models))[0]]

    def _on_local(self, state: State) -> None:
        if state == "loading":
            self._on_status(Status("busy", "The embedded model is being loaded", "loading"))
        elif state == "ready":
            self._on_status(self.at_rest())

    def _tell_kept_back(self, counts: Counter[str]) -> None:
        """Tell how many secrets the last request was sent without, once until it changes."""
        told = ", ".join(f"{count} × {kind}" for kind, count in sorted(counts.items()))
        kept_back = f"; sent without secrets: {told}" if told else ""
        if kept_back != self._kept_back:
            self._kept_back = kept_back
            self._on_status(self.at_rest())

    def _report(self, outcome: Completion | Nothing) -> None:
        told = self._judged(outcome)
        match outcome:
            case _ if told:
                self._on_status(Status("warning", told, "fallback"))
            case Nothing(_, error) if error is not None:
                self._on_status(Status("warning", str(error), _reason(error)))
            case Nothing("error" | "superseded"):
                pass
            case _:
                self._on_status(self.at_rest())

    def _judged(self, outcome: Completion | Nothing) -> str:
        """Learn from an outcome which model to ask from now on; gives what there is to tell about a change, or ""."""
        told = ""
        current = next((name for name, model in self._models.items() if model is self._model), "")
        match outcome:
            case Nothing(_, ModelError() as error):
                self._fallback.failed(current, error)
            case Completion(source="model"):
                told = self._fallback.answers(current, list(self._models))
        if self._models and (model := self._chosen()) is not self._model:
            self._model = model
            self.completion.configure(self.config.completion, model)
        return told


def _reason(error: AssistantError) -> str:
    """Give the stable code of an error: its name in the tree, in kebab case."""
    name = type(error).__name__
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")
