"""Chat and commands over the real server process: what an editor asks for, and what it gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.serving import APPLY, URI, serving
from tests.fakes import Rule
from tests.lsp_client import ErrorAnswerError, Json

pytestmark = pytest.mark.anyio


async def test_a_question_is_answered_in_updates(tmp_path: Path) -> None:
    """The open file goes along as the editor has it, and the answer streams."""
    async with serving([Rule(contains="What is x", text="x is one.", piece=4)], tmp_path) as (model, client):
        client.open(URI, "x = 1  # not saved\n")
        session = await client.request("antiphon/session/new", {"cwd": "/project", "mcpServers": []})
        prompt = [
            {"type": "text", "text": "What is x?"},
            {"type": "resource_link", "uri": URI, "name": "a.py"},
        ]
        result = await client.request("antiphon/session/prompt", {**session, "prompt": prompt})
        assert result == {"stopReason": "end_turn"}
        updates = [p["update"] for name, p in client.notifications if name == "antiphon/session/update"]
        chunks = [u["content"]["text"] for u in updates if u["sessionUpdate"] == "agent_message_chunk"]
        assert "".join(chunks) == "x is one."
        assert len(chunks) > 1
        assert "# not saved" in model.requests[-1].prompt


async def test_a_cancelled_question_ends_its_turn_and_its_stream(tmp_path: Path) -> None:
    """What was said stays; the prompt returns normally."""
    rule = Rule(path="/v1/chat/completions", text="one two three", piece=4, hold_after=1)
    async with serving([rule], tmp_path) as (model, client):
        session = await client.request("antiphon/session/new", {"cwd": "/project", "mcpServers": []})
        prompt = [{"type": "text", "text": "Count."}]
        _, answer = client.send("antiphon/session/prompt", {**session, "prompt": prompt})
        await client.notified("antiphon/session/update")
        client.notify("antiphon/session/cancel", session)
        assert await answer == {"stopReason": "cancelled"}
        await model.disconnected()


async def test_a_question_that_cannot_be_asked_is_an_error_to_read(tmp_path: Path) -> None:
    """An unknown conversation or an unknown kind of content says what is wrong."""
    async with serving({}, tmp_path) as (_, client):
        prompt = [{"type": "text", "text": "Hello?"}]
        with pytest.raises(ErrorAnswerError, match="not known here"):
            await client.request("antiphon/session/prompt", {"sessionId": "none", "prompt": prompt})
        session = await client.request("antiphon/session/new", {"cwd": "/project", "mcpServers": []})
        with pytest.raises(ErrorAnswerError, match="audio"):
            await client.request("antiphon/session/prompt", {**session, "prompt": [{"type": "audio"}]})


FUNCTION = "def area(radius):\n    return 3.14 * radius**2\n"
RANGE = {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 4}}


async def test_actions_are_listed_without_a_model(tmp_path: Path) -> None:
    """The function at the cursor can be explained and documented; outside of one there is nothing to do."""
    async with serving({}, tmp_path) as (model, client):
        client.open(URI, "import math\n\n" + FUNCTION)
        within = {"start": {"line": 3, "character": 4}, "end": {"line": 3, "character": 4}}
        params = {"textDocument": {"uri": URI}, "range": within, "context": {"diagnostics": []}}
        actions = await client.request("textDocument/codeAction", params)
        assert {action["command"]["command"] for action in actions} == {"antiphon.explain", "antiphon.docstring"}
        assert all("isPreferred" not in action for action in actions)
        only = {**params, "context": {"diagnostics": [], "only": ["refactor.rewrite"]}}
        (docstring,) = await client.request("textDocument/codeAction", only)
        assert docstring["kind"] == "refactor.rewrite.antiphon.docstring"
        assert not [request for request in model.requests if "chat" in request.path]


async def test_a_docstring_is_one_versioned_edit(tmp_path: Path) -> None:
    """The editor gets a single change of exactly the version that was read."""
    edits: list[Json] = []

    def apply(params: Json) -> Json:
        edits.append(params["edit"])
        return {"applied": True}

    script = [Rule(path="/v1/chat/completions", text="Give the area of a circle.")]
    answers = {"workspace/applyEdit": apply}
    async with serving(script, tmp_path, capabilities=APPLY, answers=answers) as (_, client):
        client.open(URI, FUNCTION, version=7)
        argument = {"uri": URI, "range": RANGE}
        command = {"command": "antiphon.docstring", "arguments": [argument]}
        result = await client.request("workspace/executeCommand", command)
        assert result["applied"] is True
        assert result["actionId"]
        (change,) = edits[0]["documentChanges"]
        assert change["textDocument"] == {"uri": URI, "version": 7}
        (edit,) = change["edits"]
        assert edit["newText"].strip() == '"""Give the area of a circle."""'


async def test_a_docstring_that_cannot_be_had_is_an_honest_no(tmp_path: Path) -> None:
    """Nothing is changed, and the error says why."""
    script = [Rule(path="/v1/chat/completions", text="```python\n```")]
    async with serving(script, tmp_path, capabilities=APPLY) as (_, client):
        client.open(URI, FUNCTION)
        command = {"command": "antiphon.docstring", "arguments": [{"uri": URI, "range": RANGE}]}
        with pytest.raises(ErrorAnswerError):
            await client.request("workspace/executeCommand", command)
        assert not [name for name, _ in client.notifications if name == "workspace/applyEdit"]


async def test_an_answer_that_comes_after_the_cancel_harms_nobody(tmp_path: Path) -> None:
    """The command is cancelled while the editor still thinks about the edit; its late answer is thrown away."""
    script = [Rule(path="/v1/chat/completions", text="Give the area of a circle.")]
    async with serving(script, tmp_path, capabilities=APPLY, silent=("workspace/applyEdit",)) as (_, client):
        client.open(URI, FUNCTION)
        command = {"command": "antiphon.docstring", "arguments": [{"uri": URI, "range": RANGE}]}
        message_id, answer = client.send("workspace/executeCommand", command)
        await client.notified("workspace/applyEdit")
        client.cancel(message_id)
        with pytest.raises(ErrorAnswerError, match="-32800"):
            await answer
        client.answer_late("workspace/applyEdit", {"applied": True})
        assert (await client.request("antiphon/session/new", {"cwd": "/project", "mcpServers": []}))["sessionId"]


async def test_an_explanation_is_returned_and_shown(tmp_path: Path) -> None:
    """A client without a way of its own gets it as a message."""
    script = [Rule(path="/v1/chat/completions", text="It multiplies.")]
    async with serving(script, tmp_path) as (_, client):
        client.open(URI, FUNCTION)
        command = {"command": "antiphon.explain", "arguments": [{"uri": URI, "range": RANGE}]}
        result = await client.request("workspace/executeCommand", command)
        assert result["text"] == "It multiplies."
        assert "It multiplies." in (await client.notified("window/showMessage"))["message"]
