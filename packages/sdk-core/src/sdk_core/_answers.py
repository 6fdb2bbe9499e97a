"""
The bodies of answers, whatever engine reads them.

An engine gives a source: the bytes as they came, its errors already ours. Here they are
decompressed, cut where a refusal goes on for ever, and held to the deadline.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import NoReturn, Protocol, TypeAlias

from ._addresses import redacted
from ._closing import hurry
from ._decompression import BombError, DecompressionError, Decompressor
from ._messages import Headers, Request, Response
from ._sharing import running_loop, soon
from .errors import APIConnectionError, APIResponseValidationError, APITimeoutError

# Every body that is no success is read for its message; a server that sends a film gets cut.
_OTHER_BODY_LIMIT = 1 << 20


class Source(Protocol):
    """The bytes of one answer, for transports that block; gone through once."""

    def __iter__(self) -> Iterator[bytes]: ...
    def close(self, *, grace: float = 0.0) -> None:
        """Let go, once or more; give the rest *grace* seconds to come, to keep the connection."""


class AsyncSource(Protocol):
    """The asynchronous twin of `Source`; after `aclose`, nothing more comes."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    async def __anext__(self) -> bytes: ...
    async def aclose(self, *, grace: float = 0.0) -> None: ...


def out_of_time(request: Request) -> bool:
    """Return whether the deadline of *request* is over."""
    return request.ends is not None and time.monotonic() >= request.ends


def check_deadline(request: Request) -> None:
    """Give up on a body that drips: every piece comes in time, and the whole never does."""
    if out_of_time(request):
        raise too_late(request)


def too_late(request: Request) -> APITimeoutError:
    """Return the error for a deadline that was over while the answer came."""
    where = redacted(request.url)
    msg = f"Request timed out: `deadline` was over before all of the answer of {where} had come"
    return APITimeoutError(request, message=msg)


class Intake:
    """
    What becomes of one answer's bytes; sans-IO.

    Args:
        request: What is answered.
        status: The status.
        headers: The headers.
        decoded: Whether the engine has decompressed the body.

    Attributes:
        raw: Whether the bytes are taken as they come.
        plain: Whether that is all there is to do, if the body is read whole.
    """

    __slots__ = ("_decompressor", "_headers", "_request", "_size", "_status", "plain", "raw")

    def __init__(
        self, request: Request, status: int, headers: Headers, *, decoded: bool = False
    ) -> None:
        self._request = request
        self._status = status
        self._headers = headers
        self._size = 0
        self._decompressor: Decompressor | None = None
        encoding = "" if decoded else headers.get("content-encoding", "")
        if encoding not in {"", "identity"}:
            try:
                self._decompressor = Decompressor(encoding)
            except DecompressionError as exc:
                if status < 400:
                    self._refuse(exc)
        self.raw = self._decompressor is None
        self.plain = self.raw and status < 300 and request.ends is None

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Return what *piece* holds."""
        if self._decompressor is None:
            yield piece
            return
        try:
            yield from self._decompressor.feed(piece)
        except DecompressionError as exc:
            self._refuse(exc)

    def end(self) -> None:
        """Judge the end of the bytes."""
        if self._decompressor is not None:
            try:
                self._decompressor.end()
            except DecompressionError as exc:
                self._refuse(exc)

    def take(self, piece: bytes, into: list[bytes]) -> bool:
        """Add what *piece* holds to a body that is read whole; return whether to go on."""
        check_deadline(self._request)
        try:
            for each in self.feed(piece):
                into.append(each)
                self._size += len(each)
                if self._status >= 300 and self._size > _OTHER_BODY_LIMIT:
                    return False
        except (APIConnectionError, APIResponseValidationError):
            if self._status < 400:
                raise
            return False  # the status says enough
        return True

    def end_whole(self) -> None:
        """Judge the end of a body that is read whole."""
        if self._status < 400:
            self.end()

    def _refuse(self, exc: DecompressionError) -> NoReturn:
        request = self._request
        where = redacted(request.url)
        if isinstance(exc, BombError):
            answer = Response(self._status, self._headers, request=request, content=b"")
            msg = f"the answer of {where} is refused: {exc}"
            raise APIResponseValidationError(answer, None, message=msg) from exc
        raise APIConnectionError(
            message=f"Connection error: the answer of {where} cannot be decompressed: {exc}",
            request=request,
        ) from exc


Opened: TypeAlias = tuple[Response, Intake]
"""An answer without its body, and what is to become of the body."""


def read(source: Source, intake: Intake) -> bytes:
    """Read the whole body, and let go of it."""
    try:
        if intake.plain:
            return b"".join(source)
        content: list[bytes] = []
        for piece in source:
            if not intake.take(piece, content):
                return b"".join(content)
        intake.end_whole()
        return b"".join(content)
    finally:
        source.close()


async def aread(source: AsyncSource, intake: Intake) -> bytes:
    """Read the whole body, and let go of it."""
    try:
        content: list[bytes] = []
        if intake.plain:
            content = [piece async for piece in source]
            return b"".join(content)
        async for piece in source:
            if not intake.take(piece, content):
                return b"".join(content)
        intake.end_whole()
        return b"".join(content)
    finally:
        await source.aclose()


def settle(source: Source, request: Request, opened: Callable[[], Opened]) -> Response:
    """Return the answer that *opened* makes, with its body read, or left for the caller to read."""
    try:
        response, intake = opened()
    except BaseException:
        source.close()
        raise
    if request.stream and response.status_code < 300:
        response.stream = Body(source, intake)
    else:
        response.content = read(source, intake)
    return response


async def asettle(source: AsyncSource, request: Request, opened: Callable[[], Opened]) -> Response:
    """Do as `settle`, asynchronously."""
    try:
        response, intake = opened()
    except BaseException:
        await source.aclose()
        raise
    if request.stream and response.status_code < 300:
        response.stream = AsyncBody(source, intake)
    else:
        response.content = await aread(source, intake)
    return response


class Body:
    """A body that is read by the caller, blocking."""

    def __init__(self, source: Source, intake: Intake) -> None:
        self._source = source
        self._intake = intake
        self._begun = False

    def __iter__(self) -> Iterator[bytes]:
        if self._begun:  # the connection may serve another call by now, whose bytes are not ours
            return
        self._begun = True
        if self._intake.raw:
            yield from self._source
            return
        for piece in self._source:
            yield from self._intake.feed(piece)
        self._intake.end()

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise AssertionError

    def hurry(self, seconds: float) -> None:
        hurry(self._source, seconds)

    def close(self, *, grace: float = 0.0) -> None:
        self._source.close(grace=grace)

    async def aclose(self, *, grace: float = 0.0) -> None:  # noqa: ARG002  # of the other colour
        raise AssertionError


class AsyncBody:
    """A body that is read by the caller, asynchronously."""

    def __init__(self, source: AsyncSource, intake: Intake) -> None:
        self._source = source
        self._intake = intake
        self._ready: Iterator[bytes] = iter(())
        self._over = False
        self._closed = False
        self._loop = running_loop()

    # An iterator, not a generator: nothing of our own is left half-way when a caller stops.
    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not self._over:
            for piece in self._ready:
                return piece
            try:
                data = await anext(self._source)
            except BaseException as exc:
                self._over = True
                if isinstance(exc, StopAsyncIteration):
                    self._intake.end()
                raise
            if self._intake.raw:
                return data
            self._ready = self._intake.feed(data)
        raise StopAsyncIteration

    def __iter__(self) -> Iterator[bytes]:
        raise AssertionError

    def close(self, *, grace: float = 0.0) -> None:  # noqa: ARG002  # of the other colour
        raise AssertionError

    async def aclose(self, *, grace: float = 0.0) -> None:
        self._over = self._closed = True
        await self._source.aclose(grace=grace)

    def abandon(self) -> None:
        """Have the loop close what its reader has dropped; from any thread, once or more."""
        if not self._closed:
            self._closed = True
            soon(self._loop, self._source.aclose)
