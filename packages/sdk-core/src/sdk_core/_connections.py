"""What every engine can be told about its connections, and the checks of it."""

from __future__ import annotations

import os
import sys
from typing import Any
from urllib.parse import urlsplit

import attrs

from ._addresses import redacted
from ._values import Value
from .errors import ConfigurationError

__all__ = ["Connections", "count", "switch"]


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


def switch(_: Any, attribute: Any, value: Any) -> None:
    if not isinstance(value, bool):
        msg = f"`{attribute.name}` must be True or False, not {value!r}"
        raise ConfigurationError(msg)


def count(least: int) -> Any:
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
class Connections(Value):
    """What every engine can be told."""

    verify: Any = attrs.field(default=True, converter=_verify)
    cert: Any = attrs.field(default=None, converter=_cert, repr=False)
    proxy: str | None = attrs.field(default=None, converter=_proxy, repr=_shown)
    trust_env: bool = attrs.field(default=True, validator=switch)
    max_connections: int = attrs.field(default=1000, validator=count(1))
    keepalive_expiry: float = attrs.field(default=5.0, validator=_seconds)
