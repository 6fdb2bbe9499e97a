"""Bodies that are read while they are sent, over loopback and in both colours."""

from __future__ import annotations

import inspect
import pickle
import socket
import threading
import time
import tracemalloc
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from email.parser import BytesParser
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import httpx2
import pytest

from sdk_core import _httpx_bodies
from sdk_core._uploads import Pieces, Upload, source_of
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    ConfigurationError,
    InternalServerError,
)
from sdk_core.operations import Body, Content, Operation
from sdk_core.policies import Redirect, Retry
from sdk_core.testing import play, request, response, send

pytestmark = pytest.mark.anyio

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]
DATA = b"0123456789" * 10_000
JSON = {"2XX": (Content("application/json", "json"),)}
PUT: Operation[Any] = Operation(
    "put", "PUT", "/x", body=Body("application/octet-stream", "bytes"), responses=JSON
)
FORM: Operation[Any] = Operation(
    "form", "POST", "/x", body=Body("multipart/form-data", "multipart"), responses=JSON
)


async def done(value: Any) -> Any:
    """Await what is awaitable: one test for both colours."""
    return await value if inspect.isawaitable(value) else value


def connect(colour: str, url: str, **options: Any) -> Any:
    """Return a client of that colour."""
    options.setdefault("max_retries", 0)
    cls: Any = SyncClient if colour == "sync" else AsyncClient
    return cls(base_url=url, **options)


@pytest.fixture
def sink(serve: Serve, http: Http) -> SimpleNamespace:
    """Take whatever comes."""
    return serve(lambda _: [http(b"{}")])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a file that takes two reads."""
    made = tmp_path / "data.bin"
    made.write_bytes(DATA)
    return made


class Endless:
    """A file as simple as can be: it only reads, and cannot go back."""

    def __init__(self, *chunks: Any) -> None:
        self.chunks = list(chunks)
        self.threads: set[int] = set()

    def read(self, size: int = -1) -> Any:
        """Return the next chunk, whatever is asked for."""
        self.threads.add(threading.get_ident())
        return self.chunks.pop(0) if self.chunks else b""


async def later(*chunks: Any) -> AsyncGenerator[Any]:
    """Yield the chunks."""
    for chunk in chunks:
        yield chunk


async def test_a_body_may_be_anything_that_bytes_are_read_from(
    colour: str, sink: SimpleNamespace, path: Path
) -> None:
    """With its length where that is known, in chunks where it is not."""
    data = DATA
    client = connect(colour, sink.url)
    with path.open("rb") as file:
        for body, length in (
            (path, 100_000),
            (file, 100_000),
            (BytesIO(data), 100_000),
            (memoryview(data), 100_000),
            (data.decode(), 100_000),
            (Endless(data[:9], data[9:]), None),
            ([data[:9], b"", data[9:]], None),
            (iter([data]), None),
        ):
            await done(client.call(PUT, body=body))
            sent = sink.requests[-1]
            assert data == sent.body
            assert (None if length is None else str(length)) == sent.headers.get("content-length")
            assert ("transfer-encoding" in sent.headers) is (length is None)
            assert "application/octet-stream" == sent.headers["content-type"]
        assert not file.closed
    await done(client.close())
    assert sink.connections == 1


async def test_an_asynchronous_iterable_is_for_asynchronous_clients(
    colour: str, sink: SimpleNamespace
) -> None:
    """The other colour cannot wait for it, and says so."""
    client = connect(colour, sink.url)
    body = later(b"a", b"", bytearray(b"b"))
    if colour == "sync":
        with pytest.raises(ConfigurationError, match="`body` is read asynchronously"):
            client.call(PUT, body=body)
    else:
        await client.call(PUT, body=body)
        assert b"ab" == sink.requests[0].body
        async with aclosing(later("a")) as wrong:
            with pytest.raises(ConfigurationError, match="`body` gives str, not bytes"):
                await client.call(PUT, body=wrong)
        file = ("a", later(b"x"), "a/b")
        await client.call(FORM, body={"n": file, "m": 1})
        assert b"\r\n\r\nx\r\n--" in sink.requests[-1].body
    await done(client.close())


async def test_a_form_arrives_as_its_parts(colour: str, sink: SimpleNamespace, path: Path) -> None:
    """Texts, JSON and files in the order that they were given in."""
    client = connect(colour, sink.url)
    body = {"a": "é", "file": path, "meta": {"k": [1]}, "more": [BytesIO(b"1"), ("é.txt", b"2")]}
    await done(client.call(FORM, body=body))
    await done(client.close())
    (sent,) = sink.requests
    assert len(sent.body) == int(sent.headers["content-length"])
    head = f"Content-Type: {sent.headers['content-type']}\r\n\r\n".encode()
    parts: Any = BytesParser().parsebytes(head + sent.body).get_payload()
    assert ["é".encode(), DATA, b'{"k":[1]}', b"1", b"2"] == [
        part.get_payload(decode=True) for part in parts
    ]


async def test_a_file_is_read_from_where_it_stood_for_each_attempt(
    colour: str, serve: Serve, http: Http, path: Path
) -> None:
    """What failed half-way is sent again in full, and the file stays open."""
    answers = [http(b"", 503), http(b"", 503), http(b"{}")]
    server = serve(lambda _: [answers.pop(0)])
    client = connect(colour, server.url, max_retries=2)
    client._flow = lambda request: Retry(2, rand=lambda: 0.0)(request, send)
    with path.open("rb") as file:
        file.seek(99_990)
        await done(client.call(FORM, body={"a": file, "b": path, "c": file}))
        assert not file.closed
    await done(client.close())
    first, second, third = (sent.body for sent in server.requests)
    assert first == second == third
    assert 2 == first.count(b"\r\n\r\n0123456789\r\n--")


async def test_what_can_be_read_once_is_sent_once(colour: str, serve: Serve, http: Http) -> None:
    """The first failure is the answer: a repetition would be without the body."""
    server = serve(lambda _: [http(b"", 503)])
    client = connect(colour, server.url, max_retries=2)
    for body in (Endless(b"x"), iter([b"x"])):
        with pytest.raises(InternalServerError):
            await done(client.call(PUT, body=body))
    await done(client.close())
    assert [b"x", b"x"] == [sent.body for sent in server.requests]


async def test_a_broken_connection_ends_what_can_be_read_once(colour: str, serve: Serve) -> None:
    """The error says what happened to the first attempt."""

    def hang_up(_: object) -> list[bytes]:
        raise ConnectionAbortedError

    server = serve(hang_up)
    client = connect(colour, server.url, max_retries=2)
    with pytest.raises(APIConnectionError) as caught:
        await done(client.call(PUT, body=iter([b"x"])))
    await done(client.close())
    assert caught.value.retries_taken == 0
    assert len(server.requests) == 1


async def test_an_unreachable_server_leaves_the_body_as_it_was(colour: str) -> None:
    """Nothing was read, so that every attempt was made."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = connect(colour, f"http://127.0.0.1:{port}")
    client._flow = lambda request: Retry(2, rand=lambda: 0.0)(request, send)
    with pytest.raises(APIConnectionError) as caught:
        await done(client.call(PUT, body=iter([b"x"])))
    assert caught.value.retries_taken == 2
    await done(client.close())


def once(*chunks: bytes) -> Upload:
    """Return a body that can be read once."""
    return Upload([Pieces("body", iter(chunks))])


def test_a_body_that_was_not_touched_can_be_sent() -> None:
    """Without a connection nothing has been read, so the attempt is repeated."""
    retry, sent = Retry(rand=lambda: 0.0), request(method="PUT", content=once(b"x"))
    played = play(retry(sent, send), APITimeoutError(), response(200))
    assert 2 == len(played.sent)
    assert [b"x"] == list(iter(iter(once(b"x"))))
    assert isinstance(sent.content, Upload)
    list(sent.content)
    played = play(retry(sent, send), APITimeoutError())
    assert isinstance(played.error, APITimeoutError)


@pytest.mark.parametrize("kind", ["file", "once"])
async def test_a_redirect_repeats_what_can_be_repeated(
    colour: str, kind: str, sink: SimpleNamespace, serve: Serve, http: Http
) -> None:
    """The rest is an error that names the target, not a request without its body."""
    moved = serve(lambda _: [http(b"", 307, location=f"{sink.url}/there")])
    client = connect(colour, moved.url)
    if kind == "file":
        await done(client.call(PUT, body=BytesIO(b"x")))
        assert [b"x"] == [sent.body for sent in sink.requests]
    else:
        with pytest.raises(APIResponseValidationError, match="cannot be sent again; give bytes"):
            await done(client.call(PUT, body=iter([b"x"])))
        assert [] == sink.requests
    await done(client.close())


def test_a_redirect_to_a_page_needs_no_body() -> None:
    """303 becomes a GET, whatever the body was."""
    sent = request(method="POST", content=once(b"x"))
    assert isinstance(sent.content, Upload)
    list(sent.content)
    seen_other = response(303, {"location": "/there"})
    played = play(Redirect()(sent, send), seen_other, response(200))
    assert ("GET", None) == (played.sent[1].method, played.sent[1].content)


def open_files() -> list[str]:
    """Return what this process has open."""
    found = []
    for name in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the one that lists the folder
            found.append(str(name.readlink()))
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")
async def test_a_path_is_closed_also_when_sending_fails(
    colour: str, serve: Serve, tmp_path: Path
) -> None:
    """At once, not when the error is forgotten."""
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(8 << 20)

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            connection, _ = listener.accept()
            connection.recv(1000)
            connection.close()

        thread = threading.Thread(target=refuse)
        thread.start()
        client = connect(colour, f"http://127.0.0.1:{listener.getsockname()[1]}")
        try:
            await done(client.call(PUT, body=big))
        except APIConnectionError:
            assert str(big) not in open_files()
        else:
            pytest.fail("the server took it")
        thread.join()
    await done(client.close())


async def test_an_asynchronous_client_reads_in_threads(colour: str, sink: SimpleNamespace) -> None:
    """A slow disk does not stop the loop; what is in memory needs no thread."""
    client = connect(colour, sink.url)
    file = Endless(b"a", b"b")
    await done(client.call(PUT, body=file))
    assert (threading.get_ident() in file.threads) is (colour == "sync")
    await done(client.close())


async def test_what_is_no_bytes_is_refused_while_it_is_read(
    colour: str, sink: SimpleNamespace, tmp_path: Path
) -> None:
    """The request is given up with an error of ours, and the client goes on."""
    shrunk = tmp_path / "shrunk"
    shrunk.write_bytes(b"x")
    gone = tmp_path / "gone"
    gone.write_bytes(b"x")
    file = BytesIO(b"123")
    bodies: list[tuple[Any, str]] = [
        (Endless("text"), "`body` gives str, not bytes; open files with mode 'rb'"),
        (Endless(None), "`body` gives NoneType"),
        (["text"], "`body` gives str"),
        (Upload([source_of(shrunk, "body") or b""]), "`body` has become shorter"),
        (Upload([source_of(gone, "body") or b""]), "`body` cannot be read: "),
        (Upload([source_of(file, "body") or b""]), "`body` has become shorter"),
    ]
    shrunk.write_bytes(b"")
    gone.unlink()
    file.truncate(2)
    client = connect(colour, sink.url)
    for body, words in bodies:
        with pytest.raises(ConfigurationError, match=words):
            await done(
                client._driver.run(
                    send(request(f"{sink.url}/x", method="PUT", content=body))
                    if isinstance(body, Upload)
                    else client._flow(client._build(PUT, None, None, body=body))
                )
            )
    await done(client.call(PUT, body=b"ok"))
    await done(client.close())
    assert [b"ok"] == [sent.body for sent in sink.requests]


class Twice(httpx.Auth):
    """Authenticates at the second attempt, as digests do."""

    def auth_flow(self, request: httpx.Request) -> Any:
        """Send, and send again."""
        yield request
        yield request


@pytest.mark.parametrize("family", [httpx, httpx2])
async def test_a_client_of_the_users_own_sends_files(
    colour: str, family: Any, sink: SimpleNamespace, path: Path
) -> None:
    """Of httpx and of httpx2; with and without a length."""
    own = family.Client() if colour == "sync" else family.AsyncClient()
    client = connect(colour, sink.url, http_client=own)
    for body, length in ((path, "100000"), (iter([DATA]), None)):
        await done(client.call(PUT, body=body))
        assert DATA == sink.requests[-1].body
        assert length == sink.requests[-1].headers.get("content-length")
    await done(client.close())


async def test_a_client_of_the_users_own_may_send_twice(colour: str, sink: SimpleNamespace) -> None:
    """Where its way to authenticate repeats the request; not what can be read once."""
    own: Any = (httpx.Client if colour == "sync" else httpx.AsyncClient)(auth=Twice())
    client = connect(colour, sink.url, http_client=own)
    await done(client.call(PUT, body=BytesIO(b"x")))
    assert [b"x", b"x"] == [sent.body for sent in sink.requests]
    with pytest.raises(ConfigurationError, match="has been read and cannot be read again"):
        await done(client.call(PUT, body=iter([b"x"])))
    await done(client.close())


async def test_a_redirect_with_a_client_of_the_users_own(
    colour: str, sink: SimpleNamespace, serve: Serve, http: Http
) -> None:
    """The file goes along to the other origin."""
    moved = serve(lambda _: [http(b"", 308, location=f"{sink.url}/there")])
    own: Any = (httpx.Client if colour == "sync" else httpx.AsyncClient)()
    client = connect(colour, moved.url, http_client=own)
    await done(client.call(PUT, body=BytesIO(b"x")))
    assert [b"x"] == [sent.body for sent in sink.requests]
    await done(client.close())


async def test_the_length_may_be_the_callers(colour: str, sink: SimpleNamespace) -> None:
    """Who knows how much an iterator gives can say so."""
    client = connect(colour, sink.url)
    options = {"body": iter([b"ab", b"c"]), "extra_headers": {"content-length": "3"}}
    await done(client.call(PUT, **options))
    (sent,) = sink.requests
    assert (b"abc", "3") == (sent.body, sent.headers["content-length"])
    assert "transfer-encoding" not in sent.headers
    await done(client.close())


async def test_a_body_that_drips_ends_at_the_deadline() -> None:
    """Also on its way out."""
    sent = request(method="PUT", content=once(b"x"), ends=time.monotonic() - 1)
    assert isinstance(sent.content, Upload)
    with pytest.raises(APITimeoutError, match="`deadline` was over"):
        list(_httpx_bodies.Sending(sent, sent.content))
    sent = request(method="PUT", content=once(b"x"), ends=time.monotonic() - 1)
    assert isinstance(sent.content, Upload)
    with pytest.raises(APITimeoutError, match="`deadline` was over"):
        await anext(aiter(_httpx_bodies.AsyncSending(sent, sent.content)))
    sent = sent.evolve(content=once(b"x", b"y"), ends=None)
    assert isinstance(sent.content, Upload)
    # Some engines ask an iterator for one once more.
    assert [b"x", b"y"] == [piece async for piece in aiter(aiter(sent.content))]
    pieces = aiter(_httpx_bodies.AsyncSending(sent, once(b"x")))
    assert pieces is aiter(pieces)


def test_a_request_pickles_without_what_it_reads(path: Path) -> None:
    """Files stay where they are; bytes go along."""
    sent = request(method="PUT", content=Upload([source_of(path, "body") or b""]))
    assert pickle.loads(pickle.dumps(sent)).content is None
    assert not sent.spent
    assert b"x" == pickle.loads(pickle.dumps(request(content=b"x"))).content


class Drain:
    """A server that counts what comes, in memory that does not grow."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.received = 0
        self._thread = threading.Thread(target=self._take)
        self._thread.start()

    def _take(self) -> None:
        buffer = bytearray(1 << 16)
        connection, _ = self._listener.accept()
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(1)
            (length,) = [
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            ]
            while self.received < length:
                self.received += connection.recv_into(buffer)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    def close(self) -> None:
        """Wait for the end."""
        self._thread.join(60)
        self._listener.close()


@pytest.mark.parametrize("operation", [PUT, FORM], ids=["bytes", "multipart"])
async def test_memory_does_not_grow_with_the_file(
    colour: str, operation: Operation[Any], tmp_path: Path
) -> None:
    """64 MB go through less than 2."""
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(64 << 20)
    server = Drain()
    client = connect(colour, server.url)
    tracemalloc.start()
    try:
        await done(client.call(operation, body={"file": big} if operation is FORM else big))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        await done(client.close())
        server.close()
    assert server.received >= 64 << 20
    assert peak < 2 << 20
