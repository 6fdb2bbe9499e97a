"""Work that goes on after the request that began it."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio.abc import TaskGroup

log = logging.getLogger("sdk_server")

Json = dict[str, Any]


class Job:
    """Follow one piece of work: what it has told so far, and whether it goes on."""

    def __init__(self) -> None:
        self.events: list[Json] = []
        self.done = False
        self.stopping = False
        self._scope = anyio.CancelScope()
        self._changed = anyio.Event()
        self._ended = anyio.Event()

    def tell(self, event: Json) -> None:
        """Add an event for all who follow."""
        self.events.append(event)
        self._wake()

    async def follow(self, start: int = 0) -> AsyncGenerator[Json, None]:
        """Yield the events from the place *start*, and further ones as they come."""
        while True:
            while start < len(self.events):
                yield self.events[start]
                start += 1
            if self.done:
                return
            await self._changed.wait()

    def stop(self) -> None:
        """Ask the work to end where it can; it looks at `stopping` from time to time."""
        self.stopping = True

    async def cancel(self) -> None:
        """Stop the work and wait until it has ended."""
        self._scope.cancel()
        await self._ended.wait()

    async def run(self, work: Callable[[Job], Awaitable[None]]) -> None:
        """Do the work; for `Jobs` alone."""
        try:
            with self._scope:
                await work(self)
        except Exception:
            log.exception("work in the background failed")
        finally:
            self.done = True
            self._wake()
            self._ended.set()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


class Jobs:
    """Do work in the background, by the identifier of the object that it is for."""

    def __init__(self, group: TaskGroup) -> None:
        self._group = group
        self._running: dict[str, Job] = {}

    def start(self, identity: str, work: Callable[[Job], Awaitable[None]]) -> Job:
        """Begin *work* and return how to follow it."""
        job = Job()
        self._running[identity] = job

        async def run() -> None:
            try:
                await job.run(work)
            finally:
                del self._running[identity]

        self._group.start_soon(run)
        return job

    @property
    def running(self) -> tuple[str, ...]:
        """The identifiers of the objects for which work is under way."""
        return tuple(self._running)

    def get(self, identity: str) -> Job | None:
        """Return the work that is under way for an object, `None` if there is none."""
        return self._running.get(identity)


@asynccontextmanager
async def open_jobs() -> AsyncIterator[Jobs]:
    """Do work until the block ends; what is under way then is cancelled."""
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        try:
            yield Jobs(group)
        except Exception as error:  # raised below, out of the group's wrapping
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
