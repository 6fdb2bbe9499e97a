"""Waking a task of asyncio from another thread."""

from __future__ import annotations

import asyncio
from contextlib import suppress

__all__ = ["Wake"]


class Wake:
    """One task waits in it, on the loop that it was made in; any thread may ring it, once."""

    __slots__ = ("_future", "_loop")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[None] = self._loop.create_future()

    def ring(self) -> None:
        """Wake the task; nothing happens if its loop is closed."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._set)

    def _set(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    async def wait(self, timeout: float | None) -> bool:
        """Wait until it rings, for *timeout* seconds at the most; return whether it has."""
        if timeout is not None:
            timeout = max(timeout, 0.0)
        await asyncio.wait([self._future], timeout=timeout)
        return self._future.done()
