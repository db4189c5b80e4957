"""Conversations with tools over the real server process: cards, permissions, and what is there after a restart."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.serving import serving
from tests.fakes import ModelServer, Rule
from tests.lsp_client import ErrorAnswerError, Json, LspClient

pytestmark = pytest.mark.anyio

TOOLS = {"models": {"work/coder": {"tools": True, "context_window": 100_000}}}


def asks_for(tool: str, **arguments: object) -> str:
    """Give the stream of an answer that asks for a tool."""
    function = {"name": tool, "arguments": json.dumps(arguments)}
    call = {"index": 0, "id": f"call-{tool}", "type": "function", "function": function}
    chunks: list[Json] = [{"delta": {"tool_calls": [call]}}, {"delta": {}, "finish_reason": "tool_calls"}]
    lines = [json.dumps({"choices": [{"index": 0, **chunk}]}) for chunk in chunks]
    return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"])


def script(tool: str, **arguments: object) -> list[Rule]:
    """Give a model that asks for a tool once, and then is done."""
    chat = "/v1/chat/completions"
    stream = "text/event-stream"
    return [
        Rule(path=chat, raw=asks_for(tool, **arguments), content_type=stream, times=1),
        Rule(path=chat, text="Done."),
    ]


async def ask(client: LspClient, session: Json, words: str) -> list[Json]:
    """Ask something; gives the updates until the turn was over."""
    before = len(client.notifications)
    prompt = [{"type": "text", "text": words}]
    result = await client.request("antiphon/session/prompt", {"sessionId": session["sessionId"], "prompt": prompt})
    assert result == {"stopReason": "end_turn"}
    return updates(client, before)


async def begin(client: LspClient, folder: Path) -> Json:
    """Open a folder, and begin a conversation about it."""
    event = {"added": [{"uri": folder.as_uri(), "name": "project"}], "removed": []}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    return await client.request("antiphon/session/new", {"cwd": str(folder), "mcpServers": []})


def updates(client: LspClient, since: int = 0) -> list[Json]:
    """Give the updates that came."""
    return [p["update"] for name, p in client.notifications[since:] if name == "antiphon/session/update"]


def in_folder(tmp_path: Path) -> Path:
    """Make a project with one file."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    return folder


def last_prompt(model: ModelServer) -> str:
    """Give what the chat model was sent last."""
    return json.dumps([request.body for request in model.requests if "chat" in request.path][-1], default=str)


async def test_a_file_is_read_and_the_conversation_is_there_after_a_restart(tmp_path: Path) -> None:
    """A card from beginning to end; a second process lists the conversation and shows it again."""
    folder = in_folder(tmp_path)
    async with serving(script("read_file", path="a.py"), tmp_path, settings=TOOLS) as (model, client):
        session = await begin(client, folder)
        assert session["modes"]["currentModeId"] == "agent"
        seen = await ask(client, session, "What is x?")
        cards = [each for each in seen if each.get("toolCallId") == "call-read_file"]
        assert [card["status"] for card in cards] == ["pending", "in_progress", "completed"]
        assert "x = 1" in cards[-1]["content"][0]["content"]["text"]
        assert cards[-1]["locations"][0]["path"] == str(folder / "a.py")
        assert "x = 1" in last_prompt(model)
    async with serving({}, tmp_path, settings=TOOLS) as (_, client):
        listed = await client.request("antiphon/session/list", {"cwd": str(folder)})
        assert [(row["sessionId"], row["title"]) for row in listed["sessions"]] == [
            (session["sessionId"], "What is x?")
        ]
        await client.request("antiphon/session/load", {**session, "cwd": str(folder), "mcpServers": []})
        kinds = [each["sessionUpdate"] for each in updates(client)]
        assert kinds == ["user_message_chunk", "tool_call", "tool_call_update", "agent_message_chunk"]
        fork = await client.request("antiphon/session/fork", session)
        await client.request("antiphon/session/set_title", {**fork, "title": "The fork"})
        await client.request("antiphon/session/delete", session)
        (row,) = (await client.request("antiphon/session/list", {}))["sessions"]
        assert (row["sessionId"], row["title"]) == (fork["sessionId"], "The fork")
        with pytest.raises(ErrorAnswerError, match="choose one of"):
            await client.request("antiphon/session/set_mode", {**fork, "modeId": "yolo"})


ALLOWED: Json = {"outcome": {"outcome": "selected", "optionId": "once"}}
PLUGIN = {"experimental": {"antiphon": {"permissions": True}}}


@pytest.mark.parametrize(
    ("capabilities", "method", "answer", "is_made"),
    [
        (PLUGIN, "antiphon/session/request_permission", ALLOWED, True),
        (PLUGIN, "antiphon/session/request_permission", {"outcome": {"outcome": "cancelled"}}, False),
        ({}, "window/showMessageRequest", {"title": "Allow once"}, True),
        ({}, "window/showMessageRequest", None, False),
    ],
)
async def test_a_command_runs_only_when_the_client_says_yes(
    tmp_path: Path, capabilities: Json, method: str, answer: Json, is_made: bool
) -> None:
    """A plugin is asked in the protocol's way, any other client by a message; no answer is no."""
    folder = in_folder(tmp_path)
    asked: list[Json] = []

    def answering(params: Json) -> Json:
        asked.append(params)
        return answer

    answers: dict[str, Callable[[Json], Json]] = {method: answering}
    rules = script("run_command", command="touch made")
    async with serving(rules, tmp_path, settings=TOOLS, capabilities=capabilities, answers=answers) as (model, client):
        session = await begin(client, folder)
        await ask(client, session, "Make it.")
        assert "touch made" in json.dumps(asked[0])
        assert (folder / "made").exists() is is_made
        assert ("was not done" in last_prompt(model)) is not is_made


async def test_an_open_file_is_changed_through_the_editor(tmp_path: Path) -> None:
    """The change is shown as a diff before and after, and goes to the client as an edit of its document."""
    folder = in_folder(tmp_path)
    uri = (folder / "a.py").as_uri()
    asked: list[Json] = []
    edits: list[Json] = []

    def permit(params: Json) -> Json:
        asked.append(params)
        return ALLOWED

    def apply(params: Json) -> Json:
        edits.append(params["edit"])
        return {"applied": True}

    answers = {"antiphon/session/request_permission": permit, "workspace/applyEdit": apply}
    capabilities = PLUGIN | {"workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}}}
    rules = script("edit", path="a.py", edits=[{"old_text": "x = 1", "new_text": "x = 2"}])
    async with serving(rules, tmp_path, settings=TOOLS, capabilities=capabilities, answers=answers) as (_, client):
        client.open(uri, "x = 1\n", version=3)
        session = await begin(client, folder)
        seen = await ask(client, session, "Make it two.")
        (diff,) = [each for each in asked[0]["toolCall"]["content"] if each["type"] == "diff"]
        assert (diff["path"], diff["oldText"], diff["newText"]) == (str(folder / "a.py"), "x = 1\n", "x = 2\n")
        (edit,) = edits
        assert edit["documentChanges"][0]["textDocument"] == {"uri": uri, "version": 3}
        (done,) = [each for each in seen if each.get("status") == "completed"]
        assert any(each["type"] == "diff" for each in done["content"])


async def test_a_model_of_which_nothing_is_known_is_offered_no_tools(tmp_path: Path) -> None:
    """Some refuse every request that offers any."""
    async with serving([Rule(text="Hello.")], tmp_path) as (model, client):
        session = await client.request("antiphon/session/new", {"cwd": str(tmp_path), "mcpServers": []})
        await ask(client, session, "Hi?")
        assert '"tools"' not in last_prompt(model)
