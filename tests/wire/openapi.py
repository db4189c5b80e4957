"""Request bodies against a vendor's own description of them: as much of OpenAPI as that description uses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from tests.wire import SAMPLES

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


@cache
def _spec(name: str) -> Any:
    return json.loads((SAMPLES / "specs" / f"{name}.json").read_text("utf-8"))


def complaints(name: str, path: str, body: Any) -> list[str]:
    """Give what is wrong with a body, as "where: what"; nothing when it is as the description says.

    A field that the description does not know is wrong, too: the vendor refuses those.
    """
    spec = _spec(name)
    return list(_Schemas(spec["schemas"]).wrong({"$ref": spec["roots"][path]}, body, "body"))


class _Schemas:
    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def wrong(self, schema: Any, value: Any, where: str) -> Iterator[str]:
        schema = self._whole(schema)
        if value is None and schema.get("nullable"):
            return
        for alternatives in (schema.get(word) for word in ("anyOf", "oneOf")):
            if alternatives:
                yield from self._best(alternatives, schema, value, where)
                return
        kind = schema.get("type")
        if kind and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
            yield f"{where}: {value!r} is no {kind}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where}: {value!r} is none of {schema['enum']}"
        if isinstance(value, dict):
            yield from self._object(schema, value, where)
        if isinstance(value, list):
            yield from (
                bad for place, each in enumerate(value) for bad in self._item(schema, each, f"{where}[{place}]")
            )
            if len(value) < schema.get("minItems", 0):
                yield f"{where}: too few"
        if isinstance(value, int | float) and value < schema.get("minimum", value):
            yield f"{where}: {value} is too small"

    def _item(self, schema: Any, value: Any, where: str) -> Iterator[str]:
        return self.wrong(schema.get("items", {}), value, where)

    def _best(self, alternatives: list[Any], schema: Any, value: Any, where: str) -> Iterator[str]:
        """Give what is wrong with the alternative that fits best; what holds for all stands beside them."""
        beside = {word: schema[word] for word in ("properties", "required") if word in schema}
        found = [list(self.wrong({"allOf": [beside, each]}, value, where)) for each in alternatives]
        yield from min(found, key=len)

    def _object(self, schema: Any, value: Mapping[str, Any], where: str) -> Iterator[str]:
        known = schema.get("properties", {})
        more = schema.get("additionalProperties", not known)
        for name in schema.get("required", []):
            if name not in value:
                yield f"{where}: {name} is missing"
        for name, each in value.items():
            if name in known:
                yield from self.wrong(known[name], each, f"{where}.{name}")
            elif isinstance(more, dict):
                yield from self.wrong(more, each, f"{where}.{name}")
            elif not more:
                yield f"{where}: {name} is not known"

    def _whole(self, schema: Any) -> dict[str, Any]:
        """Give a schema with what it refers to, and with all that it puts together, in one place."""
        whole = {name: value for name, value in schema.items() if name not in ("$ref", "allOf")}
        parts = [self._schemas[schema["$ref"].rpartition("/")[2]]] if "$ref" in schema else []
        for part in map(self._whole, [*parts, *schema.get("allOf", [])]):
            properties = {**part.get("properties", {}), **whole.get("properties", {})}
            required = [*part.get("required", []), *whole.get("required", [])]
            whole = part | whole
            whole |= {"properties": properties} if properties else {}
            whole |= {"required": required} if required else {}
        return whole
