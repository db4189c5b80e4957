"""JavaScript and TypeScript: relative files, the paths of a tsconfig.json, and the packages of a monorepo.

https://www.typescriptlang.org/docs/handbook/modules/reference.html and https://nodejs.org/api/packages.html. What is
built is mostly not there to be seen, so a package that names its build is looked for in its sources, too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from context.imports import Import
from context.resolve_exports import Found, follow
from context.resolve_files import Files, Importer, Target, expanded, joined, table, texts

_SUFFIXES = (".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")

# The file that a name with the suffix of the built one stands for in the sources.
_SOURCES_OF = {
    ".js": (".ts", ".tsx", ".d.ts", ".jsx"),
    ".jsx": (".tsx",),
    ".mjs": (".mts", ".d.mts"),
    ".cjs": (".cts", ".d.cts"),
}
_DECLARED = {".js": ".d.ts", ".mjs": ".d.mts", ".cjs": ".d.cts"}
_WRITTEN = (".ts", ".tsx", ".mts", ".cts")
_ENTRIES = ("source", "types", "typings", "module", "main")
_MOST_EXTENDED = 8
_MOST_PACKAGES = 300

_WORKSPACE = re.compile(r"^[ \t]*-[ \t]*[\"']?([^\"'#\s!]+)", re.MULTILINE)


def web_targets(importer: Importer, found: Import) -> Iterator[Target]:
    """Give where the names of one import are defined."""
    for name, _ in found.names or (("", ""),):
        target = follow(WEB, importer.files, importer.path, found.module, name)
        if target is not None:
            yield target


class _Web:
    """The modules of JavaScript."""

    def find(self, files: Files, path: str, module: str) -> Found | None:
        """Give the file of a module."""
        module = module.partition("?")[0]
        if not module or "\\" in module:
            return None
        folder = os.path.dirname(path)
        found: str | None = files.memo(("web", folder, module), lambda: _found(files, path, module))
        return Found(found) if found else None

    def inside(self, files: Files, path: str, name: str) -> str | None:
        """Give nothing: a module of JavaScript holds no other ones."""
        return None

    def stub(self, path: str) -> str | None:
        """Give where the declarations of a file of JavaScript are."""
        stem, suffix = os.path.splitext(path)
        return stem + _DECLARED[suffix] if suffix in _DECLARED else None

    def hands_on(self, text: str, name: str) -> bool:
        """Tell that `export *` gives all but the default."""
        return name != "default"


WEB = _Web()


def _found(files: Files, path: str, module: str) -> str | None:
    if module.split("/")[0] in (".", ".."):
        return _file(files, joined(os.path.dirname(path), module))
    config = files.nearest(path, "tsconfig.json", "jsconfig.json")
    aliased = _aliased(files, _config(files, config), module) if config else None
    return aliased or _packaged(files, path, module)


def _file(files: Files, path: str) -> str | None:
    """Give the file that a path stands for, which may lack its suffix or be a folder."""
    stem, suffix = os.path.splitext(path)
    as_built = [stem + other for other in _SOURCES_OF.get(suffix, ())]
    return files.first((path, *as_built, *(path + each for each in _SUFFIXES))) or (
        files.first(os.path.join(path, "index" + each) for each in _SUFFIXES) if files.is_folder(path) else None
    )


@dataclass(frozen=True, slots=True)
class _Aliases:
    """The part of a tsconfig.json that says what modules are: patterns of paths below a folder, and a base."""

    base: str = ""
    paths: Mapping[str, object] | None = None
    paths_base: str = ""


def _config(files: Files, path: str) -> _Aliases:
    """Give the aliases of a tsconfig.json with those that it extends."""
    return files.memo(("aliases", path), lambda: _read_config(files, path, _MOST_EXTENDED))


def _read_config(files: Files, path: str, most: int) -> _Aliases:
    settings, folder = files.json(path), os.path.dirname(path)
    aliases = _Aliases()
    for extended in texts(settings.get("extends")):
        if most and extended.startswith("."):
            other = joined(folder, extended)
            below = _read_config(files, other if other.endswith(".json") else other + ".json", most - 1)
            aliases = _Aliases(
                below.base or aliases.base,
                aliases.paths if below.paths is None else below.paths,
                below.paths_base or aliases.paths_base,
            )
    options = table(settings.get("compilerOptions"))
    base = joined(folder, options["baseUrl"]) if isinstance(options.get("baseUrl"), str) else aliases.base
    if isinstance(options.get("paths"), dict):
        return _Aliases(base, options["paths"], base or folder)
    return _Aliases(base, aliases.paths, base or aliases.paths_base)


def _aliased(files: Files, aliases: _Aliases, module: str) -> str | None:
    """Give the file of a module by the aliases, the one with the longest beginning first."""
    paths = aliases.paths or {}
    for pattern in sorted(paths, key=lambda each: len(each.partition("*")[0]), reverse=True):
        middle = _middle(pattern, module)
        names = texts(paths[pattern]) if middle is not None else []
        if found := _first(files, aliases.paths_base, [name.replace("*", middle or "") for name in names]):
            return found
    return _file(files, joined(aliases.base, module)) if aliases.base else None


def _packaged(files: Files, path: str, module: str) -> str | None:
    """Give the file of a package that the project itself holds, or of one of its private `#imports`."""
    if module.startswith("#"):
        own = files.nearest(path, "package.json")
        folder = os.path.dirname(own) if own else ""
        return _exported(files, folder, files.json(own).get("imports"), module) if own else None
    parts = module.split("/")
    count = 2 if module.startswith("@") else 1
    name, inner = "/".join(parts[:count]), "/".join(parts[count:])
    home = _packages(files, path).get(name)
    return _entry(files, home, inner) if home else None


def _packages(files: Files, path: str) -> Mapping[str, str]:
    """Give the folders of the packages around a path, its own and those of its workspaces, by their names."""
    homes = [folder for folder in files.above(path) if files.document(os.path.join(folder, "package.json"))]
    return files.memo(("packages", tuple(homes)), lambda: _named_packages(files, homes))


def _named_packages(files: Files, homes: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    folders = [*homes, *(inner for home in homes for inner in _workspaces(files, home))]
    for folder in folders[:_MOST_PACKAGES]:
        name = files.json(os.path.join(folder, "package.json")).get("name")
        if isinstance(name, str):
            found.setdefault(name, folder)
    return found


def _workspaces(files: Files, home: str) -> Iterator[str]:
    listed = files.json(os.path.join(home, "package.json")).get("workspaces")
    patterns = texts(table(listed).get("packages") if isinstance(listed, dict) else listed)
    patterns += _WORKSPACE.findall(files.text(os.path.join(home, "pnpm-workspace.yaml")))
    yield from dict.fromkeys(expanded(files, home, patterns))


def _entry(files: Files, folder: str, inner: str) -> str | None:
    """Give the file that a package means by its name and what follows it."""
    package = files.json(os.path.join(folder, "package.json"))
    exported = _exported(files, folder, package.get("exports"), f"./{inner}" if inner else ".")
    if exported and exported.endswith(_WRITTEN) and not exported.endswith(".d.ts"):
        return exported
    # What is exported may be a door to the build, so sources where they mostly stand come first.
    sources = [f"src/{inner}"] if inner else ["src/index"]
    entries = [each for key in _ENTRIES for each in texts(package.get(key))]
    others = [inner] if inner else [*entries, "index", "lib/index"]
    return _first(files, folder, sources) or exported or _first(files, folder, others)


def _first(files: Files, folder: str, names: list[str]) -> str | None:
    return next((found for name in names if (found := _file(files, joined(folder, name)))), None)


def _exported(files: Files, folder: str, exports: object, wanted: str) -> str | None:
    """Give the first file there is of those that `exports` names for something, under whatever condition."""
    keys = table(exports) if any(key[:1] in (".", "#") for key in table(exports)) else {".": exports}
    for key, value in keys.items():
        middle = _middle(key, wanted)
        names = _conditions(value) if middle is not None else ()
        if found := _first(files, folder, [name.replace("*", middle or "") for name in names]):
            return found
    return None


def _middle(pattern: str, text: str) -> str | None:
    """Give what "*" stands for where a pattern fits a text, "" without one; None where it does not fit."""
    before, star, after = pattern.partition("*")
    if not star:
        return "" if text == pattern else None
    fits = text.startswith(before) and text.endswith(after) and len(text) >= len(before) + len(after)
    return text[len(before) : len(text) - len(after)] if fits else None


def _conditions(value: object, depth: int = 8) -> Iterator[str]:
    """Give every path in a value of `exports`, in order."""
    if isinstance(value, str) and value.startswith("."):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner if depth else ():
        yield from _conditions(each, depth - 1)
