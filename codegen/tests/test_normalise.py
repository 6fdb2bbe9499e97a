"""The passes, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from sdk_codegen._normalise import PASSES, normalise
from sdk_codegen._normalise._forms import modern_schemas, string_keys
from sdk_codegen._normalise._inherited import inherited_servers
from sdk_codegen._normalise._plain import plain_schemas
from sdk_codegen._normalise._references import (
    inline_references,
    local_references,
    path_parameters,
)
from sdk_codegen._normalise._shapes import well_formed
from sdk_codegen._schemas import ref_name
from sdk_codegen.errors import (
    MissingReferenceError,
    ShapeError,
    SpecError,
    UnsupportedError,
)


def schemas(**named: Any) -> dict[str, Any]:
    """Return a document of these component schemas."""
    return {"openapi": "3.1.0", "paths": {}, "components": {"schemas": named}}


def ref(name: str) -> dict[str, Any]:
    """Return a reference to a component schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def test_every_pass_has_a_name_and_leaves_a_canonical_document_alone(
    tiny_document: dict[str, Any],
) -> None:
    """What the passes make of a document they leave as it is when they run again."""
    once, _ = normalise(tiny_document)
    assert len(PASSES) == len({name for name, _ in PASSES})
    for name, run in PASSES:
        if name == "component names":  # it notes where a component came from
            continue
        again, repairs = run(once)
        assert (name, once, []) == (name, again, repairs)


def test_no_pass_changes_the_document_that_it_is_given(tiny_document: dict[str, Any]) -> None:
    """Passes are functions: the document that goes in comes out of nothing changed."""
    before = repr(tiny_document)
    normalise(tiny_document)
    assert before == repr(tiny_document)


def test_keys_become_strings() -> None:
    """YAML's unquoted status 200 and truth values are keys of text."""
    document, repairs = string_keys({"responses": {200: {}, True: [{None: 1}]}})
    assert {"responses": {"200": {}, "true": [{"null": 1}]}} == document
    assert ["/responses/200", "/responses/true", "/responses/true/0/null"] == [
        repair.pointer for repair in repairs
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"paths": [1]}, "#/paths: must be a mapping, not a list"),
        ({"paths": {"/a": {"get": 1}}}, "#/paths/~1a/get: must be a mapping, not 1"),
        (
            {"paths": {"/a": {"get": {"parameters": {"a": {}}}}}},
            "#/paths/~1a/get/parameters: must be a list, not a mapping",
        ),
        (
            {"paths": {"/a": {"get": {"operationId": ["a"]}}}},
            "#/paths/~1a/get/operationId: must be text, not a list",
        ),
        (
            {"paths": {"/a": {"get": {"parameters": [{"explode": 7}]}}}},
            "#/paths/~1a/get/parameters/0/explode: must be true or false, not 7",
        ),
        (
            {"components": {"responses": {"R": "x"}}},
            "#/components/responses/R: must be a mapping, not text",
        ),
    ],
)
def test_a_field_of_another_shape_is_an_error(change: dict[str, Any], message: str) -> None:
    """The error says what belongs there and what is there."""
    with pytest.raises(ShapeError) as caught:
        well_formed({"openapi": "3.1.0", **change})
    assert message == str(caught.value)


def test_a_field_that_is_null_is_dropped_and_reported() -> None:
    """An empty field of YAML means that there is none."""
    document, repairs = well_formed({"paths": {"/a": {"get": {"parameters": None}}}})
    assert {"paths": {"/a": {"get": {}}}} == document
    assert ["#/paths/~1a/get/parameters: is null; ignored"] == [str(item) for item in repairs]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (True, {}),
        (False, {"not": {}}),
        ({"type": ["string"]}, {"type": "string"}),
        ({"type": "String"}, {"type": "string"}),
        ({"type": "int"}, {"type": "integer"}),
        ({"type": "any"}, {}),
        ({"type": ["string", None]}, {"type": ["string", "null"]}),
        ({"properties": {"a": True}}, {"type": "object", "properties": {"a": {}}}),
        ({"items": False}, {"type": "array", "items": {"not": {}}}),
        ({"items": [{"type": "string"}]}, {"type": "array", "prefixItems": [{"type": "string"}]}),
        ({"type": "string", "required": True}, {"type": "string"}),
        ({"type": "string", "enum": []}, {"type": "string"}),
        ({"anyOf": []}, {}),
        ({"title": None}, {}),
        ({"type": "string", "description": 7}, {"type": "string"}),
    ],
)
def test_schemas_get_their_shape(written: Any, read: dict[str, Any]) -> None:
    """Boolean schemas, lists of one type and misplaced keywords take the form that others have."""
    document, _ = plain_schemas(schemas(A=written))
    assert read == document["components"]["schemas"]["A"]


@pytest.mark.parametrize(
    ("written", "read", "repair"),
    [
        (
            {"operationId": 7},
            {"operationId": "7"},
            "/operationId: is 7; read as '7'",
        ),
        ({"tags": "a"}, {"tags": ["a"]}, "/tags: is 'a'; read as ['a']"),
        ({"parameters": {}}, {"parameters": []}, "/parameters: is {}; read as []"),
        ({"responses": []}, {"responses": {}}, "/responses: is []; read as {}"),
        ({"parameters": [None]}, {"parameters": []}, "/parameters/0: is null; ignored"),
        ({"description": ["a"]}, {}, "/description: is no text; ignored"),
        (
            {"parameters": [{"explode": "true"}]},
            {"parameters": [{"explode": True}]},
            "/parameters/0/explode: is 'true'; read as True",
        ),
        ({"summary": True}, {"summary": "true"}, "/summary: is True; read as 'true'"),
    ],
)
def test_what_can_be_meant_in_one_way_is_read_so(
    written: dict[str, Any], read: dict[str, Any], repair: str
) -> None:
    """Empty containers of the other kind, numbers as text and single values are repaired."""
    document, repairs = well_formed({"paths": {"/a": {"get": written}}})
    assert {"paths": {"/a": {"get": read}}} == document
    assert [f"#/paths/~1a/get{repair}"] == [str(item) for item in repairs]


@pytest.mark.parametrize(
    ("written", "read", "repair"),
    [
        (
            {"type": "strng"},
            {},
            (
                "`type` is 'strng'; JSON Schema has array, boolean, integer, null, number, object, "
                "string; ignored"
            ),
        ),
        (
            {"type": ["string", "strng"]},
            {"type": "string"},
            (
                "`type` is ['string', 'strng']; JSON Schema has array, boolean, integer, null, number, "
                "object, string; ignored"
            ),
        ),
        (
            {"type": {}},
            {},
            (
                "`type` is {}; JSON Schema has array, boolean, integer, null, number, object, string; "
                "ignored"
            ),
        ),
        (7, {}, "7 is no schema; read as any value"),
        (
            {"type": "string", "enum": [True, 1, "a", None]},
            {"type": "string", "enum": ["true", "1", "a", None]},
            "True in `enum` is read as the type `string`",
        ),
        (
            {"type": ["integer", "null"], "enum": ["1", 2.0, "a"]},
            {"type": ["integer", "null"], "enum": [1, 2, "a"]},
            "'1' in `enum` is read as the type `integer`",
        ),
        (
            {"type": "integer", "const": 1.0},
            {"type": "integer", "const": 1},
            "1.0 in `const` is read as the type `integer`",
        ),
    ],
)
def test_what_no_schema_can_say_is_read_as_it_is_meant(
    written: Any, read: dict[str, Any], repair: str
) -> None:
    """An unknown type is any, and values have the type that their schema says."""
    document, repairs = plain_schemas(schemas(A=written))
    found = document["components"]["schemas"]["A"]
    assert (repr(read), [repair]) == (repr(found), [item.reason for item in repairs])


def test_a_reference_that_is_no_text_is_an_error() -> None:
    """It names the pointer of the schema."""
    with pytest.raises(ShapeError, match=r"#/components/schemas/A: `\$ref` must be text, not 1"):
        plain_schemas(schemas(A={"$ref": 1}))


def test_a_discriminator_may_be_the_name_of_the_property() -> None:
    """Swagger 2 has it so."""
    document, _ = plain_schemas(schemas(A={"discriminator": "kind"}))
    assert {"discriminator": {"propertyName": "kind"}} == document["components"]["schemas"]["A"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"type": "null", "nullable": True}, {"type": "null"}),
        ({"type": ["string", "null"], "nullable": True}, {"type": ["string", "null"]}),
        (
            {"type": ["string", "integer"], "nullable": True},
            {"type": ["string", "integer", "null"]},
        ),
        ({"nullable": True, "description": "d"}, {"description": "d"}),
        (
            {"type": "string", "enum": ["a"], "nullable": True},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        ({"anyOf": [ref("B")], "nullable": True}, {"anyOf": [ref("B"), {"type": "null"}]}),
        (
            {"allOf": [ref("B")], "nullable": True, "description": "d"},
            {"description": "d", "anyOf": [{"allOf": [ref("B")]}, {"type": "null"}]},
        ),
        ({**ref("B"), "nullable": True}, {"anyOf": [ref("B"), {"type": "null"}]}),
        ({**ref("B"), "maxLength": 3}, ref("B")),
        ({**ref("B"), "description": "d"}, {**ref("B"), "description": "d"}),
    ],
)
def test_schemas_of_3_0_become_those_of_3_1(written: dict[str, Any], read: dict[str, Any]) -> None:
    """`nullable` becomes a type, and what 3.0 ignores beside a `$ref` is dropped."""
    document, _ = modern_schemas({**schemas(A=written), "openapi": "3.0.3"})
    assert read == document["components"]["schemas"]["A"]


def test_restrictions_beside_a_reference_hold_in_3_1() -> None:
    """They become an `allOf`, which says the same."""
    document, _ = modern_schemas(schemas(A={**ref("B"), "maxLength": 3, "description": "d"}))
    expected = {"description": "d", "allOf": [ref("B"), {"maxLength": 3}]}
    assert expected == document["components"]["schemas"]["A"]


def test_a_reference_into_another_schema_gets_a_component() -> None:
    """What stands inside of a schema and is referred to becomes a schema with a name."""
    inner = {"type": "object", "properties": {"b": {"type": "string"}}}
    document, _ = local_references(
        schemas(
            A={"type": "object", "properties": {"b": inner}},
            C={"$ref": "#/components/schemas/A/properties/b"},
            D={"$ref": "#/components/schemas/A/properties/b"},
        )
    )
    found = document["components"]["schemas"]
    assert inner == found["AB"]
    assert ref("AB") == found["C"] == found["D"]


def test_a_reference_that_leads_back_into_itself_ends() -> None:
    """Such a schema is recursive, not endless."""
    node = {
        "type": "object",
        "properties": {"next": {"$ref": "#/components/schemas/A/properties/n"}},
    }
    document, _ = local_references(schemas(A={"type": "object", "properties": {"n": node}}))
    assert ref("AN") == document["components"]["schemas"]["AN"]["properties"]["next"]


def test_a_reference_to_a_list_of_items_leads_where_the_document_has_it() -> None:
    """References are followed before a list in `items` becomes `prefixItems`."""
    pair = {"type": "array", "items": [{"type": "integer"}, {"type": "string"}]}
    document = schemas(A=pair, B={"$ref": "#/components/schemas/A/items/1"})
    found = normalise({"openapi": "3.1.0", "paths": {}, **document})[0]["components"]["schemas"]
    assert "string" == found[ref_name(found["B"])]["type"]


def test_a_reference_may_lead_through_another() -> None:
    """A pointer that goes on behind a `$ref` goes on in what that one refers to."""
    pet = {"type": "object", "properties": {"name": {"type": "string"}}}
    document = schemas(Pet=pet, A=ref("Pet"), B={"$ref": "#/components/schemas/A/properties/name"})
    found = local_references(document)[0]["components"]["schemas"]
    assert {"type": "string"} == found[ref_name(found["B"])]


@pytest.mark.parametrize(
    ("target", "error", "reason"),
    [
        ("#/components/schemas/Round/x", MissingReferenceError, "leads nowhere"),
        ("#/components/schemas/Nope", MissingReferenceError, "leads nowhere"),
        ("#/nowhere/0", MissingReferenceError, "leads nowhere"),
        ("other.yaml#/A", UnsupportedError, "leads to another file"),
    ],
)
def test_a_reference_that_leads_nowhere_names_where_it_stands(
    target: str, error: type[SpecError], reason: str
) -> None:
    """The pointer is that of the `$ref`, not of what is missing."""
    with pytest.raises(error, match=reason) as caught:
        local_references(schemas(A={"properties": {"b": {"$ref": target}}}, Round=ref("Round")))
    assert caught.value.pointer == "/components/schemas/A/properties/b"


def test_operations_hold_what_they_refer_to() -> None:
    """Parameters of the path, bodies, responses and path items are written where they are used."""
    document, _ = inline_references(
        {
            "paths": {"/a": {"$ref": "#/components/pathItems/P"}},
            "components": {
                "pathItems": {
                    "P": {
                        "parameters": [
                            {"$ref": "#/components/parameters/Q"},
                            {"name": "own", "in": "query"},
                        ],
                        "get": {
                            "parameters": [{"name": "own", "in": "query", "required": True}],
                            "requestBody": {"$ref": "#/components/requestBodies/B"},
                            "responses": {"200": {"$ref": "#/components/responses/R"}},
                            "callbacks": {"x": {}},
                        },
                    }
                },
                "parameters": {"Q": {"name": "q", "in": "query"}},
                "requestBodies": {"B": {"content": {}}},
                "responses": {"R": {"$ref": "#/components/responses/S"}, "S": {"description": "s"}},
            },
        }
    )
    assert document["paths"]["/a"]["get"] == {
        "parameters": [
            {"name": "q", "in": "query"},
            {"name": "own", "in": "query", "required": True},
        ],
        "requestBody": {"content": {}},
        "responses": {"200": {"description": "s"}},
    }
    assert document["components"] == {"schemas": {}}


def test_additional_operations_of_3_2_stand_beside_the_others() -> None:
    """A method that HTTP does not know is an operation like any other."""
    document, _ = inline_references(
        {"paths": {"/a": {"additionalOperations": {"COPY": {"responses": {}}}}}}
    )
    assert ["COPY"] == list(document["paths"]["/a"])


def test_a_response_that_refers_to_itself_is_an_error() -> None:
    """A circle of references names where it was entered."""
    circle = {"R": {"$ref": "#/components/responses/R"}}
    with pytest.raises(MissingReferenceError, match="leads back to itself"):
        inline_references(
            {
                "paths": {"/a": {"get": {"responses": {"200": circle["R"]}}}},
                "components": {"responses": circle},
            }
        )


def test_servers_of_parts_become_the_documents_when_they_agree() -> None:
    """A document that names its server on each path has that server; one that differs keeps its own."""
    server = [{"url": "https://a"}]
    path = {"get": {"servers": server}}
    document, repairs = inherited_servers({"paths": {"/a": path, "/b": path}})
    paths: dict[str, Any] = {"/a": {"get": {}}, "/b": {"get": {}}}
    assert ({"servers": server, "paths": paths}, []) == (document, repairs)
    other = {"get": {"servers": [{"url": "https://b"}]}}
    document, _ = inherited_servers({"servers": server, "paths": {"/a": path, "/b": other}})
    assert {"/a": {"get": {}}, "/b": other} == document["paths"]


def test_path_parameters_are_those_of_the_path() -> None:
    """A missing one is read as text, one too many is dropped; both are reported."""
    document, repairs = path_parameters(
        {
            "paths": {
                "/a/{b}": {"get": {"parameters": [{"name": "c", "in": "path"}], "responses": {}}}
            }
        }
    )
    assert [("b", "path")] == [
        (item["name"], item["in"]) for item in document["paths"]["/a/{b}"]["get"]["parameters"]
    ]
    assert 2 == len(repairs)
