"""Looks for a regular expression in texts, in a process of its own that is ended when the time is up.

Where ripgrep is installed it says first which files on disk are worth reading. What a hit is decides Python's `re`
alone, on the text that the person has, so that the result does not depend on what is installed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from context.ignore import MAX_FILE_BYTES
from lsp_server.tools.environment import lies_within, scrubbed

_HOST = str(Path(__file__).with_name("grep_host.py"))

# Read in a thread at once: enough to be worth the way there, few enough to stop soon.
_BATCH = 40

# A line of the host's output: a line of a file, as JSON.
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that fits: the file's name, the line's number from zero, and the line without its end."""

    name: str
    line: int
    text: str


async def grep_texts(
    pattern: str, ignore_case: bool, texts: Iterator[tuple[str, str]], timeout_s: float, most: int
) -> tuple[list[Hit], str]:
    """Give the lines of named texts that fit, at most so many, and why it stopped before the end ("" if it did not).

    `texts` is read in a thread. Raises OSError when no process can be started.
    """
    host = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", _HOST),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        limit=_MOST_BYTES,
        env=scrubbed({}),
    )
    hits: list[Hit] = []
    begun: list[str] = []
    feeding = asyncio.create_task(_feed(host, [ignore_case, pattern], texts))
    ended = False
    try:
        async with asyncio.timeout(timeout_s):
            ended = await _collect(host, hits, begun, most)
        return hits, ""
    except TimeoutError:
        at = f" in {Path(begun[-1]).name}" if begun else ""
        return hits, f"The search was stopped after {timeout_s:.0f} s{at}: simplify the pattern, or name a folder."
    finally:
        feeding.cancel()
        if not ended:
            with contextlib.suppress(ProcessLookupError):
                host.kill()
        await host.wait()
        await asyncio.wait([feeding])


async def _feed(host: asyncio.subprocess.Process, head: object, texts: Iterator[tuple[str, str]]) -> None:
    assert host.stdin is not None
    with contextlib.suppress(ConnectionError):  # it was ended, since enough was found
        host.stdin.write(json.dumps(head).encode() + b"\n")
        while batch := await asyncio.to_thread(lambda: list(islice(texts, _BATCH))):
            for named in batch:
                host.stdin.write(json.dumps(named).encode() + b"\n")
                await host.stdin.drain()
        host.stdin.close()


async def _collect(host: asyncio.subprocess.Process, hits: list[Hit], begun: list[str], most: int) -> bool:
    """Read what the host says; True when it has said all, False when that was enough."""
    assert host.stdout is not None
    while line := await host.stdout.readline():
        name, *found = json.loads(line)
        begun[:] = [name]
        if found:
            hits.append(Hit(name, *found))
            if len(hits) >= most:
                return False
    return True


def ripgrep_program(environment: Mapping[str, str], folders: Sequence[Path]) -> str:
    """Give the path of ripgrep, "" when there is none but the project's own."""
    found = shutil.which("rg", path=scrubbed(environment)["PATH"]) if environment else None
    return found if found and not lies_within(found, folders) else ""


async def files_with(
    program: str, pattern: str, ignore_case: bool, folders: Sequence[Path], timeout_s: float
) -> set[str] | None:
    """Give the files below some folders that ripgrep finds a fitting line in; None when it cannot tell.

    It honours `.gitignore`, as we do, and no other settings; it runs no preprocessor. An expression of Python that it
    does not know makes it say so.
    """
    process = await asyncio.create_subprocess_exec(
        *(program, "--no-config", "--no-messages", "--files-with-matches", "--null", "--hidden", "--no-require-git"),
        *("--no-ignore-dot", "--no-ignore-global", "--no-ignore-exclude", "--no-ignore-parent", "--crlf"),
        *("--max-filesize", str(MAX_FILE_BYTES), "--glob", "!.git", *(["--ignore-case"] if ignore_case else [])),
        *("--regexp", pattern, "--", *map(str, folders)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=scrubbed({}),
    )
    try:
        async with asyncio.timeout(timeout_s):
            printed, _ = await process.communicate()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    # 1 is "nothing found", more is an error.
    known = process.returncode is not None and process.returncode <= 1
    return {name.decode("utf-8", "surrogateescape") for name in printed.split(b"\0") if name} if known else None
