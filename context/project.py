"""What retrieval asks of a project's files, and what it gets: values of one version of each file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from context.text import Span


@dataclass(frozen=True, slots=True)
class File:
    """One version of a file: another version of it has another `number`. `path` is relative to the root, with "/".

    `windows` has a number for each window, as the index keeps it.
    """

    number: int
    path: str
    language_id: str
    windows: Sequence[int] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Window:
    """Some lines of a file, the `index`-th of those of equal length, with how well they were found."""

    file: File
    index: int
    score: float


@dataclass(frozen=True, slots=True)
class Definition:
    """A place that defines a name; `kind` is one of `context.symbols`, `span` the whole definition."""

    file: File
    name: str
    kind: str
    span: Span


class Target(Protocol):
    """What an import was resolved to: a name in a file; the name "" means the file itself."""

    @property
    def uri(self) -> str:
        """The file's URI."""

    @property
    def name(self) -> str:
        """The name in that file."""


class Project(Protocol):
    """What is asked of a project's files. When it is late, answers may be short or empty."""

    def path(self, uri: str) -> str:
        """Give the path by which a file is known here, "" for one outside of the root."""

    def uri(self, path: str) -> str:
        """Give the URI of a path."""

    def search(self, words: Mapping[str, float], language_id: str, weigh: Callable[[File], float]) -> list[Window]:
        """Give the windows of a language's files that hold the most of some weighted words, the best first.

        `weigh` gives a factor for a file, 0 to leave it out.
        """

    def names(self, window: Window) -> frozenset[str]:
        """Give the names that stand in a window."""

    def lines(self, window: Window, more: int) -> tuple[Span, Sequence[str]]:
        """Give a window widened by some lines on both sides: where that is, and its lines."""

    def uses(self, name: str) -> list[tuple[File, str]]:
        """Give what follows a name in the files: a member (`save`) or argument (`timeout=`)."""

    def definitions(self, names: Collection[str]) -> Mapping[str, Sequence[Definition]]:
        """Give where each of some names is defined, in whatever case it is written there: `load_map` finds `LoadMap`.

        A name that is defined nearly everywhere has no place.
        """

    def definition(self, path: str, name: str) -> Definition | None:
        """Give where a file defines a name."""

    def source(self, definition: Definition) -> Sequence[str]:
        """Give the lines of a definition."""

    def modules(self, names: Sequence[str]) -> list[str]:
        """Give the paths of files that a dotted name may mean: `pkg.mod.thing` is `…/pkg/mod.py`, wherever that is.

        Those that agree in the most parts are given; none when only a single part of several agrees.
        """


def folded(name: str) -> str:
    """Give a name as it is the same in all cases: `load_map`, `loadMap` and `LoadMap` are one."""
    return name.replace("_", "").lower()


@lru_cache(16_384)
def path_parts(path: str) -> tuple[str, ...]:
    """Give the parts of a path as a module is called: no suffix, and a package's own file is its folder."""
    *folders, name = path.split("/")
    stem = name.partition(".")[0]
    return (*folders,) if folders and stem in ("__init__", "index", "mod") else (*folders, stem)
