"""Drivers: the two loops that perform a flow's effects. Nothing else touches a socket or a clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ._addresses import redacted
from ._effects import Call, Effect, Finish, Now, Race, Send, Sleep, Wait
from ._frames import forget
from .errors import APITimeoutError, ConfigurationError, SDKError

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
        resume: Callable[[Any], Effect] = flow.send
        step = resume
        value: Any = None
        sent: Response | None = None
        try:
            while True:
                try:
                    effect = step(value)
                except StopIteration as stop:
                    result: T = stop.value
                    return result
                step = resume
                try:
                    if type(effect) is Send:  # these two here, as nearly every call has them
                        started = time.perf_counter()
                        value = sent = self.transport.send(effect.request)
                        sent.elapsed = time.perf_counter() - started
                    elif type(effect) is Now:
                        value = time.monotonic()
                    else:
                        value = self._perform(effect)
                except SDKError as error:
                    step, value = flow.throw, error
        except BaseException as error:
            value = None  # which may be a secret, and all frames below may hold some
            forget(error)
            try:
                if sent is not None and sent.stream is not None:
                    sent.stream.close()  # nobody else knows of it
            finally:
                flow.close()
            raise

    def _perform(self, effect: Effect) -> Any:
        if type(effect) is Sleep:
            return time.sleep(effect.seconds)
        if type(effect) is Wait:
            from ._waits import wait  # noqa: PLC0415  # most calls never wait

            return wait(effect)
        if type(effect) is Race:
            from ._races import race  # noqa: PLC0415  # most calls are not raced

            return race(self.transport, effect)
        if type(effect) is Finish:
            return self.run(effect.flow)
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
        resume: Callable[[Any], Effect] = flow.send
        step = resume
        value: Any = None
        sent: Response | None = None
        try:
            while True:
                try:
                    effect = step(value)
                except StopIteration as stop:
                    result: T = stop.value
                    return result
                step = resume
                try:
                    if type(effect) is Send:  # as above
                        request = effect.request
                        started = time.perf_counter()
                        if request.ends is None:
                            value = sent = await self.transport.send(request)
                        else:
                            value = sent = await self._send_until(request, request.ends)
                        sent.elapsed = time.perf_counter() - started
                    elif type(effect) is Now:
                        value = time.monotonic()
                    else:
                        value = await self._perform(effect)
                except SDKError as error:
                    step, value = flow.throw, error
        except BaseException as error:
            value = None  # which may be a secret, and all frames below may hold some
            forget(error)
            try:
                if sent is not None and sent.stream is not None:
                    from ._waits import let_go  # noqa: PLC0415  # as above

                    await let_go(sent)  # nobody else knows of it
            finally:
                flow.close()
            raise

    async def _perform(self, effect: Effect) -> Any:
        if type(effect) is Sleep:
            # anyio, so that trio works too; imported here because most calls never wait.
            from anyio import sleep  # noqa: PLC0415

            return await sleep(effect.seconds)
        if type(effect) is Wait:
            from ._waits import await_ticket  # noqa: PLC0415  # as above

            return await await_ticket(effect)
        if type(effect) is Race:
            from ._races import arace  # noqa: PLC0415  # as above

            return await arace(self, effect)
        if type(effect) is Finish:
            from ._waits import finish  # noqa: PLC0415  # as above

            return await finish(self.run(effect.flow))
        assert type(effect) is Call
        result = effect.function()
        return await result if hasattr(result, "__await__") else result

    async def _send_until(self, request: Request, ends: float) -> Response:
        """Send, and stop in the middle of whatever phase it is when the time is over."""
        from anyio import move_on_after  # noqa: PLC0415  # as above

        with move_on_after(max(0.0, ends - time.monotonic())):
            return await self.transport.send(request)
        where = redacted(request.url)
        msg = f"Request timed out: `deadline` was over before all of the answer of {where} had come"
        raise APITimeoutError(request, message=msg)
