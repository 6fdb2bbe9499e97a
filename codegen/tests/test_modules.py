"""What stands together in a module of `models/`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk_codegen.cli import main

Spec = Callable[[dict[str, Any]], Path]
Layout = Callable[..., dict[str, list[str]]]


def ref(name: str) -> dict[str, str]:
    """Return a reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def thing(*parts: str, **more: Any) -> dict[str, Any]:
    """Return a schema that refers to *parts*."""
    properties = {part.lower(): ref(part) for part in parts}
    return {"type": "object", "properties": {"id": {"type": "string"}, **properties, **more}}


def enumeration(*values: str) -> dict[str, Any]:
    """Return an enumeration."""
    return {"type": "string", "enum": [*values]}


@pytest.fixture(params=["pydantic", "attrs"])
def layout(request: pytest.FixtureRequest, spec: Spec, tmp_path: Path) -> Layout:
    """Generate from schemas, of which operations answer with some; return the names by module."""

    def generated(schemas: dict[str, Any], *answers: str) -> dict[str, list[str]]:
        paths = {
            f"/{name.lower()}": {
                "get": {
                    "operationId": f"get{name}",
                    "responses": {
                        "200": {
                            "description": "It.",
                            "content": {"application/json": {"schema": ref(name)}},
                        }
                    },
                }
            }
            for name in answers
        }
        document = {
            "openapi": "3.1.0",
            "info": {"title": "t", "version": "1"},
            "paths": paths,
            "components": {"schemas": schemas},
        }
        command = ["generate", str(spec(document)), "--out", str(tmp_path), "--package", "p"]
        assert 0 == main([*command, "--models", request.param])
        folder = tmp_path / "src/p/models"
        return {
            path.stem: [*map(_name, filter(_defines, ast.parse(path.read_text()).body))]
            for path in folder.glob("*.py")
            if path.stem != "__init__"
        }

    return generated


def _defines(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef | ast.AnnAssign)


def _name(node: ast.stmt) -> str:
    if isinstance(node, ast.AnnAssign):
        assert isinstance(node.target, ast.Name)
        return node.target.id
    assert isinstance(node, ast.ClassDef)
    return node.name


def test_what_one_class_leads_to_stands_with_it(layout: Layout) -> None:
    """Down to its parts' parts, circles and enumerations."""
    schemas = {
        "Book": thing("Shelf", "Mood"),
        "Shelf": thing("Room"),
        "Room": thing("Shelf"),
        "Mood": enumeration("kind", "curt"),
    }
    assert layout(schemas, "Book") == {"book": ["Mood", "Book", "Room", "Shelf"]}


def test_what_operations_answer_with_begins_a_module(layout: Layout) -> None:
    """Also where a class refers to it."""
    schemas = {"List": thing("Book"), "Book": thing("Shelf"), "Shelf": thing()}
    assert layout(schemas, "List", "Book") == {"list": ["List"], "book": ["Book", "Shelf"]}


def test_what_the_same_classes_lead_to_stands_together(layout: Layout) -> None:
    """In a module that is called after the first; what others lead to as well has its own."""
    schemas = {
        "A": thing("Oak", "Elm", "Ash", "Wood"),
        "B": thing("Oak", "Elm", "Wood"),
        "C": thing("Ash", "Wood"),
        "Oak": thing(),
        "Elm": thing(),
        "Ash": thing(),
        "Wood": enumeration("soft", "hard"),
    }
    assert layout(schemas, "A", "B", "C") == {
        "a": ["A"],
        "b": ["B"],
        "c": ["C"],
        "elm": ["Elm", "Oak"],
        "ash": ["Ash"],
        "wood": ["Wood"],
    }


def test_a_union_has_a_module_and_its_variants_another(layout: Layout) -> None:
    """Who names the union imports all of them, who reads it does not."""
    variant = {"type": "object", "required": ["kind"]}
    schemas = {
        "Event": {"oneOf": [ref("Done"), ref("Delta")], "discriminator": {"propertyName": "kind"}},
        "Done": {**variant, "properties": {"kind": {"const": "done"}}},
        "Delta": {**variant, "properties": {"kind": {"const": "delta"}, "part": ref("Part")}},
        "Part": thing(),
    }
    assert layout(schemas, "Event") == {"event": ["Event"], "delta": ["Delta", "Done", "Part"]}


def test_enumerations_that_no_answer_holds_stand_together(layout: Layout) -> None:
    """In a module whose name no class takes from them."""
    schemas = {
        "Book": thing(),
        "Enumerations": thing(),
        "Order": enumeration("asc", "desc"),
        "Size": enumeration("a4", "a5"),
    }
    assert layout(schemas, "Book") == {
        "book": ["Book"],
        "enumerations": ["Enumerations"],
        "enumerations_2": ["Order", "Size"],
    }


def test_no_module_is_too_long(layout: Layout) -> None:
    """What does not fit stands on its own, or in the next one."""
    text = {"type": "string", "description": "What it is called."}
    long = {f"field_{number}": text for number in range(60)}
    variants = [f"V{number:02}" for number in range(12)]
    schemas = {
        "Book": thing(*variants[:6]),
        "Event": {"oneOf": [ref(name) for name in variants[6:]]},
        **{name: thing(**long) for name in variants},
    }
    found = layout(schemas, "Book", "Event")
    assert {len(names) for names in found.values()} <= {1, 2}
    assert {*variants, "Book", "Event"} == {name for names in found.values() for name in names}
    assert found["book"] == ["Book", "V00"]
    assert found["v06"] == ["V06"]
