"""Services: what they call, and what they raise."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest

from sdk_core.clients import SyncClient
from sdk_core.errors import (
    APIStatusError,
    BadRequestError,
    ConfigurationError,
)
from sdk_core.responses import APIResponse
from sdk_core.services import (
    BaseService,
    method,
)
from sdk_core.typing import Flow, omit

from ._things import (
    GET_THING,
    BusyError,
    Client,
    Http,
    LaterClient,
    QuotaError,
    Serve,
    Thing,
    ThingNotFoundError,
    ThingsService,
    answers,
)


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Return what calls a function of a client, in both colours."""

    def run(url: str, use: Callable[[Any], Any], **options: Any) -> Any:
        if request.param == "sync":
            with Client(base_url=url, max_retries=0, **options) as client:
                return use(client)

        async def main() -> Any:
            async with LaterClient(base_url=url, max_retries=0, **options) as client:
                result = use(client)
                return await result if hasattr(result, "__await__") else result

        return anyio.run(main)

    return run


def test_a_call_is_decoded_as_its_operation_says(
    serve: Serve, http: Http, call: Callable[..., Any]
) -> None:
    """What it returns is the model, not a dictionary."""
    server = serve(answers(http, {"id": "a b"}))
    assert Thing(id="a b") == call(server.url, lambda client: client.things.get("a b"))
    assert "GET /things/a%20b HTTP/1.1" == server.requests[0].line


def test_a_path_is_called_with_typed_answers(
    serve: Serve, http: Http, call: Callable[..., Any]
) -> None:
    """Arguments are escaped, a body is JSON, and the rest goes where it belongs."""
    server = serve(answers(http, {"id": "a"}, [{"id": "b"}], {"c": 1}))
    made = call(
        server.url,
        lambda client: client.things.ask(
            "post",
            "/things/{thing_id}",
            {"thing_id": "a/../b"},
            cast_to=Thing,
            body={"name": None, "size": omit},
            query={"page": 1},
            headers={"X-Trace": "1"},
        ),
    )
    assert Thing(id="a") == made
    sent = server.requests[0]
    assert "POST /things/a%2F..%2Fb?page=1 HTTP/1.1" == sent.line
    assert ("1", b'{"name":null}') == (sent.headers["x-trace"], sent.body)
    many = call(server.url, lambda client: client.things.ask("GET", "/a", cast_to=list[Thing]))
    assert [Thing(id="b")] == many
    assert {"c": 1} == call(server.url, lambda client: client.things.ask("GET", "a"))


def test_a_missing_argument_is_refused_before_anything_is_sent(
    serve: Serve, http: Http, call: Callable[..., Any]
) -> None:
    """By its name."""
    server = serve(answers(http))
    with pytest.raises(ConfigurationError, match="`thing_id` is required by GET /things/"):
        call(server.url, lambda client: client.things.ask("GET", "/things/{thing_id}"))
    assert [] == server.requests


def test_a_path_may_answer_with_a_stream(
    serve: Serve, http: Http, call: Callable[..., Any]
) -> None:
    """Item by item, each of the type."""
    body = b'data: {"id": "a"}\n\ndata: [DONE]\n\n'
    server = serve(lambda _: [http(body, content_type="text/event-stream")])

    def read(client: Any) -> Any:
        made = client.things.ask("GET", "/things", cast_to=Thing, stream=True)
        if not hasattr(made, "__await__"):
            return list(made)

        async def collect() -> list[Thing]:
            return [item async for item in await made]

        return collect()

    assert [Thing(id="a")] == call(server.url, read)


def test_a_flow_is_written_once(serve: Serve, http: Http, call: Callable[..., Any]) -> None:
    """Several calls, one after the other, in both colours."""
    server = serve(answers(http, {"id": "a", "name": "x"}, {"id": "a", "name": "y"}))
    said = call(server.url, lambda client: client.things.rename("a", name="y"))
    assert "x -> y" == said
    assert ["GET /things/a", "PUT /things/a"] == [
        sent.line.rpartition(" ")[0] for sent in server.requests
    ]
    assert b'{"name":"y"}' == server.requests[1].body
    assert "rename" == ThingsService.rename.__name__


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, {}, ThingNotFoundError),
        (409, {"error": {"message": "no"}}, BusyError),
        (429, {"error": {"code": "quota"}}, QuotaError),
        (400, {"code": "quota"}, QuotaError),
        (403, {"type": "https://errors.example.com/quota"}, QuotaError),
        (400, {"code": 7}, BadRequestError),
    ],
)
def test_a_service_raises_errors_of_its_own(
    serve: Serve,
    http: Http,
    call: Callable[..., Any],
    status: int,
    body: Any,
    kind: type[APIStatusError],
) -> None:
    """By code, by type and by status, those of base classes too; they pickle."""
    server = serve(answers(http, (body, status)))
    with pytest.raises(APIStatusError) as caught:
        call(server.url, lambda client: client.things.get("a"))
    assert kind is type(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (kind, status) == (type(again), again.status_code)
    assert caught.value.__context__ is None


def test_a_flow_catches_the_errors_of_its_service(
    serve: Serve, http: Http, call: Callable[..., Any]
) -> None:
    """They are thrown into it where it calls."""
    server = serve(answers(http, ({}, 404), {"id": "new"}))
    assert Thing(id="new") == call(server.url, lambda client: client.things.get_or_make("a"))


def test_other_ways_of_calling_raise_them_too(
    serve: Serve, http: Http, call: Callable[..., Any], tmp_path: Path
) -> None:
    """Paths, pages and downloads."""
    ways: list[Callable[[Any], Any]] = [
        lambda client: client.things.ask("GET", "/things/a"),
        lambda client: client.things.every().first(),
        lambda client: client.things.save("a", tmp_path / "a"),
    ]
    for way in ways:
        server = serve(answers(http, ({}, 404)))
        with pytest.raises(ThingNotFoundError):
            call(server.url, way)
    assert [] == list(tmp_path.iterdir())


def test_pages_are_iterated_over(serve: Serve, http: Http, call: Callable[..., Any]) -> None:
    """A method that pages sends nothing until they are."""
    server = serve(answers(http, {"data": [1, 2], "next": "b"}, {"data": [3]}))

    def read(client: Any) -> Any:
        pages = client.things.every()
        assert [] == server.requests
        return pages.collect()

    assert [1, 2, 3] == call(server.url, read)


def test_a_file_is_saved(
    serve: Serve, http: Http, call: Callable[..., Any], tmp_path: Path
) -> None:
    """By the transfers, which write beside its place first."""
    server = serve(lambda _: [http(b"abc", content_type="application/octet-stream")])
    path = call(server.url, lambda client: client.things.save("a", tmp_path / "a"))
    assert (tmp_path / "a", b"abc") == (path, path.read_bytes())


def test_raw_answers_have_their_http_around_them(
    serve: Serve, http: Http, call: Callable[..., Any]
) -> None:
    """Of a flow it is that of the last call; ``parse`` gives what the method returns."""
    bodies = {"id": "a", "name": "x"}, {"id": "a", "name": "y"}
    server = serve(answers(http, bodies[0], *bodies, *bodies, ({}, 404), bodies[1]))
    answer = call(server.url, lambda client: client.with_raw_response.things.get("a"))
    assert (200, Thing(**bodies[0])) == (answer.status_code, answer.parse())
    for way in (
        lambda client: client.with_raw_response.things.rename("a", name="y"),
        lambda client: client.things.with_raw_response.rename("a", name="y"),
    ):
        answer = call(server.url, way)
        assert isinstance(answer, APIResponse)
        assert ("PUT", b'{"id": "a", "name": "y"}') == (answer.method, answer.content)
        assert "x -> y" == answer.parse()
    answer = call(server.url, lambda client: client.with_raw_response.things.get_or_make("a"))
    assert Thing(**bodies[1]) == answer.parse()
    assert 3 == call(server.url, lambda client: client.with_raw_response.things.nothing())


def test_streaming_is_for_single_calls(
    serve: Serve, http: Http, call: Callable[..., Any], tmp_path: Path
) -> None:
    """A call may leave its body unread; a flow, which reads it, says so before it sends."""
    server = serve(answers(http, {"id": "a"}))

    def read(client: Any) -> Any:
        context = client.things.with_streaming_response.get("a")
        if hasattr(context, "__enter__"):
            with context as answer:
                return answer.read()

        async def enter() -> bytes:
            async with context as answer:
                read: bytes = await answer.read()
                return read

        return enter()

    assert b'{"id": "a"}' == call(server.url, read)

    def enter(context: Any) -> Any:
        return context.__enter__() if hasattr(context, "__enter__") else context.__aenter__()

    ways: list[Callable[[Any], Any]] = [
        lambda things: things.rename("a", name="y"),
        lambda things: things.save("a", tmp_path / "a"),
    ]
    for way in ways:

        def use(client: Any, way: Callable[[Any], Any] = way) -> Any:
            return enter(way(client.with_streaming_response.things))

        with pytest.raises(ConfigurationError, match="without `with_streaming_response`"):
            call(server.url, use)
    assert 1 == len(server.requests)


def test_an_operation_with_errors_is_made_once(serve: Serve, http: Http) -> None:
    """So that what is kept of it, such as its decoder, is found again."""
    with Client(base_url="http://localhost") as client:
        things = client.things
        assert things._own(GET_THING) is things._own(GET_THING)
        assert GET_THING.raises == {}

    class Plain(BaseService):
        """Without errors."""

    with SyncClient(base_url="http://localhost") as plain:
        assert Plain(plain)._own(GET_THING) is GET_THING


def test_a_deprecated_operation_warns_of_the_caller(serve: Serve, http: Http) -> None:
    """Not of the service, nor of what runs its flows."""
    old = attrs.evolve(GET_THING, deprecated=True)

    class Old(BaseService):
        @method
        def get(self) -> Flow[Thing]:
            return (yield from self._calling(old, {"thing_id": "a"}))

    server = serve(answers(http, {"id": "a"}))
    call = compile("service.get()", "caller.py", "eval")
    with (
        SyncClient(base_url=server.url) as client,
        pytest.warns(DeprecationWarning, match="`GET /things/") as warned,
    ):
        eval(call, {"service": Old(client)})
    assert "caller.py" == warned[0].filename
