"""
The default engine: httpx, entered at its transport level.

A full ``httpx.Client.request`` costs about 1.6 times the transport alone, for things that the
call path does itself (URLs, redirects, authentication).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import httpx

from ._addresses import redacted
from ._answers import Intake, Opened, asettle, settle
from ._failures import translate
from ._httpx_bodies import AsyncSending, AsyncSource, Release, Sending, Source, Whole, framing
from ._httpx_reads import atrace, trace
from ._messages import Headers, Response
from ._outgoing import CLOSED, close_body
from ._pools import AsyncPools, SyncPools
from ._redaction import guard, learn
from ._sharing import AsyncShare, Share
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._messages import Request
    from .transports import HTTPX

_url = lru_cache(maxsize=256)(httpx.URL)
_SHOWN = 100  # characters of a URL that may be the fault

guard(
    f"{engine}{part}"
    for engine in ("httpx", "httpcore", "httpx2", "httpcore2", "hpack")
    for part in (
        *("", ".connection", ".http11", ".http2", ".proxy", ".socks", ".connection_pool"),
        *(".hpack", ".table"),
    )
)


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
        raw = to_httpx(request, Sending, self._trace)
        pools = self._share.pools
        for transport in pools.stale():
            transport.close()
        lanes = pools.lanes(request.url)
        lane = None
        try:
            lane = lanes.acquire(request.timeout.pool)
            assert lane.transport is not None
            answer = lane.transport.handle_request(raw)
        except BaseException as exc:
            if lane is not None:
                Release(lanes, lane).broken()
            translate(exc, request, httpx, lanes.proxy)
        finally:
            close_body(request)
        return _finish(request, raw, answer, httpx, Release(lanes, lane))

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
        raw = to_httpx(request, AsyncSending, self._trace)
        pools = self._share.here(self)
        for transport in pools.stale():
            await transport.aclose()
        lanes = pools.lanes(request.url)
        lane = None
        try:
            lane = await lanes.acquire(request.timeout.pool)
            assert lane.transport is not None
            answer = await lane.transport.handle_async_request(raw)
        except BaseException as exc:
            if lane is not None:
                await Release(lanes, lane).abroken()
            translate(exc, request, httpx, lanes.proxy)
        finally:
            close_body(request)
        return await _afinish(request, raw, answer, httpx, Release(lanes, lane))

    async def aclose(self) -> None:
        """Return the connections; the last user in a loop closes those of the loop."""
        if not self._closed:
            self._closed = True
            pools = self._share.leave(self)
            if pools is not None:
                await pools.aclose()


class ClientTransport:
    """A user's own ``httpx.Client`` (or httpx2's) as a `Transport`."""

    def __init__(self, client: Any, family: Any) -> None:
        self._client = client
        self._family = family

    @property
    def closed(self) -> bool:
        """Whether the user's client is closed."""
        return bool(self._client.is_closed)

    def send(self, request: Request) -> Response:
        """Send *request*; see `Transport`."""
        if self._client.is_closed:
            raise ConfigurationError(CLOSED)
        try:
            raw, auth = _build(self._client, request, self._family, Sending)
            answer = self._client.send(raw, stream=True, follow_redirects=False, **auth)
        except Exception as exc:  # sorted out, and what is not httpx's passes
            translate(exc, request, self._family)
        finally:
            close_body(request)
        return _finish(request, raw, answer, self._family)

    def close(self) -> None:
        """Close the user's client, as its users expect of the client that wraps it."""
        self._client.close()


class AsyncClientTransport:
    """A user's own ``httpx.AsyncClient`` (or httpx2's) as an `AsyncTransport`."""

    def __init__(self, client: Any, family: Any) -> None:
        self._client = client
        self._family = family

    @property
    def closed(self) -> bool:
        """Whether the user's client is closed."""
        return bool(self._client.is_closed)

    async def send(self, request: Request) -> Response:
        """Send *request*; see `AsyncTransport`."""
        if self._client.is_closed:
            raise ConfigurationError(CLOSED)
        try:
            raw, auth = _build(self._client, request, self._family, AsyncSending)
            answer = await self._client.send(raw, stream=True, follow_redirects=False, **auth)
        except Exception as exc:  # as above
            translate(exc, request, self._family)
        finally:
            close_body(request)
        return await _afinish(request, raw, answer, self._family)

    async def aclose(self) -> None:
        """Close the user's client."""
        await self._client.aclose()


def _build(
    client: Any, request: Request, family: Any, sending: type[Sending | AsyncSending]
) -> tuple[Any, dict[str, Any]]:
    """Return the request as one of *client*'s, and how `send` is to authenticate it."""
    learn(request.url)  # a whole client logs it
    body = request.content
    headers = _encoded(request)
    content: Any = body
    if body is not None and not isinstance(body, bytes):
        headers += framing(request, body)
        content = sending(request, body)
    if request.foreign:
        # The client's own headers, cookies, query and `auth` are for the host that it was made for.
        raw = family.Request(
            request.method,
            request.url,
            headers=headers,
            content=content,
            extensions=_extensions(request),
        )
        return _whole(raw, body, family, sending), {"auth": None}
    timeout = request.timeout
    raw = client.build_request(
        request.method,
        request.url,
        headers=headers,
        content=content,
        timeout=(timeout.connect, timeout.read, timeout.write, timeout.pool),
    )
    return _whole(raw, body, family, sending), {}


def _whole(raw: Any, body: Any, family: Any, sending: type[Sending | AsyncSending]) -> Any:
    """Return *raw* with a body that leaves nothing half-way; httpx2 has one of its own."""
    if family is httpx and sending is AsyncSending and isinstance(body, bytes):
        raw.stream = Whole(body)
    return raw


def to_httpx(
    request: Request,
    sending: type[Sending | AsyncSending] = Sending,
    trace: Callable[..., Any] | None = None,
) -> httpx.Request:
    """
    Return *request* as one of httpx's.

    Args:
        request: What is to be sent.
        sending: How a body that is not in memory is sent.
        trace: What httpcore tells of the connection of a stream.

    Raises:
        ConfigurationError: Its address or a header cannot be sent.
    """
    try:
        url = _url(request.url)
    except httpx.InvalidURL as exc:
        msg = f"`{redacted(request.url)[:_SHOWN]}` is no valid URL: {exc}"
        raise ConfigurationError(msg) from None
    body = request.content
    headers = _encoded(request)
    if "host" not in request.headers:
        headers.insert(0, (b"Host", url.netloc))
    if body is not None and not isinstance(body, bytes):
        headers += framing(request, body)
        stream: Any = sending(request, body)
    else:
        if (body is not None or request.method in {"POST", "PUT", "PATCH"}) and (
            "content-length" not in request.headers
        ):
            headers.append((b"Content-Length", b"%d" % len(body or b"")))
        stream = Whole(body or b"")
    extensions = _extensions(request)
    if request.stream and trace is not None:
        extensions["trace"] = trace
    return httpx.Request(request.method, url, headers=headers, stream=stream, extensions=extensions)


def _extensions(request: Request) -> dict[str, Any]:
    timeout = request.timeout
    return {
        "timeout": {
            "connect": timeout.connect,
            "read": timeout.read,
            "write": timeout.write,
            "pool": timeout.pool,
        }
    }


def _encoded(request: Request) -> list[tuple[bytes, bytes]]:
    """Return the headers in bytes; a refusal names the header and keeps its value to itself."""
    items = request.headers.items()
    try:
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in items]
    except UnicodeEncodeError:
        name = next(n for n, v in items if not n.isascii() or max(v, default="") > "\xff")
        msg = f"the header `{name}` holds characters that HTTP cannot carry; encode them first"
        raise ConfigurationError(msg) from None


def _opened(request: Request, raw: Any, answer: Any, source: Source | AsyncSource) -> Opened:
    """Return the answer without its body, and what is to become of the body."""
    source.check()
    headers = Headers.received(answer.headers.raw)
    version = answer.extensions.get("http_version", b"HTTP/1.1")
    response = Response(
        answer.status_code,
        headers,
        request=request,
        http_version=version.decode("ascii", "replace"),
        engine=(raw, answer),
    )
    # Where a hook of the user's has read the body, httpx has decompressed it.
    done = answer.is_stream_consumed
    return response, Intake(request, answer.status_code, headers, decoded=done)


def _finish(
    request: Request, raw: Any, answer: Any, family: Any, release: Release | None = None
) -> Response:
    source = Source(request, answer, family, release)
    return settle(source, request, lambda: _opened(request, raw, answer, source))


async def _afinish(
    request: Request, raw: Any, answer: Any, family: Any, release: Release | None = None
) -> Response:
    source = AsyncSource(request, answer, family, release)
    return await asettle(source, request, lambda: _opened(request, raw, answer, source))
