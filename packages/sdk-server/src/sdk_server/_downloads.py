"""Answer with a file, or with the part of it that is asked for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ._files import ModelFile
from ._problems import Problem

PIECE = 64 * 1024
"""Bytes that are read and sent at a time."""

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)


def part(file: ModelFile, wanted: str | None, only_of: str | None) -> tuple[int, int] | None:
    """Return the first byte of the part that is asked for and the byte after its last.

    Args:
        file: The file.
        wanted: The header `Range`.
        only_of: The header `If-Range`.

    Returns:
        `None` when the whole file is to come: no part is asked for, or several, or in a unit that
        nobody knows, or of another version of the file (sections 13.1.5 and 14.2).

    Raises:
        Problem: 416; the file has no such part.
    """
    # A date in `If-Range` is no version here: two uploads may fall into one second.
    if only_of is not None and only_of.strip() != file.etag:
        return None
    found = None if wanted is None else _RANGE.fullmatch(wanted.strip())
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        start, end = max(file.size - int(found[2]), 0), file.size
    else:
        start = int(found[1])
        end = min(int(found[2]) + 1, file.size) if found[2] else file.size
        if found[2] and int(found[2]) < start:
            return None
    if start >= end:
        raise Problem(
            416,
            f"The file has {file.size} bytes.",
            code="range_not_satisfiable",
            headers={"content-range": f"bytes */{file.size}"},
        )
    return start, end


class Download(Response):
    """Send the bytes of a file, in memory that does not grow with it.

    Args:
        file: What it is.
        content: Its bytes; closed at the end.
        wanted: The part to send, as `part` returns it.
    """

    def __init__(
        self, file: ModelFile, content: anyio.AsyncFile[bytes], wanted: tuple[int, int] | None
    ) -> None:
        self._content = content
        self._start, self._end = wanted or (0, file.size)
        headers = {
            **_headers(file),
            "accept-ranges": "bytes",
            "content-length": str(self._end - self._start),
            # What was uploaded by one user is no page for the browser of another.
            "x-content-type-options": "nosniff",
        }
        if wanted is not None:
            headers["content-range"] = f"bytes {self._start}-{self._end - 1}/{file.size}"
        super().__init__(
            status_code=200 if wanted is None else 206,
            headers=headers,
            media_type="application/octet-stream",
        )

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it (ASGI 3)."""
        async with self._content as content:
            await content.seek(self._start)
            start = {"status": self.status_code, "headers": self.raw_headers}
            await send({"type": "http.response.start", **start})
            left = self._end - self._start
            while left > 0 and (data := await content.read(min(left, PIECE))):
                left -= len(data)
                await send({"type": "http.response.body", "body": data, "more_body": left > 0})
            if self._end == self._start:
                await send({"type": "http.response.body", "body": b""})


def _headers(file: ModelFile) -> Mapping[str, str]:
    digest = b64encode(bytes.fromhex(file.sha256)).decode()
    return {"etag": file.etag, "repr-digest": f"sha-256=:{digest}:"}
