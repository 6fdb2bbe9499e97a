"""Lanes: one connection each, the lowest number first, limits, sweeping, and loops."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core import _sharing
from sdk_core._pooled import AsyncPools, SyncPools
from sdk_core._pools import AsyncLanes, Lanes, NoneFreeError, SyncLanes
from sdk_core.clients import AsyncClient
from sdk_core.errors import ConfigurationError
from sdk_core.transports import HTTPX, Aiohttp, Pyreqwest


class Connection:
    """Stands for a transport of httpx's."""

    def __init__(self, number: int) -> None:
        self.number = number


def lanes_of(limit: int, kind: Any = SyncLanes, *, shared: bool = False) -> Any:
    """Return lanes that open nothing."""
    return kind(Connection, limit, None, shared=shared)


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 8))
def test_lanes_are_exclusive_and_few(turns: list[bool], limit: int) -> None:
    """No two requests share one, none is beyond the limit, and the lowest free one goes first."""
    lanes: Lanes[Any] = lanes_of(limit)
    used: list[Any] = []
    opened = 0
    for take in turns:
        if take:
            free = sorted(set(range(opened)) - {lane.number for lane in used})
            lane = lanes.take()
            if lane is None:
                assert len(used) == limit
                continue
            assert lane.number == (free[0] if free else opened)
            opened = max(opened, lane.number + 1)
            used.append(lane)
        elif used:
            lanes.release(used.pop(0))
    assert opened <= limit


def test_a_lane_that_cannot_be_made_is_free_again() -> None:
    """The next request finds out for itself."""

    def fail(_: int) -> Any:
        raise ConfigurationError(str(_))

    lanes: Lanes[Any] = SyncLanes(fail, 1, None, shared=False)
    for _ in range(3):
        with pytest.raises(ConfigurationError):
            lanes.take()


def test_with_http2_all_share_one_lane() -> None:
    """The pool of httpx deals out what is in it."""
    lanes = lanes_of(1, shared=True)
    one = lanes.take()
    assert lanes.take() is one
    lanes.release(one)
    assert lanes.idle(time.monotonic() + 99) == []
    assert len(lanes.all()) == 1


def test_whoever_waits_gets_the_lane_that_is_released() -> None:
    """Threads wait for each other, no longer than they want to."""
    lanes = lanes_of(1)
    lane = lanes.acquire(0)
    with pytest.raises(NoneFreeError):
        lanes.acquire(0.01)
    got: list[Any] = []
    waiting = [threading.Thread(target=lambda: got.append(lanes.acquire(20))) for _ in range(2)]
    for thread in waiting:
        thread.start()
    while len(lanes._waiting) < 2:
        time.sleep(0.001)
    lanes.release(lane)
    while not got:
        time.sleep(0.001)
    lanes.release(got[0])
    for thread in waiting:
        thread.join(20)
    assert got == [lane, lane]


def test_a_hundred_threads_share_five_lanes() -> None:
    """None is lost, and no two threads are on one."""
    lanes = lanes_of(5)
    busy: set[int] = set()
    clashes: list[int] = []

    def work() -> None:
        for _ in range(30):
            lane = lanes.acquire(20)
            if lane.number in busy:
                clashes.append(lane.number)
            busy.add(lane.number)
            time.sleep(0)
            busy.discard(lane.number)
            lanes.release(lane)

    threads = [threading.Thread(target=work) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not clashes
    assert len({lanes.take().number for _ in range(5)}) == 5


def test_a_lane_whose_connection_cannot_be_made_again_is_free() -> None:
    """As one that could not be made at first."""
    errors: list[Exception] = []

    def make(number: int) -> Connection:
        for error in errors:
            raise error
        return Connection(number)

    lanes: Lanes[Any] = Lanes(make, 1, None, shared=False)
    lane = lanes.take()
    assert lane is not None
    lanes.discard(lane)
    errors.append(OSError("no more files"))
    with pytest.raises(OSError, match="no more files"):
        lanes.take()
    errors.clear()
    assert lanes.take() is lane


def test_a_shared_connection_is_not_given_up_for_one_request() -> None:
    """With HTTP/2 the others go on; httpx itself sees whether the connection is of any use."""
    lanes = lanes_of(1, shared=True)
    lane = lanes.take()
    assert lanes.discard(lane) is None
    assert lanes.take() is lane
    assert lane.transport is not None


class Contested(SyncLanes):
    """Lanes of which one becomes free between the first look and the wait for it."""

    woken = False

    def take(self) -> Any:
        """Find nothing at first; then wake who waits, as who released it may do."""
        if not self._waiting:
            return None
        if self.woken:
            self._waiting.popleft().set()
        return super().take()


@pytest.mark.parametrize("woken", [False, True])
def test_what_becomes_free_before_the_wait_is_taken(woken: bool) -> None:
    """And a turn that came too late is the next one's."""
    lanes = lanes_of(1, Contested)
    lanes.woken = woken
    other = threading.Event()
    real = lanes._waiting

    class Waiting(type(real)):  # type: ignore[misc]  # a deque
        def append(self, turn: Any) -> None:
            super().append(turn)
            if woken:
                super().append(other)

    lanes._waiting = Waiting()
    assert lanes.acquire(0).number == 0
    assert other.is_set() is woken
    assert not lanes._waiting


def test_two_that_release_at_once_may_find_one_who_waits() -> None:
    """The second wakes nobody."""
    lanes = lanes_of(2)
    lanes._wake()
    assert lanes.take().number == 0


def test_who_waits_looks_again_when_idle_ones_were_swept() -> None:
    """While they are taken out of the heap, nothing is free."""
    lanes = lanes_of(1)
    lanes.release(lanes.take())
    turn = threading.Event()
    lanes._waiting.append(turn)
    assert len(lanes.idle(time.monotonic())) == 1
    assert turn.is_set()


def test_what_is_not_used_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once in a while, and never what is in use."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pools = SyncPools(HTTPX(keepalive_expiry=5, trust_env=False))
    lanes = pools.lanes("http://a.example/")
    one, two = lanes.acquire(0), lanes.acquire(0)
    lanes.release(two)
    assert pools.stale() == []
    now[0] += 6
    stale = pools.stale()
    assert [two.transport, len(stale)] == [None, 1]
    assert one.transport is not None
    assert pools.stale() == []
    lanes.release(one)
    assert lanes.acquire(0) is one
    assert lanes.acquire(0) is two
    assert two.transport is not None
    pools.close()
    for transport in stale:
        transport.close()


def test_only_so_many_connections_stay_open(serve: Any, http: Any) -> None:
    """Beyond ``max_keepalive``, a connection is closed behind its answer."""
    server = serve(lambda sent: [http(b"%d" % sent.connection)])
    pools = SyncPools(HTTPX(max_keepalive=1, trust_env=False))
    lanes = pools.lanes(server.url)
    kept, closed = lanes.acquire(0), lanes.acquire(0)
    for lane, numbers in ((kept, [b"1", b"1"]), (closed, [b"2", b"3"])):
        transport: Any = lane.transport
        for number in numbers:
            answer = transport.handle_request(httpx.Request("GET", server.url))
            assert answer.read() == number
            answer.close()
    pools.close()


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_tasks_wait_for_a_lane(anyio_backend: str) -> None:
    """As long as they want to; one that is cancelled takes nobody's turn."""
    pools = AsyncPools(HTTPX(max_connections=1, trust_env=False))
    lanes = pools.lanes("http://a.example/")
    lane = await lanes.acquire(None)
    with pytest.raises(NoneFreeError):
        await lanes.acquire(0.01)
    got: list[Any] = []

    async def wait() -> None:
        got.append(await lanes.acquire(None))

    async with anyio.create_task_group() as tasks:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as others:
                others.start_soon(wait)
                await anyio.wait_all_tasks_blocked()
                scope.cancel()
        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        lanes.release(lane)
    assert got == [lane]
    async with anyio.create_task_group() as tasks:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as others:
                others.start_soon(wait)
                await anyio.wait_all_tasks_blocked()
                lanes.release(lane)  # wakes the one that is cancelled in the same moment
                scope.cancel()
        if len(got) == 2:  # it was faster
            lanes.release(lane)
        with anyio.fail_after(5):
            await wait()
    await pools.aclose()


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_who_is_woken_in_vain_waits_on(anyio_backend: str) -> None:
    """Somebody may have been faster."""
    lanes = lanes_of(1, AsyncLanes)
    lane = await lanes.acquire(None)
    got: list[Any] = []

    async def wait() -> None:
        got.append(await lanes.acquire(None))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        lanes._wake()
        await anyio.wait_all_tasks_blocked()
        assert not got
        lanes.release(lane)
    assert got == [lane]


@pytest.mark.parametrize("options", [HTTPX(), Aiohttp(), Pyreqwest()], ids=["httpx", "a", "p"])
def test_a_client_lives_through_many_loops(serve: Any, http: Any, options: Any) -> None:
    """One after the other; the last one to close in a loop closes that loop's connections."""
    server = serve(lambda sent: [http(b"%d" % sent.connection, connection="close")])
    client = AsyncClient(base_url=server.url, max_retries=0, transport=options)

    async def twice() -> None:
        for _ in range(2):
            await client.request("GET", "/")

    for _ in range(3):
        asyncio.run(twice())
    asyncio.run(client.close())
    gc.collect()
    assert options not in _sharing._async_shares


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_users_are_counted_in_their_own_loop(
    anyio_backend: str, serve: Any, http: Any
) -> None:
    """A client that is used elsewhere keeps nothing open here."""
    server = serve(lambda sent: [http(b"%d" % sent.connection, connection="close")])
    options = HTTPX(keepalive_expiry=81)
    here, there = (
        AsyncClient(base_url=server.url, max_retries=0, transport=options) for _ in range(2)
    )
    assert await here.request("GET", "/") == 1

    def elsewhere() -> Any:
        return asyncio.run(there.request("GET", "/"))

    assert await asyncio.get_running_loop().run_in_executor(None, elsewhere) == 2
    await here.close()
    share = _sharing._async_shares[options]
    assert asyncio.get_running_loop() not in share.by_loop
    await there.close()
    assert options not in _sharing._async_shares


@pytest.mark.anyio
@pytest.mark.parametrize("hooks", [(), lambda _: None], ids=["quiet", "told"])
async def test_a_dropped_stream_lets_go_at_once(
    case: Any, done: Any, serve: Any, http: Any, hooks: Any
) -> None:
    """Without the garbage collector."""
    gone = threading.Event()

    def answer(sent: SimpleNamespace) -> Any:
        if sent.line.startswith("GET /next"):
            yield http(b"1")
            return
        yield b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999999\r\n\r\n"
        try:
            while True:
                yield b"data: 1\n\n" * 100
        finally:
            gone.set()

    client = case.client(
        serve(answer).url, options={"max_connections": 1}, timeout=20, hooks=hooks or None
    )
    gc.disable()
    try:
        stream = await done(client.request("GET", "/", stream=True))
        if case.colour == "sync":
            for item in stream:
                assert item == 1
                break
            assert next(stream) == 1  # to leave a loop is not to drop it
        else:
            assert await anext(stream) == 1
        del stream
        assert await done(client.request("GET", "/next")) == 1
        assert await anyio.to_thread.run_sync(gone.wait, 20)
    finally:
        gc.enable()
    await done(client.close())
