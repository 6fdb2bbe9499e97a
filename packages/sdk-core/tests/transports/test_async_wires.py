"""Sockets of asyncio's with httptools: what the suite over all transports does not come to."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
import trustme

from sdk_core._async_wires import _expire, _Tls, _wake
from sdk_core._httptools import AsyncHttptoolsTransport
from sdk_core._uploads import Pieces, Upload
from sdk_core.errors import APIConnectionError, APITimeoutError, ConfigurationError
from sdk_core.options import Timeout
from sdk_core.testing import request
from sdk_core.transports import Httptools

pytestmark = pytest.mark.anyio
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"


@pytest.fixture
def anyio_backend() -> str:
    """Run in the loop that it is for."""
    return "asyncio"


@pytest.fixture
async def transport() -> AsyncIterator[AsyncHttptoolsTransport]:
    """Return a transport whose connections are its own."""
    made = AsyncHttptoolsTransport(Httptools(max_connections=17))
    yield made
    await made.aclose()


@pytest.fixture
def numbers(serve: Any, http: Any) -> SimpleNamespace:
    """Serve the number of the connection."""
    server: SimpleNamespace = serve(lambda sent: [http(b"%d" % sent.connection)])
    return server


def asked(url: str, **attributes: Any) -> Any:
    """Return a request with limits."""
    return request(url, **{"timeout": Timeout(9)} | attributes)


@pytest.mark.parametrize("pieces", [[b"ab"], [b"ab", b"cd"], [b"abcd"]])
async def test_a_body_of_another_length_is_refused(
    transport: Any, numbers: SimpleNamespace, pieces: list[bytes]
) -> None:
    """Else the server would wait for the rest, or take it for the next request."""
    body = Upload([Pieces("body", pieces)])
    sent = asked(numbers.url, method="POST", headers={"content-length": "3"}, content=body)
    with pytest.raises(ConfigurationError, match="not as long as `content-length` says"):
        await transport.send(sent)
    assert (await transport.send(asked(numbers.url))).content == b"2"


async def test_a_stream_ends_where_its_client_is_closed(transport: Any, serve: Any) -> None:
    """With an error for who reads on; without one for who has closed it."""
    server = serve(lambda _: [HEAD + b"abc"])
    answers = [await transport.send(asked(server.url, stream=True)) for _ in range(3)]
    cut, closed, unread = (answer.stream for answer in answers)
    await unread.aclose()
    assert [piece async for piece in unread] == []
    pieces, rest = aiter(cut), aiter(closed)
    assert (await anext(pieces), await anext(rest)) == (b"abc", b"abc")
    await closed.aclose()
    assert [piece async for piece in rest] == []
    await transport.aclose()
    with pytest.raises(APIConnectionError, match="the client has been closed"):
        await anext(pieces)
    await cut.aclose()
    await cut.aclose()


async def test_who_reads_while_the_client_is_closed_is_told(transport: Any, serve: Any) -> None:
    """The loop does not go on looking at a socket that is closed, whose number is soon another's."""
    server = serve(lambda _: [HEAD + b"abc"])
    answer = await transport.send(asked(server.url, stream=True))
    pieces = aiter(answer.stream)
    await anext(pieces)
    async with anyio.create_task_group() as tasks:

        async def read() -> None:
            with pytest.raises(APIConnectionError, match=r"in the middle|has been closed"):
                await anext(pieces)

        tasks.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        await transport.aclose()


async def test_a_closed_transport_sends_nothing(transport: Any) -> None:
    """It says so."""
    await transport.aclose()
    await transport.aclose()
    assert transport.closed
    with pytest.raises(ConfigurationError, match="the client has been closed"):
        await transport.send(asked("http://a.example/"))


async def test_connections_that_nobody_uses_are_closed(
    transport: Any, numbers: SimpleNamespace
) -> None:
    """By the next call, wherever that goes; a name is looked up for it."""
    pools = transport._share.here(transport)
    await transport.send(asked(numbers.url))
    (lane,) = pools.lanes(numbers.url)._lanes
    wire = lane.transport
    pools._swept = lane.free_since = float("-inf")
    await transport.send(asked(numbers.url.replace("127.0.0.1", "localhost")))
    assert wire._socket is None


async def test_the_next_address_is_tried(
    transport: Any, numbers: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name has several, of which some may not answer."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        silent = taken.getsockname()
    port = int(numbers.url.rpartition(":")[2].rstrip("/"))
    kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    found = [(*kind, silent), (*kind, ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert (await transport.send(asked(numbers.url))).content == b"1"
    found.clear()
    with pytest.raises(APIConnectionError, match="its host has no address"):
        await transport.send(asked(f"http://127.0.0.1:{silent[1]}/"))


@pytest.mark.parametrize("kept", [False, True])
async def test_a_deadline_that_is_over_lets_nothing_begin(
    transport: Any, numbers: SimpleNamespace, kept: bool
) -> None:
    """Whether a connection is there or not."""
    if kept:
        await transport.send(asked(numbers.url))
    with pytest.raises(APITimeoutError, match="`deadline` was over"):
        await transport.send(asked(numbers.url, ends=time.monotonic() - 1))
    assert len(numbers.requests) == kept


async def test_a_deadline_limits_each_step(transport: Any, serve: Any) -> None:
    """Also that of a stream, which nobody else watches."""
    server = serve(lambda _: [HEAD + b"abc"])
    ends = time.monotonic() + 0.3
    answer = await transport.send(asked(server.url, stream=True, ends=ends))
    pieces = aiter(answer.stream)
    assert await anext(pieces) == b"abc"
    with pytest.raises(APITimeoutError, match="`deadline` was over"):
        await anext(pieces)


@pytest.mark.parametrize("limits", [Timeout(None), Timeout(9, connect=None)])
async def test_what_has_no_limit_waits(
    transport: Any, numbers: SimpleNamespace, limits: Timeout
) -> None:
    """Before and after a request that has one."""
    for each in (limits, Timeout(5), limits):
        assert (await transport.send(asked(numbers.url, timeout=each))).content == b"1"


async def test_others_have_their_turn_while_a_stream_is_fast(transport: Any, serve: Any) -> None:
    """Between two reads of what is there already."""
    size = 1 << 20
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size
    server = serve(lambda _: [head + bytes(size)])
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(count)
        answer = await transport.send(asked(server.url, stream=True))
        reads = [len(piece) async for piece in answer.stream]
        assert sum(reads) == size
        assert turns >= len(reads)
        tasks.cancel_scope.cancel()


def test_what_a_loop_that_is_over_left_is_closed(numbers: SimpleNamespace) -> None:
    """Nobody is told, for nobody has done anything wrong."""
    transport = AsyncHttptoolsTransport(Httptools(max_connections=19))

    async def call() -> Any:
        answer = await transport.send(asked(numbers.url))
        lane: Any = transport._share.here(transport).lanes(numbers.url)._lanes[0]
        return answer.content, lane.transport._socket

    (first, connection), (second, _) = asyncio.run(call()), asyncio.run(call())
    gc.collect()
    assert (first, second) == (b"1", b"2")
    assert connection.fileno() == -1
    asyncio.run(transport.aclose())


def test_a_wait_ends_once() -> None:
    """Whichever comes first, the bytes or the end of the time."""
    loop = asyncio.new_event_loop()
    ready = loop.create_future()
    _wake(ready)
    _expire(ready)
    _wake(ready)
    assert ready.result() is None
    loop.close()


def test_tls_says_what_it_is_asked_for() -> None:
    """Encrypted both ways, a farewell is an end, and so is a connection without one."""
    authority = trustme.CA()
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("a.example").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    for farewell in (True, False):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = theirs.wrap_bio(incoming, outgoing, server_side=True)
        tls = _Tls(ours, "a.example")
        done = served = False
        while not (done and served):
            done = tls.shake_hands()
            incoming.write(tls.written())
            try:
                server.do_handshake()
                served = True
            except ssl.SSLWantReadError:
                pass
            tls.feed(outgoing.read() or b"") if outgoing.pending else None
        assert tls.read() is None
        incoming.write(tls.encrypt(b"question"))
        assert server.read(99) == b"question"
        server.write(b"ans")
        server.write(b"wer")
        tls.feed(outgoing.read())
        assert tls.read() == b"answer"
        if farewell:
            with pytest.raises(ssl.SSLWantReadError):
                server.unwrap()
            tls.feed(outgoing.read())
        else:
            tls.feed(b"")
        assert tls.read() == b""
