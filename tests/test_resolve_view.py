"""What a resolver sees: unsaved text first, nothing that is excluded, nothing outside; and how long it remembers."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from context.imports import Import
from context.library import Library
from context.resolve import KEPT_S, RESOLVERS, Resolver, where
from context.syntax import parse
from context.text import Document, Span
from context.workspace import Workspace, path_of
from tests.projects import document_at, laid_out, shown


class Clock:
    """Seconds that pass when a test says so."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def targets(resolver: Resolver, folder: Path, text: str, name: str = "main.py") -> list[str]:
    """Resolve the imports of a text in a project."""
    document = document_at(folder, name, text)
    return shown(folder, resolver.targets(document, parse(document).imports()))


def test_unsaved_text_counts(tmp_path: Path) -> None:
    """A name that was written a moment ago is defined where it stands, also in a file that was never saved."""
    laid_out(tmp_path, "== a.py\nfrom b import X\n== b.py\nX = 1\n")
    workspace = Workspace([tmp_path])
    workspace.open((tmp_path / "a.py").as_uri(), "python", 1, "X = 2\n")
    workspace.open((tmp_path / "new.py").as_uri(), "python", 1, "Y = 2\n")
    assert targets(Resolver(workspace, [tmp_path]), tmp_path, "from a import X\nfrom new import Y") == [
        "a.py:X",
        "new.py:Y",
    ]


def test_what_is_excluded_is_no_target(tmp_path: Path) -> None:
    """Ignore files, folders that are never read, generated files and secrets are not there for a resolver either."""
    project = """== .gitignore\nmade.py\n== .antiphonignore\nhidden/\n== made.py\nX = 1\n== hidden/__init__.py\nX = 1
== build/x.py\nX = 1\n== gen.py\n# @generated\nX = 1\n== secrets.py\nX = 1\n== seen.py\nfrom made import X\nZ = 1\n"""
    text = "from made import X\nfrom hidden import X\nfrom build.x import X\nfrom gen import X\nfrom secrets import X\n"
    resolver = Resolver(Workspace([laid_out(tmp_path, project)]), [tmp_path])
    assert targets(resolver, tmp_path, text) == []
    assert targets(resolver, tmp_path, "from seen import Z, X") == ["seen.py:Z", "seen.py"]


def test_links_lead_nowhere_else(tmp_path: Path) -> None:
    """A link out of the project and a link to itself are no targets; one within the project is one."""
    inside = laid_out(tmp_path, "== in/mod.py\nX = 1\n== out/far.py\nX = 1\n") / "in"
    (inside / "far.py").symlink_to(tmp_path / "out" / "far.py")
    (inside / "away").symlink_to(tmp_path / "out")
    (inside / "loop.py").symlink_to(inside / "loop.py")
    (inside / "self").symlink_to(inside)
    (inside / "near.py").symlink_to(inside / "mod.py")
    text = (
        "from far import X\nfrom away.far import X\nfrom loop import X\nfrom near import X\nfrom self.self.mod import X"
    )
    for folders in (None, [inside]):
        found = targets(Resolver(Workspace(folders), [inside]), inside, text)
        assert found == ["near.py:X", "self/self/mod.py:X"]


def test_every_workspace_folder_is_a_root(tmp_path: Path) -> None:
    """What one folder imports may lie in another one; what lies in none of them is not found."""
    laid_out(tmp_path, "== a/main.py\n== b/src/lib.py\nX = 1\n== c/other.py\nX = 1\n")
    folders = [tmp_path / "a", tmp_path / "b"]
    workspace, text = Workspace(folders), "from lib import X\nfrom other import X\n"
    workspace.open((tmp_path / "c" / "unsaved.py").as_uri(), "python", 1, "X = 1\n")
    resolver = Resolver(workspace, folders)
    assert targets(resolver, tmp_path, text, "a/main.py") == ["b/src/lib.py:X"]
    assert targets(resolver, tmp_path, "from .other import X\nfrom .unsaved import X", "c/main.py") == []
    resolver.set_folders([])
    assert targets(resolver, tmp_path, text, "a/main.py") == []


def test_without_folders_the_project_is_what_lies_around_the_document(tmp_path: Path) -> None:
    """In a terminal nobody names folders: then the repository counts, or the nearest folder with settings."""
    laid_out(tmp_path, "== far.py\n== p/.git/HEAD\n== p/sub/pyproject.toml\n== p/near.py\n== q/setup.py\n== q/own.py\n")
    resolver = Resolver(Workspace())
    assert targets(resolver, tmp_path, "import near, far", "p/sub/main.py") == ["p/near.py"]
    assert targets(resolver, tmp_path, "import own, far", "q/a/b/main.py") == ["q/own.py"]


def test_a_change_of_the_files_is_seen_after_a_while(tmp_path: Path) -> None:
    """What was found holds for some seconds, or until somebody who watches the files says that they changed."""
    clock, text = Clock(), "from a import X\n"
    laid_out(tmp_path, "== a.py\nfrom b import X\n== b.py\nX = 1\n")
    resolver = Resolver(Workspace([tmp_path]), [tmp_path], clock=clock)
    assert targets(resolver, tmp_path, text) == ["b.py:X"]
    laid_out(tmp_path, "== a.py\nX = 2\n")
    clock.now_s += KEPT_S / 2
    assert targets(resolver, tmp_path, text) == ["b.py:X"]
    clock.now_s += KEPT_S / 2
    assert targets(resolver, tmp_path, text) == ["a.py:X"]
    (tmp_path / "a.py").unlink()
    resolver.forget()
    assert targets(resolver, tmp_path, text) == []


def test_the_targets_of_each_import(tmp_path: Path) -> None:
    """One can ask which import leads where, and read what it leads to."""
    laid_out(tmp_path, "== a.py\nX = 1\n")
    document = document_at(tmp_path, "m.py", "import os\nfrom a import X\n")
    resolver = Resolver(Workspace([tmp_path]), [tmp_path])
    none, one = resolver.by_import(document, parse(document).imports())
    assert (none, shown(tmp_path, one)) == ([], ["a.py:X"])
    found = resolver.document(one[0])
    assert found is not None
    assert found.text == "X = 1\n"


def test_a_document_without_a_file_imports_nothing() -> None:
    """An untitled document stands nowhere, so nothing can be said about what lies around it."""
    document = Document.of("untitled:1", "python", 1, "import os\nfrom .a import b")
    assert Resolver(Workspace()).by_import(document, parse(document).imports()) == [[], []]


@pytest.mark.parametrize(
    ("name", "text", "sought", "line"),
    [
        ("a.py", "import X\n\ndef f():\n    X = 1\nclass X:\n    def f(self): ...\n", "X", 4),
        ("a.py", "class A:\n    def f(self): ...\ndef f(): ...\n", "f", 2),
        ("a.py", "\n@decorated\ndef f(): ...\n", "f", 2),
        ("a.py", "x = 1\n", "y", None),
        ("a.ts", "const a = 1\nexport default () => 1\n", "default", 1),
        ("a.ts", "const a = 1\n", "default", None),
        ("a.go", "package a\n\nfunc (x T) M() {}\ntype T struct{}\n", "T", 3),
    ],
)
def test_where_a_name_is_defined(name: str, text: str, sought: str, line: int | None) -> None:
    """The outermost definition counts; a name that is only used has none. A large text is read without a parse."""
    for padding in ("", f"{'#' if name.endswith('py') else '//'} {'-' * 77}\n" * 4_000):
        if not padding or "    def" not in text:
            assert where(document_at(Path("/"), name, text + padding), sought) == line


MODULES = st.one_of(
    st.text("./\\:@#*~abPk-_\"'\n\0\ud800é", max_size=12),
    st.sampled_from(
        ["pkg", "pkg.mod", ".", "..", "...", "../../x", "./pkg", "crate::a", "super", "/etc/passwd", "a.b", "inst"]
    ),
)
NAMES = st.lists(
    st.tuples(st.sampled_from(["", "*", "default", "X", "mod", "(", "a b", "\0", "\ud800"]), st.just("X")), max_size=3
)

TREACHEROUS = """
== pkg/__init__.py
from .mod import *
== pkg/mod.py
X = 1
== a.ts
export * from './a'
== tsconfig.json
{"compilerOptions": {"baseUrl": "..", "paths": {"*": ["*", "../*"]}}}
== go.mod
module a
replace pkg => ../
== Cargo.toml
[workspace]
members = ["../*"]
== composer.json
{"autoload": {"psr-4": {"": ".."}}}
== .venv/pyvenv.cfg
== .venv/lib/python3.11/site-packages/inst.py
X = 1
== .venv/lib/python3.11/site-packages/up.pth
../../../../..
== ../x.py
X = 1
== ../x.ts
== ../x.go
== ../pkg.py
== ../src/lib.rs
"""


@settings(deadline=None)  # a shared machine may stop for a moment
@given(st.sampled_from(sorted(RESOLVERS)), st.sampled_from(["m.py", "pkg/m.x", "../out.py"]), st.data())
def test_nothing_written_leads_out_or_astray(language_id: str, name: str, data: st.DataObject) -> None:
    """Whatever a text imports, nothing is raised, and every target can be read and lies in the project or library."""
    with TemporaryDirectory() as made:
        folder = laid_out(Path(os.path.realpath(made)) / "w", TREACHEROUS)
        written = data.draw(st.lists(st.tuples(MODULES, NAMES), max_size=4))
        imports = [Import(module, tuple(names), Span(0, 0)) for module, names in written]
        document = Document.of((folder / name).as_uri(), language_id, 1, "pkg.X inst.Y a.Z\n")
        workspace = Workspace([folder])
        library = Library(workspace, [folder])
        resolver = Resolver(workspace, [folder], library)
        for target in (*resolver.targets(document, imports), *library.targets(document, imports)):
            path = path_of(target.uri)
            assert path is not None
            assert Path(os.path.realpath(path)).is_relative_to(folder)
            assert resolver.document(target) is not None
            assert where(document, target.name) is None
