"""JSON Schema cut down to the subset of OpenAPI 3.0 that some endpoints take for tools, and refuse any more of
(https://ai.google.dev/api/caching#Schema).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KEPT = (
    *("format", "title", "description", "nullable", "default", "minItems", "maxItems", "minProperties"),
    *("maxProperties", "minimum", "maximum", "minLength", "maxLength", "pattern", "required"),
)
_FORMATS = ("date-time", "enum", "int32", "int64", "float", "double")
_DEEPEST = 12  # a schema that refers to itself is cut here


def openapi_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Give the schema in this subset: references resolved, constants as enums, "null" as `nullable`.

    What cannot be said is left out, so that the subset allows what the schema allows, and sometimes more.
    """
    definitions = {**_mapping(schema.get("definitions")), **_mapping(schema.get("$defs"))}
    return _Cut(definitions).schema(schema, 0)


class _Cut:
    """The cutting of one schema, which knows its definitions."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions

    def schema(self, schema: Any, depth: int) -> dict[str, Any]:
        given = self._resolved(schema, depth)
        cut = {name: given[name] for name in _KEPT if name in given}
        cut |= _types(given)
        cut |= self._inner(given, depth + 1)
        if cut.get("format") not in _FORMATS:
            cut.pop("format", None)
        return cut

    def _resolved(self, schema: Any, depth: int) -> dict[str, Any]:
        """Give a schema with what it refers to, and with all that it must fulfil at once, in one place."""
        given = dict(_mapping(schema))
        name = str(given.pop("$ref", "")).rpartition("/")[2]
        parts = [self._definitions.get(name), *_list(given.pop("allOf", None))]
        for part in parts if depth <= _DEEPEST else []:
            given = self._resolved(part, depth + 1) | given
        return given

    def _inner(self, given: Mapping[str, Any], depth: int) -> dict[str, Any]:
        inner: dict[str, Any] = {}
        if properties := _mapping(given.get("properties")):
            inner["properties"] = {name: self.schema(each, depth) for name, each in properties.items()}
        if "items" in given:
            inner["items"] = self.schema(given["items"], depth)
        either = [*_list(given.get("anyOf")), *_list(given.get("oneOf"))]
        if any(_is_null(each) for each in either):
            inner["nullable"] = True
        if some := [self.schema(each, depth) for each in either if not _is_null(each)]:
            inner |= some[0] if len(some) == 1 else {"anyOf": some}
        return inner


def _types(given: Mapping[str, Any]) -> dict[str, Any]:
    """Give type, enum and nullable. Only texts can be enumerated."""
    types = [str(each) for each in _list(given.get("type"))] or [str(given.get("type", ""))]
    named = [each.upper() for each in types if each not in ("", "null")]
    said: dict[str, Any] = {"nullable": True} if "null" in types else {}
    values = [given["const"]] if "const" in given else _list(given.get("enum"))
    texts = [value for value in values if isinstance(value, str)]
    if texts and named in ([], ["STRING"]):
        said |= {"type": "STRING", "enum": texts}
    elif len(named) == 1:
        said["type"] = named[0]
    elif named:
        said["anyOf"] = [{"type": each} for each in named]
    return said


def _is_null(schema: Any) -> bool:
    return _mapping(schema).get("type") == "null"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
