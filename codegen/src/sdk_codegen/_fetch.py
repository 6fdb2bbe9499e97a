"""The bytes of files and URLs, within limits."""

from __future__ import annotations

import re
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote, urldefrag, urljoin, urlsplit, urlunsplit
from urllib.request import url2pathname

import attrs

from ._source import Limits
from .errors import LoadError

__all__ = ["Fetch", "Fetched", "Retriever", "is_url", "relative_name", "resolve", "shown"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")  # two letters at least: `C:` is a drive
_SECRET = re.compile(
    r"((?:^|&)[^=&]*(?:auth|cred|key|pass|secret|sig|token)[^=&]*=)[^&]*", re.IGNORECASE
)


@attrs.frozen
class Fetched:
    """
    The answer to a GET.

    Attributes:
        content: The body, unpacked.
        url: Where it came from in the end.
        charset: The encoding that the answer declares.
    """

    content: bytes
    url: str
    charset: str | None = None


Fetch: TypeAlias = Callable[[str, int, float], Fetched]
"""``(url, size, seconds) -> Fetched``; raises `LoadError`."""


def is_url(location: str) -> bool:
    """Say whether *location* is a URL that is fetched."""
    return location[:8].lower().startswith(("http://", "https://"))


def shown(location: str) -> str:
    """Return a location as messages show it: without credentials."""
    if not is_url(location):
        return location
    try:
        parts = urlsplit(location)
    except ValueError:
        return location.partition("://")[0] + "://..."
    host = parts.netloc.rpartition("@")[2]
    query = _SECRET.sub(r"\1...", parts.query)
    return urlunsplit((parts.scheme, host, parts.path, query, ""))


def resolve(reference: str, base: str) -> str:
    """
    Return the location that *reference* means in the document at *base* (RFC 3986, section 5).

    Args:
        reference: A URL, or a path that may be percent-encoded; without a fragment.
        base: A URL or a path.

    Raises:
        ValueError: It is no URL, or of a scheme that is not read, or a file seen from a URL.
    """
    scheme = _SCHEME.match(reference)
    if scheme and not is_url(reference):
        if scheme[1].lower() != "file":
            msg = f"`{scheme[1]}:` is not read; only files, `http:` and `https:` are"
            raise ValueError(msg)
        if is_url(base):
            msg = "a document that was fetched cannot refer to a local file"
            raise ValueError(msg)
        return url2pathname(urlsplit(reference).path)
    if is_url(reference) or is_url(base):
        return urldefrag(urljoin(base if is_url(base) else "", reference)).url
    # A file may have a percent sign in its name; more often it stands for a space.
    folder = Path(base).parent
    plain = folder / reference
    path = plain if "%" not in reference or plain.exists() else folder / unquote(reference)
    return str(Path(_collapsed(path)))


def _collapsed(path: Path) -> str:
    import os  # noqa: PLC0415 - one function of it

    return os.path.normpath(path)


def relative_name(location: str, main: str) -> str:
    """Return what a part is called: its place relative to the main file's folder, or its URL."""
    import os  # noqa: PLC0415 - as above

    if is_url(location):
        return shown(location)
    try:
        return Path(os.path.relpath(location, Path(main).parent)).as_posix()
    except ValueError:  # on another drive
        return Path(location).as_posix()


class Retriever:
    """
    What is read for one document; the limits hold for all of it together.

    Args:
        limits: How much, and for how long.
        fetch: What gets URLs; the network by default.
    """

    def __init__(self, limits: Limits, fetch: Fetch | None = None) -> None:
        self.limits = limits
        self._fetch = fetch
        self._size = limits.size
        self._files = limits.files
        self._seconds = limits.seconds

    def get(self, location: str, name: str) -> Fetched:
        """
        Return the content of a file or URL.

        Raises:
            LoadError: It cannot be read, or is more than the limits leave.
        """
        self._files -= 1
        if self._files < 0:
            msg = f"the document is made of more than {self.limits.files} files"
            raise LoadError(msg, file=name)
        if is_url(location):
            found = self._get_url(location)
        else:
            found = Fetched(_read_file(Path(location), name, self._size, self.limits), location)
        self._size -= len(found.content)
        return found

    def _get_url(self, url: str) -> Fetched:
        if self._fetch is None:
            from ._http import fetch  # noqa: PLC0415 - few documents are fetched

            self._fetch = fetch
        started = time.monotonic()
        try:
            return self._fetch(url, self._size, self._seconds)
        finally:
            self._seconds -= time.monotonic() - started


def _read_file(path: Path, name: str, size: int, limits: Limits) -> bytes:
    too_large = f"is larger than the limit of {limits.size} bytes"
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            msg = "is a folder, not a file"
            raise LoadError(msg, file=name)
        if not stat.S_ISREG(status.st_mode):
            msg = "is no regular file; write its content to a file first"
            raise LoadError(msg, file=name)
        if status.st_size > size:
            raise LoadError(too_large, file=name)
        with path.open("rb") as file:
            content = file.read(size + 1)
    except OSError as error:
        msg = f"cannot be read: {error.strerror}"
        raise LoadError(msg, file=name) from error
    except ValueError as error:  # a null character in the path
        msg = f"is no path: {error}"
        raise LoadError(msg, file=name) from error
    if len(content) > size:  # it grew, or is one of those that do not know their size
        raise LoadError(too_large, file=name)
    return content
