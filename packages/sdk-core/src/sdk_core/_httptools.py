"""The engine httptools: a parser written in C, on sockets of our own."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from ._answers import Intake, Opened, asettle, settle
from ._failures import timed_out
from ._messages import Response
from ._outgoing import CLOSED, close_body, in_asyncio
from ._pools import AsyncLanes, NoneFreeError, Pools, Release, SyncLanes
from ._proxies import shown, unusable
from ._routes import Route, parts
from ._sharing import AsyncShare, Share
from ._tls import context_of
from ._wires import Wire
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._async_wires import AsyncWire
    from ._http1 import Answers
    from ._messages import Request
    from .transports import Httptools

T = TypeVar("T")


def _made(options: Any, kind: Callable[..., T], origin: str, proxy: str | None, number: int) -> T:
    if proxy is not None and not proxy.startswith("http://"):
        raise unusable(proxy, "httptools speaks to proxies by http only; use `HTTPX`")
    tls = context_of(options, "httptools") if origin.startswith("https:") else None
    keep = options.keepalive_expiry if number < options.max_keepalive else None
    return kind(Route(origin, proxy, proxy and shown(proxy), tls), keep)


class _Wires(Pools[SyncLanes]):
    """All connections of the transports with equal options."""

    def __init__(self, options: Any) -> None:
        super().__init__(options, SyncLanes)

    def _make(self, _: Any, origin: str, proxy: str | None, number: int) -> Wire:
        return _made(self._options, Wire, origin, proxy, number)

    def close(self) -> None:
        """Close every connection."""
        for wire in self.all():
            wire.close()


class _AsyncWires(Pools[AsyncLanes]):
    """All connections of the asynchronous transports of one event loop."""

    def __init__(self, options: Any) -> None:
        super().__init__(options, AsyncLanes)

    def _make(self, _: Any, origin: str, proxy: str | None, number: int) -> AsyncWire:
        from ._async_wires import AsyncWire  # noqa: PLC0415  # it imports asyncio

        return _made(self._options, AsyncWire, origin, proxy, number)

    def close(self) -> None:
        """Close every connection."""
        for wire in self.all():
            wire.close()


class HttptoolsTransport:
    """The shared connections as a `Transport`."""

    def __init__(self, options: Httptools) -> None:
        self._share = Share.enter(options, lambda: _Wires(options))
        self._leave = weakref.finalize(self, self._share.leave)

    @property
    def closed(self) -> bool:
        """Whether `close` has been called."""
        return not self._leave.alive

    def send(self, request: Request) -> Response:
        """Send *request*; see `Transport`."""
        if not self._leave.alive:
            raise ConfigurationError(CLOSED)
        target, host = parts(request)
        pools = self._share.pools
        for stale in pools.stale():
            stale.close()
        lanes = pools.lanes(request.url)
        try:
            lane: Any = lanes.acquire(request.timeout.pool)
        except NoneFreeError:
            raise timed_out(request, "pool", lanes.proxy) from None
        wire: Wire = lane.transport
        source = _Source(request, wire, Release(lanes, lane))
        try:
            wire.ask(request, target, host)
        except BaseException:
            source.hang_up()
            raise
        finally:
            close_body(request)
        return settle(source, request, lambda: _opened(request, wire.answers))

    def close(self) -> None:
        """Return the connections; the last user closes them."""
        self._leave()


class AsyncHttptoolsTransport:
    """The shared connections of the running loop as an `AsyncTransport`."""

    def __init__(self, options: Httptools) -> None:
        self._share = AsyncShare.enter(self, options, lambda: _AsyncWires(options))
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether `aclose` has been called."""
        return self._closed

    async def send(self, request: Request) -> Response:
        """Send *request*; see `AsyncTransport`."""
        if self._closed:
            raise ConfigurationError(CLOSED)
        in_asyncio("httptools")
        target, host = parts(request)
        pools = self._share.here(self)
        for stale in pools.stale():
            stale.close()
        lanes = pools.lanes(request.url)
        try:
            lane: Any = await lanes.acquire(request.timeout.pool)
        except NoneFreeError:
            raise timed_out(request, "pool", lanes.proxy) from None
        wire: AsyncWire = lane.transport
        source = _AsyncSource(request, wire, Release(lanes, lane))
        try:
            await wire.ask(request, target, host)
        except BaseException:
            source.hang_up()
            raise
        finally:
            close_body(request)
        return await asettle(source, request, lambda: _opened(request, wire.answers))

    async def aclose(self) -> None:
        """Return the connections; the last user in a loop closes those of the loop."""
        if not self._closed:
            self._closed = True
            pools = self._share.leave(self)
            if pools is not None:
                pools.close()


def _opened(request: Request, answers: Answers) -> Opened:
    status, headers = answers.status, answers.headers
    response = Response(status, headers, request=request, http_version=answers.version)
    return response, Intake(request, status, headers)


def _taken(answers: Answers) -> bytes:
    """Take what has come of a body: in one piece, as a stream has an HTTP chunk for each event."""
    pieces, answers.pieces = answers.pieces, []
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class _Source:
    """What comes of one answer, for the transport that blocks."""

    def __init__(self, request: Request, wire: Wire, release: Release) -> None:
        self._request = request
        self._wire: Wire | None = wire
        self._release = release

    def __iter__(self) -> Iterator[bytes]:
        while (wire := self._wire) is not None:
            answers = wire.answers
            if answers.pieces:
                yield _taken(answers)
            if self._wire is not wire or answers.ended:  # it may serve another call by now
                return
            wire.receive(self._request)

    def hurry(self, seconds: float) -> None:
        request = self._request
        self._request = request.evolve(timeout=request.timeout.within(seconds))

    def close(self, *, grace: float = 0.0) -> None:
        wire, self._wire = self._wire, None
        if wire is None:
            return
        try:
            if grace and not wire.answers.ended:
                wire.drain(grace)
        finally:
            (self._release if wire.reusable else self._release.broken)()

    def hang_up(self) -> None:
        """Give the connection up, whatever its state."""
        self._wire = None
        self._release.broken()


class _AsyncSource:
    """The asynchronous twin of `_Source`."""

    def __init__(self, request: Request, wire: AsyncWire, release: Release) -> None:
        self._request = request
        self._wire: AsyncWire | None = wire
        self._release = release

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while (wire := self._wire) is not None:
            answers = wire.answers
            if answers.pieces:
                return _taken(answers)
            if answers.ended:
                break
            await wire.receive(self._request)
        raise StopAsyncIteration

    async def aclose(self, *, grace: float = 0.0) -> None:
        wire, self._wire = self._wire, None
        if wire is None:
            return
        try:
            if grace and not wire.answers.ended:
                await wire.drain(grace)
        finally:
            (self._release if wire.reusable else self._release.broken)()

    def hang_up(self) -> None:
        """Give the connection up, whatever its state."""
        self._wire = None
        self._release.broken()
