"""Lanes: one for each sink, with a queue and a thread of its own, so that none holds up another."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Sequence
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Final

from ._backlogs import Backlog
from ._excuses import excuse
from ._flushes import Flush
from ._ledger import FAILED, Ledger
from ._queues import Bell
from .errors import SendError, SinkAuthenticationError, SinkClosedError
from .stats import SinkStats

if TYPE_CHECKING:
    from ._options import Options
    from .outbox import Outbox
    from .sinks import Record, Sink

__all__ = ["Lane"]

_PAUSE: Final = 0.1  # seconds until a sink is tried again, doubled each time
_LONGEST_PAUSE: Final = 30.0
_LONGEST_ASKED: Final = 300.0
_POLL: Final = 0.02  # seconds that a sink may wait for confirmations while more may come
_FLUSH: Final = 0.1  # the same, for one that is told to hurry
_IDLE: Final = 1.0
_STRIKES: Final = 3  # how often a record that makes its sink raise is tried alone
_OUTSIDE = (OSError, SendError)  # what sinks raise when it is not the record that is wrong


class Lane:
    """
    Hands records to one sink: in order, again when it is worth it, and to the disk when it is away.

    The thread of the pipeline calls `push`; all that touches the sink is done by the lane's own.

    Args:
        sink: The sink.
        ledger: Told what became of each record.
        options: Bounds of the queue, and what to do when it is full.
        outbox: Where records wait that have no room, or whose sink is away; None for nowhere.
    """

    def __init__(
        self, sink: Sink, ledger: Ledger, options: Options, outbox: Outbox | None = None
    ) -> None:
        self.sink = sink
        self._name = sink.name
        self._ledger = ledger
        self._options = options
        self._mendable = () if outbox is None else SinkAuthenticationError  # they can wait for that
        self._backlog = Backlog(outbox, sink.name, self._is_gone, options.faults)
        self._lock = Lock()  # of what `push` and the lane's thread both touch
        self._bell = Bell()
        self._room = Bell()
        self._thread: Thread | None = None
        self._begun = Event()
        self._arriving = 0  # `push` has them, and looks for room
        self._inbox: deque[Record] = deque()
        self._again: deque[Record] = deque()  # before all others: the sink gave them back
        self._flying: dict[int, Record] = {}  # the sink has them; in the order of handing in
        self._bounced: set[int] = set()  # those of them that it will not confirm
        self._bytes = 0  # of payloads in memory that are in no outbox
        self._misses = 0  # attempts that failed, since the last that did not
        self._next_try = 0.0
        self._asked = 0.0  # seconds that the sink asks not to be tried again
        self._struck: tuple[int, int] = (0, 0)
        self._refused = False  # the sink had no room for all that it was handed
        self._flushes: list[tuple[Flush, int, int]] = []
        self._last = 0  # the highest number handed in
        self._closing: float | None = None
        self._hurried = self._ending = self._closed = False
        self._accepted = self._delivered = self._failed = 0
        self._retried = self._faults = 0
        self._dropped_by: Counter[str] = Counter()
        self._last_error = ""

    # What other threads call.

    def start(self) -> None:
        """
        Start the thread, which waits for `begin`.

        Raises:
            RuntimeError: The interpreter ends, and starts no threads any more.
        """
        self._thread = Thread(target=self._run, name=f"telemetry-{self._name}", daemon=True)
        self._thread.start()

    def begin(self, *, adopted: bool) -> None:
        """Begin to work; what the outbox has *adopted* is sent first."""
        if adopted:
            self._backlog.begin()
            self._accepted += self._backlog.adopted
        self._begun.set()

    @property
    def adopted(self) -> int:
        """Records that were in the outbox when it began."""
        return self._backlog.adopted

    def push(self, records: Sequence[Record]) -> bool:
        """
        Take records, in their order.

        Returns:
            Whether they are kept: in durable mode, in the outbox.
        """
        lost: list[tuple[str, list[Record]]] = []
        most = self.sink.max_bytes
        count = len(records)
        self._accepted += count
        self._arriving = count
        if most is not None and max([len(each.payload) for each in records]) > most:
            lost.append(("too_large", [each for each in records if len(each.payload) > most]))
            records = [each for each in records if len(each.payload) <= most]
        if self._options.on_full == "block":
            self._wait_for_room(records)
        with self._lock:
            if records:
                self._last = records[-1].number
                if self._closed:
                    lost.append(("closed", list(records)))
                elif self._backlog and (
                    self._backlog.behind
                    or self._misses
                    or self._options.durable
                    or self._full(records)
                ):
                    lost += self._spill(records)
                else:
                    lost += self._store(records, "queue_full")
            self._arriving = 0
            self._count_lost(lost)
        self._bell.ring()
        self._give_up(lost)
        return not lost

    def flush(self, flush: Flush) -> None:
        """Call ``flush.done`` when all that was pushed is settled."""
        with self._lock:
            self._flushes.append((flush, self._last, self._backlog.written))
            self._next_try = 0.0
        self._bell.ring()

    def close(self, until: float) -> None:
        """Settle what can be until then (monotonic seconds), keep the rest if there is an outbox, and end."""
        self._closing = until
        self._bell.ring()

    def hurry(self) -> None:
        """Let nobody wait for room any more: it will close."""
        self._hurried = True
        self._room.ring()

    def join(self, timeout: float) -> None:
        """Wait for the thread to end."""
        if self._thread is not None:
            self._thread.join(max(timeout, 0.0))

    @property
    def pending(self) -> int:
        """Records that are not settled, counted where they are."""
        in_memory = len(self._inbox) + len(self._again) + len(self._flying)
        return self._arriving + in_memory + self._backlog.waiting - self._backlog.in_memory

    def stats(self) -> SinkStats:
        """Return what became of the records."""
        backlog = self._backlog
        return SinkStats(
            accepted=self._accepted,
            delivered=self._delivered,
            failed=self._failed,
            dropped_by=dict(self._dropped_by),
            pending=self.pending,
            in_flight=len(self._flying),
            outbox=backlog.waiting,
            retried=self._retried,
            spilled=backlog.spilled,
            replayed=backlog.replayed,
            adopted=backlog.adopted,
            faults=self._faults,
            away=self._misses > 0,
            last_error=self._last_error,
        )

    # Room.

    def _full(self, records: Sequence[Record]) -> bool:
        return (
            self._load() + len(records) > self._options.max_events
            or self._bytes + _size(records) > self._options.max_bytes
        )

    def _load(self) -> int:
        return len(self._inbox) + len(self._flying) + len(self._again)

    def _wait_for_room(self, records: Sequence[Record]) -> None:
        """Let the pipeline wait, and with it who calls: nothing is given up."""
        while not self._hurried and self._load() and self._full(records):
            self._room.wait(_IDLE)

    def _store(self, records: Sequence[Record], reason: str) -> list[tuple[str, list[Record]]]:
        """Keep records in memory as far as there is room, and return who has to go."""
        options = self._options
        if options.on_full == "block" or not self._full(records):
            self._inbox.extend(records)
            self._bytes += _size(records)
            return []
        gone: list[Record] = []
        for record in records:
            size = len(record.payload)
            while self._load() >= options.max_events or self._bytes + size > options.max_bytes:
                if options.on_full != "drop_oldest" or not self._inbox:
                    gone.append(record)
                    break
                oldest = self._inbox.popleft()
                self._bytes -= len(oldest.payload)
                gone.append(oldest)
            else:
                self._inbox.append(record)
                self._bytes += size
        return [(reason, gone)] if gone else []

    def _count_lost(self, lost: list[tuple[str, list[Record]]]) -> None:
        for reason, records in lost:
            self._dropped_by[reason] += len(records)

    def _give_up(self, lost: list[tuple[str, list[Record]]]) -> None:
        """Tell of records that were given up; without the lock, for who hears may call anything."""
        for reason, records in lost:
            self._ledger.settle(records, reason, excuse(reason, records, self.sink))

    # The outbox.

    def _spill(self, records: Sequence[Record]) -> list[tuple[str, list[Record]]]:
        """Write what waits in memory and *records* to the disk, in order; return who has to go."""
        waiting = [*self._inbox, *records]
        kept, reason = self._backlog.append(waiting)
        if not kept:
            left: Sequence[Record] = records
        else:
            for _ in range(min(kept, len(self._inbox))):
                self._bytes -= len(self._inbox.popleft().payload)
            left = waiting[kept:]
            left = left[len(self._inbox) :]
        if left and self._options.durable:
            return [(reason, list(left))]
        return self._store(left, reason) if left else []

    def _park(self) -> list[tuple[str, list[Record]]]:
        """Write to the disk what is in memory: the sink is away."""
        backlog = self._backlog
        if not backlog:
            return []
        if not backlog.behind:
            # Nothing on the disk is newer than what the sink gave back, so that it can go there.
            direct = [each for each in self._again if each.number not in backlog]
            kept, _ = backlog.append(direct)
            gone = {each.number for each in direct[:kept]}
            self._bytes -= _size(direct[:kept])
            self._again = deque(each for each in self._again if each.number not in gone)
        if len(self._again) == backlog.in_memory:
            self._again.clear()
            backlog.rewind()
        return self._spill(()) if self._inbox and backlog.behind else []

    def _is_gone(self, reason: str, number: int) -> None:
        """Take down records that the outbox will not give back."""
        self._dropped_by[reason] += number
        self._ledger.lose(reason, number)

    # The lane's thread.

    def _run(self) -> None:
        self._begun.wait()
        while True:
            now = monotonic()
            if self._closing is not None and self._over(now):
                break
            progress = self._hand_in(now)
            self._backlog.leave(now=not progress)
            if self._flushes:
                self._check_flushes(now)
            if self._flying or self._refused:
                self._listen(now, progress=progress)
            elif not progress:
                self._bell.wait(self._pause(now))
        self._finish()

    def _listen(self, now: float, *, progress: bool) -> None:
        """Let the sink confirm what it has."""
        until = min([flush.until for flush, _, _ in self._flushes], default=None)
        if self._closing is not None:
            until = self._closing if until is None else min(until, self._closing)
        more = not self._misses and (self._inbox or self._again or self._backlog.behind)
        try:
            if until is not None and not more:
                self.sink.flush(min(_FLUSH, max(until - now, 0.0)))
            else:
                self.sink.poll(0.0 if progress else _POLL)
        except Exception as error:
            self._fault(error)
            self._bell.wait(_POLL)

    def _pause(self, now: float) -> float:
        """Return how long there is nothing to do."""
        until = now + _IDLE
        if self._misses or self._next_try > now:
            until = min(until, self._next_try)
        if self._closing is not None:
            until = min(until, self._closing)
        return max(until - now, 0.001)

    def _hand_in(self, now: float) -> bool:
        """Hand in what comes next, if it may; return whether the sink took any."""
        self._refused = False
        if self._bounced:
            if len(self._bounced) < len(self._flying):
                return False  # order: first all that is on the way has to come to rest
            self._rewind(now)
        if now < self._next_try or (self._misses and self._flying):
            return False
        room = self.sink.in_flight - len(self._flying)
        # A sink that was away gets one record, to show that it is back.
        records = self._next(min(1 if self._misses else self.sink.batch, room)) if room > 0 else []
        if not records:
            return False
        self._flying.update(zip([each.number for each in records], records, strict=True))
        try:
            taken = self.sink.deliver(records, self._done)
        except Exception as error:
            self._raised(records, error, now)
            return False
        self._refused = taken < len(records)
        if self._refused:
            self._put_back(records[taken:])
        return taken > 0

    def _next(self, limit: int) -> list[Record]:
        """Return what comes next: what was given back, then what is on the disk, then the inbox."""
        if self._again:
            return [self._again.popleft() for _ in range(min(limit, len(self._again)))]
        with self._lock:
            if self._backlog.behind:
                taken = self._backlog.take(limit)
                if taken is None:  # the disk may be better later
                    self._next_try = monotonic() + _IDLE
                return taken or []
            inbox = self._inbox
            return [inbox.popleft() for _ in range(min(limit, len(inbox)))]

    def _put_back(self, records: Sequence[Record]) -> None:
        pop = self._flying.pop
        back = [each for each in records if pop(each.number, None) is not None]
        self._bounced.difference_update(each.number for each in back)
        self._again.extendleft(reversed(back))

    def _rewind(self, now: float) -> None:
        """Begin again with the earliest that was not confirmed, after a pause."""
        records = list(self._flying.values())
        self._retried += len(records)
        self._put_back(records)
        self._miss(now)

    def _miss(self, now: float) -> None:
        self._misses += 1
        pause = min(_LONGEST_PAUSE, _PAUSE * 2 ** min(self._misses - 1, 16))
        pause *= random.uniform(0.5, 1.0)
        self._next_try = now + max(pause, min(self._asked, _LONGEST_ASKED))
        self._asked = 0.0
        with self._lock:
            lost = self._park()
            self._count_lost(lost)
        self._give_up(lost)

    def _raised(self, records: list[Record], error: Exception, now: float) -> None:
        """Take back what a sink was handed when it raised; a record that always does so has failed."""
        self._fault(error)
        first = records[0]
        if not isinstance(error, _OUTSIDE) and len(records) == 1:
            strikes = self._struck[1] + 1 if self._struck[0] == first.number else 1
            self._struck = (first.number, strikes)
            if strikes >= _STRIKES and first.number in self._flying:
                msg = f"the sink {self._name} raised {type(error).__name__}"
                self._done(records, SendError(msg, sink=self._name))
                return
        self._put_back(records)
        self._retried += len(records)
        self._miss(now)

    def _fault(self, error: Exception) -> None:
        self._faults += 1
        self._last_error = str(error) if isinstance(error, SendError) else type(error).__name__

    def _done(self, records: Sequence[Record], error: SendError | None) -> None:
        """Take down what the sink says of records."""
        flying = self._flying
        if error is not None:
            self._last_error = str(error)
            self._asked = max(self._asked, getattr(error, "retry_after", None) or 0.0)
            waits = error.retryable or isinstance(error, self._mendable)
            if waits or (self._ending and isinstance(error, SinkClosedError)):
                self._bounced.update(each.number for each in records if each.number in flying)
                return
        pop = flying.pop
        records = [each for each in records if pop(each.number, None) is not None]
        backlog = self._backlog
        with self._lock:
            if backlog.in_memory:
                direct = [each for each in records if not backlog.land(each.number)]
                self._bytes -= _size(direct)
            else:
                self._bytes -= _size(records)
            if error is None:
                self._delivered += len(records)
                self._misses = 0
                self._next_try = 0.0
            else:
                self._failed += len(records)
        if self._bounced:
            self._bounced.difference_update(each.number for each in records)
        self._room.ring()
        self._ledger.settle(records, FAILED if error else "", error)

    def _check_flushes(self, now: float) -> None:
        waiting = []
        with self._lock:
            flushes, self._flushes = self._flushes, []
        for flush, last, written in flushes:
            if flush.until <= now or self._settled(last, written):
                flush.done()
            else:
                waiting.append((flush, last, written))
        with self._lock:
            self._flushes += waiting

    def _settled(self, last: int, written: int) -> bool:
        """Whether no record up to a number, and no row up to a count, is left."""
        if self._backlog.behind and self._backlog.read < written:
            return False
        oldest = next(iter(self._flying), last + 1)
        if self._again:
            oldest = min(oldest, self._again[0].number)
        with self._lock:
            if self._inbox:
                oldest = min(oldest, self._inbox[0].number)
        return oldest > last

    # The end.

    def _over(self, now: float) -> bool:
        """Whether it is time to close: all is settled, or no more will be in time."""
        assert self._closing is not None
        left = self._closing - now
        if left <= 0 or not self.pending:
            return True
        if self._backlog:
            return self._misses > 0  # what it cannot take now, another client will bring
        return self._misses > 0 and self._next_try > self._closing

    def _finish(self) -> None:
        """Close the sink; what is left goes to the outbox, or is given up."""
        assert self._closing is not None
        self._closed_by_sink()
        with self._lock:
            self._put_back(list(self._flying.values()))
            lost = self._park()
            waiting = (*self._again, *self._inbox)
            left = [each for each in waiting if each.number not in self._backlog]
            left = left[self._backlog.append(left)[0] :]
            self._again.clear()
            self._inbox.clear()
            self._bytes = 0
            self._backlog.freeze()
            self._closed = True
            lost += [("closed", left)] if left else []
            self._count_lost(lost)
        self._give_up(lost)
        for flush, _, _ in self._flushes:
            flush.done()

    def _closed_by_sink(self) -> None:
        assert self._closing is not None
        self._ending = True
        try:
            self.sink.close(max(self._closing - monotonic(), 0.0))
        except Exception as error:
            self._fault(error)


def _size(records: Sequence[Record]) -> int:
    return sum([len(each.payload) for each in records])
