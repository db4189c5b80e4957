"""The trail of actions: which prompts a command sent to which model, what they cost, and how it ended.

Texts stay out of it: a prompt is named by its id, version and hash.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from lsp_server.models.messages import Usage
from lsp_server.prompts import Prompt

Outcome: TypeAlias = Literal["running", "done", "refused", "failed", "cancelled"]

_RUNS_KEPT = 256


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of an action. The usage is unknown when the model failed."""

    prompt_id: str
    prompt_version: int
    prompt_sha256: str
    model: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command. `detail` says why it was refused or failed, for a person."""

    id: str
    command: str
    uri: str
    asked: tuple[Asked, ...] = ()
    outcome: Outcome = "running"
    detail: str = ""


class Trail:
    """The latest actions of this process, in memory."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, Run] = OrderedDict()

    def begin(self, command: str, uri: str) -> str:
        """Note that an action begins, and give its id."""
        run = Run(uuid.uuid4().hex, command, uri)
        self._runs[run.id] = run
        while len(self._runs) > _RUNS_KEPT:
            self._runs.popitem(last=False)
        return run.id

    def ask(self, action_id: str, prompt: Prompt, model: str, usage: Usage) -> None:
        """Note a request of an action."""
        asked = Asked(prompt.id, prompt.version, prompt.sha256, model, usage)
        if run := self._runs.get(action_id):
            self._runs[action_id] = replace(run, asked=(*run.asked, asked))

    def end(self, action_id: str, outcome: Outcome, detail: str = "") -> None:
        """Note how an action ended."""
        if run := self._runs.get(action_id):
            self._runs[action_id] = replace(run, outcome=outcome, detail=detail)

    def find(self, action_id: str) -> Run | None:
        """Give an action; None when it is not known (any more)."""
        return self._runs.get(action_id)

    def latest(self) -> list[Run]:
        """Give the actions that are still known, the latest first."""
        return list(reversed(self._runs.values()))
