"""Bodies that come compressed, without the bombs that they may be."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

from ._problems import Problem

_GZIP = 31  # zlib's window size for a gzip header (RFC 1952)


async def gunzipped(
    pieces: AsyncGenerator[bytes, None], limit: int, too_large: Problem
) -> AsyncGenerator[bytes, None]:
    """Yield what compressed pieces hold.

    Args:
        pieces: The body as it comes, compressed with gzip; one member (RFC 1952 section 2.2).
        limit: Most bytes that it may hold. No more than these are ever made of it.
        too_large: Raised when it holds more.

    Raises:
        Problem: 400, it is no gzip or not whole; or *too_large*.
    """
    stream, left = zlib.decompressobj(_GZIP), limit
    async with aclosing(pieces):
        async for piece in pieces:
            try:
                plain = stream.decompress(piece, left + 1)
            except zlib.error:
                raise _no_gzip() from None
            left -= len(plain)
            if left < 0:
                raise too_large
            yield plain
    if not stream.eof or stream.unused_data:
        raise _no_gzip()


def _no_gzip() -> Problem:
    return Problem(400, "The body is not compressed with gzip, or not whole.", code="invalid_gzip")
