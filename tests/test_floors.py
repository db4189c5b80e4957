"""The house has four floors: a module imports its own floor, without a circle, and those below it.

The table is the map of the house; a new module takes its place in it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.house import HOUSE, hold, module_of

VALUES, CORE, ASYNC, FACES = range(4)
FLOORS: Mapping[str, int] = {
    "context": VALUES,
    "context.diagnostics": VALUES,
    "context.doc_comment": VALUES,
    "context.focus": VALUES,
    "context.languages": VALUES,
    "context.notebooks": VALUES,
    "context.page_rank": VALUES,
    "context.patch": VALUES,
    "context.project": VALUES,
    "context.snippet": VALUES,
    "context.text": VALUES,
    "context.queries": VALUES,
    "context.repo_map": VALUES,
    "context.usage": VALUES,
    "context.windows": VALUES,
    "context.budget": CORE,
    "context.definition": CORE,
    "context.disk": CORE,
    "context.exclusions": CORE,
    "context.folders": CORE,
    "context.gather": CORE,
    "context.gitignore": CORE,
    "context.grammars": CORE,
    "context.hits": CORE,
    "context.ignore": CORE,
    "context.imports": CORE,
    "context.library": CORE,
    "context.outline": CORE,
    "context.points": CORE,
    "context.recent": CORE,
    "context.redact": CORE,
    "context.references": CORE,
    "context.resolve": CORE,
    "context.resolve_exports": CORE,
    "context.resolve_files": CORE,
    "context.resolve_go": CORE,
    "context.resolve_jvm": CORE,
    "context.resolve_names": CORE,
    "context.resolve_paths": CORE,
    "context.resolve_python": CORE,
    "context.resolve_rust": CORE,
    "context.resolve_web": CORE,
    "context.retrieve": CORE,
    "context.scopes": CORE,
    "context.secret_patterns": CORE,
    "context.skeleton": CORE,
    "context.symbols": CORE,
    "context.syntax": CORE,
    "context.tags": CORE,
    "context.tokens": CORE,
    "context.walk": CORE,
    "context.workspace": CORE,
    "context.index": ASYNC,
    "context.gatherer": ASYNC,
    "context.git_diff": ASYNC,
    "context.index_chunks": ASYNC,
    "context.index_file": ASYNC,
    "context.index_host": ASYNC,
    "context.index_project": ASYNC,
    "context.index_reader": ASYNC,
    "context.index_store": ASYNC,
    "context.index_words": ASYNC,
    "context.index_writer": ASYNC,
    "context.indexer": ASYNC,
    "context.indexes": ASYNC,
    "lsp_server": VALUES,
    "lsp_server.editor": VALUES,
    "lsp_server.errors": VALUES,
    "lsp_server.framing": VALUES,
    "lsp_server.handshake": VALUES,
    "lsp_server.config": CORE,
    "lsp_server.config_rules": CORE,
    "lsp_server.config_schema": CORE,
    "lsp_server.docstring": CORE,
    "lsp_server.docstring_text": CORE,
    "lsp_server.prompts": CORE,
    "lsp_server.redaction": CORE,
    "lsp_server.settings": CORE,
    "lsp_server.trail": CORE,
    "lsp_server.actions": ASYNC,
    "lsp_server.assistant": ASYNC,
    "lsp_server.connection": ASYNC,
    "lsp_server.doctor": ASYNC,
    "lsp_server.outbound": ASYNC,
    "lsp_server.progress": ASYNC,
    "lsp_server.sources": ASYNC,
    "lsp_server.__main__": FACES,
    "lsp_server.cli": FACES,
    "lsp_server.convert": FACES,
    "lsp_server.demo": FACES,
    "lsp_server.lsp_editor": FACES,
    "lsp_server.protocol": FACES,
    "lsp_server.server": FACES,
    "lsp_server.stdio": FACES,
    "lsp_server.sync": FACES,
    "lsp_server.terminal": FACES,
    "lsp_server.completion": VALUES,
    "lsp_server.completion.cache": CORE,
    "lsp_server.completion.brackets": CORE,
    "lsp_server.completion.candidates": CORE,
    "lsp_server.completion.ending": CORE,
    "lsp_server.completion.excerpt": CORE,
    "lsp_server.completion.fim": CORE,
    "lsp_server.completion.indentation": CORE,
    "lsp_server.completion.lines": CORE,
    "lsp_server.completion.opening": CORE,
    "lsp_server.completion.pacing": CORE,
    "lsp_server.completion.place": CORE,
    "lsp_server.completion.postprocess": CORE,
    "lsp_server.completion.steps": CORE,
    "lsp_server.completion.window": CORE,
    "lsp_server.completion.ask": ASYNC,
    "lsp_server.completion.engine": ASYNC,
    "lsp_server.completion.prompt": ASYNC,
    "lsp_server.completion.backoff": CORE,
    "lsp_server.completion.eagerness": CORE,
    "lsp_server.completion.extent": CORE,
    "lsp_server.completion.flights": ASYNC,
    "lsp_server.completion.screen": CORE,
    "lsp_server.completion.suggestion": ASYNC,
    "lsp_server.completion.writing": ASYNC,
    "lsp_server.chat": VALUES,
    "lsp_server.chat.arguments": CORE,
    "lsp_server.chat.address": CORE,
    "lsp_server.chat.attachment": CORE,
    "lsp_server.chat.turn": CORE,
    "lsp_server.chat.blocks": CORE,
    "lsp_server.chat.edit_places": CORE,
    "lsp_server.chat.edit_readings": CORE,
    "lsp_server.chat.edits": CORE,
    "lsp_server.chat.indentation": CORE,
    "lsp_server.chat.mentions": CORE,
    "lsp_server.chat.prompt": CORE,
    "lsp_server.chat.repetition": CORE,
    "lsp_server.chat.session": ASYNC,
    "lsp_server.chat.attach": ASYNC,
    "lsp_server.chat.gather": ASYNC,
    "lsp_server.chat.voice": CORE,
    "lsp_server.chat.history": VALUES,
    "lsp_server.chat.message_json": CORE,
    "lsp_server.chat.segment": CORE,
    "lsp_server.chat.instructions": CORE,
    "lsp_server.chat.notes": CORE,
    "lsp_server.chat.compaction": CORE,
    "lsp_server.chat.export": CORE,
    "lsp_server.chat.replay": CORE,
    "lsp_server.chat.hidden": CORE,
    "lsp_server.chat.front_matter": CORE,
    "lsp_server.chat.commands": CORE,
    "lsp_server.chat.custom_commands": CORE,
    "lsp_server.chat.trimming": CORE,
    "lsp_server.chat.store_schema": ASYNC,
    "lsp_server.chat.store_records": ASYNC,
    "lsp_server.chat.store": ASYNC,
    "lsp_server.models": VALUES,
    "lsp_server.models.messages": VALUES,
    "lsp_server.models.answer": VALUES,
    "lsp_server.models.prices": VALUES,
    "lsp_server.models.address": CORE,
    "lsp_server.models.breaker": CORE,
    "lsp_server.models.chain": CORE,
    "lsp_server.models.fallback": CORE,
    "lsp_server.models.pool": CORE,
    "lsp_server.models.purse": CORE,
    "lsp_server.models.retry": CORE,
    "lsp_server.models.transport": ASYNC,
    "lsp_server.models.catalog": CORE,
    "lsp_server.models.load": CORE,
    "lsp_server.models.providers": CORE,
    "lsp_server.models.client": ASYNC,
    "lsp_server.models.local": ASYNC,
    "lsp_server.models.local_host": ASYNC,
    "lsp_server.models.pull": ASYNC,
    "lsp_server.models.wire": CORE,
    "lsp_server.models.wire.anthropic": CORE,
    "lsp_server.models.wire.anthropic_answer": CORE,
    "lsp_server.models.wire.chat_messages": CORE,
    "lsp_server.models.wire.gemini": CORE,
    "lsp_server.models.wire.gemini_answer": CORE,
    "lsp_server.models.wire.lines": CORE,
    "lsp_server.models.wire.mistral": CORE,
    "lsp_server.models.wire.ndjson": CORE,
    "lsp_server.models.wire.ollama": CORE,
    "lsp_server.models.wire.openapi_schema": CORE,
    "lsp_server.models.wire.partial_args": CORE,
    "lsp_server.models.wire.responses": CORE,
    "lsp_server.models.wire.responses_answer": CORE,
    "lsp_server.models.wire.tool_calls": CORE,
    "lsp_server.models.wire.turns": CORE,
    "lsp_server.models.wire.usage": CORE,
    "lsp_server.models.wire.error_body": CORE,
    "lsp_server.models.wire.exchange": CORE,
    "lsp_server.models.wire.fault": CORE,
    "lsp_server.models.wire.llamacpp": CORE,
    "lsp_server.models.wire.openai": CORE,
    "lsp_server.models.wire.openai_compatible": CORE,
    "lsp_server.models.wire.sse": CORE,
    "lsp_server.tools": VALUES,
    "lsp_server.tools.output": VALUES,
    "lsp_server.tools.request": VALUES,
    "lsp_server.tools.schema": VALUES,
    "lsp_server.tools.grep_host": VALUES,
    "lsp_server.tools.addresses": CORE,
    "lsp_server.tools.commands": CORE,
    "lsp_server.tools.environment": CORE,
    "lsp_server.tools.page_text": CORE,
    "lsp_server.tools.paths": CORE,
    "lsp_server.tools.permission": CORE,
    "lsp_server.tools.protected": CORE,
    "lsp_server.tools.readers": CORE,
    "lsp_server.tools.tool": CORE,
    "lsp_server.tools.writing": CORE,
    "lsp_server.tools.ask": ASYNC,
    "lsp_server.tools.edit": ASYNC,
    "lsp_server.tools.fetch": ASYNC,
    "lsp_server.tools.files": ASYNC,
    "lsp_server.tools.git": ASYNC,
    "lsp_server.tools.grep": ASYNC,
    "lsp_server.tools.lookups": ASYNC,
    "lsp_server.tools.process": ASYNC,
    "lsp_server.tools.runner": ASYNC,
    "lsp_server.tools.search": ASYNC,
    "lsp_server.tools.shell": ASYNC,
    "lsp_server.tools.toolbox": ASYNC,
}

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

LSP_MODULES = {"lsp_server.convert", "lsp_server.protocol", "lsp_server.server", "lsp_server.sync"}


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
