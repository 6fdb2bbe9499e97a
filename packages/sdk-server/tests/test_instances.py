from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from sdk_server._engines._instances import UnfillableError, fill, fits

TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer", "exclusiveMinimum": 4},
                "left": {"$ref": "#/$defs/node"},
                "right": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
            "required": ["value"],
            "additionalProperties": False,
        }
    },
}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, "text"),
        ({"type": "string", "minLength": 6}, "texttext"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "string", "minLength": 2, "maxLength": 2, "pattern": "^[A-Z]+$"}, "AA"),
        ({"type": "string", "format": "date"}, "2026-01-02"),
        ({"type": "integer", "minimum": 5, "multipleOf": 4}, 8),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001}, 0.0005),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["null", "integer"]}, 1),
        ({"enum": ["b", "a"]}, "b"),
        ({"const": {"x": 1}}, {"x": 1}),
        ({"type": "integer", "default": 7}, 7),
        ({"type": "string", "examples": ["eg"]}, "eg"),
        ({"items": {"type": "integer"}}, [1]),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True},
         ["text", "text1"]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2, "uniqueItems": True},
         [1, 2]),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "null"}], "items": False},
         [1, None]),
        ({"type": "array", "maxItems": 0}, []),
        ({"properties": {"a": {"type": "integer"}}, "required": ["a", "b"]}, {"a": 1, "b": "b"}),
        ({"type": "object", "minProperties": 1}, {"key0": "text"}),
        ({"allOf": [{"properties": {"a": {"const": 1}}}, {"required": ["a"]}]}, {"a": 1}),
        ({"oneOf": [{"type": "integer", "maximum": 0, "minimum": 3}, {"type": "boolean"}]}, True),
        ({"anyOf": [{"$ref": "#/$defs/loop"}, {"type": "null"}],
          "$defs": {"loop": {"$ref": "#/$defs/loop"}}}, None),
    ],
)  # fmt: skip
def test_a_schema_is_filled_with_a_value_that_fits(schema: dict[str, Any], expected: Any) -> None:
    """The value is always the same one, and the validator agrees with it."""
    assert expected == fill(schema)
    assert fits(schema, expected)


def test_a_recursive_schema_comes_to_an_end() -> None:
    """Optional members are left out in the depth."""
    value = fill(TREE)
    jsonschema_rs.validate(TREE, value)
    assert 5 == value["left"]["left"]["value"]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "pattern": "^Zürich [0-9]{9}$"}, "pattern"),
        ({"type": "nonsense"}, "no valid JSON Schema"),
        ({"$ref": "https://example.com/schema"}, "no valid JSON Schema"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "finds no value"),
        ({"not": {}}, "finds no value"),
        ({"properties": {"a": False}, "required": ["a"]}, "finds no value for"),
        ({"type": "string", "minLength": 10_000_000}, "million"),
        ({"type": "array", "minItems": 10_000_000, "items": {}}, "endless"),
        (
            {
                "$ref": "#/$defs/n",
                "$defs": {
                    "n": {
                        "type": "object",
                        "properties": {"n": {"$ref": "#/$defs/n"}},
                        "required": ["n"],
                    }
                },
            },
            "endless",
        ),
        ({"anyOf": [{"type": "integer", "minimum": 3, "maximum": 2}]}, "allows nothing"),
    ],
)
def test_a_schema_that_cannot_be_filled_says_why(schema: dict[str, Any], words: str) -> None:
    """There is a reason instead of a wrong value."""
    with pytest.raises(UnfillableError, match=words):
        fill(schema)


def test_an_invalid_schema_fits_nothing() -> None:
    """Asking whether a value fits never fails."""
    assert not fits({"type": "nonsense"}, 1)
    assert not fits({"$ref": "#/nowhere"}, 1)
