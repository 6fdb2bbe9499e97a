"""Answers with their HTTP around them: ``with_raw_response`` and ``with_streaming_response``."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
)
from contextlib import AbstractAsyncContextManager, AbstractContextManager, aclosing, closing
from datetime import timedelta
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from ._messages import Headers
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._messages import ByteStream, Request, Response
    from ._meters import Meter
    from ._part_files import PartFile
    from .typing import Progress

__all__ = [
    "APIResponse",
    "AsyncStreamedAPIResponse",
    "Headers",
    "StreamedAPIResponse",
    "async_raw",
    "async_streaming",
    "raw",
    "streaming",
]

T = TypeVar("T")
As = TypeVar("As")
P = ParamSpec("P")
Parse = Callable[["Response"], Any]


class _Answer:
    """What every form of answer tells about its HTTP."""

    def __init__(self, response: Response, parse: Parse) -> None:
        self._response = response
        self._parse = parse
        self._result: tuple[Any] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{self.status_code}]>"

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers, looked up in any case."""
        return self._response.headers

    @property
    def status_code(self) -> int:
        """The status."""
        return self._response.status_code

    @property
    def request_id(self) -> str | None:
        """The server's name for the call (``x-request-id``)."""
        return self._response.headers.get("x-request-id")

    @property
    def http_request(self) -> Request:
        """What was sent."""
        return self._response.request

    @property
    def http_response(self) -> Any:
        """The answer as an object of the HTTP engine (httpx by default)."""
        return self._response.http_response

    @property
    def url(self) -> str:
        """The URL that was asked."""
        return self._response.url

    @property
    def method(self) -> str:
        """The method that was used."""
        return self._response.method

    @property
    def http_version(self) -> str:
        """Such as ``HTTP/1.1``."""
        return self._response.http_version

    @property
    def retries_taken(self) -> int:
        """How many attempts went before this one."""
        return self._response.retries_taken

    @property
    def elapsed(self) -> timedelta:
        """The time from the sending to the answer; under ``with_streaming_response``, its headers."""
        return timedelta(seconds=self._response.elapsed)

    @property
    def is_closed(self) -> bool:
        """Whether the connection has been let go."""
        return self._response.is_closed

    def _file(self, file: str | PathLike[str], progress: Progress | None) -> tuple[PartFile, Meter]:
        # Imported by the first that goes to a file.
        from ._meters import Meter  # noqa: PLC0415  # as said above
        from ._part_files import PartFile  # noqa: PLC0415  # as said above
        from ._ranges import size  # noqa: PLC0415  # as said above

        part = PartFile(file)
        return part, Meter(progress, part.target.name, size(self.headers))

    def _unread(self) -> ByteStream | None:
        """Return the body, that nobody may have begun to read; None: it is all there."""
        response = self._response
        if response.stream is not None and response.begun:
            msg = (
                "the body of this answer has been read, and it can be read once only: "
                "keep what you read, or call `read` first, which keeps it"
            )
            raise ConfigurationError(msg)
        return response.stream

    def _parsed(self, to: Any) -> Any:
        if to is None:
            if self._result is None:  # once: a stream can be read only once
                self._unread()
                self._result = (self._parse(self._response),)
            return self._result[0]
        from ._decoding import read  # noqa: PLC0415  # as above
        from ._unnamed import ad_hoc  # noqa: PLC0415  # few answers are read twice

        operation = ad_hoc(self.method, self.url, to, has_body=False, stream=False)
        return read(operation, self._response, strict=False)


class APIResponse(_Answer, Generic[T]):
    """An answer that has been read, from ``with_raw_response``, in both colours."""

    @overload
    def parse(self, *, to: type[As]) -> As: ...
    @overload
    def parse(self) -> T: ...
    def parse(self, *, to: Any = None) -> Any:
        """Return what the method returns without ``with_raw_response``, or the body as a *to*."""
        return self._parsed(to)

    @property
    def content(self) -> bytes:
        """The body."""
        return self._response.content

    @property
    def text(self) -> str:
        """The body as text."""
        return self._response.text

    def json(self) -> Any:
        """Return the body as JSON. Raises ValueError when it is none."""
        return self._response.json()


class StreamedAPIResponse(_Answer, Generic[T]):
    """An answer whose body is still to be read, from ``with_streaming_response``."""

    def read(self) -> bytes:
        """Read the whole body."""
        response = self._response
        if not response.is_read:
            response.content = b"".join(self.iter_bytes())
        return response.content

    @overload
    def parse(self, *, to: type[As]) -> As: ...
    @overload
    def parse(self) -> T: ...
    def parse(self, *, to: Any = None) -> Any:
        """Return what the method returns without this view, or the body as a *to*."""
        if to is not None or not self._response.request.stream_items:
            self.read()
        return self._parsed(to)

    def text(self) -> str:
        """Read the body as text."""
        self.read()
        return self._response.text

    def json(self) -> Any:
        """Read the body as JSON. Raises ValueError when it is none."""
        return json.loads(self.read())

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Iterate over the body in the pieces in which it comes, or in chunks of *chunk_size*."""
        chunks, stream = _Chunks[bytes](chunk_size), self._unread()
        if stream is None:
            yield from chunks.feed(self._response.content)
            yield from chunks.end()
            return
        self._response.begun = True
        try:
            for piece in stream:
                yield from chunks.feed(piece)
            yield from chunks.end()
        finally:
            stream.close()

    def iter_text(self, chunk_size: int | None = None) -> Iterator[str]:
        """Iterate over the body as text, however the bytes were cut."""
        chunks = _Chunks[str](chunk_size)
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        for piece in self.iter_bytes():
            yield from chunks.feed(decode(piece))
        yield from chunks.feed(decode(b"", final=True))
        yield from chunks.end()

    def iter_lines(self) -> Iterator[str]:
        """Iterate over the lines of the body, which end in LF, CR LF or CR."""
        lines = _Lines()
        for text in self.iter_text():
            yield from lines.feed(text)
        yield from lines.end()

    def stream_to_file(
        self,
        file: str | PathLike[str],
        *,
        chunk_size: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """
        Write the body to *file* while it comes; until it is whole, it is called ``NAME.XXXX.part``.

        Args:
            file: Where to; what is there is replaced at the end, and kept if this fails.
            chunk_size: Bytes to write at once. Default: as they come.
            progress: Called with the bytes written so far, and with those that there are: None
                where the server does not say, or compresses.
        """
        try:
            part, meter = self._file(file, progress)
            with part, closing(meter):
                for piece in self.iter_bytes(chunk_size):
                    part.write(piece)
                    meter.advance(len(piece))
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the connection."""
        if self._response.stream is not None:
            self._response.stream.close()


class AsyncStreamedAPIResponse(_Answer, Generic[T]):
    """The asynchronous twin of `StreamedAPIResponse`."""

    async def read(self) -> bytes:
        """Read the whole body."""
        response = self._response
        if not response.is_read:
            response.content = b"".join([piece async for piece in self.iter_bytes()])
        return response.content

    @overload
    async def parse(self, *, to: type[As]) -> As: ...
    @overload
    async def parse(self) -> T: ...
    async def parse(self, *, to: Any = None) -> Any:
        """Return what the method returns without this view, or the body as a *to*."""
        if to is not None or not self._response.request.stream_items:
            await self.read()
        return self._parsed(to)

    async def text(self) -> str:
        """Read the body as text."""
        await self.read()
        return self._response.text

    async def json(self) -> Any:
        """Read the body as JSON. Raises ValueError when it is none."""
        return json.loads(await self.read())

    async def iter_bytes(self, chunk_size: int | None = None) -> AsyncGenerator[bytes]:
        """Iterate over the body in the pieces in which it comes, or in chunks of *chunk_size*."""
        chunks, stream = _Chunks[bytes](chunk_size), self._unread()
        if stream is None:
            for chunk in (*chunks.feed(self._response.content), *chunks.end()):
                yield chunk
            return
        self._response.begun = True
        try:
            async for piece in stream:
                for chunk in chunks.feed(piece):
                    yield chunk
            for chunk in chunks.end():
                yield chunk
        finally:
            await stream.aclose()

    async def iter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """Iterate over the body as text, however the bytes were cut."""
        chunks = _Chunks[str](chunk_size)
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        async for piece in self.iter_bytes():
            for chunk in chunks.feed(decode(piece)):
                yield chunk
        for chunk in (*chunks.feed(decode(b"", final=True)), *chunks.end()):
            yield chunk

    async def iter_lines(self) -> AsyncIterator[str]:
        """Iterate over the lines of the body, which end in LF, CR LF or CR."""
        lines = _Lines()
        async for text in self.iter_text():
            for line in lines.feed(text):
                yield line
        for line in lines.end():
            yield line

    async def stream_to_file(
        self,
        file: str | PathLike[str],
        *,
        chunk_size: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Write the body to *file* while it comes; see `StreamedAPIResponse.stream_to_file`."""
        from anyio.to_thread import run_sync  # noqa: PLC0415  # only this method needs it

        try:
            pieces = self.iter_bytes(chunk_size)
            async with aclosing(pieces):
                part, meter = self._file(file, progress)
                with part, closing(meter):
                    async for piece in pieces:
                        await run_sync(part.write, piece)
                        meter.advance(len(piece))
        finally:
            await self.close()

    async def close(self) -> None:
        """Let go of the connection."""
        if self._response.stream is not None:
            await self._response.stream.aclose()


Piece = TypeVar("Piece", bytes, str)


class _Chunks(Generic[Piece]):
    """Cuts pieces of any size into chunks of *size*, the last one shorter; None: as they come."""

    def __init__(self, size: int | None) -> None:
        if size is not None and size < 1:
            msg = f"`chunk_size` must be at least 1 or None, not {size}"
            raise ConfigurationError(msg)
        self._size = size
        self._rest: Piece | None = None

    def feed(self, piece: Piece) -> list[Piece]:
        if self._size is None:
            return [piece] if piece else []
        size = self._size
        whole = piece if self._rest is None else self._rest + piece
        end = len(whole) - len(whole) % size
        self._rest = whole[end:]
        return [whole[start : start + size] for start in range(0, end, size)]

    def end(self) -> list[Piece]:
        return [self._rest] if self._rest else []


class _Lines:
    """Cuts text into lines at LF, CR LF and CR only, as HTTP does."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, text: str) -> list[str]:
        *lines, self._rest = re.split(r"\r\n|\n|\r(?!\Z)", self._rest + text)
        return lines

    def end(self) -> list[str]:
        lines = re.split(r"\r\n|\n|\r", self._rest)
        return lines if lines[-1] else lines[:-1]


class StreamingContext(Generic[T]):
    """Sends the request when it is entered, and lets go of the connection when it is left."""

    def __init__(self, send: Callable[[], StreamedAPIResponse[T]]) -> None:
        self._send = send

    def __enter__(self) -> StreamedAPIResponse[T]:
        self._answer = self._send()
        return self._answer

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._answer.close()


class AsyncStreamingContext(Generic[T]):
    """The asynchronous twin of `StreamingContext`."""

    def __init__(self, send: Callable[[], Awaitable[AsyncStreamedAPIResponse[T]]]) -> None:
        self._send = send

    async def __aenter__(self) -> AsyncStreamedAPIResponse[T]:
        self._answer = await self._send()
        return self._answer

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._answer.close()


class StreamingView:
    """A resource tree whose methods give a context manager instead of sending at once."""

    def __init__(self, target: Any, context: type[Any]) -> None:
        self._target = target
        self._context = context

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not callable(found):
            return StreamingView(found, self._context)

        def method(*args: Any, **kwargs: Any) -> Any:
            return self._context(lambda: found(*args, **kwargs))

        return method


# The four functions below say to type checkers what `with_raw_response` and its like make of a
# method. Generated packages call them in code that only type checkers see.


def raw(method: Callable[Concatenate[Any, P], T]) -> Callable[P, APIResponse[T]]:
    """Give *method* the type that it has under ``with_raw_response``."""
    return cast("Callable[P, APIResponse[T]]", method)


def async_raw(
    method: Callable[Concatenate[Any, P], Awaitable[T]],
) -> Callable[P, Awaitable[APIResponse[T]]]:
    """Give *method* the type that it has under ``with_raw_response``."""
    return cast("Callable[P, Awaitable[APIResponse[T]]]", method)


def streaming(
    method: Callable[Concatenate[Any, P], T],
) -> Callable[P, AbstractContextManager[StreamedAPIResponse[T]]]:
    """Give *method* the type that it has under ``with_streaming_response``."""
    return cast("Callable[P, AbstractContextManager[StreamedAPIResponse[T]]]", method)


def async_streaming(
    method: Callable[Concatenate[Any, P], Awaitable[T]],
) -> Callable[P, AbstractAsyncContextManager[AsyncStreamedAPIResponse[T]]]:
    """Give *method* the type that it has under ``with_streaming_response``."""
    return cast("Callable[P, AbstractAsyncContextManager[AsyncStreamedAPIResponse[T]]]", method)
