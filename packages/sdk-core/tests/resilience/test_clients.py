"""All of it at once, in clients of both colours, against a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import anyio
import anyio.to_thread
import pytest

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import CircuitOpenError
from sdk_core.policies import AdaptiveConcurrency, CircuitBreaker, Hedge, RateLimit

pytestmark = pytest.mark.anyio


class Crowd:
    """Counts who is inside at once."""

    def __init__(self) -> None:
        self.most = 0
        self._inside = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1


def connect(colour: str, url: str, **options: Any) -> Any:
    """Return a client of *colour*."""
    return (SyncClient if colour == "sync" else AsyncClient)(base_url=url, **options)


async def call(colour: str, client: Any) -> Any:
    """Make one call."""
    if colour == "async":
        return await client.request("GET", "/")
    return await anyio.to_thread.run_sync(lambda: client.request("GET", "/"))


async def close(colour: str, client: Any) -> None:
    """Close *client*."""
    closing = client.close()
    if colour == "async":
        await closing


async def test_thirty_calls_three_at_a_time(colour: str, serve: Any, http: Any) -> None:
    """All are answered, and the server never sees a fourth; streams count until they are closed."""
    crowd = Crowd()

    def handle(_: Any) -> Iterator[bytes]:
        with crowd:
            threading.Event().wait(0.005)
        yield http(b'{"a": 1}')

    server = serve(handle)
    client = connect(
        colour,
        server.url,
        max_concurrency=3,
        rate_limit=RateLimit(600_000, 60_000_000),
        circuit_breaker=CircuitBreaker(),
        hedge=Hedge(30.0),
        attempt_deadline=30.0,
        deadline=60.0,
    )
    async with anyio.create_task_group() as group:
        for _ in range(30):
            group.start_soon(call, colour, client)
    assert len(server.requests) == 30
    assert 1 <= crowd.most <= 3
    await close(colour, client)


async def test_cancelled_calls_leave_no_slot_behind(serve: Any, http: Any) -> None:
    """Whether they waited for one or for the server."""
    gate = threading.Event()

    def handle(_: Any) -> Iterator[bytes]:
        gate.wait(20)
        yield http(b'{"a": 1}')

    slots = AdaptiveConcurrency.of(2)
    client = connect("async", serve(handle).url, max_concurrency=slots)
    with anyio.move_on_after(0.1):
        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(call, "async", client)
    gate.set()
    async with anyio.create_task_group() as group:
        for _ in range(6):
            group.start_soon(call, "async", client)
    await client.close()


async def test_one_breaker_serves_both_colours(serve: Any, http: Any) -> None:
    """What one client has learned of a server keeps the other from it."""
    server = serve(lambda _: [http(b"{}", 500)])
    breaker = CircuitBreaker(minimum_calls=3)
    clients = {
        colour: connect(colour, server.url, circuit_breaker=breaker, max_retries=0)
        for colour in ("sync", "async")
    }
    for _ in range(3):
        with pytest.raises(Exception, match="500"):
            await call("sync", clients["sync"])
    for colour, client in clients.items():
        with pytest.raises(CircuitOpenError):
            await call(colour, client)
        await close(colour, client)
    assert len(server.requests) == 3
