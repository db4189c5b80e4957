"""Runs one program and everything that it starts, and ends all of it: when it takes too long, prints too much to keep
or is not waited for any more.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# What is kept of the output: the beginning and the end, where programs say what went wrong.
_HEAD_CHARACTERS = 20_000
_TAIL_CHARACTERS = 28_000

# After a program was asked to end, and after its last word, before nobody waits for its children any longer.
_GRACE_S = 0.1


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended. `code` is its exit code, None when it was ended for taking longer than it might."""

    output: str
    code: int | None


async def run_process(
    argv: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    timeout_s: float,
    on_output: Callable[[str], None] | None = None,
    errors: bool = True,
) -> Ended:
    """Run a program without input, in a group of its own, and give what it prints, `errors` among it.

    Whatever ends the waiting, a cancellation too, the whole group is gone before this returns. Raises OSError when
    the program cannot be started.
    """
    kept = _Kept(on_output)
    async with _pipe() as (written_to, read_from):
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=written_to,
                stderr=subprocess.STDOUT if errors else subprocess.DEVNULL,
                start_new_session=sys.platform != "win32",
                creationflags=_CREATION_FLAGS,
            )
        finally:
            os.close(written_to)
        try:
            async with asyncio.timeout(timeout_s):
                await _follow(process, read_from, kept)
            return Ended(kept.text(), process.returncode)
        except TimeoutError:
            return Ended(kept.text(), None)
        finally:
            await _end(process)


# Windows has no sessions; a new group can at least be told to stop.
_CREATION_FLAGS: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


@contextlib.asynccontextmanager
async def _pipe() -> AsyncIterator[tuple[int, asyncio.StreamReader]]:
    """Open a pipe of our own. asyncio's `wait` would wait for its own pipes too, which children may hold for ever."""
    reading, writing = os.pipe()
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb"))
    try:
        yield writing, reader
    finally:
        transport.close()


class _Kept:
    """The beginning and the end of what a program prints, as it comes."""

    def __init__(self, on_output: Callable[[str], None] | None) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._on_output = on_output
        self._head = ""
        self._tail = ""
        self._dropped = 0

    def add(self, data: bytes) -> None:
        text = self._decoder.decode(data)
        if self._on_output is not None and not self._dropped:
            self._on_output(text)
        room = _HEAD_CHARACTERS - len(self._head)
        self._head += text[:room]
        self._tail += text[room:] if room > 0 else text
        if len(self._tail) > 2 * _TAIL_CHARACTERS:
            self._cut()

    def text(self) -> str:
        if len(self._tail) > _TAIL_CHARACTERS:
            self._cut()
        if not self._dropped:
            return self._head + self._tail
        return f"{self._head}\n… {self._dropped:,} characters left out …\n{self._tail}"

    def _cut(self) -> None:
        self._dropped += len(self._tail) - _TAIL_CHARACTERS
        self._tail = self._tail[-_TAIL_CHARACTERS:]


async def _follow(process: asyncio.subprocess.Process, output: asyncio.StreamReader, kept: _Kept) -> None:
    """Read until the program has ended; a child that it leaves behind may hold its output open for ever."""
    reading = asyncio.create_task(_read(output, kept))
    try:
        await process.wait()
        await asyncio.wait([reading], timeout=_GRACE_S)
    finally:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading


async def _read(output: asyncio.StreamReader, kept: _Kept) -> None:
    while data := await output.read(65_536):
        kept.add(data)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the group: asked first, then at once. A leader that has ended leaves children that have not."""
    if process.returncode is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                await process.wait()
    _signal(process, _KILL)
    await process.wait()


_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.terminate()
        else:
            os.killpg(process.pid, number)
