"""Backlogs: what one lane has on the disk, and how far it has read there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from .errors import OutboxError

if TYPE_CHECKING:
    from .outbox import Outbox
    from .sinks import Record

__all__ = ["Backlog"]

_MANY: Final = 500  # rows that are settled together


class Backlog:
    """
    One sink's part of an outbox. The lock of the lane is held by whoever appends or takes.

    Args:
        outbox: The outbox; None: there is none, and nothing can be appended.
        name: The sink's.
        gone: Told of records that never will be sent: why, and how many.
        faults: Where errors of the disk are counted.

    Attributes:
        behind: Rows may wait that were not taken yet.
        adopted: How many rows there were in the beginning.
        written: How many there were since, these included.
        read: How many of them were taken.
        spilled: How many were appended.
        replayed: How many were taken to be sent, some more than once.
    """

    def __init__(
        self,
        outbox: Outbox | None,
        name: str,
        gone: Callable[[str, int], None],
        faults: Counter[str],
    ) -> None:
        self._outbox = outbox
        self._name = name
        self._gone = gone
        self._faults = faults
        self._rows: dict[int, int] = {}  # of records in memory, by their numbers
        self._landed: set[int] = set()  # rows that can leave the outbox
        self._cursor = 0
        self._frozen: int | None = None
        self.behind = False
        self.adopted = self.written = self.read = self.spilled = self.replayed = 0

    def __bool__(self) -> bool:
        return self._outbox is not None

    def __contains__(self, number: int) -> bool:
        return number in self._rows

    @property
    def in_memory(self) -> int:
        """Records that are on the disk, and were taken into memory as well."""
        return len(self._rows)

    @property
    def waiting(self) -> int:
        """Records on the disk that are not settled."""
        if self._frozen is not None:
            return self._frozen
        if self._outbox is None:
            return 0
        return self._outbox.waiting(self._name)[0] - len(self._landed)

    def begin(self) -> None:
        """Find what is there already."""
        self.adopted = self.written = self.waiting
        self.behind = self.adopted > 0

    def append(self, records: Sequence[Record]) -> tuple[int, str]:
        """Write records; return how many, from the first, are kept, and why not all."""
        if self._outbox is None or not records:
            return 0, "outbox_full"
        known = self._outbox.tally(self._name).duplicates
        try:
            kept = self._outbox.append(self._name, records)
        except OutboxError:
            self._faults["outbox"] += 1
            return 0, "outbox_failed"
        repeated = self._outbox.tally(self._name).duplicates - known
        if repeated:
            # The same event, which somebody handed in twice, is there once.
            self._gone("duplicate", repeated)
        self.spilled += kept - repeated
        self.written += kept - repeated
        self.behind = self.behind or kept > repeated
        return kept, "outbox_full"

    def take(self, limit: int) -> list[Record] | None:
        """Read the next records; None if the disk does not let us."""
        assert self._outbox is not None
        before = self._outbox.tally(self._name)
        try:
            page = self._outbox.take(self._name, self._cursor, limit)
        except OutboxError:
            self._faults["outbox"] += 1
            return None
        after = self._outbox.tally(self._name)
        gone = {
            "expired": after.expired - before.expired,
            "corrupt": after.damaged - before.damaged,
        }
        for reason, number in gone.items():
            if number:
                self._gone(reason, number)
        self.read += len(page) + sum(gone.values())
        if not page:
            self.behind = False
            return []
        self._cursor = page[-1][0]
        fresh = [(row, record) for row, record in page if row not in self._landed]
        self._rows.update((record.number, row) for row, record in fresh)
        self.replayed += len(fresh)
        return [record for _, record in fresh]

    def land(self, number: int) -> bool:
        """Take down that a record is settled; return whether it is on the disk."""
        row = self._rows.pop(number, None)
        if row is not None:
            self._landed.add(row)
        return row is not None

    def leave(self, *, now: bool) -> None:
        """Take off the disk what is settled, *now* or when it is worth it."""
        if self._landed and self._outbox is not None and (now or len(self._landed) > _MANY):
            landed, self._landed = self._landed, set()
            self._outbox.settle(self._name, sorted(landed))

    def rewind(self) -> None:
        """Leave on the disk alone what is in memory as well; it will be taken again."""
        self.leave(now=True)  # before it would be
        self.read -= len(self._rows)
        if self._rows:
            self._cursor = min(self._rows.values()) - 1
            self.behind = True
            self._rows.clear()

    def freeze(self) -> None:
        """Look at the disk for the last time: others may read it from now on."""
        self._rows.clear()
        self.leave(now=True)
        self._frozen = self.waiting
