"""Bodies that are read by somebody else while we look on: nothing of them is changed or kept back."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Protocol

__all__ = ["Reading", "Watched"]

_log = logging.getLogger("sdk_telemetry.instrumentation")


class Reading(Protocol):
    """Who looks on."""

    def feed(self, piece: bytes) -> None:
        """Be told of a piece, before its reader is."""

    def end(self, error: BaseException | None, *, whole: bool) -> None:
        """Be told that no more is read: to its end, or given up, or failed with *error*."""


class Watched:
    """
    A body whose pieces are shown to somebody else, who can neither change them nor fail.

    Args:
        body: What is read; a `ByteStream` of the call path.
        reading: Who looks on; told of the end once.
    """

    __slots__ = ("_body", "_pieces", "_reading")

    def __init__(self, body: Any, reading: Reading) -> None:
        self._body = body
        self._reading: Reading | None = reading
        self._pieces: AsyncIterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._body:
                self._show(piece)
                yield piece
        except GeneratorExit:  # its reader has dropped it
            self._end(None, whole=False)
            raise
        except BaseException as error:
            self._end(error, whole=False)
            raise
        self._end(None, whole=True)

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._pieces = aiter(self._body)
        return self

    async def __anext__(self) -> bytes:
        assert self._pieces is not None  # whoever iterates has asked for an iterator
        try:
            piece = await anext(self._pieces)
        except StopAsyncIteration:
            self._end(None, whole=True)
            raise
        except BaseException as error:
            self._end(error, whole=False)
            raise
        self._show(piece)
        return piece

    def hurry(self, seconds: float) -> None:
        """Wait so many seconds at most for each further piece."""
        self._if_it_can("hurry", seconds)

    def close(self, *, grace: float = 0.0) -> None:
        """Let go of the body; see `ByteStream`."""
        try:
            self._body.close(grace=grace)
        finally:
            self._end(None, whole=False)

    async def aclose(self, *, grace: float = 0.0) -> None:
        """Do as `close`, for the other colour."""
        try:
            await self._body.aclose(grace=grace)
        finally:
            self._end(None, whole=False)

    def abandon(self) -> None:
        """Have what its reader has dropped closed by its loop."""
        try:
            self._if_it_can("abandon")
        finally:
            self._end(None, whole=False)

    def _if_it_can(self, name: str, *arguments: object) -> None:
        method: Callable[..., object] | None = getattr(self._body, name, None)
        if method is not None:
            method(*arguments)

    def _show(self, piece: bytes) -> None:
        if self._reading is not None:
            try:
                self._reading.feed(piece)
            except Exception:
                _log.debug("an answer cannot be looked at", exc_info=True)

    def _end(self, error: BaseException | None, *, whole: bool) -> None:
        reading, self._reading = self._reading, None
        if reading is not None:
            try:
                reading.end(error, whole=whole)
            except Exception:
                _log.debug("the end of an answer cannot be told", exc_info=True)
