"""Runs tool calls: arguments checked, permission asked, and exactly what was approved done.

Nothing runs without a decision, and every decision is told to whoever keeps the trail, with the rule that made it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lsp_server.errors import AssistantError
from lsp_server.tools.permission import Approval, Ask, Decision, Deny, Policy, Remembered, decide
from lsp_server.tools.request import Request
from lsp_server.tools.schema import fault
from lsp_server.tools.tool import Action, Arguments, Tool, ToolContext, ToolOutcome

logger = logging.getLogger(__name__)

# "session" and "always" hold for exactly this call, "never" forbids it; None is no answer, and so is no.
Answer: TypeAlias = Literal["once", "session", "always", "no", "never"]
Asker: TypeAlias = Callable[[Request, Ask], Awaitable[Answer | None]]

_CHANGED = "What this call would do has changed since the person approved it, so it was not done. Look, and call again."


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision for the trail: about what, by which rule, and what the person answered ("" when not asked)."""

    request: Request
    decision: Decision
    answer: str = ""


class Gate:
    """The permissions of one session: every tool call of it goes through here.

    `policy` gives the rules as they stand now, `ask` asks the person (None: there is nobody to ask), `decided` is told
    every decision, and `keep` the key of what shall be allowed (True) or forbidden for good. `trusted` tells whether
    the person trusts the workspace folders.
    """

    def __init__(
        self,
        policy: Callable[[], Policy],
        ask: Asker | None,
        *,
        trusted: Callable[[], bool],
        remembered: Remembered | None = None,
        decided: Callable[[Decided], None] | None = None,
        keep: Callable[[str, bool], None] | None = None,
        patience_s: float = 600.0,
    ) -> None:
        self._policy = policy
        self._ask = ask
        self._trusted = trusted
        self._remembered = remembered or Remembered()
        self._decided = decided
        self._keep = keep
        self._patience_s = patience_s
        self.tainted = False

    def begin_turn(self) -> None:
        """Begin a turn: no text from outside has come into it yet."""
        self.tainted = False

    async def run(self, tool: Tool, arguments: Arguments, context: ToolContext) -> ToolOutcome:
        """Run a call if it may, and give what came of it, whatever that is; only a cancellation leaves otherwise."""
        wrong = fault(arguments, tool.parameters)
        if wrong:
            return ToolOutcome(wrong, is_error=True)
        try:
            outcome = await self._permitted(tool, arguments, context)
        except (AssistantError, OSError, UnicodeError) as error:
            return ToolOutcome(str(error), is_error=True)
        self.tainted = self.tainted or outcome.untrusted
        return outcome

    async def _permitted(self, tool: Tool, arguments: Arguments, context: ToolContext) -> ToolOutcome:
        action = await tool.prepare(arguments, context)
        decision = self._decide(action.request)
        if isinstance(decision, Ask):
            return await self._approved(tool, arguments, context, action, decision)
        self._tell(Decided(action.request, decision))
        if isinstance(decision, Deny):
            return _refused(decision.why)
        return await action.perform()

    async def _approved(
        self, tool: Tool, arguments: Arguments, context: ToolContext, action: Action, ask: Ask
    ) -> ToolOutcome:
        answer = await self._answer(action.request, ask)
        self._tell(Decided(action.request, ask, answer or "none"))
        self._remember(action.request, ask, answer)
        if answer not in ("once", "session", "always"):
            return _refused("The person did not allow it." if answer else "Nobody has answered, which means no.")
        # While the person thought, anything may have happened to the files.
        approval = Approval(action.request.digest)
        again = await tool.prepare(arguments, context)
        if not approval.covers(again.request):
            return ToolOutcome(_CHANGED, is_error=True)
        late = self._decide(again.request)
        if isinstance(late, Deny):
            self._tell(Decided(again.request, late))
            return _refused(late.why)
        return await again.perform()

    def _decide(self, request: Request) -> Decision:
        return decide(request, self._policy(), self._remembered, trusted=self._trusted(), tainted=self.tainted)

    async def _answer(self, request: Request, ask: Ask) -> Answer | None:
        if self._ask is None:
            return None
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._ask(request, ask)
        except TimeoutError:
            return None

    def _remember(self, request: Request, ask: Ask, answer: Answer | None) -> None:
        known = self._remembered
        if answer == "never":
            self._remembered = Remembered(known.allowed, known.denied | {request.key})
        elif answer in ("session", "always") and ask.lasting:
            self._remembered = Remembered(known.allowed | {request.key}, known.denied)
        else:
            return
        if answer != "session" and self._keep is not None:
            self._keep(request.key, answer == "always")

    def _tell(self, decided: Decided) -> None:
        effect = type(decided.decision).__name__.lower()
        rule, tool = decided.decision.rule, decided.request.tool
        logger.info("%s: %s by %r%s", tool, effect, rule, f", answered {decided.answer}" if decided.answer else "")
        if self._decided is not None:
            self._decided(decided)


def _refused(why: str) -> ToolOutcome:
    return ToolOutcome(f"This was not done. {why}".rstrip(), is_error=True)
