"""Small projects with their index, as the real program makes it: written to a folder, and indexed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from context.index_project import IndexedProject, Memory
from context.index_store import Store
from context.indexer import Indexer


@contextmanager
def project_of(folder: Path, files: Mapping[str, str]) -> Iterator[IndexedProject]:
    """Write files by their paths below `folder/project`, index them, and give the project as retrieval sees it."""
    root = (folder / "project").resolve()
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
    with closing(Store(folder / "index.db")) as store:
        list(Indexer(root, store).walk())
    with closing(sqlite3.connect(folder / "index.db", check_same_thread=False)) as connection:
        yield IndexedProject(root, connection, Memory())
