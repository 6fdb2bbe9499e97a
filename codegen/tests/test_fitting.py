from __future__ import annotations

from typing import Any

import pytest

from sdk_codegen._fitting import MAX_DEPTH, fits, resolve

REF = {"$ref": "#/components/schemas/Node"}
SCHEMAS: dict[str, Any] = {
    "Node": {
        "type": "object",
        "required": ["id", "secret"],
        "properties": {
            "id": {"type": "string"},
            "secret": {"type": "string", "writeOnly": True},
            "lastName": {"type": "string"},
            "next": REF,
        },
    },
    "Loop": {"$ref": "#/components/schemas/Loop"},
    "Wide": {"anyOf": [{"$ref": "#/components/schemas/Wide"}] * 2},
}


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("a", {"const": "a"}),
        ("b", {"enum": ["a", "b"]}),
        (None, {"enum": ["a"], "type": ["string", "null"]}),
        (1, {"anyOf": [{"type": "string"}], "oneOf": [{"type": "integer"}]}),
        ({"any": [1, None, "x", 0.5]}, {}),
        ("ab", {"type": "string", "minLength": 2, "maxLength": 2}),
        ("2024-05-17", {"type": "string", "format": "date"}),
        ("2024-05-17T09:30:00.5z", {"type": "string", "format": "date-time"}),
        (3, {"type": "integer", "minimum": 3, "exclusiveMaximum": 4}),
        (0.5, {"type": "number"}),
        (True, {"type": "boolean"}),
        ([1, "a"], {"type": "array", "prefixItems": [{"type": "integer"}], "items": {}}),
        ({"a": 1}, {"type": "object", "additionalProperties": {"type": "integer"}}),
        ({"id": "1", "next": {"id": "2"}}, REF),
    ],
)
def test_an_example_fits(value: Any, schema: dict[str, Any]) -> None:
    """What the schema describes is a value that can be used."""
    assert fits(value, schema, SCHEMAS, "answer")


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (1, {"const": True}),
        ("c", {"enum": ["a"]}),
        ("a", {"anyOf": [{"type": "integer"}]}),
        ("\ud800", {}),
        ("\ud800", {"type": "string"}),
        (float("inf"), {}),
        (2**64, {"type": "integer"}),
        ("a", {"type": "string", "minLength": 2}),
        ("2024-13-17", {"type": "string", "format": "date"}),
        ("yesterday", {"type": "string", "format": "date-time"}),
        ("12", {"type": "integer"}),
        (True, {"type": "integer"}),
        (3, {"type": "integer", "exclusiveMinimum": 3}),
        (4, {"type": "integer", "exclusiveMaximum": 4}),
        ([], {"type": "array", "minItems": 1}),
        ({}, {"type": "array"}),
        ([], {"type": "object"}),
        ({"next": {}}, REF),
        ({"id": "1", "last_name": "x"}, REF),
        ({"\udfff": 1}, {"type": "object"}),
        (0, {"type": "unheard of"}),
        ({"a": 1}, {"type": "object", "properties": {"a ": {}}}),
    ],
)
def test_an_example_does_not_fit(value: Any, schema: dict[str, Any]) -> None:
    """What a client could not decode, or not give back as it came, is no example."""
    assert not fits(value, schema, SCHEMAS, "answer")


def test_a_member_that_is_not_sent_may_be_missing() -> None:
    """What only one side has is not required on the other."""
    assert fits({"id": "1"}, REF, SCHEMAS, "answer")
    assert not fits({"id": "1"}, REF, SCHEMAS, "request")


def test_a_circle_of_references_describes_nothing() -> None:
    """What leads to itself alone, or through a union, has no value."""
    assert resolve({"$ref": "#/components/schemas/Loop"}, SCHEMAS) == {}
    for name in ("Loop", "Wide"):
        assert not fits("x", {"$ref": f"#/components/schemas/{name}"}, SCHEMAS, "answer")


def test_trying_has_an_end() -> None:
    """Unions of unions are given up, even where each step doubles what is to be tried."""
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(MAX_DEPTH // 2):
        schema = {"anyOf": [schema, schema]}
    assert not fits("x", schema, SCHEMAS, "answer")


def test_a_value_that_is_too_deep_does_not_fit() -> None:
    """Depth is bounded, with a schema and without."""
    value: Any = "x"
    for _ in range(2 * MAX_DEPTH):
        value = [value]
    assert not fits(value, {}, SCHEMAS, "answer")
    assert not fits({"a": value}, {"additionalProperties": {}}, SCHEMAS, "answer")
