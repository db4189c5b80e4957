"""What a question is about: how much it speaks of a file, by the words of its path and of the names it defines."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

# An open file counts like several rare words of the question; one that the question names, or that defines one of its
# identifiers, even more.
_OPENED = 4.0
_NAMED = 10.0

# A word in the path of a file says twice as much as one in a name that the file defines.
_IN_PATH, _IN_NAMES = 1.0, 0.5

# One word in several forms (cache, cached, caching): a common beginning of this length, and a short rest.
_STEM = 4
_MOST_ENDING = 4

_LETTERS = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NAME = re.compile(r"[^\W\d]\w+")
_TEST = re.compile(r"(?i)(?:^|[/_.-])(?:tests?|spec|testing)(?:$|[/_.-])|__tests__")

# Words of questions, not of code.
_STOP = frozenset(
    re.findall(
        r"\w+",
        "about after all and any are been before but can could does each every explain file find for from give has have"
        " how into its make may more most not now our out over please show should some such tell than that the their"
        " them then there these they this those use used uses using very want was way were what when where which who"
        " why will with would you your",
    )
)


@dataclass(frozen=True, slots=True)
class Focus:
    """What is wanted: the words of a question, and the paths of files that are open or attached."""

    question: str = ""
    opened: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """The identifiers in the question, as they are written."""
        return frozenset(_NAME.findall(self.question))

    @property
    def words(self) -> frozenset[str]:
        """The words of the question that may be about code."""
        return frozenset(word for word in subwords(self.question) if len(word) > 2 and word not in _STOP)


@lru_cache(65_536)
def subwords(name: str) -> frozenset[str]:
    """Give the words that a name, a path or a sentence is composed of, in lower case: `readFile` is "read", "file"."""
    return frozenset(part.lower() for letters in _LETTERS.findall(name) for part in _CAMEL.split(letters))


def interest(focus: Focus, names: Mapping[str, Iterable[str]]) -> dict[str, float]:
    """Give how much a question speaks of each file; 0 for one that it says nothing of.

    `names` are the names that each file, by its path, defines. Rare words tell more than frequent ones, and a file that
    several words speak of counts more than their sum.
    """
    in_paths = {path: subwords(path.rpartition(".")[0]) for path in names}
    in_names = {path: frozenset[str]().union(*map(subwords, defined)) for path, defined in names.items()}
    found = dict.fromkeys(names, 0.0)
    for vocabulary, worth in ((in_paths, _IN_PATH), (in_names, _IN_NAMES)):
        holders: dict[str, list[str]] = defaultdict(list)
        for path, words in vocabulary.items():
            for word in words:
                holders[word].append(path)
        for matching in forms(focus.words, holders).values():
            paths = {path for word in matching for path in holders[word]}
            rarity = 1 - math.log(max(len(paths), 1)) / math.log(2 + len(found))
            for path in paths:
                found[path] += worth * rarity
    return {path: weight**2 + _outright(focus, path, names[path]) for path, weight in found.items()}


def forms(asked: Iterable[str], vocabulary: Iterable[str]) -> dict[str, frozenset[str]]:
    """Give, for each word that is asked for, the words of a vocabulary that are forms of it."""
    by_beginning: dict[str, list[str]] = defaultdict(list)
    for word in vocabulary:
        by_beginning[word[:_STEM]].append(word)
    return {each: frozenset(word for word in by_beginning[each[:_STEM]] if is_form(word, each)) for each in asked}


def is_form(word: str, asked: str) -> bool:
    """Tell whether two words are the same but for their endings."""
    shorter, longer = sorted((word, asked), key=len)
    if len(shorter) < _STEM:
        return shorter == longer
    stem = shorter[: max(len(shorter) - 1, _STEM)]
    return longer.startswith(stem) and len(longer) - len(stem) <= _MOST_ENDING


def is_composed(name: str) -> bool:
    """Tell whether a name is made of several words, and so no word of plain speech."""
    return len(subwords(name)) > 1


def is_test(path: str) -> bool:
    """Tell by its path whether a file belongs to the tests."""
    return _TEST.search(path) is not None


def _outright(focus: Focus, path: str, defined: Iterable[str]) -> float:
    is_named = path in focus.question or path.rpartition("/")[2] in focus.question
    defines = any(name in focus.names and is_composed(name) for name in defined)
    return _NAMED * (is_named or defines) + _OPENED * (path in focus.opened)
