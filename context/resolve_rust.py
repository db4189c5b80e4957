"""Rust: modules by their `mod` declarations' places, crates by the Cargo.toml files of the project itself.

https://doc.rust-lang.org/reference/items/modules.html. Which items are public is not asked: what a person imports, they
mean to have.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from context.imports import Import
from context.resolve_exports import Found, follow
from context.resolve_files import Files, Importer, Target, expanded, joined, table, texts
from context.resolve_names import offset_by_form
from context.text import Document

# The files that own the modules beside them, not those in a folder of their own name.
_OWNERS = ("mod.rs", "lib.rs", "main.rs")
_BINARIES = ("bin", "tests", "examples", "benches")
_PROGRAMS = ("bin", "test", "example", "bench")
_DEPENDENCIES = ("dependencies", "dev-dependencies", "build-dependencies")
_PATH = re.compile(r'#\[path\s*=\s*"([^"\n]+)"\]\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;')


def rust_targets(importer: Importer, found: Import) -> Iterator[Target]:
    """Give where the names of one import are defined."""
    module = "".join(found.module.split()).removeprefix("::")
    for name, _ in found.names or (("", ""),):
        # `super` in a module within the file is the file itself.
        own = module == "super" and _defines(importer.document, name)
        target = None if own else follow(RUST, importer.files, importer.path, module, name)
        if target is not None:
            yield target


class _Rust:
    """The modules of Rust. A part of a path that is no module is an item of the one before it."""

    def find(self, files: Files, path: str, module: str) -> Found | None:
        """Give a module, or the one that holds what is named."""
        parts = "".join(module.split()).removeprefix("r#").split("::") if module else []
        at: str | None = path
        while at and parts and parts[0] in ("crate", "self", "super"):
            first = parts.pop(0)
            at = _root(files, at) if first == "crate" else _parent(files, at) if first == "super" else at
        if at == path and parts and not module.startswith("self"):
            at, parts = self.inside(files, path, parts[0]), parts[1:]
        while at and parts and (inner := _child(files, at, parts[0])):
            at, parts = inner, parts[1:]
        return Found(at, parts[0] if parts else "") if at else None

    def inside(self, files: Files, path: str, name: str) -> str | None:
        """Give the file of a module below this one, or of a crate of the project."""
        return _child(files, path, name) or _crates(files, path).get(name)

    def stub(self, path: str) -> str | None:
        """Give nothing: Rust declares nothing twice."""
        return None

    def hands_on(self, text: str, name: str) -> bool:
        """Tell that `*` gives everything."""
        return True


RUST = _Rust()


def _defines(document: Document, name: str) -> bool:
    return offset_by_form("rust", document.text, name) is not None


def _child(files: Files, path: str, name: str) -> str | None:
    name = name.removeprefix("r#")
    folder, file = os.path.split(path)
    text = files.text(path)
    for written, module in _PATH.findall(text) if "#[path" in text else ():
        if module == name:
            return files.first((joined(folder, written),))
    owner = file in _OWNERS or os.path.basename(folder) in _BINARIES
    below = folder if owner else os.path.splitext(path)[0]
    child = files.first((joined(below, name + ".rs"), joined(below, name, "mod.rs")))
    return child if child != path else None


def _parent(files: Files, path: str) -> str | None:
    folder, file = os.path.split(path)
    around = os.path.dirname(folder) if file == "mod.rs" else folder
    # The module of a folder stands in it, or beside it under its name.
    candidates = [*(os.path.join(around, name) for name in _OWNERS), around + ".rs"]
    return files.first(candidate for candidate in candidates if candidate != path)


def _root(files: Files, path: str) -> str | None:
    """Give the file at the root of the crate that a file belongs to."""
    manifest = files.nearest(path, "Cargo.toml")
    home = os.path.dirname(manifest) if manifest else os.path.dirname(path)
    if named := _named_root(files, home, path):
        return named
    inside = os.path.relpath(path, home).replace(os.sep, "/").split("/")
    if inside[0] in _BINARIES or inside[:2] == ["src", "bin"]:
        at = 2 if inside[0] in _BINARIES else 3
        own = joined(home, *inside[:at])
        return files.first((own, joined(own, "main.rs")))
    if inside == ["src", "main.rs"]:
        return path
    return _library(files, home)


def _named_root(files: Files, home: str, path: str) -> str | None:
    """Give the file beside or above a path that a Cargo.toml names as a program or test."""
    settings = files.toml(joined(home, "Cargo.toml"))
    listed = [each for key in _PROGRAMS if isinstance(each := settings.get(key), list)]
    named = [joined(home, name) for rows in listed for row in rows for name in texts(table(row).get("path"))]
    around = files.above(path)
    return files.first(name for name in named if name == path or os.path.dirname(name) in around)


def _library(files: Files, home: str) -> str | None:
    """Give the root of the crate in a folder: the library, else the program."""
    named = texts(table(files.toml(joined(home, "Cargo.toml")).get("lib")).get("path"))
    return files.first(joined(home, each) for each in (*named, "src/lib.rs", "src/main.rs", "lib.rs"))


def _crates(files: Files, path: str) -> Mapping[str, str]:
    """Give the roots of the crates that a file can name, by their names in code."""
    manifest = files.nearest(path, "Cargo.toml")
    return files.memo(("rust", manifest), lambda: _read_crates(files, manifest)) if manifest else {}


def _read_crates(files: Files, manifest: str) -> dict[str, str]:
    own = os.path.dirname(manifest)
    homes: list[tuple[str, str]] = [*_dependencies(files, own), (_name(files, own), own)]
    for folder in files.above(manifest):
        workspace = table(files.toml(joined(folder, "Cargo.toml")).get("workspace"))
        homes += _by_path(folder, workspace.get("dependencies"))
        homes += [(_name(files, member), member) for member in expanded(files, folder, texts(workspace.get("members")))]
    found: dict[str, str] = {}
    for name, home in homes:
        root = _library(files, home) if name else None
        if root:
            found.setdefault(name.replace("-", "_"), root)
    return found


def _dependencies(files: Files, folder: str) -> Iterator[tuple[str, str]]:
    settings = files.toml(joined(folder, "Cargo.toml"))
    for key in _DEPENDENCIES:
        yield from _by_path(folder, settings.get(key))


def _by_path(folder: str, dependencies: object) -> Iterator[tuple[str, str]]:
    for name, value in table(dependencies).items():
        for path in texts(table(value).get("path")):
            yield name, joined(folder, path)


def _name(files: Files, folder: str) -> str:
    """Give the name of the crate in a folder, "" when there is none."""
    settings = files.toml(joined(folder, "Cargo.toml"))
    names = [*texts(table(settings.get("lib")).get("name")), *texts(table(settings.get("package")).get("name"))]
    return names[0] if names else ""
