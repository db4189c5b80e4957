"""What the files of a project define and refer to, read by tree-sitter and kept by content: a source for the map.

For any thread; one reads at a time. Reading 500 files takes seconds the first time and a tenth of one afterwards (see
`tests/bench/repo_map.py`), so there is a deadline: what was read until then is what there is, and the next reading goes
on from there.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from context.focus import is_test
from context.folders import path_of
from context.repo_map import MAPPED, Definition, Use
from context.syntax import parse
from context.text import Document
from context.workspace import Workspace

# A map of more files would name a vanishing part of each.
MOST_FILES = 5_000


@dataclass(frozen=True, slots=True)
class Tags:
    """What one file defines, and how often it refers to which names."""

    definitions: tuple[Definition, ...]
    references: Mapping[str, int]

    def called(self, path: str) -> Tags:
        """Give the tags of the same text under another path."""
        if not self.definitions or self.definitions[0].path == path:
            return self
        return Tags(tuple(replace(each, path=path) for each in self.definitions), self.references)


@dataclass(frozen=True, slots=True)
class ProjectTags:
    """The tags of some files, by path; a `MapSource`. `late` says that the deadline left files out."""

    files: Mapping[str, Tags]
    late: bool = False

    def definitions(self) -> Iterable[Definition]:
        """Give what the files define."""
        for tags in self.files.values():
            yield from tags.definitions

    def references(self, names: Collection[str]) -> Iterable[Use]:
        """Give where some names are referred to."""
        for path, tags in self.files.items():
            for name, count in tags.references.items():
                if name in names:
                    yield Use(path, name, count)


class TagReader:
    """Reads the tags of files that a workspace lets be seen; unsaved text counts."""

    def __init__(self, workspace: Workspace, clock: Callable[[], float] = time.monotonic) -> None:
        self._workspace = workspace
        self._clock = clock
        self._kept: dict[str, tuple[int, Tags]] = {}
        self._reading = threading.Lock()

    def read(self, root: Path, deadline_s: float, first: Sequence[str] = ()) -> ProjectTags:
        """Give the tags of all files below `root` until the clock says `deadline_s`; those at the URIs `first` first,
        tests last.

        Paths are relative to the root, with "/".
        """
        with self._reading:
            return self._read(root, deadline_s, first)

    def tops(self, path: Path, deadline_s: float) -> list[str]:
        """Give the names that a file defines at its top, without private ones; nothing once the deadline has come."""
        if self._clock() >= deadline_s:
            return []
        with self._reading:
            tags = self._tags(path, path.name)
        shown = tags.definitions if tags else ()
        return [each.name for each in shown if each.kind in MAPPED and not each.container and each.name[:1] != "_"]

    def _read(self, root: Path, deadline_s: float, first: Sequence[str]) -> ProjectTags:
        found: dict[str, Tags] = {}
        paths = [path for uri in first if (path := path_of(uri)) is not None]
        files = sorted(self._workspace.files(MOST_FILES), key=lambda path: is_test(path.as_posix()))
        for path in dict.fromkeys((*paths, *files)):
            name = _relative(path, root)
            if name is None:
                continue
            if self._clock() >= deadline_s:
                return ProjectTags(found, late=True)
            tags = self._tags(path, name)
            if tags is not None:
                found[name] = tags
        return ProjectTags(found)

    def _tags(self, path: Path, name: str) -> Tags | None:
        uri = path.as_uri()
        document = self._workspace.document(uri)
        if document is None:
            self._kept.pop(uri, None)
            return None
        content = hash((document.language_id, document.lines))
        kept = self._kept.get(uri)
        if kept is None or kept[0] != content:
            kept = self._kept[uri] = (content, tags_of(document, name))
        return kept[1].called(name)


def tags_of(document: Document, name: str) -> Tags:
    """Read the tags of a document, whose path in them is `name`."""
    syntax = parse(document)
    definitions = tuple(
        Definition(
            name,
            symbol.name,
            symbol.kind,
            symbol.signature,
            document.line_column(symbol.span.start)[0],
            symbol.container,
        )
        for symbol in syntax.symbols()
    )
    return Tags(definitions, Counter(reference.name for reference in syntax.references()))


def _relative(path: Path, root: Path) -> str | None:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return None
