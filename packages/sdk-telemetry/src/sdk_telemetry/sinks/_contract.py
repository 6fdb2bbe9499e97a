"""What a sink is: the whole contract is on this screen, but for the `Record` that it is handed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from ..errors import SendError
    from ._records import Record

__all__ = ["Done", "Sink"]


Done: TypeAlias = "Callable[[Sequence[Record], SendError | None], None]"
"""Told what became of records: None for those that arrived."""


class Sink(ABC):
    """
    Where events go. Each sink of a client has a queue and a thread of its own.

    All methods but the constructor are called by that one thread, so a sink needs no locks, may
    block, and can be as slow as it is without holding up the application or another sink. Options
    that cannot work are refused by the constructor (`ConfigurationError`), which connects to nothing.

    Attributes:
        name: Its name in statistics, logs and the outbox; unique within a client.
        max_bytes: The largest payload that it takes; None for any.
        batch: How many records it is handed at once, at the most.
        in_flight: How many records may be unconfirmed at once.
    """

    name: str
    max_bytes: int | None = None
    batch: int = 500
    in_flight: int = 10_000

    @abstractmethod
    def deliver(self, records: Sequence[Record], done: Done) -> int:
        """
        Begin to deliver records, in their order.

        *done* must be called once for each record that was taken, by this thread: during this call,
        or during a later `poll`, `flush` or `close`. A record whose error is ``retryable`` is handed
        in again, in order with the others that were not confirmed.

        Returns:
            How many of them, from the first, were taken; fewer than all when there is no room yet.
        """

    def poll(self, timeout: float) -> None:  # noqa: B027  # many sinks have nothing to do here
        """Let confirmations come in; return after the first, or after *timeout* seconds."""

    def flush(self, timeout: float) -> None:  # noqa: B027  # many sinks have nothing to do here
        """Send now what waits for company, and wait at most *timeout* seconds for confirmations."""

    def close(self, timeout: float) -> None:  # noqa: B027  # many sinks have nothing to do here
        """Release what it holds, within *timeout* seconds; what is unconfirmed has failed by then."""

    def forget(self) -> None:  # noqa: B027  # many sinks have nothing to do here
        """Drop, in a forked child, what belongs to the parent, without closing it."""
