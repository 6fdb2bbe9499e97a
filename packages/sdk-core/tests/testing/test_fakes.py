"""The transport that answers without a network."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core.clients import SyncClient
from sdk_core.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    InternalServerError,
)
from sdk_core.operations import Body, Operation
from sdk_core.testing import FakeTransport, UnexpectedRequestError, request, response, streamed

from ._calls import URL, connect, done, first_of, open_stream, pieces_of

pytestmark = pytest.mark.anyio
CANARY = "canary-c0de-0123"
UPLOAD: Any = Operation("upload", "POST", "/", body=Body("application/octet-stream", "bytes"))


async def test_answers_come_in_order(colour: str) -> None:
    """Each for one request, and the requests are kept."""
    with FakeTransport([response(json=1), response(json=2)]) as fake:
        client = connect(colour, fake, credential=CANARY)
        assert await done(client.request("POST", "/a", body={"b": 1})) == 1
        assert await done(client.request("GET", "/c")) == 2
    assert [(sent.method, sent.url) for sent in fake.requests] == [
        ("POST", f"{URL}/a"),
        ("GET", f"{URL}/c"),
    ]
    assert fake.requests[0].content == b'{"b":1}'
    assert fake.requests[0].headers["authorization"] == f"Bearer {CANARY}"


async def test_policies_are_above_it(colour: str) -> None:
    """A refusal and an error of the network are repeated as real ones are."""
    answers = [response(503, {"retry-after": "0"}), APITimeoutError(), response(json=[])]
    with FakeTransport(answers) as fake:
        client = connect(colour, fake, max_retries=2)
        assert await done(client.request("GET", "/a")) == []
    assert len(fake.requests) == 3


async def test_an_answer_can_be_given_twice(colour: str) -> None:
    """Each request gets a copy."""
    same = streamed(b"1", headers={"content-type": "application/json"})
    client = connect(colour, FakeTransport([same, same]))
    assert [await done(client.request("GET", "/")) for _ in range(2)] == [1, 1]


async def test_errors_are_thrown_in(colour: str) -> None:
    """Whatever their type."""
    client = connect(colour, FakeTransport([APIConnectionError(message="gone"), OSError("odd")]))
    with pytest.raises(APIConnectionError, match="gone"):
        await done(client.request("GET", "/"))
    with pytest.raises(OSError, match="odd"):
        await done(client.request("GET", "/"))


async def test_a_function_answers_every_request(colour: str) -> None:
    """It sees what was sent, and nothing of it is ever unused."""
    with FakeTransport(lambda sent: response(json=sent.url)) as fake:
        client = connect(colour, fake)
        assert await done(client.request("GET", "/a")) == f"{URL}/a"
    assert fake.unused == []


async def test_a_function_may_be_one_of_several_answers(colour: str) -> None:
    """As with everything in a list, it is asked once."""
    client = connect(colour, FakeTransport([lambda sent: response(json=sent.method)]))
    assert await done(client.request("PUT", "/")) == "PUT"


async def test_an_async_function_is_for_asynchronous_clients(colour: str) -> None:
    """Clients that block refuse it by name."""

    async def answer(_: Any) -> Any:
        return response(json="waited")

    client = connect(colour, FakeTransport(answer))
    if colour == "async":
        assert await client.request("GET", "/") == "waited"
        return
    with pytest.raises(ConfigurationError, match="`answers` has an async function"):
        client.request("GET", "/")


async def test_routes_are_found_by_method_and_path(colour: str) -> None:
    """The first that fits; names in braces are parts of the path, decoded."""

    def thing(sent: Any, name: str, part: str) -> Any:
        return response(json=[name, part, sent.method])

    table = {
        "GET /v1/things": response(json="all"),
        "POST /v1/things": response(json="made"),
        "GET /v1/things/{name}/{part}": thing,
        "GET https://api.example.com/v1/other": response(json="whole"),
    }
    with FakeTransport(table) as fake:
        client = connect(colour, fake)
        assert await done(client.request("GET", "/things", query={"a": 1})) == "all"
        assert await done(client.request("POST", "/things")) == "made"
        assert await done(client.request("GET", "/things/a%2Fb/c")) == ["a/b", "c", "GET"]
        assert await done(client.request("GET", "/other")) == "whole"
        assert await done(client.request("GET", "/things")) == "all"


async def test_a_route_may_have_answers_in_order(colour: str) -> None:
    """One after the last of them is one too many, by the name of the route."""
    fake = FakeTransport({"GET /v1/a": [response(json=1), response(json=2)]})
    client = connect(colour, fake)
    assert [await done(client.request("GET", "/a")) for _ in range(2)] == [1, 2]
    with pytest.raises(
        UnexpectedRequestError, match="is one too many: 2 answers were given for `GET /v1/a`"
    ):
        await done(client.request("GET", "/a"))


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([], "request 1, GET https://api.example.com/v1/a, is one too many: 0 answers"),
        ({}, "request 1, GET https://api.example.com/v1/a, fits no route; there are none"),
        ({"POST /v1/a": response()}, "fits no route; there are `POST /v1/a`"),
        ({"GET /v1/a/{b}": response()}, "fits no route"),
    ],
)
async def test_an_unexpected_request_is_named(colour: str, answers: Any, words: str) -> None:
    """At once: nothing repeats it, though the client would repeat a failure."""
    fake = FakeTransport(answers)
    with pytest.raises(UnexpectedRequestError, match=words) as caught:
        await done(connect(colour, fake, max_retries=3).request("GET", "/a"))
    assert caught.value.request is fake.requests[0]
    assert len(fake.requests) == 1


async def test_an_unexpected_request_shows_no_secret(colour: str) -> None:
    """Keys in its query are left out of the message."""
    client = connect(colour, FakeTransport())
    with pytest.raises(UnexpectedRequestError) as caught:
        await done(client.request("GET", "/a", query={"api_key": CANARY}))
    assert CANARY not in str(caught.value)


def test_the_error_pickles() -> None:
    """Runners of tests send it from process to process."""
    error = pickle.loads(pickle.dumps(UnexpectedRequestError("no", request())))
    assert (str(error), error.request.method) == ("no", "GET")


def test_what_was_not_asked_for_is_named_at_the_end() -> None:
    """Answers of a list, routes, and answers of a route."""
    with pytest.raises(AssertionError, match=r"no request came for 1 .* <Response \[204\]>"):
        FakeTransport([response(204)]).assert_all_used()
    fake = FakeTransport({"GET /v1/a": response(), "GET /v1/b": [OSError("x")]})
    assert fake.unused == ["`GET /v1/a`", "`GET /v1/b` OSError('x')"]


def test_an_unexpected_request_that_was_caught_fails_the_test_nevertheless() -> None:
    """The context manager raises it again; not over another failure."""
    fake = FakeTransport()
    with pytest.raises(UnexpectedRequestError):
        connect("sync", fake).request("GET", "/")
    with pytest.raises(UnexpectedRequestError):
        fake.assert_all_used()
    with pytest.raises(ZeroDivisionError), FakeTransport([response()]):
        raise ZeroDivisionError


async def test_a_stream_comes_in_the_given_pieces(colour: str) -> None:
    """They are cut where the test says; what is empty is none."""
    client = connect(colour, FakeTransport([streamed(b"ab", b"", b"c")]))
    body = await open_stream(client)
    assert await pieces_of(body, colour) == [b"ab", b"c"]
    assert await pieces_of(body, colour) == []


async def test_an_error_in_a_stream_is_raised_where_it_stands(colour: str) -> None:
    """Behind the pieces that came before it; then nothing more comes."""
    fake = FakeTransport([streamed(b"ab", APIConnectionError(message="cut"), b"c")])
    body = await open_stream(connect(colour, fake))
    assert await first_of(body, colour) == b"ab"
    with pytest.raises(APIConnectionError, match="cut"):
        await pieces_of(body, colour)
    assert await pieces_of(body, colour) == []


async def test_a_stream_that_was_closed_is_over(colour: str) -> None:
    """As that of an engine is."""
    body = await open_stream(connect(colour, FakeTransport([streamed(b"ab", b"c")])))
    await done(body.close() if colour == "sync" else body.aclose())
    assert await pieces_of(body, colour) == []


async def test_events_are_read_from_a_stream(colour: str) -> None:
    """It is an event stream, unless the test says otherwise."""
    fake = FakeTransport([streamed(b'data: {"a"', b": 1}\n\n")])
    client = connect(colour, fake)
    answer = await done(client._driver.transport.send(request(stream=True)))
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert b"".join(await pieces_of(answer.stream, colour)) == b'data: {"a": 1}\n\n'


async def test_a_refusal_is_read_although_a_stream_was_wanted(colour: str) -> None:
    """As transports do."""
    fake = FakeTransport([streamed(b"no", b"pe", status=500)])
    answer = await done(connect(colour, fake)._driver.transport.send(request(stream=True)))
    assert (answer.stream, answer.content) == (None, b"nope")
    client = connect(colour, FakeTransport([response(500, json={"error": {"message": "odd"}})]))
    with pytest.raises(InternalServerError, match="odd"):
        await done(client.request("GET", "/"))


async def test_the_body_of_an_upload_is_read(colour: str) -> None:
    """As an engine reads it, and it stands in the kept request."""

    def chunks() -> Iterator[bytes]:
        yield b"ab"
        yield b"c"

    with FakeTransport([response(json=1)]) as fake:
        await done(connect(colour, fake).call(UPLOAD, body=chunks()))
    assert fake.requests[0].content == b"abc"


async def test_each_client_has_a_transport_of_its_own(colour: str) -> None:
    """Closing one leaves the others open."""
    fake = FakeTransport(lambda _: response(json=1))
    first, second = connect(colour, fake), connect(colour, fake)
    await done(first.close())
    assert first.is_closed()
    with pytest.raises(ConfigurationError, match="the client has been closed"):
        await done(first.request("GET", "/"))
    assert await done(second.request("GET", "/")) == 1


def test_threads_may_send_at_the_same_time() -> None:
    """Each answer is given once."""
    with FakeTransport([response(json=number) for number in range(200)]) as fake:
        client = connect("sync", fake)
        with ThreadPoolExecutor(8) as threads:
            came = list(threads.map(lambda _: client.request("GET", "/"), range(200)))
    assert sorted(came) == list(range(200))


@pytest.mark.parametrize("answers", [7, "abc", response(), b"abc"])
def test_what_are_no_answers_is_refused(answers: Any) -> None:
    """When the fake is made, with the type of what was given."""
    with pytest.raises(ConfigurationError, match="`answers` must be a list of answers"):
        FakeTransport(answers)


@pytest.mark.parametrize("label", ["/things", "get /things", "GET things", ""])
def test_what_is_no_route_is_refused(label: str) -> None:
    """With an example of one."""
    with pytest.raises(ConfigurationError, match=r"write it like 'GET /things/\{id\}'"):
        FakeTransport({label: response()})


@pytest.mark.parametrize("answer", [503, SimpleNamespace(), None])
async def test_what_is_no_answer_is_refused(colour: str, answer: Any) -> None:
    """When it would be given."""
    client = connect(colour, FakeTransport([answer]))
    with pytest.raises(ConfigurationError, match="`answers` must be responses"):
        await done(client.request("GET", "/"))


def test_the_class_itself_is_no_transport() -> None:
    """The message asks whether a value was meant."""
    kind: Any = FakeTransport
    with pytest.raises(ConfigurationError, match=r"did you mean `FakeTransport\(\)`"):
        SyncClient(base_url=URL, transport=kind)
