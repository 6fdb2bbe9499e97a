"""Getting a document over HTTP: bounded in time, size and redirects."""

from __future__ import annotations

import asyncio
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ._fetch import Fetched, is_url, shown
from .errors import LoadError

if TYPE_CHECKING:
    import httpx

__all__ = ["fetch"]

REDIRECTS = 10
PORTS = 65535


def fetch(url: str, size: int, seconds: float) -> Fetched:
    """
    Get a document.

    The exchange is asynchronous inside because only there one limit of time holds for all of it:
    name resolution, a server that sends a byte now and then, every redirect. It has a thread of
    its own, so that callers may have an event loop of theirs.

    Args:
        url: ``http:`` or ``https:``; user and password in it are sent as basic authentication.
        size: Bytes, counted after unpacking.
        seconds: For everything.

    Raises:
        LoadError: It cannot be had; the message names the URL without its credentials.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _within(url, size, seconds)).result()


async def _within(url: str, size: int, seconds: float) -> Fetched:
    import httpx  # noqa: PLC0415 - few documents are fetched

    try:
        async with asyncio.timeout(max(seconds, 0)):
            return await _follow(url, size, seconds)
    except TimeoutError as error:
        msg = "took longer than the limit of time"
        raise LoadError(msg, file=shown(url)) from error
    except (httpx.InvalidURL, ValueError) as error:
        msg = "is no valid URL"
        raise LoadError(msg, file=shown(url)) from error
    except httpx.HTTPError as error:
        msg = f"cannot be fetched: {type(error).__name__}: {error}"
        raise LoadError(msg, file=shown(url)) from error


async def _follow(url: str, size: int, seconds: float) -> Fetched:
    import httpx  # noqa: PLC0415 - as above

    headers = {
        "Accept": "application/json, application/yaml, text/yaml, */*;q=0.5",
        "Accept-Encoding": "gzip",  # what is unpacked here, piece by piece
        "User-Agent": "sdk-codegen",
    }
    target = httpx.URL(url)
    async with httpx.AsyncClient(headers=headers, timeout=seconds) as client:
        for _ in range(REDIRECTS + 1):
            if (target.port or 0) > PORTS:
                raise httpx.InvalidURL(url)
            async with client.stream("GET", target) as response:
                if response.has_redirect_location:
                    target = _redirected(response, url)
                    continue
                if not response.is_success:
                    msg = f"answered {response.status_code} {response.reason_phrase}"
                    raise LoadError(msg, file=shown(str(target)))
                content = await _body(response, size)
                return Fetched(content, str(target), response.charset_encoding)
    msg = f"redirects more than {REDIRECTS} times"
    raise LoadError(msg, file=shown(url))


def _redirected(response: httpx.Response, url: str) -> httpx.URL:
    before = response.request.url
    target = before.join(response.headers["Location"])
    if not is_url(str(target)) or (before.scheme == "https" and target.scheme != "https"):
        msg = f"redirects to {shown(str(target))}, which is less secure; refused"
        raise LoadError(msg, file=shown(url))
    same = (target.scheme, target.host, target.port) == (before.scheme, before.host, before.port)
    if same and not target.userinfo:  # elsewhere nobody has a right to the password
        target = target.copy_with(userinfo=before.userinfo)
    return target


async def _body(response: httpx.Response, size: int) -> bytes:
    """Return the body; it is unpacked here, because a few bytes may stand for gigabytes."""
    name = shown(str(response.request.url))
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip"):
        msg = f"is packed as `{coding}`, which was not asked for"
        raise LoadError(msg, file=name)
    unpacker = None if coding == "identity" else zlib.decompressobj(wbits=31)
    content = bytearray()
    async for piece in response.aiter_raw():
        room = size + 1 - len(content)
        try:
            content += unpacker.decompress(piece, room) if unpacker else piece
        except zlib.error as error:
            msg = f"is not what its `Content-Encoding` says: {error}"
            raise LoadError(msg, file=name) from error
        if len(content) > size:
            msg = f"is larger than the limit of {size} bytes"
            raise LoadError(msg, file=name)
    if unpacker and not unpacker.eof:
        msg = "ends too early"
        raise LoadError(msg, file=name)
    return bytes(content)
