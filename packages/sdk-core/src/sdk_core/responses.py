"""Answers with their HTTP around them: ``with_raw_response`` and ``with_streaming_response``."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from ._messages import Request, Response

__all__ = [
    "APIResponse",
    "AsyncStreamedAPIResponse",
    "StreamedAPIResponse",
    "async_raw",
    "async_streaming",
    "raw",
    "streaming",
]

T = TypeVar("T")
P = ParamSpec("P")
Parse = Callable[["Response"], Any]


class _Answer:
    """What every form of answer tells about its HTTP."""

    def __init__(self, response: Response, parse: Parse) -> None:
        self._response = response
        self._parse = parse

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


class APIResponse(_Answer, Generic[T]):
    """An answer that has been read, from ``with_raw_response``, in both colours."""

    def parse(self) -> T:
        """Return what the method returns without ``with_raw_response``."""
        return cast("T", self._parse(self._response))

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

    def parse(self) -> T:
        """Return what the method returns without ``with_streaming_response``."""
        if not self._response.request.stream_items:
            self.read()
        return cast("T", self._parse(self._response))

    def text(self) -> str:
        """Read the body as text."""
        self.read()
        return self._response.text

    def json(self) -> Any:
        """Read the body as JSON. Raises ValueError when it is none."""
        return json.loads(self.read())

    def iter_bytes(self) -> Iterator[bytes]:
        """Iterate over the body in the pieces in which it comes."""
        stream = self._response.stream
        if stream is None:
            yield self._response.content
            return
        try:
            yield from stream
        finally:
            stream.close()

    def iter_text(self) -> Iterator[str]:
        """Iterate over the body as text, however the bytes were cut."""
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        yield from filter(None, map(decode, self.iter_bytes()))
        yield from filter(None, [decode(b"", final=True)])

    def iter_lines(self) -> Iterator[str]:
        """Iterate over the lines of the body, which end in LF, CR LF or CR."""
        lines = _Lines()
        for text in self.iter_text():
            yield from lines.feed(text)
        yield from lines.end()

    def stream_to_file(self, file: str | PathLike[str]) -> None:
        """Write the body to *file* while it comes."""
        with Path(file).open("wb") as target:
            target.writelines(self.iter_bytes())

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

    async def parse(self) -> T:
        """Return what the method returns without ``with_streaming_response``."""
        if not self._response.request.stream_items:
            await self.read()
        return cast("T", self._parse(self._response))

    async def text(self) -> str:
        """Read the body as text."""
        await self.read()
        return self._response.text

    async def json(self) -> Any:
        """Read the body as JSON. Raises ValueError when it is none."""
        return json.loads(await self.read())

    async def iter_bytes(self) -> AsyncIterator[bytes]:
        """Iterate over the body in the pieces in which it comes."""
        stream = self._response.stream
        if stream is None:
            yield self._response.content
            return
        try:
            async for piece in stream:
                yield piece
        finally:
            await stream.aclose()

    async def iter_text(self) -> AsyncIterator[str]:
        """Iterate over the body as text, however the bytes were cut."""
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        async for piece in self.iter_bytes():
            if text := decode(piece):
                yield text
        if text := decode(b"", final=True):
            yield text

    async def iter_lines(self) -> AsyncIterator[str]:
        """Iterate over the lines of the body, which end in LF, CR LF or CR."""
        lines = _Lines()
        async for text in self.iter_text():
            for line in lines.feed(text):
                yield line
        for line in lines.end():
            yield line

    async def stream_to_file(self, file: str | PathLike[str]) -> None:
        """Write the body to *file* while it comes."""
        from anyio import open_file  # noqa: PLC0415  # only this method needs it

        async with await open_file(file, "wb") as target:
            async for piece in self.iter_bytes():
                await target.write(piece)

    async def close(self) -> None:
        """Let go of the connection."""
        if self._response.stream is not None:
            await self._response.stream.aclose()


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
