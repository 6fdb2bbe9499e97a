"""Servers: where the operations of a client are."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from ._addresses import names_in
from ._messages import Secret
from .errors import ConfigurationError

if TYPE_CHECKING:
    from .operations import Operation, Server


@lru_cache(maxsize=64)
def base_of(url: str) -> tuple[str, str]:
    """
    Return the address that paths are put behind, and the query that goes with each of them.

    Raises:
        ConfigurationError: It is no absolute HTTP address.
    """
    shown = url.partition("?")[0].rpartition("@")[2]  # a password may stand before it
    try:
        parts = urlsplit(url)
        _ = parts.port
        _refuse_spaces(parts.netloc)
    except ValueError:
        msg = f"`base_url` has no valid host and port: {shown!r}"
        raise ConfigurationError(msg) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = f"`base_url` must be an absolute http(s) URL, not {shown!r}"
        if shown and "://" not in url:
            msg += f"; did you mean 'http://{shown}'?"
        raise ConfigurationError(msg)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", parts.query


def without_user(url: str) -> tuple[str, Secret | None]:
    """
    Return *url* without user info, and that as the value of ``Authorization`` (RFC 7617).

    Addresses are shown, in errors and logs; a password must not stand in them.
    """
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    name, _, password = user.partition(":")
    pair = f"{unquote(name)}:{unquote(password)}".encode()
    encoded = b64encode(pair).decode()
    return parts._replace(netloc=host).geturl(), Secret(f"Basic {encoded}", encoded)


def _refuse_spaces(host: str) -> None:
    if any(map(str.isspace, host)):  # no resolver knows it, and its words would not say why
        raise ValueError(host)


def default_of(servers: Sequence[Server]) -> str:
    """
    Return the address of the first of *servers*, which a client uses if it is given none.

    Raises:
        ConfigurationError: There is none, or its document says only a part of it.
    """
    if not servers:
        msg = "`base_url` is required: this API names no server"
        raise ConfigurationError(msg)
    url = servers[0].at()
    if "://" not in url:
        msg = f"`base_url` is required: of its server this API says only {url!r}"
        raise ConfigurationError(msg)
    return url


def own_base(operation: Operation[object], base_url: str) -> tuple[str, str]:
    """Return where *operation*, which names servers, is; they may be relative to *base_url*."""
    return base_of(urljoin(f"{base_url}/", operation.servers[0].at()))


def linked(url: str, query: Sequence[str]) -> tuple[str, list[str]]:
    """Return the address and the query of *url* with the members of *query* that it has not."""
    address, _, own = url.partition("?")
    known = names_in(own)
    pairs = [pair for part in query for pair in part.split("&")]
    return address, [own, *(pair for pair in pairs if pair and not names_in(pair) <= known)]
