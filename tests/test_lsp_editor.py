"""An LSP client as an Editor: what it can do decides, and an edit is applied to exactly the text that was read."""

from __future__ import annotations

import pytest

from context.text import Position, RangeChange, Span, TextEdit
from context.workspace import Workspace, path_of
from lsp_server.editor import AgentMessageChunk, AgentThoughtChunk, Status, UsageUpdate
from lsp_server.errors import EditRefused
from lsp_server.handshake import Json
from lsp_server.lsp_editor import LspEditor

pytestmark = pytest.mark.anyio

URI = "file:///project/a.py"
ALL = {
    "workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}},
    "window": {"showDocument": {"support": True}},
}


class FakeChannel:
    """A client that answers everything with the same result."""

    def __init__(self, result: Json = None) -> None:
        self.sent: list[tuple[str, Json]] = []
        self.result = result

    def notify_client(self, method: str, params: Json) -> None:
        """Remember a notification."""
        self.sent.append((method, params))

    async def ask_client(self, method: str, params: Json) -> Json:
        """Remember a request and answer it."""
        self.sent.append((method, params))
        return self.result


def editor_with(capabilities: Json, result: Json = None) -> tuple[LspEditor, FakeChannel, Workspace]:
    """Give an editor with one open document."""
    channel, workspace = FakeChannel(result), Workspace()
    workspace.open(URI, "python", 3, "s = '🙂'\nx = 1\n")
    return LspEditor(channel, workspace, capabilities, "utf-16"), channel, workspace


def file_at(uri: str) -> tuple[str, str]:
    """Give name and text of a file."""
    path = path_of(uri)
    assert path is not None
    return path.name, path.read_text("utf-8")


async def test_an_edit_goes_out_with_its_version_and_in_the_client_s_units() -> None:
    """Positions count UTF-16 here, and the version is the one that was read."""
    editor, channel, workspace = editor_with(ALL, {"applied": True})
    document = workspace.opened(URI)
    assert document is not None
    await editor.apply_edits(document, [TextEdit(Span(5, 6), "!")], "Smile")
    (change,) = channel.sent[0][1]["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": URI, "version": 3}
    assert change["edits"][0]["range"]["end"] == {"line": 0, "character": 7}
    assert channel.sent[0][1]["label"] == "Smile"


async def test_an_edit_of_a_text_that_has_changed_is_refused() -> None:
    """What a person typed in the meantime is never overwritten."""
    editor, channel, workspace = editor_with(ALL, {"applied": True})
    document = workspace.opened(URI)
    assert document is not None
    workspace.change(URI, 4, [RangeChange(Position(0, 0), Position(0, 0), "y")], "utf-16")
    with pytest.raises(EditRefused, match="changed in the meantime"):
        await editor.apply_edits(document, [TextEdit(Span(0, 1), "z")], "Edit")
    assert channel.sent == []


@pytest.mark.parametrize(
    ("capabilities", "result", "said"),
    [
        ({}, {"applied": True}, "does not let a server change"),
        (ALL, {"applied": False, "failureReason": "read-only"}, "read-only"),
        (ALL, None, "gave no reason"),
    ],
)
async def test_an_edit_that_the_client_does_not_apply_is_an_honest_no(
    capabilities: Json, result: Json, said: str
) -> None:
    """Each way of not applying is told in words."""
    editor, _, workspace = editor_with(capabilities, result)
    document = workspace.opened(URI)
    assert document is not None
    with pytest.raises(EditRefused, match=said):
        await editor.apply_edits(document, [TextEdit(Span(0, 1), "z")], "Edit")


async def test_a_client_that_knows_no_versions_gets_plain_changes() -> None:
    """The old shape of an edit works everywhere."""
    editor, channel, workspace = editor_with({"workspace": {"applyEdit": True}}, {"applied": True})
    document = workspace.opened(URI)
    assert document is not None
    await editor.apply_edits(document, [TextEdit(Span(0, 1), "z")], "Edit")
    assert list(channel.sent[0][1]["edit"]) == ["changes"]


async def test_a_text_is_shown_in_the_best_way_the_client_has() -> None:
    """The plugin's own way, else a Markdown file, else a message."""
    editor, channel, _ = editor_with({"experimental": {"antiphon": {"explanations": True}}})
    await editor.show_text("Explanation of f", "# It works")
    assert channel.sent == []

    editor, channel, _ = editor_with(ALL)
    await editor.show_text("Explanation of a/b", "# It works")
    method, params = channel.sent[0]
    assert method == "window/showDocument"
    assert file_at(params["uri"]) == ("Explanation of a-b.md", "# It works")

    editor, channel, _ = editor_with({})
    await editor.show_text("Explanation", "# It works")
    assert channel.sent == [("window/showMessage", {"type": 3, "message": "# It works"})]


async def test_updates_speak_the_words_of_the_agent_client_protocol() -> None:
    """Chunks of the answer, of thoughts, and the use of the window."""
    editor, channel, _ = editor_with({})
    editor.update(AgentMessageChunk("s", "Hi"))
    editor.update(AgentThoughtChunk("s", "Hm"))
    editor.update(UsageUpdate("s", 10, 4096))
    assert [params["update"] for _, params in channel.sent] == [
        {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "Hi"}},
        {"sessionUpdate": "agent_thought_chunk", "content": {"type": "text", "text": "Hm"}},
        {"sessionUpdate": "usage_update", "used": 10, "size": 4096},
    ]


async def test_a_status_is_told_once_until_it_changes() -> None:
    """A fault at every key is still one fault."""
    editor, channel, _ = editor_with({})
    for state in ("warning", "warning", "ready", "warning"):
        editor.status(Status(state, "…", "timed-out" if state == "warning" else ""))
    assert [params["state"] for _, params in channel.sent] == ["warning", "ready", "warning"]
