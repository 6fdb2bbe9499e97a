"""A file on a server that answers ranges as RFC 9110 says, unless it is told not to."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Self

DATA = random.Random(7).randbytes(200_000)
TAG = '"first"'


class Remote:
    """
    Serves *data*; each request is answered as `answer` says, which subclasses change.

    Attributes:
        cuts: Where the connection is cut, each place once.
        asked: The ``Range`` of each request, None where there was none.
    """

    def __init__(self, data: bytes = DATA, *, cuts: tuple[int, ...] = (), **headers: Any) -> None:
        self.data = data
        self.cuts = list(cuts)
        self.headers: dict[str, Any] = {"etag": TAG, "accept_ranges": "bytes", **headers}
        self.asked: list[str | None] = []
        self.identity: list[str | None] = []
        self.listener: Callable[[SimpleNamespace], None] = lambda _: None
        self.http: Callable[..., bytes]
        self.url = ""

    def serve(self, serve: Callable[..., SimpleNamespace], http: Callable[..., bytes]) -> Self:
        """Start to listen."""
        self.http = http
        self.url = serve(self.handle).url
        return self

    def handle(self, request: SimpleNamespace) -> Iterator[bytes]:
        """Answer one request; what `answer` returns is cut where it should be."""
        self.listener(request)
        self.asked.append(request.headers.get("range"))
        self.identity.append(request.headers.get("accept-encoding"))
        head, start, body = self.answer(request)
        end = start + len(body)
        for place in self.cuts:
            if start < place < end:
                self.cuts.remove(place)
                yield head + body[: place - start]
                raise ConnectionAbortedError
        yield head + body

    def range_of(self, request: SimpleNamespace) -> tuple[int, int] | None:
        """Return the range that is asked for, if it is to be answered."""
        validator = self.headers.get("etag") or self.headers.get("last_modified")
        if "range" not in request.headers or request.headers.get("if-range") != validator:
            return None
        first, _, last = request.headers["range"].removeprefix("bytes=").partition("-")
        return int(first), int(last) + 1 if last else len(self.data)

    def answer(self, request: SimpleNamespace) -> tuple[bytes, int, bytes]:
        """Return the head, the place of the body in the file, and the body."""
        found = self.range_of(request)
        if found is None:
            return self.whole()
        start, end = found
        if start >= len(self.data):
            return self.nothing()
        return self.part(start, end)

    def whole(self, **headers: Any) -> tuple[bytes, int, bytes]:
        """Return an answer with all of it."""
        size = {"content_length": len(self.data)}
        return self.head(200, {**size, **headers}), 0, self.data

    def part(self, start: int, end: int, **headers: Any) -> tuple[bytes, int, bytes]:
        """Return an answer with a part of it."""
        body = self.data[start:end]
        last = start + len(body) - 1
        given = {"content_range": f"bytes {start}-{last}/{len(self.data)}", **headers}
        return self.head(206, {"content_length": len(body), **given}), start, body

    def nothing(self) -> tuple[bytes, int, bytes]:
        """Return an answer that says that there is nothing behind the end."""
        given = {"content_range": f"bytes */{len(self.data)}", "content_length": 0}
        return self.head(416, given), 0, b""

    def head(self, status: int, headers: dict[str, Any]) -> bytes:
        """Return the head of an answer; what is None is left out."""
        found = {**self.headers, **headers}
        return self.http(
            b"", status, None, **{name.replace("_", "-"): value for name, value in found.items()}
        )
