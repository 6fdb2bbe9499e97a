"""Messages that wait for a connection. Sans-IO, and safe between threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from threading import Lock

from .errors import WebSocketQueueFullError

__all__ = ["Outbox"]


class Outbox:
    """
    Keeps what is sent while a connection is being made, in order and up to so many bytes.

    Args:
        max_bytes: How many.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: deque[str | bytes] = deque()
        self._holding = False
        self._lock = Lock()

    def hold(self) -> None:
        """Keep from now on what is sent."""
        with self._lock:
            self._holding = True

    def release(self) -> None:
        """Keep no more of it; what is kept stays until there is a connection."""
        with self._lock:
            self._holding = False

    def admits(self, data: str | bytes) -> bool:
        """
        Keep *data* if there is no connection; return whether it is kept.

        Raises:
            WebSocketQueueFullError: There is no room for it.
        """
        with self._lock:
            if self._holding:
                self._put(data)
            return self._holding

    def put(self, data: str | bytes) -> None:
        """
        Keep *data*.

        Raises:
            WebSocketQueueFullError: There is no room for it.
        """
        with self._lock:
            self._put(data)

    def _put(self, data: str | bytes) -> None:
        size = _size(data)
        if self._bytes + size > self._max_bytes:
            msg = (
                f"{self._bytes} bytes wait for a connection, and {size} more are too many; "
                f"`max_queue_size` is {self._max_bytes}"
            )
            raise WebSocketQueueFullError(msg)
        self._kept.append(data)
        self._bytes += size

    def left(self) -> Iterator[str | bytes]:
        """
        Yield what is kept, the oldest first; each goes once the next one is asked for.

        After the last one it is released, with nobody in between who might keep another.
        """
        while True:
            with self._lock:
                if not self._kept:
                    self._holding = False
                    return
                data = self._kept[0]
            yield data
            with self._lock:
                if self._kept and self._kept[0] is data:  # nobody drained it meanwhile
                    self._take()

    def drain(self) -> list[str | bytes]:
        """Return what is kept, and keep nothing."""
        with self._lock:
            self._holding = False
            return [self._take() for _ in range(len(self._kept))]

    def _take(self) -> str | bytes:
        data = self._kept.popleft()
        self._bytes -= _size(data)
        return data


def _size(data: str | bytes) -> int:
    return len(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
