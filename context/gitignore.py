"""Ignore files with git's own meaning (https://git-scm.com/docs/gitignore), read once and again when they change.

The lines are understood by `pathspec`. Its own `GitIgnoreSpec` judges a whole path at once, and `!keep` then lets in
everything below `keep`; git judges one folder after the other and the file last, and so does `excluding`.
"""

from __future__ import annotations

import logging
import os
import re
import time
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from context.disk import read_regular

logger = logging.getLogger(__name__)

# More than anybody writes by hand.
_MOST_BYTES = 1_000_000

# Each "**" inside a pattern multiplies the places to try. Nobody needs five, and a hostile project would.
_MOST_DOUBLE_STARS = 4

# A change within this time of another may leave no trace in the file's time: kernels count in ticks of up to 10 ms,
# FAT in steps of 2 s. What changed so lately is read anew each time.
_RACY_NS = 2_100_000_000

_POSIX_CLASSES = {
    "[:alnum:]": "a-zA-Z0-9",
    "[:alpha:]": "a-zA-Z",
    "[:blank:]": " \t",
    "[:digit:]": "0-9",
    "[:lower:]": "a-z",
    "[:space:]": " \t\r\v\f",
    "[:upper:]": "A-Z",
    "[:xdigit:]": "0-9a-fA-F",
}
_POSIX_CLASS = re.compile(r"\[:[a-z]+:\]")

# "*" and what follows it up to the next "*" of the same name. The first place where that fits is as good as any later
# one, so nothing need be tried twice, and a row of stars costs no more than one.
_STARS = re.compile(r"(?:\[\^/\]\*){2,}")
_STAR_BEFORE_STAR = re.compile(r"\[\^/\]\*((?:\[\^/\](?!\*)|(?!\[\^/\])[^/(])+)(?=\[\^/\]\*)")


# How a pattern begins that holds however deep the entry lies; the rest then speaks of the entry's last part alone,
# unless it holds a slash.
_ANYWHERE = "^(?:.+/)?"
_NAME_ONLY = re.compile(r"(?:\[\^/\]|[^/])*?(?:/|\(\?:/\|\$\))\\Z")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an ignore file. `excludes` is false for a line that begins with "!".

    `regex` is to be found in the last part of an entry (`by_name`), or in all of it.
    """

    text: str
    line: int
    excludes: bool
    by_name: bool
    regex: re.Pattern[str]


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """The lines of one ignore file, the last first; `names` and `paths` find what any of them speaks of."""

    rules: tuple[Rule, ...]
    names: re.Pattern[str]
    paths: re.Pattern[str]

    @staticmethod
    def of(lines: Iterable[str], *, ignore_case: bool = False, name: str = "") -> Rules:
        """Understand lines. One that cannot be meant matches nothing, as in git, and is logged with `name`."""
        flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
        rules = tuple(filter(None, (_rule(text, number, flags, name) for number, text in enumerate(lines, 1))))
        return Rules(rules[::-1], _any(rules, flags, by_name=True), _any(rules, flags, by_name=False))

    def match(self, entry: str) -> Rule | None:
        """Give the last line that speaks of an entry: a path from the file's folder on, a folder's ending in "/"."""
        name = entry[entry.rfind("/", 0, -1) + 1 :]
        if not (self.names.match(name) or self.paths.search(entry)):
            return None
        return next((rule for rule in self.rules if rule.regex.search(name if rule.by_name else entry)), None)


# Rules of the same kind on the way down to an entry: how many folders deep they stand, and what they say.
Chain: TypeAlias = Sequence[tuple[int, Rules]]


def excluding(chain: Chain, parts: Sequence[str], *, is_folder: bool, skip: int = 0) -> tuple[int, Rule] | None:
    """Give the line that excludes an entry, with the depth of its file; None when no line does.

    The deepest file that speaks of an entry decides, by its last line that does. What lies below an excluded folder
    cannot be let in again. `skip` folders at the beginning of `parts` are not asked about.
    """
    for end in range(skip + 1, len(parts) + 1):
        slash = "/" if end < len(parts) or is_folder else ""
        for depth, rules in reversed(chain):
            rule = rules.match("/".join(parts[depth:end]) + slash) if depth < end else None
            if rule is not None and rule.excludes:
                return depth, rule
            if rule is not None:
                break
    return None


@dataclass(slots=True, eq=False)
class Level:
    """The ignore files of one folder, by name. As long as nothing in them changes it stays the same object."""

    files: Mapping[str, Rules]
    stamps: Mapping[str, object]


class IgnoreFiles:
    """Ignore files of some names in any folder. `closed` names exclude everything when they cannot be read."""

    def __init__(self, names: Sequence[str], closed: Sequence[str] = (), *, ignore_case: bool = False) -> None:
        self._ignore_case = ignore_case
        self._names = names
        self._closed = closed
        self._levels: dict[str, Level] = {}

    def level(self, folder: str) -> Level:
        """Give the ignore files of a folder as they stand now."""
        level = self._levels.get(folder)
        if level is None:
            level = self._levels[folder] = Level({}, {folder: None})
        if any(stamp is None or _stamp(path) != stamp for path, stamp in level.stamps.items()):
            level = self._levels[folder] = self._renewed(folder, level)
        return level

    def _renewed(self, folder: str, before: Level) -> Level:
        """Look again at a folder; the texts that did not change are not read again, and may all be the same."""
        # First the stamps, then the texts: what changes in between is seen the next time.
        stamps = {folder: _stamp(folder)}
        files: dict[str, Rules] = {}
        for name in self._names:
            path = os.path.join(folder, name)
            if os.path.lexists(path):
                stamps[path] = _stamp(path)
                same = stamps[path] is not None and stamps[path] == before.stamps.get(path)
                files[name] = before.files[name] if same else self._read(name, path)
        if files == before.files:
            before.stamps = stamps
            return before
        return Level(files, stamps)

    def _read(self, name: str, path: str) -> Rules:
        try:
            text = read_regular(path, _MOST_BYTES, follow=True).decode("utf-8-sig", "surrogateescape")
        except OSError as error:
            closed = name in self._closed
            logger.warning("%s cannot be read: %s%s", path, error, "; everything below it is excluded" * closed)
            return Rules.of(["*"] if closed else [])
        return Rules.of(text.split("\n"), ignore_case=self._ignore_case, name=path)


def _any(rules: Iterable[Rule], flags: int, *, by_name: bool) -> re.Pattern[str]:
    """Give what tells with one search that none of the rules speaks of an entry, which is so for most."""
    some = "|".join(f"(?:{rule.regex.pattern})" for rule in rules if rule.by_name is by_name)
    return re.compile(some or r"(?!)", flags)


def _stamp(path: str) -> object:
    """Give what tells a version of a file from others; None when that cannot be told (yet)."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    if time.time_ns() - status.st_mtime_ns < _RACY_NS:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _rule(text: str, number: int, flags: int, name: str) -> Rule | None:
    line = _POSIX_CLASS.sub(lambda match: _POSIX_CLASSES.get(match[0], ""), text.rstrip("\r"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # sets within sets, which no pattern can mean
            regex, excludes = GitIgnoreSpecPattern.pattern_to_regex(_below(line))
            if regex is None or excludes is None:
                return None
            if regex.count("(?:/.+)?") > _MOST_DOUBLE_STARS:
                raise GitIgnorePatternError("it holds too many **")
            regex = _of_entry(regex)
            name_regex = regex.removeprefix(_ANYWHERE)
            by_name = name_regex != regex and _NAME_ONLY.fullmatch(name_regex) is not None
            return Rule(
                text.strip(), number, excludes, by_name, re.compile(f"^{name_regex}" if by_name else regex, flags)
            )
    except (GitIgnorePatternError, re.error) as error:
        logger.warning("line %d of %s matches nothing: %s", number, name or "a list", error)
        return None


def _below(line: str) -> str:
    """Write a pattern that ends in "/**" so that it speaks of what is below a folder, and not of the folder."""
    core = line.rstrip().rstrip("/")
    if not core.endswith("/**") or core in ("/**", "!/**"):
        return line
    return f"{core}/*" + "/" * line.rstrip().endswith("/")


def _of_entry(regex: str) -> str:
    """Make a pattern of paths, which also finds what lies below them, one of this very path alone."""
    regex = _STARS.sub("[^/]*", regex.replace("(?P<ps_d>/)", "/"))
    return _STAR_BEFORE_STAR.sub(r"(?>[^/]*?\1)", regex) + r"\Z"
