"""Resolves imports: which file of the project, or of an installed package, defines each name that a document imports.

A table says which module knows the ways of a language; one that it does not name resolves to nothing. What was found
is kept for some seconds, or until `forget`, so a change of the file system is seen with that delay.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from context.imports import Import
from context.languages import LANGUAGES
from context.library import Library
from context.resolve_files import Files, Importer, Resolve, Target
from context.resolve_go import go_targets
from context.resolve_jvm import jvm_targets
from context.resolve_names import where
from context.resolve_paths import c_targets, lua_targets, path_targets, php_targets, ruby_targets
from context.resolve_python import python_targets
from context.resolve_rust import rust_targets
from context.resolve_web import web_targets
from context.text import Document
from context.workspace import Workspace, path_of

__all__ = ["Resolver", "Target", "where"]

RESOLVERS: Mapping[str, Resolve] = {
    "python": python_targets,
    "javascript": web_targets,
    "typescript": web_targets,
    "typescriptreact": web_targets,
    "go": go_targets,
    "rust": rust_targets,
    "java": jvm_targets,
    "kotlin": jvm_targets,
    "scala": jvm_targets,
    "c": c_targets,
    "cpp": c_targets,
    "php": php_targets,
    "ruby": ruby_targets,
    "lua": lua_targets,
    "shellscript": path_targets,
    "css": path_targets,
    "html": path_targets,
}

# Whose targets depend on which of the imported names the text uses, so that any change may change them.
_BY_USE = frozenset({"go", "java", "kotlin", "scala"})

# How long what was seen of the file system holds.
KEPT_S = 10.0
_MOST_ANSWERS = 256

# No person's file imports more often, and one that does must not hold up everything else.
_MOST_IMPORTS = 400

# What marks the folder of a project, where nobody has said which folders there are.
_MARKS = (
    *(".git", ".hg", "pyproject.toml", "setup.py", "package.json", "go.mod", "Cargo.toml", "composer.json"),
    *("pom.xml", "build.gradle", "build.gradle.kts", "Gemfile", ".antiphon.toml"),
)


@dataclass(slots=True)
class _View:
    """What was seen of the project since a time: files by the folders they belong to, and answers."""

    since_s: float
    files: dict[tuple[str, ...], Files] = field(default_factory=dict)
    answers: dict[Hashable, list[list[Target]]] = field(default_factory=dict)


class Resolver:
    """Resolves the imports of documents; made for a thread, since it reads files.

    `folders` are the workspace's, None while nobody has said which; a document's project is then told by what lies
    around it. Nothing outside of them is a target but what `library` holds. `clock` gives seconds.
    """

    def __init__(
        self,
        workspace: Workspace,
        folders: Sequence[Path] | None = None,
        library: Library | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workspace = workspace
        self._folders = folders
        self._library = library
        self._clock = clock
        self._lock = threading.Lock()
        self._view: _View | None = None

    def set_folders(self, folders: Sequence[Path]) -> None:
        """Take over the workspace folders, as the workspace does."""
        self._folders = folders
        self.forget()

    def forget(self) -> None:
        """Forget what was seen of the file system, as when it has changed. Never waits."""
        self._view = None

    def targets(self, document: Document, imports: Sequence[Import]) -> list[Target]:
        """Give where the imported names are defined, in the order of the imports and each once.

        A name that cannot be found, or only in the document itself, has no target. Raises nothing.
        """
        return list(dict.fromkeys(chain.from_iterable(self.by_import(document, imports))))

    def by_import(self, document: Document, imports: Sequence[Import]) -> list[list[Target]]:
        """Give the targets of each import, [] for one that leads to nothing that can be seen."""
        row = LANGUAGES.get(document.language_id)
        resolve = RESOLVERS.get(row.id) if row else None
        path = path_of(document.uri)
        if row is None or resolve is None or path is None:
            return [[] for _ in imports]
        text = document if row.id in _BY_USE else None
        key = (document.uri, row.id, text, tuple((each.module, each.names) for each in imports))
        with self._lock:
            view = self._current()
            if key not in view.answers:
                if len(view.answers) >= _MOST_ANSWERS:
                    view.answers.clear()
                importer = Importer(self._files(view, path), document, os.path.abspath(path))
                found = [self._resolved(importer, resolve, each) for each in imports[:_MOST_IMPORTS]]
                view.answers[key] = found + [[] for _ in imports[_MOST_IMPORTS:]]
            return view.answers[key]

    def document(self, target: Target) -> Document | None:
        """Give the document of a target as it stands now; None when it may no longer be seen."""
        inside = self._library.document(target.uri) if self._library else None
        return inside or self._workspace.document(target.uri)

    def _resolved(self, importer: Importer, resolve: Resolve, found: Import) -> list[Target]:
        own = Path(importer.path).as_uri()
        return [target for target in dict.fromkeys(resolve(importer, found)) if target.uri != own]

    def _current(self) -> _View:
        view, now_s = self._view, self._clock()
        if view is None or not 0 <= now_s - view.since_s < KEPT_S:
            view = self._view = _View(now_s)
        return view

    def _files(self, view: _View, path: Path) -> Files:
        folders = self._folders if self._folders is not None else (_project(path),)
        key = tuple(os.path.abspath(folder) for folder in folders)
        if key not in view.files:
            library = self._library
            libraries, sources = (library.folders(), library.sources()) if library else ((), ())
            view.files[key] = Files(self._workspace, key, libraries, sources)
        return view.files[key]


def _project(path: Path) -> Path:
    """Give the folder of the project around a file: where its repository begins, else the nearest one with a mark."""
    above = Path(os.path.abspath(path)).parents
    marked = (folder for mark in (_MARKS[:1], _MARKS[1:]) for folder in above if _any_in(folder, mark))
    return next(marked, above[0] if above else path)


def _any_in(folder: Path, names: Sequence[str]) -> bool:
    return any(os.path.lexists(folder / name) for name in names)
