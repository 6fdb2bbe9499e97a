"""The pass that makes unions of parents and their children."""

from __future__ import annotations

from typing import Any

import pytest

from sdk_codegen._normalise._children import any_child
from sdk_codegen._normalise._naming import ORIGIN


def ref(name: str) -> dict[str, Any]:
    """Return a reference to a component schema."""
    return {"$ref": f"#/components/schemas/{name}"}


PET: dict[str, Any] = {
    "type": "object",
    "description": "A pet.",
    "properties": {"kind": {"type": "string"}},
    "discriminator": {"propertyName": "kind"},
}
CAT = {"allOf": [ref("Pet"), {"properties": {"meow": {"type": "boolean"}}}]}
LION = {"allOf": [ref("Cat")]}


def changed(used: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas of a document with a parent, its children, and a use of the parent."""
    schemas = {"Pet": PET, "Cat": CAT, "Lion": LION, "Use": used, "AnyPet": {"type": "string"}}
    document, _ = any_child({"paths": {}, "components": {"schemas": schemas}})
    found: dict[str, Any] = document["components"]["schemas"]
    return found


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param(
            {"properties": {"pet": ref("Pet")}}, {"properties": {"pet": ref("AnyPet2")}}, id="used"
        ),
        pytest.param(
            {"properties": {"pet": {"description": "d", "allOf": [ref("Pet")]}}},
            {"properties": {"pet": {"description": "d", **ref("AnyPet2")}}},
            id="used with words",
        ),
        pytest.param(
            {"properties": {"pet": {"minProperties": 1, "allOf": [ref("Pet")]}}},
            {"properties": {"pet": {"minProperties": 1, "allOf": [ref("Pet")]}}},
            id="restricted",
        ),
        pytest.param(
            {"anyOf": [ref("Pet"), {"type": "null"}]},
            {"anyOf": [ref("AnyPet2"), {"type": "null"}]},
            id="used in a union",
        ),
        pytest.param(
            {"oneOf": [ref("Pet"), ref("Lion")]},
            {"oneOf": [ref("Pet"), ref("Lion")]},
            id="beside a child",
        ),
        pytest.param({"allOf": [ref("Pet")]}, {"allOf": [ref("Pet")]}, id="one more child"),
        pytest.param(ref("Cat"), ref("Cat"), id="a child is itself"),
    ],
)
def test_where_a_parent_is_used_any_child_may_stand(
    written: dict[str, Any], read: dict[str, Any]
) -> None:
    """References to the parent lead to the union, except those that make a child."""
    assert read == changed(written)["Use"]


def test_the_union_has_the_children_and_the_parent() -> None:
    """Children of children are among them; the parent comes last, and stays what it is."""
    found = changed({"type": "string"})
    assert PET == found["Pet"]
    assert {
        "anyOf": [ref("Cat"), ref("Lion"), ref("Pet")],
        "discriminator": {"propertyName": "kind"},
        "description": "A pet.",
        ORIGIN: "/components/schemas/Pet",
    } == found["AnyPet2"]


@pytest.mark.parametrize(
    "schemas",
    [
        {"Pet": {**PET, "oneOf": [ref("Cat")]}, "Cat": CAT, "Use": ref("Pet")},
        {"Pet": PET, "Use": ref("Pet")},
        {"Pet": {"type": "object"}, "Cat": CAT, "Use": ref("Pet")},
    ],
)
def test_what_is_no_parent_is_left_alone(schemas: dict[str, Any]) -> None:
    """A union of its own, no children, or no discriminator."""
    document = {"paths": {}, "components": {"schemas": schemas}}
    assert (document, []) == any_child(document)


def test_a_circle_of_parents_ends() -> None:
    """Each child is there once."""
    parent = {"discriminator": {"propertyName": "kind"}}
    schemas = {
        "A": {**parent, "allOf": [ref("B")]},
        "B": {"allOf": [ref("A")]},
        "Use": {"items": ref("A")},
    }
    document, repairs = any_child({"paths": {}, "components": {"schemas": schemas}})
    found = document["components"]["schemas"]
    assert [ref("B"), ref("A")] == found["AnyA"]["anyOf"]
    assert {"items": ref("AnyA")} == found["Use"]
    assert ["its users may meet its 1 children; they refer to `AnyA`"] == [
        item.reason for item in repairs
    ]
