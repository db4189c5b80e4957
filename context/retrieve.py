"""Ranks what the project holds for a cursor: usage lists, definitions, and similar code.

Nearness says how much a name near the cursor, or a file near the document, is worth; the index says how rare a word
is. The numbers were tuned on three projects and proved on two others (`python -m tests.bench recall`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from context.copies import Copy, copies
from context.imports import Import
from context.languages import LANGUAGES
from context.project import Definition, File, Project, Target, Window, path_parts
from context.skeleton import skeleton
from context.snippet import WORD, Snippet, squeeze
from context.text import Document, Span

__all__ = ["Project", "Query", "Retrieval", "Target"]

# How far around the cursor names are taken from.
_LINES_BEFORE = 20
_LINES_AFTER = 10
_NEAR_LINES = 3

# What is on screen around the cursor already, and need not be said again.
_SEEN_BEFORE = 60
_SEEN_AFTER = 25

# What a file is worth by where it stands to the document; the factors of one file are multiplied.
_IMPORTED = 1.4
_OPEN = 1.3
_SAME_FOLDER = 1.3
_TEST = 0.7

_TEST_PART = re.compile(r"(?i)(?:^|[_.-])(?:t|tests?|spec|testing)(?:$|[_.-])|__tests__")
_HEADER = re.compile(r"\s*(?:[a-z]+\s+)*?(?:def|class|func|fn|function|struct|interface|trait|impl)\b")

# What a definition is worth whose name stands for a thing of its kind (`store` for `Store`), or for its last part.
_TYPES = frozenset(("class", "interface", "enum", "struct", "type"))

_FEEDBACK_WINDOWS = 40
_WIDENED_LINES = 3
_MOST_WINDOWS_A_FILE = 4
_MOST_HOMES = 12
_MEMBERS = 10


@dataclass(frozen=True, slots=True)
class Query:
    """What is sought for a cursor: words for the search, names in reach, both with weights, and the words on screen.

    `document` and `offset` are where the cursor is.
    """

    document: Document
    offset: int
    words: Mapping[str, float]
    names: Mapping[str, float]
    seen: frozenset[str]

    @property
    def uri(self) -> str:
        """The document's URI."""
        return self.document.uri

    @property
    def language_id(self) -> str:
        """The document's language."""
        return self.document.language_id

    @staticmethod
    def at(document: Document, offset: int) -> Query:
        """Look around an offset; only lines near it are read, and the headers that it stands under."""
        line, column = document.line_column(offset)
        words: dict[str, float] = defaultdict(float)
        names: dict[str, float] = defaultdict(float)
        for away, text in _around(document, line, column):
            far = abs(away)
            for word in set(WORD.findall(text)):
                words[word] = max(words[word], _word_weight(away))
                names[word] = max(names[word], (0.6 if away > 0 else 1.0) / (1 + 0.15 * far)) + 0.15 * names[word]
        for text in _headers(document, line):
            for word in WORD.findall(text):
                words[word], names[word] = max(words[word], 1.0), max(names[word], 0.6)
        shown = document.lines[max(0, line - _SEEN_BEFORE) : line + _SEEN_AFTER]
        seen = frozenset(WORD.findall("".join(shown)))
        return Query(document, offset, words, names, seen)


class Retrieval:
    """The answers to one query. Each source is worked out when it is first asked for.

    `opened` are the URIs of files that are open or were visited lately, `targets` what the imports were resolved to.
    When `late` says so, nothing more is read.
    """

    def __init__(
        self,
        query: Query,
        project: Project,
        imports: Iterable[Import],
        opened: Iterable[str],
        late: Callable[[], bool] = lambda: False,
        targets: Sequence[Target] = (),
    ) -> None:
        self.query = query
        self._late = late
        self._project = project
        self._imports = imports
        self._targets = targets
        self._opened = frozenset(map(project.path, opened))
        self._path = project.path(query.uri)
        self._folder = self._path.rpartition("/")[0]
        self._weights: dict[str, float] = {self._path: 0.0}

    @cached_property
    def imported(self) -> frozenset[str]:
        """The paths of the files that the document imports: resolved ones, and what other paths tell."""
        found = {self._project.path(target.uri) for target in self._targets}
        for each in self._imports:
            for names in _dotted(each, path_parts(self._path)):
                found.update(self._project.modules(names)[:2])
        return frozenset(found)

    @cached_property
    def windows(self) -> list[Window]:
        """The windows that are most like the cursor's surroundings, the best first."""
        return self._project.search(self.query.words, self.query.language_id, self.weigh)

    @cached_property
    def copies(self) -> list[Copy]:
        """The lines that begin like the cursor's, the likeliest first."""
        return copies(self.query.document, self.query.offset, self._project, self.weigh, self._late)

    @cached_property
    def expected(self) -> Mapping[str, float]:
        """Names that are not on screen, by how much the most similar windows speak for them."""
        found: dict[str, float] = defaultdict(float)
        for window in self.windows[:_FEEDBACK_WINDOWS]:
            if self._late():
                break
            weight = (window.score / self.windows[0].score) ** 2
            for name in self._project.names(window) - self.query.seen:
                found[name] += weight
        return found

    def weigh(self, file: File) -> float:
        """Give what a file is worth by its place; the document itself is worth nothing."""
        weight = self._weights.get(file.path)
        if weight is None:
            weight = _IMPORTED if file.path in self.imported else 1.0
            weight *= _OPEN if file.path in self._opened else 1.0
            weight *= _SAME_FOLDER if file.path.rpartition("/")[0] == self._folder else 1.0
            weight *= _TEST if _is_test(file.path) else 1.0
            self._weights[file.path] = weight
        return weight

    def usage(self, characters: int) -> Iterator[Snippet]:
        """Give a list of what the names in reach are used for elsewhere: `name: member other argument=`."""
        lists: dict[str, list[str]] = {}
        given: set[str] = set()
        room = characters
        for _, name, member in sorted(self._uses(), reverse=True):
            cost = len(member) + 1 + (0 if name in lists else len(name) + 2)
            if member in given or cost > room:
                continue
            given.add(member)
            lists.setdefault(name, []).append(member)
            room -= cost
        if lists:
            text = "".join(f"{name}: {' '.join(members)}\n" for name, members in lists.items())
            yield Snippet("", Span(0, 0), text, "usage", 1.0)

    def definitions(self) -> Iterator[Snippet]:
        """Give skeletons of what the names in reach stand for, the likeliest first."""
        given: set[tuple[str, int]] = set()
        for score, found in sorted(self._candidates(), key=lambda each: -each[0]):
            place = (found.file.path, found.span.start)
            lines = self._project.source(found) if place not in given else ()
            if "".join(lines).strip():
                given.add(place)
                text = skeleton(lines, found.name, self._worth, _MEMBERS)
                yield Snippet(self._project.uri(found.file.path), found.span, text, "definition", score)

    def similar(self) -> Iterator[Snippet]:
        """Give the code that is most like the cursor's surroundings, squeezed, the best first and no line twice."""
        taken: dict[str, int] = defaultdict(int)
        row = LANGUAGES.get(self.query.language_id)
        for window in self.windows:
            if taken[window.file.path] >= _MOST_WINDOWS_A_FILE:
                continue
            taken[window.file.path] += 1
            span, lines = self._project.lines(window, _WIDENED_LINES)
            lines = squeeze(lines, row.comment if row else "")
            if lines:
                uri = self._project.uri(window.file.path)
                yield Snippet(uri, span, "\n".join(lines) + "\n", "similar", window.score)

    def _uses(self) -> Iterator[tuple[float, str, str]]:
        squares: dict[int, float] = {}
        for name, nearness in self.query.names.items():
            counts: dict[str, float] = defaultdict(float)
            total = 3.0
            for file, member in self._project.uses(name):
                if file.number not in squares:
                    squares[file.number] = self.weigh(file) ** 2
                counts[member] += squares[file.number]
                total += squares[file.number]
            for member in counts.keys() - self.query.seen:
                share = (counts[member] / total) ** 0.5
                if share:
                    yield nearness * share * (1 + self.expected.get(member, 0.0)), name, member

    def _candidates(self) -> Iterator[tuple[float, Definition]]:
        """Give what the names in reach may stand for, with how likely that is: what was resolved before all else."""
        names = self.query.names
        resolved = dict(self._resolved())
        yield from ((names[name] * self.weigh(each.file), each) for name, each in resolved.items())
        spelled = {name: (name, name.rpartition("_")[2]) for name in names if name not in resolved}
        homes = self._project.definitions({each for pair in spelled.values() for each in pair})
        for name, pair in spelled.items():
            for each, trust in zip(pair, (1.0, 0.8), strict=True):
                found = [home for home in homes.get(each, ()) if home.name == name or home.kind in _TYPES]
                found = [home for home in found if home.file.path != self._path]
                if 0 < len(found) <= _MOST_HOMES:
                    best = max(found, key=lambda home: self.weigh(home.file) * (1 + (home.kind in _TYPES)))
                    trust *= 1.0 if best.name == name else 0.8
                    yield names[name] * trust * self.weigh(best.file) / len(found) ** 0.5, best

    def _resolved(self) -> Iterator[tuple[str, Definition]]:
        """Give the definitions of the imported names that are in reach, by their names here."""
        here: dict[str, list[str]] = defaultdict(list)
        for name, alias in (pair for each in self._imports for pair in each.names):
            here[name].append(alias)
        for target in self._targets:
            for name in {*here[target.name], target.name} & self.query.names.keys():
                path = self._project.path(target.uri)
                found = self._project.definition(path, target.name) if path != self._path else None
                if found is not None:
                    yield name, found

    def _worth(self, name: str) -> float:
        return self.expected.get(name, 0.0) + (2.0 if name == "__init__" else -1.0 if name.startswith("_") else 0.0)


@lru_cache(16_384)
def _is_test(path: str) -> bool:
    return any(map(_TEST_PART.search, path_parts(path)[-3:]))


def _around(document: Document, line: int, column: int) -> Iterator[tuple[int, str]]:
    """Give the lines around a cursor with their distance, the cursor's own up to it."""
    yield 0, document.lines[line][:column]
    for away in range(1, min(_LINES_BEFORE, line + 1)):
        yield -away, document.lines[line - away]
    for away, text in enumerate(document.lines[line + 1 : line + 1 + _LINES_AFTER], 1):
        yield away, text


def _word_weight(away: int) -> float:
    if away > 0:
        return 1.0 if away <= _NEAR_LINES else 0.7
    return 3.0 if away >= -_NEAR_LINES else 1.0


def _headers(document: Document, line: int) -> Iterator[str]:
    """Give the header lines of the definitions that a line stands in, by their indentation."""
    indent = _indent(document.lines[line])
    for text in reversed(document.lines[max(0, line - 400) : line]):
        if indent and text.strip() and _indent(text) < indent and _HEADER.match(text):
            indent = _indent(text)
            yield text


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _dotted(found: Import, parts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Give the dotted names that an import may mean, one that counts from its own file as seen from there."""
    module = found.module
    up = len(module) - len(module.lstrip("."))
    above = tuple(parts[: len(parts) - up]) if up and not module.startswith(("./", "../")) else ()
    names = (*above, *re.findall(r"\w+", module))
    yield names
    for name, _ in found.names:
        yield (*names, name)
