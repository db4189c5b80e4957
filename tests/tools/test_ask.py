"""The tools that only talk: to the person, about the past, and about what is planned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from lsp_server.tools.tool import PlanEntry
from tests.tools.box import Box

pytestmark = pytest.mark.anyio


async def test_a_question_is_answered_by_the_person(tmp_path: Path) -> None:
    """With the answers that the model proposes; nobody needs to allow it."""
    box = Box(tmp_path)
    asked: list[tuple[str, Sequence[str]]] = []

    async def answer(question: str, options: Sequence[str]) -> str | None:
        asked.append((question, options))
        return options[-1] if options else None

    box.given(ask_user=answer)
    assert (await box.call("ask_user", question="Which?", options=["a", "b"])).text == "b"
    assert (await box.call("ask_user", question="Why?")).is_error
    assert asked == [("Which?", ["a", "b"]), ("Why?", [])]
    assert set(box.rules) == {"allow thinking"}


async def test_where_nobody_can_be_asked_the_model_is_told(tmp_path: Path) -> None:
    """It then chooses itself, and does not wait."""
    assert "choose yourself" in (await Box(tmp_path).call("ask_user", question="Which?")).text


async def test_what_a_past_session_said_is_no_more_trusted_than_the_web(tmp_path: Path) -> None:
    """It may have read there."""
    box = Box(tmp_path)

    async def recall(query: str, limit: int) -> Sequence[str]:
        return [f"{query} {number}" for number in range(limit)] if query == "build" else []

    box.given(recall=recall)
    assert (await box.call("recall", query="nothing")).text == "No past session speaks of this."
    assert not box.gate.tainted
    assert (await box.call("recall", query="build", limit=2)).text == "build 0\n---\nbuild 1"
    assert box.gate.tainted


async def test_a_plan_is_shown(tmp_path: Path) -> None:
    """In the words of the protocol that faces speak."""
    box = Box(tmp_path)
    shown: list[Sequence[PlanEntry]] = []
    box.given(show_plan=shown.append)
    await box.call("plan", entries=[{"content": "Look", "status": "completed"}])
    assert shown == [[PlanEntry("Look", "completed", "medium")]]
