"""Streams of typed items, such as the chunks of a chat completion."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from ._closing import AsyncClosing, Closing, hurry
from .errors import APIConnectionError, APITimeoutError, StreamInterruptedError

if TYPE_CHECKING:
    from ._messages import Response
    from ._readers import Reader

__all__ = ["AsyncStream", "Stream"]

T = TypeVar("T")


class Stream(Closing, Generic[T]):
    """
    Iterate over the items of an answer while it comes.

    Ends when the server says that the answer is finished. A stream that is cut before raises
    `StreamInterruptedError` with the items so far. Use it as a context manager, or call `close`,
    to leave early; one that is dropped lets go of its connection, too.

    Attributes:
        response: The answer's status and headers.
    """

    def __init__(self, response: Response, reader: Reader) -> None:
        self.response = response
        self._reader = reader
        # Nothing that it holds leads back here: the last one to drop a stream closes it, and not the
        # garbage collector some time later.
        self._iterator = self._items(response, reader)
        assert response.stream is not None
        # Dropped before it was begun, a generator would not let go of the connection.
        weakref.finalize(self, response.stream.close).atexit = False

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return next(self._iterator)

    def close(self) -> None:
        """Let go of the connection; items that have not come are lost."""
        _let_go(self.response, self._reader)

    @staticmethod
    def _items(response: Response, reader: Reader) -> Iterator[T]:
        body = response.stream
        assert body is not None
        response.begun = True
        try:
            for chunk in body:
                yield from reader.feed(chunk)
                if reader.finished:
                    return
                if reader.patience is not None:
                    hurry(body, reader.patience)
            yield from reader.end()
        except StreamInterruptedError:
            raise
        except APIConnectionError as error:
            reader.broken(error)
        finally:
            _let_go(response, reader)


def _let_go(response: Response, reader: Reader) -> None:
    if response.stream is not None:
        # The end of a finished answer is on its way; waiting for it keeps the connection.
        response.stream.close(grace=0.1 if reader.finished else 0.0)


class AsyncStream(AsyncClosing, Generic[T]):
    """The asynchronous twin of `Stream`."""

    def __init__(self, response: Response, reader: Reader) -> None:
        assert response.stream is not None
        self.response = response
        self._reader = reader
        self._chunks = aiter(response.stream)
        self._ready: Iterator[T] = self._begin(response)
        self._ended = False
        if (abandon := getattr(response.stream, "abandon", None)) is not None:
            weakref.finalize(self, abandon).atexit = False

    @staticmethod
    def _begin(response: Response) -> Iterator[T]:
        """Note that the body is being read; the first item is asked for behind this."""
        response.begun = True
        yield from ()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    # No generator: left half-way, it would keep the connection until the garbage collector comes,
    # and under trio be an error.
    async def __anext__(self) -> T:
        reader = self._reader
        try:
            while True:
                for item in self._ready:
                    return item
                if self._ended or reader.finished:
                    break
                try:
                    chunk = (
                        await anext(self._chunks)
                        if reader.patience is None
                        else await self._hurried(reader.patience)
                    )
                    items = reader.feed(chunk)
                    if type(items) is tuple and len(items) == 1:  # most chunks hold just one
                        only: T = items[0]
                        return only
                    self._ready = iter(items)
                except StopAsyncIteration:
                    self._ended = True
                    self._ready = reader.end()
                except APIConnectionError as error:
                    self._ended = True
                    if isinstance(error, StreamInterruptedError):
                        raise
                    reader.broken(error)
        except BaseException:
            await self.close()
            raise
        await self.close()
        raise StopAsyncIteration

    async def _hurried(self, seconds: float) -> bytes:
        """Return the bytes that come within so many *seconds*."""
        from anyio import move_on_after  # noqa: PLC0415  # few streams wait at their end

        with move_on_after(seconds):
            return await anext(self._chunks)
        raise APITimeoutError(self.response.request)

    async def close(self) -> None:
        """Let go of the connection; items that have not come are lost."""
        self._ended = True
        if self.response.stream is not None:
            # The end of a finished answer is on its way; waiting for it keeps the connection.
            await self.response.stream.aclose(grace=0.1 if self._reader.finished else 0.0)

    aclose = close
