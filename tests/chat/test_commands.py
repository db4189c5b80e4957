"""Slash commands are understood as they are typed, or the person is told what would be right."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.chat.commands import COMMANDS, BadCommand, available_commands, parse_command
from lsp_server.chat.custom_commands import custom_command


@pytest.mark.parametrize(
    ("text", "name", "values", "words"),
    [
        (
            "/refactor --style functional --variations 3 --keep-signature rest of the words",
            "refactor",
            {"style": "functional", "variations": 3, "keep-signature": True},
            "rest of the words",
        ),
        ("/refactor", "refactor", {"style": "idiomatic", "variations": 1, "keep-signature": False}, ""),
        ("/tests --framework='my own' a\nb", "tests", {"framework": "my own"}, "a\nb"),
        ('/tests --framework "my own"', "tests", {"framework": "my own"}, ""),
        ("/explain -- --verbose is what?", "explain", {}, "--verbose is what?"),
        ("/explain what --verbose does", "explain", {}, "what --verbose does"),
        ("/review --staged\nthe tests", "review", {"staged": True}, "the tests"),
    ],
)
def test_a_command_is_understood(text: str, name: str, values: dict[str, object], words: str) -> None:
    """Flags have types and defaults, and end where the words begin."""
    found = parse_command(text)
    assert found is not None
    assert (found.command.name, dict(found.values), found.words) == (name, values, words)


@pytest.mark.parametrize("text", ["", "/", "/etc/hosts is wrong", " /explain", "what is /explain?", "//", "/1"])
def test_what_is_no_command_stays_text(text: str) -> None:
    """A path, a blank before it, or a slash elsewhere."""
    assert parse_command(text) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/refacto it", "There is no command /refacto; did you mean /refactor?"),
        ("/qqqq", "there are: /commit, /compact"),
        ("/refactor --stile functional", "has no flag --stile; did you mean --style?"),
        ("/explain --deep", "has no flag --deep, and takes none."),
        ("/refactor --style functonal", "not 'functonal'; did you mean functional?"),
        ("/refactor --variations 9", "a number from 1 to 5, not '9'"),
        ("/refactor --variations many", "a number from 1 to 5, not 'many'"),
        ("/refactor --variations", "--variations needs a value behind it: a number from 1 to 5."),
        ("/refactor --style --keep-signature", "--style needs a value"),
        ("/refactor --keep-signature=yes", "takes no value"),
        ("/review --staged --staged", "--staged twice"),
        ("/docstring now", "takes no words"),
        ("/remember", "needs words behind it: what to keep in mind."),
    ],
)
def test_a_wrong_command_says_what_would_be_right(text: str, told: str) -> None:
    """With the nearest name, or with all there are."""
    with pytest.raises(BadCommand) as error:
        parse_command(text)
    assert told in str(error.value)


@given(st.sampled_from(sorted(COMMANDS)), st.text())
def test_anything_that_is_typed_is_a_command_or_an_error_of_ours(name: str, rest: str) -> None:
    """No text behind a command raises anything else."""
    with suppress(BadCommand):
        found = parse_command(f"/{name} {rest}")
        assert found is not None
        assert set(found.values) == {flag.name for flag in COMMANDS[name].flags}


def test_commands_are_listed_as_editors_expect() -> None:
    """With a hint that shows how to type them."""
    listed = {each["name"]: each for each in available_commands()}
    assert listed["docstring"] == {"name": "docstring", "description": "Document the definition at the cursor"}
    assert listed["refactor"]["input"]["hint"] == (
        "[--style idiomatic|functional|object-oriented|procedural] [--variations N] [--keep-signature]"
        " what matters to you"
    )


TIDY = """\
---
title: Write it as a dataclass
kinds: [refactor.rewrite]
context: [selection, diagnostics]
model: work/coder
output: edit
---
Write the class as a frozen dataclass. $words
"""


def test_a_file_becomes_a_command() -> None:
    """With everything that its front matter says, and the words in their place."""
    found = custom_command("tidy-up.md", TIDY)
    assert (found.name, found.title) == ("tidy-up", "Write it as a dataclass")
    assert (found.kinds, found.context) == (("refactor.rewrite",), ("selection", "diagnostics"))
    assert (found.model, found.output) == ("work/coder", "edit")
    assert found.prompt("Keep $words.") == "Write the class as a frozen dataclass. Keep $words."
    invocation = parse_command("/tidy-up as it is", {found.name: found.command})
    assert invocation is not None
    assert invocation.words == "as it is"


def test_a_file_needs_no_front_matter() -> None:
    """Then its name is its title, and the selection goes along."""
    found = custom_command("find-bugs.md", "Which bugs are here?\u200b")
    assert (found.title, found.context, found.output) == ("Find bugs", ("selection",), "answer")
    assert found.note == "1 zero-width characters taken out"
    with pytest.raises(BadCommand, match="takes no words"):
        parse_command("/find-bugs now", {found.name: found.command})


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("Tidy Up.md", "x", "names no command"),
        ("a.md", "---\ntitel: x\n---\nx", "'titel' in front, which means nothing: use title"),
        ("a.md", "---\ntitle: x\n---\n", "needs a prompt"),
        ("a.md", "---\nkinds: [dangerous]\n---\nx", "'dangerous' as kinds, which must begin with quickfix"),
        ("a.md", "---\ncontext: everything\n---\nx", "must be of selection, file"),
        ("a.md", "---\nmodel: gigantic\n---\nx", "'gigantic' as model"),
        ("a.md", "---\noutput: run\n---\nx", "must be one of answer, edit, insert"),
    ],
)
def test_a_wrong_file_says_what_would_be_right(name: str, text: str, told: str) -> None:
    """One sentence, with the file's name."""
    with pytest.raises(BadCommand) as error:
        custom_command(name, text)
    assert told in str(error.value)
