"""Wires: the connections of the ``websockets`` library, as `sdk_core._websocket` uses them."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import attrs

from ._addresses import origin, redacted
from ._inbox import Overflow
from ._messages import Headers, Request, Response
from ._proxies import proxy_for, unusable
from ._websocket import Data, WebSocketClosedError, Wire
from ._websocket_buffers import AsyncBufferedWire, BufferedWire, silence
from .errors import APIConnectionError, APITimeoutError, ConfigurationError

try:
    from websockets import exceptions
    from websockets.asyncio import client as asynchronous
    from websockets.sync import client as blocking
except ImportError as exc:
    msg = "WebSockets need an extra: pip install sdk-core[websockets]"
    raise ConfigurationError(msg) from exc

if TYPE_CHECKING:
    from websockets.http11 import Response as Refusal

# What the library writes about a handshake holds credentials. Nobody can turn this logger on.
_silent = logging.Logger("sdk_core.websockets", logging.CRITICAL + 1)  # noqa: LOG001  # said above
_OWN = frozenset({"accept", "accept-encoding", "connection", "content-length", "host", "upgrade"})


@attrs.frozen(kw_only=True)
class WireOptions:
    """
    How connections are made; see `sdk_core.websockets` for most of it.

    Attributes:
        transport: The options of the client's transport: whom to trust, which proxy to use.
    """

    transport: Any
    subprotocols: tuple[str, ...]
    max_message_size: int | None
    max_queue: int
    overflow: Overflow
    ping_interval: float | None
    ping_timeout: float | None
    close_timeout: float
    compression: bool


# Before release 15 there were no proxies.
_PROXY_FAILURES: Any = getattr(exceptions, "ProxyError", ConnectionError)


class _RefusedError(Exception):
    """The server answered something else than 101; keeps the library from following redirects."""

    def __init__(self, response: Refusal) -> None:
        super().__init__()
        self.response = response


class _Blocking(blocking.ClientConnection):
    """A connection that blocks, which leaves redirects to the client's own policy."""

    def handshake(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().handshake(*args, **kwargs)
        except exceptions.InvalidStatus as exc:
            raise _RefusedError(exc.response) from None


class _Asynchronous(asynchronous.ClientConnection):
    """The asynchronous twin of `_Blocking`."""

    async def handshake(self, *args: Any, **kwargs: Any) -> None:
        try:
            await super().handshake(*args, **kwargs)
        except exceptions.InvalidStatus as exc:
            raise _RefusedError(exc.response) from None


def open_blocking(request: Request, options: WireOptions) -> tuple[Wire | None, Response]:
    """Connect; return the connection and the answer, or the refusal alone."""
    kwargs = _kwargs(blocking.connect, request, options)
    try:
        made = blocking.connect(create_connection=_Blocking, **kwargs)
    except _RefusedError as refused:
        return None, _answer(request, refused.response)
    except Exception as exc:  # sorted out, and what is not the library's passes
        _translate(exc, request)
    wire: Wire = BlockingWire(made, request)
    if options.overflow != "wait":
        wire = BufferedWire(wire, request, options.max_queue, options.overflow)
    return wire, _answer(request, made.response)


async def open_asynchronous(request: Request, options: WireOptions) -> tuple[Wire | None, Response]:
    """Do as `open_blocking`, asynchronously."""
    if not _in_asyncio():
        msg = "WebSockets need an event loop of asyncio; in trio, use the client that blocks"
        raise ConfigurationError(msg)
    kwargs = _kwargs(asynchronous.connect, request, options)
    try:
        made = await asynchronous.connect(create_connection=_Asynchronous, **kwargs)
    except _RefusedError as refused:
        return None, _answer(request, refused.response)
    except Exception as exc:  # as above
        _translate(exc, request)
    wire: Wire = AsyncWire(made, request)
    if options.overflow != "wait":
        wire = AsyncBufferedWire(wire, request, options.max_queue, options.overflow)
    return wire, _answer(request, made.response)


def _in_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _kwargs(connect: Callable[..., Any], request: Request, options: WireOptions) -> dict[str, Any]:
    from ._tls import context_of  # noqa: PLC0415  # it brings `ssl` along

    headers = [(name, str(v)) for name, v in request.headers.items() if name not in _OWN]
    wanted: dict[str, Any] = {
        "uri": f"ws{request.url.removeprefix('http')}",
        "ssl": context_of(options.transport) if request.url.startswith("https:") else None,
        "proxy": proxy_for(options.transport, origin(request.url)),
        "additional_headers": headers,
        "user_agent_header": None,  # it is one of the headers
        "subprotocols": list(options.subprotocols) or None,
        "compression": "deflate" if options.compression else None,
        "open_timeout": request.timeout.connect,
        "close_timeout": options.close_timeout,
        "ping_interval": options.ping_interval,
        "ping_timeout": options.ping_timeout,
        "max_size": options.max_message_size,
        "max_queue": options.max_queue,
        "logger": _silent,
        "legacy": True,  # from 17.1 on: the connection itself, and not a context for it
    }
    # Older releases know neither proxies nor, where they block, pings and queues.
    known = {"ssl", *inspect.signature(connect).parameters}
    if wanted["proxy"] is not None and "proxy" not in known:
        raise unusable(wanted["proxy"], "WebSockets need websockets 15 or later for that")
    return {name: value for name, value in wanted.items() if name in known}


def _answer(request: Request, raw: Any) -> Response:
    headers = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in raw.headers.raw_items()]
    return Response(
        raw.status_code, Headers.received(headers), request=request, content=raw.body or b""
    )


def _translate(exc: Exception, request: Request) -> NoReturn:
    where = redacted(request.url)
    if isinstance(exc, TimeoutError):
        msg = f"Request timed out: no WebSocket within {request.timeout.connect} s from {where}"
        raise APITimeoutError(request, message=msg, maybe_processed=False) from exc
    if isinstance(exc, OSError | _PROXY_FAILURES):
        raise APIConnectionError(
            message=f"Connection error: cannot reach {where} ({exc}); check `base_url`, "
            "and that the server is running",
            request=request,
            maybe_processed=False,
        ) from exc
    if isinstance(exc, ImportError):
        msg = f"the proxy for {where} cannot be used: {exc}"
        raise ConfigurationError(msg) from None
    if isinstance(exc, exceptions.WebSocketException):
        msg = f"Connection error: {where} does not speak WebSocket ({exc})"
        raise APIConnectionError(message=msg, request=request) from exc
    raise exc


def _closed(exc: exceptions.ConnectionClosed, request: Request) -> WebSocketClosedError:
    """Return which close it was: of two close frames the first one says why."""
    sent_first = exc.sent is not None and not (exc.rcvd is not None and exc.rcvd_then_sent)
    frame = exc.sent if sent_first else exc.rcvd
    if frame is None:
        return WebSocketClosedError.of(1006, "the connection broke", request)
    return WebSocketClosedError.of(frame.code, frame.reason, request)


class BlockingWire:
    """A connection that blocks."""

    dropped = 0

    def __init__(self, connection: Any, request: Request) -> None:
        self.subprotocol: str | None = connection.subprotocol
        self._connection = connection
        self._request = request

    def recv(self, timeout: float | None) -> Data:
        """Return the next message."""
        try:
            data: Data = self._connection.recv(timeout)
        except TimeoutError:
            raise silence(self._request, timeout) from None
        except exceptions.ConnectionClosed as exc:
            raise _closed(exc, self._request) from exc
        return data

    def send(self, data: Data) -> None:
        """Send a message."""
        try:
            self._connection.send(data)
        except exceptions.ConnectionClosed as exc:
            raise _closed(exc, self._request) from exc

    def close(self, code: int, reason: str) -> None:
        """Say that it is over, and wait for the answer to that."""
        self._connection.close(code, reason)


class AsyncWire:
    """The asynchronous twin of `BlockingWire`."""

    dropped = 0

    def __init__(self, connection: Any, request: Request) -> None:
        self.subprotocol: str | None = connection.subprotocol
        self._connection = connection
        self._request = request

    async def recv(self, timeout: float | None) -> Data:
        """Return the next message."""
        from anyio import fail_after  # noqa: PLC0415  # for this colour only

        try:
            with fail_after(timeout):
                data: Data = await self._connection.recv()
        except TimeoutError:
            raise silence(self._request, timeout) from None
        except exceptions.ConnectionClosed as exc:
            raise _closed(exc, self._request) from exc
        return data

    async def send(self, data: Data) -> None:
        """Send a message; waits while the network does not take more."""
        try:
            await self._connection.send(data)
        except exceptions.ConnectionClosed as exc:
            raise _closed(exc, self._request) from exc

    async def close(self, code: int, reason: str) -> None:
        """Say that it is over, and wait for the answer to that."""
        await self._connection.close(code, reason)
