"""The shared pools: loops, threads, proxies, TLS, and who closes."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sdk_core import _pooled, _sharing, _tls
from sdk_core._pooled import PooledTransport
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import ConfigurationError
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


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_connections_of_dead_loops_are_forgotten(
    anyio_backend: str, serve: Serve, http: Http
) -> None:
    """One client in many loops, one after the other, keeps no more than the last one's."""
    server = serve(lambda sent: [http(b"%d" % sent.connection, connection="close")])
    client = AsyncClient(base_url=server.url, max_retries=0)

    async def twice() -> list[int]:
        return [await client.request("GET", "/") for _ in range(2)]

    def loops() -> list[list[int]]:
        return [asyncio.run(twice()) for _ in range(5)]

    found = await asyncio.get_running_loop().run_in_executor(None, loops)
    assert found == [[2 * n + 1, 2 * n + 2] for n in range(5)]
    await client.request("GET", "/")
    gc.collect()
    assert len(_sharing._async_shares[HTTPX()].by_loop) == 1
    await client.close()


def test_threads_share_a_client(serve: Serve, http: Http) -> None:
    """Eight threads, two hundred calls, and each gets its own answer."""
    server = serve(lambda sent: [http(sent.body)])
    wrong: list[object] = []
    with SyncClient(base_url=server.url, max_retries=0) as client:

        def work(thread: int) -> None:
            for call in range(25):
                body = {"n": [thread, call]}
                if (answer := client.request("POST", "/", body=body)) != body:
                    wrong.append(answer)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong
    assert len(server.requests) == 200
    assert server.connections <= 8


async def test_many_tasks_share_a_client(serve: Serve, http: Http) -> None:
    """Fifty calls at once in one loop, each with its own answer."""
    import anyio  # noqa: PLC0415  # only this test starts tasks

    server = serve(lambda sent: [http(sent.body)])
    found: list[bool] = []
    async with AsyncClient(base_url=server.url, max_retries=0) as client:

        async def work(number: int) -> None:
            found.append(await client.request("POST", "/", body=[number]) == [number])

        async with anyio.create_task_group() as tasks:
            for number in range(50):
                tasks.start_soon(work, number)
    assert found == [True] * 50


@pytest.mark.parametrize(
    ("name", "value", "no_proxy"),
    [("HTTP_PROXY", "{}", ""), ("ALL_PROXY", "{}", ""), ("http_proxy", "{}", "other.example")],
)
async def test_a_proxy_of_the_environment_is_used(
    colour: str,
    serve: Serve,
    http: Http,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    no_proxy: str,
) -> None:
    """The request goes to the proxy, with the whole address in its first line."""
    proxy = serve(lambda _: [http(b'"proxied"')])
    monkeypatch.setenv(name, value.format(proxy.url))
    monkeypatch.setenv("NO_PROXY", no_proxy)
    client = connect(colour, "http://behind.example:81")
    assert await done(client.request("GET", "/a")) == "proxied"
    await done(client.close())
    assert proxy.requests[0].line == "GET http://behind.example:81/a HTTP/1.1"


async def test_a_proxy_may_lack_its_scheme_and_be_switched_off(
    colour: str, echo: SimpleNamespace, serve: Serve, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``host:port`` is a proxy; ``NO_PROXY`` names hosts that need none."""
    proxy = serve(lambda _: [http(b'"proxied"')])
    monkeypatch.setenv("HTTP_PROXY", proxy.url.removeprefix("http://"))
    client = connect(colour, echo.url)
    assert await done(client.request("GET", "/")) == "proxied"
    await done(client.close())
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    client = connect(colour, echo.url)
    assert await done(client.request("GET", "/")) == 1
    await done(client.close())


@pytest.mark.parametrize(
    "proxy", [f"foo://u:{CANARY}@x:1", f"http://u:{CANARY}@x:port", "socks5://x:1"]
)
async def test_a_proxy_that_cannot_be_used_is_named(
    colour: str, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    """The message says that it comes from the environment, and keeps its password."""
    monkeypatch.setenv("HTTP_PROXY", proxy)
    client = connect(colour, "http://behind.example")
    with pytest.raises(ConfigurationError, match="or the environment names") as caught:
        await done(client.request("GET", "/"))
    assert CANARY not in str(caught.value)
    await done(client.close())


def test_a_tls_context_is_made_once_and_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain HTTP needs none, and all connections with the same options share one."""
    made: list[int] = []
    real = ssl.create_default_context

    def counted(**options: Any) -> Any:
        made.append(1)
        return real(**options)

    _tls._made.cache_clear()
    monkeypatch.setattr(ssl, "create_default_context", counted)
    pools, other = _pooled.SyncPools(HTTPX()), _pooled.SyncPools(HTTPX(max_keepalive=1))
    plain = pools.lanes("http://a.example/x")
    assert plain.take() is not None
    assert not made
    secure = pools.lanes("https://a.example/x")
    assert pools.lanes("https://a.example") is secure
    for lanes in (secure, pools.lanes("https://b.example"), other.lanes("https://a.example/")):
        assert lanes.take() is not None
    assert made == [1]
    pools.close()
    other.close()
    _tls._made.cache_clear()


def test_a_forgotten_client_gives_its_connections_back(echo: SimpleNamespace) -> None:
    """Nobody has to close: the garbage collector counts, too."""
    options = HTTPX(keepalive_expiry=77)
    client = SyncClient(base_url=echo.url, max_retries=0, transport=options)
    client.request("GET", "/")
    assert _sharing._shares[options].users == 1
    del client
    gc.collect()
    assert options not in _sharing._shares


async def test_a_forgotten_async_client_is_counted_too(echo: SimpleNamespace) -> None:
    """Its connections stay with the loop, for the next client."""
    options = HTTPX(keepalive_expiry=78)
    first = AsyncClient(base_url=echo.url, max_retries=0, transport=options)
    assert await first.request("GET", "/") == 1
    del first
    gc.collect()
    assert not _sharing._async_shares[options].users
    async with AsyncClient(base_url=echo.url, max_retries=0, transport=options) as second:
        assert await second.request("GET", "/") == 1
    assert options not in _sharing._async_shares


def test_no_descriptor_is_left_behind(serve: Serve, http: Http) -> None:
    """A hundred clients and calls leave as many open files as there were."""
    server = serve(lambda _: [http(b"1")])
    files = Path("/proc/self/fd")
    if not files.exists():
        pytest.skip("this system does not list its open files")
    with SyncClient(base_url=server.url, max_retries=0) as client:
        client.request("GET", "/")
    before = len(os.listdir(files))  # noqa: PTH208  # only the count matters
    for _ in range(100):
        with SyncClient(base_url=server.url, max_retries=0) as client:
            client.request("GET", "/")
    gc.collect()
    assert len(os.listdir(files)) <= before + 110  # noqa: PTH208  # the server's ends close later


def test_after_a_fork_nothing_of_the_parent_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections and lock are new; who was counted still is."""
    monkeypatch.setattr(_sharing, "_lock", _sharing._lock)
    lock, options = _sharing._lock, HTTPX(keepalive_expiry=79)
    transport = PooledTransport(options)
    share = _sharing._shares[options]
    before = share.pools
    _sharing._after_fork()
    assert share.pools is not before
    assert _sharing._lock is not lock
    assert share.users == 1
    transport.close()


async def test_after_a_fork_no_loop_of_the_parent_is_used(
    monkeypatch: pytest.MonkeyPatch, echo: SimpleNamespace
) -> None:
    """What a child sends over the parent's connections would go between the parent's answers."""
    monkeypatch.setattr(_sharing, "_lock", _sharing._lock)
    options = HTTPX(keepalive_expiry=80)
    client = AsyncClient(base_url=echo.url, max_retries=0, transport=options)
    assert await client.request("GET", "/") == 1
    parents = _sharing._async_shares[options].by_loop
    _sharing._after_fork()
    assert await client.request("GET", "/") == 2
    await client.close()
    for here in parents.values():
        await here.pools.aclose()


async def test_what_lies_idle_is_closed_by_the_next_call(
    colour: str, echo: SimpleNamespace, serve: Serve, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the connections to others: no thread and no task of ours does it."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    there = serve(lambda _: [http(b"1")])
    options = HTTPX(keepalive_expiry=5)
    clients = [connect(colour, url, transport=options) for url in (echo.url, there.url)]
    for client in clients:
        await done(client.request("GET", "/"))
    closed: list[Any] = []
    kind: Any = httpx.HTTPTransport if colour == "sync" else httpx.AsyncHTTPTransport
    name = "close" if colour == "sync" else "aclose"
    real = getattr(kind, name)

    def close(transport: Any) -> Any:
        closed.append(transport)
        return real(transport)

    monkeypatch.setattr(kind, name, close)
    now[0] += 6
    await done(clients[0].request("GET", "/"))
    assert len(closed) == 2  # its own had been idle for as long
    for client in clients:
        await done(client.close())
    assert len(closed) == 3


def test_a_stream_that_nobody_reads_is_let_go(serve: Serve) -> None:
    """Dropping it gives the connection back; others can have it, or it is closed."""
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    server = serve(lambda _: [head])
    limits = httpx.Limits(max_connections=1)
    with httpx.Client(limits=limits) as own, SyncClient(base_url=server.url, http_client=own) as c:
        for _ in range(3):  # would wait for the only connection
            stream = c.request("GET", "/", stream=True, timeout=2)
            del stream
            gc.collect()
