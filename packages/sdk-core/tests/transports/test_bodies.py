"""Bodies up and down, over every transport: whole, streamed, compressed, broken, too large."""

from __future__ import annotations

import gzip
import random
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from sdk_core._decompression import FREE, PIECE
from sdk_core.errors import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    ConfigurationError,
    InternalServerError,
)
from sdk_core.operations import Body, Operation
from sdk_core.testing import request

pytestmark = pytest.mark.anyio
PUT: Operation[Any] = Operation(
    id="put",
    method="PUT",
    path="/",
    body=Body(media_type="application/octet-stream", encoding="bytes"),
    responses={"2XX": ()},
)


def raw_deflate(data: bytes) -> bytes:
    """Compress without the zlib around it, as some servers do."""
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return engine.compress(data) + engine.flush()


def twice(data: bytes) -> bytes:
    """Compress in two members that follow each other."""
    return gzip.compress(data[:3]) + gzip.compress(data[3:]) + b"\0\0"


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("gzip", twice),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
        ("identity", bytes),
    ],
)
async def test_compressed_answers_are_read(
    case: Any, done: Any, collect: Any, serve: Any, http: Any, encoding: str, compress: Any
) -> None:
    """Whole ones, refusals and streams."""
    bodies = {
        "/a": (b'{"a": [1, 2, 3]}', 200, "application/json"),
        "/b": (b'{"error": "no"}', 500, "application/json"),
        "/c": (b'data: {"a": 1}\n\ndata: [DONE]\n\n', 200, "text/event-stream"),
    }

    def answer(sent: SimpleNamespace) -> list[bytes]:
        body, status, content_type = bodies[sent.line.split()[1]]
        return [http(compress(body), status, content_type, content_encoding=encoding)]

    client = case.client(serve(answer).url)
    assert await done(client.request("GET", "/a")) == {"a": [1, 2, 3]}
    with pytest.raises(InternalServerError, match="500 - no"):
        await done(client.request("GET", "/b"))
    assert await collect(await done(client.request("GET", "/c", stream=True))) == [{"a": 1}]
    await done(client.close())


@pytest.mark.parametrize(
    ("encoding", "body", "words"),
    [
        ("gzip", b"nonsense", "it is no gzip"),
        ("deflate", b"nonsense", "it is no deflate"),
        ("gzip", gzip.compress(b"[1, 2, 3]", mtime=0)[:-12], "ends in the middle"),
        ("br", b"x", "encoded with 'br'"),
    ],
)
async def test_what_cannot_be_decompressed_is_an_error(
    case: Any, done: Any, serve: Any, http: Any, encoding: str, body: bytes, words: str
) -> None:
    """The message says why; a refusal stays a refusal."""

    def answer(sent: SimpleNamespace) -> list[bytes]:
        status = 404 if "refused" in sent.line else 200
        return [http(body, status, content_encoding=encoding)]

    client = case.client(serve(answer).url)
    with pytest.raises(APIConnectionError, match=f"cannot be decompressed: .*{words}"):
        await done(client.request("GET", "/"))
    with pytest.raises(APIStatusError, match="404"):
        await done(client.request("GET", "/refused"))
    await done(client.close())


def bomb(layers: int = 1) -> bytes:
    """Compress zeros until they are a thousandth of themselves, or less."""
    data = bytes(4 * FREE)
    for _ in range(layers):
        data = gzip.compress(data)
    return data


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("stream", [False, True])
async def test_a_decompression_bomb_is_refused(
    case: Any, done: Any, serve: Any, http: Any, layers: int, stream: bool
) -> None:
    """At 16 MiB that are more than 100 times what was sent; a stream gives small pieces."""
    body, encoding = bomb(layers), ", ".join(["gzip"] * layers)
    server = serve(lambda _: [http(body, content_encoding=encoding)])
    client = case.client(server.url)
    transport = client._driver.transport
    sizes: list[int] = []

    async def read_all() -> None:
        if not stream:
            await done(client.request("GET", "/"))
            return
        answer = await done(transport.send(request(f"{server.url}/", stream=True)))
        try:
            if case.colour == "sync":
                sizes.extend(len(piece) for piece in answer.stream)
            else:
                async for piece in answer.stream:
                    sizes.append(len(piece))  # noqa: PERF401  # what came before the error counts
        finally:
            await done(answer.stream.close() if case.colour == "sync" else answer.stream.aclose())

    with pytest.raises(APIResponseValidationError, match="no honest answer") as caught:
        await read_all()
    assert caught.value.status_code == 200
    assert max(sizes, default=0) <= PIECE
    assert sum(sizes) <= FREE
    await done(client.close())


async def test_too_many_layers_are_refused(case: Any, done: Any, serve: Any, http: Any) -> None:
    """Before anything is read."""
    encoding = ", ".join(["gzip"] * 6)
    client = case.client(serve(lambda _: [http(b"x", content_encoding=encoding)]).url)
    with pytest.raises(APIResponseValidationError, match="encoded 6 times"):
        await done(client.request("GET", "/"))
    await done(client.close())


@cache
def honest() -> bytes:
    """Compress a text of 18 MiB to half of it."""
    return gzip.compress(b'"%s"' % random.Random(1).randbytes(9 << 20).hex().encode(), 1)


async def test_honest_text_may_be_large(case: Any, done: Any, serve: Any, http: Any) -> None:
    """What grows by less than the ratio is read, however much it is."""
    server = serve(lambda _: [http(honest(), content_encoding="gzip")])
    client = case.client(server.url)
    assert len(await done(client.request("GET", "/"))) == 18 << 20 > FREE
    await done(client.close())


async def test_an_endless_refusal_is_cut(case: Any, done: Any, serve: Any, http: Any) -> None:
    """The body of an error is read for its message, and not for its size."""
    whole = http(b"x" * 5_000_000, 500, "text/plain")
    client = case.client(serve(lambda _: [whole]).url)
    with pytest.raises(InternalServerError) as caught:
        await done(client.request("GET", "/"))
    assert 1_000_000 < len(caught.value.response.content) < 2_000_000
    await done(client.close())


async def test_pieces_come_as_they_are_sent(case: Any, done: Any, serve: Any) -> None:
    """The first event is there before the second one is sent."""
    go_on = threading.Event()

    def answer(_: object) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 33\r\n\r\n"
        yield b"data: 1\n\n"
        assert go_on.wait(20)
        yield b"data: 2\n\ndata: [DONE]\n\n"

    client = case.client(serve(answer).url, timeout=10)
    stream = await done(client.request("GET", "/", stream=True))
    assert (next(stream) if case.colour == "sync" else await anext(stream)) == 1
    go_on.set()
    assert (next(stream) if case.colour == "sync" else await anext(stream)) == 2
    await done(stream.close())
    await done(client.close())


async def test_a_finished_stream_gives_its_connection_back(
    case: Any, done: Any, collect: Any, serve: Any
) -> None:
    """Though the end of the body comes after the end of the answer."""
    events = b'data: {"a": 1}\n\ndata: [DONE]\n\n'
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
    first = head + b"\r\n%x\r\n%s\r\n" % (len(events), events)
    server = serve(lambda _: [first + b"0\r\n\r\n"])
    client = case.client(server.url)
    for _ in range(3):
        assert await collect(await done(client.request("GET", "/", stream=True))) == [{"a": 1}]
    await done(client.close())
    assert server.connections == 1


async def test_an_end_that_never_comes_is_not_waited_for(
    case: Any, done: Any, collect: Any, serve: Any, http: Any
) -> None:
    """The answer is finished; its connection is given up for another one."""
    hold = threading.Event()

    def answer(sent: SimpleNamespace) -> Iterator[bytes]:
        if sent.line.startswith("GET /next"):
            yield http(b"1")
            return
        yield b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 999\r\n\r\n"
        yield b'data: {"a": 1}\n\ndata: [DONE]\n\n'
        hold.wait(20)
        raise ConnectionAbortedError

    client = case.client(serve(answer).url, options={"max_connections": 1}, timeout=20)
    for _ in range(2):
        assert await collect(await done(client.request("GET", "/", stream=True))) == [{"a": 1}]
        assert await done(client.request("GET", "/next")) == 1
    assert not hold.is_set()
    hold.set()
    await done(client.close())


async def test_a_hook_of_the_users_may_have_read_the_body(
    case: Any, done: Any, collect: Any, serve: Any, http: Any
) -> None:
    """A client of the user's own has decompressed it by then."""
    if not case.own:
        pytest.skip("only a client of the user's has hooks")
    bodies = {"/a": b'{"a": 1}', "/s": b"data: 1\n\ndata: [DONE]\n\n"}

    def answer(sent: SimpleNamespace) -> list[bytes]:
        body = gzip.compress(bodies[sent.line.split()[1]])
        kind = "text/event-stream" if "/s" in sent.line else "application/json"
        return [http(body, content_type=kind, content_encoding="gzip")]

    async def aread(answer: Any) -> None:
        await answer.aread()

    client = case.client(serve(answer).url)
    hook: Any = aread if case.colour == "async" else lambda answer: answer.read()
    client._http_client.event_hooks = {"response": [hook]}
    assert await done(client.request("GET", "/a")) == {"a": 1}
    assert await collect(await done(client.request("GET", "/s", stream=True))) == [1]
    await done(client.close())


async def test_a_stream_that_is_left_early_is_closed(
    case: Any, done: Any, serve: Any, http: Any
) -> None:
    """The server sees it, and the next call has a connection."""
    closed = threading.Event()

    def answer(sent: SimpleNamespace) -> Iterator[bytes]:
        if sent.line.startswith("GET /next"):
            yield http(b"1")
            return
        yield b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999999\r\n\r\n"
        try:
            while True:
                yield b"data: 1\n\n" * 100
        finally:
            closed.set()

    client = case.client(serve(answer).url, options={"max_connections": 1}, timeout=10)
    for _ in range(2):
        stream = await done(client.request("GET", "/", stream=True))
        assert (next(stream) if case.colour == "sync" else await anext(stream)) == 1
        await done(stream.close())
        assert await anyio.to_thread.run_sync(closed.wait, 10)
        closed.clear()
        assert await done(client.request("GET", "/next")) == 1
    await done(client.close())


async def test_a_file_is_sent_with_its_length(
    case: Any, done: Any, echo: SimpleNamespace, tmp_path: Path
) -> None:
    """Piece by piece, and again in the next call."""
    path = tmp_path / "file"
    content = bytes(range(256)) * 2000
    path.write_bytes(content)
    client = case.client(echo.url)
    for _ in range(2):
        await done(client.call(PUT, body=path))
    await done(client.call(PUT, body=content))
    await done(client.close())
    assert [content] * 3 == [sent.body for sent in echo.requests]
    assert {str(len(content))} == {sent.headers["content-length"] for sent in echo.requests}


async def test_what_has_no_length_is_sent_in_chunks(
    case: Any, done: Any, echo: SimpleNamespace
) -> None:
    """An iterable, and in asynchronous clients an asynchronous one."""

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"abc", b"", b"def"):
            yield piece

    client = case.client(echo.url)
    body: Any = iter([b"abc", b"", b"def"]) if case.colour == "sync" else pieces()
    await done(client.call(PUT, body=body))
    await done(client.close())
    (sent,) = echo.requests
    assert (sent.body, sent.headers["transfer-encoding"]) == (b"abcdef", "chunked")
    assert "content-length" not in sent.headers


async def test_a_source_that_fails_is_its_own_error(
    case: Any, done: Any, echo: SimpleNamespace
) -> None:
    """What a body raises while it is read reaches the caller as it is; the client goes on."""

    def broken() -> Iterator[bytes]:
        yield b"abc"
        raise ZeroDivisionError

    def wrong() -> Iterator[Any]:
        yield b"abc"
        yield "text"

    client = case.client(echo.url)
    with pytest.raises(ZeroDivisionError):
        await done(client.call(PUT, body=broken()))
    with pytest.raises(ConfigurationError, match="gives str, not bytes"):
        await done(client.call(PUT, body=wrong()))
    assert await done(client.request("GET", "/")) > 0
    await done(client.close())


async def test_an_answer_may_come_before_the_body_has_gone(
    case: Any, done: Any, http: Any, tmp_path: Path
) -> None:
    """A server that refuses at once is heard, or the connection is found broken."""
    import socket  # noqa: PLC0415  # only here

    path = tmp_path / "large"
    path.write_bytes(bytes(20_000_000))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(http(b'{"error": "too large"}', 413, connection="close"))
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(5)
                while connection.recv(1 << 20):
                    pass

        thread = threading.Thread(target=_quietly(refuse))
        thread.start()
        client = case.client(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=10)
        with pytest.raises((APIStatusError, APIConnectionError)):
            await done(client.call(PUT, body=path))
        await done(client.close())
        thread.join()


def _quietly(function: Callable[[], None]) -> Callable[[], None]:
    from contextlib import suppress  # noqa: PLC0415  # only here

    def call() -> None:
        with suppress(OSError):
            function()

    return call


@pytest.mark.parametrize("value", ["a\nb", "a\0b", " a", "a ", "…"])
async def test_a_header_that_cannot_be_sent_is_named(
    case: Any, done: Any, echo: SimpleNamespace, value: str
) -> None:
    """And its value, which may be a secret, is not shown."""
    value = value.replace("a", "canary-c0de")
    client = case.client(echo.url)
    with pytest.raises(ConfigurationError, match="the header `x-a`") as caught:
        await done(client.request("GET", "/", headers={"x-a": value}))
    assert "canary" not in str(caught.value)
    assert not echo.requests
    await done(client.close())


async def test_headers_beyond_ascii_are_no_reason_to_fail(case: Any, done: Any, serve: Any) -> None:
    """In an answer, where others have put them; pyreqwest leaves those out."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1\r\n"
    server = serve(lambda _: [head + b"x-a: 1\r\nx-name: caf\xe9\r\nx-a: 2\r\n\r\n1"])
    client = case.client(server.url)
    answer = await done(client.with_raw_response.request("GET", "/"))
    await done(client.close())
    assert answer.headers["x-a"] == "1, 2"
    assert answer.headers.get("x-name") == (None if case.engine == "pyreqwest" else "caf\xe9")
