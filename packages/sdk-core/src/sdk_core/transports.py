"""
Transports: which HTTP engine carries the calls, and how it is set up.

The option ``transport=`` of a client takes the name of an engine, one of the values of this
module, or an object with the methods of `Transport` (`AsyncTransport` for asynchronous clients)::

    Client(transport="pyreqwest")
    AsyncClient(transport=Aiohttp(proxy="http://proxy.example.com:3128"))

Clients whose values are equal share connections and TLS contexts.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias
from urllib.parse import urlsplit

import attrs

from ._addresses import redacted
from ._drivers import AsyncTransport, Transport
from ._values import Value
from .errors import ConfigurationError
from .options import refuse_unknown_options

if TYPE_CHECKING:
    from ssl import SSLContext

__all__ = [
    "HTTPX",
    "Aiohttp",
    "AsyncTransport",
    "Certificate",
    "Httptools",
    "Pyreqwest",
    "Transport",
    "TransportFactory",
    "TransportLike",
    "Verify",
]

Verify: TypeAlias = "bool | str | os.PathLike[str] | SSLContext"
"""Whom to trust: everybody that the system does, nobody in particular, a file of CAs, or a context."""

Certificate: TypeAlias = "str | os.PathLike[str] | tuple[str | os.PathLike[str], ...]"
"""A client certificate: one PEM file, ``(certificate, key)``, or ``(certificate, key, password)``."""


def _verify(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str | os.PathLike):
        return os.fspath(value)
    ssl = sys.modules.get("ssl")  # whoever has a context has imported it
    if ssl is not None and isinstance(value, ssl.SSLContext):
        return value
    msg = (
        "`verify` must be True, False, the path of a file of certificates, or an ssl.SSLContext, "
        f"not {type(value).__name__}"
    )
    raise ConfigurationError(msg)


def _cert(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    parts = value if isinstance(value, tuple) else (value,)
    if not 1 <= len(parts) <= 3 or not all(isinstance(p, str | os.PathLike) for p in parts):
        msg = "`cert` must be a path, (certificate, key) or (certificate, key, password)"
        raise ConfigurationError(msg)
    return tuple(os.fspath(part) for part in parts)


def _proxy(value: Any) -> str | None:
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        understood = parts.scheme in _PROXY_SCHEMES and parts.hostname and parts.port != 0
    except (AttributeError, TypeError, ValueError):
        understood = False
    if not understood:  # and not shown: its address may hold a password
        msg = f"`proxy` must be a URL with a host and one of the schemes {_SCHEMES}"
        raise ConfigurationError(msg)
    return str(value)


_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
_SCHEMES = ", ".join(_PROXY_SCHEMES)


def _switch(_: Any, attribute: Any, value: Any) -> None:
    if not isinstance(value, bool):
        msg = f"`{attribute.name}` must be True or False, not {value!r}"
        raise ConfigurationError(msg)


def _count(least: int) -> Any:
    def check(_: Any, attribute: Any, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            msg = f"`{attribute.name}` must be an integer >= {least}, not {value!r}"
            raise ConfigurationError(msg)

    return check


def _seconds(_: Any, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        msg = f"`{attribute.name}` must be a number of seconds >= 0, not {value!r}"
        raise ConfigurationError(msg)


def _shown(proxy: str | None) -> str:
    return repr(None if proxy is None else redacted(proxy))


@attrs.frozen(kw_only=True, repr=False, eq=False)
class _Connections(Value):
    """What every engine can be told."""

    verify: Any = attrs.field(default=True, converter=_verify)
    cert: Any = attrs.field(default=None, converter=_cert, repr=False)
    proxy: str | None = attrs.field(default=None, converter=_proxy, repr=_shown)
    trust_env: bool = attrs.field(default=True, validator=_switch)
    max_connections: int = attrs.field(default=1000, validator=_count(1))
    keepalive_expiry: float = attrs.field(default=5.0, validator=_seconds)


@refuse_unknown_options
@attrs.frozen(kw_only=True, repr=False, eq=False)
class HTTPX(_Connections):
    """
    httpx, the default: both colours, asyncio and trio.

    Args:
        verify: `Verify`; by default what httpx trusts.
        cert: A client certificate, see `Certificate`.
        proxy: The proxy for every request; goes before those of the environment.
        trust_env: Whether proxies of the environment are used (``HTTPS_PROXY``, ``NO_PROXY``).
        http2: Whether HTTP/2 is offered to servers with TLS. Needs the extra ``http2``.
        max_connections: At most so many connections to one origin; more calls wait.
        max_keepalive: At most so many of them stay open without a call.
        keepalive_expiry: Seconds that a connection stays open without a call.

    Raises:
        ConfigurationError: A value cannot be used; the message names it.
    """

    http2: bool = attrs.field(default=False, validator=_switch)
    max_keepalive: int = attrs.field(default=100, validator=_count(0))


@refuse_unknown_options
@attrs.frozen(kw_only=True, repr=False, eq=False)
class Aiohttp(_Connections):
    """
    aiohttp, for asynchronous clients in asyncio. Needs the extra ``aiohttp``.

    Proxies are of the schemes ``http`` and ``https``. There is no HTTP/2. Headers go out in ASCII.
    The connection of an upload that is given up stays open until its server reads on or hangs up.

    Args:
        verify: As for `HTTPX`.
        cert: As for `HTTPX`.
        proxy: As for `HTTPX`.
        trust_env: As for `HTTPX`; ``.netrc`` is never read.
        max_connections: At most so many connections; more calls wait.
        keepalive_expiry: Seconds that a connection stays open without a call.

    Raises:
        ConfigurationError: A value cannot be used; the message names it.
    """

    def __attrs_post_init__(self) -> None:
        if self.proxy is not None and urlsplit(self.proxy).scheme not in {"http", "https"}:
            msg = "`proxy`: aiohttp speaks to proxies by http and https only; use `HTTPX`"
            raise ConfigurationError(msg)


@refuse_unknown_options
@attrs.frozen(kw_only=True, repr=False, eq=False)
class Pyreqwest(_Connections):
    """
    pyreqwest, written in Rust: both colours, asyncio. Needs the extra ``pyreqwest``.

    The limits of `Timeout` hold with one difference: *read* includes the sending of the request,
    and *write* has no meaning of its own. A call that is cancelled before its answer begins frees
    its place at once, but goes on unseen, until the answer comes or *read* is over. Headers go out
    in ASCII, and come in so: others are left out. Ctrl-C is heard when a call has ended. A process
    that has used it cannot use it in a fork; start processes by ``spawn``.

    Args:
        verify: True, False, or the path of a file of CAs that are trusted beside the system's. An
            ``ssl.SSLContext`` means nothing to this engine.
        cert: A client certificate without a password, see `Certificate`.
        proxy: As for `HTTPX`.
        trust_env: As for `HTTPX`.
        http2: Whether HTTP/2 is offered to servers with TLS.
        max_connections: At most so many calls at once; more wait.
        max_keepalive: At most so many connections to one host stay open without a call.
        keepalive_expiry: Seconds that a connection stays open without a call.

    Raises:
        ConfigurationError: A value cannot be used; the message names it.
    """

    http2: bool = attrs.field(default=False, validator=_switch)
    max_keepalive: int = attrs.field(default=100, validator=_count(0))

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.verify, bool | str):
            msg = "`verify`: pyreqwest takes no ssl.SSLContext; give the path of a file of CAs"
            raise ConfigurationError(msg)
        if self.cert is not None and len(self.cert) == 3:
            msg = "`cert`: pyreqwest takes no password; give an unencrypted key"
            raise ConfigurationError(msg)


@refuse_unknown_options
@attrs.frozen(kw_only=True, repr=False, eq=False)
class Httptools(_Connections):
    """
    Sockets and a parser in C, the fastest: both colours, asyncio. Needs the extra ``httptools``.

    It speaks HTTP/1.1 only, and proxies are of the scheme ``http``.

    Args:
        verify: As for `HTTPX`.
        cert: As for `HTTPX`.
        proxy: As for `HTTPX`.
        trust_env: As for `HTTPX`.
        max_connections: As for `HTTPX`.
        max_keepalive: As for `HTTPX`.
        keepalive_expiry: Seconds that a connection stays open without a call.

    Raises:
        ConfigurationError: A value cannot be used; the message names it.
    """

    http2: ClassVar[bool] = False

    max_keepalive: int = attrs.field(default=100, validator=_count(0))

    def __attrs_post_init__(self) -> None:
        if self.proxy is not None and urlsplit(self.proxy).scheme != "http":
            msg = "`proxy`: httptools speaks to proxies by http only; use `HTTPX`"
            raise ConfigurationError(msg)


class TransportFactory(Protocol):
    """Something that makes a transport for each client, whatever its colour, as fakes for tests do."""

    def open_transport(self, *, synchronous: bool) -> Any:
        """Return a `Transport`, or an `AsyncTransport` if it is not to be *synchronous*."""


TransportLike: TypeAlias = (
    "str | HTTPX | Aiohttp | Httptools | Pyreqwest | Transport | AsyncTransport | TransportFactory"
)
"""
What the option ``transport=`` takes; names are ``httpx``, ``aiohttp``, ``httptools`` and
``pyreqwest``.
"""
