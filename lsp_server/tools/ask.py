"""The tools that do nothing to the project: a question to the person, what past sessions said, and the model's plan."""

from __future__ import annotations

from typing import Any

from lsp_server.tools.output import capped_text
from lsp_server.tools.request import Request, canonical
from lsp_server.tools.tool import Action, Arguments, PlanEntry, Tool, ToolContext, ToolOutcome, parameters

_TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 2_000}


async def _prepare_question(arguments: Arguments, context: ToolContext) -> Action:
    async def perform() -> ToolOutcome:
        if context.ask_user is None:
            return ToolOutcome(
                "The person cannot be asked here: choose yourself, and say what you chose.", is_error=True
            )
        answer = await context.ask_user(arguments["question"], arguments.get("options", []))
        if not answer:
            return ToolOutcome("The person did not answer: choose yourself, and say what you chose.", is_error=True)
        return ToolOutcome(answer)

    return Action(Request("ask_user", "think", "Ask the person", canonical(arguments)), perform)


ASK_USER = Tool(
    "ask_user",
    "Ask the person a question, when only they can answer it.",
    parameters(("question",), question=_TEXT, options={"type": "array", "maxItems": 10, "items": _TEXT}),
    "think",
    _prepare_question,
)


async def _prepare_recall(arguments: Arguments, context: ToolContext) -> Action:
    async def perform() -> ToolOutcome:
        if context.recall is None:
            return ToolOutcome("No past session is kept here.", is_error=True)
        found = await context.recall(arguments["query"], arguments.get("limit", 5))
        text = capped_text("\n---\n".join(found), more="ask more exactly")
        # A past session may have read the web, and its text is no more to be trusted for being older.
        return ToolOutcome(text or "No past session speaks of this.", untrusted=bool(found))

    return Action(Request("recall", "think", "Look into past sessions", canonical(arguments)), perform)


RECALL = Tool(
    "recall",
    "Look for what was said in past sessions about this project.",
    parameters(("query",), query=_TEXT, limit={"type": "integer", "minimum": 1, "maximum": 20}),
    "think",
    _prepare_recall,
)


async def _prepare_plan(arguments: Arguments, context: ToolContext) -> Action:
    async def perform() -> ToolOutcome:
        if context.show_plan is not None:
            context.show_plan([PlanEntry(**entry) for entry in arguments["entries"]])
        return ToolOutcome("The person sees the plan.")

    return Action(Request("plan", "think", "Plan", canonical(arguments)), perform)


PLAN = Tool(
    "plan",
    "Show the person what you are about to do, step by step; send it again whenever a step's status changes.",
    parameters(
        ("entries",),
        entries={
            "type": "array",
            "minItems": 1,
            "maxItems": 50,
            "items": parameters(
                ("content", "status"),
                content=_TEXT,
                status={"type": "string", "enum": ["pending", "in_progress", "completed"]},
                priority={"type": "string", "enum": ["high", "medium", "low"]},
            ),
        },
    ),
    "think",
    _prepare_plan,
)
