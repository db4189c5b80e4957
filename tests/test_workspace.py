"""The workspace: what the editor has open wins over the file, what is excluded is seen by no way, and nothing that goes
wrong reaches the person.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from context.folders import path_of
from context.text import Position, RangeChange
from context.workspace import MAX_FILE_BYTES, Workspace


def laid_out(folder: Path, files: dict[str, str]) -> Path:
    """Write files below a folder and give the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder


def names(workspace: Workspace, folder: Path) -> list[str]:
    """Give the files of a workspace, from a folder on."""
    return [path.relative_to(folder).as_posix() for path in workspace.files()]


def reason(workspace: Workspace, path: Path, *, attached: bool = False) -> str:
    """Give why a path may not be seen, "" when it may; a document that is given must agree."""
    verdict = workspace.verdict(path.as_uri(), attached=attached)
    assert (workspace.document(path.as_uri(), attached=attached) is None) == (not verdict.allowed)
    return verdict.reason


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


def test_an_open_document_is_found_by_any_name_of_its_file(tmp_path: Path) -> None:
    """Editors spell one path in several ways, and a link is one more."""
    path = laid_out(tmp_path, {"a b.py": "saved"}) / "a b.py"
    (tmp_path / "link.py").symlink_to(path)
    workspace = Workspace([tmp_path])
    workspace.open(path.as_uri(), "python", 1, "open")
    for uri in (path.as_uri().replace("a%20b", "%61%20%62"), (tmp_path / "link.py").as_uri()):
        document = workspace.document(uri)
        assert document is not None
        assert document.text == "open"


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
    """Missing, binary, huge, a folder, a pipe that nobody writes to, or not a file at all: no document."""
    (tmp_path / "binary").write_bytes(b"\xff\x00\xfe")
    (tmp_path / "late").write_bytes(b"x" * 10_000 + b"\xff")
    (tmp_path / "huge.py").write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    os.mkfifo(tmp_path / "pipe")
    workspace = Workspace()
    for name in ("missing.py", "binary", "late", "huge.py", "pipe", ""):
        assert workspace.document((tmp_path / name).as_uri()) is None
    assert workspace.document("untitled:Untitled-1") is None


@pytest.mark.parametrize(
    "uri", ["https://example.com/a.py", "file://server/share/a.py", "file:///a%00b", "file://[", "untitled:x", ""]
)
def test_a_uri_that_is_no_path_of_this_machine_has_none(uri: str) -> None:
    """Another scheme, another host, a NUL, no address: none of them reaches the disk."""
    assert path_of(uri) is None
    assert Workspace([]).document(uri, attached=True) is None
    assert Workspace([]).verdict(uri).reason == "no-file"


RULES = {
    ".gitignore": "*.log\n/out2/\n",
    "web/.gitignore": "# made here\n\nmade.js\n",
    ".antiphonignore": "private/\n",
    "a.py": "x = 1\n",
    "x.log": "text",
    "out2/b.py": "x",
    "web/made.js": "x",
    "web/app.js": "x",
    "private/notes.md": "x",
    ".env": "KEY=1",
    ".env.example": "KEY=",
    "node_modules/m/index.js": "x",
    "yarn.lock": "x",
    "made.py": "# @generated\n",
    "min.js": "x" * 9_000,
    "image": "\0",
}


def test_every_exclusion_has_its_reason(tmp_path: Path) -> None:
    """A code for programs, and a sentence that names the file and line of the rule."""
    workspace = Workspace([laid_out(tmp_path, RULES)])
    reasons = {name: reason(workspace, tmp_path / name) for name in RULES}
    assert {name: code for name, code in reasons.items() if code} == {
        "x.log": "git-ignored",
        "out2/b.py": "git-ignored",
        "web/made.js": "git-ignored",
        "private/notes.md": "ai-ignored",
        ".env": "secrets",
        "node_modules/m/index.js": "unread-folder",
        "yarn.lock": "generated",
        "made.py": "generated",
        "min.js": "minified",
        "image": "binary",
    }
    verdict = workspace.verdict((tmp_path / "web/made.js").as_uri())
    assert str(verdict) == (
        "it is excluded by line 3 of web/.gitignore (made.js); open it in the editor to have it read."
    )


def test_what_a_person_works_in_is_excused_from_what_is_not_worth_reading(tmp_path: Path) -> None:
    """Open or attached: only secrets and ignore files for assistants hold, and for a file that it is text."""
    workspace = Workspace([laid_out(tmp_path, RULES)])
    attached = {name: reason(workspace, tmp_path / name, attached=True) for name in RULES}
    assert {name: code for name, code in attached.items() if code} == {
        "private/notes.md": "ai-ignored",
        ".env": "secrets",
        "image": "binary",
    }
    for name in RULES:
        workspace.open((tmp_path / name).as_uri(), "plaintext", 1, "x" * (MAX_FILE_BYTES + 1))
    assert {name for name in RULES if reason(workspace, tmp_path / name)} == {"private/notes.md", ".env"}


@pytest.mark.parametrize("uri", ["/.env", "/private/notes.md"])
@pytest.mark.parametrize("scheme", ["file://", "untitled:", "git:", "vscode-notebook-cell:"])
def test_an_open_document_that_is_excluded_is_given_out_by_no_way(tmp_path: Path, scheme: str, uri: str) -> None:
    """Not by any scheme an editor calls it; but it is synchronised, so that it can be closed again."""
    workspace = Workspace([laid_out(tmp_path, {".antiphonignore": "private/\n"})])
    uri = f"{scheme}{tmp_path.as_posix()}{uri}"
    workspace.open(uri, "plaintext", 1, "KEY=secret")
    assert workspace.change(uri, 2, ["KEY=other"], "utf-16") is not None
    assert not workspace.verdict(uri).allowed
    assert (workspace.document(uri, attached=True), workspace.opened(uri), workspace.syntax(uri)) == (None, None, None)
    workspace.close(uri)
    assert workspace.opened(uri) is None
    assert workspace.verdict(uri, attached=True).reason in ("secrets", "ai-ignored")


def test_a_new_rule_holds_for_what_is_open(tmp_path: Path) -> None:
    """At the next key, and until the rule is gone."""
    workspace, uri = Workspace([tmp_path]), (tmp_path / "a.py").as_uri()
    workspace.open(uri, "python", 1, "x")
    assert workspace.opened(uri)
    (tmp_path / ".aiignore").write_text("*.py")
    assert workspace.verdict(uri).reason == "ai-ignored"
    assert workspace.opened(uri) is None
    (tmp_path / ".aiignore").unlink()
    assert workspace.opened(uri)


def test_ignore_files_count_from_the_root_of_the_repository(tmp_path: Path) -> None:
    """Somebody opens one folder of it; what is above says what is hidden all the same."""
    laid_out(tmp_path, {".git/HEAD": "", ".gitignore": "*.log\nweb/", ".cursorignore": "plan.md", "web/a.py": "x"})
    laid_out(tmp_path, {"web/x.log": "x", "web/plan.md": "x"})
    workspace = Workspace([tmp_path / "web"])
    assert names(workspace, tmp_path) == ["web/a.py"]
    assert str(workspace.verdict((tmp_path / "web/plan.md").as_uri())).startswith("it is excluded by line 1 of .cursor")


def test_a_folder_with_a_longer_name_is_another_folder(tmp_path: Path) -> None:
    """Paths are compared part by part, with every link and `..` resolved."""
    laid_out(tmp_path, {"w/proj/a.py": "x", "w/proj2/b.py": "x"})
    workspace = Workspace([tmp_path / "w/proj"])
    assert reason(workspace, tmp_path / "w/proj/a.py") == ""
    assert reason(workspace, tmp_path / "w/proj2/b.py") == "outside"
    assert reason(workspace, tmp_path / "w/proj/../proj2/b.py") == "outside"
    assert reason(workspace, tmp_path / "w/proj2/../proj/a.py") == ""


def test_what_lies_outside_is_read_only_when_the_person_names_it(tmp_path: Path) -> None:
    """Open or attached; also when there is no folder at all."""
    path = laid_out(tmp_path, {"notes.md": "x", "proj/a.py": "x"}) / "notes.md"
    for workspace in (Workspace([]), Workspace([tmp_path / "proj"])):
        assert reason(workspace, path) == "outside"
        assert reason(workspace, path, attached=True) == ""
        workspace.open(path.as_uri(), "markdown", 1, "x")
        assert reason(workspace, path) == ""


def test_a_link_leads_nowhere_else(tmp_path: Path) -> None:
    """Not out of the folders, attached or not, nor to a secret; a link to what may be seen is fine."""
    laid_out(tmp_path, {"outside/b.py": "x", "proj/a.py": "x", "proj/.env": "x"})
    links = {"file.py": "../outside/b.py", "folder": "../outside", "env.txt": ".env", "good.py": "a.py"}
    for name, target in links.items():
        (tmp_path / "proj" / name).symlink_to(target)
    workspace = Workspace([tmp_path / "proj"])
    for name, code in {"file.py": "link", "folder/b.py": "link", "env.txt": "secrets", "good.py": ""}.items():
        assert reason(workspace, tmp_path / "proj" / name) == code
        assert reason(workspace, tmp_path / "proj" / name, attached=True) == code
    assert names(workspace, tmp_path) == ["proj/a.py"]


def test_a_folder_that_is_opened_by_a_link_is_that_folder(tmp_path: Path) -> None:
    """Its files are called as the editor calls them, and found by both names."""
    laid_out(tmp_path, {"real/a.py": "x", "real/x.log": "x", "real/.gitignore": "*.log"})
    (tmp_path / "link").symlink_to("real")
    workspace = Workspace([tmp_path / "link"])
    assert names(workspace, tmp_path) == ["link/.gitignore", "link/a.py"]
    assert [reason(workspace, tmp_path / name) for name in ("link/a.py", "real/a.py")] == ["", ""]
    assert reason(workspace, tmp_path / "link/x.log") == "git-ignored"


def test_all_folders_are_walked_and_each_file_is_given_once(tmp_path: Path) -> None:
    """Folders may lie in each other, and one that is opened is read though the other would pass it by."""
    laid_out(tmp_path, {"a/x.py": "", "a/build/gen/y.py": "", "a/build/z.py": "", "b/w.py": "", "a/sub/v.py": ""})
    (tmp_path / "a/sub/up").symlink_to("..")
    workspace = Workspace([tmp_path / "a", tmp_path / "a/build/gen", tmp_path / "a/sub", tmp_path / "b"])
    assert names(workspace, tmp_path) == ["a/x.py", "a/sub/v.py", "a/build/gen/y.py", "b/w.py"]
    workspace.set_folders([tmp_path / "b"])
    assert names(workspace, tmp_path) == ["b/w.py"]


def test_a_walk_stops_politely(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """At the limit, and says so; exactly so many files are no reason to say anything."""
    workspace = Workspace([laid_out(tmp_path, dict.fromkeys("abc", "x"))])
    assert len(list(workspace.files(most=3))) == 3
    assert not caplog.text
    assert len(list(workspace.files(most=2))) == 2
    assert "more than 2 files" in caplog.text


def test_a_folder_that_vanishes_while_it_is_walked_is_passed_by(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The walk goes on with the next one, and the log says what was left out."""
    workspace = Workspace([laid_out(tmp_path, {"a.py": "", "b/c.py": "", "d/e.py": ""}), tmp_path / "never"])
    with caplog.at_level(logging.INFO):
        walking = workspace.files()
        assert next(walking).name == "a.py"
        (tmp_path / "b").rename(tmp_path / "elsewhere")
        assert [path.name for path in walking] == ["e.py"]
    assert f"{tmp_path / 'b'} is left out" in caplog.text


def test_a_listing_shows_what_may_be_seen(tmp_path: Path) -> None:
    """Files and folders with their sizes, by the same rules as everything else."""
    workspace = Workspace([laid_out(tmp_path, RULES)])
    entries = workspace.listing(tmp_path)
    assert entries is not None
    assert [(entry.path.name, entry.is_folder) for entry in entries] == [
        (".antiphonignore", False),
        (".env.example", False),
        (".gitignore", False),
        ("a.py", False),
        ("image", False),
        ("made.py", False),
        ("min.js", False),
        ("web", True),
    ]
    for name in ("private", "node_modules", "node_modules/m", "..", "a.py", "missing"):
        assert workspace.listing(tmp_path / name) is None
