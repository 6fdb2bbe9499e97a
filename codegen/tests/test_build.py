"""From the canonical document to the representation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdk_codegen import _ir as ir
from sdk_codegen._ir import OAuthFlow, Pagination, Part, Server, ServerVariable
from sdk_codegen.errors import NamingError, UnsupportedError

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


def test_a_parameter_may_be_written_as_json(api: Build) -> None:
    """Its type stays what it is; what goes over the wire is JSON."""
    content = {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}}
    found = one(api, {"parameters": [{"name": "q", "in": "query", "content": content}]})
    assert [("array", "application/json")] == [
        (item.schema["type"], item.media_type) for item in found.parameters
    ]


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


def test_a_form_of_several_parts_says_how_its_members_are_written(api: Build) -> None:
    """What is as usual, or leaves a choice, is not said."""
    content: dict[str, Any] = {
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"file": {"format": "binary"}}},
            "encoding": {
                "file": {"contentType": "image/png"},
                "any": {"contentType": "image/*, text/plain"},
                "deep": {"style": "deepObject"},
                "flat": {"explode": False},
                "odd": None,
            },
        }
    }
    body = one(api, {"requestBody": {"content": content}}).body
    assert body is not None
    assert ("multipart", "multipart/form-data") == (body.encoding, body.media_type)
    assert {
        "file": Part("image/png", "form", explode=True),
        "deep": Part(None, "deepObject", explode=False),
        "flat": Part(None, "form", explode=False),
    } == body.parts


THING = {"type": "object", "properties": {"a": {"type": "string"}}}
OTHER = {"type": "object", "properties": {"b": {"type": "string"}}}
TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("contents", "kinds"),
    [
        ({"multipart/form-data": THING, "application/json": OTHER}, ["json", "multipart"]),
        ({"application/json": THING, "text/json": THING}, ["json"]),
        ({"application/json": THING, "text/plain": THING}, ["json"]),
        ({"multipart/form-data": THING, "application/sdp": TEXT}, ["multipart", "bytes"]),
        ({"text/plain": TEXT, "image/png": TEXT, "image/gif": TEXT}, ["text"]),
    ],
)
def test_an_operation_may_take_several_kinds_of_body(
    api: Build, contents: dict[str, Any], kinds: list[str]
) -> None:
    """Each is there once, and one without structure beside others only if it is no object."""
    content = {name: {"schema": schema} for name, schema in contents.items()}
    found = one(api, {"requestBody": {"content": content}})
    assert kinds == [body.encoding for body in found.bodies]


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


def test_what_answers_with_any_type_of_bytes_may_be_named(api: Build) -> None:
    """Behind a reference, `format: binary` says the same as in its place."""
    content = {"*/*": {"schema": {"$ref": "#/components/schemas/Sound"}}}
    responses = {"200": {"description": "", "content": content}}
    schemas = {"Sound": {"type": "string", "format": "binary"}}
    found = one(api, {"responses": responses}, schemas=schemas)
    assert ["bytes"] == [item.kind for item in found.responses[0].contents]


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
        (
            {"x-sdk-streaming": {"switch": {"form": "sse"}}},
            ["text/event-stream"],
            ir.Streaming("form", switch_value="sse"),
        ),
        (
            {"x-sdk-streaming": {"completed-by": {"/type": ["done", "failed"]}}},
            ["text/event-stream"],
            ir.Streaming(completed_by="/type", completed_values=("done", "failed")),
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


@pytest.mark.parametrize("wrong", [7, [], {}, {"/a": []}, {"/a": [1]}, {"/a": ["x"], "/b": ["y"]}])
def test_what_completes_an_answer_is_one_pointer_and_texts(api: Build, wrong: object) -> None:
    """Anything else is an error, with its place."""
    content: dict[str, Any] = {"text/event-stream": {"schema": {}}}
    operation = {
        "responses": {"200": {"description": "", "content": content}},
        "x-sdk-streaming": {"completed-by": wrong},
    }
    with pytest.raises(UnsupportedError, match="`completed-by` is a pointer, or a mapping"):
        one(api, operation)


@pytest.mark.parametrize("switch", [1, {}, {"a": True}, {"a": "x", "b": "y"}])
def test_a_switch_is_a_name_or_a_name_and_its_value(api: Build, switch: object) -> None:
    """Anything else is refused rather than never on."""
    content: dict[str, Any] = {"text/event-stream": {"schema": {}}}
    operation = {
        "responses": {"200": {"description": "", "content": content}},
        "x-sdk-streaming": {"switch": switch},
    }
    with pytest.raises(UnsupportedError, match="`switch` is a name, or a mapping"):
        one(api, operation)


def test_the_streaming_extension_needs_a_stream(api: Build) -> None:
    """An answer that comes at once cannot be asked to come in pieces."""
    responses = {"200": {"description": "", "content": {"application/json": {"schema": {}}}}}
    with pytest.raises(UnsupportedError, match="but no answer is a stream"):
        one(api, {"x-sdk-streaming": {"switch": "s"}, "responses": responses})


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


def test_security_is_inherited_and_what_is_unknown_is_dropped(api: Build) -> None:
    """An operation without a scheme that is known says nothing; an empty list says that it is public."""
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "k"}}
    document = {"components": {"securitySchemes": schemes}, "security": [{"key": []}]}
    declared: list[Any] = [None, [], [{"nope": []}], [{"nope": []}, {"key": []}], [{}]]
    paths = {
        f"/{index}": {"get": {"responses": {}} | ({} if item is None else {"security": item})}
        for index, item in enumerate(declared)
    }
    found = api(paths, **document)
    assert [(("key",),), (), None, (("key",),), ((),)] == [
        operation.security for operation in found.operations
    ]


def test_a_security_scheme_tells_its_flows(api: Build) -> None:
    """What `sdk-auth` needs is in the document: addresses and scopes."""
    flow = {"tokenUrl": "https://t", "scopes": {"read": "Read it.", "all": None}}
    scheme = {"type": "oauth2", "flows": {"clientCredentials": flow, "implicit": None}}
    [found] = api({}, components={"securitySchemes": {"o": scheme}}).security_schemes
    scopes = {"read": "Read it.", "all": ""}
    assert {"clientCredentials": OAuthFlow(None, "https://t", None, None, scopes)} == found.flows


def test_two_operations_of_one_id_are_an_error_that_names_both(api: Build) -> None:
    """`operationId` is unique in a document (OpenAPI 3.2, Operation Object)."""
    operation = {"operationId": "same", "responses": {}}
    with pytest.raises(NamingError) as caught:
        api({"/a": {"get": operation}, "/b": {"get": operation}})
    assert (
        str(caught.value) == "#/paths/~1b/get: the operationId `same` is taken by #/paths/~1a/get"
    )


def test_servers_keep_their_variables_and_are_absolute(api: Build) -> None:
    """A relative server is no base URL; a variable that the URL does not have is none."""
    region = {"default": "eu", "enum": ["eu", "us"], "description": "Where."}
    servers = [
        {"url": "/v1"},
        {"url": "{way}://x", "variables": {"way": {"default": "https"}, "other": {}}},
        {"url": "https://{region}.x", "variables": {"region": region}},
    ]
    assert (
        Server("{way}://x", "", {"way": ServerVariable("https", (), "")}),
        Server("https://{region}.x", "", {"region": ServerVariable("eu", ("eu", "us"), "Where.")}),
    ) == api({}, servers=servers).servers


def test_an_operation_that_is_elsewhere_has_servers_of_its_own(api: Build) -> None:
    """Where it is like the rest it has none."""
    here, there = [{"url": "https://a.x"}], [{"url": "https://b.x"}]
    paths = {
        "/1": {"get": {"responses": {}, "servers": there}},
        "/2": {"servers": there, "get": {"responses": {}}},
        "/3": {"get": {"responses": {}, "servers": here}},
    }
    found = api(paths, servers=here)
    elsewhere = (Server("https://b.x", ""),)
    assert [elsewhere, elsewhere, ()] == [operation.servers for operation in found.operations]


def test_webhooks_are_what_they_carry(api: Build) -> None:
    """Those that carry no JSON cannot be unwrapped."""
    body = {"content": {"application/json": {"schema": {"type": "string"}}}}
    post = {"requestBody": body, "description": "Said.", "responses": {}}
    webhooks = {
        "thing.made": {"post": post},
        "nothing": {"post": {"responses": {}}},
        "page": {"post": {"requestBody": {"content": {"text/html": {}}}}},
    }
    [found] = api({}, webhooks=webhooks).webhooks
    assert ("thing.made", {"type": "string"}, "Said.") == (
        found.name,
        found.schema,
        found.description,
    )


def test_pages_are_counted_from_where_the_document_begins(api: Build) -> None:
    """The first page of some APIs is 0."""
    inputs = [
        {"name": name, "in": "parameters", "type": kind}
        for name, kind in (("page", "page"), ("size", "limit"), ("skip", "offset"))
    ]
    parameters = [
        {"name": name, "in": "query", "schema": {"type": "integer", "default": 0}}
        for name in ("page", "size")
    ]
    found = one(
        api,
        {
            "parameters": parameters,
            "x-speakeasy-pagination": {"type": "offsetLimit", "inputs": inputs, "outputs": {}},
        },
    ).pagination
    assert found is not None
    assert ["0", None, None] == [item.get("default") for item in found.inputs]


@pytest.mark.parametrize(
    ("extensions", "pagination"),
    [
        ({"x-fern-pagination": True}, None),
        ({"x-fern-pagination": {"results": "$response.data"}}, None),
        (
            {
                "x-fern-pagination": {
                    "cursor": "$request.after",
                    "next_cursor": "$response.next",
                    "results": "$response.data",
                },
                "parameters": [{"name": "after", "in": "query", "schema": {}}],
            },
            Pagination(
                "cursor",
                ({"name": "after", "in": "parameters", "type": "cursor"},),
                {"results": "$.data", "nextCursor": "$.next"},
            ),
        ),
        (
            {"x-fern-pagination": {"offset": "$request.page", "results": "$response.data"}},
            Pagination(
                "offsetLimit",
                ({"name": "page", "in": "requestBody", "type": "page"},),
                {"results": "$.data"},
            ),
        ),
        (
            {"x-fern-pagination": {"offset": "$request.skip", "step": "$request.limit"}},
            Pagination(
                "offsetLimit", ({"name": "skip", "in": "requestBody", "type": "offset"},), {}
            ),
        ),
    ],
)
def test_pagination_is_read_in_other_words_too(
    api: Build, extensions: dict[str, Any], pagination: Pagination | None
) -> None:
    """Fern's keys say the same as the published shape."""
    assert pagination == one(api, extensions).pagination


def test_a_fragment_that_tells_variants_of_a_path_apart_is_not_sent(api: Build) -> None:
    """Some documents have `/chat#stream` beside `/chat`."""
    assert "/chat" == one(api, {}, path="/chat#stream").path


def test_extensions_of_an_operation_are_kept(api: Build) -> None:
    """Whatever begins with `x-` reaches those who render."""
    assert {"x-own": [1]} == dict(one(api, {"x-own": [1]}).extensions)
