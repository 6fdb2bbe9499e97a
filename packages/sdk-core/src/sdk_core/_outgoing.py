"""What engines need of a request before it goes out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._failures import timed_out, unsendable
from .errors import ConfigurationError

if TYPE_CHECKING:
    from asyncio import Semaphore

    from ._messages import Request

CLOSED = "the client has been closed; make a new one, or close it later"


def close_body(request: Request) -> None:
    """Close what an attempt has left open of its body."""
    body = request.content
    if body is not None and not isinstance(body, bytes):
        body.close()


def in_asyncio(engine: str) -> None:
    """Refuse other event loops by name."""
    from asyncio import get_running_loop  # noqa: PLC0415  # synchronous programs never need it

    try:
        get_running_loop()
    except RuntimeError:
        msg = f"`transport`: {engine} runs in asyncio only; use httpx in trio"
        raise ConfigurationError(msg) from None


def ascii_headers(request: Request, engine: str) -> dict[str, str]:
    """
    Return the headers of *request*, the length of its body among them where it is known.

    Raises:
        ConfigurationError: One holds what the *engine* would not send as it is.
    """
    headers = dict(request.headers.items())
    text = "\n".join((*headers, *headers.values()))
    if not text.isascii() or _doubtful(text) or text.count("\n") != 2 * len(headers) - 1:
        _refuse(request, headers, engine)
    body = request.content
    if body is not None and not isinstance(body, bytes) and body.length is not None:
        headers.setdefault("content-length", str(body.length))
    return headers


# All headers at once, one a line: a look at each costs more than all else that is done to them.
_doubtful = re.compile(r"[\0-\x09\x0b-\x1f\x7f]|^ | $", re.MULTILINE).search


def _refuse(request: Request, headers: dict[str, str], engine: str) -> None:
    for name, value in headers.items():
        if name.isascii() and value.isascii() and value.isprintable() and value == value.strip():
            continue
        if not name.isascii() or max(value, default="") > "\xff":
            msg = f"the header `{name}` holds characters that HTTP cannot carry; encode them first"
        elif not value.isascii():
            msg = f"the header `{name}` holds characters beyond ASCII, which {engine} cannot carry"
        else:
            raise unsendable(request, f"the header `{name}` holds control characters")
        raise ConfigurationError(msg)


async def acquire(free: Semaphore, request: Request) -> None:
    """
    Take one of the places of a pool.

    Raises:
        APITimeoutError: None became *free* within the limit of *request*.
    """
    if not free.locked():
        await free.acquire()
        return
    from asyncio import timeout  # noqa: PLC0415  # as above

    try:
        async with timeout(request.timeout.pool):
            await free.acquire()
    except TimeoutError:
        raise timed_out(request, "pool") from None
