"""Calls by path: `get`, `post`, `put`, `patch`, `delete`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from sdk_openai_compat import (
    APIResponse,
    APIStatusError,
    AsyncStream,
    BaseModel,
    ConfigurationError,
    InternalServerError,
    Stream,
    UnknownOptionError,
)

from ._clients import Wire, done, entered, items

pytestmark = pytest.mark.anyio


class Thing(BaseModel):
    """What the tests' server answers with."""

    method: str
    path: str


def _echo(request: httpx.Request) -> httpx.Response:
    answer = {"method": request.method, "path": request.url.path, "body": request.content.decode()}
    return httpx.Response(200, json=answer, headers={"x-request-id": "r-1"})


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
async def test_each_method_calls_by_path(colour: str, method: str) -> None:
    """The answer comes as the type that is asked for; a body goes as JSON."""
    wire = Wire(_echo)
    client = wire.client(colour)
    body = {} if method == "get" else {"body": {"a": 1}}
    thing = await done(getattr(client, method)("things/1", cast_to=Thing, **body))
    assert (method.upper(), "/v1/things/1") == (thing.method, thing.path)
    assert ("" if method == "get" else '{"a":1}') == thing.body
    assert "r-1" == thing._request_id


@pytest.mark.parametrize(
    ("cast_to", "expected"),
    [
        (object, {"a": 1}),
        (dict[str, Any], {"a": 1}),
        (dict[str, int], {"a": 1}),
        (str, '{"a":1}'),
        (bytes, b'{"a":1}'),
        (type(None), None),
    ],
)
async def test_an_answer_comes_in_the_form_that_is_asked_for(
    colour: str, cast_to: Any, expected: object
) -> None:
    """JSON as it is, a type that it fits, text, bytes or nothing."""
    wire = Wire(lambda _: httpx.Response(200, content=b'{"a":1}', headers=_JSON))
    assert expected == await done(wire.client(colour).get("/x", cast_to=cast_to))


_JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("cast_to", [object, type(None), Thing])
async def test_no_content_is_none(colour: str, cast_to: Any) -> None:
    """A server that answers 204 has nothing to decode."""
    wire = Wire(lambda _: httpx.Response(204))
    assert await done(wire.client(colour).delete("/x", cast_to=cast_to)) is None


async def test_the_answer_itself_can_be_asked_for(colour: str) -> None:
    """`cast_to=httpx.Response`, as openai's documentation teaches; errors are raised all the same."""
    wire = Wire(_echo)
    answer = await done(wire.client(colour).post("/x", cast_to=httpx.Response, body={"a": 1}))
    assert type(answer) is httpx.Response
    assert ("r-1", {"a": 1}) == (answer.headers["x-request-id"], json.loads(answer.json()["body"]))
    refused = Wire(lambda _: httpx.Response(418, json={"error": {"message": "no"}}))
    with pytest.raises(APIStatusError, match="418 - no"):
        await done(refused.client(colour).get("/x", cast_to=httpx.Response))


async def test_options_of_a_call_by_path_are_openais(colour: str) -> None:
    """Headers, query, timeout, idempotency key and members on top of the body."""
    wire = Wire(_echo)
    client = wire.client(colour)
    await done(
        client.post(
            "/x",
            cast_to=object,
            body={"a": 1},
            options={
                "headers": {"X-A": "1"},
                "params": {"q": "2"},
                "timeout": 3.0,
                "idempotency_key": "mine",
                "extra_json": {"b": 2},
            },
        )
    )
    assert b'{"a":1,"b":2}' == wire.sent.content
    assert ("1", "mine") == (wire.sent.headers["x-a"], wire.sent.headers["idempotency-key"])
    assert "q=2" == wire.sent.url.query.decode()
    assert {3.0} == set(wire.sent.extensions["timeout"].values())
    await done(client.post("/x", cast_to=object, options={"extra_json": {"b": 2}}))
    assert b'{"b":2}' == wire.requests[1].content


async def test_retries_can_be_set_for_one_call(colour: str) -> None:
    """`max_retries` in the options; the client keeps its own."""
    wire = Wire(lambda _: httpx.Response(500, headers={"retry-after": "0"}))
    client = wire.client(colour)
    for retries in (0, 1):
        wire.requests.clear()
        with pytest.raises(InternalServerError):
            await done(client.get("/x", cast_to=object, options={"max_retries": retries}))
        assert retries + 1 == len(wire.requests)
    assert 2 == client.max_retries


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"options": {"tiemout": 1}}, UnknownOptionError, "`options` has no `tiemout`; it takes"),
        (
            {"options": {"extra_json": {"b": 2}}, "body": [1]},
            ConfigurationError,
            "`extra_json` can only be added to a mapping, and `body` is list",
        ),
        ({"options": {"max_retries": -1}}, ConfigurationError, "`max_retries` must be an integer"),
    ],
)
async def test_wrong_options_of_a_call_by_path_are_refused(
    colour: str, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    """One typed error that names the option; nothing is sent."""
    wire = Wire()
    client = wire.client(colour)
    with pytest.raises(error) as caught:
        await done(client.post("/x", cast_to=object, **arguments))
    assert message in str(caught.value)
    assert [] == wire.requests


@pytest.mark.parametrize("method", ["get", "post"])
async def test_a_call_by_path_can_stream(colour: str, method: str) -> None:
    """Server-sent events come as items of the type, `stream_cls` is accepted."""
    events = (
        b'data: {"method":"a","path":"1"}\n\ndata: {"method":"b","path":"2"}\n\ndata: [DONE]\n\n'
    )
    headers = {"content-type": "text/event-stream"}
    wire = Wire(lambda _: httpx.Response(200, content=events, headers=headers))
    client = wire.client(colour)
    kind = Stream if colour == "sync" else AsyncStream
    stream = await done(
        getattr(client, method)("/x", cast_to=Thing, stream=True, stream_cls=kind[Thing])
    )
    assert type(stream) is kind
    async with entered(stream):
        assert [("a", "1"), ("b", "2")] == [(t.method, t.path) for t in await items(stream)]


async def test_a_view_of_the_client_answers_calls_by_path_its_way(colour: str) -> None:
    """`client.with_raw_response.get(...)` gives the answer with its HTTP around it."""
    client = Wire(_echo).client(colour)
    raw = await done(client.with_raw_response.get("/x", cast_to=Thing))
    assert type(raw) is APIResponse
    assert ("r-1", "GET") == (raw.request_id, raw.parse().method)
    async with entered(client.with_streaming_response.get("/x", cast_to=Thing)) as answer:
        assert "GET" == (await done(answer.parse())).method


async def test_a_stream_that_is_left_early_lets_go_of_the_connection(colour: str) -> None:
    """Leaving the block closes the response, whatever was read."""

    class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
        closed = False

        def __iter__(self) -> Iterator[bytes]:
            while not self.closed:
                yield b'data: {"method":"a","path":"1"}\n\n'

        async def __aiter__(self) -> Any:
            for piece in self:
                await anyio.lowlevel.checkpoint()  # as a socket would
                yield piece

        def close(self) -> None:
            self.closed = True

        async def aclose(self) -> None:
            self.closed = True

    body = Endless()
    headers = {"content-type": "text/event-stream"}
    wire = Wire(lambda _: httpx.Response(200, stream=body, headers=headers))
    stream = await done(wire.client(colour).get("/x", cast_to=Thing, stream=True))
    with suppress(StopIteration):
        async with entered(stream):
            first = next(stream) if colour == "sync" else await anext(stream)
            assert "a" == first.method
    assert body.closed


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
async def test_content_is_the_body(colour: str, method: str) -> None:
    """Bytes as they are, with a type that the caller may name."""
    wire = Wire(_echo)
    client = wire.client(colour)
    call = getattr(client, method)
    await done(call("/x", cast_to=object, content=b"abc"))
    assert (b"abc", "application/octet-stream") == (
        wire.sent.content,
        wire.sent.headers["content-type"],
    )
    typed = {"headers": {"content-type": "text/csv"}}
    await done(call("/x", cast_to=object, content=b"a,b", options=typed))
    assert "text/csv" == wire.requests[1].headers["content-type"]


@pytest.mark.parametrize("method", ["post", "put", "patch"])
async def test_files_are_sent_as_a_form(colour: str, method: str) -> None:
    """By name or as pairs, with the members of the body; several of one name are kept."""
    wire = Wire(lambda _: httpx.Response(200, json={}))
    call = getattr(wire.client(colour), method)
    await done(call("/x", cast_to=object, body={"purpose": "p"}, files={"file": ("a.txt", b"A")}))
    pairs = [("file", b"A"), ("file", b"B"), ("file", b"C")]
    await done(call("/x", cast_to=object, files=pairs))
    first, second = (request.content for request in wire.requests)
    assert wire.requests[0].headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="purpose"' in first
    assert b'name="file"; filename="a.txt"' in first
    assert [1, 1, 1] == [second.count(b"\r\n\r\n" + each) for _, each in pairs]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"content": b"a", "body": {}}, "`content` is the whole body; leave out `body`"),
        ({"content": b"a", "files": {}}, "`content` is the whole body; leave out `files`"),
        (
            {"files": {}, "body": [1]},
            "`files` can only be sent beside a mapping, and `body` is list",
        ),
    ],
)
async def test_bodies_that_exclude_each_other_are_refused(
    colour: str, arguments: dict[str, Any], message: str
) -> None:
    """Before anything is sent."""
    wire = Wire()
    with pytest.raises(ConfigurationError) as caught:
        await done(wire.client(colour).post("/x", cast_to=object, **arguments))
    assert message in str(caught.value)
    assert [] == wire.requests


def test_the_base_url_is_read_as_litellm_does() -> None:
    """It logs a private attribute of openai's private attribute."""
    client = Wire().client("sync")
    assert "http://server/v1" == client._base_url._uri_reference
    client.base_url = "http://other/v1"
    assert "http://other/v1" == client._base_url._uri_reference == client.copy()._base_url
