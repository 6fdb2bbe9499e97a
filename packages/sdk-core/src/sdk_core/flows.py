"""
Flows: carried out by themselves, beside the calls of a client.

A client runs the flow of each call. A `Runner` runs any other, such as one that signs in or asks
what a server can do, over the same connections::

    def health(url: str) -> Flow[bool]:
        response = yield Send(Request("GET", url))
        return response.is_success


    with Runner() as runner:
        print(runner.run(health("https://api.example.com/health")))

`compose` puts policies around such a sending; `sdk_core.testing.play` tests a flow without either.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from ._closing import AsyncClosing, Closing
from ._drivers import AsyncDriver, SyncDriver
from ._flows import compose, send

if TYPE_CHECKING:
    from .transports import TransportLike
    from .typing import Flow

__all__ = ["AsyncRunner", "Runner", "compose", "send"]

T = TypeVar("T")


class Runner(Closing):
    """
    Carries out flows, blocking.

    Runners and clients with equal options share their connections; `close` returns them.

    Args:
        transport: The engine; see `sdk_core.transports`. Default: httpx.
        http_client: Your own ``httpx.Client``, for proxies or certificates, instead.

    Raises:
        ConfigurationError: Both are given, or something else.
    """

    def __init__(self, *, transport: TransportLike | None = None, http_client: Any = None) -> None:
        self._transport = transport
        self._http_client = http_client
        if transport is not None or http_client is not None:
            _ = self._driver  # refuses what is none here, not at the first flow

    @cached_property
    def _driver(self) -> SyncDriver:
        # The engine costs more to import than all the rest.
        from ._engines import open_transport  # noqa: PLC0415  # as said above

        return SyncDriver(open_transport(self._transport, self._http_client, synchronous=True))

    def run(self, flow: Flow[T]) -> T:
        """Perform the effects of *flow*, and return its result."""
        return self._driver.run(flow)

    def close(self) -> None:
        """Return the connections; the runner cannot be used any more."""
        self._driver.transport.close()


class AsyncRunner(AsyncClosing):
    """
    The asynchronous twin of `Runner`, with the same options.

    *http_client* is an ``httpx.AsyncClient``.
    """

    def __init__(self, *, transport: TransportLike | None = None, http_client: Any = None) -> None:
        self._transport = transport
        self._http_client = http_client
        if transport is not None or http_client is not None:
            _ = self._driver  # as above

    @cached_property
    def _driver(self) -> AsyncDriver:
        from ._engines import open_transport  # noqa: PLC0415  # as above

        return AsyncDriver(open_transport(self._transport, self._http_client, synchronous=False))

    async def run(self, flow: Flow[T]) -> T:
        """Perform the effects of *flow*, and return its result."""
        return await self._driver.run(flow)

    async def close(self) -> None:
        """Return the connections; the runner cannot be used any more."""
        await self._driver.transport.aclose()
