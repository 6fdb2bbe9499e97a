"""The two colours of a download: how a body is taken, and how flows run at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from .errors import APIConnectionError

if TYPE_CHECKING:
    from ._downloads import Body
    from ._fetching import Fetching
    from ._messages import Response
    from .typing import Flow

_BATCH = 1 << 17  # bytes for which it is worth to go to a thread ...
_SHORT = 1 << 14  # ... and what is shorter was probably all that there was for now


class Blocking:
    """What a client that blocks does for a download; see `Colour`."""

    def __init__(self, run: Callable[[Flow[None]], None]) -> None:
        self._run = run

    def begin(self, body: Body, fetching: Fetching) -> None:
        """Get the file ready."""
        try:
            fetching.begin(body)
        except BaseException:
            self.release(body.response)
            raise

    def drain(self, body: Body, fetching: Fetching) -> None:
        """Take the body, piece by piece."""
        stream = body.response.stream
        self.begin(body, fetching)
        try:
            fetching.tell(body)
            for piece in (body.response.content,) if stream is None else stream:
                fetching.take(body, piece)
                if not fetching.tell(body):
                    return
        finally:
            self.release(body.response)

    def work(self, function: Callable[[], object]) -> None:
        """Call it."""
        function()

    def release(self, response: Response) -> None:
        """Close the body."""
        if response.stream is not None:
            response.stream.close()

    def together(self, flows: Sequence[Flow[None]], fetching: Fetching) -> BaseException | None:
        """Run all but the first in threads of their own."""
        from contextvars import copy_context  # noqa: PLC0415  # large files only
        from threading import Thread  # noqa: PLC0415  # as above

        errors: list[BaseException] = []

        def run(step: Callable[[], None]) -> None:
            try:
                step()
            except BaseException as exc:
                fetching.stopped = True
                errors.append(exc)

        threads = [
            Thread(target=copy_context().run, args=(run, partial(self._run, flow)))
            for flow in flows[1:]
        ]
        started = []
        for thread in threads:
            with suppress(RuntimeError):  # there are too many; the parts wait for the others
                thread.start()
                started.append(thread)
        run(partial(self._run, flows[0]))
        for thread in started:
            run(thread.join)  # which Control-C may interrupt
            thread.join()
        return errors[0] if errors else None


class Awaiting:
    """What an asynchronous client does for a download; see `Colour`."""

    def __init__(self, run: Callable[[Flow[None]], Any]) -> None:
        self._run = run

    async def begin(self, body: Body, fetching: Fetching) -> None:
        """Get the file ready, in a thread."""
        try:
            await self.work(partial(fetching.begin, body))
        except BaseException:
            await self.release(body.response)
            raise

    async def drain(self, body: Body, fetching: Fetching) -> None:
        """Take the body in batches, which are written in a thread."""
        stream = body.response.stream
        await self.begin(body, fetching)
        try:
            fetching.tell(body)
            if stream is None:
                await self._take(body, fetching, [body.response.content])
                return
            held: list[bytes] = []
            size = 0
            failure: APIConnectionError | None = None
            try:
                async for piece in stream:
                    held.append(piece)
                    size += len(piece)
                    if size >= _BATCH or len(piece) < _SHORT:
                        if not await self._take(body, fetching, held):
                            return
                        size = 0
            except APIConnectionError as exc:
                failure = exc
            await self._take(body, fetching, held)
            if failure is not None:
                raise failure
        finally:
            await self.release(body.response)

    async def _take(self, body: Body, fetching: Fetching, held: list[bytes]) -> bool:
        data = b"".join(held)
        held.clear()
        if data:
            await self.work(partial(fetching.take, body, data))
        return fetching.tell(body)

    async def work(self, function: Callable[[], object]) -> None:
        """Call it in a thread."""
        from anyio.to_thread import run_sync  # noqa: PLC0415  # blocking programs never need it

        await run_sync(function)

    async def release(self, response: Response) -> None:
        """Close the body."""
        if response.stream is not None:
            await response.stream.aclose()

    async def together(
        self, flows: Sequence[Flow[None]], fetching: Fetching
    ) -> BaseException | None:
        """Run each in a task of its own."""
        from anyio import create_task_group  # noqa: PLC0415  # as above

        errors: list[BaseException] = []

        async def run(flow: Flow[None]) -> None:
            try:
                await self._run(flow)
            except Exception as exc:
                fetching.stopped = True
                errors.append(exc)
                group.cancel_scope.cancel()

        async with create_task_group() as group:
            for flow in flows:
                group.start_soon(run, flow)
        return errors[0] if errors else None
