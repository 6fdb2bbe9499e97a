"""Swagger 2.0 in the words of OpenAPI 3.0."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sdk_codegen._build import build
from sdk_codegen._load import read
from sdk_codegen._normalise import normalise
from sdk_codegen._pipeline import generate
from sdk_codegen._swagger import modern_document, original_place
from sdk_codegen.errors import MissingReferenceError, ShapeError, SpecError

SHOP = Path(__file__).parent / "shop.swagger.yaml"


@pytest.fixture(scope="module")
def shop() -> dict[str, Any]:
    """The document that uses everything, converted; tests only read it."""
    return read(SHOP).document


def converted(operation: Any = None, **more: Any) -> dict[str, Any]:
    """Return a document with one operation, converted."""
    document = {
        "swagger": "2.0",
        "info": {"title": "T"},
        "paths": {"/x": {"post": operation or {}}},
    }
    return modern_document({**document, **more})[0]


def body_of(operation: Any, **more: Any) -> Any:
    """Return the body that an operation gets."""
    return converted(operation, **more)["paths"]["/x"]["post"]["requestBody"]


def test_every_operation_is_generated(tmp_path: Path) -> None:
    """From the document that uses everything comes a package with every method."""
    assert 9 == generate(SHOP, tmp_path / "shop", "shop_api").operations


@pytest.mark.parametrize(
    ("more", "servers"),
    [
        ({"host": "h", "basePath": "/v1", "schemes": ["http", "https"]}, ["https://h/v1", "http://h/v1"]),
        ({"host": "h"}, ["https://h"]),
        ({"host": "h/", "basePath": "v1/"}, ["https://h/v1"]),
        ({"host": "http://h", "schemes": ["https"]}, ["http://h"]),
        ({"host": "h", "schemes": ["wss"]}, ["https://h"]),
        ({"host": "h", "schemes": "http"}, ["http://h"]),
        ({"basePath": "/v1"}, ["/v1"]),
        ({"basePath": "/"}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_host_path_and_schemes_are_servers(more: Mapping[str, Any], servers: list[str]) -> None:
    """The encrypted ones come first; clients take the first."""
    assert servers == [server["url"] for server in converted(**more)["servers"]]


def test_an_operation_by_another_scheme_has_servers_of_its_own() -> None:
    """Where the document's schemes include it, nothing needs to be said."""
    document = converted({"schemes": ["http"]}, host="h", schemes=["https"])
    assert [{"url": "http://h"}] == document["paths"]["/x"]["post"]["servers"]


def test_an_operation_has_no_servers_of_its_own_where_none_are_known() -> None:
    """Without a host, a scheme leads nowhere."""
    document = converted({"schemes": ["http"]}, schemes=["https"])
    assert "servers" not in document["paths"]["/x"]["post"]


def test_a_list_in_a_form_that_no_style_can_write_is_text() -> None:
    """Its words say what the document had."""
    parameter = {"in": "formData", "name": "a", "type": "array", "collectionFormat": "odd"}
    content = body_of({"parameters": [parameter]})["content"]
    form = content["application/x-www-form-urlencoded"]
    assert "string" == form["schema"]["properties"]["a"]["type"]
    assert "encoding" not in form


def test_security_definitions_are_schemes(shop: dict[str, Any]) -> None:
    """basic, apiKey, and the four flows of OAuth 2 under their new names."""
    schemes = shop["components"]["securitySchemes"]
    assert {"type": "apiKey", "name": "X-Key", "in": "header"} == schemes["key"]
    assert {"type": "http", "scheme": "basic"} == schemes["user"]
    flows = [[*schemes[name]["flows"]] for name in "abcd"]
    assert [["implicit"], ["password"], ["clientCredentials"], ["authorizationCode"]] == flows
    expected = {"authorizationUrl": "https://a.example/auth", "tokenUrl": "https://a.example/token", "scopes": {"write": "Write."}}  # fmt: skip
    assert expected == schemes["d"]["flows"]["authorizationCode"]


def test_an_unknown_flow_or_scheme_is_left_to_later_passes() -> None:
    """What nobody knows is not made up."""
    document = converted(securityDefinitions={"a": {"type": "oauth2", "flow": "x"}, "b": {"type": "y"}})  # fmt: skip
    assert {"a": {"type": "oauth2", "flows": {}}, "b": {"type": "y"}} == document["components"][
        "securitySchemes"
    ]


def test_lists_in_queries_keep_their_separator(shop: dict[str, Any]) -> None:
    """Each `collectionFormat` is a style, or text where there is none."""
    styles = {
        item["name"]: (item.get("style"), item.get("explode"), item["schema"]["type"])
        for item in shop["paths"]["/items"]["get"]["parameters"]
    }
    assert {
        "csv": ("form", False, "array"),
        "ssv": ("spaceDelimited", False, "array"),
        "tsv": (None, None, "string"),
        "pipes": ("pipeDelimited", False, "array"),
        "multi": ("form", True, "array"),
        "X-List": ("simple", False, "array"),
    } == styles
    assert ["#/paths/~1items/get/parameters/2: a list as `tsv` in `query`; read as text"] == [
        str(repair) for repair in read(SHOP).repairs
    ]


def test_a_list_of_lists_is_a_list_of_text() -> None:
    """There is no style for the inner one."""
    inner = {"type": "array", "items": {"type": "string"}, "collectionFormat": "pipes"}
    operation = {"parameters": [{"name": "a", "in": "query", "type": "array", "items": inner}]}
    parameter = converted(operation)["paths"]["/x"]["post"]["parameters"][0]
    expected = {"type": "string", "description": "Values separated by vertical bars."}
    assert expected == parameter["schema"]["items"]


def test_the_rest_of_a_parameter_is_its_schema(shop: dict[str, Any]) -> None:
    """Limits, formats and defaults belong to the schema now."""
    expected = {"type": "integer", "format": "int32", "maximum": 100, "default": 10}
    assert expected == shop["components"]["parameters"]["limit"]["schema"]
    assert {"$ref": "#/components/parameters/limit"} == shop["paths"]["/items"]["parameters"][0]


def test_a_parameter_that_is_of_openapi_3_already_is_taken_as_it_is() -> None:
    """Some documents mix the two."""
    item = {"name": "a", "in": "query", "schema": {"type": "integer"}}
    assert [item] == converted({"parameters": [item]})["paths"]["/x"]["post"]["parameters"]


def test_a_shared_body_is_a_component_unless_the_media_types_differ(shop: dict[str, Any]) -> None:
    """Its media types are those of the operation that uses it."""
    paths = shop["paths"]
    assert {"$ref": "#/components/requestBodies/item"} == paths["/items"]["post"]["requestBody"]
    body = paths["/items/{id}"]["put"]["requestBody"]
    assert ["application/vnd.shop+json"] == [*body["content"]]
    assert True is body["required"]


def test_a_body_of_the_path_is_that_of_each_operation(shop: dict[str, Any]) -> None:
    """Unless the operation has one of its own, whatever its name."""
    item = shop["paths"]["/items/{id}"]
    assert ["id"] == [parameter["name"] for parameter in item["parameters"]]
    assert "required" not in item["patch"]["requestBody"]
    assert "required" in item["put"]["requestBody"]


@pytest.mark.parametrize(
    ("consumes", "media_types"),
    [
        ([], ["application/json"]),
        (["*/*"], ["application/json"]),
        (["application/xml", "text/json"], ["text/json", "application/xml"]),
        (["multipart/form-data", "application/json"], ["application/json"]),
        (["multipart/form-data"], ["multipart/form-data"]),
    ],
)
def test_a_body_is_in_the_media_types_of_its_operation(
    consumes: list[str], media_types: list[str]
) -> None:
    """JSON comes first; a body of this kind is a form only if nothing else is said."""
    parameters = [{"name": "b", "in": "body", "schema": {}}]
    assert media_types == [*body_of({"parameters": parameters, "consumes": consumes})["content"]]


@pytest.mark.parametrize(
    ("kind", "consumes", "media_types"),
    [
        ("string", [], ["application/x-www-form-urlencoded"]),
        ("string", ["application/json"], ["application/x-www-form-urlencoded"]),
        ("string", ["multipart/form-data"], ["multipart/form-data"]),
        ("file", [], ["multipart/form-data"]),
        ("file", ["application/x-www-form-urlencoded"], ["multipart/form-data"]),
        (
            "string",
            ["multipart/form-data", "application/x-www-form-urlencoded"],
            ["application/x-www-form-urlencoded", "multipart/form-data"],
        ),
    ],
)
def test_form_parameters_are_a_form(kind: str, consumes: list[str], media_types: list[str]) -> None:
    """Files need parts, whatever the document says."""
    parameters = [{"name": "a", "in": "formData", "type": kind}]
    assert media_types == [*body_of({"parameters": parameters, "consumes": consumes})["content"]]


def test_a_form_says_what_is_required_and_how_lists_are_written(shop: dict[str, Any]) -> None:
    """Parts are properties; a file is binary; a description stays."""
    body = shop["paths"]["/items/{id}/photo"]["post"]["requestBody"]
    media = body["content"]["multipart/form-data"]
    photo = {"type": "string", "format": "binary", "description": "The photo."}
    assert photo == media["schema"]["properties"]["photo"]
    assert (True, ["photo"]) == (body["required"], media["schema"]["required"])
    assert {"tags": {"style": "form", "explode": True}} == media["encoding"]
    assert ["photo", "tags", "note"] == [*media["schema"]["properties"]]


def test_a_second_body_is_reported() -> None:
    """One of them has to go; the operation stays."""
    parameters = [
        {"name": "f", "in": "formData", "type": "string"},
        {"name": "a", "in": "body", "schema": {"type": "string"}},
        {"name": "b", "in": "body", "schema": {"type": "integer"}},
    ]
    document = {"swagger": "2.0", "paths": {"/x": {"post": {"parameters": parameters}}}}
    modern, repairs = modern_document(document)
    body = modern["paths"]["/x"]["post"]["requestBody"]
    assert {"type": "string"} == body["content"]["application/json"]["schema"]
    assert ["#/paths/~1x/post/parameters/0", "#/paths/~1x/post/parameters/2"] == [
        str(repair).partition(":")[0] for repair in repairs
    ]


def test_responses_have_content_headers_and_examples(shop: dict[str, Any]) -> None:
    """JSON first; a header has a schema; an example stands at its media type."""
    response = shop["paths"]["/items"]["get"]["responses"]["200"]
    assert ["application/json", "application/xml"] == [*response["content"]]
    assert [{"kind": "item", "id": 1}] == response["content"]["application/json"]["example"]
    total = {"description": "How many.", "schema": {"type": "integer"}}
    assert {"X-Total": total} == response["headers"]
    assert {"description": "Done."} == shop["paths"]["/items/{id}"]["put"]["responses"]["204"]


def test_shared_responses_are_components_unless_the_media_types_differ() -> None:
    """Their media types are those of the operation that uses them."""
    more = {"responses": {"R": {"description": "", "schema": {"type": "string"}}}}
    operation = {"responses": {"200": {"$ref": "#/responses/R"}, "x-a": 1}}
    responses = converted(operation, **more)["paths"]["/x"]["post"]["responses"]
    assert {"200": {"$ref": "#/components/responses/R"}, "x-a": 1} == responses
    responses = converted({**operation, "produces": ["text/csv"]}, **more)["paths"]["/x"]["post"]
    assert ["text/csv"] == [*responses["responses"]["200"]["content"]]


@pytest.mark.parametrize(
    ("produces", "media_types"),
    [([], ["*/*"]), (["application/json"], ["*/*"]), (["application/json", "a/pdf"], ["a/pdf"])],
)
def test_a_file_is_not_json(produces: list[str], media_types: list[str]) -> None:
    """What operations produce in general is not what this one does."""
    operation = {"produces": produces, "responses": {"200": {"schema": {"type": "file"}}}}
    content = converted(operation)["paths"]["/x"]["post"]["responses"]["200"]["content"]
    assert media_types == [*content]
    assert {"type": "string", "format": "binary"} == content[media_types[0]]["schema"]


def test_an_example_alone_says_the_media_type() -> None:
    """Without a schema, examples are all there is."""
    operation = {"responses": {"200": {"examples": {"text/plain": "x", "wrong": "y"}}}}
    content = converted(operation)["paths"]["/x"]["post"]["responses"]["200"]["content"]
    assert {"text/plain": {"example": "x"}} == content


def test_schemas_are_in_the_words_of_openapi_3(shop: dict[str, Any]) -> None:
    """Discriminators are objects, null is allowed beside a reference, too."""
    schemas = shop["components"]["schemas"]
    assert {"propertyName": "kind"} == schemas["Thing"]["discriminator"]
    properties = schemas["Item"]["allOf"][1]["properties"]
    assert {"type": "number", "nullable": True} == properties["price"]
    parent = {"allOf": [{"$ref": "#/components/schemas/Item"}], "nullable": True}
    assert parent == properties["parent"]


def test_a_schema_of_another_place_becomes_a_component(shop: dict[str, Any]) -> None:
    """The place that the reference names is another one now."""
    content = shop["paths"]["/sample"]["get"]["responses"]["200"]["content"]
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert {"token": {"type": "string"}} == shop["components"]["schemas"][name]["properties"]


def test_the_rest_stays(shop: dict[str, Any]) -> None:
    """Titles, tags, security, deprecation and extensions have the same words."""
    document = converted({"x-own": 1, "deprecated": True, "tags": ["t"]}, **{"x-top": 2})
    assert {"x-own": 1, "deprecated": True, "tags": ["t"], "responses": {}} == document["paths"]["/x"]["post"]  # fmt: skip
    assert 2 == document["x-top"]
    assert [{"key": []}] == shop["security"]


def test_path_items_are_followed() -> None:
    """A reference to a path item is written out, with what stands beside it."""
    document = {
        "swagger": "2.0",
        "x-items": {"a": {"get": {"operationId": "a"}}},
        "paths": {"/x": {"$ref": "#/x-items/a", "x-b": 1}, "x-c": 2, "/n": None},
    }
    paths = modern_document(document)[0]["paths"]
    assert {"get": {"operationId": "a", "responses": {}}, "x-b": 1} == paths["/x"]
    assert (2, {}) == (paths["x-c"], paths["/n"])


@pytest.mark.parametrize(
    ("document", "error", "pointer"),
    [
        ({"paths": []}, ShapeError, "/paths"),
        ({"paths": {"/x": 1}}, ShapeError, "/paths/~1x"),
        ({"paths": {"/x": {"get": []}}}, ShapeError, "/paths/~1x/get"),
        ({"paths": {"/x": {"get": {"parameters": {}}}}}, ShapeError, "/paths/~1x/get/parameters"),
        ({"paths": {"/x": {"get": {"parameters": [1]}}}}, ShapeError, "/paths/~1x/get/parameters/0"),
        ({"paths": {"/x": {"get": {"responses": {"200": 1}}}}}, ShapeError, "/paths/~1x/get/responses/200"),
        ({"paths": {"/x": {"get": {"parameters": [{"$ref": "#/no"}]}}}}, MissingReferenceError, "/paths/~1x/get/parameters/0"),
        ({"parameters": {"a": {"$ref": "#/parameters/a"}}}, MissingReferenceError, "/parameters/a"),
        ({"definitions": {"a": {"$ref": "#/no"}}}, MissingReferenceError, "/definitions/a"),
        ({"definitions": 1}, ShapeError, "/definitions"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_names_its_place(
    document: dict[str, Any], error: type[SpecError], pointer: str
) -> None:
    """The pointer is that of the Swagger document."""
    with pytest.raises(error) as caught:
        modern_document({"swagger": "2.0", **document})
    assert pointer == caught.value.pointer


PLACES: dict[str, Any] = {
    "definitions": {"Cat": {"properties": {"a/b": {"type": "string"}}}},
    "responses": {"No": {"description": "", "schema": {"type": "string"}}},
    "parameters": {"Cat": {"in": "body", "name": "cat", "schema": {"type": "object"}}},
    "securityDefinitions": {"key": {"type": "apiKey"}},
    "paths": {
        "/x": {
            "put": {
                "parameters": [
                    {"in": "body", "name": "cat", "schema": {"type": "object"}},
                    {"in": "query", "name": "q", "type": "array", "items": {"type": "string"}},
                ],
                "responses": {
                    "200": {"schema": {"type": "object"}, "headers": {"X": {"type": "string"}}}
                },
            },
            "post": {
                "parameters": [
                    {"in": "query", "name": "q", "type": "string"},
                    {"in": "formData", "name": "f", "type": "array", "items": {"type": "string"}},
                    7,
                ]
            },
        },
        "/y": {
            "parameters": [{"in": "query", "name": "q", "type": "string"}],
            "get": {"parameters": [{"in": "query", "name": "r", "type": "string"}]},
        },
    },
}


@pytest.mark.parametrize(
    ("converted", "original"),
    [
        ("", ""),
        ("/info", ""),
        ("/servers/0", ""),
        ("/components/schemas/Cat/properties/a~1b", "/definitions/Cat/properties/a~1b"),
        ("/components/schemas/Cat/properties/no", "/definitions/Cat/properties"),
        ("/components/responses/No/content/text~1plain/schema", "/responses/No/schema"),
        ("/components/requestBodies/Cat/content/a~1b/schema", "/parameters/Cat/schema"),
        ("/components/securitySchemes/key", "/securityDefinitions/key"),
        ("/paths/~1x/put", "/paths/~1x/put"),
        ("/paths/~1x/put/requestBody/content/a~1b/schema", "/paths/~1x/put/parameters/0/schema"),
        ("/paths/~1x/put/parameters/0/schema/items", "/paths/~1x/put/parameters/1/items"),
        ("/paths/~1x/put/parameters/9", "/paths/~1x/put/parameters"),
        ("/paths/~1x/put/parameters/x", "/paths/~1x/put/parameters"),
        ("/paths/~1x/put/responses/200/content/a~1b/schema", "/paths/~1x/put/responses/200/schema"),
        ("/paths/~1x/put/responses/200/headers/X/schema", "/paths/~1x/put/responses/200/headers/X"),
        ("/paths/~1x/post/parameters/0/schema", "/paths/~1x/post/parameters/0"),
        ("/paths/~1x/post/requestBody", "/paths/~1x/post/parameters"),
        ("/paths/~1x/post/requestBody/content/a~1b/schema/properties/f/items", "/paths/~1x/post/parameters/1/items"),
        ("/paths/~1x/get/requestBody", "/paths/~1x"),
        ("/paths/~1x/get/parameters/0", "/paths/~1x"),
        ("/paths/~1y/get/parameters/0", "/paths/~1y/get/parameters"),
    ],
)  # fmt: skip
def test_a_place_is_told_as_the_author_knows_it(converted: str, original: str) -> None:
    """What is found after the conversion stands somewhere in the Swagger document, too."""
    assert original == original_place(PLACES, converted)


def test_the_result_is_an_ordinary_document(shop: dict[str, Any]) -> None:
    """Every later step takes it for one that was written in OpenAPI 3."""
    assert "3.0.3" == shop["openapi"]
    assert 9 == len(build(normalise(shop)[0]).operations)
