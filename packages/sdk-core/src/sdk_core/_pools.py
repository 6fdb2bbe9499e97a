"""
Connection pools, shared by every client of the process.

A TLS context costs about 20 ms and 800 KB, and a pool of its own for every client wastes warm
connections, so clients borrow. What is kept apart: plain HTTP from TLS (no context is built until
a https URL is asked for), each proxy, and each event loop (a connection belongs to the loop that
opened it).
"""

from __future__ import annotations

import os
import ssl
import sys
import threading
import weakref
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from .errors import ConfigurationError

LIMITS = httpx.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=5.0)

PoolT = TypeVar("PoolT", httpx.HTTPTransport, httpx.AsyncHTTPTransport)
# Reentrant: collecting garbage may finalize a client in the middle of a locked section.
_lock = threading.RLock()
_tls: ssl.SSLContext | None = None


def _tls_context() -> ssl.SSLContext:
    global _tls  # noqa: PLW0603  # one for the process is the point
    with _lock:
        if _tls is None:
            _tls = httpx.create_ssl_context()
        return _tls


def _proxy_for(scheme: str, host: str) -> str | None:
    """Return the proxy that the environment names for *host* (``HTTPS_PROXY``, ``NO_PROXY``)."""
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


class Pools(Generic[PoolT]):
    """The pools of one event loop, or (for synchronous clients) of the process."""

    def __init__(self, kind: type[PoolT]) -> None:
        self._kind: type[PoolT] = kind
        self._by_origin: dict[str, PoolT] = {}
        self._by_route: dict[tuple[str, str | None], PoolT] = {}

    def get(self, url: str) -> PoolT:
        """Return the pool for *url*."""
        slash = url.find("/", 8)
        origin = url if slash < 0 else url[:slash]
        pool = self._by_origin.get(origin)
        return self._open(origin) if pool is None else pool

    def _open(self, origin: str) -> PoolT:
        parts = urlsplit(origin)
        proxy = _proxy_for(parts.scheme, parts.hostname or "")
        route = (parts.scheme, proxy)
        # A context without certificates trusts nobody: should a plain pool ever be asked for
        # TLS, it fails instead of talking to anyone.
        tls = (
            _tls_context()
            if parts.scheme == "https" or proxy
            else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
        with _lock:
            pool = self._by_route.get(route)
            if pool is None:
                pool = self._by_route[route] = self._make(tls, proxy)
            self._by_origin[origin] = pool
            return pool

    def _make(self, tls: ssl.SSLContext, proxy: str | None) -> PoolT:
        try:
            return self._kind(verify=tls, limits=LIMITS, proxy=proxy)
        except (ImportError, ValueError, httpx.InvalidURL) as exc:
            # The proxy's address may hold a password, and so may the words about it.
            scheme = (proxy or "").partition(":")[0]
            why = str(exc) if isinstance(exc, ImportError) else "its address is not understood"
            msg = f"the {scheme} proxy that the environment names cannot be used: {why}"
            raise ConfigurationError(msg) from None

    def take(self) -> list[PoolT]:
        """Return all pools and forget them, for the caller to close."""
        with _lock:
            pools = list(self._by_route.values())
            self._by_route.clear()
            self._by_origin.clear()
            return pools


class _Registry:
    """Who uses the shared pools, so that the last one to leave can close them."""

    def __init__(self) -> None:
        self.sync_users = 0
        self.async_users = 0
        self.forget()

    def forget(self) -> None:
        self.sync = Pools(httpx.HTTPTransport)
        self.by_loop: weakref.WeakKeyDictionary[Any, Pools[httpx.AsyncHTTPTransport]] = (
            weakref.WeakKeyDictionary()
        )


_registry = _Registry()


def _after_fork() -> None:
    # A child must not write to its parent's connections. Forgetting them closes only this side's
    # file descriptors; nothing is sent. Another thread of the parent may have held the lock.
    global _lock  # noqa: PLW0603  # as above
    _lock = threading.RLock()
    _registry.forget()


os.register_at_fork(after_in_child=_after_fork)


def sync_pools() -> Pools[httpx.HTTPTransport]:
    """Return the pools for synchronous clients."""
    return _registry.sync


def async_pools() -> Pools[httpx.AsyncHTTPTransport]:
    """Return the pools of the running event loop."""
    loop = _running_loop()
    by_loop = _registry.by_loop
    pools = by_loop.get(loop)
    if pools is None:
        with _lock:
            # Connections hold on to their loop, so that a closed one would stay here for ever.
            for other in [o for o in by_loop if getattr(o, "is_closed", bool)()]:
                del by_loop[other]
            pools = by_loop[loop] = Pools(httpx.AsyncHTTPTransport)
    return pools


def _running_loop() -> Any:
    from asyncio import get_running_loop  # noqa: PLC0415  # synchronous programs never need it

    try:
        return get_running_loop()
    except RuntimeError:
        # An async driver that runs in no asyncio loop runs in trio's, so trio has been imported.
        return sys.modules["trio"].lowlevel.current_trio_token()


def enter(*, synchronous: bool) -> None:
    """Count a client that begins to use the shared pools."""
    with _lock:
        if synchronous:
            _registry.sync_users += 1
        else:
            _registry.async_users += 1


def leave_sync() -> None:
    """Count a client that is done; the last one closes the connections."""
    with _lock:
        _registry.sync_users -= 1
        # Taken under the lock: a client that enters after this must not get a pool that closes.
        pools = _registry.sync.take() if _registry.sync_users == 0 else []
    for pool in pools:
        pool.close()


def leave_async() -> bool:
    """Count a client that is done; return whether it was the last one, who closes the pools."""
    with _lock:
        _registry.async_users -= 1
        return _registry.async_users == 0
