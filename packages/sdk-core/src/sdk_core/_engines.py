"""Engines: from what ``transport=`` and ``http_client=`` say to something that sends."""

from __future__ import annotations

import inspect
import sys
from typing import Any

from . import transports
from .errors import ConfigurationError
from .transports import HTTPX

_NAMES = {
    "httpx": "HTTPX",
    "aiohttp": "Aiohttp",
    "httptools": "Httptools",
    "pyreqwest": "Pyreqwest",
}


def open_transport(transport: Any, http_client: Any, *, synchronous: bool) -> Any:
    """
    Return a `Transport`, or an `AsyncTransport` if it is not to be *synchronous*.

    Args:
        transport: What the option of that name accepts; None: the default engine.
        http_client: A client of httpx or httpx2 that the user has made; None: there is none.
        synchronous: Which colour is wanted.

    Raises:
        ConfigurationError: There is no such thing, in this colour or in this environment.
    """
    if http_client is not None:
        if transport is not None:
            msg = "`transport` and `http_client` exclude each other; give one of them"
            raise ConfigurationError(msg)
        return _of_client(http_client, synchronous=synchronous)
    options: Any = HTTPX() if transport is None else transport
    if isinstance(options, str):
        if options not in _NAMES:
            msg = f"`transport` must be one of {', '.join(_NAMES)}, not {options!r}"
            raise ConfigurationError(msg)
        options = getattr(transports, _NAMES[options])()
    if isinstance(options, HTTPX):
        from . import _pooled  # noqa: PLC0415  # the engine costs more to import than all the rest

        if options.http2:
            _need("h2", "http2")
        made: Any = _pooled.PooledTransport if synchronous else _pooled.AsyncPooledTransport
        return made(options)
    from ._extra_engines import Aiohttp, Httptools, Pyreqwest  # noqa: PLC0415  # few need them

    if isinstance(options, Aiohttp):
        if synchronous:
            msg = "`transport`: aiohttp is for asynchronous clients; use httpx or httptools here"
            raise ConfigurationError(msg)
        _need("aiohttp", "aiohttp")
        from . import _aiohttp  # noqa: PLC0415  # as above

        return _aiohttp.AiohttpTransport(options)
    if isinstance(options, Httptools):
        _need("httptools", "httptools")
        from . import _httptools  # noqa: PLC0415  # as above

        made = _httptools.HttptoolsTransport if synchronous else _httptools.AsyncHttptoolsTransport
        return made(options)
    if isinstance(options, Pyreqwest):
        _need("pyreqwest", "pyreqwest")
        from . import _pyreqwest  # noqa: PLC0415  # as above

        made = _pyreqwest.PyreqwestTransport if synchronous else _pyreqwest.AsyncPyreqwestTransport
        return made(options)
    return _own(options, synchronous=synchronous)


def _need(module: str, extra: str) -> None:
    try:
        __import__(module)
    except ImportError as exc:
        msg = f"`transport`: {extra} needs an extra: pip install sdk-core[{extra}]"
        raise ConfigurationError(msg) from exc


def _own(transport: Any, *, synchronous: bool) -> Any:
    """Return an object of the user's, if it has what a transport has."""
    wanted = "Transport" if synchronous else "AsyncTransport"
    close = "close" if synchronous else "aclose"
    send = getattr(transport, "send", None)
    lacks = [name for name in ("send", close, "closed") if not hasattr(transport, name)]
    if isinstance(transport, type):
        msg = f"`transport` must be a value, not a class; did you mean `{transport.__name__}()`?"
        raise ConfigurationError(msg)
    if hasattr(transport, "open_transport"):
        return transport.open_transport(synchronous=synchronous)
    if lacks:
        msg = (
            f"`transport` must be the name of an engine, a value of sdk_core.transports or a "
            f"{wanted}; {type(transport).__name__} has no `{'`, `'.join(lacks)}`"
        )
        raise ConfigurationError(msg)
    if inspect.iscoroutinefunction(send) is synchronous:
        msg = f"`transport` must be a {wanted} here; its `send` is of the other colour"
        raise ConfigurationError(msg)
    return transport


def _of_client(client: Any, *, synchronous: bool) -> Any:
    kind = "Client" if synchronous else "AsyncClient"
    family = family_of(client, kind)
    from . import _httpx  # noqa: PLC0415  # as above

    if synchronous:
        return _httpx.ClientTransport(client, family)
    return _httpx.AsyncClientTransport(client, family)


def family_of(client: Any, kind: str) -> Any:
    """
    Return the module (httpx or one of its family) that *client* is a *kind* of.

    Raises:
        ConfigurationError: It is none.
    """
    for cls in type(client).__mro__:
        root = cls.__module__.partition(".")[0]
        if root in {"httpx", "httpx2"} and cls.__name__ == kind:
            return sys.modules[root]
    msg = f"`http_client` must be an httpx.{kind}, not {type(client).__name__}"
    raise ConfigurationError(msg)
