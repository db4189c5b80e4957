"""The repository map: the definitions that matter most for a question, grouped by file, within a budget of tokens.

Files are ranked by PageRank over "refers to a name that is defined in". Where definitions and references come from is
the matter of a `MapSource`; nothing here reads a file.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from context.focus import Focus, forms, interest, is_composed, is_form, is_test, subwords
from context.languages import language_id_of
from context.page_rank import page_rank

# The kinds that a map shows, in the words of `context.symbols`.
MAPPED = frozenset({"function", "method", "class", "interface", "enum", "struct", "module", "macro", "type"})

# How many characters of a signature are shown: parameters, and not much more.
_SIGNATURE_CHARACTERS = 120

# What a reference tells about which definition is meant: a composed name, a type's name, or a word that any variable
# may bear, too (`text`, `value`); a private one; one that many files define (`run`, `main`).
_COMPOSED, _TYPE, _WORD, _PRIVATE, _COMMON = 3.0, 1.0, 0.02, 0.1, 0.1
_MOST_HOMES = 5

# A reference that tells less is none.
_LEAST = 0.01

# A name that the question itself uses.
_ASKED = 10.0

# How much of a file's rank stays with its own definitions, and how much one that the question's words fit gets of it.
_OWN_SHARE = 0.7
_FITS = 4.0

# Each further definition of a file is worth so much of what it would be: many files tell more than many lines of one.
_FADING = 0.5

# A file of a hundred definitions shall not have each of them come last: its share goes to a few of them.
_FEW = 4

# How far a walk goes from where the question's words lead: not far, since what is near is mostly what is meant; and how
# far without a question, where what everything rests on is wanted. Measured by `tests/bench/repo_map.py`.
_DAMPING_ASKED, _DAMPING = 0.4, 0.85

# What keeps a walk where it is: a file that refers to one word of another one shall not hand all its rank on.
_STAY = 3.0

# A walk begins anywhere with this probability, and else where the question's words lead.
_ANYWHERE = 0.15

# Tests refer to everything, and are seldom what a question is about unless it says so.
_TEST = 0.2

# Languages that call each other's code by name.
_FAMILIES = {"typescript": "javascript", "typescriptreact": "javascript", "cpp": "c", "kotlin": "java", "scala": "java"}


@dataclass(frozen=True, slots=True)
class Definition:
    """What a file (`path`, with "/") defines. `line` counts from zero; `container` joins what it stands in by dots."""

    path: str
    name: str
    kind: str
    signature: str
    line: int
    container: str = ""

    @property
    def qualified(self) -> str:
        """The name with what it stands in."""
        return f"{self.container}.{self.name}" if self.container else self.name


@dataclass(frozen=True, slots=True)
class Use:
    """How often a file refers to a name."""

    path: str
    name: str
    count: int


class MapSource(Protocol):
    """Where the map's facts come from."""

    def definitions(self) -> Iterable[Definition]:
        """Give what the project defines."""

    def references(self, names: Collection[str]) -> Iterable[Use]:
        """Give where some names are referred to."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A definition, and how much it matters; to be compared within one ranking."""

    definition: Definition
    score: float


class Graph:
    """Which file refers to which definitions: worked out once for all questions about one state of a project."""

    def __init__(self, source: MapSource) -> None:
        found = dict.fromkeys(source.definitions())
        self.definitions = [each for each in found if each.kind in MAPPED and each.name]
        self.files: dict[str, list[int]] = defaultdict(list)
        homes: dict[str, list[int]] = defaultdict(list)
        for number, definition in enumerate(self.definitions):
            self.files[definition.path].append(number)
            homes[definition.name].append(number)
        # From a file to a definition, by its number, with the weight of all its references together.
        self.references = list(self._references(source, homes))
        paths = sorted({*self.files, *(path for path, _, _ in self.references)})
        self.names = {path: [self.definitions[number].name for number in self.files.get(path, ())] for path in paths}

    def _references(self, source: MapSource, homes: Mapping[str, list[int]]) -> Iterable[tuple[str, int, float]]:
        weights = {name: _telling(name, len(found)) for name, found in homes.items()}
        telling = {name for name, weight in weights.items() if weight >= _LEAST}
        for use in source.references(telling):
            if use.name not in telling:
                continue
            family = _family(use.path)
            meant = [number for number in homes[use.name] if _family(self.definitions[number].path) == family]
            if any(self.definitions[number].path == use.path for number in meant):
                continue  # a file that defines a name itself means its own
            for number in meant:
                yield use.path, number, math.sqrt(use.count) * weights[use.name] / len(meant)


def ranked(graph: Graph, focus: Focus) -> list[Ranked]:
    """Give the definitions that a map may show, the one that matters most first."""
    definitions, asked, weigh = graph.definitions, focus.names, _weights_of_files(focus)
    factors = [(_ASKED if each.name in asked else 1.0) * weigh(each.path) for each in definitions]
    edges: dict[str, dict[str, float]] = {path: defaultdict(float, {path: _STAY}) for path in graph.names}
    for path, number, weight in graph.references:
        edges[path][definitions[number].path] += weight * factors[number]
    beginnings = _beginnings(graph.names, focus, weigh)
    ranks = page_rank(edges, beginnings, _DAMPING_ASKED if focus.words else _DAMPING)
    shares = {path: (1 - _OWN_SHARE) * ranks[path] / sum(targets.values()) for path, targets in edges.items()}
    scores = [0.0] * len(definitions)
    for path, number, weight in graph.references:
        scores[number] += shares[path] * weight * factors[number]
    for path, numbers in graph.files.items():
        for number, share in zip(numbers, _own_shares([definitions[each] for each in numbers], focus), strict=True):
            scores[number] += _OWN_SHARE * ranks[path] * share
        for place, number in enumerate(sorted(numbers, key=lambda each: -scores[each])):
            scores[number] *= _FADING**place
    found = map(Ranked, definitions, scores)
    return sorted(found, key=lambda each: (-each.score, each.definition.path, each.definition.line))


def repository_map(found: Sequence[Ranked], room_tokens: int, count: Callable[[str], int]) -> str:
    """Give the best of some ranked definitions as text, as many as fit; "" when none does.

    Files are in the order of their paths and definitions in that of their lines, so that two maps of nearly the same
    selection begin alike, which a model's prompt cache rewards. What holds a shown definition is shown, too.
    """
    holders = {(each.definition.path, each.definition.qualified): each.definition for each in reversed(found)}

    def text(most: int) -> str:
        return _rendered((each.definition for each in found[:most]), holders)

    # A line takes at least one token, so more lines than tokens cannot fit.
    most = min(len(found), max(room_tokens, 0))
    return text(max(bisect_right(range(most + 1), room_tokens, key=lambda size: count(text(size))) - 1, 0))


def _rendered(definitions: Iterable[Definition], holders: Mapping[tuple[str, str], Definition]) -> str:
    files: dict[str, set[Definition]] = defaultdict(set)
    for definition in definitions:
        files[definition.path].add(definition)
        parts = definition.container.split(".") if definition.container else []
        for end in range(1, len(parts) + 1):
            if holder := holders.get((definition.path, ".".join(parts[:end]))):
                files[definition.path].add(holder)
    lines: list[str] = []
    for path in sorted(files):
        lines.append(f"{path}:")
        lines += map(_line, sorted(files[path], key=lambda each: (each.line, each.container, each.name)))
    return "".join(f"{line}\n" for line in lines)


def _line(definition: Definition) -> str:
    depth = definition.container.count(".") + 1 if definition.container else 0
    signature = (definition.signature or definition.name)[:_SIGNATURE_CHARACTERS].rstrip(" :{")
    return f"{'  ' * (depth + 1)}{definition.line + 1}: {signature}"


def _telling(name: str, homes: int) -> float:
    weight = _COMPOSED if is_composed(name) else _TYPE if name[:1].isupper() else _WORD
    return weight * (_PRIVATE if name.startswith("_") else 1) * (_COMMON if homes > _MOST_HOMES else 1)


def _beginnings(names: Mapping[str, Sequence[str]], focus: Focus, weigh: Callable[[str], float]) -> dict[str, float]:
    """Give what each file weighs as the place where a walk begins."""
    found = {path: weight * weigh(path) for path, weight in interest(focus, names).items()}
    total = sum(found.values())
    anywhere = _ANYWHERE * total / (1 - _ANYWHERE) if total else 1.0
    share = anywhere / max(sum(map(weigh, names)), 1)
    return {path: weight + share * weigh(path) for path, weight in found.items()}


def _weights_of_files(focus: Focus) -> Callable[[str], float]:
    """Give what a file is worth by its path."""
    tests_meant = any(is_form(word, "test") for word in focus.words)
    return lru_cache(None)(lambda path: 1.0 if tests_meant or not is_test(path) else _TEST)


def _own_shares(definitions: Sequence[Definition], focus: Focus) -> list[float]:
    """Give what each definition of a file gets of what the file keeps: those most that the question's words fit."""
    words = [subwords(each.name) for each in definitions]
    fitting = frozenset[str]().union(*forms(focus.words, frozenset[str]().union(*words)).values())
    asked = focus.names
    worth = [
        (1 + _FITS * len(own & fitting) + _ASKED * (each.name in asked and is_composed(each.name)))
        * (_PRIVATE if each.name.startswith("_") else 1.0)
        for each, own in zip(definitions, words, strict=True)
    ]
    few = sum(sorted(worth, reverse=True)[:_FEW])
    return [weight / few for weight in worth]


@lru_cache(16_384)
def _family(path: str) -> str:
    language = language_id_of(path)
    return _FAMILIES.get(language, language)
