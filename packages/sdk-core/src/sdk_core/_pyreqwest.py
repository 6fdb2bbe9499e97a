"""The engine pyreqwest: reqwest, hyper and tokio, written in Rust."""

from __future__ import annotations

import time
import weakref
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from queue import Empty
from types import coroutine
from typing import TYPE_CHECKING, Any, NoReturn

from pyreqwest import exceptions
from pyreqwest.http import Url

from ._answers import Intake, Opened, asettle, check_deadline, settle, too_late
from ._failures import alone, broken, timed_out, unreachable, unsendable
from ._messages import Headers, Response
from ._outgoing import CLOSED, acquire, ascii_headers, close_body, in_asyncio
from ._proxies import shown
from ._pyreqwest_engines import AsyncEngines, Engines, SyncEngines
from ._sharing import AsyncShare, Share
from ._uploads import Upload
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._messages import Request
    from .transports import Pyreqwest

_LEAST = 0.001  # seconds that a deadline leaves at least
_EARLY = 0.01  # seconds that two clocks may differ
_url = lru_cache(maxsize=256)(Url)


class PyreqwestTransport:
    """The shared engines as a `Transport`."""

    def __init__(self, options: Pyreqwest) -> None:
        self._share = Share.enter(options, lambda: SyncEngines(options))
        self._leave = weakref.finalize(self, self._share.leave)

    @property
    def closed(self) -> bool:
        """Whether `close` has been called."""
        return not self._leave.alive

    def send(self, request: Request) -> Response:
        """Send *request*; see `Transport`."""
        if not self._leave.alive:
            raise ConfigurationError(CLOSED)
        engines = self._share.pools
        proxy, exchange, sending = _prepare(request, engines, _Sending)
        try:
            engines.free.get(timeout=request.timeout.pool)
        except Empty:
            raise timed_out(request, "pool") from None
        try:
            answer = exchange.__enter__()
        except BaseException as exc:
            engines.free.put(None)
            _give_up(exc, request, proxy, sending)
        finally:
            close_body(request)
        source = _Source(request, exchange, answer, proxy, engines.free)
        return settle(source, request, lambda: _opened(request, answer))

    def close(self) -> None:
        """Return the connections; the last user closes them."""
        self._leave()


class AsyncPyreqwestTransport:
    """The shared engines of the running loop as an `AsyncTransport`."""

    def __init__(self, options: Pyreqwest) -> None:
        self._share = AsyncShare.enter(self, options, lambda: AsyncEngines(options))
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether `aclose` has been called."""
        return self._closed

    async def send(self, request: Request) -> Response:
        """Send *request*; see `AsyncTransport`."""
        if self._closed:
            raise ConfigurationError(CLOSED)
        in_asyncio("pyreqwest")
        engines = self._share.here(self)
        proxy, exchange, sending = _prepare(request, engines, _AsyncSending)
        await acquire(engines.free, request)
        try:
            answer = await _faithfully(exchange.__aenter__())
        except BaseException as exc:
            engines.free.release()
            _give_up(exc, request, proxy, sending)
        finally:
            close_body(request)
        source = _AsyncSource(request, exchange, answer, proxy, engines.free)
        return await asettle(source, request, lambda: _opened(request, answer))

    async def aclose(self) -> None:
        """Return the connections; the last user in a loop closes those of the loop."""
        if not self._closed:
            self._closed = True
            engines = self._share.leave(self)
            if engines is not None:
                await engines.aclose()


def _prepare(
    request: Request, engines: Engines[Any], kind: type[_Sending | _AsyncSending]
) -> tuple[str | None, Any, _Sending | _AsyncSending | None]:
    """Return the proxy, the request as one of pyreqwest's, and what becomes of its body."""
    headers = ascii_headers(request, "pyreqwest")
    proxy = engines.route(request.url)
    limits, total = _limits(request)
    engine = engines.get(proxy, limits)
    body = request.content
    sending: _Sending | _AsyncSending | None = None
    try:
        made = engine.request(request.method, _url(request.url)).headers(headers)
        if isinstance(body, Upload):
            sending = kind(request, body)
            made = made.body_stream(sending)
        elif body is not None:
            made = made.body_bytes(body)
        elif request.method in {"POST", "PUT", "PATCH"}:
            made = made.body_bytes(b"")
        if total is not None:
            made = made.timeout(timedelta(seconds=total))
        if request.stream or kind is _AsyncSending:
            # Else the engine waits for the whole answer, or 64 KiB of it, where nothing stops it.
            made = made.streamed_read_buffer_limit(0)
        return proxy and shown(proxy), made.build_streamed(), sending
    except (exceptions.PyreqwestError, ValueError) as exc:
        if isinstance(exc, ConfigurationError):
            raise
        raise unsendable(request, str(exc)) from None


def _limits(request: Request) -> tuple[tuple[float | None, ...], float | None]:
    """
    Return the limits of an engine for *request*, and one for the whole of it.

    A deadline shortens the phases to other figures each time, and an engine each would be too many:
    for an answer that is read whole, what is left limits the whole instead. A stream may take
    longer than its deadline; its phases are rounded up, by a quarter at most.
    """
    timeout = request.timeout
    phases = (timeout.connect, timeout.read)
    if request.ends is None:
        return phases, None
    left = request.ends - time.monotonic()
    if request.stream:
        return tuple(_rounded(p) if p is not None and p >= left else p for p in phases), None
    own = tuple(None if p is None or p >= left else p for p in phases)
    return own, max(left, _LEAST)


def _rounded(seconds: float) -> float:
    """Return the next figure of a row in which each is a quarter more than the one before."""
    figure = _LEAST
    while figure < seconds:
        figure *= 1.25
    return figure


class _Sending:
    """
    A body on its way.

    Attributes:
        failure: What the source of the body raised.
    """

    def __init__(self, request: Request, body: Upload) -> None:
        self.failure: Exception | None = None
        self._request = request
        self._body = body

    # The engine's own thread runs it, which Python does not know and nothing can trace.
    def __iter__(self) -> Iterator[bytes]:  # pragma: no cover  # as said above
        try:
            for piece in self._body:
                check_deadline(self._request)
                yield piece
        except Exception as exc:
            self.failure = exc
            raise


class _AsyncSending:
    """The asynchronous twin of `_Sending`; pyreqwest takes what iterates in both ways for that."""

    def __init__(self, request: Request, body: Upload) -> None:
        self.failure: Exception | None = None
        self._request = request
        self._pieces = aiter(body)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            check_deadline(self._request)
            return await anext(self._pieces)
        except StopAsyncIteration:
            raise
        except Exception as exc:
            self.failure = exc
            raise


def _opened(request: Request, answer: Any) -> Opened:
    """Return the answer without its body, and what is to become of the body."""
    headers = _headers(answer.headers)
    version = answer.version
    response = Response(
        answer.status,
        headers,
        request=request,
        http_version="HTTP/2" if version == "HTTP/2.0" else version,
        engine=(None, answer),
    )
    return response, Intake(request, answer.status, headers)


def _headers(received: Any) -> Headers:
    values: dict[str, str] = {}
    try:
        for name, value in received.items():
            values[name] = f"{values[name]}, {value}" if name in values else value
    except ValueError:  # one is not ASCII, and pyreqwest has no way to it
        values.clear()
        for name in dict.fromkeys(received):
            with suppress(ValueError):
                values[name] = ", ".join(received.getall(name))
    return Headers.lowered(values)


class _Source:
    """What comes of one answer, for the transport that blocks."""

    def __init__(
        self, request: Request, exchange: Any, answer: Any, proxy: str | None, free: Any
    ) -> None:
        self._request = request
        self._exchange = exchange
        self._next = answer.body_reader.read_chunk
        self._proxy = proxy
        self._free = free

    def __iter__(self) -> Iterator[bytes]:
        read_chunk = self._next
        try:
            while (chunk := read_chunk()) is not None:
                yield chunk.to_bytes()
        except exceptions.PyreqwestError as exc:
            _translate(exc, self._request, self._proxy)

    def close(self, *, grace: float = 0.0) -> None:  # noqa: ARG002  # hyper reads what has come
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            try:
                exchange.__exit__(None, None, None)
            finally:
                self._free.put(None)


class _AsyncSource:
    """The asynchronous twin of `_Source`."""

    def __init__(
        self, request: Request, exchange: Any, answer: Any, proxy: str | None, free: Any
    ) -> None:
        self._request = request
        self._exchange = exchange
        self._next = answer.body_reader.read_chunk
        self._proxy = proxy
        self._free = free

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await _faithfully(self._next())
        except exceptions.PyreqwestError as exc:
            _translate(exc, self._request, self._proxy)
        if chunk is None:
            raise StopAsyncIteration
        data: bytes = chunk.to_bytes()
        return data

    async def aclose(self, *, grace: float = 0.0) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            return
        try:
            if grace:
                from anyio import move_on_after  # noqa: PLC0415  # most answers are read whole

                with move_on_after(grace), suppress(exceptions.PyreqwestError):
                    while await _faithfully(self._next()) is not None:
                        pass
        finally:
            self._free.release()
            await exchange.__aexit__(None, None, None)


@coroutine
def _faithfully(steps: Any) -> Generator[Any, Any, Any]:
    """
    Await one of pyreqwest's coroutines, and be cancelled by the same exception that was thrown in.

    pyreqwest raises one of its own instead, by which no cancel scope of anyio's knows itself.
    """
    thrown: BaseException | None = None
    step, value = steps.send, None
    while True:
        try:
            waiting = step(value)
        except StopIteration as stop:
            return stop.value
        except BaseException as exc:
            if thrown is not None and type(exc) is type(thrown):
                raise thrown from None
            raise
        try:
            step, value = steps.send, (yield waiting)
        except GeneratorExit:
            steps.close()
            raise
        except BaseException as exc:
            thrown = exc
            step, value = steps.throw, exc


def _give_up(
    exc: BaseException,
    request: Request,
    proxy: str | None,
    sending: _Sending | _AsyncSending | None,
) -> NoReturn:
    if sending is not None and sending.failure is not None:
        raise sending.failure from None
    _translate(exc, request, proxy)


def _translate(exc: BaseException, request: Request, proxy: str | None) -> NoReturn:
    """
    Raise *exc* as an error of our own, if it is one of pyreqwest's; else as it is.

    Its words hold the whole address, secrets and all, so that it is not kept as the cause.
    """
    if not isinstance(exc, exceptions.PyreqwestError):
        raise exc
    details = getattr(exc, "details", None) or {}
    causes = [str(cause["message"]) for cause in details.get("causes") or ()]
    connecting = "client error (Connect)" in causes
    if isinstance(exc, exceptions.RequestTimeoutError):
        if request.ends is not None and time.monotonic() >= request.ends - _EARLY:
            alone(too_late(request))
        alone(timed_out(request, "connect" if connecting else "read", proxy))
    why = causes[-1] if causes else exc.message
    if connecting:
        alone(unreachable(request, why, proxy))
    if isinstance(exc, exceptions.BuilderError):
        alone(unsendable(request, why))
    alone(broken(request, why, proxy))
