"""The source of the project as the tests of its rules see it: paths and texts, and how a rule is held.

A rule is a function of one path and one text that gives the faults it finds; `hold` shows it a planted fault first, so
that no rule can fall asleep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parent.parent

Rule: TypeAlias = Callable[[str, str], list[str]]


def sources(*folders: str) -> Iterator[tuple[str, str]]:
    """Give path and text of every Python file in some folders of the project."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


HOUSE = dict(sources("context", "lsp_server"))
TESTS = dict(sources("tests"))


def module_of(path: str) -> str:
    """Give the dotted name of the module at a path."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def hold(rule: Rule, files: Mapping[str, str], planted_at: str, planted: str) -> None:
    """The rule finds something in the planted source, and nothing in the files."""
    assert rule(planted_at, planted), f"{rule.__name__} does not see a planted fault"
    faults = {path: found for path, source in files.items() if (found := rule(path, source))}
    assert not faults, "\n".join(f"{path}: {', '.join(found)}" for path, found in faults.items())
