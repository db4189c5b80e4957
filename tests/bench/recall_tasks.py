"""Tasks for context recall: lines left out of real functions, and the names that a gatherer should bring for them.

Made with `ast` and `tokenize` alone, so that no mistake of the gatherer can be shared by its examiner.
"""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import random
import re
import subprocess
import sys
import tarfile
import tokenize
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

CACHE = Path(__file__).parents[2] / ".cache" / "recall"

# What is left out: a line from behind its first token, and the lines after it that belong to the same function.
HOLE_LINES = 3

MOST_TABS = 20
_MOST_TASKS_A_FILE = 10
_SHORTEST_NAME = 3
_WORD = re.compile(r"[A-Za-z_]\w*")

# Names that mean the language's own things, even where a project has given one of its own the same name.
_OF_PYTHON = frozenset(dir(builtins)).union(*map(dir, (str, bytes, list, dict, set, int, Exception)))


@dataclass(frozen=True, slots=True)
class Project:
    """A project's Python files: texts by path, relative to its root."""

    name: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Task:
    """A hole in a file: the text on both sides, the truth between, and the names of it that stand only elsewhere.

    `tabs` are the other files that are open, the last used first.
    """

    path: str
    prefix: str
    suffix: str
    truth: str
    names: frozenset[str]
    tabs: tuple[str, ...]


def fetch(requirement: str) -> Project | None:
    """Give a project by its source distribution, downloaded once; None, and a word why, when it cannot be had."""
    name, _, version = requirement.partition("==")
    CACHE.mkdir(parents=True, exist_ok=True)
    if not (found := _archive(name, version)):
        command = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", name)
        pip = subprocess.run((*command, "--dest", str(CACHE), requirement), capture_output=True, text=True)
        if pip.returncode or not (found := _archive(name, version)):
            print(f"SKIPPED: {requirement} could not be downloaded:\n{pip.stderr.strip()[-400:]}", file=sys.stderr)
            return None
    return Project(name, dict(_python_files(found)))


def tasks_of(project: Project, most: int, seed: int = 7) -> list[Task]:
    """Give at most so many tasks of a project, the same ones for the same seed."""
    chance = random.Random(f"{seed} {project.name}")
    trees = {path: tree for path, text in project.files.items() if (tree := _parsed(text))}
    homes = _homes(trees)
    relations = _relations(trees)
    found: list[Task] = []
    for path in sorted(trees):
        if not _is_test(path):
            own = list(_holes(path, project.files[path], trees[path], homes))
            chance.shuffle(own)
            found += own[:_MOST_TASKS_A_FILE]
    chance.shuffle(found)
    return [_with_tabs(task, relations, sorted(trees), chance) for task in found[:most]]


def _archive(name: str, version: str) -> Path | None:
    pattern = re.compile(rf"{re.escape(name)}-{re.escape(version)}\.tar\.gz", re.IGNORECASE)
    return next((path for path in CACHE.iterdir() if pattern.fullmatch(path.name)), None)


def _python_files(archive: Path) -> Iterator[tuple[str, str]]:
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and member.name.endswith(".py") and (file := tar.extractfile(member)):
                path = PurePosixPath(*PurePosixPath(member.name).parts[1:])
                yield str(path), file.read().decode("utf-8", "replace")


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _is_test(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return any(part in ("docs", "doc", "examples", "extras") or part.startswith(("test", "t.")) for part in parts) or (
        parts[0] in ("t", "setup.py")
    )


def _homes(trees: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    """Give the files that define each name: functions, parameters, classes, attributes and module variables."""
    homes: dict[str, set[str]] = defaultdict(set)
    for path, tree in trees.items():
        for name in _defined(tree) if not _is_test(path) else ():
            homes[name].add(path)
    return {name: paths for name, paths in homes.items() if name not in _OF_PYTHON}


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.arg(arg=name):
                yield name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
        if isinstance(node, ast.Module | ast.ClassDef):
            for statement in node.body:
                match statement:
                    case ast.AnnAssign(target=ast.Name(id=name)):
                        yield name
                    case ast.Assign(targets=targets):
                        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _holes(path: str, text: str, tree: ast.Module, homes: Mapping[str, set[str]]) -> Iterator[Task]:
    lines = text.splitlines(keepends=True)
    if len(lines) != text.count("\n") + (not text.endswith("\n")):
        return  # form feeds and the like, where lines are counted differently
    names, first_token_ends = _tokens(text)
    everywhere = Counter(_WORD.findall(text))
    for first, last in _bodies(tree):
        for row in range(first, last + 1):
            rows = range(row, min(row + HOLE_LINES, last + 1))
            if row not in first_token_ends:
                continue
            head = lines[row - 1][: first_token_ends[row]]
            truth = "".join(lines[r - 1] for r in rows)[len(head) :]
            hidden = Counter(_WORD.findall(truth))
            wanted = {name for r in rows for place, name in names[r] if r > row or place >= len(head)}
            missing = {name for name in wanted if everywhere[name] == hidden[name] and homes.get(name, set()) - {path}}
            if missing:
                prefix, suffix = "".join(lines[: row - 1]) + head, "".join(lines[rows[-1] :])
                yield Task(path, prefix, "\n" + suffix, truth.removesuffix("\n"), frozenset(missing), ())


def _tokens(text: str) -> tuple[dict[int, list[tuple[int, str]]], dict[int, int]]:
    """Give the names on each row with their columns, and where the first token of each row ends."""
    names: dict[int, list[tuple[int, str]]] = defaultdict(list)
    ends: dict[int, int] = {}
    skipped = (tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.STRING)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        (row, column), (end_row, end) = token.start, token.end
        if token.type in skipped or not token.string:
            continue
        if row == end_row and not token.line[:column].strip():
            ends[row] = end
        if token.type == tokenize.NAME and len(token.string) >= _SHORTEST_NAME and not keyword.iskeyword(token.string):
            names[row].append((column, token.string))
    return names, ends


def _bodies(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """Give the first and last row of every function's body, docstring and inner functions left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in node.body:
                if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    yield statement.lineno, node.end_lineno or statement.lineno
                    break


def _relations(trees: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    """Give the files that each file imports, or is imported by, as far as dotted names tell."""
    by_name: dict[str, str] = {}
    for path in trees:
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        for start in range(len(parts)):
            by_name.setdefault(".".join(parts[start:]), path)
    relations: dict[str, set[str]] = defaultdict(set)
    for path, tree in trees.items():
        for name in _imported(path, tree):
            other = by_name.get(name)
            if other and other != path:
                relations[path].add(other)
                relations[other].add(path)
    return relations


def _imported(path: str, tree: ast.Module) -> Iterator[str]:
    package = path.removesuffix(".py").split("/")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _with_tabs(task: Task, relations: Mapping[str, set[str]], paths: Sequence[str], chance: random.Random) -> Task:
    """Open what a person would have open: files of the same folder, of both ends of imports, and some others."""
    folder = task.path.rpartition("/")[0]
    near = [path for path in paths if path.rpartition("/")[0] == folder]
    related = sorted(relations[task.path])
    tabs: dict[str, None] = {}
    for group, count in ((near, 5), (related, 5), (list(paths), MOST_TABS)):
        others = [path for path in group if path != task.path and path not in tabs]
        room = min(count, MOST_TABS - len(tabs), len(others))
        tabs.update(dict.fromkeys(chance.sample(others, room)))
    order = list(tabs)
    chance.shuffle(order)
    return Task(task.path, task.prefix, task.suffix, task.truth, task.names, tuple(order))
