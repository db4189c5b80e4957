"""Settings come from files and the editor, later ones win, and no file stops the server."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lsp_server.config import DEFAULTS, Config
from lsp_server.settings import Problem
from lsp_server.sources import MOST_BYTES, PROJECT_FILE, load, user_file


class Home:
    """A person's config folder and a project, both in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.config_dir = folder / "config"
        self.workspace = folder / "project"
        self.config_dir.mkdir()
        self.workspace.mkdir()

    @property
    def own(self) -> Path:
        """The person's file."""
        return self.config_dir / "config.toml"

    @property
    def project(self) -> Path:
        """The project's file."""
        return self.workspace / PROJECT_FILE

    def load(self, editor: object = None) -> tuple[Config, list[Problem]]:
        """Load what stands in the files."""
        return load(self.workspace, editor, config_dir=self.config_dir)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Give empty folders."""
    return Home(tmp_path)


def test_no_files_give_the_defaults_and_no_problem(home: Home) -> None:
    """Nobody has to write settings."""
    assert home.load() == (DEFAULTS, [])
    assert load(None, config_dir=home.config_dir / "nowhere") == (DEFAULTS, [])


def test_later_sources_win(home: Home) -> None:
    """The person's file goes before the defaults, the project's before it, the editor's before both."""
    home.own.write_text("[completion]\nmax_lines = 9\nmax_tokens = 90\ntimeout_s = 9\n")
    home.project.write_text("[completion]\nmax_lines = 7\nmax_tokens = 70\n")
    config, problems = home.load({"completion": {"max_lines": 8}})
    assert problems == []
    assert (config.completion.max_lines, config.completion.max_tokens, config.completion.timeout_s) == (8, 70, 9.0)
    assert config.completion.eagerness == "eager"


def test_a_project_file_can_only_narrow(home: Home) -> None:
    """A project that names an endpoint is reported under its own file, and nothing is sent there."""
    home.project.write_text('[providers.openai]\nbase_url = "http://evil"\n[completion]\neagerness = "off"\n')
    config, (problem,) = home.load()
    assert (config.providers, config.completion.eagerness) == ({}, "off")
    assert (problem.path, problem.source) == ("providers", str(home.project))


def test_each_problem_names_its_source(home: Home) -> None:
    """A mistake is found again: in the person's file, the project's, or the editor."""
    for file in (home.own, home.project):
        file.write_text("zebra = 1\n")
    _, problems = home.load({"zebra": 1})
    assert [each.source for each in problems] == [str(home.own), str(home.project), "editor"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[completion]\nmodel "local"\n', "Line 2, column 7: Expected '='"),
        ('[chat]\ninstructions = """\nno end', "Line 3, column 7: Unterminated string"),
        ("[chat]\r\n[chat]\r\n", "Line 2, column 6: Cannot declare"),
        ("a = " + "[" * 100_000, "cannot be understood"),
        ("a = " + "9" * 10_000, "cannot be understood"),
        ("a = 1" + " " * MOST_BYTES, "longer than 1,000,000 bytes"),
    ],
)
def test_a_file_that_is_not_toml_is_left_out_and_the_place_named(home: Home, text: str, message: str) -> None:
    """The message has line and column; what stands elsewhere holds all the same."""
    home.own.write_bytes(text.encode())
    config, (problem,) = home.load({"completion": {"max_lines": 3}})
    assert config.completion.max_lines == 3
    assert problem.source == str(home.own)
    assert message in problem.message


def test_a_file_in_another_encoding_is_reported(home: Home) -> None:
    """Latin-1 is not guessed at."""
    home.project.write_bytes("[chat]\ninstructions = 'Sé breve'".encode("latin-1"))
    config, (problem,) = home.load()
    assert config == DEFAULTS
    assert "not UTF-8 (byte 24)" in problem.message


def test_a_byte_order_mark_is_no_mistake(home: Home) -> None:
    """Some editors begin a UTF-8 file with one."""
    home.own.write_bytes(b"\xef\xbb\xbf[completion]\nmax_lines = 5\n")
    config, problems = home.load()
    assert (config.completion.max_lines, problems) == (5, [])


def test_a_folder_in_place_of_a_file_is_reported(home: Home) -> None:
    """Both files may turn out to be folders."""
    home.own.mkdir()
    home.project.mkdir()
    config, problems = home.load()
    assert config == DEFAULTS
    assert [(each.source, "it is a folder" in each.message) for each in problems] == [
        (str(home.own), True),
        (str(home.project), True),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_pipe_or_a_device_in_place_of_a_file_is_not_waited_for(home: Home) -> None:
    """A project may bring a link to something that never ends or never begins."""
    os.mkfifo(home.own)
    home.project.symlink_to("/dev/zero")
    config, problems = home.load()
    assert config == DEFAULTS
    assert ["no regular file" in each.message for each in problems] == [True, True]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_file_that_cannot_be_reached_is_reported(home: Home) -> None:
    """A link that leads to itself is one way of being unreadable that holds for root too."""
    home.own.symlink_to(home.own)
    config, (problem,) = home.load()
    assert config == DEFAULTS
    assert "cannot be read: Too many levels" in problem.message


def test_a_workspace_that_cannot_be_is_reported() -> None:
    """A workspace may be a name that no file system takes."""
    config, (problem,) = load(Path("a\0b"), config_dir=Path("/nowhere"))
    assert config == DEFAULTS
    assert "cannot be read" in problem.message


def test_the_persons_file_stands_in_the_platforms_folder() -> None:
    """Without a folder given, it is the platform's, with no company's name in between."""
    assert user_file().name == "config.toml"
    assert user_file().parent.name == "antiphon"
