"""Wires whose messages are read as they come, so that a slow reader holds nobody up."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from ._inbox import Inbox, Overflow
from ._websocket import Data, PolicyViolationError, Wire
from .errors import APITimeoutError

if TYPE_CHECKING:
    from ._messages import Request

_TOO_SLOW = "messages came faster than they were read"


def silence(request: Request, timeout: float | None) -> APITimeoutError:
    """Return the error for a wait that was too long."""
    return APITimeoutError(request, message=f"no message came within {timeout} s")


class BufferedWire:
    """A connection that a thread of its own reads; the thread ends with the connection."""

    def __init__(self, wire: Wire, request: Request, size: int, overflow: Overflow) -> None:
        self._wire = wire
        self._request = request
        self._inbox: Inbox[Data] = Inbox(size, overflow)
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, name="sdk-core websocket", daemon=True)
        self._reader.start()

    @property
    def subprotocol(self) -> str | None:
        """What the server chose."""
        return self._wire.subprotocol

    @property
    def dropped(self) -> int:
        """How many messages were thrown away."""
        return self._inbox.dropped

    def _read(self) -> None:
        try:
            while True:
                data = self._wire.recv(None)
                with self._changed:
                    if not self._inbox.put(data):
                        break
                    self._changed.notify()
        except Exception as exc:  # whoever asks for the next message gets it
            self._end(exc)
        else:
            self._end(PolicyViolationError(1008, _TOO_SLOW, request=self._request))
            closing = threading.Thread(target=self._wire.close, args=(1008, _TOO_SLOW), daemon=True)
            closing.start()
            with suppress(Exception):  # the goodbye stands behind what nobody wants any more
                while True:
                    self._wire.recv(None)
            closing.join()

    def _end(self, error: Exception) -> None:
        with self._changed:
            self._inbox.ended = error
            self._changed.notify_all()

    def recv(self, timeout: float | None) -> Data:
        """Return the oldest message that was kept."""
        inbox = self._inbox
        with self._changed:
            if not self._changed.wait_for(lambda: len(inbox) or inbox.ended, timeout):
                raise silence(self._request, timeout)
            if len(inbox):
                return inbox.take()
            assert inbox.ended is not None
            raise inbox.ended

    def send(self, data: Data) -> None:
        """Send a message."""
        self._wire.send(data)

    def close(self, code: int, reason: str) -> None:
        """Say that it is over."""
        self._wire.close(code, reason)
        self._reader.join()


class AsyncBufferedWire:
    """A connection that a task of its own reads; the task ends with the connection."""

    def __init__(self, wire: Wire, request: Request, size: int, overflow: Overflow) -> None:
        self._wire = wire
        self._request = request
        self._inbox: Inbox[Data] = Inbox(size, overflow)
        self._changed = asyncio.Event()
        self._reader = asyncio.get_running_loop().create_task(self._read())

    @property
    def subprotocol(self) -> str | None:
        """What the server chose."""
        return self._wire.subprotocol

    @property
    def dropped(self) -> int:
        """How many messages were thrown away."""
        return self._inbox.dropped

    async def _read(self) -> None:
        try:
            while self._inbox.put(await self._wire.recv(None)):
                self._changed.set()
        except Exception as exc:  # as above
            self._end(exc)
        else:
            self._end(PolicyViolationError(1008, _TOO_SLOW, request=self._request))
            closing = asyncio.ensure_future(self._wire.close(1008, _TOO_SLOW))
            with suppress(Exception):  # as above
                while True:
                    await self._wire.recv(None)
            await closing

    def _end(self, error: Exception) -> None:
        self._inbox.ended = error
        self._changed.set()

    async def recv(self, timeout: float | None) -> Data:
        """Return the oldest message that was kept."""
        inbox = self._inbox
        try:
            async with asyncio.timeout(timeout):
                while not len(inbox) and inbox.ended is None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise silence(self._request, timeout) from None
        if len(inbox):
            return inbox.take()
        assert inbox.ended is not None
        raise inbox.ended

    async def send(self, data: Data) -> None:
        """Send a message."""
        await self._wire.send(data)

    async def close(self, code: int, reason: str) -> None:
        """Say that it is over."""
        await self._wire.close(code, reason)
        await self._reader
