"""The outline of a folder: as much detail as fits, and nothing that may not be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from context.outline import outline
from context.workspace import Workspace

NAMES = {"a.py": ["Alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota"]}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a folder, and with a file of secrets."""
    for name in ("a.py", "inner/b.py", "inner/deep/c.py", ".env", "node_modules/x.js"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n", "utf-8")
    return tmp_path


def shown(root: Path, room: int) -> str | None:
    return outline(Workspace([root]), root, room, lambda text: len(text.split()), lambda path: NAMES.get(path.name, []))


def test_the_tree_names_what_its_files_define(root: Path) -> None:
    """Folders end in a slash; what stands in them is indented."""
    assert shown(root, 100) == (
        "a.py: Alpha, beta, gamma, delta, epsilon, zeta, eta, theta, iota\ninner/\n  b.py\n  deep/\n    c.py\n"
    )


@pytest.mark.parametrize(
    ("room", "text"),
    [
        (10, "a.py\ninner/\n  b.py\n  deep/\n    c.py\n"),
        (4, "a.py\ninner/ (3 entries)\n"),
        (3, "a.py\n…\n"),
    ],
)
def test_detail_goes_before_entries(root: Path, room: int, text: str) -> None:
    """Names go first, then the depth, and the first lines are kept in any case."""
    assert shown(root, room) == text


def test_a_file_with_many_names_says_how_many_more(root: Path) -> None:
    """The reader learns that there is more."""
    assert (shown(root, 13) or "").startswith("a.py: Alpha, beta, gamma, delta, epsilon and 4 more\n")


def test_what_may_not_be_seen_is_absent(root: Path) -> None:
    """Neither a file of secrets nor a folder that is never read is listed, and the latter has no outline."""
    text = shown(root, 100) or ""
    assert ".env" not in text
    assert "node_modules" not in text
    assert outline(Workspace([root]), root / "node_modules", 100, len, lambda _: []) is None
    assert outline(Workspace([root]), root / "a.py", 100, len, lambda _: []) is None
    assert outline(Workspace([root]), root.parent, 100, len, lambda _: []) is None
