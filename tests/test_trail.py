"""The trail: what an action asked, of which model, with which words, and how it ended."""

from __future__ import annotations

from lsp_server.models.messages import Usage
from lsp_server.prompts import load
from lsp_server.trail import Asked, Run, Trail


def test_an_action_can_be_looked_up() -> None:
    """Its requests name the prompt by id, version and hash."""
    trail, prompt = Trail(), load("explain")
    action_id = trail.begin("antiphon.explain", "file:///a.py")
    trail.ask(action_id, prompt, "some/model", Usage(7, 1))
    trail.end(action_id, "failed", "Try later.")
    asked = Asked("explain", prompt.version, prompt.sha256, "some/model", Usage(7, 1))
    expected = Run(action_id, "antiphon.explain", "file:///a.py", (asked,), "failed", "Try later.")
    assert trail.find(action_id) == expected
    assert trail.find("gone") is None


def test_the_latest_actions_are_kept() -> None:
    """Memory is bounded; what is forgotten while it runs does no harm."""
    trail = Trail()
    ids = [trail.begin("antiphon.explain", "file:///a.py") for _ in range(300)]
    assert [run.id for run in trail.latest()] == ids[:43:-1]
    trail.ask(ids[0], load("explain"), "some/model", Usage())
    trail.end(ids[0], "done")
    assert trail.find(ids[0]) is None
