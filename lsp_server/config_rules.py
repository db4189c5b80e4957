"""What may stand in each place of the settings tree, read from the dataclasses of `config` and their type hints.

`settings` checks raw values against these rules, `config_schema` writes them down; so a new setting is a new field and
nothing else. Here are also the two ways in which messages speak of settings: `dotted` paths and `shown` values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from math import isfinite
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from lsp_server.config import Config, Limits

KeyPath: TypeAlias = tuple[str, ...]

ABSENT: Any = object()
_NO_LIMITS = Limits()
_NOUNS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SHOWN_CHARACTERS = 60
_LONGEST_LIST = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """A type hint taken apart: the type itself, its limits, and whether None is allowed.

    `listed` is whether a list of such values is allowed "also", "only" or not at all ("").
    """

    kind: Any
    limits: Limits
    optional: bool
    listed: Literal["", "also", "only"] = ""

    @staticmethod
    @cache
    def of(hint: Any) -> Rule:
        """Give the rule of a hint such as `Annotated[int, Limits(…)]`, `Literal[…] | None`, `Mapping[str, X]` or
        `X | tuple[X, ...]`.
        """
        parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
        lists = [part for part in parts if get_origin(part) is tuple]
        singles = [part for part in parts if part is not NoneType and part not in lists]
        kind, limits = singles[0] if singles else get_args(lists[0])[0], _NO_LIMITS
        if get_origin(kind) is Annotated:
            kind, limits = get_args(kind)
        listed: Literal["", "also", "only"] = "" if not lists else "also" if singles else "only"
        return Rule(kind, limits, NoneType in parts, listed)

    @property
    def is_table(self) -> bool:
        """Whether a settings dataclass stands here."""
        return is_dataclass(self.kind)

    @property
    def is_mapping(self) -> bool:
        """Whether entries under names of the person's choice stand here."""
        return get_origin(self.kind) is Mapping

    @property
    def choices(self) -> tuple[str, ...]:
        """The texts that are allowed, if there are only so many."""
        return get_args(self.kind) if get_origin(self.kind) is Literal else ()

    @property
    def allowed(self) -> str:
        """What may stand here, in words."""
        if self.listed:
            of_these = "a list of such" if self.listed == "only" else "a list of these"
            one = replace(self, listed="").allowed
            return f"{of_these}: {one}" if self.listed == "only" else f"{one}, or {of_these}"
        limits = self.limits
        if self.choices:
            return "one of " + ", ".join(map(shown, self.choices))
        if limits.meaning:
            return limits.meaning
        bounds = (
            ("of at least {:,}", limits.at_least),
            ("above {:,}", limits.above),
            ("at most {:,}", limits.at_most),
            ("of at most {:,} characters", limits.longest),
        )
        said = " and ".join(words.format(bound) for words, bound in bounds if bound is not None)
        return f"{_NOUNS.get(self.kind, 'a table')} {said}".strip()

    def accept(self, raw: object) -> Any:
        """Give the value that a raw text, number or truth value stands for; ABSENT when it breaks this rule."""
        if raw is None and self.optional:
            return None
        if self.listed:
            return self._accept_list(raw)
        if self.choices:
            return raw if isinstance(raw, str) and raw in self.choices else ABSENT
        value = _as_float(raw) if self.kind is float else raw
        return value if type(value) is self.kind and self._within(value) else ABSENT

    def _accept_list(self, raw: object) -> Any:
        """Give a tuple of values; ABSENT when one of them breaks the rule, or when a single one may not stand here."""
        one = replace(self, listed="")
        if not isinstance(raw, (list, tuple)):
            return one.accept(raw) if self.listed == "also" else ABSENT
        values = tuple(map(one.accept, raw))
        return ABSENT if len(values) > _LONGEST_LIST or any(value is ABSENT for value in values) else values

    def _within(self, value: Any) -> bool:
        limits = self.limits
        if isinstance(value, str):
            fits = limits.longest is None or len(value) <= limits.longest
            return fits and is_text(value) and (limits.pattern is None or bool(re.fullmatch(limits.pattern, value)))
        return (
            (limits.at_least is None or value >= limits.at_least)
            and (limits.above is None or value > limits.above)
            and (limits.at_most is None or value <= limits.at_most)
        )


@cache
def rules(kind: Any) -> Mapping[str, Rule]:
    """Give the rule of each field of a settings dataclass, in order."""
    hints = get_type_hints(kind, include_extras=True)
    return {each.name: Rule.of(hints[each.name]) for each in fields(kind)}


def places(kind: Any = Config, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Give the path of every setting and table that has a fixed place in the tree."""
    for name, rule in rules(kind).items():
        yield (*path, name)
        if rule.is_table:
            yield from places(rule.kind, (*path, name))


def dotted(path: KeyPath) -> str:
    """Give a path as TOML writes it: `completion.languages."c++".eagerness`."""
    return ".".join(part if _BARE_KEY.fullmatch(part) else shown(part) for part in map(_clipped, path))


def shown(value: object) -> str:
    """Give a value as a message shows it: short, and never the inside of a list or table."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(_clipped(value), ensure_ascii=not is_text(value))
        case float():
            return repr(value)
        case int():
            return str(value) if abs(value) < 10**_SHOWN_CHARACTERS else "a huge number"
        case Mapping():
            return "a table"
        case _:
            return f"a {type(value).__name__}"


def is_text(value: str) -> bool:
    """Tell whether a text can be written to a file or used as a path: no NUL, and no half of a surrogate pair."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def _as_float(raw: object) -> object:
    """Give an int as the float that is due; ABSENT for what is not finite, which TOML can write; the rest as it is."""
    if not isinstance(raw, (int, float)) or isinstance(raw, bool):
        return raw
    try:
        number = float(raw)
    except OverflowError:
        return ABSENT
    return number if isfinite(number) else ABSENT


def _clipped(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
