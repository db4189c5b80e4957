"""The JSON Schema of the settings says what the parser does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lsp_server.config import DEFAULTS
from lsp_server.config_rules import places
from lsp_server.config_schema import config_schema
from lsp_server.settings import parse
from tests.raw_settings import nested


def test_the_schema_describes_every_setting_and_knows_its_default() -> None:
    """Each setting has a sentence, and the defaults of the schema are the defaults of the tree."""
    for path, schema in _schemas(config_schema()):
        assert schema["description"], path
        assert schema["type" if "enum" not in schema else "enum"], path
    for place in places():
        found = _at(config_schema(), place)
        value = _at_config(DEFAULTS, place)
        assert found.get("type") == "object" or found["default"] == (list(value) if type(value) is tuple else value)


def test_the_schema_and_the_parser_agree() -> None:
    """A value at a limit of the schema is taken, and one past it is refused."""
    for path, schema in _schemas(config_schema()):
        step = 1 if schema.get("type") == "integer" else 0.001
        inside = [schema.get("minimum"), schema.get("maximum")]
        outside = [
            _plus(schema.get("minimum"), -step),
            schema.get("exclusiveMinimum"),
            _plus(schema.get("maximum"), step),
        ]
        for values, count in ((inside, 0), (outside, 1)):
            for value in values:
                assert value is None or len(parse(nested(path, value))[1]) == count, (path, value)


def test_the_schema_is_plain_json_with_patterns_that_compile() -> None:
    """An editor can load it: it survives JSON, and each pattern is a valid expression that knows both its ends."""
    text = json.dumps(config_schema())
    assert json.loads(text) == config_schema()
    patterns = re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', text)
    assert len(patterns) >= 5
    for pattern in map(json.loads, patterns):
        assert re.compile(pattern)
        assert pattern.startswith("^")
        assert pattern.endswith("$")


def _schemas(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Give every setting of a schema, those of entries under the name "x"."""
    for name, inner in schema.get("properties", {}).items():
        yield (*path, name), inner
        yield from _schemas(inner, (*path, name))
        if isinstance(inner.get("additionalProperties"), dict):
            yield from _schemas(inner["additionalProperties"], (*path, name, "x"))


def _at(schema: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for name in path:
        schema = schema["properties"][name]
    return schema


def _at_config(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = getattr(value, name)
    return value


def _plus(number: float | None, step: float) -> float | None:
    return None if number is None else number + step
