"""
The outbox: events wait on the disk, where neither an absent broker nor a crash loses them.

::

    outbox = Outbox("/var/lib/chat/outbox", max_bytes=256 * 2**20)
    client = TelemetryClient(brokers=["kafka:9092"], outbox=outbox)

Each process has a file of its own in the directory, which it keeps locked; the files of processes
that are gone are taken over (`Outbox.adopt`). What was kept survives the end of the process, a kill
-9 too; the end of the machine only with ``fsync=True``. Events may arrive twice, with the same
``event_id``. The directory must be on a local disk: network file systems do not lock well.
"""

from __future__ import annotations

import logging
import math
import os
import sqlite3
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from threading import RLock
from typing import Any, Final
from weakref import WeakSet

from ._outbox_files import OutboxFile, Row, is_malformed, orphans, put_aside, salvaged
from ._outbox_rows import Loose, Wish, loose
from ._outbox_store import Store, Tally
from .errors import ConfigurationError, OutboxError
from .sinks._records import Record

__all__ = ["Outbox", "Tally"]

_log = logging.getLogger("sdk_telemetry.outbox")

_LEAST: Final = 2**20  # bytes


class Outbox:
    """
    Keep records on the disk until their sinks have them. Threads may share it.

    Args:
        directory: Where; made if it does not exist, for its owner alone. Processes may share it,
            but not one that anybody may write, as ``/tmp``.
        max_bytes: How large the file of this process may become, with its journal; >= 1 MiB.
        max_age: Seconds after which an event is not sent any more; None: never.
        fsync: Have the disk itself keep what is kept, so that it survives the end of the machine. A
            group of events then takes milliseconds.

    Raises:
        ConfigurationError: An option is out of range.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        max_bytes: int = 2**30,
        max_age: float | None = None,
        fsync: bool = False,
    ) -> None:
        _check(max_bytes, max_age)
        self.directory = Path(directory).absolute()
        self.max_bytes = max_bytes
        self.max_age = max_age
        self.fsync = fsync
        self.forget()
        _living.add(self)

    def __repr__(self) -> str:
        return f"<Outbox: {self._store.events()} in {self.directory}>"

    @property
    def sinks(self) -> list[str]:
        """The sinks for which something is waiting."""
        return [name for name, shelf in list(self._store.shelves.items()) if shelf.waiting[0]]

    def open(self) -> None:
        """
        Begin the file of this process. The other methods do so, too, until `close`.

        Raises:
            OutboxError: It cannot be made, or anybody may write the directory.
        """
        with self._lock:
            self._store.open()

    def append(self, sink: str, records: Sequence[Record]) -> int:
        """
        Keep records. What several threads want kept at the same time goes to the disk together.

        Args:
            sink: The name of the sink which they are for.
            records: They are kept in their order.

        Returns:
            How many of them, from the first, are kept: not all when the outbox is full. One whose
            ``event_id`` is there already counts as kept, and in `Tally.duplicates`.

        Raises:
            OutboxError: None is kept: the disk is full or broken, or may not be written.
        """
        now = time.time_ns()
        wish = Wish(sink, [loose(record, now) for record in records])
        self._wishes.append(wish)
        with self._lock:
            if not wish.settled:  # another thread may have granted it along with its own
                self._grant()
        if wish.fault is not None:
            raise OutboxError(wish.fault, path=self._store.place)
        return wish.kept

    def take(self, sink: str, after: int, limit: int) -> list[tuple[int, Record]]:
        """
        Read records, which stay until they are settled.

        Rows that are not what was kept are put aside, into a file beside the outbox; they and the
        expired ones are removed and counted.

        Args:
            sink: Whose.
            after: Only rows with a greater number; 0 for all.
            limit: How many, at the most; fewer when they are large.

        Returns:
            Numbers and records, oldest first; nothing only when there is nothing more.

        Raises:
            OutboxError: They cannot be read.
        """
        with self._lock:
            return self._store.take(sink, after, limit)

    def settle(self, sink: str, rows: Sequence[int]) -> None:
        """
        Remove what its sink has, or has refused for ever.

        It raises nothing: what the disk does not let go now is removed by one of the next calls,
        and is not taken again before.

        Args:
            sink: Whose.
            rows: The numbers, as of `take`.
        """
        with self._lock:
            if rows and not self._store.is_closed:
                self._store.remove(sink, rows)

    def waiting(self, sink: str) -> tuple[int, int]:
        """Return how many events wait for a sink, and the bytes of their payloads."""
        shelf = self._store.shelves.get(sink)
        if shelf is None:
            return 0, 0
        events, size = shelf.waiting
        return max(0, events - len(shelf.settled)), size

    def tally(self, sink: str) -> Tally:
        """Return what became of a sink's events otherwise."""
        shelf = self._store.shelves.get(sink)
        return Tally() if shelf is None else shelf.tally

    def adopt(self) -> int:
        """
        Take over what processes have left that are gone. It goes behind what is here already.

        What one of them left is put into the order of `Record.number`.

        Files that cannot be read are left, or put aside (``.damaged``), with a warning
        (``sdk_telemetry.outbox``). When this outbox is full, the rest stays for the next time.

        Returns:
            How many events were gained.

        Raises:
            OutboxError: What was found cannot be kept.
        """
        with self._lock:
            own = self._store.path()
        return sum(self._adopt(path) for path in orphans(self.directory, own))

    def close(self) -> None:
        """Let go of the file, and remove it if nothing waits in it."""
        with self._lock:
            self._store.close()

    def forget(self) -> None:
        """Leave the file to the parent, in a forked child, which begins one of its own."""
        self._lock = RLock()
        self._wishes: deque[Wish] = deque()
        self._store = Store(
            self.directory, max_bytes=self.max_bytes, max_age=self.max_age, fsync=self.fsync
        )

    def _grant(self) -> None:
        """Do for all callers that wait what they want."""
        wishes: list[Wish] = []
        while self._wishes:
            wishes.append(self._wishes.popleft())
        fault: str | None = None
        try:
            self._store.keep(wishes)
        except OutboxError as exc:
            fault = str(exc)
        finally:
            for wish in wishes:
                wish.settled = True
                if wish.rows and not wish.kept:
                    wish.fault = fault

    def _adopt(self, path: Path) -> int:
        """Take over one file, if its owner is gone; return how many events were gained."""
        try:
            with self._lock:
                orphan = OutboxFile.orphan(path)
            return 0 if orphan is None else self._empty(orphan)
        except (sqlite3.Error, OSError) as exc:
            if not is_malformed(exc):
                _log.warning("the outbox %s cannot be taken over now: %s", path, exc)
                return 0
            aside = put_aside(path)
            _log.warning("the outbox %s was damaged, and is now %s: %s", path, aside, exc)
        return self._salvage(aside)

    def _empty(self, orphan: OutboxFile) -> int:
        gained = 0
        try:
            for sink in orphan.sinks:
                with self._lock:
                    groups = orphan.groups(sink)
                for group in groups:
                    with self._lock:  # for a group, so that others need not wait for all
                        rows = orphan.fetch(sink, group)
                        wish = self._gain(sink, rows)
                        with orphan.transaction():
                            orphan.delete(sink, [row[0] for row in rows[: wish.kept]])
                    gained += wish.added
                    if wish.kept < len(rows):
                        return gained
            with self._lock:
                orphan.remove()
        finally:
            orphan.close()
        return gained

    def _salvage(self, aside: Path) -> int:
        with self._lock:
            return sum(self._gain(sink, rows).added for sink, rows in salvaged(aside))

    def _gain(self, sink: str, rows: Sequence[Row]) -> Wish:
        """Keep rows of another file, damaged ones, too: they are found out when they are taken."""
        found: list[Loose] = [
            # what is damaged may be of any kind
            (event_id, number, head, payload if isinstance(payload, bytes) else b"", crc)  # type: ignore[redundant-expr]
            for _, event_id, number, head, payload, crc in rows
        ]
        wish = Wish(sink, found, adopted=True)
        self._wishes.append(wish)
        self._grant()
        if wish.fault is not None:
            raise OutboxError(wish.fault, path=self._store.place)
        return wish


def _check(max_bytes: Any, max_age: Any) -> None:
    if isinstance(max_bytes, bool) or not isinstance(max_bytes, int) or max_bytes < _LEAST:
        msg = f"`max_bytes` of an outbox must be a number of bytes >= {_LEAST}, not {max_bytes!r}"
        raise ConfigurationError(msg)
    if max_age is None:
        return
    is_number = isinstance(max_age, int | float) and not isinstance(max_age, bool)
    if not is_number or not 0 < max_age < math.inf:
        msg = f"`max_age` of an outbox must be a number of seconds > 0, or None, not {max_age!r}"
        raise ConfigurationError(msg)


_living: WeakSet[Outbox] = WeakSet()
_held: list[RLock] = []


def _hold() -> None:
    """Keep all threads out of SQLite while this one forks: the child would wait for its locks."""
    for outbox in list(_living):
        lock = outbox._lock  # noqa: SLF001  # our own
        lock.acquire()
        _held.append(lock)


def _let_go() -> None:
    while _held:
        _held.pop().release()


def _forget_all() -> None:
    _held.clear()
    for outbox in list(_living):
        outbox.forget()


_at_fork = getattr(os, "register_at_fork", lambda **_: None)  # Windows does not fork
_at_fork(before=_hold, after_in_parent=_let_go, after_in_child=_forget_all)
