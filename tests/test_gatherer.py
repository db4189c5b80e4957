"""The gatherer: ready before it is asked, the same while a person types along, and nothing left of what was closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from context.gatherer import Gathered, Gatherer, Wanted
from context.index import Index
from context.index_project import IndexedProject
from context.index_reader import ProjectQuestion
from context.snippet import Snippet
from context.text import Document, Position, RangeChange, Span
from context.workspace import Workspace
from tests.indexed import project_of

pytestmark = pytest.mark.anyio

FILES = {
    "helpers.py": (
        "class Store:\n    def flush(self, timeout):\n        pass\n\n\ndef work(store):\n    store.flush(timeout=3)\n"
    ),
    "main.py": "from helpers import Store\n\n\ndef main(store):\n    store.\n" + "\n" * 40,
    "other.py": "old()\n",
    ".env": "TOKEN=1\n",
}
AT = Position(4, 10)


class ProjectIndex:
    """An index whose answers come when the test lets them; `told` is what it was told has changed."""

    def __init__(self, project: IndexedProject) -> None:
        self.progress = (len(FILES), len(FILES))
        self.fault = ""
        self.told: list[tuple[str, bool]] = []
        self.walks = self.asked = 0
        self.open = asyncio.Event()
        self.open.set()
        self.closed = False
        self._project = project

    async def start(self) -> None:
        """Nothing is to be made."""

    async def settled(self) -> None:
        """All is indexed."""

    async def aclose(self) -> None:
        """Be closed."""
        self.closed = True

    def refresh(self) -> None:
        """Count the walks."""
        self.walks += 1

    def changed(self, uri: str, document: Document | None = None) -> None:
        """Remember the change, and whether there is a text."""
        self.told.append((uri.rpartition("/")[2], document is not None))

    async def ask_project(self, question: ProjectQuestion, *, deadline_s: float) -> list[Snippet]:
        """Answer when the test lets it."""
        self.asked += 1
        await self.open.wait()
        return list(question(self._project, lambda: False))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexedProject]:
    """Give an indexed project."""
    with project_of(tmp_path_factory.mktemp("gatherer"), FILES) as indexed:
        yield indexed


class Desk:
    """A person with a project: opens and edits its files, and looks at what is gathered."""

    def __init__(self, gatherer: Gatherer, workspace: Workspace, index: ProjectIndex, root: Path) -> None:
        self.gatherer, self.workspace, self.index, self.root = gatherer, workspace, index, root

    def uri(self, name: str) -> str:
        """Give the URI of a file."""
        return (self.root / name).as_uri()

    def open(self, name: str) -> None:
        """Open a file."""
        self.workspace.open(self.uri(name), "python", 1, FILES[name])
        self.gatherer.opened(self.uri(name))

    def type(self, name: str, at: Position, text: str) -> None:
        """Type somewhere."""
        before = self.workspace.opened(self.uri(name))
        after = self.workspace.change(self.uri(name), 2, [RangeChange(at, at, text)], "utf-16")
        assert before is not None
        assert after is not None
        self.gatherer.changed(before, after)

    def close(self, name: str) -> None:
        """Close a file."""
        self.workspace.close(self.uri(name))
        self.gatherer.closed(self.uri(name))

    def wanted(self, at: Position = AT, characters: int = 2_000) -> Wanted:
        """Want something for a place in the main file."""
        document = self.workspace.opened(self.uri("main.py"))
        assert document is not None
        return Wanted(document, document.offset(at, "utf-16"), Span(0, 10), characters)

    async def ask(self, at: Position = AT, characters: int = 2_000, deadline_s: float = 20.0) -> Gathered:
        """Ask for a place in the main file."""
        return await self.gatherer.snippets(self.wanted(at, characters), deadline_s)


@asynccontextmanager
async def desk(project: IndexedProject, make: Callable[[Path], Index] | None = None) -> AsyncIterator[Desk]:
    """Sit down at the project, with the main file open."""
    root = Path(project.uri("x").removeprefix("file://")).parent
    workspace, index = Workspace([root]), ProjectIndex(project)
    gatherer = Gatherer(workspace, make or (lambda _: cast(Index, index)), lambda: 0.0)
    await gatherer.set_folders([root])
    person = Desk(gatherer, workspace, index, root)
    person.open("main.py")
    yield person
    index.open.set()
    await gatherer.aclose()
    assert index.closed


def texts(gathered: Gathered) -> str:
    """Give all that was gathered."""
    return "".join(snippet.text for snippet in gathered.snippets)


async def test_a_request_gets_what_was_prepared_when_the_cursor_moved(project: IndexedProject) -> None:
    """The index is asked once, and before anybody waits for it."""
    async with desk(project) as person:
        person.gatherer.prepare(person.wanted())
        gathered = await person.ask()
        assert "flush" in texts(gathered)
        assert gathered.reason == ""
        assert person.index.asked == 1


async def test_snippets_stay_put_while_a_person_types_along(project: IndexedProject) -> None:
    """They change with the place, or much more room; not with a key, nor a line further."""
    async with desk(project) as person:
        person.type("main.py", AT, "f")
        first = await person.ask()
        for at in (Position(4, 11), Position(4, 12), Position(6, 0), Position(12, 0)):
            person.type("main.py", at, "x")
            assert await person.ask(at) == first
        assert person.index.asked == 1
        await person.ask(Position(30, 0))
        await person.ask(Position(30, 0), characters=9_000)
        assert person.index.asked == 3


async def test_an_edit_in_another_file_is_shown_at_once(project: IndexedProject) -> None:
    """As a small diff, behind all that stays put longer; it is gone when that file is closed."""
    async with desk(project) as person:
        await person.ask()
        person.open("other.py")
        person.type("other.py", Position(0, 0), "new_")
        edited = await person.ask()
        assert edited.snippets[-1].text == "-old()\n+new_old()\n"
        person.close("other.py")
        assert "new_old" not in texts(await person.ask())
        assert person.index.told == [("main.py", True), ("other.py", True), ("other.py", True), ("other.py", False)]


async def test_past_the_deadline_what_is_ready_is_given_and_the_rest_comes_for_the_next_key(
    project: IndexedProject,
) -> None:
    """A slow index costs context once, with a reason, and no waiting."""
    async with desk(project) as person:
        person.index.open.clear()
        late = await person.ask(deadline_s=0.0)
        assert late.snippets == ()
        assert "took too long" in late.reason
        person.index.open.set()
        assert "flush" in texts(await person.ask())
        assert person.index.asked == 1


async def test_a_file_that_changed_on_disk_is_not_shown_as_it_was(project: IndexedProject) -> None:
    """What was held of it is gathered anew; other files leave what is held alone. A change of branch is one walk."""
    async with desk(project) as person:
        await person.ask()
        person.gatherer.files_changed([person.uri("unrelated.py")])
        await person.ask()
        assert person.index.asked == 1
        person.gatherer.files_changed([person.uri("helpers.py")])
        await person.ask()
        assert person.index.asked == 2
        person.gatherer.files_changed([person.uri(f"{number}.py") for number in range(500)])
        assert person.index.walks == 1


async def test_what_may_not_be_seen_is_neither_indexed_nor_shown(project: IndexedProject) -> None:
    """A file of secrets stays unknown though it is open."""
    async with desk(project) as person:
        person.open(".env")
        assert [name for name, _ in person.index.told] == ["main.py"]
        assert "TOKEN" not in texts(await person.ask())


async def test_why_there_is_less_can_be_told(project: IndexedProject) -> None:
    """An index that is being built, one that failed, and a file outside of all folders."""
    async with desk(project) as person:
        person.index.progress = (1, 4)
        assert "still being indexed (1 of 4 files)" in (await person.ask()).reason
        person.index.fault = "the project is not indexed: the disk is full."
        assert (await person.ask()).reason == person.index.fault
        await person.gatherer.set_folders([])
        assert "in no workspace folder" in (await person.ask()).reason


async def test_a_fault_of_ours_costs_context_and_not_the_suggestion(project: IndexedProject) -> None:
    """It is a reason that can be looked up, and nothing is raised."""

    class Broken(IndexedProject):
        def __init__(self) -> None:
            """Have nothing that anybody could be given."""

    async with desk(project) as person:
        person.index._project = Broken()
        gathered = await person.ask()
        assert gathered.snippets == ()
        assert "Please report this" in gathered.reason


async def test_files_are_called_by_their_paths_in_the_workspace_folder(project: IndexedProject) -> None:
    """Others by their own name; the project by that of its folder."""
    async with desk(project) as person:
        assert person.gatherer.name(person.uri("a b/c.py")) == "a b/c.py"
        assert person.gatherer.name("file:///elsewhere/d.py") == "d.py"
        assert person.gatherer.name("untitled:Untitled-1") == "untitled:Untitled-1"
        assert person.gatherer.repository(person.uri("c.py")) == "project"
