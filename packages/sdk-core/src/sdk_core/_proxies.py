"""Proxies: which one a host is reached by."""

from __future__ import annotations

import os
import sys
from typing import Protocol
from urllib.parse import urlsplit

from ._addresses import redacted
from .errors import ConfigurationError


class Routed(Protocol):
    """The part of a transport's options that is about proxies."""

    @property
    def proxy(self) -> str | None: ...
    @property
    def trust_env(self) -> bool: ...


def proxy_for(options: Routed, origin: str) -> str | None:
    """
    Return the proxy that *options*, or the environment, name for *origin*.

    The environment's are ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``ALL_PROXY``, without the hosts in
    ``NO_PROXY``.
    """
    if options.proxy is not None or not options.trust_env:
        return options.proxy
    if sys.platform not in {"darwin", "win32"} and not any(map(_is_about_proxies, os.environ)):
        return None  # other systems have them nowhere else
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415  # it imports half of http

    parts = urlsplit(origin)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(parts.hostname or ""):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_about_proxies(name: str) -> bool:
    return name[-6:].lower() == "_proxy"


def shown(proxy: str) -> str:
    """Return *proxy* without its credentials."""
    try:
        return redacted(proxy)
    except ValueError:
        return f"the {proxy.partition(':')[0]} proxy"


def unusable(proxy: str, why: str) -> ConfigurationError:
    """Return the error for a *proxy* that the engine refuses; it may hold a password."""
    scheme = proxy.partition(":")[0]
    msg = (
        f"the {scheme} proxy that `proxy` or the environment names cannot be used: {why}; "
        "check `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY`"
    )
    return ConfigurationError(msg)
