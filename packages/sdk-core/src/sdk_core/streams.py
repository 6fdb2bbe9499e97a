"""Streams of typed items, such as the chunks of a chat completion."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from .errors import APIConnectionError

if TYPE_CHECKING:
    from ._messages import Response
    from ._readers import Reader

__all__ = ["AsyncStream", "Stream"]

T = TypeVar("T")


class Stream(Generic[T]):
    """
    Iterate over the items of an answer while it comes.

    Ends when the server says that the answer is finished. A stream that is cut before raises
    `StreamInterruptedError` with the items so far. Use it as a context manager, or call `close`,
    to leave early.

    Attributes:
        response: The answer's status and headers.
    """

    def __init__(self, response: Response, reader: Reader) -> None:
        self.response = response
        self._reader = reader
        self._iterator = self._items()

    def __iter__(self) -> Iterator[T]:
        return self._iterator

    def __next__(self) -> T:
        return next(self._iterator)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection; items that have not come are lost."""
        if self.response.stream is not None:
            self.response.stream.close()

    def _items(self) -> Iterator[T]:
        reader, body = self._reader, self.response.stream
        assert body is not None
        try:
            for chunk in body:
                yield from reader.feed(chunk)
                if reader.finished:
                    return
            yield from reader.end()
        except APIConnectionError as error:
            if hasattr(error, "partial"):
                raise
            raise reader.interrupted(str(error)) from error
        finally:
            self.close()


class AsyncStream(Generic[T]):
    """The asynchronous twin of `Stream`."""

    def __init__(self, response: Response, reader: Reader) -> None:
        self.response = response
        self._reader = reader
        self._iterator = self._items()

    def __aiter__(self) -> AsyncIterator[T]:
        return self._iterator

    async def __anext__(self) -> T:
        return await anext(self._iterator)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connection; items that have not come are lost."""
        if self.response.stream is not None:
            await self.response.stream.aclose()

    aclose = close

    async def _items(self) -> AsyncIterator[T]:
        reader, body = self._reader, self.response.stream
        assert body is not None
        try:
            async for chunk in body:
                for item in reader.feed(chunk):
                    yield item
                if reader.finished:
                    return
            for item in reader.end():
                yield item
        except APIConnectionError as error:
            if hasattr(error, "partial"):
                raise
            raise reader.interrupted(str(error)) from error
        finally:
            await self.close()
