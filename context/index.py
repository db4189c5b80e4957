"""The project index: where names are defined and words stand, in all files of one root.

A process of its own writes it (`index_host`) while there is something to write; a thread reads it, with a deadline for
each question. Nothing here makes anybody wait, and nothing raises: when something goes wrong there is less index, and
`fault` says why.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import platformdirs

from context.index_chunks import Chunk
from context.index_reader import Counts, IndexedSymbol, ProjectQuestion, Question, Reader
from context.index_writer import Writer
from context.snippet import Snippet
from context.text import Document

logger = logging.getLogger(__name__)

__all__ = ["Chunk", "Counts", "Index", "IndexedSymbol"]

T = TypeVar("T")

# The index of a project that was not opened for so long is removed.
_KEPT_S = 90 * 24 * 3600

# For questions that no key waits for.
_PATIENCE_S = 1.0

# What is late needs some of its time to hand over what it has.
_HANDING_OVER = 0.1


class Index:
    """The index of one root, in one file below `folder`: the platform's cache, and if need be a temporary folder.

    Changes are written `settle_s` after the first of them; the writing process ends after `idle_s` without any. Of two
    servers on one root, both read, and the second one writes when the first has ended its process.
    """

    def __init__(self, root: Path, folder: Path | None = None, *, settle_s: float = 1.0, idle_s: float = 60.0) -> None:
        self._root = Path(os.path.realpath(root))
        self._folder = folder
        self._temporary: Path | None = None
        self._reader: Reader | None = None
        self._writer = Writer(self._root, settle_s, idle_s)
        self._thread = ThreadPoolExecutor(1, "index")
        self._writing: asyncio.Task[None] | None = None

    @property
    def progress(self) -> tuple[int, int]:
        """How many files the last walk has looked at, and of how many."""
        return self._writer.progress

    @property
    def fault(self) -> str:
        """Why nothing is indexed, as a sentence; "" while all is well."""
        return self._writer.fault

    async def start(self) -> None:
        """Begin to index in the background; returns as soon as it is known where."""
        loop = asyncio.get_running_loop()
        database = await loop.run_in_executor(self._thread, self._place)
        if database is None:
            self._writer.give_up("the project is not indexed: neither its cache nor a temporary folder can be written.")
            return
        self._reader = Reader(self._root, database)
        self.refresh()
        self._writing = asyncio.create_task(self._writer.run(database))

    def refresh(self) -> None:
        """Look at all files again, as after a change of branch; those with the same size and time are not read."""
        self._writer.order("walk")

    def changed(self, uri: str, document: Document | None = None) -> None:
        """Tell that a document has changed; None: that its file has, or was closed, made, or removed. Costs nothing."""
        self._writer.changed(uri, document)

    async def settled(self) -> None:
        """Wait until everything told so far is indexed, or a fault prevents it."""
        await self._writer.quiet()

    async def symbols(self, names: Sequence[str], *, deadline_s: float, limit: int) -> list[IndexedSymbol]:
        """Give the definitions of some names, those of the rarest first; what was found within `deadline_s` seconds."""
        reader = self._reader
        return await self._ask(reader, reader.symbols(names, limit), deadline_s) if reader else []

    async def search(
        self, texts: Sequence[str], *, deadline_s: float, limit: int, language_id: str | None = None
    ) -> list[Chunk]:
        """Give the chunks that best fit the rarest words of some texts (BM25); nothing if the deadline comes first.

        A text may be a word, an identifier or whole lines of code.
        """
        reader = self._reader
        return await self._ask(reader, reader.search(texts, limit, language_id), deadline_s) if reader else []

    async def ask_project(self, question: ProjectQuestion, *, deadline_s: float) -> list[Snippet]:
        """Give what a question to the project yields within `deadline_s` seconds; nothing while there is no index.

        The question runs on the thread that reads. What it is given besides tells when it is late: a little before the
        deadline, so that it can still give what it has. One that raises is logged, and gives what it yielded before.
        """
        reader = self._reader
        return await self._ask(reader, reader.snippets(question), deadline_s, _HANDING_OVER) if reader else []

    async def outline(self, path: Path) -> list[IndexedSymbol]:
        """Give the definitions of one file in the order of its text; nothing for a file outside of the root."""
        reader = self._reader
        try:
            key = path.relative_to(self._root) if path.is_absolute() else path
        except ValueError:
            return []
        return await self._ask(reader, reader.outline(key.as_posix()), _PATIENCE_S) if reader else []

    async def stats(self) -> Counts:
        """Give how much is indexed."""
        reader = self._reader
        found = await self._ask(reader, reader.counts(), _PATIENCE_S) if reader else []
        return replace(found[0], complete=self._writer.complete) if found else Counts()

    async def aclose(self) -> None:
        """End the process and let go of the file."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait([self._writing])
        await asyncio.get_running_loop().run_in_executor(self._thread, self._let_go)
        self._thread.shutdown(wait=False)

    async def _ask(self, reader: Reader, question: Question[T], deadline_s: float, kept: float = 0.0) -> list[T]:
        found: list[T] = []
        late_s = time.monotonic() + deadline_s * (1 - kept)
        asked = asyncio.get_running_loop().run_in_executor(self._thread, reader.ask, question, found, late_s)
        await asyncio.wait([asked], timeout=deadline_s)
        if reader.damaged:
            reader.damaged = False
            self._writer.order("damaged")
        return list(found)

    def _place(self) -> Path | None:
        """Give a place for the file in the first folder that takes one."""
        name = hashlib.sha256(os.path.normcase(self._root).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        folder = self._folder or platformdirs.user_cache_path("antiphon") / "index"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                _remove_unused(folder, name)
                return folder / f"{name}.db"
        except OSError as error:
            logger.warning("the index is kept until the end only, since %s cannot be written: %s", folder, error)
        try:
            self._temporary = Path(tempfile.mkdtemp(prefix="antiphon-"))
        except OSError as error:
            logger.info("no temporary folder can be made: %s", error)
            return None
        return self._temporary / f"{name}.db"

    def _let_go(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)


def _remove_unused(folder: Path, name: str) -> None:
    """Remove what belongs to projects that nobody has opened for long; our own is marked as opened."""
    with suppress(OSError):  # it is not there yet
        os.utime(folder / f"{name}.db")
    for database in folder.glob("*.db"):
        with suppress(OSError):  # another server was faster, or still has it open
            if time.time() - database.stat().st_mtime > _KEPT_S:
                for path in folder.glob(f"{database.stem}.*"):
                    path.unlink()
