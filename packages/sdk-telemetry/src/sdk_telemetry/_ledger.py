"""The ledger: what became of events that go to one sink, or to several that do not agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from ._receipts import Receipt, Waiter

if TYPE_CHECKING:
    from .errors import TelemetryError
    from .sinks import Record

__all__ = ["Ledger"]

FAILED = "failed"


class Ledger:
    """
    Counts events, of which each is settled when all sinks have settled it.

    It has failed if one sink refused it for good, else it was dropped if one gave it up, else it
    was delivered. Events that another process left in the outbox have nobody who knows how many
    sinks they went to: each counts once for each sink that still has to get it.

    Args:
        sinks: How many there are.
        on_delivery: Told of each settled event.
        faults: Where errors of *on_delivery* are counted.
    """

    def __init__(
        self,
        sinks: int,
        on_delivery: Callable[[Receipt], object] | None,
        faults: Counter[str],
    ) -> None:
        self._sinks = sinks
        self._on_delivery = on_delivery
        self._faults = faults
        self._lock = Lock()
        # By number: how many sinks have to settle it, and the worst that one of them said.
        self._open: dict[int, tuple[int, str, TelemetryError | None]] = {}
        self._waiters: dict[int, tuple[Waiter, int]] = {}
        self.delivered = 0
        self.failed = 0
        self.dropped_by: Counter[str] = Counter()
        self._gone: Counter[str] = Counter()
        self.foreign = 0  # events that others had left in the outbox, and that are settled

    @property
    def several(self) -> bool:
        """Whether there are several sinks, so that this knows what is pending, and no sink does."""
        return self._sinks > 1

    @property
    def open(self) -> int:
        """Events that not all sinks have settled; only counted where there are several."""
        return len(self._open)

    def enter(self, records: Sequence[Record]) -> None:
        """Expect events to be settled by all sinks, before the first one can get them."""
        if self._sinks > 1:
            with self._lock:
                start = (self._sinks, "", None)
                self._open.update((record.number, start) for record in records)

    def wait(self, number: int, waiter: tuple[Waiter, int]) -> None:
        """Let somebody wait for an event."""
        self._waiters[number] = waiter

    def settle(
        self, records: Sequence[Record], reason: str = "", error: TelemetryError | None = None
    ) -> None:
        """
        Take down what became of events in one sink.

        Args:
            records: The events.
            reason: Empty: the sink confirmed them; ``failed``; or why they were given up.
            error: What it said.
        """
        if self._sinks > 1:
            for each, its_reason, its_error in self._closed(records, reason, error):
                self._count(1, its_reason)
                self._tell((each,), its_reason, its_error)
            return
        self._count(len(records), reason)
        self._tell(records, reason, error)

    def lose(self, reason: str, number: int = 1) -> None:
        """
        Take down events that are gone from the outbox of one sink, and do not say which they were.

        Where there are several sinks, that shows when these have nothing left; see `sweep`.
        """
        if self._sinks == 1:
            self._count(number, reason)
        else:
            with self._lock:
                self._gone[reason] += number

    @property
    def unsure(self) -> bool:
        """Whether events are gone, and it is not known which."""
        return bool(self._gone)

    def sweep(self, adopted: int) -> None:
        """
        Settle the events that are gone: those that no sink will settle any more.

        Args:
            adopted: How many the outbox had in the beginning, summed over the sinks.
        """
        with self._lock:
            ((reason, _),) = self._gone.most_common(1)
            self._gone.clear()
            failed = sum(worst == FAILED for _, worst, _ in self._open.values())
            self.failed += failed
            self.dropped_by[reason] += len(self._open) - failed + adopted - self.foreign
            self.foreign = adopted
            self._open.clear()

    def abandon(self, error: TelemetryError) -> None:
        """Let nobody wait any longer: the client is closed."""
        with suppress(KeyError):
            while True:
                _, (waiter, index) = self._waiters.popitem()
                waiter.settle(index, Receipt("", "closed", error))

    def _count(self, number: int, reason: str) -> None:
        with self._lock:
            if not reason:
                self.delivered += number
            elif reason == FAILED:
                self.failed += number
            else:
                self.dropped_by[reason] += number

    def _closed(
        self, records: Sequence[Record], reason: str, error: TelemetryError | None
    ) -> list[tuple[Record, str, TelemetryError | None]]:
        found = []
        with self._lock:
            for record in records:
                entry = self._open.get(record.number)
                if entry is None:
                    self.foreign += 1
                    found.append((record, reason, error))
                    continue
                left, worst, its_error = entry
                if reason and worst != FAILED and (not worst or reason == FAILED):
                    worst, its_error = reason, error
                if left > 1:
                    self._open[record.number] = (left - 1, worst, its_error)
                else:
                    del self._open[record.number]
                    found.append((record, worst, its_error))
        return found

    def _tell(self, records: Sequence[Record], reason: str, error: TelemetryError | None) -> None:
        if not self._waiters and self._on_delivery is None:
            return
        for record in records:
            receipt = Receipt(record.event_id, reason, error)
            self._answer(record, receipt)
            self.report(receipt)

    def _answer(self, record: Record, receipt: Receipt) -> None:
        waiter = self._waiters.pop(record.number, None)
        if waiter is not None:
            waiter[0].settle(waiter[1], receipt)

    def report(self, receipt: Receipt) -> None:
        """Tell `on_delivery` of an event that is settled."""
        if self._on_delivery is not None:
            try:
                self._on_delivery(receipt)
            except Exception:
                self._faults["on_delivery"] += 1
