"""What goes through httpx, or through httpcore without it: heads, and bodies up and down."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio

from ._answers import Intake, Opened, asettle, check_deadline, settle
from ._failures import UNASKED, broken, translate
from ._httpx_reads import AsyncReads, Reads, reads_of
from ._messages import Headers, Response
from ._redaction import guard
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._messages import Request
    from ._pools import Release
    from ._uploads import Upload

guard(
    f"{engine}{part}"
    for engine in ("httpx", "httpcore", "httpx2", "httpcore2", "hpack")
    for part in (
        *("", ".connection", ".http11", ".http2", ".proxy", ".socks", ".connection_pool"),
        *(".hpack", ".table"),
    )
)


class Whole:
    """A body in memory. httpx's own leaves a generator half-way where the sending fails."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Once(self._body)


class _Once:
    def __init__(self, body: bytes) -> None:
        self._left = [body]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._left:
            return self._left.pop()
        raise StopAsyncIteration


class Sending:
    """A body on its way, for the transports and clients that block."""

    def __init__(self, request: Request, body: Upload) -> None:
        self._request = request
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._body:
            check_deadline(self._request)
            yield piece


class AsyncSending:
    """The asynchronous twin of `Sending`."""

    def __init__(self, request: Request, body: Upload) -> None:
        self._request = request
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return AsyncPieces(self._request, self._body)


class AsyncPieces:
    """What `AsyncSending` gives; an iterator, for a generator would be left half-way."""

    def __init__(self, request: Request, body: Upload) -> None:
        self._request = request
        self._pieces = aiter(body)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        check_deadline(self._request)
        return await anext(self._pieces)


def framing(request: Request, body: Upload) -> list[tuple[bytes, bytes]]:
    """Return the header that says where *body* ends (RFC 9112 §6)."""
    if "content-length" in request.headers or "transfer-encoding" in request.headers:
        return []
    if body.length is None:
        return [(b"Transfer-Encoding", b"chunked")]
    return [(b"Content-Length", b"%d" % body.length)]


class Parts(NamedTuple):
    """What an engine gets of a request, but for its method and its address."""

    headers: list[tuple[bytes, bytes]]
    stream: Whole | Sending | AsyncSending
    extensions: dict[str, Any]


def parts_of(
    request: Request,
    netloc: bytes,
    sending: type[Sending | AsyncSending],
    trace: Callable[..., Any] | None,
) -> Parts:
    """
    Return what is to be sent for *request*.

    Args:
        request: What is to be sent.
        netloc: Whom it asks, as the header `Host` has it.
        sending: How a body that is not in memory is sent.
        trace: What httpcore tells of the connection of a stream.

    Raises:
        ConfigurationError: A header cannot be sent.
    """
    body = request.content
    headers = encoded(request)
    if "host" not in request.headers:
        headers.insert(0, (b"Host", netloc))
    if body is not None and not isinstance(body, bytes):
        headers += framing(request, body)
        stream: Any = sending(request, body)
    else:
        if (body is not None or request.method in {"POST", "PUT", "PATCH"}) and (
            "content-length" not in request.headers
        ):
            headers.append((b"Content-Length", b"%d" % len(body or b"")))
        stream = Whole(body or b"")
    extensions = limits(request)
    if request.stream and trace is not None:
        extensions["trace"] = trace
    return Parts(headers, stream, extensions)


def limits(request: Request) -> dict[str, Any]:
    """Return the extensions that say how long each phase may take."""
    timeout = request.timeout
    return {
        "timeout": {
            "connect": timeout.connect,
            "read": timeout.read,
            "write": timeout.write,
            "pool": timeout.pool,
        }
    }


def encoded(request: Request) -> list[tuple[bytes, bytes]]:
    """Return the headers in bytes; a refusal names the header and keeps its value to itself."""
    items = request.headers.items()
    try:
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in items]
    except UnicodeEncodeError:
        name = next(n for n, v in items if not n.isascii() or max(v, default="") > "\xff")
        msg = f"the header `{name}` holds characters that HTTP cannot carry; encode them first"
        raise ConfigurationError(msg) from None


class Source:
    """What comes of one answer, for the transports and clients that block."""

    def __init__(self, request: Request, answer: Any, family: Any, release: Release | None) -> None:
        self._request = request
        self._answer = answer
        self._family = family
        self._release = release
        self._reads = reads_of(answer, Reads, ours=release is not None)
        self._pieces: Iterator[bytes] | None = None
        self._ended = False

    def check(self) -> None:
        """Refuse what was not asked for. Raises APIConnectionError."""
        if self._reads is not None and self._reads.unasked:
            raise broken(self._request, UNASKED, self._release.proxy if self._release else None)

    def __iter__(self) -> Iterator[bytes]:
        answer = self._answer
        try:
            if answer.is_stream_consumed:  # a hook of the user's was here first
                yield answer.content
                self._ended = True
                return
            self._pieces = iter(answer.stream)
            # Not `yield from`, which a caller who stops would carry on to httpx: it hangs up then.
            for piece in self._pieces:  # noqa: UP028  # as said above
                yield piece
            self._pieces = None
            self._ended = True
        except Exception as exc:  # sorted out, and what is not httpx's passes
            self._pieces = None
            proxy = self._release.proxy if self._release is not None else None
            translate(exc, self._request, self._family, proxy)

    def hurry(self, seconds: float) -> None:
        if self._reads is not None:
            self._reads.patience = seconds

    def close(self, *, grace: float = 0.0) -> None:
        pieces, self._pieces = self._pieces, None
        try:
            if pieces is not None and grace:
                self._ended = _drain(pieces, self._answer, grace)
            self._answer.close()
        except BaseException:
            self._ended = False
            raise
        finally:
            if self._ended and self._reads is not None:
                self._reads.ended()
            if self._release is not None:
                (self._release if self._ended else self._release.broken)()


def _drain(pieces: Iterator[bytes], answer: Any, grace: float) -> bool:
    """
    Read the end of an answer, so that its connection can be used again; return whether it came.

    httpx reads until its time-out, which may be minutes, so that somebody else hangs up where
    nothing comes: on a socket of this answer only, never one that HTTP/2 shares.
    """
    stream = answer.extensions.get("network_stream")
    connection = stream and stream.get_extra_info("socket")
    if connection is None or answer.extensions.get("http_version") == b"HTTP/2":
        return False
    ended = False
    with suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as other:
        timer = threading.Timer(grace, _hang_up, [other])
        timer.daemon = True
        timer.start()
        try:
            with suppress(Exception):  # then it is closed
                for _ in pieces:
                    pass
                ended = True
        finally:
            timer.cancel()
            timer.join()
    return ended


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RD)


class AsyncSource:
    """What comes of one answer, for the asynchronous transports and clients."""

    def __init__(self, request: Request, answer: Any, family: Any, release: Release | None) -> None:
        self._request = request
        self._answer = answer
        self._family = family
        self._release = release
        self._reads = reads_of(answer, AsyncReads, ours=release is not None)
        self._begun = False
        self._ended = False
        self._pieces: AsyncIterator[bytes] | None = None

    def check(self) -> None:
        """Refuse what was not asked for. Raises APIConnectionError."""
        if self._reads is not None and self._reads.unasked:
            raise broken(self._request, UNASKED, self._release.proxy if self._release else None)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._begun:
            self._begun = True
            answer = self._answer
            if answer.is_stream_consumed:
                content: bytes = answer.content
                return content
            self._pieces = aiter(answer.stream)
        if self._pieces is None:
            self._ended = self._ended or self._answer.is_stream_consumed
            raise StopAsyncIteration
        try:
            return await anext(self._pieces)
        except StopAsyncIteration:
            self._pieces = None
            self._ended = True
            raise
        except Exception as exc:  # sorted out, and what is not httpx's passes
            self._pieces = None
            proxy = self._release.proxy if self._release is not None else None
            translate(exc, self._request, self._family, proxy)

    async def aclose(self, *, grace: float = 0.0) -> None:
        self._begun = True
        pieces, self._pieces = self._pieces, None
        try:
            if pieces is not None:
                # Left half-way, the generators inside httpx would wait for the garbage collector.
                # Read on instead, until the end or until cancelled where nothing more has come.
                with anyio.move_on_after(grace), suppress(Exception):
                    async for _ in pieces:
                        pass
                    self._ended = True
            await self._answer.aclose()
        except BaseException:
            self._ended = False
            raise
        finally:
            if self._ended and self._reads is not None:
                self._reads.ended()
            if self._release is not None:
                if self._ended:
                    self._release()
                else:
                    await self._release.abroken()


def _opened(request: Request, raw: Any, answer: Any, source: Source | AsyncSource) -> Opened:
    """Return the answer without its body, and what is to become of the body."""
    source.check()
    headers = answer.headers
    if not isinstance(headers, Headers):
        headers = Headers.received(headers.raw)
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


def finish(
    request: Request, raw: Any, answer: Any, family: Any, release: Release | None = None
) -> Response:
    source = Source(request, answer, family, release)
    return settle(source, request, lambda: _opened(request, raw, answer, source))


async def afinish(
    request: Request, raw: Any, answer: Any, family: Any, release: Release | None = None
) -> Response:
    source = AsyncSource(request, answer, family, release)
    return await asettle(source, request, lambda: _opened(request, raw, answer, source))
