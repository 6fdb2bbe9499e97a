"""What a call puts on the wire, header by header and byte by byte."""

from __future__ import annotations

import json
import platform
import re
from typing import Any

import httpx
import pytest
import respx
from pytest_httpx import HTTPXMock

from sdk_openai_compat import (
    NOT_GIVEN,
    AsyncOpenAI,
    ConfigurationError,
    OpenAI,
    Timeout,
    omit,
)

from ._clients import CHAT, HELLO, KEY, Wire, done

pytestmark = pytest.mark.anyio


@pytest.mark.difference(
    "Calls",
    openai="Each call has `X-Stainless-*` headers, and the user agent is `OpenAI/Python ...`.",
    here="There are no such headers; the user agent names this package.",
)
async def test_a_plain_call_sends_these_headers_and_this_body(colour: str) -> None:
    """Nothing else: no library's fingerprint beyond the user agent, a compact body in order."""
    wire = Wire()
    client = wire.client(colour, organization="org", project="proj")
    await done(client.chat.completions.create(model="m", messages=HELLO, extra_body={"z": 1}))
    request = wire.sent
    assert "POST http://server/v1/chat/completions" == f"{request.method} {request.url}"
    assert b'{"model":"m","messages":[{"role":"user","content":"hello"}],"z":1}' == request.content
    headers = dict(request.headers)
    assert re.fullmatch("sdk-[0-9a-f]{32}", headers.pop("idempotency-key"))
    agent = f"{type(client).__name__}/0.1.0 python/{platform.python_version()}"
    assert {
        "host": "server",
        "connection": "keep-alive",
        "content-length": "66",
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "user-agent": agent,
        "authorization": f"Bearer {KEY}",
        "openai-organization": "org",
        "openai-project": "proj",
    } == headers


async def test_a_call_without_a_body_sends_none(colour: str) -> None:
    """A GET has neither a content type nor an idempotency key."""
    wire = Wire(lambda _: httpx.Response(200, json={"object": "list", "data": []}))
    await done(wire.client(colour).models.list())
    assert "GET http://server/v1/models" == f"{wire.sent.method} {wire.sent.url}"
    assert b"" == wire.sent.content
    absent = {"content-type", "content-length", "idempotency-key"}
    assert not absent & wire.sent.headers.keys()


@pytest.mark.parametrize(
    ("method", "arguments", "line", "body"),
    [
        (
            "completions.create",
            {"model": "m", "prompt": "p", "max_tokens": 3},
            "POST /v1/completions",
            b'{"model":"m","prompt":"p","max_tokens":3}',
        ),
        (
            "embeddings.create",
            {"model": "m", "input": ["a", "b"]},
            "POST /v1/embeddings",
            b'{"model":"m","input":["a","b"]}',
        ),
        ("models.retrieve", {"model": "a/b c"}, "GET /v1/models/a%2Fb%20c", b""),
        ("models.delete", {"model": "m"}, "DELETE /v1/models/m", b""),
    ],
)
async def test_each_method_has_its_line(
    colour: str, method: str, arguments: dict[str, Any], line: str, body: bytes
) -> None:
    """Method, path and body of the operations beside chat."""
    wire = Wire(lambda _: httpx.Response(200, json={}))
    resource, name = method.split(".")
    await done(getattr(getattr(wire.client(colour), resource), name)(**arguments))
    assert line == f"{wire.sent.method} {wire.sent.url.raw_path.decode()}"
    assert body == wire.sent.content


async def test_options_of_a_call_go_before_those_of_the_client(colour: str) -> None:
    """Headers in any case, query, body and timeout; the client keeps its own."""
    wire = Wire()
    client = wire.client(
        colour,
        base_url="http://server/v1?a=0",
        default_headers={"X-One": "client", "X-Two": "client"},
        default_query={"b": 1},
    )
    await done(
        client.chat.completions.create(
            model="m",
            messages=HELLO,
            temperature=0.5,
            extra_headers={"x-one": "call", "AUTHORIZATION": "Bearer other"},
            extra_query={"c": [2, 3], "d": {"e": True}},
            extra_body={"temperature": 1, "top_k": 5},
            timeout=Timeout(8, connect=2),
        )
    )
    assert "a=0&b=1&c[]=2&c[]=3&d[e]=true" == wire.sent.url.query.decode()
    assert ("call", "client") == (wire.sent.headers["x-one"], wire.sent.headers["x-two"])
    assert "Bearer other" == wire.sent.headers["authorization"]
    assert wire.sent.content.endswith(b',"temperature":1,"top_k":5}')
    assert {"connect": 2.0, "read": 8.0, "write": 8.0, "pool": 8.0} == wire.sent.extensions[
        "timeout"
    ]
    await done(client.chat.completions.create(model="m", messages=HELLO, timeout=NOT_GIVEN))
    assert "client" == wire.requests[1].headers["x-one"]
    assert 600.0 == wire.requests[1].extensions["timeout"]["read"]


async def test_omit_leaves_out_arguments_and_takes_defaults_away(colour: str) -> None:
    """In arguments, nested members, headers and the extra body; `None` is sent as null."""
    wire = Wire()
    client = wire.client(colour, default_headers={"X-One": "1"})
    messages: Any = [{"role": "user", "content": "hello", "name": omit}]
    await done(
        client.chat.completions.create(
            model="m",
            messages=messages,
            temperature=omit,
            stop=None,
            seed=NOT_GIVEN,
            user="u",
            extra_headers={"x-one": omit, "User-Agent": omit, "Idempotency-Key": omit},
            extra_body={"user": omit},
        )
    )
    assert (
        b'{"model":"m","messages":[{"role":"user","content":"hello"}],"stop":null}'
        == wire.sent.content
    )
    assert not {"x-one", "idempotency-key"} & wire.sent.headers.keys()
    assert not wire.sent.headers.get("user-agent", "").startswith(type(client).__name__)


@pytest.mark.difference(
    "Retries",
    openai="A call that is repeated carries no idempotency key.",
    here="Every attempt of a POST carries the same `Idempotency-Key`.",
)
async def test_every_attempt_carries_the_same_idempotency_key(colour: str) -> None:
    """And a number from the second one on; a key of the caller's is kept."""
    answers = [httpx.Response(500, headers={"retry-after-ms": "0"})] * 2 + [httpx.Response(200)]
    for own in ({}, {"Idempotency-Key": "mine"}):
        left = iter(answers)
        wire = Wire(lambda _, left=left: next(left))  # type: ignore[misc]
        await done(wire.client(colour).post("/x", cast_to=type(None), options={"headers": own}))
        keys = {request.headers["idempotency-key"] for request in wire.requests}
        assert len(keys) == 1
        assert own.get("Idempotency-Key") in {*keys, None}
        counts = [request.headers.get("x-sdk-retry-count") for request in wire.requests]
        assert [None, "1", "2"] == counts


async def test_an_answer_can_be_sent_back_as_it_is(colour: str) -> None:
    """A message that came goes into the next call's conversation, unknown members included."""
    message = {"role": "assistant", "content": "hi", "reasoning_content": "hm", "vendor": {"a": 1}}
    answer = {**CHAT, "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    wire = Wire(lambda _: httpx.Response(200, json=answer))
    client = wire.client(colour)
    first = await done(client.chat.completions.create(model="m", messages=HELLO))
    history = [*HELLO, first.choices[0].message]
    await done(client.chat.completions.create(model="m", messages=iter(history)))
    assert message == json.loads(wire.requests[1].content)["messages"][1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"extra_headers": {"X-A": 1}}, "the header `X-A` must be a string, not int"),
        ({"extra_headers": {"X-A": "é€"}}, "the header `x-a` holds characters"),
        ({"extra_query": "a=1"}, "a query must be a mapping"),
        ({"extra_body": "a=1"}, "`extra_body` must be a mapping"),
        ({"timeout": "soon"}, "`timeout` (connect) must be a number"),
        ({"temperature": float("nan")}, "`temperature` cannot be sent as JSON"),
        ({"metadata": {"a": object()}}, "`metadata.a` cannot be sent as JSON"),
    ],
)
async def test_a_call_that_cannot_be_made_names_what_is_wrong(
    colour: str, arguments: dict[str, Any], message: str
) -> None:
    """Nothing is sent."""
    wire = Wire()
    client = wire.client(colour)
    with pytest.raises(ConfigurationError) as caught:
        await done(client.chat.completions.create(model="m", messages=HELLO, **arguments))
    assert message in str(caught.value)
    assert [] == wire.requests


async def test_extra_body_needs_a_body(colour: str) -> None:
    """An operation without one refuses it instead of dropping it."""
    client = Wire().client(colour)
    with pytest.raises(ConfigurationError, match="`list` sends no body"):
        await done(client.models.list(extra_body={"a": 1}))


async def test_respx_intercepts(colour: str) -> None:
    """Users' tests with respx go on working: the default transport is httpx's own."""
    kind: Any = OpenAI if colour == "sync" else AsyncOpenAI
    with respx.mock(base_url="http://mocked/v1") as router:
        route = router.post("/chat/completions").respond(json=CHAT)
        client = kind(api_key=KEY, base_url="http://mocked/v1")
        answer = await done(client.chat.completions.create(model="m", messages=HELLO))
        await done(client.close())
    assert "hi" == answer.choices[0].message.content
    assert f"Bearer {KEY}" == route.calls.last.request.headers["Authorization"]


async def test_pytest_httpx_intercepts(colour: str, httpx_mock: HTTPXMock) -> None:
    """Users' tests with pytest-httpx go on working, too."""
    httpx_mock.add_response(url="http://mocked/v1/chat/completions", json=CHAT)
    kind: Any = OpenAI if colour == "sync" else AsyncOpenAI
    client = kind(api_key=KEY, base_url="http://mocked/v1")
    answer = await done(client.chat.completions.create(model="m", messages=HELLO))
    await done(client.close())
    assert "hi" == answer.choices[0].message.content
