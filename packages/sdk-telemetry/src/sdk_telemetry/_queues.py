"""What threads hand over with, without a lock in the way of who calls `track`."""

from __future__ import annotations

from itertools import count
from threading import Lock

__all__ = ["Bell", "Tally"]


class Bell:
    """
    Wakes one thread; may be rung by any, also by one that a signal or the garbage collector
    interrupted while it rang, for it never waits to ring.
    """

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = Lock()
        self._lock.acquire()

    def ring(self) -> None:
        """Wake who waits, or who waits next."""
        try:
            self._lock.release()
        except RuntimeError:  # it has rung, and nobody came yet
            return

    def wait(self, timeout: float) -> bool:
        """Wait until it rings, for *timeout* seconds at the most; return whether it has."""
        return self._lock.acquire(timeout=timeout)


class Tally:
    """A number that any thread may raise by one, without a lock: `add` is one call into C."""

    __slots__ = ("_lock", "_looks", "add")

    def __init__(self) -> None:
        self.add = count().__next__
        self._looks = 0
        self._lock = Lock()

    @property
    def value(self) -> int:
        """How often it was raised. Looking raises it as well, which is taken off."""
        with self._lock:
            self._looks += 1
            return self.add() - self._looks + 1
