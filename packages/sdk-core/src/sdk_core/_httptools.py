"""The engine httptools: a parser written in C, on blocking sockets of our own."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx

from ._answers import Intake, Opened, settle
from ._failures import timed_out
from ._httpx_bodies import Release
from ._messages import Response
from ._outgoing import CLOSED, close_body
from ._pools import Pools, SyncLanes
from ._proxies import shown, unusable
from ._sharing import Share
from ._tls import context_of
from ._wires import Route, Wire, parts
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._http1 import Answers
    from ._messages import Request
    from .transports import Httptools


class _Wires(Pools[SyncLanes]):
    """All connections of the transports with equal options."""

    def __init__(self, options: Any) -> None:
        super().__init__(options, SyncLanes, Wire)

    def _make(self, origin: str, proxy: str | None, number: int) -> Wire:
        options = self._options
        if proxy is not None and not proxy.startswith("http://"):
            raise unusable(proxy, "httptools speaks to proxies by http only; use `HTTPX`")
        tls = context_of(options, "httptools") if origin.startswith("https:") else None
        keep = options.keepalive_expiry if number < options.max_keepalive else None
        return Wire(Route(origin, proxy, proxy and shown(proxy), tls), keep)

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
        except httpx.PoolTimeout:
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


def _opened(request: Request, answers: Answers) -> Opened:
    status, headers = answers.status, answers.headers
    response = Response(status, headers, request=request, http_version=answers.version)
    return response, Intake(request, status, headers)


class _Source:
    """What comes of one answer."""

    def __init__(self, request: Request, wire: Wire, release: Release) -> None:
        self._request = request
        self._wire: Wire | None = wire
        self._release = release

    def __iter__(self) -> Iterator[bytes]:
        while (wire := self._wire) is not None:
            answers = wire.answers
            pieces, answers.pieces = answers.pieces, []
            yield from pieces
            if self._wire is not wire or answers.ended:  # it may serve another call by now
                return
            wire.receive(self._request)

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
