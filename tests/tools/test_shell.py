"""Commands run with nothing of ours in their environment, and leave nothing behind."""

from __future__ import annotations

import asyncio
import os
import select
import shutil
from pathlib import Path

import pytest

from lsp_server.tools.environment import scrubbed
from lsp_server.tools.process import run_process
from tests.tools.box import Box

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(os.name == "nt", reason="runs programs of POSIX")]

FILES = {"a.py": "one\ntwo\n", ".env": "KEY=hunter2\n", "src/b.py": "b\n"}
KEYS = {"OPENAI_API_KEY": "k1", "AWS_SECRET_ACCESS_KEY": "k2", "GITHUB_TOKEN": "k3", "SSH_AUTH_SOCK": "k4", "MY": "k5"}


async def test_what_only_reads_runs_unasked(tmp_path: Path) -> None:
    """Its output and its exit code are given."""
    box = Box(tmp_path, FILES)
    assert (await box.call("run_command", command="cat a.py | wc -l")).text == "2\n(exit code 0)"
    assert (await box.call("run_command", command="cat b.py", folder="src")).text == "b\n(exit code 0)"
    failed = await box.call("run_command", command="ls missing")
    assert failed.is_error
    assert failed.text.endswith("(exit code 2)")
    assert set(box.rules) == {"allow reading-command"}


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("cat .env", "excluded"),
        ("cat a.py .env", "excluded"),
        ("grep KEY .env", "excluded"),
        ("cat link", "outside of the workspace"),
        ("cat /etc/passwd", "outside of the workspace"),
        ("cat ../secret", "refused"),
        ("cat src", "is a folder"),
        ("head -5 src/../.env", "refused"),
        ("cd / && ls", "outside of the workspace"),
        ("cd src && cat ../.env", "refused"),
        ("ls /", "outside of the workspace"),
        ("find / -name x", "outside of the workspace"),
        ("tree src", "not there"),
        ("rm a.py", "not among"),
        ("cat a.py > b.py", "redirects"),
    ],
)
async def test_what_reaches_for_more_is_asked_with_the_reason(command: str, why: str, tmp_path: Path) -> None:
    """And without a yes it does not run."""
    box = Box(tmp_path, FILES)
    (tmp_path / "secret").write_text("s")
    (box.root / "link").symlink_to(tmp_path / "secret")
    if "not there" in why:
        box.given(environment={"PATH": str(tmp_path)})
    outcome = await box.call("run_command", command=command)
    assert outcome.is_error
    assert why in box.asked[0][1].why
    assert box.read("a.py") == FILES["a.py"]


async def test_a_program_of_the_project_is_asked_whatever_it_is_called(tmp_path: Path) -> None:
    """An `ls` in a folder of the project that stands in PATH is not the system's."""
    box = Box(tmp_path, FILES)
    evil = box.write("bin/ls", "#!/bin/sh\ntouch ran\n")
    evil.chmod(0o755)
    box.given(environment={"PATH": f"{evil.parent}:/usr/bin:/bin"})
    assert (await box.call("run_command", command="ls")).is_error
    assert "belongs to the project" in box.asked[0][1].why
    assert not (box.root / "ran").exists()


async def test_git_in_a_folder_within_is_asked(tmp_path: Path) -> None:
    """A repository in the repository has settings of its own, which could name programs."""
    box = Box(tmp_path, FILES)
    await box.call("run_command", command="git status", folder="src")
    assert box.rules == ["ask default"]


def test_no_key_is_passed_on() -> None:
    """Only what is known to be needed is."""
    environment = {
        **KEYS,
        "HOME": "/home/me",
        "LC_ALL": "C",
        "PATH": "/usr/bin:.:bin:/bin",
        "BASH_ENV": "x",
        "BASH_FUNC_ls%%": "x",
    }
    passed = scrubbed(environment | {"LD_PRELOAD": "x", "GIT_DIR": "x", "PYTHONPATH": "x", "NODE_OPTIONS": "x"})
    assert passed["PATH"] == "/usr/bin:/bin"
    assert passed["HOME"] == "/home/me"
    assert passed["TERM"] == "dumb"
    assert not {*KEYS, "BASH_ENV", "BASH_FUNC_ls%%", "LD_PRELOAD", "GIT_DIR", "PYTHONPATH", "NODE_OPTIONS"} & set(
        passed
    )


async def test_a_command_sees_no_key_and_no_input(tmp_path: Path) -> None:
    """What it prints is all that it was given."""
    box = Box(tmp_path, FILES, "once")
    box.given(environment={**KEYS, "PATH": os.environ["PATH"]})
    text = (await box.call("run_command", command="env; cat")).text
    assert "PATH=" in text
    assert not any(value in text for value in ("k1", "k2", "k3", "k4", "k5"))
    assert text.endswith("(exit code 0)")


async def test_a_long_output_keeps_its_beginning_and_its_end(tmp_path: Path) -> None:
    """While it runs, nothing more is kept either."""
    seen: list[str] = []
    box = Box(tmp_path, FILES, "once")
    box.given(on_output=seen.append)
    text = (await box.call("run_command", command="seq 1 300000; echo done")).text
    assert text.startswith("1\n2\n")
    assert "characters left out" in text
    assert text.endswith("300000\ndone\n(exit code 0)")
    assert len(text) < 50_000
    assert seen[0].startswith("1\n2\n")
    assert sum(map(len, seen)) < 400_000


def gone(pid: int) -> bool:
    """Wait until a process has ended, at most ten seconds; True once it has."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 10)[0])
    finally:
        os.close(process)


# A program that will not end, a child of it that will not either, and their numbers.
STUBBORN = (
    "trap '' TERM; (trap '' TERM; echo $BASHPID; while :; do sleep 60; done) & echo $$; while :; do sleep 60; done"
)


async def numbers(box: Box) -> tuple[asyncio.Task[object], list[int]]:
    """Start the stubborn program, and give the numbers of its processes once both run."""
    said: list[str] = []
    both = asyncio.Event()

    def hear(text: str) -> None:
        said.append(text)
        if len("".join(said).split()) == 2:
            both.set()

    box.given(on_output=hear)
    task: asyncio.Task[object] = asyncio.create_task(box.call("run_command", command=STUBBORN))
    async with asyncio.timeout(10):
        await both.wait()
    return task, [int(word) for word in "".join(said).split()]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells when a process ends")
async def test_a_cancelled_command_leaves_no_process(tmp_path: Path) -> None:
    """Neither itself nor its children, even those that will not be told to end."""
    box = Box(tmp_path, FILES, "once")
    task, pids = await numbers(box)
    for pid in pids:
        os.kill(pid, 0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(map(gone, pids))


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells when a process ends")
async def test_a_command_that_takes_too_long_leaves_no_process(tmp_path: Path) -> None:
    """What it has printed until then is given."""
    ended = await run_process(
        ("bash", "-c", STUBBORN), folder=tmp_path, environment={"PATH": os.environ["PATH"]}, timeout_s=1.0
    )
    assert ended.code is None
    assert [gone(int(word)) for word in ended.output.split()] == [True, True]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells when a process ends")
async def test_a_command_that_ends_leaves_no_child(tmp_path: Path) -> None:
    """What it has put into the background does not hold up the turn, and is ended."""
    box = Box(tmp_path, FILES, "once")
    text = (await box.call("run_command", command="sleep 600 & echo $!")).text
    assert gone(int(text.split()[0]))


async def test_a_folder_outside_is_none_for_commands(tmp_path: Path) -> None:
    """They run in the workspace."""
    box = Box(tmp_path, FILES, "once")
    for folder in (str(tmp_path), "/", "..", "a.py", "missing"):
        assert (await box.call("run_command", command="pwd", folder=folder)).is_error
    assert not box.asked


async def test_a_sandbox_that_is_missing_is_no_reason_to_go_without(tmp_path: Path) -> None:
    """The setting says that commands run in one, so without it they do not run."""
    box = Box(tmp_path, FILES)
    (tmp_path / "bin").mkdir()
    for name in ("ls", "pwd"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or "")
    box.given(sandbox=True, environment={"PATH": str(tmp_path / "bin")})
    assert "bubblewrap (bwrap) is not installed" in (await box.call("run_command", command="ls")).text


@pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")
async def test_in_a_sandbox_only_the_project_can_be_written_and_nothing_reached(tmp_path: Path) -> None:
    """The rest of the disk is there to be read, the network is not there at all."""
    box = Box(tmp_path, FILES, "once")
    box.given(sandbox=True)
    assert not (await box.call("run_command", command="echo in > made")).is_error
    assert box.read("made") == "in\n"
    await box.call("run_command", command=f"echo out > {tmp_path}/made")
    assert (await box.call("run_command", command="echo out > /var/tmp/made")).is_error
    assert (await box.call("run_command", command="echo > /dev/tcp/1.1.1.1/53")).is_error
    assert not (tmp_path / "made").exists()
