"""``with_raw_response`` and ``with_streaming_response``, over real connections."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core._messages import Response
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APIResponseValidationError, ConfigurationError, NotFoundError
from sdk_core.models import BaseModel
from sdk_core.operations import Body, Content, Operation, Ref, Streaming
from sdk_core.resources import AsyncResource, SyncResource
from sdk_core.responses import (
    APIResponse,
    AsyncStreamedAPIResponse,
    StreamedAPIResponse,
    _Lines,
    async_raw,
    async_streaming,
    raw,
    streaming,
)
from sdk_core.streams import AsyncStream, Stream
from sdk_core.testing import request, response

pytestmark = pytest.mark.anyio

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]


class Thing(BaseModel):
    """What the operations answer with."""

    id: str


JSON = Content("application/json", "json", Ref.to(Thing))
EVENTS = Content("text/event-stream", "events", Ref.to(Thing))
GET: Operation[Thing] = Operation("getThing", "GET", "/thing", responses={"200": (JSON,)})
LIST: Operation[Any] = Operation(
    "listThings",
    "POST",
    "/things",
    body=Body(),
    responses={"200": (JSON, EVENTS)},
    streaming=Streaming(switch="stream", terminator="[DONE]"),
)


class Things(SyncResource):
    """A resource as it is generated."""

    note = "no method"

    def get(self) -> Thing:
        """Get."""
        return self._call(GET)

    def list(self, *, stream: bool = True) -> Any:
        """List."""
        return self._call(LIST, body={"stream": stream})

    @property
    def with_raw_response(self) -> Any:
        """Raw."""
        return self._view("raw")

    @property
    def with_streaming_response(self) -> Any:
        """Streaming."""
        return self._view("streaming")


class AsyncThings(AsyncResource):
    """The asynchronous twin."""

    note = "no method"

    async def get(self) -> Thing:
        """Get."""
        return await self._call(GET)

    async def list(self, *, stream: bool = True) -> Any:
        """List."""
        return await self._call(LIST, body={"stream": stream})

    @property
    def with_raw_response(self) -> Any:
        """Raw."""
        return self._view("raw")

    @property
    def with_streaming_response(self) -> Any:
        """Streaming."""
        return self._view("streaming")


class Client(SyncClient):
    """A client as it is generated."""

    @cached_property
    def things(self) -> Things:
        """Things."""
        return Things(self, self._mode)


class Async(AsyncClient):
    """The asynchronous twin."""

    @cached_property
    def things(self) -> AsyncThings:
        """Things."""
        return AsyncThings(self, self._mode)


async def done(value: Any) -> Any:
    """Await what is awaitable: one test for both colours."""
    return await value if inspect.isawaitable(value) else value


class entered:  # noqa: N801  # reads as what it does
    """Enter a context manager of either colour."""

    def __init__(self, context: Any) -> None:
        self._context = context

    async def __aenter__(self) -> Any:
        enter = getattr(self._context, "__aenter__", None) or self._context.__enter__
        return await done(enter())

    async def __aexit__(self, *args: object) -> None:
        leave = getattr(self._context, "__aexit__", None) or self._context.__exit__
        await done(leave(*args))


async def items(iterable: Any) -> list[Any]:
    """Return what an iterator of either colour gives."""
    if hasattr(iterable, "__aiter__"):
        return [item async for item in iterable]
    return list(iterable)


def connect(colour: str, server: SimpleNamespace) -> Any:
    """Return a client of that colour."""
    cls: Any = Client if colour == "sync" else Async
    return cls(base_url=f"{server.url}/v1?v=1", credential="canary-1", max_retries=0)


@pytest.fixture
def one(serve: Serve, http: Http) -> SimpleNamespace:
    """Serve one thing."""
    return serve(lambda _: [http(b'{"id": "a"}', x_request_id="r-1")])


@pytest.mark.parametrize("place", ["resource", "client"])
async def test_a_raw_response_has_its_http_around_it(
    colour: str, one: SimpleNamespace, place: str
) -> None:
    """Status, headers and body are at hand, and `parse` gives what the method gives."""
    async with entered(connect(colour, one)) as client:
        if place == "client":
            answer = await done(client.with_raw_response.things.get())
        else:
            answer = await done(client.things.with_raw_response.get())
        assert type(answer) is APIResponse
        assert repr(answer) == "<APIResponse [200]>"
        assert (answer.status_code, answer.request_id, answer.http_version) == (
            200,
            "r-1",
            "HTTP/1.1",
        )
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.url == f"{one.url}/v1/thing?v=1"
        assert (answer.method, answer.retries_taken) == ("GET", 0)
        assert answer.http_request.method == "GET"
        assert (answer.content, answer.text) == (b'{"id": "a"}', '{"id": "a"}')
        assert answer.json() == {"id": "a"}
        assert (type(answer.parse()), answer.parse().id) == (Thing, "a")
        assert answer.http_response.json() == {"id": "a"}
        assert answer.http_response.headers["x-request-id"] == "r-1"
        assert answer.http_response.request.headers["host"] in one.url


async def test_a_raw_response_of_a_stream_parses_to_the_stream(
    colour: str, serve: Serve, http: Http
) -> None:
    """The body is still to come, and saying so is better than a wrong one."""
    body = b'data: {"id": "a"}\n\ndata: [DONE]\n\n'
    server = serve(lambda _: [http(body, content_type="text/event-stream")])
    async with entered(connect(colour, server)) as client:
        answer = await done(client.things.with_raw_response.list())
        with pytest.raises(RuntimeError, match="has not been read"):
            _ = answer.content
        assert answer.http_response.status_code == 200
        stream = answer.parse()
        assert answer.parse() is stream
        assert type(stream) is (Stream if colour == "sync" else AsyncStream)
        assert [item.id for item in await items(stream)] == ["a"]


class Other(BaseModel):
    """Another type for the same answer."""

    id: Any


async def test_an_answer_can_be_parsed_as_something_else(colour: str, one: SimpleNamespace) -> None:
    """`parse(to=...)` takes any type, in both forms of answer."""
    async with entered(connect(colour, one)) as client:
        answer = await done(client.things.with_raw_response.get())
        assert type(answer.parse(to=Other)) is Other
        assert answer.parse(to=dict) == {"id": "a"}
        async with entered(client.things.with_streaming_response.get()) as streamed:
            assert type(await done(streamed.parse(to=Other))) is Other


async def test_an_answer_knows_its_time_and_whether_it_is_done(
    colour: str, one: SimpleNamespace
) -> None:
    """`elapsed` counts from the sending, `is_closed` tells whether the connection is free."""
    async with entered(connect(colour, one)) as client:
        answer = await done(client.things.with_raw_response.get())
        assert 0 < answer.elapsed.total_seconds() < 60
        assert answer.is_closed
        async with entered(client.things.with_streaming_response.get()) as streamed:
            assert not streamed.is_closed
        assert streamed.is_closed


async def test_a_body_comes_in_chunks_of_a_size(colour: str, serve: Serve) -> None:
    """Whatever the pieces were, bytes and characters come in equal chunks, the last one shorter."""
    server = serve(lambda _: chunked("äb".encode(), b"cdefg", b"h"))
    async with entered(connect(colour, server)) as client:
        get = client.things.with_streaming_response.get
        async with entered(get()) as answer:
            found = await items(answer.iter_bytes(4))
            assert found == ["äbc".encode(), b"defg", b"h"]
        async with entered(get()) as answer:
            assert await items(answer.iter_text(3)) == ["äbc", "def", "gh"]
        async with entered(get()) as answer:
            await done(answer.read())
            assert await items(answer.iter_bytes(5)) == ["äbcd".encode(), b"efgh"]
        async with entered(get()) as answer:
            for wrong in (0, -1):
                with pytest.raises(ConfigurationError, match="`chunk_size`"):
                    await items(answer.iter_bytes(wrong))


@pytest.mark.parametrize("place", ["resource", "client"])
async def test_a_streaming_response_leaves_the_body_unread(
    colour: str, one: SimpleNamespace, place: str
) -> None:
    """The body is read once, in whatever form is asked for first."""
    async with entered(connect(colour, one)) as client:
        things = client.with_streaming_response.things
        if place == "resource":
            things = client.things.with_streaming_response
        async with entered(things.get()) as answer:
            assert type(answer) is (
                StreamedAPIResponse if colour == "sync" else AsyncStreamedAPIResponse
            )
            assert (answer.status_code, answer.request_id) == (200, "r-1")
            assert answer.http_response.is_stream_consumed is False
            assert await done(answer.read()) == b'{"id": "a"}'
            assert await done(answer.text()) == '{"id": "a"}'
            assert await done(answer.json()) == {"id": "a"}
            assert (await done(answer.parse())).id == "a"
            assert await items(answer.iter_bytes()) == [b'{"id": "a"}']
        async with entered(things.get()) as answer:
            assert (await done(answer.parse())).id == "a"
        async with entered(things.get()) as answer:
            assert "".join(await items(answer.iter_text())) == '{"id": "a"}'
        async with entered(things.get()) as answer:
            await done(answer.close())
    assert len(one.requests) == 4


async def test_an_unread_stream_parses_to_its_items(colour: str, serve: Serve, http: Http) -> None:
    """`parse` of a stream reads nothing by itself."""
    body = b'data: {"id": "a"}\n\ndata: [DONE]\n\n'
    server = serve(lambda _: [http(body, content_type="text/event-stream")])
    async with (
        entered(connect(colour, server)) as client,
        entered(client.things.with_streaming_response.list()) as answer,
    ):
        stream = await done(answer.parse())
        assert [item.id for item in await items(stream)] == ["a"]
    async with (
        entered(connect(colour, server)) as client,
        entered(client.things.with_streaming_response.list()) as answer,
    ):
        stream = await done(answer.parse())
        assert await done(answer.read()) == body
        await done(stream.close())


async def test_a_body_can_be_read_once(colour: str, serve: Serve, http: Http) -> None:
    """A second reading of what is gone is an error that says so; `read` keeps what it read."""
    body = b'data: {"id": "a"}\n\ndata: [DONE]\n\n'
    server = serve(lambda _: [http(body, content_type="text/event-stream")])

    async def pieces(answer: Any) -> list[Any]:
        return await items(answer.iter_bytes())

    async def parse(answer: Any) -> Any:
        return await items(await done(answer.parse()))

    async def read(answer: Any) -> Any:
        return await done(answer.read())

    async with entered(connect(colour, server)) as client:
        view = client.things.with_streaming_response
        for first in (pieces, parse):
            for second in (read, pieces, parse) if first is pieces else (read, pieces):
                async with entered(view.list()) as answer:
                    assert await first(answer)
                    with pytest.raises(ConfigurationError, match="read once only"):
                        await second(answer)
        async with entered(view.list()) as answer:
            assert await read(answer) == await read(answer) == body
            assert b"".join(await pieces(answer)) == body


def chunked(*pieces: bytes, content_type: str = "text/plain") -> list[bytes]:
    """Return an answer in pieces."""
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n"
    body = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]
    return [head.encode(), *body, b"0\r\n\r\n"]


async def test_lines_are_cut_as_in_http(colour: str, serve: Serve) -> None:
    """LF, CR LF and CR end a line, however the bytes were cut, and U+2028 does not."""
    pieces = "a\u2028b\r|\nc\rd\ne\x0bf|\n\n|é".encode().split(b"|")
    pieces[-1:] = [pieces[-1][:1], pieces[-1][1:]]
    server = serve(lambda _: chunked(*pieces))
    async with (
        entered(connect(colour, server)) as client,
        entered(client.things.with_streaming_response.get()) as answer,
    ):
        expected = ["a\u2028b", "c", "d", "e\x0bf", "", "é"]
        assert expected == await items(answer.iter_lines())


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([""], []),
        (["a"], ["a"]),
        (["a\n"], ["a"]),
        (["a\r"], ["a"]),
        (["a\r", "\n"], ["a"]),
        (["a\r", "b"], ["a", "b"]),
        (["\r\r\n\n"], ["", "", ""]),
        (["a", "b", "\nc"], ["ab", "c"]),
        (["a\n\r"], ["a", ""]),
    ],
)
async def test_every_end_of_a_line_is_found(pieces: list[str], expected: list[str]) -> None:
    """The last line needs no end, and a CR at the end of a piece waits for its LF."""
    lines = _Lines()
    assert expected == [line for piece in pieces for line in lines.feed(piece)] + lines.end()


async def test_a_body_goes_to_a_file(colour: str, serve: Serve, tmp_path: Path) -> None:
    """Piece by piece, as it comes."""
    server = serve(lambda _: chunked(b"abc", b"def"))
    async with (
        entered(connect(colour, server)) as client,
        entered(client.things.with_streaming_response.get()) as answer,
    ):
        await done(answer.stream_to_file(tmp_path / "body"))
    assert (tmp_path / "body").read_bytes() == b"abcdef"


async def test_half_characters_at_the_end_are_replaced(colour: str, serve: Serve) -> None:
    """Text that was cut in a character ends in U+FFFD."""
    server = serve(lambda _: chunked("aé".encode()[:-1]))
    async with (
        entered(connect(colour, server)) as client,
        entered(client.things.with_streaming_response.get()) as answer,
    ):
        assert "".join(await items(answer.iter_text())) == "a\ufffd"


async def test_a_refusal_is_raised_in_every_form(colour: str, serve: Serve, http: Http) -> None:
    """With its message, because the body of a refusal is always read."""
    server = serve(lambda _: [http(b'{"error": "no"}', 404)])
    async with entered(connect(colour, server)) as client:
        for call in (client.things.get, client.things.with_raw_response.get):
            with pytest.raises(NotFoundError, match="404 - no"):
                await done(call())
        with pytest.raises(NotFoundError, match="404 - no"):
            async with entered(client.things.with_streaming_response.get()):
                raise AssertionError


async def test_json_in_place_of_a_stream_is_an_error(colour: str, serve: Serve, http: Http) -> None:
    """It says what came, and the connection is not lost by it."""
    server = serve(lambda _: [http(b'{"id": "a"}')])
    async with entered(connect(colour, server)) as client:
        for _ in range(2):
            with pytest.raises(APIResponseValidationError, match="instead of text/event-stream"):
                await done(client.things.list())
        answer = await done(client.things.with_raw_response.list())
        assert answer.json() == {"id": "a"}
        assert (await done(client.things.list(stream=False))).id == "a"
    assert server.connections == 1


async def test_a_view_shows_what_the_tree_has(colour: str, one: SimpleNamespace) -> None:
    """The streaming view passes through to the resource's attributes."""
    async with entered(connect(colour, one)) as client:
        view = client.with_streaming_response.things
        assert view.note._target == "no method"
        with pytest.raises(AttributeError):
            _ = view.nothing


async def test_typing_of_views_changes_nothing_at_run_time() -> None:
    """The four functions are for type checkers."""
    get: Any = Things.get
    for typed in (raw, streaming, async_raw, async_streaming):
        changed: Any = typed(get)
        assert changed is get


async def test_a_response_reads_like_one_of_httpx() -> None:
    """The attributes that users know are there."""
    answer = response(404, {"X-A": "1"}, b'{"a": 1}', request=request(method="PUT"))
    assert (answer.method, answer.url) == ("PUT", "https://api.example.com/v1/things")
    assert (answer.reason_phrase, answer.is_error, answer.is_success) == ("Not Found", True, False)
    assert (response(200).is_error, response(299).is_success) == (False, True)
    assert response(799).reason_phrase == ""
    assert answer.headers["x-a"] == "1"
    assert answer.json() == {"a": 1}
    assert repr(answer) == "<Response [404]>"
    assert answer.http_response is None
    unread = Response(200, {}, request=request())
    assert not unread.is_read
    unread.content = b"x"
    assert (unread.is_read, unread.text) == (True, "x")


@pytest.mark.parametrize("mode", [None, "raw", "streaming"])
async def test_what_was_read_may_be_made_into_something_else(
    one: SimpleNamespace, colour: str, mode: Any
) -> None:
    """With `then`: in every view, once, of the result and the response that it was in."""
    made: list[Any] = []

    def then(thing: Thing, answer: Response) -> str:
        made.append(answer.status_code)
        return f"made of {thing.id}"

    async with entered(connect(colour, one)) as client:
        result = await done(client.call(GET, mode=mode, then=then))
        if mode is not None:
            assert not made
            assert await done(result.parse()) == await done(result.parse())
            result = await done(result.parse())
    assert ("made of a", [200]) == (result, made)
