"""Python: modules below the folders that Python would import from, as far as the project's files tell.

https://docs.python.org/3/reference/import.html. A package's own names come before its submodules, as at run time.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence

from context.imports import Import
from context.resolve_exports import Found, follow
from context.resolve_files import Files, Importer, Target, expanded, joined, table, texts

_PACKAGE_FILES = ("__init__.py", "__init__.pyi")

# Folders that hold what is imported, though nothing says so, and folders of a monorepo that hold such projects.
_SOURCES = ("", "src", "lib", "python")
_PROJECTS = ("apps", "libs", "packages", "plugins", "projects", "python", "services")

_ALL = re.compile(r"^__all__\b([^=\n]*)=\s*([\[(][^\])]*[\])])[ \t]*(?:#.*)?$", re.MULTILINE)
_ALL_AGAIN = re.compile(r"^__all__\s*(?:\+=|\.)", re.MULTILINE)


def python_targets(importer: Importer, found: Import) -> Iterator[Target]:
    """Give where the names of one import are defined."""
    for name, _ in found.names or (("", ""),):
        target = follow(PYTHON, importer.files, importer.path, found.module, name)
        if target is not None:
            yield target


class _Python:
    """The modules of Python."""

    def find(self, files: Files, path: str, module: str) -> Found | None:
        """Give a module, or the folder of a package without a file."""
        name = "".join(module.split())
        inner = name.lstrip(".")
        parts = inner.split(".") if inner else []
        if not name or not all(part.isidentifier() for part in parts):
            return None
        if dots := len(name) - len(inner):
            return _located(files, joined(os.path.dirname(path), *[".."] * (dots - 1), *parts))
        return files.memo(("python", os.path.dirname(path), name), lambda: _absolute(files, path, parts))

    def inside(self, files: Files, path: str, name: str) -> str | None:
        """Give a submodule of a package."""
        folder = os.path.dirname(path) if os.path.basename(path) in _PACKAGE_FILES else path
        found = _located(files, os.path.join(folder, name)) if files.is_folder(folder) else None
        return found.path if found else None

    def stub(self, path: str) -> str | None:
        """Give where the stub of a file is, such as that of a package that is written in C for the most part."""
        return path + "i" if path.endswith(".py") else None

    def hands_on(self, text: str, name: str) -> bool:
        """Tell whether `import *` gives a name: those of `__all__`, else those without an underscore."""
        listed = _ALL.search(text)
        if listed is None or _ALL_AGAIN.search(text):
            return not name.startswith("_") or "__all__" in text
        return f'"{name}"' in listed[2] or f"'{name}'" in listed[2]


PYTHON = _Python()


def roots_around(files: Files, path: str) -> list[str]:
    """Give the folders from which the file at a path imports, the likeliest first.

    These are the folders around it that are no packages, with what their settings or customs call their sources. The
    folder around a workspace folder counts if that is a package: its own files import it by name.
    """
    return files.memo(("python roots", os.path.dirname(path)), lambda: _roots_around(files, path))


def _roots_around(files: Files, path: str) -> list[str]:
    found = []
    for folder in dict.fromkeys((*files.above(path), *files.folders)):
        if not _is_package(folder):
            settings = files.toml(joined(folder, "pyproject.toml"))
            found += [joined(folder, each) for each in (*_declared(settings), *_SOURCES)]
        elif folder in files.folders:
            found.append(os.path.dirname(folder))
    return [root for root in dict.fromkeys((*found, *files.sources)) if os.path.isdir(root)]


def _declared(settings: object) -> list[str]:
    """Give the folders of sources that a pyproject.toml names."""
    tool = table(table(settings).get("tool"))
    setuptools = table(tool.get("setuptools"))
    package_dirs = table(setuptools.get("package-dir"))
    packages = table(setuptools.get("packages"))
    where = texts(table(packages.get("find")).get("where"))
    listed = table(tool.get("poetry")).get("packages")
    poetry = [table(each).get("from") for each in (listed if isinstance(listed, list) else ())]
    return [*texts(package_dirs.get("")), *where, *texts(poetry)]


def _absolute(files: Files, path: str, parts: Sequence[str]) -> Found | None:
    for root in roots_around(files, path):
        if found := _located(files, os.path.join(root, *parts)):
            return found
    if parts[0] in sys.stdlib_module_names:
        return None
    for root in _guessed(files):
        # A folder of this name may be anything as long as nothing says that it is a package.
        if _is_module(os.path.join(root, parts[0])) and (found := _located(files, os.path.join(root, *parts))):
            return found
    return _installed(files, parts)


def _installed(files: Files, parts: Sequence[str]) -> Found | None:
    """Give a module of an installed package, or what a package of stubs says of it (PEP 561)."""
    for top in (parts[0], f"{parts[0]}-stubs"):
        for library in files.libraries:
            if found := _located(files, os.path.join(library, top, *parts[1:])):
                return found
    return None


def _guessed(files: Files) -> list[str]:
    """Give the folders that other projects in the workspace folders may import from."""

    def guess() -> Iterator[str]:
        for folder in files.folders:
            projects = [*files.folders_in(folder), *expanded(files, folder, (f"{each}/*" for each in _PROJECTS))]
            for project in projects:
                if not _is_package(project):
                    yield from (joined(project, source) for source in _SOURCES)

    return files.memo("python guessed", lambda: [*dict.fromkeys(guess())])


def _located(files: Files, path: str) -> Found | None:
    """Give the module at a path without its suffix: a package, a file, a stub, or else a folder of other modules."""
    candidates = (f"{path}/__init__.py", f"{path}.py", f"{path}/__init__.pyi", f"{path}.pyi")
    found = files.first(map(os.path.normpath, candidates))
    if found is None and files.is_folder(path):
        found = path
    return Found(found) if found else None


def _is_package(folder: str) -> bool:
    return any(os.path.isfile(os.path.join(folder, name)) for name in _PACKAGE_FILES)


def _is_module(path: str) -> bool:
    return _is_package(path) or os.path.isfile(path + ".py")
