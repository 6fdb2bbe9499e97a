"""How the engines of the extras are set up; made when somebody asks for one of them."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

import attrs

from ._connections import Connections, count, switch
from .errors import ConfigurationError
from .options import refuse_unknown_options

__all__ = ["Aiohttp", "Httptools", "Pyreqwest"]


@refuse_unknown_options
@attrs.frozen(kw_only=True, repr=False, eq=False)
class Aiohttp(Connections):
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
class Pyreqwest(Connections):
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

    http2: bool = attrs.field(default=False, validator=switch)
    max_keepalive: int = attrs.field(default=100, validator=count(0))

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.verify, bool | str):
            msg = "`verify`: pyreqwest takes no ssl.SSLContext; give the path of a file of CAs"
            raise ConfigurationError(msg)
        if self.cert is not None and len(self.cert) == 3:
            msg = "`cert`: pyreqwest takes no password; give an unencrypted key"
            raise ConfigurationError(msg)


@refuse_unknown_options
@attrs.frozen(kw_only=True, repr=False, eq=False)
class Httptools(Connections):
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

    max_keepalive: int = attrs.field(default=100, validator=count(0))

    def __attrs_post_init__(self) -> None:
        if self.proxy is not None and urlsplit(self.proxy).scheme != "http":
            msg = "`proxy`: httptools speaks to proxies by http only; use `HTTPX`"
            raise ConfigurationError(msg)
