"""The server's side of the process that writes the index: starts it when something is to be written, and says what.

One batch of changes is on its way at a time; what comes meanwhile is put together, so that a person who types costs one
message a second and not one a key. What a process had not confirmed when it ended, the next one is told again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from context.text import Document

logger = logging.getLogger(__name__)

# -P: the folder that an editor was started in, which may be anybody's project, is no place to import from.
HOST_COMMAND = (sys.executable, "-P", "-m", "context.index_host")

# A process that ends by itself so often is not started again.
_MOST_FAILURES = 3

# How long it may take to finish the file in its hands when it is told to end.
_END_S = 2.0


class Writer:
    """What is to be written, and the process that does it while `run` runs.

    `progress` is how many files the last walk has done, and of how many; `complete` tells whether those were all
    there are; `fault` is "" or why nothing is written.
    """

    def __init__(self, root: Path, settle_s: float, idle_s: float, command: Sequence[str] = HOST_COMMAND) -> None:
        self.progress = (0, 0)
        self.complete = True
        self.fault = ""
        self._arguments = (*command, str(root))
        self._settle_s = settle_s
        self._idle_s = idle_s
        self._order = ""
        self._walking = False
        self._changes: dict[str, Document | None] = {}
        self._sent: dict[str, Document | None] = {}
        self._wanted = asyncio.Event()
        self._quiet = asyncio.Event()
        self._quiet.set()

    def order(self, order: str) -> None:
        """Have the process "walk" all files, or make a "damaged" index anew."""
        if self._order != "damaged":
            self._order = order
        self._want()

    def changed(self, uri: str, document: Document | None) -> None:
        """Let a document count for its file; None: the file counts again, as it stands on disk."""
        self._changes[uri] = document
        self._want()

    async def quiet(self) -> None:
        """Wait until all that was wanted is written, or a fault prevents it."""
        await self._quiet.wait()

    def give_up(self, fault: str) -> None:
        """Write nothing from now on, and say why."""
        self.fault = fault
        logger.warning("%s", fault)
        self._quiet.set()

    async def run(self, database: Path) -> None:
        """Write until cancelled, or a fault."""
        failures = 0
        while not self.fault:
            await self._wanted.wait()
            try:
                failures += await self._talk((*self._arguments, str(database), str(self._idle_s)), database.parent) != 0
            except OSError as error:
                self.give_up(f"the project is not indexed: its process could not be started ({error}).")
            if failures == _MOST_FAILURES:
                self.give_up("the project is not indexed: its process ended too early; the log tells why.")
            self._take_back()

    async def _talk(self, command: Sequence[str], folder: Path) -> int:
        """Start a process and tell it everything until it ends; gives its exit code."""
        async with _process(command, folder) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            telling = asyncio.create_task(self._tell(process.stdin))
            try:
                async for line in process.stdout:
                    self._hear(json.loads(line))
            finally:
                telling.cancel()
                await asyncio.wait([telling])
            return await process.wait()

    async def _tell(self, stdin: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):  # it has ended, and its output says so, too
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                if self._order:
                    order, self._order, self._walking = self._order, "", True
                    stdin.write(_line({order: True}))
                if self._changes and not self._sent:
                    await asyncio.sleep(self._settle_s)
                    self._sent, self._changes = self._changes, {}
                    stdin.write(_line({"changes": [_change(*change) for change in self._sent.items()]}))
                await stdin.drain()

    def _hear(self, answer: dict[str, Any]) -> None:
        if "progress" in answer:
            self.progress = tuple(answer["progress"])
        elif "fault" in answer:
            self.give_up(answer["fault"])
        elif "walked" in answer:
            self._walking = False
            self.complete = answer.get("complete", True)
        elif "changed" in answer:
            self._sent = {}
            self._walking = self._walking or answer.get("walks", False)
            if self._changes:
                self._wanted.set()
        if not (self._order or self._walking or self._changes or self._sent):
            self._quiet.set()

    def _take_back(self) -> None:
        """Want again what the process that has ended did not confirm."""
        self._changes, self._sent = {**self._sent, **self._changes}, {}
        self._order = self._order or "walk" * self._walking
        self._walking = False
        if self._order or self._changes:
            self._want()

    def _want(self) -> None:
        if self.fault:
            self._changes.clear()
            return
        self._quiet.clear()
        self._wanted.set()


@asynccontextmanager
async def _process(command: Sequence[str], folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start a process that ends with its input. What it logs goes where our own log goes."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=folder,
        **_apart(),
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _END_S)
        except TimeoutError:
            process.kill()
            await process.wait()


def _apart() -> dict[str, Any]:
    """Give what keeps a Ctrl-C in the terminal from the process, and a window from the screen.

    It stays in our session: on desktops the system shares the processor between sessions first, and its modest priority
    would count for nothing in one of its own.
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS}
    return {"process_group": 0}


def _change(uri: str, document: Document | None) -> dict[str, str | None]:
    if document is None:
        return {"uri": uri, "language_id": "", "text": None}
    return {"uri": uri, "language_id": document.language_id, "text": document.text}


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"
