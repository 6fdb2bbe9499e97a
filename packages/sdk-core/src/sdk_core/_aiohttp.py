"""The engine aiohttp, for asynchronous clients in asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

import aiohttp
from yarl import URL

from ._answers import Intake, Opened, asettle, check_deadline
from ._failures import UNASKED, alone, broken, conceal, timed_out, unreachable, unsendable
from ._messages import Headers, Response
from ._outgoing import CLOSED, acquire, ascii_headers, close_body, in_asyncio
from ._proxies import proxy_for, shown, unusable
from ._redaction import guard
from ._sharing import AsyncShare
from ._tls import context_of
from ._uploads import CHUNK, Upload
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._messages import Request
    from .options import Timeout
    from .transports import Aiohttp

_HEAD_LIMIT = 1 << 16  # bytes of one header; h11 allows as much
_SKIPPED = ("accept", "accept-encoding", "content-type", "user-agent")

guard(f"aiohttp{part}" for part in ("", ".client", ".internal", ".access"))


@lru_cache(maxsize=256)
def _url(url: str) -> URL:
    return URL(url, encoded=True)


@lru_cache(maxsize=64)
def _timeout(timeout: Timeout) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=timeout.connect, sock_read=timeout.read)


class _BrokenError(Exception):
    """Carries an error past aiohttp, which would send the request once more."""


async def _once(request: Any, handler: Any) -> Any:
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as exc:
        raise _BrokenError from exc


class _Answer(aiohttp.ClientResponse):
    """
    An answer that was asked for.

    aiohttp keeps what comes on an idle connection, and takes it for the answer to the next request.
    """

    async def start(self, connection: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        # The request has just been written, and the loop has not looked at the connection since.
        if connection.protocol is not None and connection.protocol.should_close:
            raise aiohttp.ClientConnectionError(UNASKED)
        return await super().start(connection)


async def _look() -> None:
    """Let the loop read what has come on idle connections: one turn finds it, the next reads it."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


class _Session:
    """The connections of one event loop."""

    def __init__(self, options: Aiohttp) -> None:
        self._options = options
        self._proxies: dict[str, str | None] = {}
        self.free = asyncio.Semaphore(options.max_connections)
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=options.keepalive_expiry)
        self.session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,  # which would read .netrc, too
            skip_auto_headers=_SKIPPED,
            max_line_size=_HEAD_LIMIT,
            max_field_size=_HEAD_LIMIT,
            middlewares=(_once,),
            response_class=_Answer,
        )

    def route(self, url: str) -> tuple[str | None, Any]:
        """Return the proxy for *url*, and whom to trust there."""
        slash = url.find("/", 8)
        origin = url if slash < 0 else url[:slash]
        if origin not in self._proxies:
            proxy = proxy_for(self._options, origin)
            if proxy is not None and not proxy.startswith(("http:", "https:")):
                raise unusable(proxy, "aiohttp speaks to proxies by http and https only")
            self._proxies[origin] = proxy
        proxy = self._proxies[origin]
        secure = origin.startswith("https:") or (proxy or "").startswith("https:")
        return proxy, context_of(self._options, "aiohttp") if secure else True

    async def aclose(self) -> None:
        """Close every connection."""
        await self.session.close()

    def abandon(self) -> None:
        """Close what its loop, which is over, has left; else aiohttp complains of it."""
        closing = self.session.close()
        with suppress(StopIteration, RuntimeError):
            closing.send(None)
        closing.close()


class AiohttpTransport:
    """The shared connections of the running loop as an `AsyncTransport`."""

    def __init__(self, options: Aiohttp) -> None:
        self._share = AsyncShare.enter(self, options, lambda: _Session(options))
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether `aclose` has been called."""
        return self._closed

    async def send(self, request: Request) -> Response:
        """Send *request*; see `AsyncTransport`."""
        if self._closed:
            raise ConfigurationError(CLOSED)
        in_asyncio("aiohttp")
        pool = self._share.here(self)
        headers = ascii_headers(request, "aiohttp")
        proxy, tls = pool.route(request.url)
        sending = _Sending(request)
        await acquire(pool.free, request)
        via = proxy and shown(proxy)
        try:
            await _look()
            async with asyncio.timeout(sending.longest) as sending.limit:
                answer = await pool.session.request(
                    request.method,
                    _url(request.url),
                    headers=headers,
                    data=sending.data(headers),
                    allow_redirects=False,
                    timeout=_timeout(request.timeout),
                    proxy=proxy,
                    ssl=tls,
                )
        except BaseException as exc:
            pool.free.release()
            if sending.failure is not None:
                raise sending.failure from None
            if isinstance(exc, TimeoutError) and sending.limit.expired():
                raise timed_out(request, sending.phase, via) from None
            _translate(exc, request, via)
        finally:
            close_body(request)
        source = _Source(request, answer, pool, via, sending)
        return await asettle(source, request, lambda: _opened(request, answer))

    async def aclose(self) -> None:
        """Return the connections; the last user in a loop closes those of the loop."""
        if not self._closed:
            self._closed = True
            pool = self._share.leave(self)
            if pool is not None:
                await pool.aclose()


class _Sending:
    """
    A body on its way, and how long one piece of it may take.

    Attributes:
        limit: Runs out when the other end does not take a piece in time, or does not answer: the
            engine's own limits know neither a proxy that is silent nor silence behind a 1xx.
        phase: What the limit is for, as `Timeout` calls it.
        failure: What the source of the body raised.
    """

    limit: asyncio.Timeout

    def __init__(self, request: Request) -> None:
        self.failure: Exception | None = None
        self.phase = "read"
        self._request = request

    @property
    def longest(self) -> float | None:
        """Seconds in which there must be an answer, or a piece of the body must be wanted."""
        timeout = self._request.timeout
        if timeout.connect is None or timeout.read is None:
            return None
        return timeout.connect + timeout.read

    def data(self, headers: dict[str, str]) -> Any:
        """Return the body as aiohttp takes it."""
        body = self._request.content
        if body is None or (isinstance(body, bytes) and len(body) <= CHUNK):
            return body
        if isinstance(body, bytes):
            headers.setdefault("content-length", str(len(body)))
        return self._pieces(body)

    async def _pieces(self, body: bytes | Upload) -> AsyncIterator[bytes]:
        seconds, answer = self._request.timeout.write, self._request.timeout.read
        now = asyncio.get_running_loop().time
        self.phase = "write"
        try:
            async for piece in _sliced(body) if isinstance(body, bytes) else body:
                check_deadline(self._request)
                self.limit.reschedule(None if seconds is None else now() + seconds)
                yield piece
            self.phase = "read"
            self.limit.reschedule(None if answer is None else now() + answer)
        except Exception as exc:
            self.failure = exc
            raise


async def _sliced(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), CHUNK):
        yield body[start : start + CHUNK]


class _Source:
    """What comes of one answer."""

    def __init__(
        self, request: Request, answer: Any, pool: _Session, proxy: str | None, sending: _Sending
    ) -> None:
        self._request = request
        self._answer = answer
        self._pool: _Session | None = pool
        self._proxy = proxy
        self._sending = sending
        connection = answer.connection  # None: nothing more is on its way, in either direction
        self._transport: asyncio.Transport | None = connection and connection.transport

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            data: bytes = await self._answer.content.readany()
        except Exception as exc:  # sorted out, and what is not aiohttp's passes
            _translate(exc, self._request, self._proxy)
        if not data:
            raise StopAsyncIteration
        return data

    async def aclose(self, *, grace: float = 0.0) -> None:
        content = self._answer.content
        try:
            if grace and not content.at_eof():
                with suppress(Exception):  # then it is closed
                    async with asyncio.timeout(grace):
                        while await content.readany():
                            pass
        finally:
            self._let_go()

    def _let_go(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            if self._transport is not None and self._sending.phase == "write":
                # The answer came before the body had gone. To close would be to send first what is
                # in hand of it, for as long as the other end likes, be the loop over or not.
                self._transport.abort()
            if self._answer.content.at_eof():
                self._answer.release()
            else:
                self._answer.close()
            pool.free.release()

    def __del__(self) -> None:
        # Dropped half-way; a loop that is closed has closed everything.
        if self._pool is not None and not self._pool.session.closed:
            with suppress(RuntimeError):
                self._let_go()


def _opened(request: Request, answer: Any) -> Opened:
    headers = Headers.received(answer.raw_headers)
    response = Response(
        answer.status,
        headers,
        request=request,
        http_version=f"HTTP/{answer.version.major}.{answer.version.minor}",
        engine=(None, answer),
    )
    return response, Intake(request, answer.status, headers)


def _translate(exc: BaseException, request: Request, proxy: str | None) -> NoReturn:
    """Raise *exc* as an error of our own, if it is one of aiohttp's; else as it is."""
    if isinstance(exc, _BrokenError) and exc.__cause__ is not None:
        exc = exc.__cause__
    conceal(exc, request)
    if isinstance(exc, aiohttp.ConnectionTimeoutError):
        raise timed_out(request, "connect", proxy) from None  # its words hold the address
    if isinstance(exc, aiohttp.ServerTimeoutError):
        raise timed_out(request, "read", proxy) from exc
    if isinstance(exc, aiohttp.ClientConnectorError | aiohttp.ClientHttpProxyError):
        why = exc.message if isinstance(exc, aiohttp.ClientHttpProxyError) else str(exc)
        raise unreachable(request, why, proxy) from None
    if isinstance(exc, aiohttp.InvalidURL):
        raise unsendable(request, "its address is not understood") from None
    if isinstance(exc, aiohttp.ClientResponseError):
        alone(broken(request, exc.message, proxy))  # it holds the request, headers and all
    if isinstance(exc, aiohttp.ClientError | OSError):
        raise broken(request, str(exc), proxy) from exc
    if isinstance(exc, ValueError) and not isinstance(exc, ConfigurationError):
        raise unsendable(request, "aiohttp does not understand it") from None
    raise exc
