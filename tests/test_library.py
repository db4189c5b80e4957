"""The packages of a project's own environment: found by how environments are laid out, read, and nothing else read."""

from __future__ import annotations

from pathlib import Path

import pytest

from context.library import Library
from context.resolve import Resolver
from context.syntax import parse
from context.workspace import MAX_FILE_BYTES, Workspace
from tests.projects import document_at, laid_out, shown

SITE = ".venv/lib/python3.12/site-packages"
ENVIRONMENT = f"""
== .venv/pyvenv.cfg
== .venv/lib/python3.9/site-packages/old.py
== {SITE}/web/__init__.py
from ._client import Client as Client, get
from ._fast import quick
== {SITE}/web/__init__.pyi
def quick() -> None: ...
== {SITE}/web/_client.py
class Client: ...
def get(): ...
== {SITE}/bare/__init__.py
== {SITE}/fast.pyi
def run() -> int: ...
== {SITE}/typed-stubs/__init__.pyi
class Typed: ...
== {SITE}/web/.env
KEY=1
== {SITE}/web/secrets.json
{{}}
== app/x.py
"""


def check(folder: Path, text: str, *expected: str, environment: Path | None = None) -> None:
    """Resolve the imports of a text in a project with its environment; the paths from the packages' folder on."""
    document = document_at(folder, "app/x.py", text)
    library = Library(Workspace([folder]), [folder], environment)
    targets = library.targets(document, parse(document).imports())
    assert [each.removeprefix(f"{SITE}/") for each in shown(folder, targets)] == list(expected)
    assert all(library.document(target.uri) for target in targets)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import web", ["web/__init__.py"]),
        ("from web import Client, get as g", ["web/_client.py:Client", "web/_client.py:get"]),
        ("from web import quick", ["web/__init__.pyi:quick"]),
        ("from fast import run", ["fast.pyi:run"]),
        ("from typed import Typed", ["typed-stubs/__init__.pyi:Typed"]),
        ("from web import _client\nimport web._client as c", ["web/_client.py"]),
        ("import old, gone, os, app.x\nfrom .web import Client", []),
    ],
)
def test_installed_packages(tmp_path: Path, text: str, expected: list[str]) -> None:
    """A package, what it hands on, its stubs beside it or in a package of stubs; the newest Python's are taken."""
    check(laid_out(tmp_path, ENVIRONMENT), text, *expected)


@pytest.mark.parametrize("site", ["venv/lib/python3.11/site-packages", "env/Lib/site-packages"])
def test_layouts(tmp_path: Path, site: str) -> None:
    """The names that people give an environment, and the layouts of POSIX and of Windows."""
    top = site.partition("/")[0]
    laid_out(tmp_path, f"== {site}/one.py\n== unmarked/lib/python3.11/site-packages/two.py\n")
    check(tmp_path, "import one")
    laid_out(tmp_path, f"== {top}/pyvenv.cfg\n")
    check(tmp_path, "import one, two", f"{site}/one.py")


def test_an_environment_elsewhere_counts_when_the_caller_gives_it(tmp_path: Path) -> None:
    """An environment outside of the project is looked at only if somebody vouches for it, as VIRTUAL_ENV does."""
    project = laid_out(tmp_path / "p", "== app/x.py\n")
    other = laid_out(tmp_path / "other", "== pyvenv.cfg\n== lib/python3.11/site-packages/one.py\nX = 1\n")
    check(project, "import one")
    document = document_at(project, "app/x.py", "from one import X")
    library = Library(Workspace([project]), [project], other)
    found = library.targets(document, parse(document).imports())
    assert shown(tmp_path, found) == ["other/lib/python3.11/site-packages/one.py:X"]
    assert library.document(found[0].uri) is not None


def test_only_files_of_packages_are_given(tmp_path: Path) -> None:
    """No file of the project, no file around the packages, none behind a link, no secret, nothing large or binary."""
    laid_out(tmp_path, ENVIRONMENT + "== away.py\n== .venv/bin/activate.py\n")
    site = tmp_path / SITE
    (site / "link.py").symlink_to(tmp_path / "away.py")
    (site / "large.py").write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    (site / "binary.py").write_bytes(b"\0\1\2")
    library = Library(Workspace([tmp_path]), [tmp_path])
    given = library.document((site / "web" / "_client.py").as_uri())
    assert given is not None
    assert given.text.startswith("class Client")
    refused = [
        "web/.env",
        "web/secrets.json",
        "link.py",
        "large.py",
        "binary.py",
        "gone.py",
        "../../../bin/activate.py",
    ]
    for path in [tmp_path / "app" / "x.py", *(site / name for name in refused)]:
        assert library.document(path.as_uri()) is None
    for uri in (
        "untitled:1",
        "https://example.com/a.py",
        (site / "web").as_uri(),
        f"{site.as_uri()}/../../../../away.py",
    ):
        assert library.document(uri) is None


def test_ignore_files_that_speak_to_assistants_hold_for_packages(tmp_path: Path) -> None:
    """Who keeps the environment from assistants keeps it from completion as well; `.gitignore` is no such word."""
    laid_out(tmp_path, ENVIRONMENT + "== .gitignore\n.venv/\n")
    check(tmp_path, "import web", "web/__init__.py")
    library = Library(Workspace([tmp_path]), [tmp_path])
    uri = (tmp_path / SITE / "web" / "_client.py").as_uri()
    assert library.document(uri) is not None
    laid_out(tmp_path, "== .antiphonignore\n.venv/\n")
    assert library.document(uri) is None
    check(tmp_path, "import web")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("_own.pth", "# editable\nimport site\n{folder}/code\n{folder}/../outside\n"),
        ("__editable___own_1_finder.py", "MAPPING: dict[str, str] = {{'own': '{folder}/code/own'}}\nNAMES = {{}}\n"),
    ],
)
def test_editable_installs_of_the_project(tmp_path: Path, name: str, text: str) -> None:
    """Plain folders that an editable install names are import roots, as far as they lie in the project."""
    folder = laid_out(tmp_path / "w", ENVIRONMENT + "== code/own/__init__.py\nX = 1\n== ../outside/far.py\n")
    (folder / SITE / name).write_text(text.format(folder=folder))
    workspace = Workspace([folder])
    library = Library(workspace, [folder])
    assert library.sources() == (str(folder / "code"),)
    document = document_at(folder, "app/x.py", "from own import X\nimport far\nfrom web import Client")
    targets = Resolver(workspace, [folder], library).targets(document, parse(document).imports())
    assert shown(folder, targets) == ["code/own/__init__.py:X", f"{SITE}/web/_client.py:Client"]


def test_the_project_comes_before_what_is_installed(tmp_path: Path) -> None:
    """A resolver with a library asks the project first, and reads from where the target lies."""
    laid_out(tmp_path, ENVIRONMENT + f"== app/__init__.py\n== {SITE}/app/__init__.py\n== {SITE}/app/extra.py\n")
    workspace = Workspace([tmp_path])
    resolver = Resolver(workspace, [tmp_path], Library(workspace, [tmp_path]))
    document = document_at(tmp_path, "main.py", "import app, fast")
    targets = resolver.targets(document, parse(document).imports())
    assert shown(tmp_path, targets) == ["app/__init__.py", f"{SITE}/fast.pyi"]
    assert all(resolver.document(target) for target in targets)


def test_a_new_package_is_found_after_a_while(tmp_path: Path) -> None:
    """An environment that is made, or a package that is installed, counts when what was found is forgotten."""
    library = Library(Workspace([tmp_path]), [tmp_path])
    assert library.folders() == ()
    laid_out(tmp_path, ENVIRONMENT)
    assert library.folders() == ()
    library.forget()
    assert library.folders() == (str(tmp_path / SITE),)
    library.set_folders([])
    assert library.folders() == ()
