"""Go: a package is a folder, found by the module path in go.mod; its names are found by what the document uses.

https://go.dev/ref/mod
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from context.imports import Import
from context.resolve_files import Files, Importer, Target, joined
from context.resolve_names import mentions, offset_by_form
from context.text import Document

_MODULE = re.compile(r"^[ \t]*module[ \t]+[\"`]?([^\s\"`]+)", re.MULTILINE)
_REPLACED = re.compile(r"^[ \t]*(?:replace[ \t]+)?(\S+)(?:[ \t]+v\S+)?[ \t]+=>[ \t]+(\.\S*)", re.MULTILINE)
_USED_FOLDER = re.compile(r"^[ \t]*(?:use[ \t]+)?(\.\S*)[ \t]*(?://.*)?\r?$", re.MULTILINE)
_VERSION = re.compile(r"v\d+")
_SELECTED = re.compile(r"\b([^\W\d]\w*)\.([^\W\d_a-z]\w*)")

_MOST_FILES = 80
_MOST_TARGETS = 24


def go_targets(importer: Importer, found: Import) -> Iterator[Target]:
    """Give the files of the imported package that define what the document uses of it.

    Of a package that is not used yet, the file that bears its name, or else its first one, stands for it.
    """
    files = importer.files
    folder = _folder(files, importer.path, found.module)
    paths = _sources(files, folder) if folder else []
    if not folder or not paths:
        return
    written = found.names[0][1] if found.names else _package_name(found.module)
    used = sorted(_selected(importer.document).get(written, ()))[:_MOST_TARGETS]
    given = [files.target(home, name) for name in used if (home := _home(files, paths, name))]
    own = os.path.join(folder, _package_name(found.module) + ".go")
    yield from given or [files.target(own if own in paths else paths[0])]


def _folder(files: Files, path: str, module: str) -> str | None:
    """Give the folder of a package by its import path."""
    for prefix, folder in sorted(_modules(files, path).items(), key=lambda each: len(each[0]), reverse=True):
        if module == prefix or module.startswith(prefix + "/"):
            return joined(folder, *module[len(prefix) :].strip("/").split("/"))
    return None


def _modules(files: Files, path: str) -> Mapping[str, str]:
    """Give the folders of the modules that can be imported without a download, by their paths."""
    return files.memo(("go", os.path.dirname(path)), lambda: _read_modules(files, path))


def _read_modules(files: Files, path: str) -> dict[str, str]:
    own, work = files.nearest(path, "go.mod"), files.nearest(path, "go.work")
    found: dict[str, str] = {}
    members = _USED_FOLDER.findall(files.text(work)) if work else []
    listed = [joined(os.path.dirname(work), each, "go.mod") for each in members] if work else []
    for settings in filter(None, (own, *listed)):
        text, folder = files.text(settings), os.path.dirname(settings)
        if match := _MODULE.search(text):
            found.setdefault(match[1], folder)
        for replaced, instead in _REPLACED.findall(text):
            found.setdefault(replaced, joined(folder, instead))
    return found


def _sources(files: Files, folder: str) -> list[str]:
    names = [name for name in files.listing(folder)[0] if name.endswith(".go") and not name.endswith("_test.go")]
    return [path for name in names[:_MOST_FILES] if files.document(path := os.path.join(folder, name))]


def _home(files: Files, paths: list[str], name: str) -> str | None:
    """Give the file of a package that defines a name."""
    fitting = (path for path in paths if mentions(files.text(path), name))
    return next((path for path in fitting if offset_by_form("go", files.text(path), name) is not None), None)


def _package_name(module: str) -> str:
    """Give the name that a package has by custom: the last part of its path that is no version."""
    parts = module.rstrip("/").split("/")
    last = parts[-2] if len(parts) > 1 and _VERSION.fullmatch(parts[-1]) else parts[-1]
    return last.partition(".v")[0].removeprefix("go-").replace("-", "")


@lru_cache(16)
def _selected(document: Document) -> Mapping[str, set[str]]:
    """Give the names after a dot that begin with a capital, by the name before it."""
    found: dict[str, set[str]] = {}
    for package, name in _SELECTED.findall(document.text):
        found.setdefault(package, set()).add(name)
    return found
