"""Meters: they count what has been transferred, and tell whoever wants to know."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .typing import Progress


class Meter:
    """
    Counts bytes and tells how many there are; several threads may count.

    Args:
        progress: Told the bytes so far, and of how many.
        label: What a display calls it, such as the name of a file.
        total: All bytes; None if that is not known.
    """

    def __init__(self, progress: Progress | None, label: str, total: int | None = None) -> None:
        self._tell = None
        if progress is not None:
            from .progress import display  # noqa: PLC0415  # few transfers tell

            self._tell = display(progress, label)
        self._lock = Lock()
        self._done = 0
        self._total = total

    def advance(self, count: int) -> None:
        """Count *count* more bytes."""
        self.measure(lambda: (self._done + count, self._total))

    def measure(self, now: Callable[[], tuple[int, int | None]]) -> None:
        """Tell how many bytes there are *now*, and of how many, if that is news."""
        with self._lock:  # so that nobody is told the older news later
            done, total = now()
            news, self._done = done != self._done, done
            if news and self._tell is not None:
                self._tell(done, total)

    def close(self) -> None:
        """Say that it is over, to those that want to know."""
        if (close := getattr(self._tell, "close", None)) is not None:
            close()
