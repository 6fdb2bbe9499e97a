"""From the canonical document to the representation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdk_codegen import _ir as ir
from sdk_codegen.errors import MissingReferenceError, NamingError, UnsupportedError

Build = Callable[..., ir.API]


def one(api: Build, operation: dict[str, Any], **more: Any) -> ir.Operation:
    """Build a document of one operation and return it."""
    operation = {"operationId": "op", "responses": {"200": {"description": "ok"}}, **operation}
    path, method = more.pop("path", "/a"), more.pop("method", "post")
    return api({path: {method: operation}}, **more).operations[0]


def test_a_parameter_has_the_style_that_its_place_has_by_default(api: Build) -> None:
    """OpenAPI 3.2, Parameter Object: `style` and `explode` depend on `in`."""
    found = one(
        api,
        {
            "parameters": [
                {"name": "p", "in": "path", "schema": {"type": "string"}},
                {"name": "q", "in": "query", "schema": {"type": "string"}},
                {"name": "d", "in": "query", "style": "deepObject", "schema": {"type": "object"}},
                {"name": "h", "in": "header", "schema": {"type": "string"}},
                {"name": "c", "in": "cookie", "style": "cookie", "schema": {"type": "string"}},
            ]
        },
        path="/a/{p}",
    )
    assert [
        ("p", True, "simple", False),
        ("q", False, "form", True),
        ("d", False, "deepObject", False),
        ("h", False, "simple", False),
        ("c", False, "form", True),
    ] == [(p.wire, p.required, p.style, p.explode) for p in found.parameters]


def test_headers_that_the_client_sets_itself_are_no_parameters(api: Build) -> None:
    """OpenAPI 3.2: parameters named Accept, Content-Type and Authorization are ignored."""
    names = ["Accept", "Content-Type", "Authorization", "X-Own"]
    parameters = [{"name": name, "in": "header", "schema": {}} for name in names]
    assert ["X-Own"] == [p.wire for p in one(api, {"parameters": parameters}).parameters]


def test_a_parameter_written_as_json_is_text(api: Build) -> None:
    """The caller writes it."""
    content = {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}
    found = one(api, {"parameters": [{"name": "q", "in": "query", "content": content}]})
    assert "string" == found.parameters[0].schema["type"]


@pytest.mark.parametrize(
    ("contents", "chosen"),
    [
        (["application/xml", "application/json"], ("application/json", "json")),
        (["application/merge-patch+json"], ("application/merge-patch+json", "json")),
        (["application/x-www-form-urlencoded"], ("application/x-www-form-urlencoded", "form")),
        (["text/plain"], ("text/plain", "text")),
        (["application/xml"], ("application/xml", "text")),
        (["application/x-tar"], ("application/x-tar", "bytes")),
        (["multipart/form-data", "application/json"], ("application/json", "json")),
    ],
)
def test_a_body_is_written_in_the_best_of_its_types(
    api: Build, contents: list[str], chosen: tuple[str, str]
) -> None:
    """JSON before forms before text before bytes."""
    content: dict[str, Any] = {name: {"schema": {}} for name in contents}
    body = one(api, {"requestBody": {"content": content}}).body
    assert body is not None
    assert chosen == (body.media_type, body.encoding)


def test_multipart_alone_is_an_error_for_now(api: Build) -> None:
    """Nothing is dropped: the operation is named."""
    content: dict[str, Any] = {"multipart/form-data": {"schema": {}}}
    with pytest.raises(UnsupportedError) as caught:
        one(api, {"requestBody": {"content": content}})
    assert caught.value.pointer == "/paths/~1a/post/requestBody/content/multipart~1form-data"


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("application/json; charset=utf-8", "json"),
        ("application/problem+json", "json"),
        ("*/*", "json"),
        ("text/event-stream", "events"),
        ("application/x-ndjson", "lines"),
        ("application/json-seq", "lines"),
        ("text/csv", "text"),
        ("application/pdf", "bytes"),
    ],
)
def test_a_response_is_read_by_its_type(api: Build, media_type: str, kind: str) -> None:
    """Parameters of a media type do not count."""
    content: dict[str, Any] = {media_type: {"schema": {}}}
    found = one(api, {"responses": {"200": {"description": "", "content": content}}})
    assert [(media_type.partition(";")[0], kind)] == [
        (item.media_type, item.kind) for item in found.responses[0].contents
    ]


def test_successes_and_errors_are_told_apart_by_status(api: Build) -> None:
    """Ranges and `default` are errors, unless `default` is all there is."""
    statuses = {
        status: {"description": status} for status in ("201", "3XX", "404", "5XX", "default")
    }
    found = one(api, {"responses": statuses})
    assert ["201", "3XX"] == [item.status for item in found.responses]
    assert ["404", "5XX", "default"] == [item.status for item in found.errors]
    only = one(api, {"responses": {"default": {"description": ""}}})
    assert ["default"] == [item.status for item in only.responses]


def test_a_status_that_is_none_is_an_error(api: Build) -> None:
    """It names the response."""
    with pytest.raises(UnsupportedError, match="`20x` is no status") as caught:
        one(api, {"responses": {"20x": {"description": ""}}})
    assert caught.value.pointer == "/paths/~1a/post/responses/20x"


CHUNK = {"$ref": "#/components/schemas/Chunk"}
ERROR = {"$ref": "#/components/schemas/Error"}
EVENT_SCHEMAS: dict[str, Any] = {
    "Chunk": {"type": "object", "properties": {"text": {"type": "string"}}},
    "Error": {"type": "object", "properties": {"message": {"type": "string"}}},
    "Done": {"type": "string", "const": "[DONE]"},
    "Event": {
        "type": "object",
        "properties": {"data": {"type": "string", "contentSchema": CHUNK}},
    },
}


@pytest.mark.parametrize(
    ("media", "item"),
    [
        ({"itemSchema": CHUNK}, CHUNK),
        ({"schema": CHUNK}, CHUNK),
        ({"itemSchema": {"$ref": "#/components/schemas/Event"}}, CHUNK),
        (
            {"itemSchema": {"type": "object", "properties": {"data": {"type": "string"}}}},
            {"type": "string"},
        ),
        (
            {
                "itemSchema": {
                    "type": "object",
                    "properties": {
                        "data": {
                            "type": "string",
                            "anyOf": [
                                {"contentSchema": CHUNK},
                                {"$ref": "#/components/schemas/Done"},
                                {"contentSchema": ERROR},
                            ],
                        }
                    },
                }
            },
            CHUNK,
        ),
    ],
)
def test_the_item_of_an_event_stream_is_its_data(
    api: Build, media: dict[str, Any], item: dict[str, Any]
) -> None:
    """An event's data, without what ends the stream and what is raised."""
    responses = {
        "200": {"description": "", "content": {"text/event-stream": media}},
        "4XX": {"description": "", "content": {"application/json": {"schema": ERROR}}},
    }
    found = one(api, {"responses": responses}, schemas=EVENT_SCHEMAS)
    assert item == found.responses[0].contents[0].schema


BODY = {
    "content": {
        "application/json": {"schema": {"properties": {"stream": {"type": ["boolean", "null"]}}}}
    }
}


@pytest.mark.parametrize(
    ("operation", "types", "streaming"),
    [
        ({}, ["application/json"], None),
        ({}, ["text/event-stream"], ir.Streaming()),
        ({}, ["text/event-stream", "application/json"], None),
        ({"requestBody": BODY}, ["text/event-stream", "application/json"], ir.Streaming("stream")),
        (
            {"requestBody": {"content": {"application/json": {"schema": {"type": "string"}}}}},
            ["text/event-stream", "application/json"],
            None,
        ),
        (
            {"x-sdk-streaming": {"switch": "s", "terminator": "t", "completed-by": "/c"}},
            ["text/event-stream"],
            ir.Streaming("s", "t", "/c"),
        ),
    ],
)
def test_how_an_operation_streams_is_declared_or_inferred(
    api: Build, operation: dict[str, Any], types: list[str], streaming: ir.Streaming | None
) -> None:
    """The extension says it; else a lone stream, or a property named `stream`."""
    content: dict[str, Any] = {name: {"schema": {}} for name in types}
    responses = {"200": {"description": "", "content": content}}
    assert streaming == one(api, {**operation, "responses": responses}).streaming


def test_an_unknown_word_in_the_streaming_extension_is_an_error(api: Build) -> None:
    """A misspelt word would change what the client does, in silence."""
    with pytest.raises(UnsupportedError, match="`x-sdk-streaming` is a mapping with"):
        one(api, {"x-sdk-streaming": {"swich": "stream"}})


def test_security_is_the_operations_own_or_the_documents(api: Build) -> None:
    """An empty list is public; none at all is not known."""
    schemes = {
        "securitySchemes": {"a": {"type": "http", "scheme": "bearer"}, "b": {"type": "apiKey"}}
    }
    everywhere: list[dict[str, list[str]]] = [{"a": []}]
    assert one(api, {}, components=schemes).security is None
    assert one(api, {}, components=schemes, security=everywhere).security == (("a",),)
    assert one(api, {"security": []}, components=schemes, security=everywhere).security == ()
    both: list[dict[str, list[str]]] = [{"a": [], "b": []}, {}]
    assert one(api, {"security": both}, components=schemes).security == (("a", "b"), ())


def test_a_security_scheme_that_is_not_there_is_an_error(api: Build) -> None:
    """The operation that wants it is named."""
    with pytest.raises(MissingReferenceError, match="`nope` is not in"):
        one(api, {"security": [{"nope": []}]})


def test_two_operations_of_one_id_are_an_error_that_names_both(api: Build) -> None:
    """`operationId` is unique in a document (OpenAPI 3.2, Operation Object)."""
    operation = {"operationId": "same", "responses": {}}
    with pytest.raises(NamingError) as caught:
        api({"/a": {"get": operation}, "/b": {"get": operation}})
    assert (
        str(caught.value) == "#/paths/~1b/get: the operationId `same` is taken by #/paths/~1a/get"
    )


def test_servers_have_their_variables_filled_in_and_are_absolute(api: Build) -> None:
    """A relative server is no base URL."""
    servers = [
        {"url": "/v1"},
        {"url": "https://{region}.x", "variables": {"region": {"default": "eu"}}},
    ]
    assert ("https://eu.x",) == tuple(server.url for server in api({}, servers=servers).servers)


def test_a_fragment_that_tells_variants_of_a_path_apart_is_not_sent(api: Build) -> None:
    """Some documents have `/chat#stream` beside `/chat`."""
    assert "/chat" == one(api, {}, path="/chat#stream").path


def test_extensions_of_an_operation_are_kept(api: Build) -> None:
    """Whatever begins with `x-` reaches those who render."""
    assert {"x-own": [1]} == dict(one(api, {"x-own": [1]}).extensions)
