"""JSON Schema cut down to what some endpoints take."""

from __future__ import annotations

from typing import Any

import pytest

from lsp_server.models.wire.openapi_schema import openapi_schema


@pytest.mark.parametrize(
    ("schema", "cut"),
    [
        ({"type": "string", "description": "d"}, {"type": "STRING", "description": "d"}),
        ({"type": ["string", "null"]}, {"type": "STRING", "nullable": True}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "STRING", "nullable": True}),
        ({"oneOf": [{"type": "string"}, {"type": "number"}]}, {"anyOf": [{"type": "STRING"}, {"type": "NUMBER"}]}),
        ({"enum": ["a", "b"]}, {"type": "STRING", "enum": ["a", "b"]}),
        ({"const": "a"}, {"type": "STRING", "enum": ["a"]}),
        ({"type": "integer", "enum": [1, 2]}, {"type": "INTEGER"}),
        ({"type": "string", "format": "uri"}, {"type": "STRING"}),
        ({"type": "integer", "format": "int64"}, {"type": "INTEGER", "format": "int64"}),
        ({"type": "array", "items": {"type": "string", "x": 1}}, {"type": "ARRAY", "items": {"type": "STRING"}}),
        (
            {
                "$schema": "s",
                "type": "object",
                "properties": {"a": {"type": "boolean"}},
                "required": ["a"],
                "additionalProperties": False,
            },
            {"type": "OBJECT", "properties": {"a": {"type": "BOOLEAN"}}, "required": ["a"]},
        ),
        (
            {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "string"}}},
            {"properties": {"a": {"type": "STRING"}}},
        ),
        (
            {"allOf": [{"$ref": "#/definitions/A"}], "description": "d", "definitions": {"A": {"type": "string"}}},
            {"type": "STRING", "description": "d"},
        ),
        ({"$ref": "#/$defs/missing"}, {}),
        ({"type": "object", "properties": {"a": True}}, {"type": "OBJECT", "properties": {"a": {}}}),
    ],
)
def test_a_schema_is_cut_down(schema: dict[str, Any], cut: dict[str, Any]) -> None:
    """To the types, names and limits that the subset has."""
    assert openapi_schema(schema) == cut


def test_a_schema_that_refers_to_itself_comes_to_an_end() -> None:
    """It is cut at a depth that no tool needs."""
    tree = {"type": "object", "properties": {"child": {"$ref": "#/$defs/tree"}}}
    text = str(openapi_schema({"$ref": "#/$defs/tree", "$defs": {"tree": tree}}))
    assert 5 < text.count("child") < 20
    assert openapi_schema({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}) == {}
