from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ({"properties": {"a": {"pattern": "^ü{99}$"}}}, {}),
        ({"type": "array", "items": {"pattern": "^ü{99}$"}}, []),
        ({"type": "integer", "exclusiveMinimum": 1, "multipleOf": 0.5}, 2),
        ({"type": "number", "maximum": 5, "minimum": 3.5, "multipleOf": 2}, 4),
        ({"type": "number", "exclusiveMaximum": 1, "multipleOf": 0.25}, 0.75),
        ({"type": "number", "exclusiveMinimum": 1}, 2),
        ({"type": "number", "exclusiveMaximum": 1}, 0),
        ({"minimum": 7}, 7),
        ({"prefixItems": [{"$ref": "#/prefixItems/1"}, {"const": 2}]}, [2, 2]),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": True}}, "text"),
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
        ({"type": "number", "multipleOf": 1e-320}, "too large"),
        (
            {"type": "array", "minItems": 1, "items": {"pattern": "^ü{99}$"}},
            "no text for the pattern",
        ),
        ({"$ref": "#node", "$defs": {"n": {"$anchor": "node"}}}, "cannot follow the reference"),
        (
            {
                "$ref": "#/$defs/a",
                "$defs": {"a": {"$id": "urn:a", "$ref": "#/$defs/x", "$defs": {"x": {}}}},
            },
            "cannot follow the reference",
        ),
        ({"type": "object", "minProperties": 10_000_000}, "endless"),
        ({"type": "array", "minItems": 1, "items": {"not": {}, "enum": []}}, "finds no value|JSON"),
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


KEYWORDS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"]),
    "minimum": st.integers(-5, 5) | st.floats(-5, 5),
    "exclusiveMaximum": st.integers(-5, 5) | st.floats(-5, 5),
    "multipleOf": st.sampled_from([0.5, 1, 3, 1e-300]),
    "minLength": st.integers(0, 40),
    "maxLength": st.integers(0, 40),
    "pattern": st.sampled_from(["^a", "[0-9]{2}", "^$"]),
    "format": st.sampled_from(["date", "uuid", "uri", "unknown"]),
    "enum": st.lists(st.integers() | st.text(), min_size=1, max_size=3),
    "minItems": st.integers(0, 3),
    "maxItems": st.integers(0, 3),
    "uniqueItems": st.booleans(),
    "minProperties": st.integers(0, 3),
    "required": st.lists(st.sampled_from("ab"), unique=True),
    "additionalProperties": st.booleans(),
    "$ref": st.sampled_from(["#", "#/properties/a", "#/nowhere"]),
}
SCHEMAS = st.recursive(
    st.fixed_dictionaries({}, optional=KEYWORDS) | st.booleans(),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            **KEYWORDS,
            "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
            "items": inner,
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
        },
    ),
    max_leaves=6,
).filter(lambda schema: isinstance(schema, dict))


@given(SCHEMAS)
def test_any_schema_is_filled_or_refused_and_nothing_else(schema: dict[str, Any]) -> None:
    """A foreign schema gives a value that fits, the same one each time, or a reason."""
    try:
        value = fill(schema)
    except UnfillableError:
        return
    assert fits(schema, value)
    assert value == fill(schema)
