"""Connections over loopback: shared, reused, closed, refused, slow and broken."""

from __future__ import annotations

import gzip
import inspect
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sdk_core import _httpx
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    ConfigurationError,
    InternalServerError,
    StreamInterruptedError,
)
from sdk_core.options import Timeout
from sdk_core.testing import request
from sdk_core.transports import HTTPX

pytestmark = pytest.mark.anyio

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]
CANARY = "canary-c0de"


async def done(value: Any) -> Any:
    """Await what is awaitable: one test for both colours."""
    return await value if inspect.isawaitable(value) else value


def connect(colour: str, url: str, **options: Any) -> Any:
    """Return a client of that colour."""
    options.setdefault("max_retries", 0)
    cls: Any = SyncClient if colour == "sync" else AsyncClient
    return cls(base_url=url, **options)


@pytest.fixture
def echo(serve: Serve, http: Http) -> SimpleNamespace:
    """Serve the number of the connection."""
    return serve(lambda sent: [http(b"%d" % sent.connection)])


async def test_a_connection_is_kept_for_the_next_call(colour: str, echo: SimpleNamespace) -> None:
    """Two calls, one connection; bodies of requests and refusals do not matter."""
    client = connect(colour, echo.url)
    assert await done(client.request("GET", "/a")) == 1
    assert await done(client.request("POST", "/a", body={"b": 1})) == 1
    await done(client.close())
    assert echo.connections == 1
    assert [sent.body for sent in echo.requests] == [b"", b'{"b":1}']


async def test_clients_share_connections_until_the_last_one_closes(
    colour: str, echo: SimpleNamespace
) -> None:
    """A second client finds the first one's connection warm, and closing one leaves the other."""
    apart = {"transport": HTTPX(max_keepalive=77)}  # not those that other tests have left
    first, second = connect(colour, echo.url, **apart), connect(colour, echo.url, **apart)
    assert [await done(each.request("GET", "/")) for each in (first, second)] == [1, 1]
    await done(first.close())
    assert await done(second.request("GET", "/")) == 1
    await done(second.close())
    third = connect(colour, echo.url, **apart)
    assert await done(third.request("GET", "/")) == 2
    await done(third.close())


@pytest.mark.parametrize("used", [True, False])
async def test_a_closed_client_says_so(colour: str, echo: SimpleNamespace, used: bool) -> None:
    """Once closed, a client and its copies send nothing; closing again is nothing."""
    client = connect(colour, echo.url)
    copy = client.with_options(timeout=3)
    if used:
        await done(copy.request("GET", "/"))
    assert not client.is_closed()
    for _ in range(2):
        await done(client.close())
    for closed in (client, copy, client.with_options(max_retries=1)):
        assert closed.is_closed()
        with pytest.raises(ConfigurationError, match="the client has been closed"):
            await done(closed.request("GET", "/"))


async def test_a_finished_stream_is_let_go(colour: str, serve: Serve) -> None:
    """The client waits a moment for the end, to use the connection again."""
    events = b'data: {"a": 1}\n\ndata: [DONE]\n\n'
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
    first = head + b"\r\n%x\r\n%s\r\n" % (len(events), events)
    server = serve(lambda _: [first, b"1\r\n\n\r\n", b"0\r\n\r\n"])
    client = connect(colour, server.url)
    for _ in range(3):
        stream = await done(client.request("GET", "/", stream=True))
        found = list(stream) if colour == "sync" else [item async for item in stream]
        assert found == [{"a": 1}]
    await done(client.close())
    assert server.connections == 1


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)],
)
async def test_compressed_answers_are_read(
    colour: str, serve: Serve, http: Http, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    """Answers, refusals and streams may be compressed."""
    bodies = {
        "/a": (b'{"a": 1}', 200, "application/json"),
        "/b": (b'{"error": "no"}', 500, "application/json"),
        "/c": (b'data: {"a": 1}\n\ndata: [DONE]\n\n', 200, "text/event-stream"),
    }

    def answer(sent: SimpleNamespace) -> list[bytes]:
        body, status, content_type = bodies[sent.line.split()[1]]
        return [http(compress(body), status, content_type, content_encoding=encoding)]

    server = serve(answer)
    client = connect(colour, server.url)
    assert await done(client.request("GET", "/a")) == {"a": 1}
    with pytest.raises(InternalServerError, match="500 - no"):
        await done(client.request("GET", "/b"))
    stream = await done(client.request("GET", "/c", stream=True))
    found = list(stream) if colour == "sync" else [item async for item in stream]
    assert found == [{"a": 1}]
    raw = await done(client.with_raw_response.request("GET", "/a"))
    assert raw.parse() == {"a": 1}
    assert raw.http_response.json() == {"a": 1}
    await done(client.close())
    assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


# httpx leaves its generators half-way when a decoder fails, which trio warns of.
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_cannot_be_decompressed_is_an_error(
    anyio_backend: str, colour: str, serve: Serve, http: Http
) -> None:
    """A connection error of ours, with the reason."""
    server = serve(lambda _: [http(b"nonsense", content_encoding="gzip")])
    client = connect(colour, server.url)
    with pytest.raises(APIConnectionError, match="cannot be decompressed"):
        await done(client.request("GET", "/"))
    await done(client.close())


async def test_an_unreachable_server_is_an_error_that_says_what_to_check(colour: str) -> None:
    """Nothing was processed, so that a repeat is safe; no secret is in the message."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://user:{CANARY}@127.0.0.1:{port}/v1?key={CANARY}"
    client = connect(colour, url, credential=CANARY)
    with pytest.raises(APIConnectionError) as caught:
        await done(client.request("GET", "/"))
    assert not caught.value.maybe_processed
    assert f"cannot reach http://127.0.0.1:{port}/v1" in str(caught.value)
    assert "check `base_url`" in str(caught.value)
    assert CANARY not in str(caught.value)
    assert isinstance(caught.value.__cause__, httpx.ConnectError)
    await done(client.close())


async def test_a_connection_error_is_repeated(colour: str, serve: Serve, http: Http) -> None:
    """A server that hangs up once is asked again, with the same key and body."""

    def answer(sent: SimpleNamespace) -> Iterator[bytes]:
        if sent.connection == 1:
            raise ConnectionAbortedError
        yield http(b"2")

    server = serve(answer)
    client = connect(colour, server.url, max_retries=1, deadline=30)
    assert await done(client.request("POST", "/", body={"a": 1})) == 2
    await done(client.close())
    first, second = server.requests
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.body == second.body
    assert second.headers["x-sdk-retry-count"] == "1"


async def test_a_server_that_hangs_up_may_have_worked(colour: str, serve: Serve) -> None:
    """A connection that breaks behind the request leaves that open."""

    def answer(_: SimpleNamespace) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"
        raise ConnectionAbortedError

    server = serve(answer)
    client = connect(colour, server.url)
    with pytest.raises(APIConnectionError, match="broke") as caught:
        await done(client.request("GET", "/"))
    assert caught.value.maybe_processed
    await done(client.close())


async def test_a_stream_that_is_cut_is_an_interruption(colour: str, serve: Serve) -> None:
    """A connection that breaks in mid-stream keeps what had come."""

    def answer(_: SimpleNamespace) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 99\r\n\r\n"
        yield b'data: {"a": 1}\n\n'
        raise ConnectionAbortedError

    server = serve(answer)
    client = connect(colour, server.url)
    stream = await done(client.request("GET", "/", stream=True))
    with pytest.raises(StreamInterruptedError) as caught:
        list(stream) if colour == "sync" else [item async for item in stream]
    assert caught.value.partial == [{"a": 1}]
    await done(client.close())


async def test_a_server_that_never_answers_is_a_timeout(colour: str, serve: Serve) -> None:
    """The message says what did not come, and in how many seconds."""
    hold = threading.Event()

    def answer(_: SimpleNamespace) -> Iterator[bytes]:
        hold.wait(20)
        yield b""

    server = serve(answer)
    client = connect(colour, server.url, timeout=Timeout(5, read=0.05))
    try:
        with pytest.raises(APITimeoutError, match=r"no answer within 0\.05 s") as caught:
            await done(client.request("GET", "/"))
    finally:
        hold.set()
    assert caught.value.maybe_processed
    await done(client.close())


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", None])
@pytest.mark.parametrize(
    "start", [b"data: 1\n\n", b": p\n\ndata: 1\n\n", b"\xef\xbb\xbf\n\nid: 1\ndata: 1\n\n"]
)
async def test_an_event_stream_is_known_by_its_first_bytes(
    colour: str, serve: Serve, content_type: str | None, start: bytes
) -> None:
    """Whatever a server calls it, and without waiting for more than the first event."""
    go_on = threading.Event()

    def answer(_: SimpleNamespace) -> Iterator[bytes]:
        named = b"" if content_type is None else b"content-type: %s\r\n" % content_type.encode()
        yield b"HTTP/1.1 200 OK\r\n%scontent-length: %d\r\n\r\n" % (named, len(start) + 14)
        yield start
        go_on.wait(60)
        yield b"data: [DONE]\n\n"

    server = serve(answer)
    client = connect(colour, server.url, timeout=20)
    stream = await done(client.request("GET", "/", stream=True))
    first = next(stream) if colour == "sync" else await anext(stream)
    assert first == 1
    go_on.set()
    assert (list(stream) if colour == "sync" else [item async for item in stream]) == []
    await done(client.close())


@pytest.mark.parametrize("body", [b"", b"{}", b'{"a": "long enough to be judged"}'])
async def test_what_is_no_event_stream_is_not_taken_for_one(
    colour: str, serve: Serve, http: Http, body: bytes
) -> None:
    """An answer in place of a stream says what it is, and gives its connection back."""
    server = serve(lambda _: [http(body)])
    client = connect(colour, server.url)
    for _ in range(2):
        with pytest.raises(APIResponseValidationError, match="instead of text/event-stream"):
            await done(client.request("GET", "/", stream=True))
    await done(client.close())
    assert server.connections == 1


async def test_silence_in_a_stream_is_an_interruption(colour: str, serve: Serve) -> None:
    """A stream that stops without ending has the read timeout as its limit."""
    hold = threading.Event()

    def answer(_: SimpleNamespace) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 99\r\n\r\n"
        yield b'data: {"a": 1}\n\n'
        hold.wait(20)

    server = serve(answer)
    client = connect(colour, server.url, timeout=Timeout(5, read=1.0))  # the item must be in time
    stream = await done(client.request("GET", "/", stream=True))
    try:
        with pytest.raises(StreamInterruptedError, match=r"no answer within 1 s") as caught:
            list(stream) if colour == "sync" else [item async for item in stream]
    finally:
        hold.set()
    assert caught.value.partial == [{"a": 1}]
    assert isinstance(caught.value.__cause__, APITimeoutError)
    await done(client.close())


@pytest.mark.parametrize(
    ("raised", "message", "processed"),
    [
        (httpx.ConnectTimeout("x"), "no connection within 5 s from https://api.ex", False),
        (httpx.PoolTimeout("x"), "no free connection within 600 s", False),
        (httpx.WriteTimeout("x"), "the request could not be written within 600 s", True),
        (httpx.ReadTimeout("x"), "no answer within 600 s", True),
        (httpx.ProxyError("x"), "cannot reach", False),
        (httpx.ReadError("x"), "broke (x)", True),
        (httpx.RemoteProtocolError("x"), "broke (x)", True),
    ],
)
async def test_errors_of_the_engine_become_ours(
    colour: str, raised: httpx.TransportError, message: str, processed: bool
) -> None:
    """Each says what happened and whether the request may have been processed."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise raised

    own: Any = httpx.AsyncClient if colour == "async" else httpx.Client
    own = own(transport=httpx.MockTransport(fail))
    client = connect(colour, "https://api.example.com", http_client=own)
    with pytest.raises(APIConnectionError) as caught:
        await done(client.request("GET", "/"))
    assert message in str(caught.value)
    assert processed == caught.value.maybe_processed
    assert isinstance(raised, httpx.TimeoutException) == isinstance(caught.value, APITimeoutError)
    assert caught.value.request.url == "https://api.example.com/"
    await done(client.close())


async def test_no_limit_is_no_figure_in_the_message(colour: str) -> None:
    """A phase without a limit can still time out in an engine of the user's."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout(words)

    words = "x"
    own: Any = httpx.AsyncClient if colour == "async" else httpx.Client
    own = own(transport=httpx.MockTransport(fail))
    client = connect(colour, "https://api.example.com", http_client=own, timeout=None)
    with pytest.raises(APITimeoutError, match="timed out: no answer from https"):
        await done(client.request("GET", "/"))
    await done(client.close())


async def test_errors_that_are_nobody_s_pass(colour: str) -> None:
    """What the engine raises and does not know is the user's own."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError

    own: Any = httpx.AsyncClient if colour == "async" else httpx.Client
    own = own(transport=httpx.MockTransport(fail))
    client = connect(colour, "https://api.example.com", http_client=own)
    with pytest.raises(ZeroDivisionError):
        await done(client.request("GET", "/"))
    await done(client.close())


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(
    ("credential", "words"),
    [
        (f"{CANARY}\n", "`authorization` holds a line end"),
        (f"{CANARY}\0x", "`authorization` holds a line end"),
        (f"{CANARY} ", "`authorization` holds a line end"),
        (f"{CANARY}…", "`authorization` holds characters"),
    ],
)
async def test_a_key_that_cannot_be_sent_is_not_shown(
    colour: str, echo: SimpleNamespace, own: bool, credential: str, words: str
) -> None:
    """A key that was read with its line end is named by its header, and kept secret."""
    made: Any = httpx.AsyncClient if colour == "async" else httpx.Client
    client: Any = made() if own else None

    async def call() -> None:
        await done(
            connect(colour, echo.url, credential=credential, http_client=client).request("GET", "/")
        )

    with pytest.raises(ConfigurationError, match=words) as caught:
        await call()
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    if client is not None:
        await done(client.aclose() if isinstance(client, httpx.AsyncClient) else client.close())


async def test_other_misuse_of_http_is_an_error_of_ours(colour: str, echo: SimpleNamespace) -> None:
    """What HTTP forbids is said in the engine's words."""
    client = connect(colour, echo.url)
    with pytest.raises(ConfigurationError, match="cannot be sent"):
        await done(client.request("GET", "/", headers={"content-length": "c"}))
    await done(client.close())


async def test_a_url_that_is_none_is_an_error_of_ours(colour: str) -> None:
    """What only the engine notices has a type, too."""
    client = connect(colour, "http://example.com")
    with pytest.raises(ConfigurationError, match="is no valid URL: URL too long") as caught:
        await done(client.request("GET", "/" + "x" * 70_000))
    assert len(str(caught.value)) < 300
    await done(client.close())


async def test_host_and_length_may_be_the_callers(colour: str, echo: SimpleNamespace) -> None:
    """A header that the caller gives is not sent twice."""
    client = connect(colour, echo.url)
    headers = {"Host": "virtual.example.com", "Content-Length": "2"}
    await done(client.request("POST", "/", body={}, headers=headers))
    await done(client.close())
    assert echo.requests[0].headers["host"] == "virtual.example.com"
    assert echo.requests[0].body == b"{}"


async def test_an_endless_refusal_is_cut(colour: str, serve: Serve, http: Http) -> None:
    """The body of an error is read for its message, and not for its size."""
    whole = http(b"x" * 5_000_000, 500, "text/plain")
    server = serve(lambda _: [whole])
    client = connect(colour, server.url)
    with pytest.raises(InternalServerError) as caught:
        await done(client.request("GET", "/"))
    assert 1_000_000 < len(caught.value.response.content) < 2_000_000
    await done(client.close())


async def test_a_body_that_has_been_read_is_over(colour: str, echo: SimpleNamespace) -> None:
    """Asked for more, it has nothing, and closing it again is nothing."""
    client = connect(colour, echo.url)
    sent = request(f"{echo.url}/", stream=True)
    answer = await done(client._driver.transport.send(sent))
    if colour == "sync":
        assert list(answer.stream) == [b"1"]
        assert list(answer.stream) == []
        answer.stream.close()
    else:
        assert [piece async for piece in answer.stream] == [b"1"]
        assert await anext(answer.stream, None) is None
        await answer.stream.aclose()
    await done(client.close())


async def test_a_body_that_drips_ends_at_the_deadline(colour: str, serve: Serve) -> None:
    """Each byte comes within the time between two reads; all of them would take for ever."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9999999\r\n\r\n"
    stop = threading.Event()

    def drip(_: object) -> Iterator[bytes]:
        yield head
        while not stop.wait(0.02):
            yield b" "

    server = serve(drip)
    client = connect(colour, server.url, deadline=1.0)
    with pytest.raises(APITimeoutError, match="`deadline` was over before all"):
        await done(client.request("GET", "/"))
    stop.set()
    await done(client.close())


async def test_a_redirect_takes_nothing_of_the_users_client_elsewhere(
    colour: str, echo: SimpleNamespace, serve: Serve, http: Http
) -> None:
    """Its headers, cookies, query and `auth` are for the origin that the caller named."""
    moved = http(b"", 307, location=f"{echo.url}/there")
    first = serve(lambda _: [moved])
    cls: Any = httpx.Client if colour == "sync" else httpx.AsyncClient
    own = cls(
        headers={"x-corp": CANARY},
        cookies={"session": CANARY},
        params={"sig": CANARY},
        auth=("user", CANARY),
    )
    client = connect(colour, first.url, http_client=own, timeout=3)
    assert await done(client.request("POST", "/", body={"a": 1})) == 1
    assert {"x-corp", "cookie", "authorization"} <= first.requests[0].headers.keys()
    (sent,) = echo.requests
    assert ("POST /there HTTP/1.1", b'{"a":1}') == (sent.line, sent.body)
    assert not {"x-corp", "cookie", "authorization"} & sent.headers.keys()
    await done(client.close())


def test_the_engine_sees_the_request_as_it_is() -> None:
    """What goes to the transport is a whole request of httpx's."""
    raw = _httpx.outgoing(request("https://u:p@a.example/x?y=1", headers={"a": "b"}))
    assert raw.url.raw_path == b"/x?y=1"
    assert raw.headers.raw == [(b"Host", b"a.example"), (b"a", b"b")]
    assert raw.extensions["timeout"] == {"connect": 5, "read": 600, "write": 600, "pool": 600}
    put = _httpx.outgoing(request(method="PUT"))
    assert put.headers["content-length"] == "0"
