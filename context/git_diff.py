"""What has changed in a repository, as `git diff` tells it, without the files that no model may see.

git is asked which files have changed, those are judged, and only the changes of the others are asked for: what is
excluded never leaves git's process. A repository's own settings can name programs for nearly everything that git does;
none of them is run (pagers, external diffs, text conversions, clean filters, file system monitors, hooks).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from context.patch import FilePatch, patches_of

# The arguments of a command have a limit, and so has the patience of a reader.
_MOST_FILES = 200
_MOST_BYTES = 4_000_000

_SAFE = (
    *("--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=", "-c", f"core.hooksPath={os.devnull}"),
    *("-c", "diff.external=", "-c", "core.attributesFile=", "-c", "core.quotePath=false"),
)
_DIFF = (
    *("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--find-renames", "--ignore-submodules=all"),
    *("--submodule=short", "--src-prefix=a/", "--dst-prefix=b/"),
)
# Nothing is locked, asked for or fetched.
_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}

# What would make git look at another repository than the one around the folder.
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF", "GIT_PREFIX")


_FILTERS = r"^filter\..*\.(clean|process|required)$"


class DiffError(Exception):
    """There is no diff; `str()` is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Diff:
    """What has changed, in git's order. `excluded` files may not be seen, `left_out` are more than anybody reads."""

    files: tuple[FilePatch, ...]
    excluded: int = 0
    left_out: int = 0


async def git_diff(folder: Path, *, staged: bool, visible: Callable[[Path], bool], timeout_s: float = 10.0) -> Diff:
    """Give what has changed in the repository around a folder: since the last commit, or what is staged for the next.

    `visible` judges a file; a renamed one is shown when both of its names may be. Raises DiffError, also when git
    takes longer than `timeout_s` seconds.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _diff(folder, staged, visible)
    except TimeoutError as error:
        raise DiffError(f"git took longer than {timeout_s:g} s: run `git status` once, and try again.") from error


async def _diff(folder: Path, staged: bool, visible: Callable[[Path], bool]) -> Diff:
    top = Path((await _git(folder, "rev-parse", "--show-toplevel")).rstrip("\r\n"))
    since = ("--cached",) if staged else (await _last_commit(top),)
    settings = await _without_filters(top)
    changed = list(_changed(await _git(top, *_DIFF, "--name-status", "-z", *since, settings=settings)))
    seen = [paths for paths in changed if all(visible(top / path) for path in paths)]
    shown = [path for paths in seen[:_MOST_FILES] for path in paths]
    if not shown:
        return Diff((), len(changed) - len(seen))
    text = await _git(top, *_DIFF, "--patch", *since, "--", *shown, settings=settings)
    files = tuple(patches_of(text))
    return Diff(files, len(changed) - len(seen), max(len(seen) - len(files), 0))


async def _last_commit(top: Path) -> str:
    """Give the last commit, or, before the first one, the empty tree."""
    try:
        return (await _git(top, "rev-parse", "--verify", "--quiet", "HEAD")).strip()
    except DiffError:
        return (await _git(top, "hash-object", "-t", "tree", "--stdin")).strip()


async def _without_filters(top: Path) -> dict[str, str]:
    """Give the settings that switch off every clean filter: git would run them on changed files."""
    try:
        names = await _git(top, "config", "--null", "--name-only", "--get-regexp", _FILTERS)
    except DiffError:
        return {}  # there are none
    # By the environment, since a name with "=" in it would be understood otherwise on the command line.
    settings = dict(enumerate(sorted(set(names.split("\0")) - {""})))
    keys = {f"GIT_CONFIG_KEY_{number}": name for number, name in settings.items()}
    return {"GIT_CONFIG_COUNT": str(len(settings)), **keys, **{f"GIT_CONFIG_VALUE_{number}": "" for number in settings}}


def _changed(text: str) -> Iterator[tuple[str, ...]]:
    """Read `--name-status -z`: a status and one path, or two for a renamed or copied file."""
    parts = iter(text.split("\0"))
    for status in parts:
        if status:
            yield tuple(next(parts) for _ in range(2 if status[0] in "RC" else 1))


async def _git(folder: Path, *arguments: str, settings: Mapping[str, str] = MappingProxyType({})) -> str:
    """Run git and give what it prints, at most so much. Raises DiffError; git ends with whoever waits for it."""
    environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    try:
        process = await asyncio.create_subprocess_exec(
            *("git", *_SAFE, *arguments),
            cwd=folder,
            env=environment | _ENVIRONMENT | dict(settings),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        raise DiffError(f"git cannot be run in {folder}: install it, or go on without the changes.") from error
    try:
        printed = await _read(process)
        if len(printed) <= _MOST_BYTES and await process.wait() != 0:
            raise DiffError(_reason(folder, arguments))
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return printed[:_MOST_BYTES].decode("utf-8", "replace")


async def _read(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    printed = bytearray()
    while len(printed) <= _MOST_BYTES and (more := await process.stdout.read(65_536)):
        printed += more
    return bytes(printed)


def _reason(folder: Path, arguments: Sequence[str]) -> str:
    if arguments[:1] == ("rev-parse",):
        return f"{folder} is in no git repository, so there are no changes to show."
    return f"git cannot tell what has changed in {folder}: run `git status` there to see why."
