"""Drivers: the two loops that perform a flow's effects. Nothing else touches a socket or a clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ._effects import Call, Effect, Now, Send, Sleep
from .errors import ConfigurationError, SDKError

if TYPE_CHECKING:
    from ._messages import Request, Response
    from .typing import Flow

T = TypeVar("T")


class Transport(Protocol):
    """Sends one request; the seam at which an HTTP engine is plugged in."""

    @property
    def closed(self) -> bool: ...
    def send(self, request: Request) -> Response: ...
    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """The asynchronous twin of `Transport`."""

    @property
    def closed(self) -> bool: ...
    async def send(self, request: Request) -> Response: ...
    async def aclose(self) -> None: ...


class SyncDriver:
    """Runs flows over a `Transport`, blocking."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def run(self, flow: Flow[T]) -> T:
        """Perform the effects of *flow* until it returns."""
        step, value = flow.send, None
        try:
            while True:
                try:
                    effect: Effect = step(value)
                except StopIteration as stop:
                    result: T = stop.value
                    return result
                step = flow.send
                try:
                    value = self._perform(effect)
                except SDKError as error:
                    step, value = flow.throw, error
        finally:
            flow.close()

    def _perform(self, effect: Effect) -> Any:
        if type(effect) is Send:
            started = time.perf_counter()
            response = self.transport.send(effect.request)
            response.elapsed = time.perf_counter() - started
            return response
        if type(effect) is Sleep:
            return time.sleep(effect.seconds)
        if type(effect) is Now:
            return time.monotonic()
        assert type(effect) is Call
        result = effect.function()
        if hasattr(result, "__await__"):
            if hasattr(result, "close"):
                result.close()  # a coroutine that is dropped would warn
            msg = "an async function was given to a client that blocks; use the asynchronous one"
            raise ConfigurationError(msg)
        return result


class AsyncDriver:
    """Runs flows over an `AsyncTransport`, in whatever loop it is awaited in."""

    def __init__(self, transport: AsyncTransport) -> None:
        self.transport = transport

    async def run(self, flow: Flow[T]) -> T:
        """Perform the effects of *flow* until it returns."""
        step, value = flow.send, None
        try:
            while True:
                effect: Effect = step(value)
                step = flow.send
                try:
                    value = await self._perform(effect)
                except SDKError as error:
                    step, value = flow.throw, error
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            flow.close()

    async def _perform(self, effect: Effect) -> Any:
        if type(effect) is Send:
            started = time.perf_counter()
            response = await self.transport.send(effect.request)
            response.elapsed = time.perf_counter() - started
            return response
        if type(effect) is Sleep:
            # anyio, so that trio works too; imported here because most calls never wait.
            from anyio import sleep  # noqa: PLC0415

            return await sleep(effect.seconds)
        if type(effect) is Now:
            return time.monotonic()
        assert type(effect) is Call
        result = effect.function()
        return await result if hasattr(result, "__await__") else result
