"""Bodies that something depends on: a deadline, a slot that others wait for, a count of tokens."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any

from ._addresses import redacted
from ._closing import hurry
from .errors import APITimeoutError

if TYPE_CHECKING:
    from ._messages import ByteStream, Request


class _Around(ABC):
    """A body around another one."""

    def __init__(self, body: ByteStream) -> None:
        self._body = body
        self._pieces: AsyncIterator[bytes] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._pieces = aiter(self._body)
        return self

    @abstractmethod
    async def __anext__(self) -> bytes: ...

    def hurry(self, seconds: float) -> None:
        hurry(self._body, seconds)

    def close(self, *, grace: float = 0.0) -> None:
        self._body.close(grace=grace)

    async def aclose(self, *, grace: float = 0.0) -> None:
        await self._body.aclose(grace=grace)


class Timed(_Around):
    """
    A body that must have come by the time *ends* of its request.

    Args:
        body: What is read.
        request: What it answers; its `ends` is the deadline.
        option: What the deadline is called, for the message.

    Raises:
        APITimeoutError: While it is read, when the time is over.
    """

    def __init__(self, body: ByteStream, request: Request, ends: float, option: str) -> None:
        super().__init__(body)
        self._request = request
        self._ends = ends
        self._option = option

    def __iter__(self) -> Iterator[bytes]:
        pieces = iter(self._body)
        while (piece := self._next(pieces)) is not None:
            yield piece

    def _next(self, pieces: Iterator[bytes]) -> bytes | None:
        try:
            piece = next(pieces, None)
        except APITimeoutError:
            if time.monotonic() < self._ends:
                raise
            raise self._over() from None  # whatever was too slow last
        if piece is not None and time.monotonic() >= self._ends:
            raise self._over()
        return piece

    async def __anext__(self) -> bytes:
        from anyio import move_on_after  # noqa: PLC0415  # programs that block need no anyio

        assert self._pieces is not None  # as above
        left = self._ends - time.monotonic()
        if left > 0.0:  # what has come already would be given without looking at the clock
            with move_on_after(left):
                return await anext(self._pieces)
        await self._body.aclose()
        raise self._over()

    def _over(self) -> APITimeoutError:
        where = redacted(self._request.url)
        msg = (
            f"Request timed out: `{self._option}` was over before all of the answer of {where} "
            "had come"
        )
        return APITimeoutError(self._request, message=msg)


class Watched(_Around):
    """
    A body whose end somebody waits for.

    Args:
        body: What is read.
        at_end: Called once, when the body has been read or closed, with the last of its bytes;
            an asynchronous body waits for an awaitable result.
        tail: How many of the last bytes to keep.
    """

    def __init__(self, body: ByteStream, at_end: Callable[[bytes], Any], *, tail: int = 0) -> None:
        super().__init__(body)
        self._at_end: Callable[[bytes], Any] | None = at_end
        self._kept: list[bytes] = []
        self._length = 0
        self._tail = tail

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._body:
                self._keep(piece)
                yield piece
        finally:
            self._end()

    async def __anext__(self) -> bytes:
        assert self._pieces is not None  # as above
        try:
            piece = await anext(self._pieces)
        except StopAsyncIteration:
            await self._aend()
            raise
        self._keep(piece)
        return piece

    def _keep(self, piece: bytes) -> None:
        if self._tail:
            self._kept.append(piece)
            self._length += len(piece)
            if self._length > 2 * self._tail:  # seldom, so that a piece costs little
                self._kept = [b"".join(self._kept)[-self._tail :]]
                self._length = self._tail

    def close(self, *, grace: float = 0.0) -> None:
        try:
            self._body.close(grace=grace)
        finally:
            self._end()

    async def aclose(self, *, grace: float = 0.0) -> None:
        try:
            await self._body.aclose(grace=grace)
        finally:
            await self._aend()

    def _told(self) -> Any:
        at_end, self._at_end = self._at_end, None
        return None if at_end is None else at_end(b"".join(self._kept)[-self._tail :])

    def _end(self) -> None:
        result = self._told()
        if hasattr(result, "close"):  # a coroutine that nobody can wait for here
            result.close()

    async def _aend(self) -> None:
        result = self._told()
        if hasattr(result, "__await__"):
            await result

    def __del__(self) -> None:
        self._end()  # dropped without a word, while others may be waiting
