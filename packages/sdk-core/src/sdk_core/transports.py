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
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import attrs

from ._connections import Connections, count, switch
from ._drivers import AsyncTransport, Transport
from .options import refuse_unknown_options

if TYPE_CHECKING:
    from ssl import SSLContext

    from ._extra_engines import Aiohttp, Httptools, Pyreqwest

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


@refuse_unknown_options
@attrs.frozen(kw_only=True, repr=False, eq=False)
class HTTPX(Connections):
    """
    httpx, the default: both colours, asyncio and trio.

    While nobody has imported httpx, plain addresses are reached through its httpcore alone.

    Args:
        verify: `Verify`; by default what httpx trusts, certifi's authorities.
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

    http2: bool = attrs.field(default=False, validator=switch)
    max_keepalive: int = attrs.field(default=100, validator=count(0))


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


if not TYPE_CHECKING:  # or type checkers would take every name for one

    def __getattr__(name: str) -> Any:
        # Most programs name no engine, and making these classes takes longer than a call.
        if name not in {"Aiohttp", "Httptools", "Pyreqwest"}:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        from . import _extra_engines  # noqa: PLC0415  # as said above

        return getattr(_extra_engines, name)
