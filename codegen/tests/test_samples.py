from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_codegen._fitting import fits
from sdk_codegen._samples import MAX_EXAMPLE, Samples, examples


def ref(name: str) -> dict[str, Any]:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def value(schema: dict[str, Any], schemas: dict[str, Any] | None = None, **more: Any) -> Any:
    """Return a sample of *schema*, by default what an answer has at least."""
    options: dict[str, Any] = {"side": "answer", "full": False, "name": "name"} | more
    return Samples(schemas or {}).value(schema, **options)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"const": 3}, 3),
        ({"enum": [None, "a"]}, "a"),
        ({"enum": [None]}, None),
        ({"type": "string"}, "name"),
        ({"type": "string", "minLength": 6}, "namena"),
        ({"type": "string", "maxLength": 2}, "na"),
        ({"type": "string", "format": "date"}, "2024-05-17"),
        ({"type": "string", "format": "email", "maxLength": 2}, "ada@example.com"),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 10, "exclusiveMinimum": 10}, 11),
        ({"type": "integer", "multipleOf": 5}, 5),
        ({"type": "integer", "minimum": 5, "maximum": 4}, 1),
        ({"type": "number"}, 0.5),
        ({"type": "number", "maximum": -3}, -3),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["string", "null"]}, "name"),
        ({"type": ["null"]}, None),
        ({}, "name"),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"type": "array", "minItems": 2}, ["name", "name"]),
        ({"type": "array", "maxItems": 0}, []),
        ({"type": "array", "prefixItems": [{"const": 1}], "items": {"not": {}}}, [1]),
        ({"type": "object", "required": ["x"]}, {"x": "x"}),
    ],
)
def test_a_value_is_made_from_the_schema(schema: dict[str, Any], expected: object) -> None:
    """Without an example the keywords of the schema decide."""
    assert expected == value(schema)


@pytest.mark.parametrize(
    "shown",
    [
        {"example": "shown"},
        {"examples": [3, "shown"]},
        {"default": "shown"},
        {"example": None, "default": "shown"},
    ],
)
def test_the_words_of_the_document_come_first(shown: dict[str, Any]) -> None:
    """An example, or the default, is taken if it fits."""
    assert value({"type": "string"} | shown) == "shown"


def test_what_stands_beside_the_schema_comes_before_what_is_in_it() -> None:
    """A body has examples of its own."""
    assert value({"type": "string", "example": "inner"}, examples=["outer"]) == "outer"


def test_an_example_that_does_not_fit_is_not_used() -> None:
    """A value is what the schema says, whatever is shown."""
    assert value({"type": "integer", "example": "three"}) == 1


def test_an_example_that_is_a_book_is_not_used() -> None:
    """What is too long for a test is left to the reader of the document."""
    assert value({"type": "string", "example": "x" * MAX_EXAMPLE}) == "name"


PERSON: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "password": {"type": "string", "writeOnly": True},
        "nick": {"type": "string", "deprecated": True},
        "friends": {"type": "array", "items": ref("Person")},
        "notes": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def test_members_go_where_they_belong() -> None:
    """`readOnly` members are not sent, `writeOnly` ones are not read."""
    schemas = {"Person": PERSON}
    assert "id" not in value(ref("Person"), schemas, side="request", full=True)
    assert "password" not in value(ref("Person"), schemas, side="answer", full=True)


def test_a_member_goes_where_it_says_itself() -> None:
    """As in the classes: that its component is written somewhere else does not hide it."""
    schemas = {
        "Place": {"type": "integer", "writeOnly": True},
        "Gadget": {
            "type": "object",
            "required": ["place"],
            "properties": {"place": {**ref("Place"), "readOnly": True}},
        },
    }
    assert {"place": 1} == value(ref("Gadget"), schemas, side="answer")
    assert {} == value(ref("Gadget"), schemas, side="request")


def test_examples_lose_the_members_that_do_not_belong() -> None:
    """An example often shows both sides in one."""
    shown = {"id": 1, "name": "Ada", "friends": [{"id": 2, "name": "Bob"}]}
    schemas = {"Person": PERSON | {"example": shown}}
    expected = {"name": "Ada", "friends": [{"name": "Bob"}]}
    assert expected == value(ref("Person"), schemas, side="request")
    assert expected == value({"anyOf": [ref("Person")], "example": shown}, schemas, side="request")


def test_optional_members_are_filled_near_the_top_only() -> None:
    """A value that shows everything still has an end, without deprecated members."""
    found = value(ref("Person"), {"Person": PERSON}, full=True)
    assert list(found) == ["id", "name", "friends", "notes"]
    assert found["notes"] == {"key": "value"}
    assert found["friends"] == [{"name": "name"}]


def test_required_members_are_all_there_is_otherwise() -> None:
    """The shortest value has nothing that could be left out."""
    assert value(ref("Person"), {"Person": PERSON}) == {"name": "name"}


def test_a_union_that_leads_back_takes_the_way_out() -> None:
    """Deep down, the shortest variant is chosen, and lists are empty."""
    schemas = {
        "Tree": {
            "type": "object",
            "required": ["left", "right", "leaves"],
            "properties": {
                "left": {"anyOf": [ref("Tree"), {"type": "null"}]},
                "right": {"oneOf": [{"type": "string"}, ref("Tree")]},
                "leaves": {"type": "array", "items": ref("Tree")},
                "self": {"type": ["object", "null"], "required": ["x"]},
            },
        }
    }
    assert fits(value(ref("Tree"), schemas, full=True), ref("Tree"), schemas, "answer")


def test_an_object_that_may_be_null_is_null_where_it_would_not_end() -> None:
    """`null` ends what requires itself."""
    schemas = {
        "Node": {
            "type": ["object", "null"],
            "required": ["next"],
            "properties": {"next": ref("Node")},
        }
    }
    assert fits(value(ref("Node"), schemas), ref("Node"), schemas, "answer")


def test_a_schema_that_requires_itself_has_no_value() -> None:
    """It is known, and what stands for a value is finite."""
    schemas = {
        "Endless": {
            "type": "object",
            "required": ["self", "some", "either"],
            "properties": {
                "self": ref("Endless"),
                "some": {"type": "array", "minItems": 1, "items": ref("Endless")},
                "either": {"anyOf": [ref("Endless")]},
                "more": ref("Endless"),
                "map": {"type": "object", "additionalProperties": ref("Endless")},
                "pair": {"type": "array", "prefixItems": [ref("Endless")]},
            },
        }
    }
    samples = Samples(schemas)
    assert not samples.exists(ref("Endless"))
    assert not samples.exists({"type": "array", "minItems": 1, "items": ref("Endless")})
    found = samples.value(ref("Endless"), "answer", full=True)
    assert found == {"self": {}, "some": [], "either": None, "map": {}}


def test_named_examples_have_their_values_inside() -> None:
    """OpenAPI has `example`, and `examples` by name, whose value may be of either version."""
    assert examples({"example": 1}) == (1,)
    named = {"a": {"value": 1}, "b": {"dataValue": 2}, "c": {"externalValue": "u"}, "d": None}
    assert examples({"examples": named}) == (1, 2)
    assert examples({"examples": [1]}) == ()


plain_schemas = st.recursive(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "integer", "minimum": 3},
            {"type": ["number", "null"]},
            {"type": "boolean"},
            {"enum": ["a", 1, None]},
            {},
            ref("A"),
            ref("B"),
        ]
    ),
    lambda inner: st.one_of(
        st.builds(lambda item: {"type": "array", "items": item}, inner),
        st.builds(lambda item: {"type": "object", "additionalProperties": item}, inner),
        st.builds(lambda items: {"anyOf": items}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda members, required: {
                "type": "object",
                "properties": members,
                "required": [name for name in members if name in required],
            },
            st.dictionaries(st.sampled_from("pqrs"), inner, min_size=1),
            st.sets(st.sampled_from("pqrs")),
        ),
    ),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries({"A": plain_schemas, "B": plain_schemas}), plain_schemas, st.booleans()
)
def test_what_is_made_fits(schemas: dict[str, Any], schema: dict[str, Any], full: bool) -> None:
    """Whatever the schemas are, a value that exists is found, is JSON, and fits."""
    samples = Samples(schemas)
    found = samples.value(schema, "answer", full=full)
    json.dumps(found)
    if samples.exists(schema):
        assert fits(found, schema, schemas, "answer")


@given(
    st.lists(st.lists(st.integers(0, 7), max_size=3), min_size=8, max_size=8),
    st.permutations(range(8)),
)
def test_what_requires_itself_has_no_value(required: list[list[int]], order: list[int]) -> None:
    """Whatever the order of the document: only what leads to an end has one."""
    schemas = {
        f"S{index}": {
            "type": "object",
            "properties": {f"p{other}": ref(f"S{other}") for other in required[index]},
            "required": [f"p{other}" for other in required[index]],
        }
        for index in order
    }
    finite: set[int] = set()
    for _ in schemas:
        finite |= {index for index in order if finite.issuperset(required[index])}
    samples = Samples(schemas)
    assert finite == {index for index in order if samples.exists(ref(f"S{index}"))}
