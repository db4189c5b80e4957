"""Files in which a project tells assistants how it wants to be worked on, as they hold for some of its files.

Those of the nearest folder come first. Each text goes along once, without characters that nobody can see, and within a
budget; a folder that is not trusted has its files listed and not applied. Every file that was found is listed with
what became of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, TypeAlias

from context.gitignore import Rules, excluding
from context.text import split_lines
from lsp_server.chat.front_matter import Matter, front_matter
from lsp_server.chat.hidden import marked, shown

Read: TypeAlias = Callable[[str], str | None]
Listed: TypeAlias = Callable[[str], Sequence[str]]
Count: TypeAlias = Callable[[str], int]

State: TypeAlias = Literal["applied", "shortened", "untrusted", "duplicate", "for other files", "no room", "empty"]

# In every folder from that of a file up to the root; the first name is the one that most assistants share.
_NESTED = ("AGENTS.md", "CLAUDE.md", ".cursorrules")

# At the root alone.
_AT_ROOT = (".github/copilot-instructions.md",)


@dataclass(frozen=True, slots=True)
class _Collected:
    """A folder of files that say in front for which files they hold, under `name`, or that they always do."""

    folder: str
    suffix: str
    name: str
    always: str


_COLLECTED = (
    _Collected(".github/instructions", ".instructions.md", "applyTo", ""),
    _Collected(".cursor/rules", ".mdc", "globs", "alwaysApply"),
)
_MOST_COLLECTED = 100

# One file is an instruction, not a book.
_MOST_CHARACTERS = 24_000

# A file that only names another one, as `@AGENTS.md`, is that one.
_REFERENCE = re.compile(r"@(?:\./)?([\w.-]+(?:/[\w.-]+)*\.md)")

# More braces than anybody writes would make more patterns than anybody waits for.
_MOST_PATTERNS = 64
_BRACES = re.compile(r"\{([^{}]*)\}")

_HEAD = (
    "The project's instructions for work on it. Where two contradict each other, the one that comes first holds; what"
    " the person says in the conversation holds before all of them."
)


@dataclass(frozen=True, slots=True)
class InstructionFile:
    """A file that was found: its path from the root on, its text as it is sent, and what became of it.

    `note` says more: which file it repeats, what was taken out of it, where it was cut.
    """

    path: str
    state: State
    text: str = ""
    note: str = ""

    @property
    def is_applied(self) -> bool:
        """Whether a model is told."""
        return self.state in ("applied", "shortened")


@dataclass(frozen=True, slots=True)
class Instructions:
    """All files that were found, in the order in which they hold."""

    files: tuple[InstructionFile, ...]

    @property
    def text(self) -> str:
        """What a model is told, each file as marked material with its path; "" when none is applied."""
        applied = [marked(f"Instructions of `{each.path}`", each.text) for each in self.files if each.is_applied]
        return "\n\n".join([_HEAD, *applied]) if applied else ""

    @property
    def listing(self) -> str:
        """What a person is shown, a line a file."""
        lines = (f"{each.path}: {each.state}{f' ({each.note})' if each.note else ''}" for each in self.files)
        return "\n".join(lines)


def instructions(
    about: Sequence[str], read: Read, listed: Listed, *, trusted: bool, budget_tokens: int, count: Count
) -> Instructions:
    """Find the instructions for work on some files, given by their paths from the root on, with "/".

    `read` gives the text of a path, None when there is none that a model may see; `listed` gives the paths of all files
    below a folder. Both look into one root only.
    """
    files: list[InstructionFile] = []
    texts: dict[str, str] = {}
    room = budget_tokens
    for path, matter in _found(about, read, listed):
        file = _judged(path, matter, about, trusted)
        key = " ".join(file.text.split())
        if file.is_applied and key in texts:
            file = InstructionFile(path, "duplicate", note=f"the same as {texts[key]}")
        if file.is_applied:
            texts[key] = path
            file = _fitted(file, room, count)
            room -= count(file.text) if file.is_applied else 0
        files.append(file)
    return Instructions(tuple(files))


def holds_for(globs: Sequence[str], about: Sequence[str]) -> bool:
    """Tell whether one of some patterns, with `*`, `**` and `{a,b}`, speaks of one of some paths."""
    patterns = [each.strip().removeprefix("./") for text in globs for each in _split(text)]
    expanded = [one for pattern in patterns for one in _without_braces(pattern)][:_MOST_PATTERNS]
    rules = Rules.of(expanded)
    return any(excluding([(0, rules)], path.split("/"), is_folder=False) is not None for path in about)


def _found(about: Sequence[str], read: Read, listed: Listed) -> Iterator[tuple[str, Matter]]:
    """Give the files there are, nearest first, with the texts they stand for."""
    folders = sorted({folder for path in about or ("",) for folder in _folders(path)}, key=lambda each: -_depth(each))
    paths = [f"{folder}/{name}".removeprefix("/") for folder in folders for name in _NESTED]
    for path in (*paths, *_AT_ROOT):
        text = read(path)
        if text is not None:
            yield path, Matter({}, _referred(path, text, read))
    for row in _COLLECTED:
        names = (name for name in sorted(listed(row.folder)) if name.endswith(row.suffix))
        for path in islice(names, _MOST_COLLECTED):
            text = read(path)
            if text is not None:
                matter = front_matter(text)
                always = matter.first(row.always) == "true"
                yield path, Matter({"for": ("**",) if always else matter.values.get(row.name, ())}, matter.text)


def _judged(path: str, matter: Matter, about: Sequence[str], trusted: bool) -> InstructionFile:
    globs = matter.values.get("for")
    if globs is not None and not holds_for(globs, about) and globs != ("**",):
        return InstructionFile(path, "for other files", note=", ".join(globs) or "it names none")
    clean = shown(matter.text)
    note = f"{clean.note} taken out" if clean.hidden else ""
    if not clean.text.strip():
        return InstructionFile(path, "empty", note=note)
    if not trusted:
        note = "; ".join(filter(None, (note, "trust the folder to apply it")))
        return InstructionFile(path, "untrusted", note=note)
    return InstructionFile(path, "applied", clean.text.strip(), note)


def _fitted(file: InstructionFile, room_tokens: int, count: Count) -> InstructionFile:
    """Keep as many whole lines as there is room for."""
    lines = split_lines(file.text)
    kept = len(lines)
    while kept and (sum(map(len, lines[:kept])) > _MOST_CHARACTERS or count("".join(lines[:kept])) > room_tokens):
        kept = kept * 3 // 4
    if kept == len(lines):
        return file
    if not kept:
        return replace(file, state="no room", text="")
    note = "; ".join(filter(None, (file.note, f"the first {kept} of {len(lines)} lines")))
    return replace(file, state="shortened", text="".join(lines[:kept]).rstrip(), note=note)


def _referred(path: str, text: str, read: Read) -> str:
    match = _REFERENCE.fullmatch(text.strip())
    if match is None:
        return text
    there = f"{path.rpartition('/')[0]}/{match[1]}".removeprefix("/")
    return (read(there) or "") if ".." not in there.split("/") else ""


def _folders(path: str) -> Iterator[str]:
    """Give the folders of a file, from its own up to the root, which is ""."""
    while path:
        path = path.rpartition("/")[0]
        yield path
    yield ""


def _depth(folder: str) -> int:
    return folder.count("/") + bool(folder)


def _split(text: str) -> list[str]:
    """Split a list of patterns at the commas that stand in no braces."""
    return re.findall(r"(?:\{[^{}]*\}|[^,{])+", text)


def _without_braces(pattern: str) -> list[str]:
    found = [pattern]
    while len(found) <= _MOST_PATTERNS and (match := next(filter(None, map(_BRACES.search, found)), None)):
        text = match.string
        found.remove(text)
        found += [text[: match.start()] + each + text[match.end() :] for each in match[1].split(",")]
    return found
