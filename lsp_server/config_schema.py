"""The settings tree as JSON Schema (draft 2020-12), for editors that complete and check settings as they are typed."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias, get_args

from lsp_server.config import DEFAULTS, Config
from lsp_server.config_rules import ABSENT, Rule, rules

Schema: TypeAlias = dict[str, Any]

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"])")


def config_schema() -> Schema:
    """Give the JSON Schema of all settings, with defaults, limits and descriptions."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Antiphon settings"}
    return dialect | _table(Config, DEFAULTS)


def description(kind: type, name: str = "") -> str:
    """Give what the docstring of a settings dataclass says about a field, or about the whole when `name` is ""."""
    sentences = _SENTENCE_END.split(" ".join((inspect.getdoc(kind) or "").split()))
    if not name:
        return sentences[0]
    return " ".join(each for each in sentences if each.startswith(f"`{name}`"))


def _table(kind: Any, base: Any) -> Schema:
    properties = {}
    for name, rule in rules(kind).items():
        value = getattr(base, name) if base is not ABSENT else ABSENT
        properties[name] = _any(rule, value) | {"description": description(kind, name)}
    return {
        "type": "object",
        "description": description(kind),
        "additionalProperties": False,
        "properties": properties,
    }


def _any(rule: Rule, default: Any) -> Schema:
    if rule.is_table:
        return _table(rule.kind, rule.kind() if default is ABSENT else default)
    if rule.is_mapping:
        return _mapping(rule, default)
    schema = {} if default is ABSENT else {"default": list(default) if isinstance(default, tuple) else default}
    if rule.listed:
        return schema | _listed(rule)
    if rule.choices:
        return schema | {"enum": [*rule.choices, *([None] if rule.optional else [])]}
    return schema | {"type": [_TYPES[rule.kind], "null"] if rule.optional else _TYPES[rule.kind]} | _limits(rule)


def _listed(rule: Rule) -> Schema:
    one = _any(replace(rule, listed=""), ABSENT)
    many = {"type": "array", "items": one}
    return many if rule.listed == "only" else one | many | {"type": [one["type"], "array"]}


def _mapping(rule: Rule, default: Mapping[str, Any]) -> Schema:
    key_rule, value_rule = map(Rule.of, get_args(rule.kind))
    names = {"propertyNames": _limits(key_rule)} if _limits(key_rule) else {}
    return {"type": "object", "additionalProperties": _any(value_rule, ABSENT), "default": dict(default)} | names


def _limits(rule: Rule) -> Schema:
    limits = rule.limits
    words = {
        "minimum": limits.at_least,
        "exclusiveMinimum": limits.above,
        "maximum": limits.at_most,
        "maxLength": limits.longest,
        "pattern": None if limits.pattern is None else f"^(?:{limits.pattern})$",
    }
    return {word: value for word, value in words.items() if value is not None}
