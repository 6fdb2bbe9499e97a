"""The pass that refuses schemas that are part of themselves."""

from __future__ import annotations

from typing import Any

import pytest

from sdk_codegen._normalise._circles import refuse_circles
from sdk_codegen.errors import ShapeError


def ref(name: str) -> dict[str, Any]:
    """Return a reference to a component schema."""
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    ("schemas", "pointer", "circle"),
    [
        ({"A": {"allOf": [{}, ref("A")]}}, "A/allOf/1/$ref", "`A` -> `A`"),
        ({"A": ref("B"), "B": ref("A")}, "B/$ref", "`A` -> `B` -> `A`"),
        (
            {"X": ref("A"), "A": {"allOf": [{"allOf": [ref("B")]}]}, "B": {"allOf": [ref("A")]}},
            "B/allOf/0/$ref",
            "`A` -> `B` -> `A`",
        ),
    ],
)
def test_a_circle_of_all_of_is_an_error(schemas: dict[str, Any], pointer: str, circle: str) -> None:
    """It names the schemas, and the reference that closes the circle."""
    with pytest.raises(ShapeError) as caught:
        refuse_circles({"components": {"schemas": schemas}})
    assert f"/components/schemas/{pointer}" == caught.value.pointer
    assert f"({circle}); take one of these references out" in caught.value.reason


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"next": ref("A")}},
        {"items": ref("A")},
        {"anyOf": [ref("A"), {"type": "null"}]},
        {"allOf": [ref("B"), ref("B")]},
    ],
)
def test_other_ways_back_are_those_of_trees(schema: dict[str, Any]) -> None:
    """Properties, items and variants may be of the type that they are in."""
    document = {"components": {"schemas": {"A": schema, "B": {"properties": {"a": ref("A")}}}}}
    assert (document, []) == refuse_circles(document)


def test_a_long_chain_is_no_circle_and_not_too_deep() -> None:
    """The way is walked without recursion."""
    schemas: dict[str, Any] = {f"S{i}": {"allOf": [ref(f"S{i + 1}")]} for i in range(3000)}
    document = {"components": {"schemas": {**schemas, "S3000": {}}}}
    assert (document, []) == refuse_circles(document)
