"""Which files may be seen: ignore files as git reads them, the built-in lists, and what the content tells."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from context.gitignore import IgnoreFiles, Rules, excluding
from context.ignore import ALLOWED, HEAD_BYTES, MAX_FILE_BYTES, by_kind, by_secrets, by_size, by_words

Files = Mapping[str, str]


def judged(files: Files, entry: str) -> str:
    """Give "file:line" of the line that excludes an entry ("a/" is a folder), "" when none does.

    `files` are ignore files by their folder, "" the top.
    """
    parts = entry.rstrip("/").split("/")
    chain = [
        (depth, Rules.of(files[folder].split("\n")))
        for depth in range(len(parts))
        if (folder := "/".join(parts[:depth])) in files
    ]
    found = excluding(chain, parts, is_folder=entry.endswith("/"))
    return f"{'/'.join(parts[: found[0]])}:{found[1].line}" if found else ""


CASES: Sequence[tuple[str, Files, str, str]] = [
    ("a name, anywhere below", {"": "*.log"}, "a/b/x.log", ":1"),
    ("another name", {"": "*.log"}, "a/x.logs", ""),
    ("a slash at the beginning: only here", {"": "/x"}, "a/x", ""),
    ("a slash in the middle: only from here", {"": "a/x"}, "b/a/x", ""),
    ("a slash at the end: only a folder", {"": "x/"}, "x", ""),
    ("a folder and all in it", {"": "x/"}, "a/x/y/z", ":1"),
    ("the last line that speaks decides", {"": "*.log\n!keep.log"}, "keep.log", ""),
    ("and not an earlier one", {"": "!keep.log\n*.log"}, "keep.log", ":2"),
    ("the deepest file that speaks decides", {"": "*.log", "a": "!x.log"}, "a/x.log", ""),
    ("a file that says nothing of it does not", {"": "*.log", "a": "*.txt"}, "a/x.log", ":1"),
    ("a deeper file may exclude more", {"a/b": "x.py"}, "a/b/x.py", "a/b:1"),
    ("and is anchored at its own folder", {"a": "/x.py"}, "a/b/x.py", ""),
    ("nothing is let in below an excluded folder", {"": "x/\n!x/keep"}, "x/keep", ":1"),
    ("not even by a file in there", {"": "x", "x": "!keep"}, "x/keep", ":1"),
    ("but below a folder whose content is excluded", {"": "x/*\n!x/keep"}, "x/keep", ""),
    ("or all that is below", {"": "x/**\n!x/keep"}, "x/keep", ""),
    ("a folder let in lets in no file", {"": "*.log\n!keep"}, "keep/x.log", ":1"),
    ("a list of what is wanted", {"": "*\n!*/\n!*.py"}, "a/b.py", ""),
    ("leaves out the rest", {"": "*\n!*/\n!*.py"}, "a/b.txt", ":1"),
    ("two stars and a slash", {"": "**/x"}, "a/b/x", ":1"),
    ("two stars in the middle, no folder", {"": "a/**/x"}, "a/x", ":1"),
    ("two stars in the middle, two folders", {"": "a/**/x"}, "a/b/c/x", ":1"),
    ("one star stops at a slash", {"": "a/*/x"}, "a/b/c/x", ""),
    ("a question mark is one character", {"": "x?"}, "xy", ":1"),
    ("a set", {"": "[a-c]x"}, "bx", ":1"),
    ("its opposite", {"": "[!a-c]x"}, "bx", ""),
    ("a POSIX class", {"": "x[[:digit:]]"}, "x7", ":1"),
    ("a comment", {"": "#x"}, "#x", ""),
    ("an escaped hash", {"": "\\#x"}, "#x", ":1"),
    ("an escaped mark", {"": "\\!x"}, "!x", ":1"),
    ("space at the end counts not", {"": "x  "}, "x", ":1"),
    ("unless it is escaped", {"": "x\\ "}, "x ", ":1"),
    ("a line end of Windows", {"": "x\r\ny\r"}, "y", ":2"),
    ("a line that cannot be meant", {"": "x\\\ny"}, "y", ":2"),
]


@pytest.mark.parametrize(("files", "entry", "line"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_ignore_files_are_read_as_git_reads_them(files: Files, entry: str, line: str) -> None:
    """Deepest file, last line, excluded folders: the rules of gitignore(5), one by one."""
    assert judged(files, entry) == line


_NAME = st.sampled_from(["a", "b", "ab", "x.log", "keep"])
_WORD = st.sampled_from(["*", "**", "a", "b", "*.log", "keep", "a*", "?", "[ab]", "[!a]*", "*b*"])
_LINE = st.builds(
    lambda mark, root, words, end: mark + root + "/".join(words) + end,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(_WORD, min_size=1, max_size=3),
    st.sampled_from(["", "", "/"]),
)
_PATH = st.lists(_NAME, min_size=1, max_size=3).map("/".join)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the judge")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_LINE, max_size=4), st.lists(_LINE, max_size=3), st.lists(_PATH, min_size=1, max_size=6))
def test_git_agrees(tmp_path: Path, above: list[str], below: list[str], paths: list[str]) -> None:
    """Whatever the lines and the files are, git gives the same file and line."""
    root = tmp_path / "project"
    shutil.rmtree(root, ignore_errors=True)
    for path in (*paths, "a/.gitignore"):
        folder = root / path
        if not any(parent.is_file() for parent in folder.parents):
            folder.parent.mkdir(parents=True, exist_ok=True)
            if not folder.exists():
                folder.touch()
    files = {"": "\n".join(above), "a": "\n".join(below)}
    if not (root / "a").is_dir():
        del files["a"]
    for name, text in files.items():
        (root / name / ".gitignore").write_text(text)
    entries = [path.relative_to(root).as_posix() + "/" * path.is_dir() for path in sorted(root.rglob("*"))]
    assert {entry: judged(files, entry) for entry in entries} == git_says(root, entries)


def git_says(root: Path, entries: Sequence[str]) -> dict[str, str]:
    """Ask git which line excludes each entry, as `judged` gives it."""
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q", root], check=True, env=environ)
    command = ["git", "-C", str(root), "check-ignore", "-v", "-n", "-z", "--no-index", "--stdin"]
    asked = "".join(f"{entry.rstrip('/')}\0" for entry in entries)
    fields = subprocess.run(command, input=asked, capture_output=True, text=True, env=environ).stdout.split("\0")
    shutil.rmtree(root / ".git")
    answers = zip(fields[::4], fields[1::4], fields[2::4], strict=False)
    told = [
        f"{source.removesuffix('.gitignore').rstrip('/')}:{line}" if source and not pattern.startswith("!") else ""
        for source, line, pattern in answers
    ]
    return dict(zip(entries, told, strict=False))


@pytest.mark.parametrize("pattern", ["*a" * 60 + "b", "**/" * 4 + "x" + "*?" * 40, "**/a/**/a/**/a/**/a/**/a/**/b"])
def test_a_hostile_pattern_costs_no_time(pattern: str) -> None:
    """A row of stars is not tried in every combination; the line of a project that would be is left out."""
    # In every combination this would take longer than anybody waits for a test.
    assert judged({"": pattern}, "/".join(["a" * 60] * 40)) == ""
    assert judged({"": pattern}, "a" * 255) == ""


def test_a_line_that_cannot_be_meant_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The person learns which line of which file matches nothing."""
    Rules.of(["ok", "x\\"], name="web/.gitignore")
    assert "line 2 of web/.gitignore matches nothing" in caplog.text


def aged(path: Path, text: str, seconds: int) -> None:
    """Write a file that was changed so long ago that its time tells versions apart."""
    path.write_text(text)
    past = time.time() - seconds
    os.utime(path, (past, past))


def test_an_ignore_file_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    """While nothing changes the same object comes back; a change, a new file and a lost one are seen at once."""
    files = IgnoreFiles([".x", ".y"])
    aged(tmp_path / ".x", "a", 100)
    os.utime(tmp_path, (1, 1))
    first = files.level(str(tmp_path))
    assert files.level(str(tmp_path)) is first
    aged(tmp_path / ".x", "b", 50)
    os.utime(tmp_path, (1, 1))
    second = files.level(str(tmp_path))
    assert second.files[".x"].match("b")
    aged(tmp_path / ".y", "c", 50)
    assert set(files.level(str(tmp_path)).files) == {".x", ".y"}
    (tmp_path / ".x").unlink()
    assert set(files.level(str(tmp_path)).files) == {".y"}


def test_a_change_too_quick_for_the_clock_is_seen(tmp_path: Path) -> None:
    """Two texts of the same length within one tick of the file system's clock: the second counts."""
    files, path, now = IgnoreFiles([".x"]), tmp_path / ".x", time.time_ns()
    for name in "ab":
        path.write_text(name)
        for changed in (path, tmp_path):
            os.utime(changed, ns=(now, now))
        assert files.level(str(tmp_path)).files[".x"].match(name)


def test_an_ignore_file_for_assistants_that_cannot_be_read_excludes_everything(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody wanted something hidden: when nobody can tell what, it is everything. Git's own file is left out."""
    for name in (".closed", ".open"):
        (tmp_path / name).mkdir()
    with caplog.at_level(logging.WARNING):
        level = IgnoreFiles([".closed", ".open"], closed=[".closed"]).level(str(tmp_path))
    assert level.files[".closed"].match("anything")
    assert not level.files[".open"].match("anything")
    assert "everything below it is excluded" in caplog.text


SECRET = (
    *(".env", ".env.local", ".ENV", "prod.env", ".envrc", "server.pem", "tls.key"),
    *("a.p12", "a.pfx", "a.jks", "a.keystore", "id_rsa", "id_rsa.old", "id_ed25519"),
    *("id_ecdsa", ".netrc", ".pgpass", ".npmrc", ".pypirc"),
    *("credentials", "credentials.json", "secrets.yaml", "secrets.py", ".aws/config"),
    *(".ssh/known_hosts", ".gnupg/x", ".kube/config"),
    *("x.tfstate", "x.tfstate.backup", "prod.tfvars", "service-account.json"),
    *("my-service-account.json", "client_secret_1.json"),
    *(".docker/config.json", ".config/gcloud/x"),
)
PLAIN = (
    *(".env.example", ".env.sample", ".env.template", "env.py"),
    *("environment.ts", "id_rsa.pub", "keys.py", "monkey.py", "credentials.py"),
    *("credentials/model.py", "secretary.py", "kube/config", "config.json"),
    *("aws/x.py", "ssh.py", "tfvars.md", "package.json", ".envoy.yaml"),
)


@pytest.mark.parametrize("name", SECRET)
def test_files_that_may_hold_secrets_are_known_by_name(name: str) -> None:
    """Wherever they lie."""
    verdict = by_secrets(("/", "home", "ann", *name.split("/")))
    assert (verdict.allowed, verdict.reason) == (False, "secrets")
    assert "may hold secrets" in str(verdict)


@pytest.mark.parametrize("name", PLAIN)
def test_files_that_only_sound_like_it_are_not_excluded(name: str) -> None:
    """An example of settings, a public key, a module about credentials."""
    assert by_secrets(("/", "home", "ann", *name.split("/"))) == ALLOWED


CONTENT: Sequence[tuple[str, bytes, str]] = [
    ("text", b"x = 1\n", ""),
    ("empty", b"", ""),
    ("a NUL", b"x\0y", "binary"),
    ("no UTF-8", b"caf\xe9\n", "binary"),
    ("a character cut by the end of the head", "é".encode()[:1], ""),
    ("marked", b"// @generated by protoc\n", "generated"),
    ("marked in Go's way", b"// Code generated by x. DO NOT EDIT.\n", "generated"),
    ("a mark far below", b"\n" * 30 + b"# DO NOT EDIT\n", ""),
    ("a long line alone", b"x" * 6_000, "minified"),
    ("a long line among many", b"x\n" * 20 + b"x" * 6_000, ""),
]


@pytest.mark.parametrize(("head", "reason"), [case[1:] for case in CONTENT], ids=[case[0] for case in CONTENT])
def test_the_content_tells_what_is_not_worth_reading(head: bytes, reason: str) -> None:
    """Binary, generated and minified files are known by their first bytes."""
    verdict = by_kind(head[:HEAD_BYTES])
    verdict = by_words(head[:HEAD_BYTES]) if verdict.allowed else verdict
    assert (verdict.allowed, verdict.reason) == (not reason, reason)
    assert str(verdict) == "" or str(verdict).endswith(".")


def test_a_file_of_more_than_two_megabytes_is_too_large() -> None:
    """The limit itself is not."""
    assert by_size(MAX_FILE_BYTES).allowed
    assert "larger than 2 MB" in str(by_size(MAX_FILE_BYTES + 1))
