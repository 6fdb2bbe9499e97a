"""The passes that combine and name schemas: `allOf`, names of components, what stands in place."""

from __future__ import annotations

from typing import Any

import pytest

from sdk_codegen._normalise._combined import flatten_all_of
from sdk_codegen._normalise._hoisting import INLINE, hoist_inline
from sdk_codegen._normalise._naming import ORIGIN, name_components
from sdk_codegen._schemas import map_schemas


def schemas(**named: Any) -> dict[str, Any]:
    """Return a document of these component schemas."""
    return {"openapi": "3.1.0", "paths": {}, "components": {"schemas": named}}


def ref(name: str) -> dict[str, Any]:
    """Return a reference to a component schema."""
    return {"$ref": f"#/components/schemas/{name}"}


BASE = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
MORE = {"type": "object", "required": ["b"], "properties": {"b": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param(
            {"allOf": [ref("Base"), MORE]},
            {
                "type": "object",
                "required": ["a", "b"],
                "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
            },
            id="objects are merged",
        ),
        pytest.param(
            {"allOf": [ref("Base")], **MORE},
            {
                "type": "object",
                "required": ["a", "b"],
                "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
            },
            id="what stands beside is one more part",
        ),
        pytest.param(
            {"allOf": [{"title": "t"}, {"type": "object"}], "description": "d"},
            {"title": "t", "description": "d"},
            id="parts that restrict nothing are any value",
        ),
        pytest.param(
            {"type": "null", "anyOf": [{"type": "string"}, {"type": "integer"}]},
            {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
            id="null beside a union is one more variant",
        ),
        pytest.param(
            {"allOf": [ref("Base")], "description": "d"},
            {**ref("Base"), "description": "d"},
            id="one part keeps its name",
        ),
        pytest.param(
            {"allOf": [ref("Base"), {"description": "d"}]},
            ref("Base"),
            id="words do not make a new type",
        ),
        pytest.param(
            {"allOf": [{"type": "string"}, {"enum": ["x"]}]},
            {"type": "string", "enum": ["x"]},
            id="scalars are narrowed",
        ),
        pytest.param(
            {"allOf": [{"enum": ["x", "y"]}, {"enum": ["y", "z"]}]},
            {"enum": ["y"]},
            id="enumerations meet",
        ),
        pytest.param(
            {"allOf": [{"type": ["string", "null"]}, {"type": "string"}]},
            {"type": "string"},
            id="types meet",
        ),
        pytest.param(
            {"allOf": [{"anyOf": [{"type": "integer"}, {"type": "null"}]}, {"type": "integer"}]},
            {"type": "integer"},
            id="a variant that is ruled out vanishes",
        ),
        pytest.param(
            {"allOf": [{"anyOf": [ref("Base"), ref("Other")]}, MORE]},
            {
                "anyOf": [
                    {
                        "type": "object",
                        "required": ["a", "b"],
                        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
                    },
                    {
                        "type": "object",
                        "required": ["b"],
                        "properties": {"o": {}, "b": {"type": "integer"}},
                    },
                ]
            },
            id="a union is merged variant by variant",
        ),
        pytest.param(
            {"type": "object", "oneOf": [ref("Base"), ref("Other")]},
            {"anyOf": [ref("Base"), ref("Other")]},
            id="an object beside a union of objects says nothing",
        ),
        pytest.param(
            {**MORE, "anyOf": [{"required": ["b"]}, {"required": ["c"]}]},
            MORE,
            id="variants that tell no types apart are dropped",
        ),
        pytest.param(
            {"type": "string", "anyOf": [{"enum": ["x"]}, {"type": "null"}]},
            {"anyOf": [{"type": "string", "enum": ["x"]}, {"type": "null"}]},
            id="what stands beside a union holds for its variants",
        ),
        pytest.param(
            {"allOf": [{"description": "a"}, {"type": "object"}], "description": "d"},
            {"description": "d"},
            id="parts that say nothing are nothing",
        ),
        pytest.param(
            {"allOf": [{"description": "a"}], "type": "object"},
            {"description": "a", "type": "object"},
            id="what stands beside remains",
        ),
        pytest.param(
            {"allOf": [{"anyOf": [ref("Base"), ref("Other")]}, {"anyOf": [MORE, BASE]}]},
            {"anyOf": [ref("Base"), ref("Other")]},
            id="of two unions the first is taken",
        ),
        pytest.param(
            {"allOf": [{**BASE, "additionalProperties": {"type": "string"}}, MORE]},
            {
                "type": "object",
                "required": ["a", "b"],
                "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
                "additionalProperties": {"type": "string"},
            },
            id="further properties keep their type",
        ),
        pytest.param(
            {"allOf": [{**BASE, "additionalProperties": {"not": {}}}, MORE]},
            {
                "type": "object",
                "required": ["a", "b"],
                "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
            },
            id="closed parts are opened",
        ),
        pytest.param(
            {
                "allOf": [
                    BASE,
                    {"type": "object", "properties": {"a": {"description": "words"}}},
                    {"type": "object", "properties": {"a": {"enum": ["x"]}}},
                ]
            },
            {
                "type": "object",
                "required": ["a"],
                "properties": {"a": {"type": "string", "description": "words", "enum": ["x"]}},
            },
            id="a property of both is merged",
        ),
        pytest.param(
            {
                "allOf": [
                    {"type": "object", "properties": {"a": {}, "b": {"type": "string"}}},
                    {"type": "object", "properties": {"a": ref("Base"), "b": ref("Other")}},
                ]
            },
            {"type": "object", "properties": {"a": ref("Base"), "b": ref("Other")}},
            id="a property that is more exact wins",
        ),
        pytest.param(
            {"allOf": [{"type": "number"}, {"type": "integer", "minimum": 1}]},
            {"type": "integer", "minimum": 1},
            id="an integer is a number",
        ),
        pytest.param(
            {"allOf": [{"type": "string"}, {"type": "integer"}]},
            {},
            id="a contradiction is any value",
        ),
    ],
)
def test_all_of_is_written_out(written: dict[str, Any], read: dict[str, Any]) -> None:
    """Each `allOf` becomes the schema that it stands for."""
    document, _ = flatten_all_of(
        schemas(A=written, Base=BASE, Other={"type": "object", "properties": {"o": {}}})
    )
    assert read == document["components"]["schemas"]["A"]


def test_a_contradiction_is_reported() -> None:
    """What cannot have a value is a repair, not a silence."""
    _, repairs = flatten_all_of(schemas(A={"allOf": [{"type": "string"}, {"type": "integer"}]}))
    assert ["#/components/schemas/A: `allOf` of string and integer has no value; read as any"] == [
        str(repair) for repair in repairs
    ]


def test_all_of_that_leads_back_to_itself_ends() -> None:
    """A child of its own child is reported, not followed for ever."""
    document, repairs = flatten_all_of(
        schemas(A={"allOf": [ref("B"), BASE]}, B={"allOf": [ref("A"), MORE]})
    )
    assert {"a", "b"} == document["components"]["schemas"]["A"]["properties"].keys()
    assert 1 == len(repairs)


def test_components_get_names_of_classes() -> None:
    """Exact names are kept, others follow; no two differ by case only."""
    document, _ = name_components(
        schemas(**{"foo": ref("Foo"), "Foo": {}, "a.b-c": {}, "Literal": {}, "FOO": ref("foo")})
    )
    found = document["components"]["schemas"]
    assert {
        "Foo": "Foo",
        "FOO2": "FOO",
        "Foo3": "foo",
        "ABC": "a.b-c",
        "LiteralModel": "Literal",
    } == {name: schema[ORIGIN].rpartition("/")[2] for name, schema in found.items()}
    assert ref("Foo")["$ref"] == found["Foo3"]["$ref"]
    assert ref("Foo3")["$ref"] == found["FOO2"]["$ref"]


def test_mappings_of_discriminators_follow_the_new_names() -> None:
    """By reference or by bare name; what is no name is dropped."""
    mapping = {"a": "#/components/schemas/foo", "b": "foo", "c": "elsewhere", "d": 1}
    document, _ = name_components(
        schemas(foo={}, U={"discriminator": {"propertyName": "t", "mapping": mapping}})
    )
    found = document["components"]["schemas"]["U"]["discriminator"]["mapping"]
    assert {"a": "Foo", "b": "Foo", "c": "elsewhere"} == found


def test_the_walk_reaches_every_place_of_a_schema() -> None:
    """Components of all kinds, callbacks and webhooks, whatever form they are in."""
    visited: list[str] = []

    def visit(schema: Any, pointer: str) -> Any:
        visited.append(pointer)
        return schema

    media: dict[str, Any] = {"application/json": {"schema": {}, "itemSchema": {}}}
    operation = {
        "parameters": [{"schema": {}}],
        "requestBody": {"content": media},
        "responses": {"200": {"content": media, "headers": {"h": {"schema": {}}}}},
        "callbacks": {"c": {"url": {"post": {"requestBody": {"content": media}}}}},
    }
    map_schemas(
        {
            "paths": {"/a": {"parameters": [{"schema": {}}], "get": operation}, "/b": 1},
            "webhooks": {"w": {"additionalOperations": {"COPY": operation}, "get": 1}},
            "components": {
                "mediaTypes": media,
                "headers": {"h": 1},
                "pathItems": {"p": {"parameters": 1}},
                "parameters": 1,
                "callbacks": {"c": {"url": {"post": operation}}},
                "requestBodies": {"b": {"content": {"x": 1}}},
            },
        },
        visit,
    )
    assert 3 * 8 + 2 + 1 == len(visited)
    assert (
        "/paths/~1a/get/callbacks/c/url/post/requestBody/content/application~1json/schema"
        in visited
    )
    assert "/components/mediaTypes/application~1json/itemSchema" in visited


def test_what_is_written_in_place_gets_a_name_of_its_place() -> None:
    """Objects and enumerations become components; plain values and maps stay."""
    document, _ = hoist_inline(
        schemas(
            A={
                "type": "object",
                "properties": {
                    "inner": {"type": "object", "properties": {"x": {"enum": ["p", "q"]}}},
                    "list": {"type": "array", "items": {"type": "object", "properties": {"y": {}}}},
                    "map": {"type": "object", "additionalProperties": {"enum": ["r"]}},
                    "plain": {"type": "string"},
                    "either": {
                        "anyOf": [
                            {"type": "object", "title": "Left one", "properties": {"l": {}}},
                            {
                                "type": "object",
                                "properties": {"kind": {"const": "right"}, "r": {}},
                            },
                            {"type": "object", "properties": {"z": {}}},
                        ]
                    },
                },
            }
        )
    )
    found = document["components"]["schemas"]
    assert [
        "A",
        "AInner",
        "AInnerX",
        "AListItem",
        "AMapValue",
        "AEitherLeftOne",
        "AEitherRight",
        "AEitherVariant3",
    ] == list(found)
    assert all(found[name][INLINE] for name in found if name != "A")
    assert "/components/schemas/A/properties/inner/properties/x" == found["AInnerX"][ORIGIN]
    assert {"type": "string"} == found["A"]["properties"]["plain"]


def test_a_schema_that_is_alone_beside_null_has_the_name_of_its_place() -> None:
    """There is nothing to tell it apart from."""
    either = {"anyOf": [{"type": "object", "properties": {"x": {}}}, {"type": "null"}]}
    document, _ = hoist_inline(schemas(A={"type": "object", "properties": {"b": either}}))
    assert ["A", "AB"] == list(document["components"]["schemas"])


def test_a_name_that_is_taken_is_numbered() -> None:
    """The document's own names are never given away."""
    document, _ = hoist_inline(
        schemas(
            A={"type": "object", "properties": {"b": {"enum": ["x", "y"]}}}, AB={"type": "string"}
        )
    )
    assert ref("AB2") == document["components"]["schemas"]["A"]["properties"]["b"]


def test_schemas_of_operations_are_named_after_the_operation() -> None:
    """Bodies, answers, errors, items and parameters have a suffix each."""
    thing = {"type": "object", "properties": {"x": {}}}
    content = {"application/json": {"schema": thing}}
    document, _ = hoist_inline(
        {
            "components": {"schemas": {}},
            "paths": {
                "/a": {
                    "post": {
                        "operationId": "makeA",
                        "parameters": [
                            {"name": "sort", "in": "query", "schema": {"enum": ["u", "d"]}}
                        ],
                        "requestBody": {"content": content},
                        "responses": {
                            "200": {"content": content},
                            "201": {"content": {"application/jsonl": {"itemSchema": thing}}},
                            "404": {"content": content},
                            "default": {"content": content},
                        },
                    }
                }
            },
        }
    )
    assert [
        "MakeASort",
        "MakeARequest",
        "MakeAResponse",
        "MakeAResponse201Item",
        "MakeAError404",
        "MakeAError",
    ] == list(document["components"]["schemas"])
