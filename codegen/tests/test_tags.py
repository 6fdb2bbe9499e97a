"""What tells the objects of a union apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdk_codegen._annotations import Types, model_annotation
from sdk_codegen._engine import resolve
from sdk_codegen._ir import API
from sdk_codegen._nodes import nodes
from sdk_codegen._tags import Tag
from sdk_codegen._types import Named

Make = Callable[..., Types]


def thing(tag: Any = None, *, required: bool = True, wire: str = "petType") -> dict[str, Any]:
    """Return an object whose tag is *tag*, a schema."""
    properties = {wire: tag if tag is not None else {"type": "string"}, "name": {"type": "string"}}
    return {
        "type": "object",
        "required": [wire] if required else [],
        "properties": properties,
    }


def union(*names: str, **more: Any) -> dict[str, Any]:
    """Return the union of components."""
    return {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in names], **more}


def declared(**mapping: str) -> dict[str, Any]:
    """Return a discriminator."""
    return {
        "discriminator": {"propertyName": "petType"} | ({"mapping": mapping} if mapping else {})
    }


@pytest.fixture
def types(api: Callable[..., API]) -> Make:
    """Return the types of a document of the given schemas."""

    def make(**schemas: Any) -> Types:
        document = api({}, schemas)
        return Types(document, resolve(nodes(document)))

    return make


def found(types: Types, *names: str) -> dict[str | int, tuple[str, ...]] | None:
    """Return the values of the tag of a union."""
    tag = types.tag(names)
    return dict(tag.values) if tag is not None else None


def test_the_name_of_a_component_is_its_tag_where_nothing_else_is(types: Make) -> None:
    """OpenAPI's implicit mapping: the name in the document, not that of the class."""
    made = types(cat=thing(), Dog=thing(), Pet=union("cat", "Dog", **declared()))
    assert Tag("petType", {"cat": ("Cat",), "Dog": ("Dog",)}) == made.tag(("Cat", "Dog"))
    assert (
        'Annotated[Cat | Dog, Tagged("petType", {"cat": "Cat", "Dog": "Dog"})]'
        == model_annotation(Named("Pet"), made)
    )


def test_an_explicit_mapping_gives_a_model_several_tags(types: Make) -> None:
    """What it does not name keeps its implicit tag."""
    mapping = {"cat": "#/components/schemas/Cat", "kitty": "Cat"}
    made = types(Cat=thing(), Dog=thing(), Pet=union("Cat", "Dog", **declared(**mapping)))
    assert found(made, "Cat", "Dog") == {"cat": ("Cat",), "kitty": ("Cat",), "Dog": ("Dog",)}


def test_constants_come_before_names(types: Make) -> None:
    """A document that has both means its constants."""
    made = types(
        Cat=thing({"const": "c"}),
        Dog=thing({"enum": ["d", "puppy"]}),
        Pet=union("Cat", "Dog", **declared()),
    )
    assert found(made, "Cat", "Dog") == {"c": ("Cat",), "d": ("Dog",), "puppy": ("Dog",)}


def test_constants_add_to_a_mapping_that_lacks_them(types: Make) -> None:
    """Mappings in real documents are incomplete."""
    made = types(
        Cat=thing({"enum": ["c", "kitty"]}),
        Dog=thing({"const": "d"}),
        Pet=union("Cat", "Dog", **declared(c="Cat")),
    )
    assert found(made, "Cat", "Dog") == {"c": ("Cat",), "kitty": ("Cat",), "d": ("Dog",)}


def test_a_mapping_may_lead_to_a_union(types: Make) -> None:
    """A value then picks those of its objects that may have it."""
    made = types(
        Cat=thing({"const": "c"}),
        Dog=thing(),
        Wolf=thing(),
        Canine=union("Dog", "Wolf"),
        Pet=union("Cat", "Canine", **declared(canine="Canine")),
    )
    expected = {"canine": ("Dog", "Wolf"), "c": ("Cat",)}
    assert expected == found(made, "Cat", "Dog", "Wolf")
    assert '"canine": ("Dog", "Wolf")' in model_annotation(Named("Pet"), made)


def test_a_mapping_may_lead_nowhere(types: Make) -> None:
    """What it names does not exist; the rest still counts."""
    made = types(Cat=thing(), Dog=thing(), Pet=union("Cat", "Dog", **declared(x="Nothing")))
    assert found(made, "Cat", "Dog") == {"Cat": ("Cat",), "Dog": ("Dog",)}


def test_objects_that_share_a_value_are_told_from_the_others(types: Make) -> None:
    """Without a discriminator, constants that are not the same in all are better than nothing."""
    made = types(
        A=thing({"const": "message"}), B=thing({"const": "message"}), C=thing({"const": "call"})
    )
    assert found(made, "A", "B", "C") == {"message": ("A", "B"), "call": ("C",)}


@pytest.mark.parametrize(
    "other",
    [thing({"const": "a"}), thing({"const": "b"}, required=False), thing(), thing(wire="x")],
    ids=["the same constant", "not required", "no constant", "another property"],
)
def test_what_tells_nothing_apart_is_no_tag(types: Make, other: dict[str, Any]) -> None:
    """Then there is a union without a tag."""
    made = types(A=thing({"const": "a"}), B=other)
    assert made.tag(("A", "B")) is None


def test_an_object_in_place_has_no_name_to_be_told_by(types: Make) -> None:
    """A discriminator that does not reach every object is none."""
    variants = [{"$ref": "#/components/schemas/Cat"}, thing()]
    made = types(Cat=thing(), Pet={"oneOf": variants, **declared()})
    assert "Tagged" not in model_annotation(Named("Pet"), made)


def test_numbers_are_tags_too(types: Make) -> None:
    """Versions often are numbers."""
    made = types(A=thing({"const": 1}), B=thing({"const": 2}))
    assert found(made, "A", "B") == {1: ("A",), 2: ("B",)}


def test_discriminators_are_found_in_operations(api: Callable[..., API]) -> None:
    """A union may be written where it is answered with."""
    schema = union("Cat", "Dog", **declared())
    content = {"application/json": {"schema": schema}}
    operation = {"responses": {"200": {"description": "", "content": content}}}
    document = api({"/pets": {"get": operation}}, {"Cat": thing(), "Dog": thing()})
    made = Types(document, resolve(nodes(document)))
    assert found(made, "Cat", "Dog") == {"Cat": ("Cat",), "Dog": ("Dog",)}


def test_circles_of_aliases_are_known_by_name(types: Make) -> None:
    """Each is written with the names of those in its circle, and nothing else is."""
    ref = "#/components/schemas/"
    made = types(
        JSON={
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"$ref": ref + "JSON"}},
                {"type": "object", "additionalProperties": {"$ref": ref + "JSON"}},
            ]
        },
        Uses={"type": "array", "items": {"$ref": ref + "JSON"}},
        Plain={"type": "array", "items": {"type": "string"}},
    )
    assert [True, False, False] == [made.is_recursive(name) for name in ("JSON", "Uses", "Plain")]
    assert model_annotation(made.alias("JSON"), made) == "str | list[JSON] | dict[str, JSON]"
    assert model_annotation(Named("Uses"), made) == "list[JSON]"


def test_an_alias_that_is_itself_is_what_else_it_is(types: Make) -> None:
    """`A: A | string` says no more than a string; `A: A` says nothing."""
    made = types(
        A={"anyOf": [{"$ref": "#/components/schemas/B"}, {"type": "string"}]},
        B={"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "integer"}]},
    )
    assert [model_annotation(made.alias(name), made) for name in "AB"] == ["int | str", "str | int"]
