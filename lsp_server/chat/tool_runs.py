"""Runs the tools that a model asks for, shows each call as a card, and asks the person where that is needed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from lsp_server.chat.turn import RunTool
from lsp_server.editor import (
    Editor,
    PermissionAnswer,
    PermissionRequest,
    PlanUpdate,
    ToolCallStarted,
    ToolCallUpdate,
    Update,
)
from lsp_server.models.messages import ToolResult, ToolSpec
from lsp_server.tools.permission import Allow, Ask, Policy
from lsp_server.tools.request import Kind, Request, visible
from lsp_server.tools.runner import Decided, Gate
from lsp_server.tools.tool import PlanEntry, Reads, Tool, ToolContext, ToolOutcome

logger = logging.getLogger(__name__)

Mode: TypeAlias = Literal["ask", "agent"]

# In the mode "ask" nothing is changed, and nothing leaves this machine but questions to the model.
_ASKING: frozenset[Kind] = frozenset({"read", "search", "think"})

_TITLE_CHARACTERS = 80

_INTERRUPTED = "This tool was interrupted."


@dataclass(frozen=True, slots=True)
class Workbench:
    """What the conversations of a process work with.

    `context` gives what the tools of a conversation about a folder are given in an editor, `policy` the rules as they
    stand now, and `trusted` whether the person trusts the folders.
    """

    tools: Mapping[str, Tool]
    context: Callable[[Path, Editor], ToolContext]
    policy: Callable[[], Policy]
    trusted: Callable[[], bool]


class ToolSession:
    """The tools of one conversation: what was allowed and which files were read holds for as long as it lasts."""

    def __init__(self, session_id: str, folder: Path, workbench: Workbench) -> None:
        self._session_id = session_id
        self._folder = folder
        self._workbench = workbench
        self._gate = Gate(workbench.policy, _ask, trusted=workbench.trusted, decided=_decided)
        self._reads = Reads()

    def begin(self, editor: Editor, mode: Mode) -> ToolRuns:
        """Begin a turn: give its tools, those of the mode."""
        self._gate.begin_turn()
        every = self._workbench.tools
        tools = {name: tool for name, tool in every.items() if mode == "agent" or tool.kind in _ASKING}
        context = replace(self._workbench.context(self._folder, editor), reads=self._reads)
        return ToolRuns(self._session_id, tools, self._gate, context)


class ToolRuns:
    """The tools of one turn. What still runs when the turn is closed shows nothing any more."""

    def __init__(self, session_id: str, tools: Mapping[str, Tool], gate: Gate, context: ToolContext) -> None:
        self.session_id = session_id
        self.asking = asyncio.Lock()
        self.editor = context.editor
        self._tools = tools
        self._gate = gate
        self._context = replace(context, show_plan=self._show_plan)
        self._open: dict[str, None] = {}
        self._is_closed = False

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What the model is told."""
        return tuple(tool.spec for tool in self._tools.values())

    @property
    def beside_others(self) -> Mapping[str, bool]:
        """The names of the tools, each with whether it may run beside others."""
        return {name: tool.beside_others for name, tool in self._tools.items()}

    async def run(self, runs: Sequence[RunTool], add_result: Callable[[ToolResult], None]) -> None:
        """Run calls beside each other, and tell the result of each as soon as it is there."""
        async with asyncio.TaskGroup() as group:
            for each in runs:
                group.create_task(self._run(each, add_result))

    def show(self, update: Update) -> None:
        """Show what happens, unless the turn is over."""
        if not self._is_closed:
            self.editor.update(update)

    def close(self) -> None:
        """End the turn: calls without a result are shown as interrupted."""
        for call_id in self._open:
            self.show(ToolCallUpdate(self.session_id, call_id, "failed", text=_INTERRUPTED))
        self._open.clear()
        self._is_closed = True

    async def _run(self, run: RunTool, add_result: Callable[[ToolResult], None]) -> None:
        call, tool = run.call, self._tools[run.call.name]
        _current.set(_Card(self, call.id))
        self._open[call.id] = None
        self.show(ToolCallStarted(self.session_id, call.id, _title(run), tool.kind, run.arguments))
        outcome = await self._outcome(tool, run)
        add_result(ToolResult(call.id, call.name, outcome.text, outcome.is_error))
        self._open.pop(call.id, None)
        self.show(
            ToolCallUpdate(
                self.session_id,
                call.id,
                "failed" if outcome.is_error else "completed",
                text=outcome.text,
                diffs=outcome.diffs,
                locations=tuple((each.uri, each.line) for each in outcome.locations),
            )
        )

    async def _outcome(self, tool: Tool, run: RunTool) -> ToolOutcome:
        try:
            return await self._gate.run(tool, run.arguments, self._context)
        except Exception as error:
            # A fault of ours in one tool; the model can go on without it, and the log has where it is.
            logger.exception("the tool %s failed", tool.name)
            return ToolOutcome(f"This tool failed by a fault of its own: {error!r}. Go on without it.", is_error=True)

    def _show_plan(self, entries: Sequence[PlanEntry]) -> None:
        steps = tuple((each.content, each.status, each.priority) for each in entries)
        self.show(PlanUpdate(self.session_id, steps))


@dataclass(frozen=True, slots=True)
class _Card:
    """The call that a task runs: the gate knows what it decides about, but not which call it is."""

    runs: ToolRuns
    call_id: str

    async def ask(self, request: Request, ask: Ask) -> PermissionAnswer | None:
        asked = PermissionRequest(self.runs.session_id, self.call_id, request, ask.why, ask.lasting)
        async with self.runs.asking:  # one question at a time
            return await self.runs.editor.request_permission(asked)

    def decided(self, decided: Decided) -> None:
        if isinstance(decided.decision, Allow) or decided.answer in ("once", "session", "always"):
            title = visible(decided.request.title)
            self.runs.show(ToolCallUpdate(self.runs.session_id, self.call_id, "in_progress", title))


_current: ContextVar[_Card] = ContextVar("the tool call that this task runs")


async def _ask(request: Request, ask: Ask) -> PermissionAnswer | None:
    return await _current.get().ask(request, ask)


def _decided(decided: Decided) -> None:
    _current.get().decided(decided)


def _title(run: RunTool) -> str:
    """Give what is shown of a call before it is known what it would do: the tool and the first text of its words."""
    first = next((value for value in run.arguments.values() if isinstance(value, str)), "")
    return visible(f"{run.call.name} {' '.join(first.split())}".rstrip()[:_TITLE_CHARACTERS])
