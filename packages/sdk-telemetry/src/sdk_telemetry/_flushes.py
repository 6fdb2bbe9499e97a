"""Wishes that what was handed in is settled."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

__all__ = ["Flush"]


class Flush:
    """
    A wish that all that was handed in until now is settled.

    Args:
        wake: Called once, when it is.
    """

    __slots__ = ("_left", "_lock", "until", "wake")

    def __init__(self, until: float, wake: Callable[[], object]) -> None:
        self.until = until
        self.wake = wake
        self._left = 0
        self._lock = Lock()

    def expect(self, lanes: int) -> None:
        """Wait for so many lanes."""
        self._left = lanes

    def done(self) -> None:
        """Take down that one lane has settled all."""
        with self._lock:
            self._left -= 1
            last = self._left == 0
        if last:
            self.wake()
