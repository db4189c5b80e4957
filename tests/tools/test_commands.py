"""Which commands may run without being asked: those that are known to read only, and nothing that hides another."""

from __future__ import annotations

import shutil
import subprocess
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp_server.tools.commands import parse_command, unwrapped
from lsp_server.tools.readers import GIT, READERS, judge, judge_argv
from tests.tools.command_table import ASKED, HIDDEN, READING


def test_there_are_enough_commands_in_the_tables() -> None:
    """The tables are the specification, so they must not shrink unnoticed."""
    assert len(READING) + len(ASKED) + len(HIDDEN) >= 300


@pytest.mark.parametrize("text", READING)
def test_what_is_known_to_read_only_is_not_asked(text: str) -> None:
    """Listing, reading and looking at history need nobody's yes."""
    assert judge(parse_command(text)).doubt == ""


@pytest.mark.parametrize("line", ASKED)
def test_everything_else_is_asked_with_the_reason(line: str) -> None:
    """Whatever hides, changes, or runs something else is a doubt that is told."""
    text, _, reason = line.rpartition(" | ")
    assert reason in judge(parse_command(text)).doubt


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_text_that_is_not_what_it_looks_like_is_asked(text: str) -> None:
    """Control characters, other blanks, several lines: nobody reads them as a shell does."""
    assert judge(parse_command(text)).doubt


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        ("ls -la", ("ls", "-la")),
        ("echo 'a b' \"c d\"", ("echo", "a b", "c d")),
        ("git log --format='%h %s'", ("git", "log", "--format=%h %s")),
        ('grep "a\\"b" x', ("grep", 'a"b', "x")),
        ('grep "\\\\d" x', ("grep", "\\d", "x")),
        ("echo ''", ("echo", "")),
        ("cat ünï.txt", ("cat", "ünï.txt")),
    ],
)
def test_words_lose_their_quotes_as_in_a_shell(text: str, argv: tuple[str, ...]) -> None:
    """What is judged is what the program would get."""
    assert parse_command(text).argvs == (argv,)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("cat a b | grep x", ["a+", "b+"]),
        ("grep x a", ["a+"]),
        ("grep -e x a", ["a+"]),
        ("ls src", ["src"]),
        ("find a b -name '*'", ["a", "b"]),
        ("cd src && cat a", ["src", "src/a+"]),
        ("cat -", []),
        ("sed -n 5p a", ["a+"]),
    ],
)
def test_the_paths_that_a_command_names_are_known(text: str, paths: list[str]) -> None:
    """They go through the same rules as those of any tool; a plus marks those whose content is shown."""
    found = judge(parse_command(text)).operands
    assert [f"{each.folder}/{each.path}".lstrip("/") + "+" * each.content for each in found] == paths


@pytest.mark.parametrize(
    "text",
    [
        "sudo rm x",
        "env A=1 rm x",
        "timeout 5 rm x",
        "xargs rm",
        "bash -c 'rm x'",
        "/bin/rm x",
        "echo $(rm x)",
        "(rm x)",
    ],
)
def test_what_a_wrapper_runs_is_seen_by_rules_that_deny(text: str) -> None:
    """A rule against rm is not passed by writing something before it, as far as anybody can tell."""
    assert any(inner[0] == "rm" for argv in parse_command(text).argvs for inner in unwrapped(argv))


def test_only_one_program_without_operators_needs_no_shell() -> None:
    """A list of words is safer than a text that a shell reads once more."""
    assert [parse_command(text).needs_shell for text in ("ls a", "ls | wc", "ls 2>/dev/null", "ls $x")] == [
        *(False, True, True, True)
    ]


PIECES = st.sampled_from(
    [
        *(
            "ls",
            "cat",
            "a.py",
            "rm",
            "git",
            "status",
            "log",
            "-p",
            "-la",
            "x",
            "sudo",
            "find",
            "-exec",
            "sort",
            "-o",
            "cd",
        ),
        *(
            ";",
            "|",
            "&&",
            "||",
            "&",
            ">",
            "<",
            "2>&1",
            "$(",
            ")",
            "`",
            "'",
            '"',
            "\\",
            "\n",
            "{",
            "}",
            "*",
            "~",
            "$x",
            "=",
        ),
        *("#", "(", "!", " ", "  ", "<<E", "$'", "\u202e", "\0", "é", "--", "/dev/null", "&>", "[", "]"),
    ]
)
TEXTS = st.one_of(
    st.text(max_size=60), st.lists(PIECES, max_size=10).map(" ".join), st.lists(PIECES, max_size=10).map("".join)
)


@given(TEXTS)
def test_whatever_is_not_understood_is_asked(text: str) -> None:
    """No text goes unasked unless it was parsed without a doubt and each of its commands is in the tables."""
    script = parse_command(text)
    if not judge(script).doubt:
        assert script.argvs
        assert not script.doubt
        assert not any(judge_argv(argv).doubt for argv in script.argvs if argv[0] != "cd")


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash to compare with")
@settings(deadline=None)
@given(TEXTS)
def test_a_shell_comes_to_the_same_words(text: str) -> None:
    """What was judged is what bash would run: its own words, as it prints them, are the same."""
    script = parse_command(text)
    if script.doubt or len(script.argvs) != 1 or script.discards:
        return
    printed = subprocess.run(
        [shutil.which("bash") or "", "--noprofile", "--norc", "-c", f'p() {{ printf "%s\\0" "$@"; }}; p {script.text}'],
        env={"PATH": "/nowhere", "LANG": "C.UTF-8"},
        cwd=tempfile.gettempdir(),
        capture_output=True,
        check=True,
    )
    assert tuple(printed.stdout.decode().split("\0")[:-1]) == script.argvs[0]


@given(
    st.sampled_from(sorted(READERS)),
    st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=1),
)
def test_an_option_that_is_not_listed_is_asked(name: str, letter: str) -> None:
    """An option that somebody adds to a program some day is not allowed by having been forgotten."""
    reader = READERS[name]
    if f"-{letter}" not in reader.flags | reader.valued:
        assert judge_argv((name, f"-{letter}", "x", "y")).doubt


def test_no_listed_option_of_git_can_name_a_program_or_a_file_to_write() -> None:
    """Those that can are known."""
    dangerous = {
        "--output",
        "-o",
        "--ext-diff",
        "--textconv",
        "--no-index",
        "-c",
        "-C",
        "--exec",
        "-O",
        "-p",
        "--patch",
        "-u",
    }
    allowed = {option for name, reader in GIT.items() for option in reader.flags | reader.valued if name != "ls-files"}
    assert not (dangerous - {"-u"}) & allowed
