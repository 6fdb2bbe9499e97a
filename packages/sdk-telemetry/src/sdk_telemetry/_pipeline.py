"""
The pipeline: what is between a call of `track` and the lanes of the sinks.

`track` only appends to a queue. No lock is in its way: it may be called by a signal handler, or by
the garbage collector, in the middle of anything. A thread of this client does the rest.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event, RLock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from ._flushes import Flush
from ._lanes import Lane
from ._ledger import Ledger
from ._losses import Losses
from ._processes import watch_pool
from ._queues import Bell, Tally
from ._receipts import Receipt
from .errors import OutboxError, QueueFullError, SinkClosedError
from .stats import Stats

if TYPE_CHECKING:
    from ._fields import Fields
    from ._options import Options
    from ._stages import Stages
    from .errors import InvalidEventError, TelemetryError
    from .outbox import Outbox
    from .sinks import Record, Sink

__all__ = ["Pipeline"]

_BATCH: Final = 500  # events that are done without letting another thread in
_POLL: Final = 0.005  # seconds between two looks into the queue, while events come
_IDLE: Final = 0.1  # the same while none come
_SHARE: Final = 8  # the part of a queue that is filled before the thread is woken at once
_CLOSE: Final = object()

_WAITER: Final = 20  # where an entry has who waits for it: Fields.waiter
_SIZE: Final = 18  # and its size: Fields.size


class Pipeline:
    """
    The queue, the thread and the lanes of one client, in this process.

    Args:
        sinks: Where events go.
        options: Bounds, and what to do at them.
        stages: Makes the stages, with what is told of events that become no record, and of who
            waits for one.
        outbox: Where events wait on the disk; None: nowhere.
        on_delivery: Told what became of each event.

    Attributes:
        queue: What `track` wrote down.
        size: About how many bytes that holds.
        alarm: How long the queue may get before `admit` is asked; -1 until the thread runs.
        alarm_size: How large it may get.
        count: Called for each event.
    """

    def __init__(
        self,
        sinks: Sequence[Sink],
        options: Options,
        stages: Callable[..., Stages],
        outbox: Outbox | None = None,
        on_delivery: Callable[[Receipt], object] | None = None,
    ) -> None:
        self._sinks = tuple(sinks)
        self._options = options
        self._make_stages = stages
        self._outbox = outbox
        self._on_delivery = on_delivery
        self._ended = False
        self._reset()

    def _reset(self) -> None:
        """Begin with nothing; in a forked child, too, where all that was belongs to the parent."""
        self.queue: deque[Any] = deque()
        self.size = 0
        self.alarm = -1
        self.alarm_size = self._options.max_bytes // _SHARE
        self._accepted = Tally()
        self.count = self._accepted.add
        self._refusals: dict[str, Tally] = {
            reason: Tally()
            for reason in ("closed", "intercepted", "invalid", "queue_full", "sampled_out")
        }
        self._options.faults.clear()
        self._ledger = Ledger(len(self._sinks), self._on_delivery, self._options.faults)
        self._lanes = tuple(
            Lane(sink, self._ledger, self._options, self._outbox) for sink in self._sinks
        )
        self._losses = Losses()
        self._stages: Stages | None = None
        self._lock = RLock()  # of a step; an interceptor may call `track`, which may be a step
        self._starting = RLock()
        self._bell = Bell()
        self._room = Bell()
        self._thread: Thread | None = None
        self._busy = 0  # events that are between the queue and the lanes
        self._handing = False
        self._closing: float | None = None
        self._closed = Event()
        self._on_closed: deque[Callable[[], object]] = deque()

    # What callers do.

    def admit(self, entry: tuple[Any, ...]) -> bool:
        """Take an event where `track` cannot just append it; return whether it was taken."""
        if self._ended:
            return self._refuse(entry, "closed")
        if self._thread is None:
            self.start()
        if self._options.durable:
            return self._keep(entry)
        if self._has_room():
            self._bell.ring()
            self._set_alarm(1)
        elif not self._make_room():
            return self._refuse(entry, "queue_full")
        self.size += entry[_SIZE]
        self.queue.append(entry)
        return True

    def admit_waiting(self, entries: Sequence[tuple[Any, ...]]) -> None:
        """Take events that somebody waits for: at once."""
        for entry in entries:
            self.count()
            self.admit(entry)
        self._bell.ring()

    def refuse_unread(self) -> None:
        """Count an event that is none: not even its length can be asked."""
        self._refusals["invalid"].add()

    @property
    def names(self) -> list[str]:
        """The sinks'."""
        return [sink.name for sink in self._sinks]

    def _refuse(self, entry: tuple[Any, ...], reason: str) -> bool:
        self._refusals[reason].add()
        waiter = entry[_WAITER]
        if waiter is not None:
            if reason == "closed":
                error: TelemetryError = SinkClosedError("the client is closed")
            else:
                msg = "the queue has no room: raise `max_events` or `max_bytes`, or choose another `on_full`"
                error = QueueFullError(msg, queue="client")
            waiter[0].settle(waiter[1], Receipt("", reason, error))
        return False

    def _make_room(self) -> bool:
        """Do as `on_full` says; return whether there is room now."""
        on_full = self._options.on_full
        if on_full == "drop_oldest":
            return self._drop_oldest()
        if on_full == "block":
            return self._wait_for_room()
        if on_full == "spill":
            # Who calls writes the oldest events to the disk: the thread that should is too slow.
            self._step(_BATCH, patience=1.0)
        return self._has_room()

    def _has_room(self) -> bool:
        options = self._options
        return len(self.queue) < options.max_events and self.size < options.max_bytes

    def _drop_oldest(self) -> bool:
        try:
            oldest = self.queue.popleft()
        except IndexError:  # the thread has just made room
            return True
        if oldest.__class__ is not tuple:
            self.queue.appendleft(oldest)
            return False
        self.size -= oldest[_SIZE]
        self._refuse(oldest, "queue_full")
        return True

    def _wait_for_room(self) -> bool:
        until = monotonic() + self._options.block_timeout
        while (left := until - monotonic()) > 0 and not self._ended:
            self._bell.ring()
            self._room.wait(min(left, _IDLE))
            if self._has_room():
                self._room.ring()  # there may be room for the next one who waits, too
                return True
        return False

    def _keep(self, entry: tuple[Any, ...]) -> bool:
        """Do all that comes before the disk at once; return whether the disk has it."""
        with self._lock:
            self._begin()
            self._busy += 1
            records = self._made([entry])
            return bool(records) and self._hand_over(records)

    def start(self) -> None:
        """Start the thread, unless it runs; the first event does, and whoever waits for one."""
        with self._starting:
            if self._thread is not None or self._ended:
                return
            thread = Thread(target=self._run, name="telemetry-pipeline", daemon=True)
            try:
                # All now: a program may end before the first of them has begun.
                for lane in self._lanes:
                    lane.start()
                thread.start()
            except RuntimeError:  # the interpreter ends; what comes now is counted as `closed`
                return
            self._thread = thread
        watch_pool()
        self._set_alarm(_SHARE)

    def flush(self, until: float, wake: Callable[[], object]) -> None:
        """Call *wake* when all that was accepted is settled, or given up at *until* (monotonic)."""
        if self._thread is None or self._closed.is_set():
            wake()
            return
        self.queue.append(Flush(until, wake))
        self._bell.ring()

    def begin_close(self, until: float) -> None:
        """
        Take no more events, and end by *until* (monotonic seconds).

        It waits for nobody and takes no lock, so that the garbage collector can call it.
        """
        if self._closed.is_set():
            return
        self._ended = True
        self.alarm = -1
        self._closing = until if self._closing is None else min(until, self._closing)
        for lane in self._lanes:
            lane.hurry()
        if self._thread is None:
            self._end()
            return
        self.queue.append(_CLOSE)
        self._bell.ring()
        self._room.ring()

    def when_closed(self, wake: Callable[[], object]) -> None:
        """Call *wake* once it has closed."""
        self._on_closed.append(wake)
        if self._closed.is_set():
            self._tell_closed()

    def wait_closed(self, timeout: float) -> bool:
        """Wait until it has closed, for *timeout* seconds at the most."""
        return self._closed.wait(max(timeout, 0.0))

    def forked(self) -> None:
        """Leave to the parent what is the parent's, and begin with nothing."""
        if self._outbox is not None:
            self._outbox.forget()
        for sink in self._sinks:
            sink.forget()
        self._reset()
        if self._ended:
            self._closed.set()

    @property
    def pending(self) -> int:
        """Events that are not settled, counted where they are."""
        waiting = len(self.queue) + self._busy
        if not self._ledger.several:
            return waiting + self._lanes[0].pending
        adopted = sum(lane.adopted for lane in self._lanes)
        if self._ledger.unsure:
            self._sweep(adopted)
        return waiting + self._ledger.open + adopted - self._ledger.foreign

    def _sweep(self, adopted: int) -> None:
        """Settle events that are gone from the outbox, if it is certain that no sink has them."""
        if self._lock.acquire(blocking=False):
            try:
                if not self._handing and not any(lane.pending for lane in self._lanes):
                    self._ledger.sweep(adopted)
            finally:
                self._lock.release()

    def stats(self) -> Stats:
        """Return what became of all events."""
        pending = self.pending
        sinks = {lane.sink.name: lane.stats() for lane in self._lanes}
        dropped = Counter({reason: tally.value for reason, tally in self._refusals.items()})
        ledger = self._ledger
        return Stats(
            accepted=self._accepted.value + sum(sink.adopted for sink in sinks.values()),
            delivered=ledger.delivered,
            failed=ledger.failed,
            dropped_by=dict(+(dropped + ledger.dropped_by)),
            pending=pending,
            faults=dict(self._options.faults),
            sinks=sinks,
        )

    # What the thread does.

    def _run(self) -> None:
        with self._lock:
            self._begin()
        pause = _POLL
        while True:
            done = self._step(_BATCH)
            if self._closing is not None and not self.queue:
                break
            if self._losses.due():
                self._losses.tell(self.stats())
            if done:
                pause = _POLL
                # With little to do it is cheaper to wait for some company.
                if done < _BATCH // 10:
                    self._rest(pause)
            elif self._rest(pause):
                pause = _POLL
            else:
                pause = min(pause * 1.5, _IDLE)
        self._end()

    def _rest(self, pause: float) -> bool:
        """Wait until somebody rings, for *pause* seconds at the most; return whether it was so."""
        self._set_alarm(_SHARE)
        rung = self._bell.wait(pause)
        self._set_alarm(1)
        return rung

    def _set_alarm(self, share: int) -> None:
        """Have `admit` asked when a *share* of the queue is full: to wake the thread, or for room."""
        self.alarm_size = self._options.max_bytes // share
        self.alarm = max(self._options.max_events // share, 1)
        if (
            self._ended or self._options.durable or self._thread is None
        ):  # last: it may just have ended
            self.alarm = -1

    def _begin(self) -> None:
        """Open what this process needs, once."""
        if self._stages is not None:
            return
        opened = True
        if self._outbox is not None:
            try:
                self._outbox.open()
                self._outbox.adopt()
            except OutboxError:
                self._options.faults["outbox"] += 1
                opened = False
        self._stages = self._make_stages(refused=self._refused, waits=self._ledger.wait)
        for lane in self._lanes:
            lane.begin(adopted=opened)

    def _step(self, limit: int, patience: float = -1.0) -> int:
        """Take the oldest events through the stages; return how many entries there were."""
        if not self._lock.acquire(timeout=patience):
            return 0
        try:
            self._begin()
            left = done = min(len(self.queue), limit)
            while left:
                entries, mark = self._taken(left)
                self._pass_on(entries)
                left -= len(entries) + 1
                if mark is None:  # these were all
                    break
                self._mark(mark)
            return done
        finally:
            self._lock.release()

    def _taken(self, limit: int) -> tuple[list[tuple[Any, ...]], Any]:
        """Take events from the queue up to a mark, and the mark; None if there was none."""
        popleft = self.queue.popleft
        entries: list[tuple[Any, ...]] = []
        mark = None
        self._busy += limit  # first, and too many: an event that nobody counts would be lost
        with suppress(IndexError):  # who called dropped the oldest
            for _ in range(limit):
                entry = popleft()
                if entry.__class__ is not tuple:
                    mark = entry
                    break
                entries.append(entry)
        self._busy -= limit - len(entries)
        return entries, mark

    def _pass_on(self, entries: list[tuple[Any, ...]]) -> None:
        if entries:
            size = sum([entry[_SIZE] for entry in entries])
            self.size -= size
            self._room.ring()
            records = self._made(entries)
            if records:
                self._hand_over(records)

    def _made(self, entries: list[Any]) -> list[Record]:
        assert self._stages is not None
        return self._stages.records(entries)

    def _hand_over(self, records: list[Record]) -> bool:
        self._ledger.enter(records)
        self._busy -= len(records)  # first: who hears of one may look at the sums at once
        self._handing = True
        kept = [lane.push(records) for lane in self._lanes]
        self._handing = False
        return all(kept)

    def _mark(self, mark: Any) -> None:
        if isinstance(mark, Flush):
            mark.expect(len(self._lanes))
            for lane in self._lanes:
                lane.flush(mark)

    def _refused(self, fields: Fields, reason: str, error: InvalidEventError | None) -> None:
        """Take down that an event becomes no record."""
        self._busy -= 1
        self._refusals[reason].add()
        receipt = Receipt(str(fields.event_id or ""), reason, error)
        if fields.waiter is not None:
            waiter, index = fields.waiter
            waiter.settle(index, receipt)
        if error is not None:
            self._ledger.report(receipt)

    def _end(self) -> None:
        """Close all lanes, and give up what came too late."""
        assert self._closing is not None
        if self._stages is not None:
            for lane in self._lanes:
                lane.close(self._closing)
            for lane in self._lanes:
                lane.join(self._closing - monotonic() + _IDLE)
        while self.queue:
            entry = self.queue.popleft()
            if entry.__class__ is tuple:
                self._refuse(entry, "closed")
            elif isinstance(entry, Flush):
                entry.wake()
        if self._outbox is not None and self._stages is not None:
            self._outbox.close()
        self._ledger.abandon(
            SinkClosedError("the client was closed before the event was confirmed")
        )
        self._losses.tell(self.stats())
        self._closed.set()
        self._tell_closed()

    def _tell_closed(self) -> None:
        with suppress(IndexError):
            while True:
                self._on_closed.popleft()()
