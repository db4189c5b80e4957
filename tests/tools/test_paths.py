"""Where a path leads to, and which ones no tool takes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.tools.paths import PathRefused, resolve, spelling_fault
from lsp_server.tools.protected import protection

# What no path looks like, on any system.
REFUSED = [
    *(
        "",
        "   ",
        "\n",
        "..",
        "../x",
        "a/../b",
        "a/..",
        "../../etc/passwd",
        "./../x",
        "a/b/../../../x",
        "..\\x",
        "a\\..\\b",
    ),
    *("a\0b", "\0", "a\nb", "a\rb", "a\tb", "a\x1b[2Kb", "a\x7fb", "a\u200bb", "a\u202eb", "a\u2066b", "a\ufeffb"),
    *("a\u00adb", "a\u2028b", "a\U000e0041b", "a\ud800b", ".g\u200cit/config"),
    *("//server/share/x", "\\\\server\\share\\x", "\\\\?\\C:\\x", "\\\\.\\pipe\\x", "\\??\\C:\\x", "/\\server\\x"),
    *("\\/server/x", "\\Device\\HarddiskVolume1\\x", "file:///etc/passwd", "http://x.example/a", "FILE://x/y"),
    *("~", "~/x", "~root/.bashrc", "a" * 256, "a/" + "b" * 300, "a/" * 3_000),
]

# What Windows would take for something else.
REFUSED_ON_WINDOWS = [
    *("con", "CON", "nul", "aux.c", "src/nul.txt", "COM1", "com9.log", "LPT1", "lpt\u00b2", "CONIN$", "prn", "clock$"),
    *("a.txt::$DATA", "a.txt:stream", ".git::$INDEX_ALLOCATION/config", "C:x", "C:..\\x", "a/b:c"),
    *("PROGRA~1/x", "GIT~1/config", "secret~1.env", "a.", "a ", "src./x", "src /x", "...", ".git./config"),
    *("a*b", "a?b", "a|b", 'a"b', "a<b"),
]

# What looks strange and is an ordinary name.
TAKEN = [
    *(
        "a.py",
        "./a.py",
        "src/a.py",
        "src//a.py",
        ".hidden",
        "a b.py",
        "ünï/ço.de",
        "日本語.txt",
        "a..b",
        "..a",
        "a...",
        "-rf",
    ),
    *(
        "$HOME",
        "a;b",
        "a&b",
        "a'b",
        "(x)",
        "[id].tsx",
        "a#b",
        "a@b",
        "a%2e%2e",
        "aux.c",
        "nul",
        "x~",
        "foo~1.txt",
        "a:b",
    ),
]


def test_there_are_enough_paths_in_the_tables() -> None:
    """The tables are the specification, so they must not shrink unnoticed."""
    assert len(REFUSED) + len(REFUSED_ON_WINDOWS) + len(TAKEN) + len(PROTECTED) + len(ORDINARY) >= 150


@pytest.mark.parametrize("text", REFUSED, ids=ascii)
def test_a_path_that_no_honest_one_looks_like_is_refused(text: str, tmp_path: Path) -> None:
    """Before anything is looked up, on every system."""
    assert spelling_fault(text, windows=True)
    with pytest.raises(PathRefused):
        resolve(text, [tmp_path], windows=False)


@pytest.mark.parametrize("text", REFUSED_ON_WINDOWS, ids=ascii)
def test_a_path_that_windows_reads_in_another_way_is_refused_there(text: str) -> None:
    """Devices, streams, short names, and what it strips from the end of a name."""
    assert spelling_fault(text, windows=True)


@pytest.mark.parametrize("text", ["C:\\src\\a.py", "C:/src/a.py", "src\\a.py", "src/a.py", ".gitignore", "a.b.c"])
def test_ordinary_paths_of_windows_are_taken(text: str) -> None:
    """A drive, either slash."""
    assert spelling_fault(text, windows=True) == ""


@pytest.mark.parametrize("text", TAKEN, ids=ascii)
def test_an_ordinary_name_is_taken(text: str, tmp_path: Path) -> None:
    """However strange, it stands for itself, below the folder."""
    found = resolve(text, [tmp_path], windows=False)
    assert found.place == "inside"
    assert found.real == tmp_path / text


PROTECTED = [
    *(".git/config", ".git/hooks/pre-commit", ".git", "sub/.git/config", ".GIT/config", ".git./config", ".git /config"),
    *("git~1/config", ".git::$INDEX_ALLOCATION/config", ".gitmodules", ".gitattributes", "sub/.gitattributes"),
    *(".githooks/pre-push", ".husky/pre-commit", ".pre-commit-config.yaml", ".github/workflows/ci.yml"),
    *("sub/.github/workflows/ci.yml", ".GitHub/Workflows/ci.yml", ".github/actions/x/action.yml", ".gitlab-ci.yml"),
    *(".circleci/config.yml", "Jenkinsfile", "azure-pipelines.yml", ".vscode/settings.json", ".VSCode/tasks.json"),
    *("a/.vscode/launch.json", "x.code-workspace", ".idea/workspace.xml", ".devcontainer/devcontainer.json"),
    *(".devcontainer.json", ".zed/settings.json", ".exrc", ".nvim.lua", ".dir-locals.el", ".bashrc", ".zshrc"),
    *(
        ".profile",
        ".bash_profile",
        ".envrc",
        ".npmrc",
        ".yarnrc.yml",
        ".cargo/config.toml",
        "sitecustomize.py",
        "x.pth",
    ),
    *(".ssh/config", ".antiphon.toml", ".antiphonignore", ".ANTIPHON.toml", "AGENTS.md", "sub/AGENTS.md", "agents.md"),
    *(".github/copilot-instructions.md", "CLAUDE.md", "CLAUDE.local.md", ".cursor/mcp.json", ".cursorrules"),
    *(".mcp.json", "mcp.json", ".aiignore", "x.instructions.md", ".vscode", "\uff0egit/config", ".gdbinit"),
]
ORDINARY = [
    *("README.md", "src/a.py", "github/workflows/a.yml", ".github/ISSUE_TEMPLATE.md", "gitx/config", "vscode/a.json"),
    *(
        ".gitignore",
        ".gitkeep",
        "docs/agents.rst",
        "package.json",
        "pyproject.toml",
        "Makefile",
        "bashrc",
        "conftest.py",
    ),
]


@pytest.mark.parametrize("name", PROTECTED, ids=ascii)
def test_what_decides_on_other_programs_is_protected(name: str) -> None:
    """However it is written: some file systems take all of these for the same."""
    assert protection(("project", *name.split("/")))


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_files_are_not_protected(name: str) -> None:
    """Else everything would be asked twice."""
    assert not protection(("project", *name.split("/")))


def test_a_folder_whose_name_begins_the_same_is_another(tmp_path: Path) -> None:
    """`/w/project2` is outside of `/w/project`."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project2").mkdir()
    assert resolve(str(tmp_path / "project2/x"), [tmp_path / "project"]).place == "outside"
    assert resolve(str(tmp_path / "project/x"), [tmp_path / "project"]).place == "inside"
    assert resolve(str(tmp_path), [tmp_path / "project"]).place == "outside"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project, something outside of it, and links of every kind between them."""
    project, outside = tmp_path / "project", tmp_path / "outside"
    (project / "src").mkdir(parents=True)
    (outside / "deep").mkdir(parents=True)
    (project / "src/a.py").write_text("a")
    (outside / "secret").write_text("s")
    (project / "to-file").symlink_to(outside / "secret")
    (project / "to-folder").symlink_to(outside)
    (project / "relative").symlink_to("../outside/secret")
    (project / "to-nothing").symlink_to(outside / "not-yet")
    (project / "chain").symlink_to("to-file")
    (project / "within").symlink_to("src")
    (project / "loop").symlink_to("loop")
    (project / "to-git").symlink_to(".git")
    (project / ".git").mkdir()
    (tmp_path / "alias").symlink_to(project)
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("src/a.py", "inside"),
        ("src/new/b.py", "inside"),
        ("within/a.py", "inside"),
        ("within/new.py", "inside"),
        ("to-file", "outside"),
        ("to-folder", "outside"),
        ("to-folder/secret", "outside"),
        ("to-folder/new", "outside"),
        ("to-folder/deep/new/newer", "outside"),
        ("relative", "outside"),
        ("to-nothing", "outside"),
        ("to-nothing/x", "outside"),
        ("chain", "outside"),
    ],
)
def test_every_link_is_followed_before_a_path_is_judged(text: str, place: str, tree: Path) -> None:
    """The target's, and those of the deepest folder that exists."""
    assert resolve(text, [tree / "project"]).place == place
    assert resolve(str(tree / "alias" / text), [tree / "project"]).place == place
    assert resolve(text, [tree / "alias"]).place == place


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_that_leads_in_a_circle_is_refused(tree: Path) -> None:
    """Nothing stands there, and nothing shall be put there."""
    with pytest.raises(PathRefused, match="circle"):
        resolve("loop", [tree / "project"])


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_to_what_is_protected_is_protected(tree: Path) -> None:
    """An innocent name does not help."""
    assert resolve("to-git/config", [tree / "project"]).protected
    assert resolve(".git/config", [tree / "project"]).protected


def test_our_own_settings_are_known_wherever_they_lie(tmp_path: Path) -> None:
    """Also within the workspace, and in other capitals, which some systems take for the same."""
    own = [tmp_path / "conf"]
    assert resolve("conf/config.toml", [tmp_path], own=own).place == "own"
    assert resolve("CONF/permissions.json", [tmp_path], own=own).place == "own"
    assert resolve("config/x", [tmp_path], own=own).place == "inside"


def test_without_a_folder_a_relative_path_leads_nowhere() -> None:
    """And an absolute one lies outside."""
    with pytest.raises(PathRefused, match="no workspace folder"):
        resolve("a.py", [])
    assert resolve(str(Path(os.path.abspath(os.sep)) / "a.py"), []).place == "outside"


@given(st.text(min_size=1, max_size=40))
def test_no_text_leads_out_without_being_seen(text: str) -> None:
    """What is taken is below the folder, or is said to be outside."""
    root = Path(os.path.realpath(os.getcwd()))
    try:
        found = resolve(text, [root])
    except PathRefused:
        return
    assert (found.place == "inside") == found.real.is_relative_to(root)
