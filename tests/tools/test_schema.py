"""Wrong arguments are answered with a sentence that tells the model how to do better."""

from __future__ import annotations

from typing import Any

import pytest

from lsp_server.tools.schema import fault
from lsp_server.tools.toolbox import TOOLS


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("read_file", {}, "path is missing."),
        ("read_file", {"path": 3}, "path must be of type string."),
        ("read_file", {"path": None}, "path must be of type string."),
        ("read_file", {"path": "a", "offset": 0}, "offset must be at least 1."),
        ("read_file", {"path": "a", "offset": True}, "offset must be of type integer."),
        ("read_file", {"path": "a", "offset": "1"}, "offset must be of type integer."),
        ("read_file", {"path": "a", "limit": 10**9}, "limit must be at most 2000."),
        ("read_file", {"path": "a", "ofset": 3}, "There is no argument ofset; did you mean offset?"),
        ("read_file", {"path": "a", "zzz": 3}, "There is no argument zzz; there are: path, offset, limit."),
        ("edit", {"path": "a", "edits": []}, "edits must be at least this many items: 1."),
        ("edit", {"path": "a", "edits": [{}]}, "edits[0].old_text is missing."),
        (
            "edit",
            {"path": "a", "edits": [{"old_text": "a", "new_text": 1}]},
            "edits[0].new_text must be of type string.",
        ),
        ("edit", {"path": "a", "edits": "x"}, "edits must be of type array."),
        ("run_command", {"command": "x" * 10_001}, "command must be at most this many characters: 10000."),
        ("run_command", {"command": ""}, "command must be at least this many characters: 1."),
        (
            "plan",
            {"entries": [{"content": "a", "status": "later"}]},
            "must be one of: pending, in_progress, completed.",
        ),
        ("git_status", {"x": 1}, "There is no argument x; there are: none."),
    ],
)
def test_the_fault_is_named(tool: str, arguments: dict[str, Any], said: str) -> None:
    """Where it is, and what would be right."""
    assert said in fault(arguments, TOOLS[tool].parameters)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("read_file", {"path": "a", "offset": 2}),
        ("list_dir", {}),
        ("edit", {"path": "a", "edits": [{"old_text": "", "new_text": ""}]}),
    ],
)
def test_right_arguments_have_no_fault(tool: str, arguments: dict[str, Any]) -> None:
    """What may be left out may."""
    assert fault(arguments, TOOLS[tool].parameters) == ""


def test_every_tool_tells_the_model_what_it_is() -> None:
    """A name, a sentence, and a schema that knows all of its arguments."""
    for name, tool in TOOLS.items():
        assert tool.spec.name == name
        assert tool.description.endswith(".")
        assert tool.parameters["additionalProperties"] is False
        assert set(tool.parameters["required"]) <= set(tool.parameters["properties"])


def test_only_what_changes_nothing_runs_beside_others() -> None:
    """Writers, commands and questions come one after the other."""
    assert {name for name, tool in TOOLS.items() if tool.beside_others} == {
        *("read_file", "list_dir", "glob", "grep", "symbols", "definition", "references", "diagnostics"),
        *("git_status", "git_diff", "git_log", "git_show"),
    }
