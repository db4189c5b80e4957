"""How a person is asked before a tool does something: in an editor with a plugin, in any other, and in a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from context.workspace import Workspace
from lsp_server.editor import PermissionAnswer, PermissionRequest, PlanUpdate, ToolCallUpdate
from lsp_server.handshake import Json
from lsp_server.lsp_editor import LspEditor
from lsp_server.terminal import Terminal
from lsp_server.tools.request import Command, FileDiff, Request

pytestmark = pytest.mark.anyio

PLUGIN = {"experimental": {"antiphon": {"permissions": True}}}
COMMAND = Request("run_command", "execute", "Run make", "{}", command=Command("make \u202eclean", "/project"))
EDIT = Request("edit", "edit", "Edit a.py", "{}", diffs=(FileDiff("file:///project/a.py", "x = 1\n", "x = 2\n"),))


def asked(request: Request = COMMAND, *, lasting: bool = False) -> PermissionRequest:
    """Give a question."""
    return PermissionRequest("session", "call", request, "The folder is not trusted.", lasting)


class Channel:
    """A client with one answer."""

    def __init__(self, result: Json) -> None:
        self.result = result
        self.method = ""
        self.params: Json = None

    def notify_client(self, method: str, params: Json) -> None:
        """Nothing is told here."""

    async def ask_client(self, method: str, params: Json) -> Json:
        """Keep the question, and answer."""
        self.method, self.params = method, params
        return self.result


async def answered(
    capabilities: Json, result: Json, question: PermissionRequest
) -> tuple[PermissionAnswer | None, Channel]:
    """Ask a client that gives this result."""
    channel = Channel(result)
    editor = LspEditor(channel, Workspace(), capabilities, "utf-16")
    return await editor.request_permission(question), channel


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        ({"outcome": {"outcome": "selected", "optionId": "once"}}, "once"),
        ({"outcome": {"outcome": "selected", "optionId": "no"}}, "no"),
        ({"outcome": {"outcome": "selected", "optionId": "session"}}, None),
        ({"outcome": {"outcome": "selected", "optionId": "yes"}}, None),
        ({"outcome": {"outcome": "cancelled"}}, None),
        ({"outcome": "once"}, None),
        (None, None),
    ],
)
async def test_a_plugin_answers_with_an_option_that_it_was_given(result: Json, answer: PermissionAnswer | None) -> None:
    """Everything else is no answer, also a lasting yes where only one for this once was asked for."""
    got, channel = await answered(PLUGIN, result, asked())
    assert got == answer
    assert channel.method == "antiphon/session/request_permission"
    assert [each["optionId"] for each in channel.params["options"]] == ["once", "no"]


async def test_a_plugin_may_be_given_a_lasting_answer() -> None:
    """Where the rule allows that."""
    result = {"outcome": {"outcome": "selected", "optionId": "session"}}
    got, channel = await answered(PLUGIN, result, asked(lasting=True))
    assert got == "session"
    kinds = [each["kind"] for each in channel.params["options"]]
    assert kinds == ["allow_once", "allow_always", "reject_once", "reject_always"]


async def test_any_other_client_is_asked_by_a_message() -> None:
    """With the command as it would run, every hidden character of it visible, and buttons."""
    got, channel = await answered({}, {"title": "Allow once"}, asked())
    assert got == "once"
    assert channel.method == "window/showMessageRequest"
    assert "make \\u202eclean\n(in /project)" in channel.params["message"]
    assert "not trusted" in channel.params["message"]
    for result in (None, {"title": "Sure"}, {}):
        got, _ = await answered({}, result, asked())
        assert got is None


def terminal(*lines: str | EOFError, width: int = 100) -> tuple[Terminal, io.StringIO]:
    """Give a terminal at which these lines are typed."""
    output, typed = io.StringIO(), list(lines)

    def read() -> str:
        line = typed.pop(0)
        if isinstance(line, EOFError):
            raise line
        return line

    return Terminal(Console(file=output, width=width), Workspace(), read), output


@pytest.mark.parametrize(
    ("typed", "answer"), [("y", "once"), (" YES ", "once"), ("n", "no"), ("", "no"), ("ja", "no"), (EOFError(), None)]
)
async def test_a_terminal_takes_y_for_yes_and_all_else_for_no(
    typed: str | EOFError, answer: PermissionAnswer | None
) -> None:
    """The end of the input is no answer."""
    subject, output = terminal(typed)
    assert await subject.request_permission(asked()) == answer
    assert "make \\u202eclean" in output.getvalue()


async def test_a_terminal_shows_what_would_be_changed() -> None:
    """As the lines of a diff."""
    subject, output = terminal("y")
    assert await subject.request_permission(asked(EDIT)) == "once"
    assert "-x = 1\n+x = 2\n" in output.getvalue()


async def test_nobody_is_asked_where_nobody_can_answer() -> None:
    """A pipe says no by itself."""
    output = io.StringIO()
    subject = Terminal(Console(file=output), Workspace())
    assert await subject.request_permission(asked()) is None
    assert output.getvalue() == ""


def test_a_terminal_shows_what_tools_do() -> None:
    """A line a call when it begins, another when it fails, and the plan."""
    subject, output = terminal()
    subject.update(ToolCallUpdate("session", "1", "in_progress", "Read a.py"))
    subject.update(ToolCallUpdate("session", "1", "completed", text="x = 1"))
    subject.update(ToolCallUpdate("session", "2", "failed", text="There is no b.py.\nLook."))
    subject.update(PlanUpdate("session", (("Look", "completed", "medium"), ("Mend", "pending", "medium"))))
    assert output.getvalue() == "· Read a.py\n· There is no b.py.\n☑ Look\n☐ Mend\n"
