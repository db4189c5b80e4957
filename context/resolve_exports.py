"""Follows a name from the module it is imported from to the file that defines it.

A package often gives names that it took over from its parts itself: `from .mod import Name` in an `__init__.py`,
`export * from "./mod"` in a barrel file, `pub use self::mod::Name`. A few hops are followed; circles end the search.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from context.imports import Import
from context.resolve_files import Files, Target
from context.resolve_names import imports_in, mentions, offset_by_form
from context.text import Document

# Nobody hands a name on more often; and no search reads more files than this for one name.
_MOST_HOPS = 6
_MOST_VISITS = 60

# `as` names in an export list without a source: `export { inner as outer }`.
_LOCAL = r"\b(\w+)\s+as\s+{}\b"
_DEFAULT = re.compile(
    r"^[ \t]*(?:export\s+default|module\.exports\s*=|export\s*=)\s*(?:async\s+)?(?:abstract\s+)?"
    r"(function\b\s*\*?|class\b)?\s*(\w+)?",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A module: its file, or its folder where a folder is a module. `item` is what of it was meant, "" for all."""

    path: str
    item: str = ""


class Modules(Protocol):
    """How the modules of a language lie in files."""

    def find(self, files: Files, path: str, module: str) -> Found | None:
        """Give the module that is written so in the file at a path."""

    def inside(self, files: Files, path: str, name: str) -> str | None:
        """Give the file (or folder) of the module of a name in the module at a path."""

    def stub(self, path: str) -> str | None:
        """Give where declarations stand that belong to the file at a path, None when the language has none such."""

    def hands_on(self, text: str, name: str) -> bool:
        """Tell whether a module of this text gives a name to those that take over everything from it."""


def follow(modules: Modules, files: Files, path: str, module: str, name: str) -> Target | None:
    """Give where a name is defined that the file at a path imports; None when the module is none of the files seen.

    The names "" and "*" mean the module itself, and so does a name that is not to be found in it. One that is made
    while the program runs counts as defined in the module it is imported from, if that has the word at all.
    """
    return _Search(modules, files).follow(path, module, name, _MOST_HOPS)


class _Search:
    """One search. `seen` are the names that were looked for, each in its file."""

    def __init__(self, modules: Modules, files: Files) -> None:
        self._modules = modules
        self._files = files
        self._seen: set[tuple[str, str]] = set()

    def follow(self, path: str, module: str, name: str, hops: int) -> Target | None:
        """Give where a name is defined that is imported from a module."""
        found = self._modules.find(self._files, path, module)
        if found is None:
            return None
        name = found.item or ("" if name == "*" else name)
        document = self._files.document(found.path)
        if not name:
            return self._files.target(found.path) if document else None
        target = self._given(found.path, document, name, hops) if document else None
        target = target or self._inside(found.path, name) or self._declared(found.path, name, hops)
        return target or (self._loose(found.path, document, name) if document else None)

    def _given(self, path: str, document: Document, name: str, hops: int) -> Target | None:
        """Give where a name is defined that a module has, None if that cannot be seen."""
        if (path, name) in self._seen or len(self._seen) >= _MOST_VISITS:
            return None
        self._seen.add((path, name))
        if name == "default":
            return self._default(path, document, hops)
        if self._defines(path, document, name):
            return self._files.target(path, name)
        return self._handed_on(path, document, name, hops) if hops else None

    def _handed_on(self, path: str, document: Document, name: str, hops: int) -> Target | None:
        text = self._files.text(path)
        is_named = mentions(text, name)
        if not is_named and "*" not in text:
            return None
        stars = []
        for each in imports_in(document):
            stars += [each] * (("*", "*") in each.names)
            for there, here in each.names:
                if is_named and here == name and (target := self.follow(path, each.module, there, hops - 1)):
                    return target
        return next((target for star in stars if (target := self._by_star(path, star, name, hops - 1))), None)

    def _by_star(self, path: str, star: Import, name: str, hops: int) -> Target | None:
        found = self._modules.find(self._files, path, star.module)
        document = self._files.document(found.path) if found and not found.item else None
        if found is None or document is None or not self._modules.hands_on(self._files.text(found.path), name):
            return None
        return self._given(found.path, document, name, hops)

    def _inside(self, path: str, name: str) -> Target | None:
        inner = self._modules.inside(self._files, path, name)
        return self._files.target(inner) if inner and self._files.document(inner) else None

    def _declared(self, path: str, name: str, hops: int) -> Target | None:
        """Give where the stub that belongs to a file declares a name."""
        stub = self._modules.stub(path)
        document = self._files.document(stub) if stub else None
        return self._given(stub, document, name, hops) if stub and document else None

    def _loose(self, path: str, document: Document, name: str) -> Target:
        """Give what is known of a name that nothing seen defines: its module, with the name if that has the word.

        What the module takes over from elsewhere is not defined in it.
        """
        text = self._files.text(path)
        if name == "default" or not mentions(text, name):
            return self._files.target(path)
        if any(here == name for each in imports_in(document) for _, here in each.names):
            return self._files.target(path)
        inner = re.search(_LOCAL.format(re.escape(name)), text)
        is_local = inner is not None and self._defines(path, document, inner[1])
        return self._files.target(path, inner[1] if inner and is_local else name)

    def _default(self, path: str, document: Document, hops: int) -> Target | None:
        """Give what a module exports as its default, under its own name if it has one."""
        text = self._files.text(path)
        match = _DEFAULT.search(text)
        if match is None:
            return self._handed_on(path, document, "default", hops) if hops else None
        is_definition, name = match[1], match[2]
        if not name or name in ("new", "async", "await"):
            return self._files.target(path, "default")
        given = None if is_definition else self._given(path, document, name, hops)
        return given or self._files.target(path, name)

    def _defines(self, path: str, document: Document, name: str) -> bool:
        return offset_by_form(document.language_id, self._files.text(path), name) is not None
