"""Nobody turns a write aside between the approval and the writing."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from lsp_server.errors import EditRefused
from lsp_server.tools.paths import Resolved, resolve
from lsp_server.tools.writing import create_file, remove_file, rename_file, replace_file

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a file in a folder, and a folder outside of it with a file of the same name."""
    for folder in ("project/src", "outside"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.py").write_text("before")
    return tmp_path / "project"


def at(root: Path, name: str) -> Resolved:
    """Look at a path of the project."""
    return resolve(name, [root])


def file_by_link(root: Path) -> None:
    """Put a link in the place of the file."""
    (root / "src/a.py").unlink()
    (root / "src/a.py").symlink_to(root.parent / "outside/a.py")


def folder_by_link(root: Path) -> None:
    """Put a link in the place of the folder."""
    (root / "src").rename(root / "old")
    (root / "src").symlink_to(root.parent / "outside")


def file_by_other(root: Path) -> None:
    """Put another file there, of the same size."""
    (root / "src/b.py").write_text("BEFORE")
    (root / "src/b.py").replace(root / "src/a.py")


def file_by_hard_link(root: Path) -> None:
    """Put another name of the file outside there."""
    (root / "src/a.py").unlink()
    (root / "src/a.py").hardlink_to(root.parent / "outside/a.py")


def changed(root: Path) -> None:
    """Change what stands in it."""
    (root / "src/a.py").write_text("something else")


def removed(root: Path) -> None:
    """Remove it."""
    (root / "src/a.py").unlink()


def folder_instead(root: Path) -> None:
    """Put a folder there."""
    (root / "src/a.py").unlink()
    (root / "src/a.py").mkdir()


def pipe_instead(root: Path) -> None:
    """Put a pipe there, which would hold up whoever opens it."""
    (root / "src/a.py").unlink()
    os.mkfifo(root / "src/a.py")


SWAPS = [
    *(file_by_link, folder_by_link, file_by_other, file_by_hard_link, changed, removed, folder_instead, pipe_instead),
]
WRITES: dict[str, Callable[[Resolved, Resolved], None]] = {
    "replace": lambda place, _: replace_file(place, b"after"),
    "remove": lambda place, _: remove_file(place),
    "rename": lambda place, free: rename_file(place, free),
}


@pytest.mark.parametrize("swap", SWAPS)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_what_was_put_in_the_place_of_a_file_is_not_touched(
    root: Path, swap: Callable[[Path], None], write: Callable[[Resolved, Resolved], None]
) -> None:
    """Whatever changes between looking and writing, nothing is written, here or outside."""
    place, free = at(root, "src/a.py"), at(root, "free.py")
    swap(root)
    with pytest.raises((EditRefused, OSError)):
        write(place, free)
    assert (root.parent / "outside/a.py").read_text() == "before"
    assert not (root / "free.py").exists()
    assert not list(root.rglob("*.tmp"))


@pytest.mark.parametrize("write", [lambda place: create_file(place, b"x"), lambda place: replace_file(place, b"x")])
def test_nothing_outside_is_written(root: Path, write: Callable[[Resolved], None]) -> None:
    """Also when somebody forgot to ask the rules."""
    with pytest.raises(EditRefused):
        write(resolve(str(root.parent / "outside/a.py"), [root]))
    assert (root.parent / "outside/a.py").read_text() == "before"


def test_a_new_file_goes_over_none_that_was_made_meanwhile(root: Path) -> None:
    """Neither a file, nor a link to one that is not there yet."""
    mine, link = at(root, "n1"), at(root, "n2")
    (root / "n1").write_text("mine")
    (root / "n2").symlink_to(root.parent / "made")
    for place in (mine, link):
        with pytest.raises(EditRefused, match="exists by now"):
            create_file(place, b"x")
    assert (root / "n1").read_text() == "mine"
    assert not (root.parent / "made").exists()


def test_folders_of_a_new_file_are_made_and_a_link_among_them_refused(root: Path) -> None:
    """A folder that has become a link leads elsewhere."""
    create_file(at(root, "x/y/z.py"), b"new")
    assert (root / "x/y/z.py").read_text() == "new"
    place = at(root, "p/q.py")
    (root / "p").symlink_to(root.parent / "outside")
    with pytest.raises(EditRefused, match="has changed"):
        create_file(place, b"x")
    assert not (root.parent / "outside/q.py").exists()


def test_a_rename_goes_over_no_file(root: Path) -> None:
    """The other name must be free when it is done."""
    place, to = at(root, "src/a.py"), at(root, "b.py")
    (root / "b.py").write_text("mine")
    with pytest.raises(EditRefused, match="exists by now"):
        rename_file(place, to)
    assert (root / "b.py").read_text() == "mine"


def test_a_file_keeps_its_mode_and_its_links(root: Path) -> None:
    """A script stays one that can be run, and a link in the project still leads to the file."""
    (root / "src/a.py").chmod(0o754)
    (root / "link.py").symlink_to("src/a.py")
    replace_file(at(root, "link.py"), b"after")
    assert stat.S_IMODE((root / "src/a.py").stat().st_mode) == 0o754
    assert (root / "link.py").is_symlink()
    assert (root / "link.py").read_text() == "after"
