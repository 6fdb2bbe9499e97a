"""
Connections, one lane each.

httpx's own pool looks at every connection that it holds, twice a request: with a hundred open, that is
most of the cost of a call. So every connection is a pool of its own, a lane, and a heap of the free
ones finds the next in the logarithm of their number. The lowest number goes first: a caller with
one request at a time stays on one warm connection, and what a burst has opened falls idle.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, Generic, TypeVar

import anyio

from ._proxies import proxy_for, shown

_NONE_FREE = "all connections are in use"
T = TypeVar("T")


class NoneFreeError(Exception):
    """No lane became free in time."""


class Lane(Generic[T]):
    """
    One connection, in the hands of one request at a time.

    Attributes:
        number: Its place among the lanes to the same origin.
        free_since: On `time.monotonic`.
    """

    __slots__ = ("free_since", "number", "transport")

    def __init__(self, number: int) -> None:
        self.number = number
        self.transport: T | None = None
        self.free_since = 0.0


class Lanes(Generic[T]):
    """
    The connections to one origin.

    Attributes:
        proxy: The proxy on the way, without its credentials; None: there is none.
        engine: What makes them, where there is a choice.
    """

    def __init__(
        self,
        make: Callable[[int], T],
        limit: int,
        proxy: str | None,
        *,
        shared: bool,
        engine: Any = None,
    ) -> None:
        self.proxy = proxy
        self.engine = engine
        self._make: Callable[[int], T] = make
        self._limit = limit
        self._shared = shared  # one lane for all: HTTP/2
        self._lanes: list[Lane[T]] = []
        self._free: list[int] = []
        self._lock = threading.Lock()
        self._waiting: deque[Any] = deque()

    def take(self) -> Lane[T] | None:
        """Return a free lane, or a new one; None if all that may be are in use."""
        # A heap of integers is popped without letting go of the interpreter: no lock is needed.
        try:
            lane = self._lanes[0 if self._shared else heappop(self._free)]
        except IndexError:
            with self._lock:
                if len(self._lanes) >= self._limit:
                    return self._lanes[0] if self._shared else None
                lane = Lane(len(self._lanes))
                lane.transport = self._make(lane.number)
                self._lanes.append(lane)
                return lane
        if lane.transport is None:
            try:
                lane.transport = self._make(lane.number)
            except BaseException:
                self.release(lane)
                raise
        return lane

    def release(self, lane: Lane[T]) -> None:
        """Let others use *lane*."""
        if self._shared:
            return
        lane.free_since = time.monotonic()
        heappush(self._free, lane.number)
        if self._waiting:
            self._wake()

    def discard(self, lane: Lane[T]) -> T | None:
        """Let others use *lane* with a connection of their own; return its old one, to be closed."""
        transport = None
        if not self._shared:
            transport, lane.transport = lane.transport, None
            self.release(lane)
        return transport

    def _wake(self) -> None:
        try:
            self._waiting.popleft().set()
        except IndexError:  # somebody else woke the last one
            return

    def idle(self, since: float) -> list[T]:
        """Take the connections out of the lanes that have been free since then, to be closed."""
        found: list[T] = []
        if self._shared:
            return found
        for lane in self._lanes[::-1]:
            if lane.transport is not None and lane.free_since <= since:
                try:
                    self._free.remove(lane.number)
                except ValueError:  # in use
                    continue
                transport, lane.transport = lane.transport, None
                found.append(transport)
                self._free.append(lane.number)
        heapify(self._free)
        if self._waiting:
            self._wake()
        return found

    def all(self) -> list[T]:
        """Take the connections out of all lanes, to be closed."""
        found = []
        for lane in self._lanes:
            transport, lane.transport = lane.transport, None
            if transport is not None:
                found.append(transport)
        return found


class Release:
    """Gives a lane back, once."""

    __slots__ = ("_lane", "_lanes")

    def __init__(self, lanes: Lanes[Any], lane: Lane[Any] | None) -> None:
        self._lanes = lanes
        self._lane = lane

    def __call__(self) -> None:
        lane, self._lane = self._lane, None
        if lane is not None:
            self._lanes.release(lane)

    # httpcore loses count of a connection whose request was cancelled at the wrong moment, or whose
    # tunnel failed, and a lane has no other: what did not end well is not used again.

    def broken(self) -> None:
        """Give the lane back without its connection."""
        lane, self._lane = self._lane, None
        transport = self._lanes.discard(lane) if lane is not None else None
        if transport is not None:
            transport.close()

    async def abroken(self) -> None:
        """Do as `broken`, asynchronously."""
        lane, self._lane = self._lane, None
        transport = self._lanes.discard(lane) if lane is not None else None
        if transport is not None:
            with anyio.CancelScope(shield=True):
                await transport.aclose()

    @property
    def proxy(self) -> str | None:
        """The proxy on the way."""
        return self._lanes.proxy


class SyncLanes(Lanes[Any]):
    """The connections of transports that block."""

    def acquire(self, seconds: float | None) -> Lane[Any]:
        """
        Return a lane that is the caller's until its `release`.

        Raises:
            NoneFreeError: None became free within that many seconds.
        """
        lane = self.take()
        if lane is not None:
            return lane
        ends = None if seconds is None else time.monotonic() + seconds
        while True:
            turn = threading.Event()
            self._waiting.append(turn)
            lane = self.take()  # one may have become free before anybody knew that we wait
            if lane is not None:
                self._give_up(turn)
                return lane
            if not turn.wait(None if ends is None else max(0.0, ends - time.monotonic())):
                self._give_up(turn)
                raise NoneFreeError(_NONE_FREE)

    def _give_up(self, turn: Any) -> None:
        try:
            self._waiting.remove(turn)
        except ValueError:  # woken at the same moment: the next one shall have it
            self._wake()


class AsyncLanes(Lanes[Any]):
    """The asynchronous twin of `SyncLanes`, within one event loop."""

    async def acquire(self, seconds: float | None) -> Lane[Any]:
        """Return a lane, as `SyncLanes.acquire` does."""
        lane = self.take()
        if lane is not None:
            return lane
        with anyio.move_on_after(seconds):
            while True:
                turn = anyio.Event()
                self._waiting.append(turn)
                try:
                    await turn.wait()
                except BaseException:
                    if turn.is_set():
                        self._wake()
                    else:
                        self._waiting.remove(turn)
                    raise
                lane = self.take()
                if lane is not None:
                    return lane
        raise NoneFreeError(_NONE_FREE)


L = TypeVar("L", SyncLanes, AsyncLanes)


class Pools(ABC, Generic[L]):
    """
    The lanes to all origins.

    Args:
        options: How connections are made.
        kind: Which kind of lanes.
    """

    def __init__(self, options: Any, kind: type[L]) -> None:
        self._options = options
        self._kind: type[L] = kind
        self._by_origin: dict[str, L] = {}
        self._left: list[L] = []
        self._lock = threading.Lock()
        self._swept = time.monotonic()

    def lanes(self, url: str) -> L:
        """Return the lanes for *url*."""
        slash = url.find("/", 8)
        origin = url if slash < 0 else url[:slash]
        lanes = self._by_origin.get(origin)
        return self._open(origin) if lanes is None else lanes

    def leave(self, lanes: L) -> None:
        """Let the next call to the same origin have other lanes; these are closed when idle."""
        with self._lock:
            for origin, each in self._by_origin.items():
                if each is lanes:
                    del self._by_origin[origin]
                    self._left.append(lanes)
                    return

    def _open(self, origin: str) -> L:
        options = self._options
        proxy = proxy_for(options, origin)
        engine = self._engine(origin, proxy)

        def make(number: int) -> Any:
            return self._make(engine, origin, proxy, number)

        # With HTTP/2 one connection carries many requests, and httpx's pool deals them out.
        shared = options.http2
        limit = 1 if shared else options.max_connections
        kind = self._kind
        with self._lock:
            lanes = self._by_origin.get(origin)
            if lanes is None:
                made = kind(make, limit, proxy and shown(proxy), shared=shared, engine=engine)
                lanes = self._by_origin[origin] = made
            return lanes

    def _engine(self, origin: str, proxy: str | None) -> Any:  # noqa: ARG002  # for those with two
        """Return what makes the connections to *origin*, where there is a choice."""
        return None

    @abstractmethod
    def _make(self, engine: Any, origin: str, proxy: str | None, number: int, /) -> Any:
        """Return a connection to *origin*, of which there are *number* already."""

    def stale(self) -> list[Any]:
        """Take what has not been used for too long, to be closed; nothing most of the time."""
        now = time.monotonic()
        expiry = self._options.keepalive_expiry
        if now - self._swept <= max(expiry, 1.0):
            return []
        self._swept = now
        every = [*self._by_origin.copy().values(), *self._left]
        return [each for lanes in every for each in lanes.idle(now - expiry)]

    def all(self) -> list[Any]:
        """Take everything, to be closed."""
        with self._lock:
            found = [*self._by_origin.values(), *self._left]
            self._by_origin, self._left = {}, []
        return [each for lanes in found for each in lanes.all()]
