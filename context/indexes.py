"""One index for each folder of the workspace: opened, told of changes, and closed together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from pathlib import Path

from context.folders import path_of
from context.index import Index
from context.text import Document

logger = logging.getLogger(__name__)

# More files at once than this are a change of branch, and all files are looked at again.
_MOST_CHANGES = 100


class Indexes:
    """The indexes of some folders. `make` opens the index of one; nothing here raises, and nobody waits."""

    def __init__(self, make: Callable[[Path], Index] = Index) -> None:
        self._make = make
        self._indexes: dict[Path, Index] = {}
        self._built: set[Path] = set()
        self._lock = asyncio.Lock()
        self._folder_of = lru_cache(4_096)(self._find_folder)

    async def set_folders(self, folders: Sequence[Path]) -> None:
        """Take over the workspace folders: indexes of new ones are started, those of others closed."""
        async with self._lock:
            gone = [folder for folder in self._indexes if folder not in folders]
            for folder in gone:
                index = self._indexes.pop(folder)
                self._built.discard(folder)
                self._folder_of.cache_clear()
                await index.aclose()
            for folder in folders:
                if folder not in self._indexes:
                    self._indexes[folder] = index = self._make(folder)
                    self._folder_of.cache_clear()
                    await index.start()

    async def aclose(self) -> None:
        """Close all of them."""
        await self.set_folders(())

    def of(self, uri: str) -> Index | None:
        """Give the index of the innermost folder that holds a document; None for one outside of all."""
        folder = self._folder_of(uri)
        return self._indexes.get(folder) if folder else None

    def is_built(self, uri: str) -> bool:
        """Tell whether all files of a document's folder have been looked at once."""
        folder = self._folder_of(uri)
        index = self._indexes.get(folder) if folder else None
        if folder is None or index is None:
            return False
        done, total = index.progress
        if done >= total > 0:
            self._built.add(folder)
        return folder in self._built

    def folder(self, uri: str) -> Path | None:
        """Give the innermost folder that holds a document."""
        return self._folder_of(uri)

    def changed(self, uri: str, document: Document | None = None) -> None:
        """Tell that a document has changed; None: that its file has, or was closed, made, or removed."""
        if index := self.of(uri):
            index.changed(uri, document)

    def files_changed(self, uris: Collection[str]) -> None:
        """Tell which files have changed on disk."""
        if len(uris) > _MOST_CHANGES:
            self.refresh()
            return
        for uri in uris:
            self.changed(uri)

    def refresh(self) -> None:
        """Look at all files again, as after a change of branch or of what is excluded."""
        for index in self._indexes.values():
            index.refresh()

    async def settled(self) -> None:
        """Wait until everything told so far is indexed, or a fault prevents it."""
        for index in list(self._indexes.values()):
            await index.settled()

    @property
    def progress(self) -> tuple[int, int]:
        """How many files of all folders the last walks have looked at, and of how many."""
        counts = [index.progress for index in self._indexes.values()]
        return sum(done for done, _ in counts), sum(total for _, total in counts)

    @property
    def faults(self) -> list[str]:
        """Why some folders are not indexed, a sentence each."""
        return [index.fault for index in self._indexes.values() if index.fault]

    def _find_folder(self, uri: str) -> Path | None:
        path = path_of(uri)
        holding = [folder for folder in self._indexes if path is not None and path.is_relative_to(folder)]
        return max(holding, key=lambda folder: len(folder.parts), default=None)
