"""The engines of pyreqwest that transports share, and how they are set up."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pyreqwest import exceptions
from pyreqwest.client import Client, ClientBuilder, SyncClient, SyncClientBuilder
from pyreqwest.proxy import ProxyBuilder

from ._proxies import proxy_for, unusable
from ._redaction import guard
from .errors import ConfigurationError

if TYPE_CHECKING:
    from .transports import Pyreqwest

_ENGINES = 16  # with other limits each; one costs about 50 ms

guard(("pyreqwest", "reqwest", "reqwest.connect", "reqwest.retry", "hyper", "hyper_util", "h2"))

C = TypeVar("C", Client, SyncClient)
_used = False
_forked = False


def _after_fork() -> None:
    global _forked  # noqa: PLW0603  # what is left of the threads is one for the process
    _forked = _used


os.register_at_fork(after_in_child=_after_fork)


class Engines(Generic[C]):
    """
    The engines of one transport's options: one for each proxy and set of limits.

    reqwest knows limits of a phase for a whole engine only, so that few sets go a long way; the
    one that has not been used for the longest time is given up.
    """

    def __init__(self, options: Pyreqwest, builder: type[Any]) -> None:
        self._options = options
        self._builder = builder
        self._lock = threading.Lock()
        self._engines: OrderedDict[tuple[Any, ...], C] = OrderedDict()
        self._proxies: dict[str, str | None] = {}

    def route(self, url: str) -> str | None:
        """Return the proxy for *url*."""
        slash = url.find("/", 8)
        origin = url if slash < 0 else url[:slash]
        if origin not in self._proxies:
            self._proxies[origin] = proxy_for(self._options, origin)
        return self._proxies[origin]

    def get(self, proxy: str | None, limits: tuple[float | None, ...]) -> C:
        """Return the engine for a *proxy* and the *limits* to connect and to read."""
        global _used  # noqa: PLW0603  # as above
        if _forked:
            msg = "`transport`: pyreqwest does not work in a fork; start processes by spawn"
            raise ConfigurationError(msg)
        key = (proxy, limits)
        with self._lock:
            engine = self._engines.get(key)
            if engine is None:
                _used = True
                engine = self._engines[key] = self._build(proxy, *limits)
                if len(self._engines) > _ENGINES:
                    self._engines.popitem(last=False)  # what is on its way through it goes on
            else:
                self._engines.move_to_end(key)
            return engine

    def _build(self, proxy: str | None, connect: float | None, read: float | None) -> C:
        options = self._options
        made = (
            self._builder()
            .follow_redirects(False)
            .referer(False)
            .default_cookie_store(False)
            .gzip(False)
            .deflate(False)
            .brotli(False)
            .zstd(False)
            .no_proxy()
            .http1_lower_case_headers()
            .http2(options.http2)
            .pool_max_idle_per_host(options.max_keepalive)
            .pool_idle_timeout(timedelta(seconds=options.keepalive_expiry))
        )
        if connect is not None:
            made = made.connect_timeout(timedelta(seconds=connect))
        if read is not None:
            made = made.read_timeout(timedelta(seconds=read))
        if proxy is not None:
            made = made.proxy(_proxy(proxy))
        try:
            if options.verify is False:
                made = made.danger_accept_invalid_certs(True)
            elif options.verify is not True:
                made = made.add_root_certificate_pem(_pem("verify", options.verify))
            if options.cert is not None:
                made = made.identity_pem(b"\n".join(_pem("cert", path) for path in options.cert))
            engine: C = made.build()
        except ConfigurationError:
            raise
        except (exceptions.PyreqwestError, ValueError) as exc:
            msg = f"`transport`: pyreqwest cannot use `verify` or `cert`: {exc}"
            raise ConfigurationError(msg) from None
        return engine

    def take(self) -> list[C]:
        """Return all engines and forget them, for the caller to close."""
        with self._lock:
            found = list(self._engines.values())
            self._engines.clear()
            return found


class SyncEngines(Engines[SyncClient]):
    """The engines that block; *free* holds a token for each call that may begin."""

    def __init__(self, options: Pyreqwest) -> None:
        super().__init__(options, SyncClientBuilder)
        self.free: SimpleQueue[None] = SimpleQueue()  # a semaphore, at a tenth of the price
        for _ in range(options.max_connections):
            self.free.put(None)

    def close(self) -> None:
        """Close every engine."""
        for engine in self.take():
            engine.close()


class AsyncEngines(Engines[Client]):
    """The asynchronous engines of one event loop; *free* counts the calls that may begin."""

    def __init__(self, options: Pyreqwest) -> None:
        from asyncio import Semaphore  # noqa: PLC0415  # synchronous programs never need it

        super().__init__(options, ClientBuilder)
        # Not the engine's own limit: a call that is cancelled keeps its place there.
        self.free = Semaphore(options.max_connections)

    async def aclose(self) -> None:
        """Close every engine."""
        for engine in self.take():
            await engine.close()


def _proxy(proxy: str) -> ProxyBuilder:
    try:
        return ProxyBuilder.all(proxy)
    except (exceptions.PyreqwestError, ValueError):
        raise unusable(proxy, "its address is not understood") from None


def _pem(option: str, path: str) -> bytes:
    try:
        content = Path(path).read_bytes()
    except OSError as exc:
        msg = f"`{option}` cannot be used: {path}: {exc.strerror}"
        raise ConfigurationError(msg) from None
    if b"-----BEGIN " not in content:
        msg = f"`{option}` cannot be used: {path} is no PEM file"
        raise ConfigurationError(msg)
    return content
