"""What the files of a project define and refer to, read once per content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from context.budget import estimate_tokens
from context.focus import Focus
from context.repo_map import Graph, Use, ranked, repository_map
from context.tags import TagReader
from context.workspace import Workspace
from tests.house import ROOT

FOREVER_S = float("inf")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small project with a file that holds secrets and one that is ignored."""
    files = {
        "cache.py": "class Cache:\n    def look_up(self): ...\n\n\ndef _grow(): ...\n\n\nSIZE = 3\n",
        "main.py": "from cache import Cache\n\nprint(Cache().look_up(), Cache)\n",
        "secrets.py": "def token(): ...\n",
        "made.py": "def made(): ...\n",
        ".gitignore": "made.py\n",
        "tests/test_cache.py": "def test_it(): ...\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_definitions_and_references_are_those_of_the_syntax(root: Path) -> None:
    """Paths are relative to the root, and lines count from zero."""
    tags = TagReader(Workspace([root])).read(root, FOREVER_S)
    found = [(each.path, each.line, each.container, each.name) for each in tags.definitions()]
    assert found[:2] == [("cache.py", 0, "", "Cache"), ("cache.py", 1, "Cache", "look_up")]
    assert set(tags.references({"Cache", "look_up"})) == {Use("main.py", "Cache", 2), Use("main.py", "look_up", 1)}


def test_no_tag_comes_from_a_file_that_may_not_be_seen(root: Path) -> None:
    """Not even a name of what is in it."""
    tags = TagReader(Workspace([root])).read(root, FOREVER_S)
    assert set(tags.files) == {"cache.py", "main.py", ".gitignore", "tests/test_cache.py"}
    assert TagReader(Workspace([root])).tops(root / "secrets.py", FOREVER_S) == []


def test_unsaved_text_counts(root: Path) -> None:
    """What the person types is read before what they saved."""
    workspace = Workspace([root])
    reader = TagReader(workspace)
    assert reader.tops(root / "main.py", FOREVER_S) == []
    workspace.open((root / "main.py").as_uri(), "python", 1, "class Unsaved: ...\n")
    assert reader.tops(root / "main.py", FOREVER_S) == ["Unsaved"]
    assert [each.name for each in reader.read(root, FOREVER_S).files["main.py"].definitions] == ["Unsaved"]


def test_only_public_names_at_the_top_outline_a_file(root: Path) -> None:
    """Methods, private functions and constants are left to the file itself."""
    assert TagReader(Workspace([root])).tops(root / "cache.py", FOREVER_S) == ["Cache"]


def test_a_deadline_leaves_files_for_the_next_time(root: Path) -> None:
    """What was asked for first is read first, tests are read last, and the result says that it is not all."""

    def ticks() -> Iterator[float]:
        yield from (0.0, 1.0, 2.0, 3.0)

    clock = ticks()
    reader = TagReader(Workspace([root]), lambda: next(clock))
    tags = reader.read(root, 2.0, [(root / "main.py").as_uri(), "untitled:1"])
    assert tags.late
    assert list(tags.files) == ["main.py", ".gitignore"]


def test_a_question_about_this_project_finds_its_file() -> None:
    """The map of a real package: where completions are cached is among the first, and stands in a small map."""
    folder = ROOT / "lsp_server"
    found = ranked(Graph(TagReader(Workspace([folder])).read(folder, FOREVER_S)), Focus("How is a completion cached?"))
    assert "completion/cache.py" in [each.definition.path for each in found[:5]]
    text = repository_map(found, 512, estimate_tokens)
    assert "\ncompletion/cache.py:\n" in text
    assert estimate_tokens(text) <= 512
