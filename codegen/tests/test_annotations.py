"""From types to annotations."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from sdk_codegen._annotations import Types, literal, model_annotation, param_annotation
from sdk_codegen._engine import resolve
from sdk_codegen._ir import API
from sdk_codegen._nodes import nodes
from sdk_codegen._types import Constant, Described, ListOf, MapOf, Named, Plain, UnionOf

SCHEMAS: dict[str, Any] = {
    "Cat": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"const": "cat"}, "size": {"const": 1}},
    },
    "Dog": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"const": "dog"}, "size": {"const": 2}},
    },
    "Plant": {"type": "object", "properties": {"kind": {"type": "string"}}},
    "Mood": {"type": "string", "enum": ["kind", "curt"]},
    "Pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]},
    "Labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "Tree": {
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
        ]
    },
}
NULL = Plain("null")
TAGGED = 'Tagged("kind", {"cat": "Cat", "dog": "Dog"})'
ENUM = UnionOf((Constant("a"), Constant("b")))


@pytest.fixture
def types(api: Callable[..., API]) -> Types:
    """The types of a document of a few schemas."""
    document = api({}, SCHEMAS)
    return Types(document, resolve(nodes(document)))


@pytest.mark.parametrize(
    ("described", "model", "param"),
    [
        (Plain("any"), "Any", "object"),
        (NULL, "None", "None"),
        (Plain("bool"), "bool", "bool"),
        (Plain("int"), "int", "int"),
        (Plain("float"), "float", "float"),
        (Plain("str"), "str", "str"),
        (Plain("bytes"), "str", "str"),
        (Plain("date"), "datetime.date", "str | datetime.date"),
        (Plain("datetime"), "datetime.datetime", "str | datetime.datetime"),
        (Constant("a"), 'Literal["a"]', 'Literal["a"]'),
        (Constant('"'), "Literal['\"']", "Literal['\"']"),
        (Constant(True), "Literal[True]", "Literal[True]"),
        (Constant(1.5), "float", "float"),
        (ENUM, 'Literal["a", "b"] | str', 'Literal["a", "b"] | str'),
        (
            UnionOf((Constant(True), Constant(False))),
            "Literal[True, False]",
            "Literal[True, False]",
        ),
        (UnionOf((Constant(1), Constant(2))), "Literal[1, 2] | int", "Literal[1, 2] | int"),
        (
            UnionOf((Constant("a"), Constant("b"), NULL)),
            'Literal["a", "b"] | str | None',
            'Literal["a", "b"] | str | None',
        ),
        (UnionOf((Constant("a"), NULL)), 'Literal["a"] | None', 'Literal["a"] | None'),
        (UnionOf((Plain("str"), ENUM.members[0])), 'str | Literal["a"]', 'str | Literal["a"]'),
        (UnionOf((NULL, Plain("str"))), "str | None", "str | None"),
        (UnionOf((Plain("str"), Plain("any"))), "Any", "object"),
        (ListOf(Plain("str")), "list[str]", "Sequence[str]"),
        (ListOf(Named("Plant")), "list[Plant]", "Sequence[PlantParam]"),
        (
            UnionOf((ListOf(UnionOf((Plain("str"), NULL))), NULL)),
            "list[str | None] | None",
            "Sequence[str | None] | None",
        ),
        (MapOf(Plain("int")), "dict[str, int]", "Mapping[str, int]"),
        (Named("Mood"), "Mood", "Mood"),
        (Named("Labels"), "dict[str, str]", "Mapping[str, str]"),
        (Named("Pet"), f"Annotated[Cat | Dog, {TAGGED}]", "PetParam"),
        (
            UnionOf((Plain("str"), Named("Cat"), Named("Dog"), NULL)),
            f"str | Annotated[Cat | Dog, {TAGGED}] | None",
            "str | CatParam | DogParam | None",
        ),
        (UnionOf((Named("Cat"), Named("Plant"))), "Cat | Plant", "CatParam | PlantParam"),
        (Named("Tree"), "Tree", "TreeParam"),
        (ListOf(Named("Tree")), "list[Tree]", "Sequence[TreeParam]"),
    ],
)
def test_a_type_is_written_for_both_directions(
    types: Types, described: Described, model: str, param: str
) -> None:
    """What is read is open and exact, what is sent is wide."""
    names = {name: f"{name}Param" for name in ("Cat", "Dog", "Plant", "Pet", "Tree")}
    assert model == model_annotation(described, types)
    assert param == param_annotation(described, types, names)


def test_a_declared_discriminator_is_preferred_to_what_tells_apart_as_well(
    api: Callable[..., API],
) -> None:
    """Where two properties would do, the document's choice counts."""
    schemas = {
        name: {
            "type": "object",
            "required": ["first", "second"],
            "properties": {"first": {"const": name}, "second": {"const": name}},
        }
        for name in ("A", "B")
    }
    union = {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in schemas]}
    for declared, tag in (({}, "first"), ({"discriminator": {"propertyName": "second"}}, "second")):
        document = api({}, {**schemas, "U": {**union, **declared}})
        types = Types(document, resolve(nodes(document)))
        expected = f'Annotated[A | B, Tagged("{tag}", {{"A": "A", "B": "B"}})]'
        assert expected == model_annotation(Named("U"), types)


@pytest.mark.parametrize("value", ["a", 'a"b', "a'b", "a\"'b", "\\", "\n", "é", 1, 1.5, True, None])
def test_a_literal_is_the_value(value: object) -> None:
    """The source of a value evaluates to it."""
    assert value == eval(literal(value))


def test_a_name_that_is_not_there_yet_and_leads_to_itself_is_any_value(types: Types) -> None:
    """What is evaluated at once cannot be written out for ever."""
    assert "str | Sequence[object]" == param_annotation(Named("Tree"), types, {}, runtime=True)


@pytest.mark.parametrize("count", [100, 101, 250])
def test_a_wide_union_is_written_in_groups(api: Callable[..., API], count: int) -> None:
    """Each `|` is a level to a parser, and its stack ends somewhere; null stays at the end."""
    names = [f"S{number}" for number in range(count)]
    schemas = {name: {"type": "object", "properties": {"a": {}}} for name in names}
    document = api({}, schemas)
    described = UnionOf((*map(Named, names), NULL))
    text = model_annotation(described, Types(document, resolve(nodes(document))))
    assert names == re.findall(r"S\d+", text)
    assert text.endswith(" | None")
    assert 101 >= max(part.count("|") + 1 for part in re.split(r"[()]", text))
    assert ("(" in text) is (count > 100)
