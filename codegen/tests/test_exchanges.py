from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdk_codegen._annotations import Types, literal
from sdk_codegen._engine import environment, resolve
from sdk_codegen._ir import API
from sdk_codegen._nodes import nodes
from sdk_codegen._render._context import Context
from sdk_codegen._render._exchanges import CONTENT, describe

OK: dict[str, Any] = {"200": {"description": "Fine."}}
TEXT = {"type": "string"}


def context_of(api: API) -> Context:
    """Return what the API is rendered from."""
    env = environment()
    env.filters["literal"] = literal
    return Context(api, Types(api, resolve(nodes(api))), env, "package")


@pytest.fixture(name="exchanges")
def exchanges_of(api: Callable[..., API]) -> Callable[..., dict[str, Any]]:
    """Return the exchanges of one operation, by case."""

    def make(
        operation: dict[str, Any],
        schemas: dict[str, Any] | None = None,
        *,
        path: str = "/things",
        method: str = "post",
        **more: Any,
    ) -> dict[str, Any]:
        operation = {"operationId": "op", "responses": OK, **operation}
        found = describe(context_of(api({path: {method: operation}}, schemas, **more)))
        return {item["case"]: item for item in found["op"].exchanges}

    return make


def body(schema: Any, media_type: str = "application/json", **more: Any) -> dict[str, Any]:
    """Return an operation that requires a body."""
    media = {"schema": schema, **more}
    return {"requestBody": {"required": True, "content": {media_type: media}}}


def answered(media_type: str, schema: Any, status: str = "200", **more: Any) -> dict[str, Any]:
    """Return an operation that answers with something."""
    content = {media_type: {"schema": schema, **more}}
    return {"responses": {status: {"description": "d", "content": content}}}


PARAMETERS = [
    {"name": "id", "in": "path", "required": True, "schema": TEXT, "example": "a/b"},
    {"name": "tags", "in": "query", "schema": {"type": "array", "items": TEXT}},
    {"name": "old", "in": "query", "deprecated": True, "schema": TEXT},
    {"name": "none", "in": "query", "schema": {"type": "null"}},
    {"name": "X-Trace", "in": "header", "schema": TEXT, "example": "ä"},
    {"name": "Host", "in": "header", "schema": TEXT},
    {"name": "c", "in": "cookie", "schema": TEXT, "examples": {"a": {"value": "x y"}}},
    {"name": "q", "in": "query", "content": {"application/json": {"schema": {"type": "array"}}}},
]


def test_parameters_are_in_their_places(exchanges: Callable[..., dict[str, Any]]) -> None:
    """The first exchange has what is required, the second all that is not deprecated."""
    found = exchanges({"parameters": PARAMETERS}, path="/things/{id}?id={id}&x=1")
    assert found["required"]["arguments"] == {"id": "a/b"}
    request = found["required"]["request"]
    assert request["path"] == "/things/a%2Fb"
    assert request["query"] == [["id", "a/b"], ["x", "1"]]
    request = found["full"]["request"]
    assert request["headers"] == {"x-trace": "value"}
    assert request["cookies"] == {"c": "x y"}
    assert request["query"][:2] == [["tags", "tags"], ["q", {"json": ["q"]}]]


@pytest.mark.parametrize(
    ("where", "schema", "expected"),
    [
        ("path", {"type": "string", "enum": [".."]}, "p"),
        ("query", {"type": "null"}, "p"),
        ("query", {"type": "array", "maxItems": 0}, "p"),
    ],
)
def test_a_required_parameter_is_given_whatever_its_schema(
    exchanges: Callable[..., dict[str, Any]], where: str, schema: dict[str, Any], expected: str
) -> None:
    """What cannot be written is replaced by the parameter's name."""
    parameter = {"name": "p", "in": where, "required": True, "schema": schema}
    found = exchanges({"parameters": [parameter]}, path="/a/{p}" if where == "path" else "/a")
    assert found["required"]["arguments"] == {"p": expected}


def test_a_deprecated_operation_says_so(exchanges: Callable[..., dict[str, Any]]) -> None:
    """Only these must warn."""
    assert exchanges({"deprecated": True})["required"]["deprecated"] is True
    assert "deprecated" not in exchanges({})["required"]


THING = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "name": TEXT,
        "size": {"type": ["integer", "null"]},
    },
}


def test_a_body_of_json_is_members(exchanges: Callable[..., dict[str, Any]]) -> None:
    """Members are arguments; what is only read is not sent."""
    found = exchanges(body(THING))
    assert found["required"]["arguments"] == {"name": "name"}
    assert found["full"]["request"]["body"] == {
        "type": "application/json",
        "json": {"name": "name", "size": 1},
    }


def test_a_body_that_may_be_missing_is_missing_first(
    exchanges: Callable[..., dict[str, Any]],
) -> None:
    """Without it no body must arrive."""
    operation = body(THING)
    operation["requestBody"]["required"] = False
    found = exchanges(operation)
    assert "body" not in found["required"]["request"]
    assert found["full"]["arguments"] == {"name": "name", "size": 1}


def test_the_example_of_a_body_is_sent(exchanges: Callable[..., dict[str, Any]]) -> None:
    """Members without an argument are left out."""
    shown = {"name": "Ada", "other": 1}
    found = exchanges(body(THING, example=shown))
    assert found["required"]["arguments"] == {"name": "Ada"}


FORM = {
    "type": "object",
    "properties": {
        "file": {"anyOf": [{"type": "string", "format": "binary"}, {"type": "null"}]},
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "note": TEXT,
        "nothing": {"type": "null"},
    },
}


def test_a_form_has_files(exchanges: Callable[..., dict[str, Any]]) -> None:
    """Where nothing is required everything is given, for an empty form says nothing."""
    found = exchanges(body(FORM, "multipart/form-data"))["required"]
    file = {"$file": ["file.bin", CONTENT]}
    files = [{"$file": ["files.bin", CONTENT]}]
    assert found["arguments"] == {"file": file, "files": files, "note": "note"}
    assert found["request"]["body"]["parts"] == [
        {"name": "file", "base64": CONTENT},
        {"name": "files", "base64": CONTENT},
        {"name": "note", "text": "note"},
    ]


def test_a_required_member_of_a_form_is_given_even_if_empty(
    exchanges: Callable[..., dict[str, Any]],
) -> None:
    """The method requires it; nothing arrives."""
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "null"}}}
    found = exchanges(body(schema, "application/x-www-form-urlencoded"))["required"]
    assert found["arguments"] == {"a": None}
    assert found["request"]["body"]["form"] == []


@pytest.mark.parametrize(
    ("media_type", "schema", "argument", "expected"),
    [
        ("text/plain", TEXT, "text", {"type": "text/plain", "text": "text"}),
        ("text/plain", {}, "text", {"type": "text/plain", "text": "text"}),
        ("image/*", {}, {"$bytes": CONTENT}, {"base64": CONTENT}),
        ("application/json", {"type": "array"}, ["text"], {"json": ["text"]}),
        ("application/x-www-form-urlencoded", {}, {"name": "value"}, {"form": [["name", "value"]]}),
    ],
)
def test_a_body_may_be_one_argument(
    exchanges: Callable[..., dict[str, Any]],
    media_type: str,
    schema: dict[str, Any],
    argument: object,
    expected: dict[str, Any],
) -> None:
    """What has no members is given as a whole."""
    found = exchanges(body(schema, media_type))["required"]
    assert found["arguments"] == {"body": argument}
    assert expected.items() <= found["request"]["body"].items()


def test_other_kinds_of_body_are_called_too(exchanges: Callable[..., dict[str, Any]]) -> None:
    """Those that the members, or the content as a whole, tell apart."""
    content = {
        "application/json": {"schema": THING},
        "multipart/form-data": {"schema": FORM},
        "application/x-www-form-urlencoded": {"schema": {**THING, "title": "Same"}},
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    }
    found = exchanges({"requestBody": {"required": True, "content": content}})
    assert set(found) == {"required", "full", "multipart/form-data", "application/octet-stream"}
    assert found["application/octet-stream"]["arguments"] == {"content": {"$bytes": CONTENT}}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (answered("application/json", TEXT), {"status": 200, "type": "application/json", "json": "text"}),
        (answered("*/*", TEXT, "default"), {"status": 200, "type": "application/json", "json": "text"}),
        (answered("text/*", {}, "2XX"), {"status": 200, "type": "text/plain", "text": "text"}),
        (answered("text/csv", {"type": "integer"}), {"status": 200, "type": "text/csv", "text": "text"}),
        (answered("application/*", {"type": "string", "format": "binary"}), {"status": 200, "type": "application/octet-stream", "base64": "AAFhbnN3ZXL/"}),
        (answered("image/*", {}, "206"), {"status": 206, "type": "image/x-sample", "base64": "AAFhbnN3ZXL/"}),
        (answered("application/json", TEXT, "204"), {"status": 204}),
        ({"responses": {"101": {"description": "d"}}}, {"status": 200}),
        ({"responses": {"302": {"description": "d"}}}, {"status": 302}),
        (answered("application/json", {}, example={"error": "e"}), {"status": 200, "type": "application/json", "json": "text"}),
        (answered("application/json", {"$ref": "#/components/schemas/Job"}), {"status": 200, "type": "application/json", "json": {"error": "e"}}),
        (answered("application/json", {"$ref": "#/components/schemas/Either"}), {"status": 200, "type": "application/json", "json": {"id": "id"}}),
        (answered("application/json", {"$ref": "#/components/schemas/Endless"}), {"status": 200, "type": "application/json", "json": {"self": {}}, "strict": False}),
    ],
)  # fmt: skip
def test_the_answer_is_the_first_success(
    exchanges: Callable[..., dict[str, Any]], operation: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Status, type and body are what the document promises."""
    job = {"type": "object", "required": ["error"], "properties": {"error": TEXT}}
    schemas = {
        "Job": {**job, "example": {"error": "e"}},
        "Either": {
            "oneOf": [
                {"type": "object", "required": ["id"], "properties": {"id": TEXT}},
                {"$ref": "#/components/schemas/Job"},
            ],
            "example": {"error": "e"},
        },
        "Endless": {
            "type": "object",
            "required": ["self"],
            "properties": {"self": {"$ref": "#/components/schemas/Endless"}},
        },
    }
    assert expected == exchanges(operation, schemas)["required"]["answer"]


def test_head_is_answered_without_content(exchanges: Callable[..., dict[str, Any]]) -> None:
    """Whatever the document lists for it (RFC 9110 §9.3.2)."""
    found = exchanges(answered("text/plain", TEXT), method="head")
    assert found["required"]["answer"] == {"status": 200}


STREAM = {"text/event-stream": {"schema": {"type": "integer"}}}


def test_a_stream_may_be_all_there_is(exchanges: Callable[..., dict[str, Any]]) -> None:
    """Every call of such an operation is answered by items."""
    found = exchanges({"responses": {"200": {"description": "d", "content": STREAM}}})
    assert [item["answer"]["events"] for item in found.values()] == [[1, 1]]


def test_a_stream_may_be_asked_for(exchanges: Callable[..., dict[str, Any]]) -> None:
    """The switch is on in one exchange and off in the others."""
    schema = {"type": "object", "properties": {"stream": {"type": "boolean"}}}
    content = {"application/json": {"schema": TEXT}, **STREAM}
    operation = {
        **body(schema),
        "responses": {"200": {"description": "d", "content": content}},
        "x-sdk-streaming": {"switch": "stream", "terminator": "[DONE]"},
    }
    found = exchanges(operation)
    switches = {case: item["arguments"].get("stream") for case, item in found.items()}
    assert switches == {"required": None, "full": False, "stream": True}
    assert found["stream"]["answer"]["terminator"] == "[DONE]"


def test_a_stream_may_be_asked_for_by_a_parameter(
    exchanges: Callable[..., dict[str, Any]],
) -> None:
    """Without a body the switch is in the query, on in one exchange and off in the others."""
    content = {"application/json": {"schema": TEXT}, **STREAM}
    operation = {
        "parameters": [{"name": "stream", "in": "query", "schema": {"type": "boolean"}}],
        "responses": {"200": {"description": "d", "content": content}},
        "x-sdk-streaming": {"switch": "stream"},
    }
    found = exchanges(operation)
    switches = {case: item["arguments"].get("stream") for case, item in found.items()}
    assert switches == {"required": None, "full": False, "stream": True}
    assert found["stream"]["request"]["query"] == [["stream", "true"]]


@pytest.mark.parametrize(
    ("values", "full"), [(["audio", "sse"], "audio"), (["sse", "audio"], None)]
)
def test_a_stream_may_be_asked_for_by_a_value(
    exchanges: Callable[..., dict[str, Any]], values: list[str], full: str | None
) -> None:
    """The value is there in one exchange and in no other."""
    schema = {"type": "object", "properties": {"form": {"type": "string", "enum": values}}}
    operation = {
        **body(schema),
        "responses": {"200": {"description": "d", "content": {"audio/*": {}, **STREAM}}},
        "x-sdk-streaming": {"switch": {"form": "sse"}},
    }
    found = exchanges(operation)
    forms = {case: item["arguments"].get("form") for case, item in found.items()}
    assert ("sse", None) == (forms["stream"], forms["required"])
    assert full == forms.get("full")


SCHEMES = {
    "basic": {"type": "http", "scheme": "Basic"},
    "digest": {"type": "http", "scheme": "digest"},
    "token": {"type": "oauth2", "flows": {}},
    "key": {"type": "apiKey", "in": "query", "name": "key"},
    "certificate": {"type": "mutualTLS"},
}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({}, 0),
        (body({"type": "string", "example": "\u00e9"}, "text/plain"), 2),
        (body({"type": "string", "example": "\u00e9"}), 4),
        (body({}, "image/png"), 7),
    ],
)
def test_a_length_that_is_asked_for_is_that_of_the_body(
    exchanges: Callable[..., dict[str, Any]], operation: dict[str, Any], expected: int
) -> None:
    """No transport sends more or fewer bytes than a header announces."""
    length = {"name": "Content-Length", "in": "header", "required": True}
    parameters = [{**length, "schema": {"type": "number"}}]
    found = exchanges({**operation, "parameters": parameters})["required"]
    assert expected == found["arguments"]["content_length"]
    assert {"content-length": str(expected)} == found["request"]["headers"]


BASIC = {"in": "header", "name": "authorization", "scheme": "basic"}
BEARER = {"in": "header", "name": "authorization", "scheme": "bearer"}
KEY = {"in": "query", "name": "key"}


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        ([{"basic": []}, {"token": [], "key": []}], [[BASIC], [BEARER, KEY]]),
        ([{"key": [], "certificate": []}], [[KEY]]),
        ([{"key": []}, {}], None),
        ([{"certificate": []}], None),
        ([{"digest": []}, {"key": []}], None),
        ([], None),
    ],
)
def test_a_credential_must_arrive_where_the_document_says(
    exchanges: Callable[..., dict[str, Any]], security: list[Any], expected: list[Any] | None
) -> None:
    """Nothing is asked where one way is open, or cannot be seen."""
    found = exchanges({"security": security}, components={"securitySchemes": SCHEMES})
    assert expected == found["required"]["request"].get("security")
