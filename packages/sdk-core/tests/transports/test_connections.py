"""Connections, over every transport: kept, pooled, shared, limited, closed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from sdk_core.errors import APIConnectionError, APITimeoutError
from sdk_core.options import Timeout

pytestmark = pytest.mark.anyio


async def test_a_connection_is_kept(case: Any, done: Any, echo: SimpleNamespace) -> None:
    """Calls one after the other use one connection, whatever they send and get."""
    client = case.client(echo.url)
    assert await done(client.request("GET", "/a")) == 1
    assert await done(client.request("POST", "/a", body={"b": 1})) == 1
    assert await done(client.request("PUT", "/a", body=[])) == 1
    assert await done(client.request("POST", "/a")) == 1
    await done(client.close())
    assert [b"", b'{"b":1}', b"[]", b""] == [sent.body for sent in echo.requests]


async def test_a_connection_that_the_server_closes_is_replaced(
    case: Any, done: Any, serve: Any, http: Any
) -> None:
    """The next call opens another one."""
    server = serve(lambda sent: [http(b"%d" % sent.connection, connection="close")])
    client = case.client(server.url)
    assert [1, 2, 3] == [await done(client.request("GET", "/")) for _ in range(3)]
    await done(client.close())


async def test_calls_at_once_have_connections_of_their_own(
    case: Any, done: Any, serve: Any, http: Any
) -> None:
    """Eight calls that wait for each other get through, and what they opened is used again."""
    together = threading.Barrier(8)

    def answer(sent: SimpleNamespace) -> Iterator[bytes]:
        if sent.line.startswith("GET /together"):
            together.wait(20)
        yield http(b"%d" % sent.connection)

    server = serve(answer)
    client = case.client(server.url, timeout=30)
    found: list[Any] = []

    async def call() -> None:
        found.append(await client.request("GET", "/together"))

    for _ in range(2):
        if case.colour == "sync":
            threads = [
                threading.Thread(target=lambda: found.append(client.request("GET", "/together")))
                for _ in range(8)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        else:
            async with anyio.create_task_group() as tasks:
                for _ in range(8):
                    tasks.start_soon(call)
    assert sorted(found) == sorted([*range(1, 9)] * 2)
    alone = [await done(client.request("GET", "/alone")) for _ in range(3)]
    assert set(alone) <= set(range(1, 9))
    assert len(set(alone)) == 1 or case.engine == "aiohttp"  # which takes turns
    await done(client.close())
    assert server.connections == 8


async def test_clients_share_until_the_last_one_closes(
    case: Any, done: Any, echo: SimpleNamespace
) -> None:
    """Equal options are one set of connections; others are another."""
    if not case.shared:
        pytest.skip("a client of the user's is the user's")
    options = {"max_connections": 50}
    first, second = case.client(echo.url, options=options), case.client(echo.url, options=options)
    other = case.client(echo.url, options={"max_connections": 51})
    assert await done(first.request("GET", "/")) == 1
    assert await done(second.request("GET", "/")) == 1
    assert await done(other.request("GET", "/")) == 2
    await done(first.close())
    assert await done(second.request("GET", "/")) == 1
    await done(second.close())
    await done(other.close())
    third = case.client(echo.url, options=options)
    assert await done(third.request("GET", "/")) == 3
    await done(third.close())


async def test_no_more_connections_than_allowed(
    case: Any, done: Any, serve: Any, http: Any
) -> None:
    """A second call waits for the only connection, as long as the limit of the pool says."""
    hold = threading.Event()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 99\r\n\r\n"

    def answer(sent: SimpleNamespace) -> Iterator[bytes]:
        if sent.line.startswith("GET /stream"):
            yield head + b"data: 1\n\n"
            hold.wait(20)
        yield http(b"2")

    server = serve(answer)
    client = case.client(server.url, options={"max_connections": 1}, timeout=Timeout(9, pool=0.05))
    stream = await done(client.request("GET", "/stream", stream=True))
    assert (next(stream) if case.colour == "sync" else await anext(stream)) == 1
    with pytest.raises(APITimeoutError, match=r"no free connection within 0\.05 s") as caught:
        await done(client.request("GET", "/"))
    assert not caught.value.maybe_processed
    await done(stream.close())  # lets the second one in
    assert await done(client.request("GET", "/", timeout=Timeout(9, pool=9))) == 2
    hold.set()
    await done(client.close())


async def test_nothing_is_sent_twice_by_the_engine(case: Any, done: Any, serve: Any) -> None:
    """A server that hangs up without a word may have worked; to ask again is not the engine's."""

    def answer(sent: SimpleNamespace) -> Iterator[bytes]:
        if sent.connection:
            raise ConnectionAbortedError
        yield b""

    server = serve(answer)
    client = case.client(server.url)
    with pytest.raises(APIConnectionError, match="broke") as caught:
        await done(client.request("GET", "/"))
    assert caught.value.maybe_processed
    await done(client.close())
    assert len(server.requests) == 1


async def test_a_server_that_is_not_there_was_not_reached(case: Any, done: Any) -> None:
    """The message says what to check, no secret, and that nothing was processed."""
    import socket  # noqa: PLC0415  # only here

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v1?key=canary-c0de"
    client = case.client(url, credential="canary-c0de")
    with pytest.raises(APIConnectionError, match="check `base_url`") as caught:
        await done(client.request("GET", "/"))
    assert not caught.value.maybe_processed
    assert f"cannot reach http://127.0.0.1:{port}/v1" in str(caught.value)
    error: BaseException | None = caught.value
    while error is not None:  # tracebacks show the causes, too
        assert "canary-c0de" not in f"{error} {error!r}"
        error = error.__cause__
    await done(client.close())


async def test_a_name_that_nobody_has_was_not_reached(case: Any, done: Any) -> None:
    """What fails in the look-up of the name was not processed, either."""
    client = case.client("http://nobody.invalid")
    with pytest.raises(APIConnectionError, match="cannot reach") as caught:
        await done(client.request("GET", "/"))
    assert not caught.value.maybe_processed
    await done(client.close())


async def test_what_speaks_no_http_is_a_connection_error(case: Any, done: Any, serve: Any) -> None:
    """Whatever it says; the request may have been processed."""

    def answer(_: object) -> Iterator[bytes]:
        yield b"SSH-2.0-OpenSSH_9.9\r\n\r\n"
        raise ConnectionAbortedError

    client = case.client(serve(answer).url)
    with pytest.raises(APIConnectionError, match="broke") as caught:
        await done(client.request("GET", "/"))
    assert caught.value.maybe_processed
    await done(client.close())


async def test_a_server_may_leave_in_the_middle(case: Any, done: Any, serve: Any) -> None:
    """Half an answer is none, by length and by chunks."""
    halves = {
        "/length": b"content-length: 100\r\n\r\nhalf",
        "/chunks": b"transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    }

    def answer(sent: SimpleNamespace) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n" + halves[sent.line.split()[1]]
        raise ConnectionAbortedError

    client = case.client(serve(answer).url)
    for path in halves:
        with pytest.raises(APIConnectionError, match="broke") as caught:
            await done(client.request("GET", path))
        assert caught.value.maybe_processed
    await done(client.close())


async def test_cookies_are_not_kept(case: Any, done: Any, serve: Any, http: Any) -> None:
    """One call leaves nothing behind for the next, but in a client of the user's own."""
    server = serve(lambda _: [http(b"1", set_cookie="session=abc; Path=/")])
    client = case.client(server.url)
    for _ in range(2):
        await done(client.request("GET", "/"))
    await done(client.close())
    assert ("cookie" in server.requests[1].headers) == case.own


async def test_only_our_headers_are_sent(case: Any, done: Any, echo: SimpleNamespace) -> None:
    """An engine adds what HTTP needs, nothing that tells of itself."""
    client = case.client(echo.url, default_headers={"x-a": "1"})
    await done(client.request("POST", "/a?b=%20[c]", body=1))
    await done(client.close())
    (sent,) = echo.requests
    assert sent.line == "POST /a?b=%20[c] HTTP/1.1"
    ours = {"accept", "accept-encoding", "content-length", "content-type", "host", "user-agent"}
    assert sent.headers.keys() - {"connection", "idempotency-key", "x-a"} <= ours | {
        name for name in sent.headers if name.startswith("x-sdk")
    }
    assert sent.headers["accept-encoding"] == "gzip, deflate"
