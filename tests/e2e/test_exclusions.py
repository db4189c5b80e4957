"""What no model may see stays on this machine, whichever way it is asked for: the real server, a scripted model."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.serving import APPLY, settings_for
from tests.fakes import ModelServer, Rule
from tests.lsp_client import ErrorAnswerError, Json, LspClient

pytestmark = pytest.mark.anyio

SECRET = "PASSWORD=hunter2\n"
FILES = {
    "a.py": "x = \n",
    ".env": SECRET,
    ".antiphonignore": "# what is ours alone\nprivate/\n",
    "private/plan.py": SECRET,
    "x.log": "x = \n",
    ".gitignore": "*.log\n",
}


class ClientWithFolder(LspClient):
    """A client that opened a folder."""

    def __init__(self, folder: Path, settings: Json, environ: dict[str, str]) -> None:
        super().__init__(capabilities=APPLY, settings=settings, environ=environ)
        self._folder = folder

    async def request(self, method: str, params: Json) -> Json:
        """Send a request; the first one names the folder."""
        if method == "initialize":
            params = {**params, "workspaceFolders": [{"uri": self._folder.as_uri(), "name": "project"}]}
        return await super().request(method, params)


@asynccontextmanager
async def in_project(tmp_path: Path) -> AsyncIterator[tuple[ModelServer, LspClient, Path]]:
    """Run both servers with a client that opened a folder of these files."""
    project = tmp_path / "project"
    for name, text in FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    environ = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path), "APPDATA": str(tmp_path)}
    async with (
        ModelServer([Rule(text="compute(1)\n")]) as model,
        ClientWithFolder(project, settings_for(model), environ) as client,
    ):
        yield model, client, project


@pytest.mark.parametrize(
    ("name", "why"),
    [(".env", "files like .env may hold secrets"), ("private/plan.py", "line 2 of .antiphonignore (private/)")],
)
async def test_no_ghost_text_in_what_no_model_may_see(tmp_path: Path, name: str, why: str) -> None:
    """Not typed, not asked for by hand; no request leaves, the status says why, and other files go on as ever."""
    async with in_project(tmp_path) as (model, client, project):
        uri = (project / name).as_uri()
        client.open(uri, SECRET)
        for invoked in (False, True):
            assert await client.ghost(uri, 0, 9, invoked=invoked) == ""
        client.change(uri, 2, 0, 0, "x = ")
        assert await client.ghost(uri, 0, 4) == ""
        status = await client.notified("antiphon/status", lambda p: p.get("reason") == "excluded")
        assert status["state"] == "ready"
        assert why in status["message"]
        client.open((project / "a.py").as_uri(), "x = \n")
        assert await client.ghost((project / "a.py").as_uri(), 0, 4) == "compute(1)"
        assert not [request for request in model.requests if "hunter2" in str(request.body)]


async def test_an_open_file_may_be_ignored_by_git(tmp_path: Path) -> None:
    """A person works in it: that git does not keep it says nothing."""
    async with in_project(tmp_path) as (_, client, project):
        client.open((project / "x.log").as_uri(), "x = \n")
        assert await client.ghost((project / "x.log").as_uri(), 0, 4) == "compute(1)"


async def test_a_rule_holds_from_the_next_key_on(tmp_path: Path) -> None:
    """Also for what was offered before: it is not given from memory either."""
    async with in_project(tmp_path) as (_, client, project):
        uri = (project / "a.py").as_uri()
        client.open(uri, "x = \n")
        assert await client.ghost(uri, 0, 4) == "compute(1)"
        (project / ".aiignore").write_text("a.py\n")
        assert await client.ghost(uri, 0, 4) == ""


@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize("kind", ["link", "embedded", "older version"])
async def test_a_question_with_a_secrets_file_is_refused(tmp_path: Path, kind: str, opened: bool) -> None:
    """In a sentence, open or not, as a link or with its text; no request leaves, and the conversation goes on."""
    async with in_project(tmp_path) as (model, client, project):
        uri = (project / ".env").as_uri()
        if opened:
            client.open(uri, SECRET)
        attached: dict[str, Json] = {
            "link": {"type": "resource_link", "uri": f"{uri}#L1", "name": "settings"},
            "embedded": {"type": "resource", "resource": {"uri": uri, "text": SECRET}},
            "older version": {"type": "resource", "resource": {"uri": uri.replace("file:", "git:"), "text": SECRET}},
        }
        session = await client.request("antiphon/session/new", {"cwd": str(project), "mcpServers": []})
        question = {"type": "text", "text": "What is this?"}
        with pytest.raises(ErrorAnswerError, match=r"\.env is not sent to a model: files like \.env may hold secrets"):
            await client.request("antiphon/session/prompt", session | {"prompt": [question, attached[kind]]})
        assert not [request for request in model.requests if request.method == "POST"]
        await client.request("antiphon/session/prompt", session | {"prompt": [question]})
        assert "hunter2" not in str(model.requests[-1].body)


async def test_a_command_in_a_secrets_file_is_refused(tmp_path: Path) -> None:
    """Nothing is offered there, and what is called all the same says why it does nothing."""
    async with in_project(tmp_path) as (model, client, project):
        uri = (project / ".env").as_uri()
        client.open(uri, SECRET)
        span = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 4}}
        params = {"textDocument": {"uri": uri}, "range": span, "context": {"diagnostics": []}}
        assert await client.request("textDocument/codeAction", params) == []
        command = {"command": "antiphon.explain", "arguments": [{"uri": uri, "range": span}]}
        with pytest.raises(ErrorAnswerError, match="may hold secrets"):
            await client.request("workspace/executeCommand", command)
        assert not [request for request in model.requests if request.method == "POST"]


async def test_folders_come_and_go(tmp_path: Path) -> None:
    """The rules of a folder that is added hold, those of one that is removed do not."""
    other = tmp_path / "other"
    other.mkdir()
    (other / ".aiignore").write_text("*.py")
    (other / "b.py").write_text("x = \n")
    async with in_project(tmp_path) as (_, client, _):
        uri, folder = (other / "b.py").as_uri(), {"uri": other.as_uri(), "name": "other"}
        client.open(uri, "x = \n")
        for added, removed, ghost in (([folder], [], ""), ([], [folder], "compute(1)")):
            event = {"added": added, "removed": removed}
            client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
            assert await client.ghost(uri, 0, 4) == ghost
