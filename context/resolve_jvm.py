"""Java, Kotlin and Scala: a package is a path below a source root, and a class mostly a file of its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache

from context.imports import Import
from context.resolve_files import Files, Importer, Target, joined
from context.resolve_names import mentions, offset_by_form
from context.snippet import WORD
from context.text import Document

_LANGUAGES = ("java", "kotlin", "scala")
_SUFFIXES = (".java", ".kt", ".scala")
_FREE = (".kt", ".scala")

# Where the layout of Maven and Gradle, and those without one, put sources.
_SOURCES = tuple(f"src/{part}/{language}" for part in ("main", "test", "commonMain") for language in _LANGUAGES)
_ROOTS = (*_SOURCES, "src", "app/src", "")

_MOST_FILES = 200
_MOST_TARGETS = 24


def jvm_targets(importer: Importer, found: Import) -> Iterator[Target]:
    """Give the files of what is imported; of a whole package, those whose names the document uses."""
    parts = "".join(found.module.split()).split(".") if found.module else []
    for name, _ in found.names or (("", ""),):
        if name == "*":
            yield from _all(importer, parts)
        elif target := _one(importer, parts, name):
            yield target


def _one(importer: Importer, parts: list[str], name: str) -> Target | None:
    files = importer.files
    for folder in _homes(importer, parts):
        if own := files.first(joined(folder, name + suffix) for suffix in _SUFFIXES):
            return files.target(own, name)
        # What stands in a class, such as a nested one or a static member.
        if parts and (outer := files.first(folder + suffix for suffix in _SUFFIXES)):
            return files.target(outer, name)
        # In Java a class stands in a file of its name; elsewhere any file of the package may hold it.
        if home := next((path for path in _sources(files, folder, _FREE) if _defines(files, path, name)), None):
            return files.target(home, name)
    return None


def _all(importer: Importer, parts: list[str]) -> Iterator[Target]:
    files, words = importer.files, _words(importer.document)
    for folder in _homes(importer, parts):
        if parts and (outer := files.first(folder + suffix for suffix in _SUFFIXES)):
            yield files.target(outer, parts[-1])
            return
        stems = [(path, os.path.splitext(os.path.basename(path))[0]) for path in _sources(files, folder, _SUFFIXES)]
        used = [files.target(path, stem) for path, stem in stems if stem in words and files.document(path)]
        yield from used[:_MOST_TARGETS]


def _homes(importer: Importer, parts: list[str]) -> list[str]:
    """Give where a package, or a class that holds what is imported, may be: its places below the source roots."""
    files = importer.files

    def find() -> list[str]:
        tops = [root for root in _roots(files, importer) if not parts or files.is_folder(joined(root, parts[0]))]
        places = (joined(root, *parts) for root in tops)
        return [each for each in places if files.is_folder(each) or files.is_folder(os.path.dirname(each))]

    return files.memo(("jvm homes", importer.folder, *parts), find)


def _sources(files: Files, folder: str, suffixes: tuple[str, ...]) -> list[str]:
    names = [name for name in files.listing(folder)[0] if name.endswith(suffixes)]
    return [os.path.join(folder, name) for name in names[:_MOST_FILES]]


def _defines(files: Files, path: str, name: str) -> bool:
    text = files.text(path)
    return mentions(text, name) and offset_by_form("java", text, name) is not None


def _roots(files: Files, importer: Importer) -> list[str]:
    """Give the source roots: those around the document, the nearest first, then those of the project's modules."""
    return files.memo(("jvm", importer.folder), lambda: _find_roots(files, importer))


def _find_roots(files: Files, importer: Importer) -> list[str]:
    above = files.above(importer.path)
    modules = [module for folder in (*files.folders, *above[-1:]) for module in files.folders_in(folder)]
    roots = [joined(folder, root) for folder in (*above, *modules) for root in _ROOTS]
    return [root for root in dict.fromkeys(roots) if files.is_folder(root)]


@lru_cache(16)
def _words(document: Document) -> frozenset[str]:
    return frozenset(WORD.findall(document.text))
