"""Receipts: what became of one event, for who waits for it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .errors import TelemetryError

__all__ = ["Receipt", "Waiter"]


class Receipt(NamedTuple):
    """
    What became of one event.

    Attributes:
        event_id: Its UUID, by which duplicates are recognised; empty if it never got one.
        reason: Empty if all sinks confirmed it; ``failed`` if one refused it for good; else the
            reason of `Stats.dropped_by` by which it was given up.
        error: What was wrong; None for events that arrived, and those left out by your own rule.
    """

    event_id: str
    reason: str = ""
    error: TelemetryError | None = None

    @property
    def delivered(self) -> bool:
        """Whether all sinks confirmed it."""
        return not self.reason


class Waiter:
    """
    Waits for the receipts of some events.

    Args:
        count: How many.
        wake: Called once, by whatever thread, when the last has come.
    """

    __slots__ = ("_left", "_lock", "_wake", "receipts")

    def __init__(self, count: int, wake: Callable[[], object]) -> None:
        self.receipts: list[Receipt | None] = [None] * count
        self._left = count
        self._wake = wake
        self._lock = Lock()

    def settle(self, index: int, receipt: Receipt) -> None:
        """Take the receipt of one event; a second one for the same is ignored."""
        with self._lock:
            if self.receipts[index] is not None:
                return
            self.receipts[index] = receipt
            self._left -= 1
            last = self._left == 0
        if last:
            self._wake()
