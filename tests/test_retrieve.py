"""What is retrieved for a cursor: definitions, usage lists and similar code of the project, never what is on screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from context.index_project import IndexedProject
from context.project import File, Target
from context.retrieve import Query, Retrieval
from context.skeleton import header, skeleton
from context.snippet import Snippet, squeeze
from context.syntax import parse
from tests.cursor import at_cursor
from tests.indexed import project_of

STORE = '''"""Where things are kept."""


class Store(Base):
    """Keeps things."""

    def __init__(self, path: str, *, timeout_s: float = 1.0) -> None:
        self.path = path

    def load_all(
        self, names: list[str], strict: bool = True
    ) -> dict[str, int]:
        return {}

    def _hidden(self) -> None: ...


def open_store(path: str) -> Store:
    return Store(path, timeout_s=3)
'''

USER = """from app.store import open_store


def total(names):
    store = open_store("x")
    # a comment
    values = store.load_all(names)

    store.flush()
    return sum(values)
"""

FILES = {"src/app/store.py": STORE, "src/app/user.py": USER, "src/app/view.js": "store.paint();\n"}


@dataclass(frozen=True)
class Resolved:
    """What an import was resolved to."""

    uri: str
    name: str


@pytest.fixture
def project(tmp_path: Path) -> Iterator[IndexedProject]:
    """The project of FILES."""
    with project_of(tmp_path, FILES) as project:
        yield project


def retrieval(marked: str, project: IndexedProject, targets: Sequence[Target] = ()) -> Retrieval:
    """Give what is retrieved at a cursor in `src/app/main.py`."""
    document, offset = at_cursor(marked, uri=project.uri("src/app/main.py"))
    return Retrieval(Query.at(document, offset), project, parse(document).imports(), (), targets=targets)


def texts(snippets: list[Snippet]) -> str:
    """Give the texts of snippets as one."""
    return "".join(snippet.text for snippet in snippets)


MAIN = "from .store import open_store\n\ndef main(store):\n    names = []\n    store.$0\n"


def test_a_usage_list_says_what_a_name_is_used_for_elsewhere(project: IndexedProject) -> None:
    """Members and named arguments stand behind the name they were seen with."""
    (usage,) = retrieval(MAIN, project).usage(200)
    lists = dict(line.split(": ", 1) for line in usage.text.splitlines())
    assert {"flush", "load_all"} <= set(lists["store"].split())
    assert next(retrieval("Store$0", project).usage(200)).text == "Store: timeout_s=\n"


def test_what_is_on_screen_is_not_listed(project: IndexedProject) -> None:
    """A member that stands above the cursor needs no mention."""
    (usage,) = retrieval(MAIN.replace("names = []", "store.flush()"), project).usage(200)
    assert "flush" not in usage.text


def test_a_list_keeps_to_its_room(project: IndexedProject) -> None:
    """Without room for a single member there is no list."""
    for characters in range(60):
        assert len(texts([*retrieval(MAIN, project).usage(characters)])) <= characters
    assert [*retrieval(MAIN, project).usage(3)] == []


def test_a_definition_is_found_by_its_name_and_by_the_name_of_what_it_makes(project: IndexedProject) -> None:
    """`open_store` is a function; a variable `store` probably holds a `Store`."""
    found = [snippet.text for snippet in retrieval(MAIN, project).definitions()]
    assert "def open_store(path)\n" in found
    assert any(text.startswith("class Store(Base)\n    def __init__(self, path, *, timeout_s = 1.0)") for text in found)


def test_similar_code_is_squeezed_and_of_the_same_language(project: IndexedProject) -> None:
    """Comments and blank lines cost room and hold no names."""
    found = [*retrieval(MAIN.replace("names = []", "names = []\n    values = total(names)"), project).similar()]
    assert "values = store.load_all(names)\n    store.flush()" in texts(found)
    assert "# a comment" not in texts(found)
    assert "paint" not in texts(found)


def test_the_document_itself_is_never_a_source(tmp_path: Path) -> None:
    """What the index knows of it is an older version of what is on screen, by whatever way it is named."""
    (tmp_path / "link").symlink_to(tmp_path / "project")
    with project_of(tmp_path, {"main.py": "store.secret_member(timeout=1)\nclass Store:\n    pass\n"}) as project:
        for folder in ("project", "link"):
            document, offset = at_cursor(MAIN, uri=(tmp_path / folder / "main.py").as_uri())
            asked = Retrieval(Query.at(document, offset), project, (), ())
            assert [*asked.usage(500), *asked.definitions(), *asked.similar()] == []


def test_an_imported_file_is_worth_more_and_a_test_less(project: IndexedProject) -> None:
    """Modules are found under src/, and as seen from the importing file."""
    asked = retrieval("import app.user\n" + MAIN, project)
    assert asked.imported == {"src/app/store.py", "src/app/user.py"}
    weights = [asked.weigh(File(0, path, "python")) for path in ("src/app/store.py", "src/app/x.py", "src/x.py")]
    assert weights == sorted(weights, reverse=True)
    assert asked.weigh(File(0, "src/tests/test_x.py", "python")) < asked.weigh(File(0, "src/x.py", "python"))


def test_a_resolved_import_is_defined_where_it_leads(tmp_path: Path) -> None:
    """Of many definitions of one name that of the resolved file is given, first, and under its name here."""
    files = {f"app/m{number}.py": f"class Store:\n    def only_in_{number}(self): ...\n" for number in range(20)}
    with project_of(tmp_path, files) as project:
        main = "from somewhere import Store as Shop\n\nshop = Shop.$0\n"
        assert [*retrieval(main, project).definitions()] == []
        targets = [Resolved(project.uri("app/m7.py"), "Store"), Resolved(project.uri("app/m8.py"), "")]
        asked = retrieval(main, project, targets)
        assert [snippet.text for snippet in asked.definitions()] == ["class Store\n    def only_in_7(self)\n"]
        assert asked.imported == {"app/m7.py", "app/m8.py"}


def test_when_it_is_late_nothing_more_is_read(project: IndexedProject) -> None:
    """What takes reading many files is left out; what is at hand is given."""
    document, offset = at_cursor(MAIN, uri=project.uri("src/app/main.py"))
    asked = Retrieval(Query.at(document, offset), project, (), (), lambda: True)
    assert asked.expected == {}
    assert [*asked.usage(200)] != []


def test_a_skeleton_shows_headers_without_types_on_one_line() -> None:
    """The worthiest members are shown, in their order; private ones are not."""
    lines = ["@decorated\n", *STORE.splitlines(keepends=True)[3:15]]
    worths = {"load_all": 2.0}
    assert skeleton(lines, "Store", lambda name: worths.get(name, 0.0), 1) == (
        "class Store(Base)\n    def load_all(self, names, strict = True)\n"
    )
    assert header(("pub fn new(size: usize) -> Self {\n", "}\n"), 0) == "pub fn new(size)"


def test_squeezed_lines_keep_every_name_of_the_code() -> None:
    """Only comments, documentation, blanks and closing brackets go."""
    lines = ['    """Say', "    something.", '    """', "", "    call(", "        name,", "    )", "    # why"]
    assert squeeze(lines, "#") == ["call(", "    name,"]
    assert squeeze(["# kept in a language with other marks"], "//") == ["# kept in a language with other marks"]
