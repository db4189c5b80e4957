"""Checks the arguments of a tool call against the JSON Schema that the model was given.

Of JSON Schema it knows what our own tools use: type, properties, required, enum, items, and bounds. A property that no
schema names is a fault: a model that invents one means something that would not happen.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}

# keyword → what is measured, and how it is said.
_LEAST = {"minimum": "at least", "minLength": "at least this many characters:", "minItems": "at least this many items:"}
_MOST = {"maximum": "at most", "maxLength": "at most this many characters:", "maxItems": "at most this many items:"}


def fault(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Give what is wrong with the arguments as a sentence for the model; "" when nothing is."""
    found = next(_faults(dict(arguments), schema, ""), "")
    return f"{found} Send the call again." if found else ""


def _faults(value: Any, schema: Mapping[str, Any], name: str) -> Iterator[str]:
    kind = schema.get("type")
    shown = name or "the arguments"
    if kind is not None and not _is(value, kind):
        yield f"{shown} must be of type {kind}."
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{shown} must be one of: {', '.join(map(str, schema['enum']))}."
    yield from _out_of_bounds(value, schema, shown)
    if isinstance(value, dict):
        yield from _object_faults(value, schema, name)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _faults(item, schema.get("items", {}), f"{name}[{at}]")


def _is(value: Any, kind: str) -> bool:
    # Python counts True among the integers, JSON does not.
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _out_of_bounds(value: Any, schema: Mapping[str, Any], shown: str) -> Iterator[str]:
    size = value if isinstance(value, int | float) else len(value) if isinstance(value, str | list) else 0
    for keyword, words in _LEAST.items():
        if keyword in schema and not size >= schema[keyword]:
            yield f"{shown} must be {words} {schema[keyword]}."
    for keyword, words in _MOST.items():
        if keyword in schema and not size <= schema[keyword]:
            yield f"{shown} must be {words} {schema[keyword]}."


def _object_faults(value: Mapping[str, Any], schema: Mapping[str, Any], name: str) -> Iterator[str]:
    known = schema.get("properties", {})
    for each in schema.get("required", ()):
        if each not in value:
            yield f"{_below(name, each)} is missing."
    for key, item in value.items():
        if key in known:
            yield from _faults(item, known[key], _below(name, key))
        elif "properties" in schema:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known) or 'none'}."
            yield f"There is no argument {_below(name, key)}; {hint}"


def _below(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key
