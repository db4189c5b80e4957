"""Commands that only read, with the options that keep them so: the only ones that may run without being asked.

A list of what is forbidden is no boundary (of 1,709 real ones, 69 to 98 % could be passed by); this is a list of what
is allowed, and all else is asked. It leaves out what reads many files at once, since those that no model may see would
be among them, and git's patches for the same reason: the tools of our own for that leave them out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from lsp_server.tools.commands import WRAPPERS, Script

# What the words of a command are that are no options: files whose content is shown, files of which only names and
# sizes are, plain text, or not allowed.
Operands: TypeAlias = Literal["content", "names", "text", "none"]


@dataclass(frozen=True, slots=True)
class Reader:
    """A command that only reads. `flags` are its options without a value, `valued` those with one ("-#": a number).

    The first `texts` operands are text (a pattern), whatever the others are. `needs` are flags of which one must be
    there. `check` gives a doubt about operands that are text.
    """

    flags: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    operands: Operands = "content"
    texts: int = 0
    least: int = 0
    most: int = 1_000
    needs: frozenset[str] = frozenset()
    check: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Operand:
    """A path in a command, counted from `folder` below where it runs; `content` tells that its content is shown."""

    path: str
    content: bool
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Why it cannot be said that a command line only reads ("" when it can), and the paths that it names."""

    doubt: str = ""
    operands: tuple[Operand, ...] = ()


def judge(script: Script) -> Judgement:
    """Say whether a command line only reads, and what."""
    if script.doubt:
        return Judgement(script.doubt)
    argvs, folder = script.argvs, ""
    found: list[Operand] = []
    if argvs[0][0] == "cd":
        if len(argvs[0]) != 2 or argvs[0][1].startswith("-") or {"||", ";"} & {*script.joined}:
            return Judgement("it changes the folder in a way that cannot be followed")
        folder, argvs = argvs[0][1], argvs[1:]
        found.append(Operand(folder, content=False))
    for argv in argvs:
        if folder and argv[0] == "git":
            return Judgement("it runs git in another folder, whose settings could name programs")
        one = judge_argv(argv)
        if one.doubt:
            return one
        found += [replace(operand, folder=folder) for operand in one.operands]
    return Judgement("", tuple(found))


def judge_argv(argv: Sequence[str]) -> Judgement:
    """Say whether a simple command only reads, and what."""
    name, words = argv[0], argv[1:]
    if name in WRAPPERS:
        return Judgement(f"{name} runs other programs")
    if name in _VERSIONED and list(words) == ["--version"]:
        return Judgement()
    if name in _SPECIAL:
        return _SPECIAL[name](words)
    if name == "git":
        return _git(words)
    if name not in READERS:
        return Judgement(f"{name[:80]} is not among the commands that only read")
    return _judged(name, READERS[name], words)


def _judged(name: str, reader: Reader, words: Sequence[str]) -> Judgement:
    try:
        options, operands = _split(reader, words)
    except _UnknownOption as error:
        return Judgement(f"{name} {error} is not among the options that only read")
    if reader.needs and not reader.needs & set(options):
        return Judgement(f"{name} shows more than may be seen without {' or '.join(sorted(reader.needs)[:3])}")
    texts = 0 if "-e" in options or "--regexp" in options else reader.texts
    rest = operands[texts:]
    if not reader.least <= len(operands) <= reader.most or (rest and reader.operands == "none"):
        return Judgement(f"{name} does something else with these operands")
    if reader.operands == "text":
        doubt = next((why for word in rest if reader.check and (why := reader.check(word))), "")
        return Judgement(doubt)
    return Judgement("", tuple(Operand(word, reader.operands == "content") for word in rest if word != "-"))


class _UnknownOption(Exception):
    """An option that is not in the table."""


def _split(reader: Reader, words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Separate options from operands, as getopt does. Raises _UnknownOption."""
    options: list[str] = []
    operands: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word == "--":
            operands += waiting
        elif word == "-" or not word.startswith("-"):
            operands.append(word)
        elif "-#" in reader.flags and re.fullmatch(r"-\d+", word):
            options.append("-#")
        elif word.startswith("--"):
            options.append(_long(reader, word, waiting))
        else:
            options += _cluster(reader, word, waiting)
    return options, operands


def _long(reader: Reader, word: str, waiting: Iterator[str]) -> str:
    name, equals, _ = word.partition("=")
    if name in reader.valued:
        if not equals and next(waiting, None) is None:
            raise _UnknownOption(name)
        return name
    if equals or name not in reader.flags:
        raise _UnknownOption(name[:40])
    return name


def _cluster(reader: Reader, word: str, waiting: Iterator[str]) -> Iterator[str]:
    for at, letter in enumerate(word[1:], 1):
        option = f"-{letter}"
        if option in reader.valued:
            if at == len(word) - 1 and next(waiting, None) is None:
                raise _UnknownOption(option)
            yield option
            return
        if option not in reader.flags:
            raise _UnknownOption(option)
        yield option


def _options(text: str) -> frozenset[str]:
    """Read options: "-la" stands for -l and -a."""
    words = text.split()
    long = {word for word in words if word.startswith("--")}
    return frozenset(long | {f"-{letter}" for word in words if not word.startswith("--") for letter in word[1:]})


def _reader(
    flags: str = "",
    valued: str = "",
    operands: Operands = "content",
    *,
    texts: int = 0,
    least: int = 0,
    most: int = 1_000,
) -> Reader:
    return Reader(_options(flags), _options(valued), operands, texts, least, most)


_GREP = _reader(
    "-nivwxclLoqshHEFPaI --ignore-case --line-number --count --files-with-matches --no-messages --only-matching"
    " --invert-match --word-regexp --fixed-strings --extended-regexp",
    "-emABC --max-count --context --after-context --before-context --color --regexp",
    texts=1,
    least=1,
)

READERS: Mapping[str, Reader] = {
    "basename": _reader("-az", "-s", "text"),
    "cat": _reader("-nbsevtAET --number"),
    "cmp": _reader("-sl", most=2),
    "comm": _reader("-123", most=2),
    "cut": _reader("-s --only-delimited", "-dfcb --delimiter --fields --characters --output-delimiter"),
    "date": Reader(
        _options("-u --utc"), _options("-d --date"), "text", check=lambda w: "" if w[:1] == "+" else "date sets"
    ),
    "df": _reader("-hTk", "", "names"),
    "diff": _reader("-uqwbBiy --unified --brief --ignore-all-space", "-U --color", most=2),
    "dirname": _reader("-z", "", "text"),
    "du": _reader("-shackb --summarize --human-readable", "-d --max-depth", "names"),
    "echo": Reader(_options("-neE"), operands="text"),
    "expand": _reader("-i", "-t"),
    "false": _reader(operands="none"),
    "file": _reader("-bi --brief --mime --mime-type"),
    "fold": _reader("-s", "-w --width"),
    "grep": _GREP,
    "head": _reader("-qv#", "-nc --lines --bytes"),
    "hexdump": _reader("-Cv", "-ns"),
    "id": _reader("-ugn", operands="none"),
    "ls": _reader(
        "-laAhH1trSRdFpisno --all --almost-all --human-readable --recursive --reverse --directory --size --inode",
        "--color --sort --time",
        "names",
    ),
    "md5sum": _reader("-b"),
    "nl": _reader("", "-bnwsv"),
    "nproc": _reader("--all", operands="none"),
    "od": _reader("-cxbdv", "-AtNj"),
    "printf": _reader("", "", "text"),
    "pwd": _reader("-LP", operands="none"),
    "realpath": _reader("-se", "", "names"),
    "rev": _reader(),
    # Without a file it would search the folder.
    "rg": replace(_GREP, flags=_GREP.flags | _options("-SNU --no-config --smart-case --no-heading"), least=2),
    "seq": _reader("-w", "-s", "text"),
    "sha1sum": _reader("-b"),
    "sha256sum": _reader("-b"),
    "sort": _reader("-rnufhVbgdi --reverse --numeric-sort --unique", "-kt --key --field-separator"),
    "stat": _reader("", "-c --format", "names"),
    "strings": _reader("-a", "-n"),
    "tac": _reader(),
    "tail": _reader("-qv#", "-nc --lines --bytes"),
    "tr": _reader("-dscC --delete --squeeze-repeats", "", "text"),
    "tree": _reader("-adfhCspF --dirsfirst --noreport", "-LIP", "names"),
    "true": _reader(operands="none"),
    "uname": _reader("-asrmpo", operands="none"),
    # A second operand would be written to.
    "uniq": _reader("-cdui --count --repeated --unique", "-fsw", most=1),
    "wc": _reader("-lwcmL --lines --words --bytes --chars"),
    "which": _reader("-a", "", "text"),
    "whoami": _reader(operands="none"),
}

# Those whose version is told without reading anything of the project.
_VERSIONED = frozenset(("bash", "gcc", "git", "make", "node", "python", "python3"))

_COUNTS = frozenset(("--stat", "--shortstat", "--numstat", "--name-only", "--name-status", "--summary"))


def _revision(word: str) -> str:
    odd = word.startswith("/") or "../" in word or word.endswith("/..") or ":" in word or "@{" in word
    return "git is asked for something that is no plain revision or path" if odd else ""


def _head_only(word: str) -> str:
    return "" if re.fullmatch(r"HEAD(?:[~^]\d*)*", word) else "git may show the content of any file for this name"


_LOG = _COUNTS | _options(
    "-n# --oneline --graph --all --decorate --no-decorate --abbrev-commit --merges --no-merges --first-parent --reverse"
    " --follow --no-color --date-order --topo-order --cached --staged"
)
_LOG_VALUED = _options("-n --max-count --author --since --until --after --before --grep --format --pretty --date")

GIT: Mapping[str, Reader] = {
    "branch": Reader(_options("-arvl --all --list --remotes --verbose --show-current --no-color"), operands="none"),
    "describe": Reader(_options("--tags --always --dirty --long"), operands="none"),
    "diff": Reader(_LOG, operands="text", needs=_COUNTS, check=_revision),
    "log": Reader(_LOG, _LOG_VALUED, operands="text", check=_revision),
    "ls-files": Reader(_options("-comdz --cached --others --modified --deleted --exclude-standard"), operands="names"),
    "rev-parse": Reader(
        _options("--short --abbrev-ref --show-toplevel --is-inside-work-tree --verify --show-prefix"),
        operands="text",
        check=_revision,
    ),
    "show": Reader(
        _LOG | _options("-s --no-patch"),
        _LOG_VALUED,
        "text",
        needs=_COUNTS | _options("-s --no-patch"),
        check=_head_only,
    ),
    "status": Reader(
        _options("-sbuz --short --branch --porcelain --ignored --no-renames --show-stash"),
        _options("--porcelain --untracked-files"),
        "names",
    ),
    "tag": Reader(_options("-l --list"), operands="none"),
}


def _git(words: Sequence[str]) -> Judgement:
    words = words[1:] if words[:1] == ("--no-pager",) else words
    if not words or words[0] not in GIT:
        return Judgement(f"git {' '.join(words[:1])[:40]} is not among the commands that only read")
    reader = GIT[words[0]]
    # `--porcelain` takes a value only with "=", and so stands among the flags too.
    valued = reader.valued - {"--porcelain"} if "--porcelain" in words else reader.valued
    return _judged(f"git {words[0]}", replace(reader, valued=valued), words[1:])


_FIND_VALUED = frozenset(("-name", "-iname", "-path", "-ipath", "-type", "-maxdepth", "-mindepth", "-size", "-mtime"))
_FIND_FLAGS = frozenset(("-not", "-o", "-or", "-a", "-and", "-empty", "-print"))


def _find(words: Sequence[str]) -> Judgement:
    paths: list[Operand] = []
    waiting = iter(words)
    for word in waiting:
        if word in _FIND_VALUED:
            if next(waiting, None) is None:
                return Judgement("find lacks a value")
        elif not word.startswith("-") and len(paths) == len(words[: words.index(word)]):
            paths.append(Operand(word, content=False))
        elif word not in _FIND_FLAGS:
            return Judgement(f"find {word[:40]} is not among the options that only read")
    return Judgement("", tuple(paths))


def _sed(words: Sequence[str]) -> Judgement:
    """Lines of files by their numbers, and nothing else: sed can write files and run programs."""
    lines = len(words) >= 2 and words[0] == "-n" and re.fullmatch(r"\d+(?:,(?:\d+|\$))?p", words[1])
    if lines and not any(word.startswith("-") for word in words[2:]):
        return Judgement("", tuple(Operand(word, content=True) for word in words[2:]))
    return Judgement("sed can write files and run programs")


_SPECIAL: Mapping[str, Callable[[Sequence[str]], Judgement]] = {"find": _find, "sed": _sed}
