"""What an outbox keeps, without threads: the file of this process, and what is known of it."""

from __future__ import annotations

import base64
import json
import logging
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, TypeVar
from weakref import finalize

from ._outbox_files import (
    DAMAGED,
    PAGE,
    FileFullError,
    OutboxFile,
    Row,
    is_malformed,
    put_aside,
    salvaged,
)
from ._outbox_rows import Piece, Wish, grouped, kept_of, placed
from .errors import OutboxError
from .sinks._records import Record

__all__ = ["Shelf", "Store", "Tally"]

_log = logging.getLogger("sdk_telemetry.outbox")

T = TypeVar("T")

_GROUP: Final = 2**20  # bytes of payloads in one transaction, more or less
_TAKEN: Final = 8 * 2**20  # bytes of payloads that are taken at once, more or less
_ROWS: Final = 500
_LARGE: Final = 4096  # pages; a file that is larger than this, and empty, is begun anew
_ASIDE: Final = os.O_CREAT | os.O_APPEND | os.O_WRONLY
_SPARE: Final = 64  # pages that may be needed to remove something


class Tally(NamedTuple):
    """
    What became of one sink's events beside what was settled, since this process began.

    Attributes:
        adopted: Taken over from processes that are gone.
        duplicates: Counted as kept by `Outbox.append`, but their ``event_id`` was there already.
        expired: Removed because they were older than ``max_age``.
        damaged: Removed because they were not what had been kept.
    """

    adopted: int = 0
    duplicates: int = 0
    expired: int = 0
    damaged: int = 0


class Shelf:
    """
    What is known of one sink's rows.

    Attributes:
        following: Number of the next row; none is used twice.
        waiting: How many events there are, and the bytes of their payloads.
        tally: What became of others.
        settled: Rows that could not be removed yet.
        unseen: How many more events are lost, which the next `Store.take` adds to the tally.
    """

    __slots__ = ("following", "settled", "tally", "unseen", "waiting")

    def __init__(self) -> None:
        self.following = 1
        self.waiting = (0, 0)
        self.tally = Tally()
        self.settled: set[int] = set()
        self.unseen = 0

    def change(self, events: int, size: int) -> None:
        """Note that so much came, or went."""
        self.waiting = self.waiting[0] + events, self.waiting[1] + size

    def count(self, **more: int) -> None:
        """Add to the tally."""
        old = self.tally._asdict()
        self.tally = self.tally._replace(**{name: old[name] + n for name, n in more.items()})


class Store:
    """
    The file of this process; see `Outbox` for the arguments.

    All methods but `close` raise `OutboxError` where the file cannot be used.
    """

    def __init__(
        self, directory: Path, *, max_bytes: int, max_age: float | None, fsync: bool
    ) -> None:
        self.directory = directory
        self.max_age = max_age
        self.fsync = fsync
        reserve = min(max_bytes // 4, 8 * 2**20)  # for the journal, twice as much as it should need
        self._pages = (max_bytes - reserve) // PAGE
        self._journal = reserve // 2 // PAGE
        self._group = min(_GROUP, reserve // 8)
        self._file: OutboxFile | None = None
        self._closing: finalize[..., Store] | None = None
        self._is_full = False
        self._is_stuck = False
        self.is_closed = False
        self.shelves: dict[str, Shelf] = {}

    @property
    def place(self) -> str:
        """The file, or where it would be."""
        return str(self.directory if self._file is None else self._file.path)

    def trouble(self, exc: BaseException) -> OutboxError:
        """Return the error that says that the file cannot be used, and why."""
        msg = f"the outbox {self.place} cannot be used: {exc}"
        return OutboxError(msg, path=self.place)

    def shelf(self, sink: str) -> Shelf:
        """Return what is known of a sink's rows."""
        return self.shelves.setdefault(sink, Shelf())

    def open(self) -> None:
        """Begin a file, if there is none, also after `close`."""
        if self.is_closed:
            self.is_closed = False
            self.shelves = {}  # what it left belongs to nobody now
        self.path()

    def path(self) -> Path:
        """Open the file, if it is not open, and return where it is."""
        return self._guarded(lambda file: file.path)

    def keep(self, wishes: Sequence[Wish]) -> None:
        """Do what is wished as far as there is room, and say in each wish how far that was."""
        for group in grouped(wishes, self._group):
            if not self._keep_some(group):
                break

    def take(self, sink: str, after: int, limit: int) -> list[tuple[int, Record]]:
        """See `Outbox.take`."""
        taken: list[tuple[int, Record]] = []
        size = 0
        while len(taken) < limit and size < _TAKEN:
            count = min(limit - len(taken), _ROWS)
            rows = self._read(sink, after, count)
            if not rows:
                break
            after = rows[-1][0]
            fresh = self._fresh(sink, rows)
            size += sum(len(record.payload) for _, record in fresh)
            taken += fresh
        shelf = self.shelf(sink)
        shelf.count(damaged=shelf.unseen)
        shelf.unseen = 0
        return taken

    def remove(self, sink: str, rows: Sequence[int]) -> None:
        """Remove rows; what cannot be removed now is removed with others, later."""
        shelf = self.shelf(sink)
        shelf.settled.update(rows)

        def delete(file: OutboxFile) -> tuple[int, int]:
            with file.spare(_SPARE), file.transaction():
                gone = file.delete(sink, list(shelf.settled))
            if gone[0] == self.events() and file.pages() > _LARGE:
                self._leave()
                file.remove()  # the next one is small
            return gone

        try:
            gone = self._guarded(delete)
        except (OutboxError, FileFullError) as exc:
            if not self._is_stuck:
                _log.warning("delivered events stay in the outbox for now, and may repeat: %s", exc)
            self._is_stuck = True
            return
        shelf.settled.clear()
        shelf.change(-gone[0], -gone[1])
        self._is_full = self._is_stuck = False

    def events(self) -> int:
        """Return how many events there are."""
        return sum(shelf.waiting[0] for shelf in list(self.shelves.values()))

    def close(self) -> None:
        """Let go of the file, and remove it if there is nothing in it."""
        self.is_closed = True
        file = self._file
        if file is not None:
            self._leave()
            with suppress(sqlite3.Error):  # as good as a kill, by which nothing is lost
                if self.events():
                    file.close()
                else:
                    file.remove()

    def _read(self, sink: str, after: int, limit: int) -> list[Row]:
        return self._guarded(lambda file: file.read(sink, after, limit))

    def _guarded(self, work: Callable[[OutboxFile], T]) -> T:
        """Do *work* with the file; one that is malformed is begun anew with what can be read."""
        try:
            try:
                return work(self._opened())
            except sqlite3.DatabaseError as exc:
                if self._file is None or not is_malformed(exc):
                    raise
                self._renew(self._file, exc)
                return work(self._opened())
        except (sqlite3.Error, OSError) as exc:
            raise self.trouble(exc) from exc

    def _opened(self) -> OutboxFile:
        if self.is_closed:
            msg = f"the outbox {self.place} is closed; open it, or make another one"
            raise OutboxError(msg, path=self.place)
        if self._file is None:
            _make(self.directory)
            self._file = OutboxFile.begin(
                self.directory, pages=self._pages, journal=self._journal, fsync=self.fsync
            )
            self._closing = finalize(self, self._file.close)
            self._closing.atexit = False
        return self._file

    def _leave(self) -> None:
        """Have no file any more; whoever calls closes it."""
        self._file = None
        assert self._closing is not None
        self._closing.detach()

    def _renew(self, old: OutboxFile, exc: sqlite3.DatabaseError) -> None:
        """Put the file aside, which is malformed, and begin another with what can be read of it."""
        self._leave()
        with suppress(sqlite3.Error):
            old.close()
        aside = put_aside(old.path)
        _log.warning("the outbox %s was damaged, and is now %s: %s", old.path, aside, exc)
        lost = {sink: shelf.waiting[0] - len(shelf.settled) for sink, shelf in self.shelves.items()}
        for shelf in self.shelves.values():
            shelf.waiting = (0, 0)
        try:
            for sink, rows in salvaged(aside):
                self._restore(sink, rows)
        finally:
            for sink, shelf in self.shelves.items():
                shelf.settled.clear()
                shelf.unseen += max(0, lost.get(sink, 0) - shelf.waiting[0])

    def _restore(self, sink: str, rows: list[Row]) -> None:
        """Add rows with the numbers that they had, by which sinks know them."""
        shelf, file = self.shelf(sink), self._opened()
        first, last = rows[0][0], rows[-1][0]
        with file.spare(_SPARE), file.transaction():
            left = (row for row in rows if row[0] not in shelf.settled)
            found = file.insert(sink, left, first, last - first + 1)
        shelf.change(*found)

    def _keep_some(self, group: list[Piece]) -> bool:
        """Keep rows as far as there is room; return whether there was enough."""
        if not self._is_full:
            if self._keep(group):
                return True
            # Until something is removed, unless the rows fit one by one.
            self._is_full = any(self._keep_first(*piece) < piece[2] for piece in group)
        return not self._is_full

    def _keep_first(self, wish: Wish, start: int, stop: int) -> int:
        """Keep as many rows as there is room for; return where the rest begins."""
        step = stop - start
        while step and start < stop:
            end = min(start + step, stop)
            if self._keep([(wish, start, end)]):
                start = end
            else:
                step //= 2
        return start

    def _keep(self, group: list[Piece]) -> bool:
        """Keep rows; return whether there was room for all of them, else none is kept."""

        def insert(file: OutboxFile) -> list[tuple[int, int]]:
            following = {wish.sink: self.shelf(wish.sink).following for wish, _, _ in group}
            added = []
            with file.transaction():
                for wish, start, stop in group:
                    first, count = following[wish.sink], stop - start
                    rows = placed(wish.rows[start:stop], first)
                    added.append(file.insert(wish.sink, rows, first, count))
                    following[wish.sink] += count
            return added

        try:
            results = self._guarded(insert)
        except FileFullError:
            return False
        for (wish, start, stop), (count, size) in zip(group, results, strict=True):
            shelf = self.shelf(wish.sink)
            shelf.following += stop - start
            shelf.change(count, size)
            wish.kept = stop
            wish.added += count
            if wish.adopted:
                shelf.count(adopted=count)
            elif count < stop - start:
                shelf.count(duplicates=stop - start - count)
        return True

    def _fresh(self, sink: str, rows: list[Row]) -> list[tuple[int, Record]]:
        """Return what is to be sent of rows, and remove those that never will be."""
        shelf = self.shelf(sink)
        fresh: list[tuple[int, Record]] = []
        expired: list[int] = []
        damaged: list[Row] = []
        for row in rows:
            found = None if row[0] in shelf.settled else kept_of(row)
            if found is not None and not self._is_old(found[1]):
                fresh.append((row[0], found[0]))
            elif found is not None:
                expired.append(row[0])
            elif row[0] not in shelf.settled:
                damaged.append(row)
        if damaged:
            self._put_aside(sink, damaged)
        if damaged or expired:
            shelf.count(expired=len(expired), damaged=len(damaged))
            self.remove(sink, [*expired, *(row[0] for row in damaged)])
        return fresh

    def _is_old(self, kept: int) -> bool:
        return self.max_age is not None and time.time_ns() - kept > self.max_age * 1e9

    def _put_aside(self, sink: str, rows: list[Row]) -> None:
        """Write what is damaged into a file beside the outbox, for whoever may make sense of it."""
        path = f"{self.place}{DAMAGED}-rows"
        _log.warning("%d events in the outbox were damaged, and are now in %s", len(rows), path)
        with (
            suppress(OSError),
            os.fdopen(os.open(path, _ASIDE, 0o600), "a", encoding="utf-8") as file,
        ):
            for row in rows:
                said = [base64.b64encode(b).decode() if isinstance(b, bytes) else b for b in row]
                file.write(json.dumps([sink, *said]) + "\n")


def _make(directory: Path) -> None:
    """Make the directory, if there is none, and refuse one where others can put files."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix" and directory.stat().st_mode & stat.S_IWOTH:
        msg = "anybody may write this directory; choose one that is yours alone"
        raise PermissionError(msg)
