"""The workspace: what the editor has open wins over the file, and nothing that goes wrong reaches the person."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from context.text import Position, RangeChange
from context.workspace import MAX_FILE_BYTES, Workspace, path_of


def test_unsaved_text_wins_over_the_file(tmp_path: Path) -> None:
    """Open, change, close: the open text counts until the document is closed."""
    path = tmp_path / "a b.py"
    path.write_bytes(b"saved\r\n")
    uri, workspace = path.as_uri(), Workspace()
    workspace.open(uri, "python", 1, "open\n")
    workspace.change(uri, 2, [RangeChange(Position(0, 0), Position(0, 0), "x")], "utf-16")
    document = workspace.document(uri)
    assert document is not None
    assert (document.text, document.version) == ("xopen\n", 2)
    workspace.close(uri)
    document = workspace.document(uri)
    assert document is not None
    assert (document.text, document.version, document.language_id) == ("saved\r\n", 0, "python")


def test_changes_apply_in_order_and_a_whole_text_replaces_everything() -> None:
    """Later changes count in what the earlier ones made."""
    workspace = Workspace()
    workspace.open("file:///a.py", "python", 1, "abc\n")
    start = Position(0, 0)
    document = workspace.change(
        "file:///a.py", 2, ["new\n", RangeChange(start, start, "1"), RangeChange(start, start, "2")], "utf-16"
    )
    assert document is not None
    assert document.text == "21new\n"
    syntax = workspace.syntax("file:///a.py")
    assert syntax is not None
    assert syntax.document is document


def test_a_change_that_cannot_be_meant_is_logged_and_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """The document stays whole, and the other changes of the same message count."""
    workspace = Workspace()
    workspace.open("file:///a.py", "python", 1, "abc\n")
    with caplog.at_level(logging.WARNING):
        bad = RangeChange(Position(0, 2), Position(0, 1), "!")
        good = RangeChange(Position(0, 0), Position(0, 0), "x")
        document = workspace.change("file:///a.py", 2, [bad, good], "utf-16")
        assert document is not None
        assert document.text == "xabc\n"
        assert workspace.change("file:///other.py", 2, [good], "utf-16") is None
    assert "ends before it starts" in caplog.text
    assert "not open" in caplog.text


def test_what_is_no_text_is_left_out(tmp_path: Path) -> None:
    """Missing, binary, huge, a folder, or not a file at all: no document."""
    (tmp_path / "binary").write_bytes(b"\xff\x00\xfe")
    (tmp_path / "huge.py").write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    workspace = Workspace()
    for name in ("missing.py", "binary", "huge.py", ""):
        assert workspace.document((tmp_path / name).as_uri()) is None
    assert workspace.document("untitled:Untitled-1") is None
    assert path_of("https://example.com/a.py") is None
