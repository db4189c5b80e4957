"""git is asked without running anything of the repository's, and shows nothing that is excluded."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tools.box import Box

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")]


def git(box: Box, *arguments: str) -> str:
    """Run git as the person would, and give what it prints."""
    names = {f"GIT_{who}_{what}": "ann" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**names, "PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", *arguments], cwd=box.root, env=environment, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A repository with one commit, which somebody has put a secret into too, and a change of each file."""
    made = Box(tmp_path, {"src/a.py": "one\n", "secrets.yaml": "password: first\n"})
    git(made, "init", "-q", "-b", "main")
    git(made, "add", ".")
    git(made, "commit", "-q", "-m", "Begin")
    made.write("src/a.py", "two\n")
    made.write("secrets.yaml", "password: second\n")
    return made


async def test_the_state_the_changes_and_the_history_are_told(box: Box) -> None:
    """Unasked, since it only reads."""
    assert (await box.call("git_status")).text == "## main\n M secrets.yaml\n M src/a.py\n"
    assert "-one\n+two\n" in (await box.call("git_diff")).text
    assert (await box.call("git_log")).text.endswith("ann: Begin\n")
    assert (await box.call("git_log", path="src/a.py", revision="main", count=1)).text.endswith("ann: Begin\n")
    shown = (await box.call("git_show")).text
    assert "Begin" in shown
    assert "+one\n" in shown
    assert set(box.rules) == {"allow reading"}


@pytest.mark.parametrize("tool", ["git_diff", "git_show", "git_log", "git_status"])
async def test_no_patch_shows_what_is_excluded(tool: str, box: Box) -> None:
    """A secret that was committed is still one; that there is more is told."""
    text = (await box.call(tool)).text
    assert "password" not in text
    if tool in ("git_diff", "git_show"):
        assert "1 changed files are excluded" in text or "1 files of this commit are excluded" in text


@pytest.mark.parametrize(
    "revision",
    [
        *(
            "HEAD:secrets.yaml",
            "--output=x",
            "-p",
            ":/Begin",
            "main secrets.yaml",
            "HEAD^{tree}",
            "",
            "main:",
            "@{u}",
            "a..b;",
        ),
        *("missing", "HEAD~99", "main..main"),
    ],
)
async def test_only_a_commit_is_shown(revision: str, box: Box) -> None:
    """No content of a file by its own name, no option."""
    outcome = await box.call("git_show", revision=revision)
    assert outcome.is_error
    assert "password" not in outcome.text


@pytest.mark.parametrize("revision", ["--output=x", "-p", "HEAD:secrets.yaml", "main --all", "^main", ":/Begin"])
async def test_the_history_takes_no_option_for_a_commit(revision: str, box: Box) -> None:
    """One of them would write a file, another show what is excluded."""
    outcome = await box.call("git_log", revision=revision)
    assert "is no plain name of a commit" in outcome.text
    assert not (box.root / "x").exists()


async def test_a_name_of_content_is_no_commit(box: Box) -> None:
    """The hash of a file's content looks like any other."""
    blob = git(box, "rev-parse", "HEAD:secrets.yaml").strip()
    assert (await box.call("git_show", revision=blob)).is_error


async def test_no_program_that_a_repository_names_is_run(box: Box) -> None:
    """Hooks, monitors, filters, pagers, external diffs, text conversions, signatures, other editors of settings."""
    evil = box.write(".git/evil", "#!/bin/sh\ntouch ran\ncat\n")
    evil.chmod(0o755)
    box.write(".git/info/attributes", "* filter=evil diff=evil\n")
    box.write(".gitattributes", "* filter=evil diff=evil\n")
    for setting in (
        *("core.fsmonitor", "core.pager", "pager.log", "diff.external", "diff.evil.command", "diff.evil.textconv"),
        *(
            "filter.evil.clean",
            "filter.evil.smudge",
            "filter.evil.process",
            "gpg.program",
            "core.sshCommand",
            "core.editor",
        ),
        *("core.alternateRefsCommand", "interactive.diffFilter", "credential.helper"),
    ):
        git(box, "config", setting, str(evil))
    git(box, "config", "log.showSignature", "true")
    git(box, "config", "filter.evil.required", "true")
    git(box, "config", "core.hooksPath", str(evil.parent))
    for hook in ("post-index-change", "fsmonitor-watchman", "reference-transaction"):
        shutil.copy(evil, evil.parent / hook)
    for tool in ("git_status", "git_diff", "git_log", "git_show"):
        await box.call(tool)
    assert not (box.root / "ran").exists()
    assert not (box.root / "src/ran").exists()


async def test_a_folder_that_is_no_repository_is_said_to_be_none(tmp_path: Path) -> None:
    """As an answer, not as a fault of the tool."""
    outcome = await Box(tmp_path).call("git_status")
    assert outcome.is_error
    assert "is project a repository" in outcome.text
