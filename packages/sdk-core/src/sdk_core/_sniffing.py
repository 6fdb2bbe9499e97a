"""Event streams that do not say what they are: known by their first bytes, as servers need it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from ._closing import hurry

if TYPE_CHECKING:
    from ._messages import ByteStream, Response

_ENOUGH = 16
_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")


def _is_event_stream(start: bytes) -> bool:
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_FIELDS)


def _is_open(start: bytes) -> bool:
    """Return whether more bytes are needed; waiting for more than that holds up a first event."""
    return len(start) < _ENOUGH and not _is_event_stream(start)


def sniff(response: Response, *, strict: bool) -> None:
    """
    Leave *response* unread if it is an event stream, whatever it calls itself; else read it.

    Who is *strict* takes nothing for an event stream that does not call itself one.
    """
    body = response.stream
    assert body is not None
    pieces, start, is_stream = iter(body), b"", False
    try:
        while _is_open(start) and (piece := next(pieces, None)) is not None:
            start += piece
        is_stream = not strict and _is_event_stream(start)
        if is_stream:
            response.stream = _Resumed(body, start, pieces=pieces)
        else:
            response.content = b"".join((start, *pieces))
    finally:
        if not is_stream:
            body.close()


async def asniff(response: Response, *, strict: bool) -> None:
    """Do as `sniff`, asynchronously."""
    body = response.stream
    assert body is not None
    pieces, start, is_stream = aiter(body), b"", False
    try:
        while _is_open(start) and (piece := await anext(pieces, None)) is not None:
            start += piece
        is_stream = not strict and _is_event_stream(start)
        if is_stream:
            response.stream = _Resumed(body, start, apieces=pieces)
        else:
            response.content = b"".join([start, *[piece async for piece in pieces]])
    finally:
        if not is_stream:
            await body.aclose()


class _Resumed:
    """A body whose first bytes have been looked at."""

    def __init__(
        self,
        body: ByteStream,
        start: bytes,
        *,
        pieces: Iterator[bytes] | None = None,
        apieces: AsyncIterator[bytes] | None = None,
    ) -> None:
        self._body = body
        self._start = start
        self._pieces = pieces
        self._apieces = apieces

    def __iter__(self) -> Iterator[bytes]:
        assert self._pieces is not None
        yield self._start
        yield from self._pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        assert self._apieces is not None
        start, self._start = self._start, b""
        return start or await anext(self._apieces)

    def hurry(self, seconds: float) -> None:
        hurry(self._body, seconds)

    def close(self, *, grace: float = 0.0) -> None:
        self._body.close(grace=grace)

    async def aclose(self, *, grace: float = 0.0) -> None:
        await self._body.aclose(grace=grace)

    def abandon(self) -> None:
        """Have the loop close what its reader has dropped."""
        if (abandon := getattr(self._body, "abandon", None)) is not None:
            abandon()
