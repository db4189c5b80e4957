"""The habits of the house that a program can see: short files, telling names, and a sentence for everything public."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house import HOUSE, TESTS, hold, module_of

VENDORS = re.compile(
    r"anthropic|claude|codestral|cohere|copilot|deepseek|gemini|gpt|granite|groq|litellm|llama|lmstudio|mistral"
    r"|ollama|openai|openrouter|qwen|smollm|starcoder|vllm",
    re.IGNORECASE,
)
# The name of a dialect that many servers speak, not of a vendor.
DIALECT = "openai-compatible"
VENDOR_MODULES = {
    "lsp_server.models.providers": "a row a vendor",
    "lsp_server.models.catalog": "a row a family of models",
    "lsp_server.completion.fim": "a template bears the name of the models that were trained with it",
    "context.ignore": "names the ignore files of other assistants",
    "lsp_server.chat.instructions": "names the instruction files of other assistants",
    "lsp_server.tools.protected": "names the files of other assistants",
    "lsp_server.models.wire": "the table of dialects",
    "lsp_server.models.wire.anthropic": "a dialect",
    "lsp_server.models.wire.anthropic_answer": "a dialect",
    "lsp_server.models.wire.gemini": "a dialect",
    "lsp_server.models.wire.gemini_answer": "a dialect",
    "lsp_server.models.wire.llamacpp": "a dialect",
    "lsp_server.models.wire.mistral": "a dialect",
    "lsp_server.models.wire.ollama": "a dialect",
    "lsp_server.models.wire.openai": "a dialect",
    "lsp_server.models.wire.openai_compatible": "a dialect",
    "lsp_server.models.local": "names the engine and the package of its model",
    "lsp_server.models.local_host": "runs the engine",
    "lsp_server.models.pull": "names the package of the model",
}

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
EMPTY_NAMES = {"base", "common", "data", "helpers", "info", "manager", "utils"}


def vendor_names(path: str, source: str) -> list[str]:
    """Give the vendors and models that the code of a module names; comments and docstrings may."""
    if module_of(path) in VENDOR_MODULES:
        return []
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        text
        for node in ast.walk(tree)
        if id(node) not in docstrings
        for text in _words(node)
        if VENDORS.search(text.replace(DIALECT, ""))
    ]


def _words(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text) | ast.Name(id=text) | ast.Attribute(attr=text):
            yield text
        case ast.ClassDef(name=text) | ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text):
            yield text
        case ast.arg(arg=text) | ast.keyword(arg=str() as text):
            yield text


def long_file(path: str, source: str) -> list[str]:
    """Give the length of a file that is too long."""
    lines = source.count("\n")
    return [f"{lines} lines"] if lines > MOST_LINES_OF_A_FILE else []


def long_functions(path: str, source: str) -> list[str]:
    """Give the functions that are too long, decorators and docstring included."""
    return [
        f"{node.name}: {lines} lines"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - _first_line(node) + 1) > MOST_LINES_OF_A_FUNCTION
    ]


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def empty_name(path: str, source: str) -> list[str]:
    """Give the name of a module or package that says nothing."""
    return [part for part in module_of(path).split(".") if part in EMPTY_NAMES]


def undocumented(path: str, source: str) -> list[str]:
    """Give what is public and has no docstring: the module, classes, functions, methods, but not special methods."""
    tree = ast.parse(source)
    missing = [] if ast.get_docstring(tree) else ["the module"]
    return missing + [node.name for node in _public(tree) if not ast.get_docstring(node)]


def _public(tree: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def speechless_tests(path: str, source: str) -> list[str]:
    """Give the tests that do not say in a sentence what they hold."""
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not (ast.get_docstring(node) or "").endswith((".", "?", ":"))
    ]


@pytest.mark.parametrize(
    "planted",
    ['if "claude" in model: pass', "def is_gpt(): pass", "options.vllm = 1", "f(ollama=1)", 'f"{model}-qwen"'],
)
def test_no_vendor_and_no_model_is_named_outside_the_tables(planted: str) -> None:
    """A vendor is a row, so its name in code elsewhere is a special case that should be a column."""
    hold(vendor_names, HOUSE, "lsp_server/assistant.py", planted)
    assert not vendor_names("lsp_server/assistant.py", f'"""As ollama does."""  # vllm too\nx = "{DIALECT}"')


def test_every_module_excused_from_naming_no_vendor_exists() -> None:
    """An excuse for a module that is no more would wait for the next one of that name."""
    assert set(VENDOR_MODULES) <= {module_of(path) for path in HOUSE}


def test_no_file_is_too_long() -> None:
    """A file that outgrows four hundred lines is two subjects; tests too."""
    hold(long_file, HOUSE | TESTS, "lsp_server/server.py", "\n" * 401)


def test_no_function_is_too_long() -> None:
    """A function fits on a screen, whatever it is nested in."""
    planted = "class A:\n    async def f():\n" + "        pass\n" * 60
    hold(long_functions, HOUSE | TESTS, "lsp_server/server.py", planted)


@pytest.mark.parametrize("planted_at", ["lsp_server/utils.py", "lsp_server/common/text.py"])
def test_no_module_has_a_name_that_says_nothing(planted_at: str) -> None:
    """A module is named for its subject."""
    hold(empty_name, HOUSE | TESTS, planted_at, "")


@pytest.mark.parametrize(
    "planted",
    [
        "def f(): pass",
        '"""A module."""\nasync def f(): pass',
        '"""A module."""\nclass A: pass',
        '"""A module."""\nclass A:\n    """A class."""\n    def f(self): pass',
    ],
)
def test_everything_public_is_documented(planted: str) -> None:
    """Modules, classes, functions and methods say what they give."""
    hold(undocumented, HOUSE, "lsp_server/config.py", planted)


def test_every_test_says_what_it_holds() -> None:
    """The suite reads as a specification."""
    hold(speechless_tests, TESTS, "tests/test_config.py", "def test_it(): pass")
