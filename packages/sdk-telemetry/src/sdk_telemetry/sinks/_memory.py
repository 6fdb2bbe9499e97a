"""A sink that keeps events in memory: for tests of applications, and for a look at what they send."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Condition
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from ._contract import Done, Sink

if TYPE_CHECKING:
    from ..events import TelemetryEvent
    from ._records import Record

__all__ = ["MemorySink"]


class MemorySink(Sink):
    """
    Keep the newest events in memory, where a test can wait for them and read them.

    Unlike those of other sinks, its own methods (`wait`, `events`, `records`, `clear`) may be called
    by any thread. ::

        memory = MemorySink()
        with TelemetryClient(sinks=[memory], service_name="chat") as client:
            client.track("gpt-4o", prompt_tokens=12)
            assert memory.wait(1)
        assert memory.events[0].prompt.tokens == 12

    Args:
        max_events: How many are kept; then the oldest go, and `discarded` counts them.
        name: Its name in statistics and the outbox.

    Attributes:
        discarded: How many arrived and were discarded for newer ones.

    Raises:
        ConfigurationError: *max_events* is less than 1.
    """

    def __init__(self, *, max_events: int = 10_000, name: str = "memory") -> None:
        number: Any = max_events
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            msg = f"`max_events` of a memory sink must be a number >= 1, not {max_events!r}"
            raise ConfigurationError(msg)
        self.name = name
        self.max_events = max_events
        self._begin()

    def __repr__(self) -> str:
        return f"<MemorySink {self.name!r}: {len(self)} of {self.max_events}>"

    def __len__(self) -> int:
        return len(self._kept)

    def __bool__(self) -> bool:
        return True  # also an empty one is a sink

    @property
    def records(self) -> list[Record]:
        """What arrived, as it was delivered, oldest first."""
        with self._arrival:
            return list(self._kept)

    @property
    def events(self) -> list[TelemetryEvent]:
        """What arrived, oldest first."""
        return [record.event for record in self.records]

    def wait(self, count: int = 1, timeout: float = 5.0) -> bool:
        """
        Wait until *count* events have arrived since the beginning, or since `clear`.

        Args:
            count: How many; those that were discarded count, too.
            timeout: For how many seconds, at the most.

        Returns:
            Whether they have arrived.
        """
        with self._arrival:
            return self._arrival.wait_for(lambda: self._arrived >= count, timeout)

    def clear(self) -> None:
        """Forget all that arrived."""
        with self._arrival:
            self._kept.clear()
            self._arrived = self.discarded = 0

    def deliver(self, records: Sequence[Record], done: Done) -> int:
        """Keep them; see `Sink.deliver`."""
        with self._arrival:
            before = len(self._kept)
            self._kept.extend(records)
            self.discarded += before + len(records) - len(self._kept)
        done(records, None)  # first, so that who has waited finds it in the statistics, too
        with self._arrival:
            self._arrived += len(records)
            self._arrival.notify_all()
        return len(records)

    def close(self, timeout: float) -> None:  # there is nothing to wait for
        """Release nothing: what arrived can still be read."""

    def forget(self) -> None:
        """Begin anew in a forked child: the events are the parent's, and its lock may be held."""
        self._begin()

    def _begin(self) -> None:
        self._arrival = Condition()
        self._kept: deque[Record] = deque(maxlen=self.max_events)
        self._arrived = 0
        self.discarded = 0
