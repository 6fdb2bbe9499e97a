"""Timeouts by phase, deadlines and cancellation, over every transport."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from sdk_core.errors import APITimeoutError, StreamInterruptedError
from sdk_core.operations import Body, Operation
from sdk_core.options import Timeout

pytestmark = pytest.mark.anyio
PUT: Operation[Any] = Operation(
    id="put",
    method="PUT",
    path="/",
    body=Body(media_type="application/octet-stream", encoding="bytes"),
    responses={"2XX": ()},
)


@pytest.fixture
def held(serve: Any) -> Iterator[Any]:
    """Serve some bytes and then nothing: ``held(bytes)``; ``release`` lets go of the server."""
    release = threading.Event()

    def start(*pieces: bytes) -> SimpleNamespace:
        def answer(_: object) -> Iterator[bytes]:
            yield from pieces
            release.wait(20)
            raise ConnectionAbortedError

        server: SimpleNamespace = serve(answer)
        return server

    yield start
    release.set()


@pytest.fixture
def full() -> Iterator[str]:
    """Give the address of a server that accepts no more connections."""
    with socket.socket() as listener, socket.socket() as one, socket.socket() as other:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for each in (one, other):
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_to_connect_has_a_limit(case: Any, done: Any, full: str) -> None:
    """Nothing was processed."""
    client = case.client(full, timeout=Timeout(9, connect=0.1))
    with pytest.raises(APITimeoutError, match=r"no connection within 0\.1 s from") as caught:
        await done(client.request("GET", "/"))
    assert not caught.value.maybe_processed
    await done(client.close())


async def test_to_wait_for_an_answer_has_a_limit(case: Any, done: Any, held: Any) -> None:
    """It may have been processed."""
    client = case.client(held().url, timeout=Timeout(9, read=0.1))
    with pytest.raises(APITimeoutError, match=r"no answer within 0\.1 s from") as caught:
        await done(client.request("GET", "/"))
    assert caught.value.maybe_processed
    await done(client.close())


async def test_silence_within_an_answer_has_a_limit(case: Any, done: Any, held: Any) -> None:
    """However much has come."""
    server = held(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n", b"half")
    client = case.client(server.url, timeout=Timeout(9, read=0.1))
    with pytest.raises(APITimeoutError, match=r"no answer within 0\.1 s from"):
        await done(client.request("GET", "/"))
    await done(client.close())


async def test_silence_within_a_stream_has_a_limit(
    case: Any, done: Any, collect: Any, held: Any
) -> None:
    """What had come is kept."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 100\r\n\r\n"
    server = held(head, b'data: {"a": 1}\n\n')
    client = case.client(server.url, timeout=Timeout(9, read=1.0))  # what is sent must be in time
    stream = await done(client.request("GET", "/", stream=True))
    with pytest.raises(StreamInterruptedError, match=r"no answer within 1 s") as caught:
        await collect(stream)
    assert caught.value.partial == [{"a": 1}]
    await done(client.close())


async def test_a_body_that_nobody_takes_has_a_limit(case: Any, done: Any) -> None:
    """A server that reads nothing is no reason to wait for ever."""
    if case.own and case.backend == "trio":
        pytest.skip("httpx leaves a generator of its own half-way, which trio warns of")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = case.client(url, timeout=Timeout(9, write=0.2, read=0.3))
        words = "could not be written within" if case.engine != "pyreqwest" else "no answer within"
        with pytest.raises(APITimeoutError, match=words):
            await done(client.call(PUT, body=b"x" * 50_000_000))
        await done(client.close())


async def test_a_body_that_drips_ends_at_the_deadline(case: Any, done: Any, serve: Any) -> None:
    """Each byte comes within the limit between two reads; all of them would take for ever."""
    stop = threading.Event()

    def drip(_: object) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999999\r\n\r\n"
        while not stop.wait(0.02):
            yield b" "

    client = case.client(serve(drip).url, deadline=1.0)
    with pytest.raises(APITimeoutError, match="`deadline`"):
        await done(client.request("GET", "/"))
    stop.set()
    await done(client.close())


@pytest.mark.parametrize("where", ["head", "body", "stream"])
async def test_a_call_that_is_cancelled_leaves_nothing(
    case: Any, held: Any, where: str, serve: Any, http: Any
) -> None:
    """Its connection is closed, and its place in the pool is free for the next call."""
    if case.colour == "sync":
        pytest.skip("only asynchronous calls are cancelled")
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 99999\r\n\r\n"
    gone = threading.Event()
    reached = threading.Event()

    def answer(sent: SimpleNamespace) -> Iterator[bytes]:
        if sent.line.startswith("GET /next"):
            yield http(b'"next"')
            return
        if where != "head":
            yield head + b"data: 1\n\n"
        reached.set()
        for _ in range(2000):
            if gone.wait(0.005):
                return
            if where != "head":
                yield b" "  # fails once the other end is gone
        yield b""

    server = serve(answer)
    timeout = Timeout(20, pool=5)
    client = case.client(server.url, options={"max_connections": 1}, timeout=timeout)
    for _ in range(2):
        reached.clear()
        with anyio.move_on_after(20) as scope:
            async with anyio.create_task_group() as tasks:

                async def call() -> None:
                    found = await client.request("GET", "/", stream=where == "stream")
                    async for _ in found:
                        pass

                tasks.start_soon(call)
                await anyio.to_thread.run_sync(reached.wait, 10)
                tasks.cancel_scope.cancel()
        assert not scope.cancelled_caught
        assert await client.request("GET", "/next") == "next"
    gone.set()
    await client.close()
