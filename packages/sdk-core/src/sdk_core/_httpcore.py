"""
httpcore, on which httpx stands, entered without httpx.

Most programs ask one plain address, and for them httpx is a module that costs a tenth of a cold
process's first call to import. So while nobody has imported it, what it would do is done here. A
program that has imported it goes through its transports, where respx and pytest-httpx wait.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import httpcore

from ._httpx_bodies import AsyncSending, Sending, parts_of
from ._messages import Headers
from ._plain import plain
from ._tls import context_of

if TYPE_CHECKING:
    import httpx

    from ._messages import Request
    from .transports import HTTPX

FAMILY = None  # of the errors: httpx, once there is one


def alone() -> bool:
    """Return whether nobody has imported httpx yet."""
    return "httpx" not in sys.modules


@lru_cache(maxsize=256)
def _address(url: str) -> tuple[bytes, httpcore.URL]:
    """Return the server of *url*, as the header `Host` has it, and what is asked."""
    known = plain(url)
    if known is not None:
        scheme, host, port, netloc, target = known
        return netloc, httpcore.URL(scheme=scheme, host=host, port=port, target=target)
    from ._httpx import address  # noqa: PLC0415  # few need it

    parsed = address(url)
    return parsed.netloc, httpcore.URL(
        scheme=parsed.raw_scheme,
        host=parsed.raw_host,
        port=parsed.port,
        target=parsed.raw_path,
    )


def outgoing(
    request: Request,
    sending: type[Sending | AsyncSending],
    trace: Callable[..., Any] | None,
) -> httpcore.Request:
    """Return *request* as one of httpcore's; see `_httpx.outgoing`."""
    netloc, url = _address(request.url)
    headers, stream, extensions = parts_of(request, netloc, sending, trace)
    return httpcore.Request(
        request.method, url, headers=headers, content=stream, extensions=extensions
    )


class Answer:
    """
    An answer of httpcore's, with what is used of one of httpx's.

    Attributes:
        status_code: The status.
        headers: As ours.
        stream: The body as it comes.
        extensions: What httpcore says of it.
        is_closed: Whether it has been closed.
    """

    __slots__ = ("_raw", "_view", "extensions", "headers", "is_closed", "status_code", "stream")

    def __init__(self, raw: httpcore.Response) -> None:
        self.status_code = raw.status
        self.headers = Headers.received(raw.headers)
        self.stream: Any = raw.stream
        self.extensions = raw.extensions
        self.is_closed = False
        self._raw = raw
        self._view: tuple[httpx.Request, httpx.Response] | None = None

    @property
    def is_stream_consumed(self) -> bool:
        """Whether somebody has read the body through `view`."""
        return self._view is not None and self._view[1].is_stream_consumed

    @property
    def content(self) -> bytes:
        """The body, where somebody has read it through `view`."""
        assert self._view is not None
        return self._view[1].content

    def view(self, request: httpcore.Request) -> tuple[httpx.Request, httpx.Response]:
        """Return the *request* and this as httpx has them."""
        if self._view is None:
            from ._httpx import viewed  # noqa: PLC0415  # loaded for those who ask for it

            self._view = viewed(request, self._raw)
        return self._view

    def close(self) -> None:
        """Let go of the connection."""
        self.is_closed = True
        self._raw.close()

    async def aclose(self) -> None:
        """Do as `close`, asynchronously."""
        self.is_closed = True
        await self._raw.aclose()


received = Answer


def opened(
    options: HTTPX, origin: str, proxy: None, number: int, *, synchronous: bool
) -> httpcore.ConnectionPool | httpcore.AsyncConnectionPool:
    """Return a pool with one connection; see `_httpx.opened`."""
    assert proxy is None
    kind = httpcore.ConnectionPool if synchronous else httpcore.AsyncConnectionPool
    return kind(
        ssl_context=context_of(options) if origin.startswith("https:") else None,
        max_connections=1,
        max_keepalive_connections=int(number < options.max_keepalive),
        keepalive_expiry=options.keepalive_expiry,
    )
