"""Answers that are files: what ``files.content`` and ``audio.speech.create`` return."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, Unpack

from sdk_core.errors import ConfigurationError

from ._calling import Calling

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from os import PathLike

    from sdk_core.messages import Response
    from sdk_core.operations import Operation
    from sdk_core.typing import CallOptions

P = ParamSpec("P")
T = TypeVar("T")
Whole = TypeVar("Whole", bytes, str)


class HttpxBinaryResponseContent:
    """
    The content of an answer, in openai's words.

    All of it is in memory; ``with_streaming_response`` leaves it unread.

    Args:
        response: An answer that has been read, such as an ``httpx.Response``.
    """

    def __init__(self, response: Any) -> None:
        self._response = response

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self.content)} bytes>"

    @property
    def response(self) -> Any:
        """The answer as an object of the HTTP engine (httpx by default)."""
        return getattr(self._response, "http_response", self._response)

    @property
    def content(self) -> bytes:
        """The bytes."""
        content: bytes = self._response.content
        return content

    @property
    def text(self) -> str:
        """The bytes as text."""
        text: str = self._response.text
        return text

    @property
    def encoding(self) -> str | None:
        """What `text` is decoded by."""
        return getattr(self.response, "encoding", None)

    @property
    def charset_encoding(self) -> str | None:
        """The encoding that the answer names."""
        return getattr(self.response, "charset_encoding", None)

    def json(self, **options: Any) -> Any:
        """Return the content as JSON, by ``json.loads`` with *options*."""
        return json.loads(self.content, **options)

    def read(self) -> bytes:
        """Return the bytes."""
        return self.content

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Iterate over the content, in chunks of *chunk_size* bytes."""
        return _cut(self.content, chunk_size)

    iter_raw = iter_bytes

    def iter_text(self, chunk_size: int | None = None) -> Iterator[str]:
        """Iterate over the content as text, in chunks of *chunk_size* characters."""
        return _cut(self.text, chunk_size)

    def iter_lines(self) -> Iterator[str]:
        """Iterate over the lines of the content, which end in LF, CR LF or CR."""
        return (line.removesuffix("\n") for line in StringIO(self.text, newline=None))

    def write_to_file(self, file: str | PathLike[str]) -> None:
        """Write the content to *file*; what is there is replaced."""
        Path(file).write_bytes(self.content)

    def stream_to_file(self, file: str | PathLike[str], *, chunk_size: int | None = None) -> None:  # noqa: ARG002  # as openai's
        """Write the content to *file*; it is in memory, so that *chunk_size* means nothing."""
        self.write_to_file(file)

    def close(self) -> None:
        """Do nothing: the connection has been let go."""

    async def aread(self) -> bytes:
        """Return the bytes."""
        return self.content

    async def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Return an iterator over the content; see `iter_bytes`."""
        return _each(self.iter_bytes(chunk_size))

    async def aiter_raw(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Return an iterator over the content; see `iter_bytes`."""
        return _each(self.iter_bytes(chunk_size))

    async def aiter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """Return an iterator over the content as text; see `iter_text`."""
        return _each(self.iter_text(chunk_size))

    async def aiter_lines(self) -> AsyncIterator[str]:
        """Return an iterator over the lines of the content."""
        return _each(self.iter_lines())

    async def astream_to_file(
        self,
        file: str | PathLike[str],
        *,
        chunk_size: int | None = None,  # noqa: ARG002  # as above
    ) -> None:
        """Write the content to *file* in a thread; see `stream_to_file`."""
        from anyio.to_thread import run_sync  # noqa: PLC0415  # only this method needs it

        await run_sync(self.write_to_file, file)

    async def aclose(self) -> None:
        """Do nothing: the connection has been let go."""


def _cut(whole: Whole, size: int | None) -> Iterator[Whole]:
    if size is not None and size < 1:
        msg = f"`chunk_size` must be at least 1 or None, not {size}"
        raise ConfigurationError(msg)
    step = size or max(1, len(whole))
    return (whole[start : start + step] for start in range(0, len(whole), step))


async def _each(items: Iterator[T]) -> AsyncIterator[T]:
    for item in items:
        yield item


def of_bytes(_: object, response: Response) -> HttpxBinaryResponseContent:
    """Return what was read from *response* as openai's users know it."""
    return HttpxBinaryResponseContent(response)


if TYPE_CHECKING:

    def binary(
        method: Callable[Concatenate[Any, P], bytes],
    ) -> Callable[
        [Callable[..., Any]], Callable[Concatenate[Any, P], HttpxBinaryResponseContent]
    ]: ...
    def binary_to_come(
        method: Callable[Concatenate[Any, P], Coroutine[Any, Any, bytes]],
    ) -> Callable[
        [Callable[..., Any]],
        Callable[Concatenate[Any, P], Coroutine[Any, Any, HttpxBinaryResponseContent]],
    ]: ...


class Binary(Calling):
    """A resource, of either colour, whose files are openai's binary answers."""

    def _call(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        contents = (content for found in operation.responses.values() for content in found)
        if any(content.kind == "bytes" for content in contents):
            # As in openai, whose view that leaves the body unread parses it into plain bytes.
            then = None if self._mode == "streaming" else of_bytes
            return self._client.call(operation, arguments, mode=self._mode, then=then, **options)
        return super()._call(operation, arguments, **options)
