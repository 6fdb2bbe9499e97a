"""
The default engine: httpx, entered at its transport level.

A full ``httpx.Client.request`` costs about 1.6 times the transport alone, for things that the
call path does itself (URLs, redirects, authentication). This module and `_pools` are the only
ones that import httpx.
"""

from __future__ import annotations

import re
import sys
import time
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

import anyio
import httpx

from . import _pools
from ._addresses import redacted
from ._messages import Headers, Response
from ._uploads import Upload
from .errors import APIConnectionError, APITimeoutError, ConfigurationError

if TYPE_CHECKING:
    from ._messages import Request

_CLOSED = "the client has been closed; make a new one, or close it later"
_url = lru_cache(maxsize=256)(httpx.URL)
# Every 4xx and 5xx body is read for its message; a server that sends a film gets cut.
_ERROR_BODY_LIMIT = 1 << 20
_SHOWN = 100  # characters of a URL that may be the fault
_forbidden = re.compile(r"[\0\n\v\f\r]|^\s|\s$").search


class PooledTransport:
    """The shared connection pools as a `Transport`."""

    def __init__(self) -> None:
        _pools.enter(synchronous=True)
        self._leave = weakref.finalize(self, _pools.leave_sync)

    @property
    def closed(self) -> bool:
        """Whether `close` has been called."""
        return not self._leave.alive

    def send(self, request: Request) -> Response:
        """Send *request*; see `Transport`."""
        if not self._leave.alive:
            raise ConfigurationError(_CLOSED)
        raw = _to_httpx(request)
        try:
            answer = _pools.sync_pools().get(request.url).handle_request(raw)
        except Exception as exc:  # sorted out, and what is not httpx's passes
            _translate(exc, request, httpx)
        finally:
            _close_body(request)
        return _finish(request, raw, answer, httpx)

    def close(self) -> None:
        """Return the pools; the last user closes them."""
        self._leave()


class AsyncPooledTransport:
    """The shared connection pools of the running loop as an `AsyncTransport`."""

    def __init__(self) -> None:
        _pools.enter(synchronous=False)
        self._leave = weakref.finalize(self, _pools.leave_async)

    @property
    def closed(self) -> bool:
        """Whether `aclose` has been called."""
        return not self._leave.alive

    async def send(self, request: Request) -> Response:
        """Send *request*; see `AsyncTransport`."""
        if not self._leave.alive:
            raise ConfigurationError(_CLOSED)
        raw = _to_httpx(request, _AsyncSending)
        try:
            answer = await _pools.async_pools().get(request.url).handle_async_request(raw)
        except Exception as exc:  # as above
            _translate(exc, request, httpx)
        finally:
            _close_body(request)
        return await _afinish(request, raw, answer, httpx)

    async def aclose(self) -> None:
        """Return the pools; the last user closes those of its loop."""
        if self._leave():
            for pool in _pools.async_pools().take():
                await pool.aclose()


class ClientTransport:
    """A user's own ``httpx.Client`` (or httpx2's) as a `Transport`; it stays the user's to close."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._family = family_of(client, "Client")

    @property
    def closed(self) -> bool:
        """Whether the user's client is closed."""
        return bool(self._client.is_closed)

    def send(self, request: Request) -> Response:
        """Send *request*; see `Transport`."""
        if self._client.is_closed:
            raise ConfigurationError(_CLOSED)
        try:
            raw, auth = _build(self._client, request, self._family, _Sending)
            answer = self._client.send(raw, stream=True, follow_redirects=False, **auth)
        except Exception as exc:  # as above
            _translate(exc, request, self._family)
        finally:
            _close_body(request)
        return _finish(request, raw, answer, self._family)

    def close(self) -> None:
        """Close the user's client, as its users expect of the client that wraps it."""
        self._client.close()


class AsyncClientTransport:
    """A user's own ``httpx.AsyncClient`` (or httpx2's) as an `AsyncTransport`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._family = family_of(client, "AsyncClient")

    @property
    def closed(self) -> bool:
        """Whether the user's client is closed."""
        return bool(self._client.is_closed)

    async def send(self, request: Request) -> Response:
        """Send *request*; see `AsyncTransport`."""
        if self._client.is_closed:
            raise ConfigurationError(_CLOSED)
        try:
            raw, auth = _build(self._client, request, self._family, _AsyncSending)
            answer = await self._client.send(raw, stream=True, follow_redirects=False, **auth)
        except Exception as exc:  # as above
            _translate(exc, request, self._family)
        finally:
            _close_body(request)
        return await _afinish(request, raw, answer, self._family)

    async def aclose(self) -> None:
        """Close the user's client."""
        await self._client.aclose()


def family_of(client: Any, kind: str) -> Any:
    """
    Return the module (httpx or one of its family) that *client* is a *kind* of.

    Raises:
        ConfigurationError: It is none.
    """
    for cls in type(client).__mro__:
        root = cls.__module__.partition(".")[0]
        if root in {"httpx", "httpx2"} and cls.__name__ == kind:
            return sys.modules[root]
    msg = f"`http_client` must be an httpx.{kind}, not {type(client).__name__}"
    raise ConfigurationError(msg)


class _Sending(httpx.SyncByteStream):
    """A body on its way, for the transports and clients that block."""

    def __init__(self, request: Request, body: Upload) -> None:
        self._request = request
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._body:
            _check_deadline(self._request)
            yield piece


class _AsyncSending(httpx.AsyncByteStream):
    """The asynchronous twin of `_Sending`."""

    def __init__(self, request: Request, body: Upload) -> None:
        self._request = request
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _AsyncPieces(self._request, aiter(self._body))


class _AsyncPieces:
    """What `_AsyncSending` gives; an iterator, for a generator would be left half-way."""

    def __init__(self, request: Request, pieces: AsyncIterator[bytes]) -> None:
        self._request = request
        self._pieces = pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        _check_deadline(self._request)
        return await anext(self._pieces)


def _close_body(request: Request) -> None:
    if isinstance(request.content, Upload):
        request.content.close()


def _build(
    client: Any, request: Request, family: Any, sending: type[_Sending | _AsyncSending]
) -> tuple[Any, dict[str, Any]]:
    """Return the request as one of *client*'s, and how `send` is to authenticate it."""
    body = request.content
    headers = _encoded(request)
    if isinstance(body, Upload):
        headers += _framing(request, body)
    content = sending(request, body) if isinstance(body, Upload) else body
    if request.foreign:
        # The client's own headers, cookies, query and `auth` are for the host that it was made for.
        raw = family.Request(
            request.method,
            request.url,
            headers=headers,
            content=content,
            extensions=_extensions(request),
        )
        return raw, {"auth": None}
    timeout = request.timeout
    raw = client.build_request(
        request.method,
        request.url,
        headers=headers,
        content=content,
        timeout=(timeout.connect, timeout.read, timeout.write, timeout.pool),
    )
    return raw, {}


def _to_httpx(
    request: Request, sending: type[_Sending | _AsyncSending] = _Sending
) -> httpx.Request:
    try:
        url = _url(request.url)
    except httpx.InvalidURL as exc:
        msg = f"`{redacted(request.url)[:_SHOWN]}` is no valid URL: {exc}"
        raise ConfigurationError(msg) from None
    body = request.content
    headers = _encoded(request)
    if "host" not in request.headers:
        headers.insert(0, (b"Host", url.netloc))
    if isinstance(body, Upload):
        headers += _framing(request, body)
        stream: Any = sending(request, body)
    else:
        if (body is not None or request.method in {"POST", "PUT", "PATCH"}) and (
            "content-length" not in request.headers
        ):
            headers.append((b"Content-Length", b"%d" % len(body or b"")))
        stream = httpx.ByteStream(body or b"")
    return httpx.Request(
        request.method, url, headers=headers, stream=stream, extensions=_extensions(request)
    )


def _framing(request: Request, body: Upload) -> list[tuple[bytes, bytes]]:
    """Return the header that says where *body* ends (RFC 9112 §6)."""
    if "content-length" in request.headers or "transfer-encoding" in request.headers:
        return []
    if body.length is None:
        return [(b"Transfer-Encoding", b"chunked")]
    return [(b"Content-Length", b"%d" % body.length)]


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


def _response(request: Request, raw: Any, answer: Any, **body: Any) -> Response:
    version = answer.extensions.get("http_version", b"HTTP/1.1")
    return Response(
        answer.status_code,
        Headers.received(answer.headers.raw),
        request=request,
        http_version=version.decode("ascii", "replace"),
        engine=(raw, answer),
        **body,
    )


def _finish(request: Request, raw: Any, answer: Any, family: Any) -> Response:
    if request.stream and answer.status_code < 300:
        return _response(request, raw, answer, stream=_Body(request, answer, family))
    body = _Body(request, answer, family)
    limit = _ERROR_BODY_LIMIT if answer.status_code >= 400 else None
    content, size = [], 0
    try:
        for piece in body:
            _check_deadline(request)
            content.append(piece)
            size += len(piece)
            if limit is not None and size > limit:
                break
    finally:
        body.close()
    return _response(request, raw, answer, content=b"".join(content))


async def _afinish(request: Request, raw: Any, answer: Any, family: Any) -> Response:
    body = _Body(request, answer, family)
    if request.stream and answer.status_code < 300:
        return _response(request, raw, answer, stream=body)
    limit = _ERROR_BODY_LIMIT if answer.status_code >= 400 else None
    content, size = [], 0
    try:
        async for piece in body:
            _check_deadline(request)
            content.append(piece)
            size += len(piece)
            if limit is not None and size > limit:
                break
    finally:
        await body.aclose()
    return _response(request, raw, answer, content=b"".join(content))


def _check_deadline(request: Request) -> None:
    """Give up on a body that drips: every piece comes in time, and the whole never does."""
    if request.ends is not None and time.monotonic() >= request.ends:
        where = redacted(request.url)
        msg = f"Request timed out: `deadline` was over before all of the answer of {where} had come"
        raise APITimeoutError(request, message=msg)


class _Body:
    """An unread body; compressed ones go through httpx's decoders, others take the short way."""

    def __init__(self, request: Request, answer: Any, family: Any) -> None:
        self._request = request
        self._answer = answer
        self._family = family
        self._begun = False
        self._pieces: AsyncIterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        if self._begun:  # the connection may serve another call by now, whose bytes are not ours
            return
        self._begun = True
        answer = self._answer
        try:
            yield from answer.iter_bytes() if _compressed(answer) else answer.stream
        except Exception as exc:  # as above
            _translate(exc, self._request, self._family)

    def __aiter__(self) -> AsyncIterator[bytes]:
        # An iterator, not a generator: nothing of our own is left half-way when a caller stops.
        if not self._begun:
            self._begun = True
            answer = self._answer
            self._pieces = aiter(answer.aiter_bytes() if _compressed(answer) else answer.stream)
        return self

    async def __anext__(self) -> bytes:
        if self._pieces is None:
            raise StopAsyncIteration
        try:
            return await anext(self._pieces)
        except StopAsyncIteration:
            self._pieces = None
            raise
        except Exception as exc:  # sorted out, and what is not httpx's passes
            self._pieces = None
            _translate(exc, self._request, self._family)

    def close(self) -> None:
        self._answer.close()

    async def aclose(self, *, grace: float = 0.0) -> None:
        pieces, self._pieces = self._pieces, None
        if pieces is not None:
            # Left half-way, the generators inside httpx would wait for the garbage collector.
            # Read on instead, until the end or until cancelled where nothing more has come.
            with anyio.move_on_after(grace), suppress(Exception):
                async for _ in pieces:
                    pass
        await self._answer.aclose()


def _compressed(answer: Any) -> bool:
    return bool(answer.headers.get("content-encoding", "identity") != "identity")


def _translate(exc: Exception, request: Request, family: Any) -> NoReturn:
    """Raise *exc* as an error of our own, if it is one of *family*'s; else as it is."""
    where = redacted(request.url)
    if isinstance(exc, family.TimeoutException):
        phase = type(exc).__name__.removesuffix("Timeout").lower()
        seconds = getattr(request.timeout, phase, None)
        what = {
            "connect": "no connection",
            "pool": "no free connection",
            "write": "the request could not be written",
        }.get(phase, "no answer")
        raise APITimeoutError(
            request,
            message=f"Request timed out: {what} within {seconds:g} s from {where}"
            if seconds is not None
            else f"Request timed out: {what} from {where}",
            maybe_processed=phase not in {"connect", "pool"},
        ) from exc
    if isinstance(exc, family.ConnectError | family.ProxyError):
        raise APIConnectionError(
            message=f"Connection error: cannot reach {where} ({exc}); check `base_url`, "
            "and that the server is running",
            request=request,
            maybe_processed=False,
        ) from exc
    if isinstance(exc, family.UnsupportedProtocol | family.InvalidURL | family.LocalProtocolError):
        why = str(exc)
        for name, value in request.headers.items():
            if _forbidden(value):  # the engine's words hold the value, which may be a secret
                why = f"the header `{name}` holds a line end, NUL or outer space; strip it"
        msg = f"the request to {where} cannot be sent: {why}"
        raise ConfigurationError(msg) from None
    if isinstance(exc, family.DecodingError):
        raise APIConnectionError(
            message=f"Connection error: the answer of {where} cannot be decompressed ({exc})",
            request=request,
        ) from exc
    if isinstance(exc, family.TransportError):
        raise APIConnectionError(
            message=f"Connection error: the connection to {where} broke ({exc})", request=request
        ) from exc
    raise exc
