"""The default engine: connections that are shared, and reached through httpx or httpcore alone."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, TypeVar

from . import _httpcore
from ._failures import pool_timeout, timed_out, translate
from ._httpx_bodies import AsyncSending, Sending, afinish, finish
from ._httpx_reads import atrace, trace
from ._outgoing import CLOSED, close_body
from ._plain import is_plain
from ._pools import AsyncLanes, NoneFreeError, Pools, Release, SyncLanes
from ._sharing import AsyncShare, Share
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._messages import Request, Response
    from .transports import HTTPX

L = TypeVar("L", SyncLanes, AsyncLanes)


class _Pooled(Pools[L]):
    """Lanes which go through httpx where it has been imported, or is needed."""

    def lanes(self, url: str) -> L:
        """Return the lanes for *url*."""
        found: Any = super().lanes(url)
        if found.engine is _httpcore and not _httpcore.alone():
            self.leave(found)
            found = super().lanes(url)
        lanes: L = found
        return lanes

    def _engine(self, origin: str, proxy: str | None) -> Any:
        if proxy is None and not self._options.http2 and _httpcore.alone() and is_plain(origin):
            return _httpcore
        from . import _httpx  # noqa: PLC0415  # the whole costs more to import than a call

        return _httpx


class SyncPools(_Pooled[SyncLanes]):
    """All connections of the transports that block."""

    def __init__(self, options: HTTPX) -> None:
        super().__init__(options, SyncLanes)

    def _make(self, engine: Any, origin: str, proxy: str | None, number: int) -> Any:
        return engine.opened(self._options, origin, proxy, number, synchronous=True)

    def close(self) -> None:
        """Close every connection."""
        for transport in self.all():
            transport.close()


class AsyncPools(_Pooled[AsyncLanes]):
    """All connections of the asynchronous transports of one event loop."""

    def __init__(self, options: HTTPX) -> None:
        super().__init__(options, AsyncLanes)

    def _make(self, engine: Any, origin: str, proxy: str | None, number: int) -> Any:
        return engine.opened(self._options, origin, proxy, number, synchronous=False)

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in self.all():
            await transport.aclose()


class PooledTransport:
    """The shared connections as a `Transport`."""

    def __init__(self, options: HTTPX) -> None:
        self._trace = None if options.http2 else trace
        self._share = Share.enter(options, lambda: SyncPools(options))
        self._leave = weakref.finalize(self, self._share.leave)

    @property
    def closed(self) -> bool:
        """Whether `close` has been called."""
        return not self._leave.alive

    def send(self, request: Request) -> Response:
        """Send *request*; see `Transport`."""
        if not self._leave.alive:
            raise ConfigurationError(CLOSED)
        pools = self._share.pools
        for transport in pools.stale():
            transport.close()
        lanes = pools.lanes(request.url)
        raw = lanes.engine.outgoing(request, Sending, self._trace)
        lane: Any = None
        try:
            lane = lanes.acquire(request.timeout.pool)
            answer = lanes.engine.received(lane.transport.handle_request(raw))
        except NoneFreeError as exc:
            raise timed_out(request, "pool", lanes.proxy) from pool_timeout(exc)
        except BaseException as exc:
            if lane is not None:
                Release(lanes, lane).broken()
            translate(exc, request, lanes.engine.FAMILY, lanes.proxy)
        finally:
            close_body(request)
        return finish(request, raw, answer, lanes.engine.FAMILY, Release(lanes, lane))

    def close(self) -> None:
        """Return the connections; the last user closes them."""
        self._leave()


class AsyncPooledTransport:
    """The shared connections of the running loop as an `AsyncTransport`."""

    def __init__(self, options: HTTPX) -> None:
        self._trace = None if options.http2 else atrace
        self._share = AsyncShare.enter(self, options, lambda: AsyncPools(options))
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether `aclose` has been called."""
        return self._closed

    async def send(self, request: Request) -> Response:
        """Send *request*; see `AsyncTransport`."""
        if self._closed:
            raise ConfigurationError(CLOSED)
        pools = self._share.here(self)
        for transport in pools.stale():
            await transport.aclose()
        lanes = pools.lanes(request.url)
        raw = lanes.engine.outgoing(request, AsyncSending, self._trace)
        lane: Any = None
        try:
            lane = await lanes.acquire(request.timeout.pool)
            answer = lanes.engine.received(await lane.transport.handle_async_request(raw))
        except NoneFreeError as exc:
            raise timed_out(request, "pool", lanes.proxy) from pool_timeout(exc)
        except BaseException as exc:
            if lane is not None:
                await Release(lanes, lane).abroken()
            translate(exc, request, lanes.engine.FAMILY, lanes.proxy)
        finally:
            close_body(request)
        return await afinish(request, raw, answer, lanes.engine.FAMILY, Release(lanes, lane))

    async def aclose(self) -> None:
        """Return the connections; the last user in a loop closes those of the loop."""
        if not self._closed:
            self._closed = True
            pools = self._share.leave(self)
            if pools is not None:
                await pools.aclose()
