"""Changes of a real repository: what is shown, what is kept back, and that nothing of the repository's is run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from context.git_diff import Diff, DiffError, git_diff

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]


def git(folder: Path, *arguments: str) -> None:
    options = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(("git", *options, *arguments), cwd=folder, env=environment, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit."""
    git(tmp_path, "init", "-q")
    for name in ("a.py", "b c.py", "inner/d.py", ".env"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{name} {number}\n" for number in range(9)), "utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "First")
    return tmp_path


async def changes(folder: Path, *, staged: bool = False, hidden: str = "") -> Diff:
    return await git_diff(folder, staged=staged, visible=lambda path: path.name != hidden)


def text(diff: Diff) -> str:
    return "".join("".join((each.header, *each.hunks)) for each in diff.files)


def append(path: Path, line: str) -> None:
    path.write_text(f"{path.read_text('utf-8')}{line}\n", "utf-8")


async def test_changes_since_the_commit_are_shown_saved_or_staged(repository: Path) -> None:
    """From any folder of the repository, with paths from its top."""
    assert await changes(repository) == Diff(())
    append(repository / "a.py", "new")
    append(repository / "b c.py", "staged")
    git(repository, "add", "b c.py")
    diff = await changes(repository / "inner")
    assert [each.header.split("\n")[0] for each in diff.files] == [
        "diff --git a/a.py b/a.py",
        "diff --git a/b c.py b/b c.py",
    ]
    assert "+new\n" in text(diff)


async def test_staged_changes_are_those_of_the_next_commit(repository: Path) -> None:
    """What is not staged is not among them."""
    append(repository / "a.py", "new")
    append(repository / "b c.py", "staged")
    git(repository, "add", "b c.py")
    shown = text(await changes(repository, staged=True))
    assert "+staged\n" in shown
    assert "+new\n" not in shown


async def test_a_file_that_may_not_be_seen_is_counted_and_no_more(repository: Path) -> None:
    """Neither its name nor a line of it leaves git, also when it is renamed to something harmless."""
    append(repository / ".env", "KEY=1")
    append(repository / "a.py", "new")
    diff = await changes(repository, hidden=".env")
    assert ".env" not in text(diff)
    assert (len(diff.files), diff.excluded) == (1, 1)
    git(repository, "mv", ".env", "settings.txt")
    diff = await changes(repository, hidden=".env")
    assert (len(diff.files), diff.excluded) == (1, 1)


async def test_a_renamed_file_is_shown_as_one(repository: Path) -> None:
    """Not as one that is gone and one that is new."""
    git(repository, "mv", "a.py", "z.py")
    append(repository / "z.py", "new")
    (patch,) = (await changes(repository)).files
    assert "rename from a.py\nrename to z.py\n" in patch.header
    assert len(patch.hunks) == 1


async def test_a_binary_file_only_differs(repository: Path) -> None:
    """Nobody can read its bytes."""
    (repository / "a.py").write_bytes(b"\0\1\2")
    (patch,) = (await changes(repository)).files
    assert patch.header.endswith("Binary files a/a.py and b/a.py differ\n")


async def test_before_the_first_commit_everything_is_new(tmp_path: Path) -> None:
    """A repository without any commit is one, too."""
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("new\n", "utf-8")
    git(tmp_path, "add", "a.py")
    assert "+new\n" in text(await changes(tmp_path))
    assert "+new\n" in text(await changes(tmp_path, staged=True))


async def test_names_with_marks_are_shown_as_they_are(repository: Path) -> None:
    """A path is never a pattern or an option."""
    for name in ("--output=x", "*.py", ":(top)a", "größe.py"):
        (repository / name).write_text("new\n", "utf-8")
    git(repository, "add", "--", ".")
    diff = await changes(repository, hidden="*.py")
    assert (len(diff.files), diff.excluded) == (3, 1)
    assert "größe.py" in text(diff)
    assert not (repository / "x").exists()


async def test_no_program_of_the_repository_is_run(repository: Path) -> None:
    """Its settings come with a download, and could name any program."""
    trap = repository / "trap.sh"
    trap.write_text("#!/bin/sh\ntouch trapped\ncat\n", "utf-8")
    trap.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "diff.external", "diff.x.textconv", "diff.x.command"):
        git(repository, "config", name, "./trap.sh")
    for name in ("x", "a=b"):
        git(repository, "config", f"filter.{name}.clean", "./trap.sh")
        git(repository, "config", f"filter.{name}.process", "./trap.sh")
        git(repository, "config", f"filter.{name}.required", "true")
    (repository / ".gitattributes").write_text("*.py diff=x filter=x\nb* filter=a=b\n", "utf-8")
    append(repository / "a.py", "new")
    append(repository / "b c.py", "new")
    (repository / "trapped").unlink(missing_ok=True)
    assert text(await changes(repository)).count("+new\n") == 2
    assert not (repository / "trapped").exists()


async def test_settings_of_the_person_do_not_change_the_shape(repository: Path) -> None:
    """Prefixes and colours are a matter of taste, and of no use to a parser."""
    for name, value in (("diff.noprefix", "true"), ("diff.mnemonicPrefix", "true"), ("color.ui", "always")):
        git(repository, "config", name, value)
    append(repository / "a.py", "new")
    (patch,) = (await changes(repository)).files
    assert patch.header.startswith("diff --git a/a.py b/a.py\n")


async def test_a_folder_without_a_repository_has_no_changes(tmp_path: Path) -> None:
    """The person is told, since an empty diff would be another thing."""
    with pytest.raises(DiffError, match="no git repository"):
        await changes(tmp_path)
    with pytest.raises(DiffError, match="cannot be run"):
        await changes(tmp_path / "gone")


async def test_git_has_limited_time(repository: Path) -> None:
    """A question does not wait for a repository that cannot be read."""
    with pytest.raises(DiffError, match="longer than 0 s"):
        await git_diff(repository, staged=False, visible=lambda _: True, timeout_s=0)
