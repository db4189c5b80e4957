"""Raw settings (a tree from TOML or JSON) become a `Config`; what is wrong with them becomes a list of problems.

Nothing here raises: a value that cannot be used is reported and ignored, and the rest holds. `parse` is for the
person's own settings, `narrow` for those that come with a project, which nobody has looked at.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from lsp_server.config import DEFAULTS, CompletionConfig, Config, Eagerness, LanguageConfig
from lsp_server.config_rules import ABSENT, KeyPath, Rule, dotted, places, rules, shown

PROJECT_INSTRUCTIONS_CHARACTERS = 4000

# What a project may ask for: less than the person allows, and words for the chat. All else could send text to a
# stranger's endpoint or spend the person's money.
_NARROWABLE = {
    "completion": ("eagerness", "languages", "max_lines", "max_tokens"),
    "chat": ("instructions", "max_tokens"),
}
_LOWERED = (
    ("completion", "eagerness"),
    ("completion", "max_lines"),
    ("completion", "max_tokens"),
    ("chat", "max_tokens"),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A setting that was ignored: its dotted path, a sentence that says why, and where it stands (a file, "editor")."""

    path: str
    message: str
    source: str

    def __str__(self) -> str:
        return f"{self.source}: {self.message}" if self.source else self.message


def parse(raw: object, base: Config = DEFAULTS, *, source: str = "") -> tuple[Config, list[Problem]]:
    """Give `base` with the raw settings laid over it, and what is wrong with them.

    Tables are merged key by key. `raw` None sets nothing. Raises nothing, whatever `raw` is.
    """
    if raw is None:
        return base, []
    reader = _Reader(source)
    return reader.table(raw, Rule.of(Config), base, ()), reader.problems


def narrow(config: Config, raw: object, *, source: str) -> tuple[Config, list[Problem]]:
    """Give `config` with what an untrusted project may ask for, and what it may not.

    A project can make ghost text rarer (a general eagerness is a ceiling for every language that it does not name) and
    answers shorter, and can add at most PROJECT_INSTRUCTIONS_CHARACTERS of instructions to the chat. Raises nothing.
    """
    reader = _Reader(source)
    permitted = _permitted(raw, reader) if isinstance(raw, Mapping) else raw
    # Nothing is asked for until the project says so: hence the widest eagerness, and no instructions.
    unasked = replace(
        config,
        completion=replace(config.completion, eagerness="eager", languages={}),
        chat=replace(config.chat, instructions=""),
    )
    asked = unasked if raw is None else reader.table(permitted, Rule.of(Config), unasked, ())
    for path in _widened(config, asked, permitted):
        reader.note(path, f"{dotted(path)} can only be lowered by a project; it is ignored.")
    chat = replace(
        config.chat,
        max_tokens=min(config.chat.max_tokens, asked.chat.max_tokens),
        instructions=_joined(config.chat.instructions, asked.chat.instructions, reader),
    )
    return replace(config, completion=_lowered(config.completion, asked.completion), chat=chat), reader.problems


@dataclass(slots=True)
class _Reader:
    """Walks raw settings and the rules side by side, and notes problems as it goes."""

    source: str
    problems: list[Problem] = field(default_factory=list)

    def table(self, raw: object, rule: Rule, base: Any, path: KeyPath) -> Any:
        """Give `base` (the defaults, when it is ABSENT) with the raw table laid over it."""
        if not isinstance(raw, Mapping):
            return self.refuse(path, raw, rule, base)
        known = rules(rule.kind)
        base = rule.kind() if base is ABSENT else base
        changes = {}
        for key, value in raw.items():
            if key in known:
                changes[key] = self.value(value, known[key], getattr(base, key), (*path, key))
            else:
                self.unknown((*path, str(key)), known)
        return replace(base, **changes)

    def value(self, raw: object, rule: Rule, base: Any, path: KeyPath) -> Any:
        """Give the value that stands at a path, or `base` after a problem was noted."""
        if rule.is_table:
            return self.table(raw, rule, base, path)
        if rule.is_mapping:
            return self.entries(raw, rule, base, path)
        value = rule.accept(raw)
        return self.refuse(path, raw, rule, base) if value is ABSENT else value

    def entries(self, raw: object, rule: Rule, base: Any, path: KeyPath) -> Any:
        """Give `base` with the raw entries laid over it; an entry that cannot be used is left out."""
        if not isinstance(raw, Mapping):
            return self.refuse(path, raw, rule, base)
        key_rule, value_rule = map(Rule.of, get_args(rule.kind))
        entries = dict(base)
        for key, value in raw.items():
            here = (*path, str(key))
            if key_rule.accept(key) is ABSENT:
                self.note(here, f"{dotted(here)} is ignored: the name must be {key_rule.allowed}.")
                continue
            entry = self.value(value, value_rule, entries.get(key, ABSENT), here)
            if entry is not ABSENT:
                entries[key] = entry
        return entries

    def refuse(self, path: KeyPath, raw: object, rule: Rule, base: Any) -> Any:
        """Note that a value is not what its rule allows, and give what stands instead."""
        found = f"a text of {len(raw):,} characters" if rule.limits.secret and isinstance(raw, str) else shown(raw)
        self.note(path, f"{dotted(path) or 'The settings'} must be {rule.allowed}; {found} is ignored.")
        return base

    def unknown(self, path: KeyPath, known: Mapping[str, Rule]) -> None:
        """Note a key that no setting has, with the setting that was probably meant."""
        nearest = _nearest(path, known)
        advice = f"did you mean {nearest}?" if nearest else f"known here: {', '.join(known)}."
        self.note(path, f"{dotted(path)} is no setting and is ignored; {advice}")

    def note(self, path: KeyPath, message: str) -> None:
        """Note a problem; the message is a sentence that stands for itself."""
        self.problems.append(Problem(dotted(path), message, self.source))


def _nearest(path: KeyPath, known: Mapping[str, Rule]) -> str:
    """Give the setting that was probably meant: one beside it, or one of that name elsewhere, or ""."""
    key = path[-1][:80].lower()
    if beside := difflib.get_close_matches(key, known, n=1):
        return dotted((*path[:-1], beside[0]))
    elsewhere = {place[-1]: place for place in places()}
    meant = difflib.get_close_matches(key, elsewhere, n=1, cutoff=0.8)
    return dotted(elsewhere[meant[0]]) if meant else ""


def _permitted(raw: Mapping[Any, Any], reader: _Reader) -> dict[Any, Any]:
    """Give the raw settings without those that a project may not touch; unknown keys stay, to be reported as such."""
    permitted: dict[Any, Any] = {}
    for key, value in raw.items():
        if key not in rules(Config):
            permitted[key] = value
        elif key not in _NARROWABLE:
            _forbid((key,), reader)
        elif isinstance(value, Mapping):
            known = rules(rules(Config)[key].kind)
            forbidden = [name for name in value if name in known and name not in _NARROWABLE[key]]
            for name in forbidden:
                _forbid((key, name), reader)
            permitted[key] = {name: each for name, each in value.items() if name not in forbidden}
        else:
            permitted[key] = value
    return permitted


def _forbid(path: KeyPath, reader: _Reader) -> None:
    reader.note(path, f"{dotted(path)} cannot be set by a project file; set it in your own settings if you want it.")


def _rank(value: Any) -> int:
    """Give a number that is higher for more: of text, of eagerness."""
    return get_args(Eagerness).index(value) if isinstance(value, str) else int(value)


def _widened(config: Config, asked: Config, raw: Any) -> Iterator[KeyPath]:
    """Give the paths at which a project asks for more than the person allows."""
    for section, name in _LOWERED:
        named = isinstance(raw, Mapping) and isinstance(raw.get(section), Mapping) and name in raw[section]
        if named and _rank(getattr(getattr(asked, section), name)) > _rank(getattr(getattr(config, section), name)):
            yield section, name
    for language_id, language in asked.completion.languages.items():
        allowed = config.completion.eagerness_for(language_id)
        if language.eagerness is not None and _rank(language.eagerness) > _rank(allowed):
            yield "completion", "languages", language_id, "eagerness"


def _lowered(own: CompletionConfig, asked: CompletionConfig) -> CompletionConfig:
    return replace(
        own,
        eagerness=min(own.eagerness, asked.eagerness, key=_rank),
        max_lines=min(own.max_lines, asked.max_lines),
        max_tokens=min(own.max_tokens, asked.max_tokens),
        languages={
            each: LanguageConfig(min(own.eagerness_for(each), asked.eagerness_for(each), key=_rank))
            for each in (*own.languages, *asked.languages)
        },
    )


def _joined(own: str, added: str, reader: _Reader) -> str:
    if len(added) > PROJECT_INSTRUCTIONS_CHARACTERS:
        path = ("chat", "instructions")
        most = f"a project may add {PROJECT_INSTRUCTIONS_CHARACTERS:,} characters, not {len(added):,}"
        reader.note(path, f"{dotted(path)} is ignored: {most}. Shorten it.")
        return own
    return "\n\n".join(filter(None, (own, added)))
