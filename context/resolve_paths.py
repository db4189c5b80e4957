"""Languages whose imports are paths, or nearly so: C and C++, PHP, Ruby, Lua, shell scripts, CSS and HTML."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from context.imports import Import
from context.resolve_files import Files, Importer, Target, joined, table, texts

_INCLUDES = ("", "include", "src", "inc", "lib")
_RUBY = ("lib", "", "app/models", "app/lib", "spec", "test")
_LUA = ("", "lua", "src", "lib")

_QUOTED = re.compile(r"[\"']([^\"'\n]+)[\"']")


def c_targets(importer: Importer, found: Import) -> Iterator[Target]:
    """Give the header that `#include` means: beside the document, else below the folders that hold headers."""
    name = found.module.strip("<>\"' ")
    yield from _file(importer.files, (joined(folder, name) for folder in _below(importer, _INCLUDES)))


def ruby_targets(importer: Importer, found: Import) -> Iterator[Target]:
    """Give the file that `require` or `require_relative` means."""
    name = found.module if found.module.endswith(".rb") else found.module + ".rb"
    folders = [importer.folder] if name.startswith("./") else _below(importer, _RUBY)
    yield from _file(importer.files, (joined(folder, name) for folder in folders))


def lua_targets(importer: Importer, found: Import) -> Iterator[Target]:
    """Give the file that `require` means, a dot in its name being a folder."""
    name = found.module.replace(".", "/")
    paths = (joined(folder, name) for folder in _below(importer, _LUA))
    yield from _file(importer.files, (path + end for path in paths for end in (".lua", "/init.lua")))


def php_targets(importer: Importer, found: Import) -> Iterator[Target]:
    """Give the file of a class by the PSR-4 prefixes of composer.json, or the one that `require` means."""
    if not found.names:
        quoted = _QUOTED.search(found.module)
        name = quoted[1] if quoted else found.module
        yield from _file(importer.files, [joined(importer.folder, name.lstrip("/") if quoted else name)])
    for name, _ in found.names:
        whole = f"{found.module}\\{name}".strip("\\")
        for target in _file(importer.files, _psr4(importer, whole)):
            yield Target(target.uri, whole.rpartition("\\")[2])


def path_targets(importer: Importer, found: Import) -> Iterator[Target]:
    """Give the file at a path that is written as seen from the document."""
    name = found.module.strip("\"' ").partition("?")[0]
    yield from _file(importer.files, [joined(importer.folder, name)] if name and not name.startswith("/") else [])


def _file(files: Files, paths: Iterator[str] | list[str]) -> Iterator[Target]:
    if found := files.first(paths):
        yield files.target(found)


def _below(importer: Importer, names: tuple[str, ...]) -> list[str]:
    """Give what stands under some names in the folders around a document, and in those of the project."""
    around = dict.fromkeys((*importer.files.above(importer.path), *importer.files.folders))
    return [folder for each in around for name in names if os.path.isdir(folder := joined(each, name))]


def _psr4(importer: Importer, name: str) -> Iterator[str]:
    """Give where a class may stand, by the longest prefix first (https://www.php-fig.org/psr/psr-4/)."""
    composer = importer.files.nearest(importer.path, "composer.json")
    folder = os.path.dirname(composer) if composer else ""
    prefixes = _prefixes(importer.files.json(composer)) if composer else {}
    for prefix in sorted(prefixes, key=len, reverse=True):
        if name.startswith(prefix):
            inner = name[len(prefix) :].replace("\\", "/") + ".php"
            yield from (joined(folder, each, inner) for each in prefixes[prefix])


def _prefixes(composer: Mapping[str, object]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key in ("autoload", "autoload-dev"):
        for prefix, folders in table(table(composer.get(key)).get("psr-4")).items():
            found.setdefault(prefix, []).extend(texts(folders))
    return found
