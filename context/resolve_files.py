"""What a resolver sees of the files around a document, kept for as long as one view of the project lasts.

The file system is asked only whether a name is there at all; whether it may be seen, and what it says, the workspace
tells. So an excluded file is never found, and an unsaved document is found where its file will be.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

from context.imports import Import
from context.text import Document
from context.workspace import Workspace

T = TypeVar("T")

# More than one document leads to; what comes after is read again when it is asked again.
_MOST_DOCUMENTS = 1_000

# As many folders as the packages of a large project; a pattern may mean every folder there is.
_MOST_FOLDERS = 500

_COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:\\.|[^"\\\n])*")|,(?=\s*[}\]])')


@dataclass(frozen=True, slots=True)
class Target:
    """Where an imported name is defined; the name "" is the module or file itself, "default" an unnamed default."""

    uri: str
    name: str


class Files:
    """The files below some folders, as they stand when each is first asked for. Paths are absolute and normal.

    `libraries` are folders of installed packages: only the rules about secrets and the ignore files that speak to
    assistants hold there, as for a file that a person attaches. `sources` are folders that an environment adds to
    those that Python imports from.
    """

    def __init__(
        self,
        workspace: Workspace,
        folders: Sequence[str],
        libraries: Sequence[str] = (),
        sources: Sequence[str] = (),
    ) -> None:
        self._workspace = workspace
        self.folders = tuple(folders)
        self.libraries = tuple(libraries)
        self.sources = tuple(sources)
        self._roots = tuple(each for folder in folders for each in _both(folder))
        self._library_roots = tuple(each for folder in libraries for each in _both(folder))
        self._documents: dict[str, Document | None] = {}
        self._memo: dict[Hashable, Any] = {}

    def document(self, path: str) -> Document | None:
        """Give a file as a document; None when it is not there, may not be seen, or lies outside of the folders."""
        try:
            return self._documents[path]
        except KeyError:
            pass  # it was never asked for, or a thread has just made room
        if len(self._documents) >= _MOST_DOCUMENTS:
            self._documents.clear()
        document = self._documents[path] = self.read(path)
        return document

    def read(self, path: str) -> Document | None:
        """Give a file as `document` does, as it stands now."""
        try:
            path.encode()
        except UnicodeEncodeError:
            return None  # half of a surrogate pair, which an editor may send and no file system takes
        is_file = os.path.isfile(path)  # first, because most of what is asked for is not there
        opened = None if is_file else self._workspace.opened(Path(path).as_uri())
        if not (is_file or opened) or not self.holds(path):
            return None
        if opened:
            return opened
        uri, real = Path(path).as_uri(), self._real(path)
        if _within(real, self._library_roots):
            return self._workspace.document(uri, attached=True)
        return self._workspace.document(uri) if _within(real, self._roots) else None

    def text(self, path: str) -> str:
        """Give the text of a file; "" when there is none to be seen."""
        document = self.document(path)
        return self.memo(("text", path), lambda: document.text) if document else ""

    def first(self, paths: Iterable[str]) -> str | None:
        """Give the first of some paths that is a file which may be seen."""
        return next((path for path in paths if self.document(path) is not None), None)

    def target(self, path: str, name: str = "") -> Target:
        """Give a target in a file that is there."""
        return Target(Path(path).as_uri(), name)

    def is_folder(self, path: str) -> bool:
        """Tell whether a folder of this path lies in the folders; whether its files may be seen, each of them tells."""
        return self.holds(path) and os.path.isdir(path)

    def holds(self, path: str) -> bool:
        """Tell whether a path lies in the folders or libraries, by its own words."""
        return "\0" not in path and _within(path, self._roots + self._library_roots)

    def listing(self, folder: str) -> tuple[list[str], list[str]]:
        """Give the names of the files and of the folders in a folder that may be seen, each in order."""
        return self.memo(("listing", folder), partial(self._listing, folder))

    def folders_in(self, folder: str) -> list[str]:
        """Give the paths of the folders in a folder that may be seen."""
        return [os.path.join(folder, name) for name in self.listing(folder)[1]]

    def above(self, path: str) -> list[str]:
        """Give the folders around a path up to the outermost one of the project, the nearest first."""
        return self.memo(("above", os.path.dirname(path)), partial(self._above, os.path.dirname(path)))

    def nearest(self, path: str, *names: str) -> str | None:
        """Give the nearest file of one of some names in the folders around a path."""
        return self.first(os.path.join(folder, name) for folder in self.above(path) for name in names)

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """Give what was made for a key, made now if need be. While it is made, it must not be asked for again."""
        if key not in self._memo:
            self._memo[key] = make()
        made: T = self._memo[key]
        return made

    def json(self, path: str) -> Mapping[str, Any]:
        """Give a JSON object, which may hold comments and trailing commas; {} when there is none to be understood."""
        return _parsed(_json, self.text(path))

    def toml(self, path: str) -> Mapping[str, Any]:
        """Give the tables of a TOML file; {} when there is none to be understood."""
        return _parsed(tomllib.loads, self.text(path))

    def _real(self, path: str) -> str:
        """Give what a path leads to; the links on the way to a folder are followed once for all of its files."""
        if os.path.islink(path):
            return os.path.realpath(path)
        folder, name = os.path.split(path)
        return os.path.join(self.memo(("real", folder), partial(os.path.realpath, folder)), name)

    def _listing(self, folder: str) -> tuple[list[str], list[str]]:
        entries = self._workspace.listing(Path(folder)) if self.is_folder(folder) else None
        files = [entry.path.name for entry in entries or () if not entry.is_folder]
        return files, [entry.path.name for entry in entries or () if entry.is_folder]

    def _above(self, folder: str) -> list[str]:
        found = []
        while self.holds(folder):
            found.append(folder)
            parent = os.path.dirname(folder)
            if parent == folder:
                break
            folder = parent
        return found


@dataclass(frozen=True, slots=True)
class Importer:
    """A document whose imports are resolved, at its path, and what can be seen from there."""

    files: Files
    document: Document
    path: str

    @property
    def folder(self) -> str:
        """The folder of the document."""
        return os.path.dirname(self.path)


# What a family of languages gives: the targets of one import, in order.
Resolve = Callable[[Importer, Import], Iterator[Target]]


def joined(folder: str, *parts: str) -> str:
    """Give the normal path of something in or above a folder."""
    return os.path.normpath(os.path.join(folder, *parts))


def table(value: object) -> Mapping[str, Any]:
    """Give what should be a table of a settings file; {} when it is something else."""
    return value if isinstance(value, dict) else {}


def texts(value: object) -> list[str]:
    """Give what should be a text or a list of texts as a list; what is neither is left out."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]


def expanded(files: Files, folder: str, patterns: Iterable[str]) -> Iterator[str]:
    """Give the folders that patterns such as `packages/*` mean, as tools with workspaces write them."""
    for pattern in patterns:
        found = [folder]
        for part in pattern.replace("\\", "/").strip("/").split("/"):
            if "*" in part:
                found = [inner for outer in found for inner in files.folders_in(outer)][:_MOST_FOLDERS]
            elif part not in ("", "."):
                found = [joined(outer, part) for outer in found]
        yield from filter(files.is_folder, found)


def _both(folder: str) -> Iterator[str]:
    """Give a folder as it is called and as it is once links are resolved, each as paths in it begin."""
    for each in (os.path.normpath(folder), os.path.realpath(folder)):
        yield os.path.normcase(each).rstrip(os.sep) + os.sep


def _within(path: str, roots: tuple[str, ...]) -> bool:
    return (os.path.normcase(path) + os.sep).startswith(roots)


def _json(text: str) -> object:
    plain = _COMMENT.sub(lambda match: match[1] or " ", text.removeprefix("\ufeff"))
    return json.loads(_TRAILING_COMMA.sub(lambda match: match[1] or "", plain))


@lru_cache(128)
def _parsed(parse: Callable[[str], object], text: str) -> Mapping[str, Any]:
    """Give a settings file; one that is broken says nothing, and its own tools tell the person so."""
    try:
        return table(parse(text))
    except (ValueError, RecursionError):
        return {}
