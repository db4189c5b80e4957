"""The house has four floors: a module imports its own floor, without a circle, and those below it.

The table (`tests/floors.py`) is the map of the house; a new module takes its place in it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.floors import CORE, FACES, FLOORS, VALUES
from tests.house import HOUSE, hold, module_of

# What each floor adds to the one below, besides the standard library. "tree_sitter_*" are the grammars.
PACKAGES = (
    frozenset[str](),
    frozenset({"cachetools", "cattrs", "pathspec", "tree_sitter"}),
    frozenset({"filelock", "httpx", "platformdirs", "xllamacpp"}),
    frozenset({"lsprotocol", "pygls", "rich"}),
)
WAITING = frozenset(
    {"asyncio", "concurrent", "http", "multiprocessing", "select", "selectors", "socket", "socketserver", "sqlite3"}
    | {"ssl", "subprocess"}
)
READING = frozenset({"glob", "os", "pathlib", "shutil", "tempfile", "threading", "urllib.request"})
# Modules of the standard library that a floor may not import.
BANNED = (WAITING | READING | {"argparse"}, WAITING | {"argparse"}, frozenset({"argparse"}), frozenset[str]())

# A program of its own, started by `local`, reads its own arguments.
PROGRAMS = {"lsp_server.models.local_host": {"argparse"}}

LSP_MODULES = {"lsp_server.convert", "lsp_server.protocol", "lsp_server.server", "lsp_server.sync"} | {
    "lsp_server.code_actions",
    "lsp_server.ghost_text",
}


def imports(path: str, source: str) -> Iterator[str]:
    """Give the dotted names a module imports, those inside functions and under TYPE_CHECKING included."""
    package = module_of(path).split(".")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + path.endswith("__init__.py")] if node.level else []
            origin = ".".join([*above, *(node.module or "").split(".")]).strip(".")
            for alias in node.names:
                name = f"{origin}.{alias.name}"
                yield name if name in FLOORS else origin


def ours(name: str) -> bool:
    """Tell whether a name is a module of the house."""
    return name.split(".")[0] in ("context", "lsp_server")


def unplaced(path: str, source: str) -> list[str]:
    """Give the module, if the table does not know it."""
    return [] if module_of(path) in FLOORS else [module_of(path)]


def from_above(path: str, source: str) -> list[str]:
    """Give what a module imports from a higher floor of the house, or from a module that the table does not know."""
    floor = FLOORS.get(module_of(path), VALUES)
    return [name for name in imports(path, source) if ours(name) and FLOORS.get(name, FACES + 1) > floor]


def circle(files: Mapping[str, str]) -> list[str]:
    """Give the modules that import each other in a circle."""
    graph = {module_of(path): {name for name in imports(path, source) if ours(name)} for path, source in files.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def foreign(path: str, source: str) -> list[str]:
    """Give what a module imports from outside that its floor does not allow."""
    floor = FLOORS.get(module_of(path), VALUES)
    allowed = frozenset[str]().union(*PACKAGES[: floor + 1])
    excused = PROGRAMS.get(module_of(path), set())
    return [
        name for name in imports(path, source) if not (ours(name) or name in excused or _allowed(name, floor, allowed))
    ]


def _allowed(name: str, floor: int, packages: frozenset[str]) -> bool:
    top = name.split(".")[0]
    if top in sys.stdlib_module_names:
        return not any(name == banned or name.startswith(f"{banned}.") for banned in BANNED[floor])
    return top in packages or (floor >= CORE and top.startswith("tree_sitter_"))


def context_on_server(path: str, source: str) -> list[str]:
    """Give what a module of `context` imports from `lsp_server`."""
    return [name for name in imports(path, source) if path.startswith("context/") and name.startswith("lsp_server")]


def lsp_types(path: str, source: str) -> list[str]:
    """Give what a module imports from lsprotocol or pygls, if it is none of those that may."""
    if module_of(path) in LSP_MODULES:
        return []
    return [name for name in imports(path, source) if name.split(".")[0] in ("lsprotocol", "pygls")]


def test_every_module_has_its_place_in_the_table() -> None:
    """A new module is put on a floor before anything else is said about it."""
    hold(unplaced, HOUSE, "lsp_server/cellar.py", "")


@pytest.mark.parametrize(
    "planted",
    [
        "from lsp_server.models.client import ModelClient",
        "import lsp_server.models.client",
        "from lsp_server.models import client",
        "from .client import ModelClient",
        "from . import client",
        "def late():\n    from lsp_server.models.client import ModelClient",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lsp_server.models.client import ModelClient",
        "from lsp_server.models.nowhere import Nobody",
    ],
)
def test_a_module_imports_nothing_from_a_floor_above(planted: str) -> None:
    """However an import is written, it goes sideways or down."""
    hold(from_above, HOUSE, "lsp_server/models/providers.py", planted)


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Not even inside functions, where Python would not notice."""
    planted = {
        "context/gather.py": "def late():\n    from context.syntax import parse",
        "context/syntax.py": "from context import gather",
    }
    assert {"context.gather", "context.syntax"} <= set(circle(planted))
    assert not circle(HOUSE)


@pytest.mark.parametrize(
    ("planted_at", "planted"),
    [
        ("context/text.py", "import tree_sitter"),
        ("context/text.py", "from pathlib import Path"),
        ("lsp_server/framing.py", "import asyncio.streams"),
        ("lsp_server/config.py", "from concurrent.futures import Future"),
        ("lsp_server/models/providers.py", "import httpx"),
        ("lsp_server/models/client.py", "from rich.table import Table"),
        ("lsp_server/models/client.py", "import argparse"),
        ("lsp_server/server.py", "import requests"),
    ],
)
def test_a_floor_imports_only_the_libraries_it_may(planted_at: str, planted: str) -> None:
    """Values do no input or output, the core never waits, and only the faces know the terminal."""
    hold(foreign, HOUSE, planted_at, planted)


def test_context_knows_nothing_of_the_server() -> None:
    """`context` could be taken out of the house and used elsewhere."""
    hold(context_on_server, HOUSE, "context/gather.py", "from lsp_server.errors import AssistantError")


def test_the_types_of_lsp_stop_at_the_door() -> None:
    """Everything behind `convert` and `server` speaks of documents and offsets."""
    hold(lsp_types, HOUSE, "lsp_server/actions.py", "from lsprotocol import types")


def test_every_module_excused_from_a_rule_is_in_the_table() -> None:
    """An excuse for a module that is no more would wait for the next one of that name."""
    assert set(FLOORS) >= LSP_MODULES | set(PROGRAMS)
