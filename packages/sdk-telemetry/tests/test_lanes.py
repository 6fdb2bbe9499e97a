"""Lanes: rare moments between a queue, an outbox and a sink, brought about one at a time."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections import Counter
from collections.abc import Sequence
from multiprocessing import process, util
from pathlib import Path
from typing import Any

import pytest

from sdk_telemetry import _processes
from sdk_telemetry._ledger import Ledger
from sdk_telemetry._loops import Wake
from sdk_telemetry._receipts import Receipt, Waiter
from sdk_telemetry.clients import TelemetryClient
from sdk_telemetry.errors import OutboxError
from sdk_telemetry.outbox import Outbox
from sdk_telemetry.sinks import Done, Record, Sink

from ._scripted import AWAY, REFUSED, Driven, ScriptedSink, event


class TwoWays(Sink):
    """Refuses the first of its first records for now, and confirms the others only later."""

    name = "two-ways"

    def __init__(self, first: int) -> None:
        self.first = first
        self.arrived: list[Record] = []
        self.waiting: list[tuple[Record, Done]] = []
        self.polls = 0
        self.handed: list[list[str]] = []

    def deliver(self, records: Sequence[Record], done: Done) -> int:
        """Keep them until a poll."""
        self.handed.append([record.event.model for record in records])
        self.waiting += [(record, done) for record in records]
        if self.first and len(self.waiting) >= self.first:
            self.first = 0
            record, done = self.waiting.pop(0)
            done([record], AWAY)
        return len(records)

    def poll(self, timeout: float) -> None:
        """Confirm all at every third call."""
        self.polls += 1
        if self.first == 0 and self.polls % 3 == 0:
            for record, done in self.waiting:
                self.arrived.append(record)
                done([record, record], None)  # a second word about a record changes nothing
            self.waiting.clear()

    def flush(self, timeout: float) -> None:
        """Poll."""
        self.poll(timeout)

    def close(self, timeout: float) -> None:
        """Confirm what is left."""
        self.polls = 2
        self.poll(timeout)


def test_nothing_is_handed_in_while_what_failed_waits_for_its_neighbours(colour: str) -> None:
    """The lane lets all that is on the way come to rest before it begins again."""
    sink = TwoWays(first=3)
    with Driven(colour, sink) as client:
        for number in range(3):
            client.track(str(number))
        client.drain()
        while not sink.handed or sink.first:
            client.flush(0.01)
        client.track("3")
        assert client.flush() == 0
        assert [record.event.model for record in sink.arrived] == ["1", "2", "0", "3"]
        assert client.stats().delivered == 4


def test_records_of_the_disk_and_of_memory_may_be_on_the_way_together(tmp_path: Path) -> None:
    """Each is counted where it is, until it is settled."""
    sink = ScriptedSink(way=AWAY)
    with Driven("sync", sink, outbox=tmp_path) as client:
        for number in range(5):
            client.track(str(number))
        client.drain()
        while client.stats().sinks["scripted"].outbox < 5:
            client.flush(0.01)
        sink.each = lambda _: "confirm"
        while client.stats().sinks["scripted"].away:
            client.flush(0.01)
        sink.each = None
        sink.say("hold")
        for number in range(5, 10):
            client.track(str(number))
        client.drain()
        client.flush(0.05)
        assert client.stats().delivered + client.stats().pending == 10
        sink.say("confirm")
        assert client.flush() == 0
        assert sorted(sink.models) == [str(number) for number in range(10)]


def test_what_is_left_in_memory_goes_to_the_disk_at_the_end(tmp_path: Path) -> None:
    """Also when newer events are on the disk already; the next client brings all in order."""
    sink = ScriptedSink(way="hold", in_flight=3)
    with Driven("sync", sink, outbox=tmp_path, max_events=3) as client:
        for number in range(8):
            client.track(str(number))
            client.drain()
        sink.until(lambda sink: sink.held == 3)
        assert client.close(0.2) == 8
    after = ScriptedSink()
    with Driven("sync", after, outbox=tmp_path) as client:
        client.track("8")
        assert client.flush() == 0
        assert after.models == [str(number) for number in range(9)]


def test_a_disk_that_cannot_be_read_for_a_while_is_read_later(tmp_path: Path) -> None:
    """The error is counted, and the events wait."""

    class Fickle(Outbox):
        faults = 1

        def take(self, *args: Any, **options: Any) -> Any:
            if self.faults:
                self.faults -= 1
                msg = "the test's disk"
                raise OutboxError(msg)
            return super().take(*args, **options)

    sink = ScriptedSink()
    with Driven("sync", sink, outbox=Fickle(tmp_path), durable=True) as client:
        client.track("gpt")
        assert client.flush() == 0
        assert client.stats().faults == {"outbox": 1}
        assert len(sink.arrived) == 1


def test_what_comes_after_a_lane_has_closed_is_dropped() -> None:
    """It is counted as every other record."""
    sink = ScriptedSink(way="hold")
    with Driven("sync", sink) as client:
        client.track("gpt")
        client.drain()
        sink.until(lambda sink: sink.held)
        client.close(0.1)
        (lane,) = client.client._pipeline._lanes
        record = Record(1, "id", b"{}")
        assert not lane.push([record])
        assert lane.stats().dropped_by == {"closed": 2}


def test_a_lane_that_was_never_started_has_no_thread_to_wait_for() -> None:
    """`join` returns at once."""
    client = TelemetryClient(sinks=[ScriptedSink()])
    (lane,) = client._pipeline._lanes
    lane.join(10.0)


def test_the_oldest_that_is_gone_already_makes_room() -> None:
    """The thread of the pipeline may be quicker than who wants to drop the oldest event."""
    client = TelemetryClient(sinks=[ScriptedSink()], on_full="drop_oldest")
    pipeline = client._pipeline
    assert pipeline._drop_oldest()
    pipeline.queue.append("a wish to flush")
    assert not pipeline._drop_oldest()
    assert len(pipeline.queue) == 1


def test_who_helps_does_not_wait_for_ever(tmp_path: Path) -> None:
    """Where another thread is in the middle of a step for long, the event is dropped."""
    client = TelemetryClient(sinks=[ScriptedSink()], outbox=tmp_path)
    client._pipeline._lock = Held()  # type: ignore[assignment]  # what is asked of a lock is all there
    assert client._pipeline._step(1, patience=0.0) == 0


def test_who_calls_helps_where_the_thread_is_too_slow(tmp_path: Path) -> None:
    """With an outbox, a full queue is emptied by who would have to drop an event."""
    client = TelemetryClient(sinks=[ScriptedSink()], outbox=tmp_path, max_events=2)
    client._pipeline._thread = object()  # type: ignore[assignment]  # as if it ran, and did nothing
    assert all(client.track("gpt") for _ in range(7))
    assert client.stats().accepted == client.stats().pending == 7
    assert len(client._pipeline.queue) <= 2
    client._pipeline._thread = None
    client.close(0.0)


def test_room_is_passed_on_to_the_next_who_waits() -> None:
    """Who found some rings for the others."""
    client = TelemetryClient(sinks=[ScriptedSink()], on_full="block")
    pipeline = client._pipeline
    pipeline._room.ring()
    assert pipeline._wait_for_room()
    assert pipeline._room.wait(0.0)


class Held:
    """A lock that somebody else has."""

    def acquire(self, *, blocking: bool = True, timeout: float = -1.0) -> bool:
        """Wait in vain."""
        return False


def test_where_no_thread_can_start_events_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As at the end of the interpreter."""

    def fail(_: object) -> None:
        msg = "can't create new thread at interpreter shutdown"
        raise RuntimeError(msg)

    client = TelemetryClient(sinks=[ScriptedSink()])
    monkeypatch.setattr("threading.Thread.start", fail)
    assert client.track("gpt")
    assert client.close() == 0
    assert client.stats().dropped_by == {"closed": 1}


def test_a_flush_that_comes_too_late_is_over_at_once() -> None:
    """A wish behind the end is granted: nothing more will happen."""
    client = TelemetryClient(sinks=[ScriptedSink()])
    pipeline = client._pipeline
    granted: list[bool] = []
    pipeline._thread = object()  # type: ignore[assignment]  # as if it ran
    pipeline.flush(0.0, lambda: granted.append(True))
    pipeline._thread = None
    pipeline.queue.append("another mark")
    client.close()
    assert granted == [True]


def test_a_waiter_hears_of_each_event_once() -> None:
    """A second receipt is ignored."""
    woken: list[bool] = []
    waiter = Waiter(1, lambda: woken.append(True))
    waiter.settle(0, Receipt("first"))
    waiter.settle(0, Receipt("second"))
    assert waiter.receipts == [Receipt("first")]
    assert woken == [True]


def test_a_wake_may_be_rung_twice_and_waited_for_without_end() -> None:
    """The second ring is ignored."""

    async def main() -> bool:
        wake = Wake()
        wake.ring()
        wake.ring()
        woken = await wake.wait(None)
        await asyncio.sleep(0)
        return woken

    assert asyncio.run(main())


def test_events_lost_on_the_disk_are_settled_for_several_sinks(tmp_path: Path) -> None:
    """An event that expired for two sinks was dropped once."""
    sinks = [ScriptedSink("one", way=AWAY), ScriptedSink("two", way=AWAY)]
    with Driven("sync", *sinks, outbox=Outbox(tmp_path, max_age=1e-9), durable=True) as client:
        client.track("gpt")
        assert client.flush() == 0
        assert client.stats().dropped_by == {"expired": 1}


def test_an_event_that_is_lost_for_one_sink_has_failed_if_another_refused_it() -> None:
    """As everywhere, the worst counts; one that another process left counts as dropped."""
    ledger = Ledger(2, None, Counter())
    records = [Record(number, str(number), b"{}") for number in range(2)]
    ledger.enter(records)
    ledger.settle(records[:1], "failed", REFUSED)
    ledger.settle(records[1:])
    ledger.lose("corrupt", 3)
    assert ledger.unsure
    ledger.sweep(adopted=1)
    assert (ledger.failed, ledger.dropped_by, ledger.open) == (1, {"corrupt": 2}, 0)
    assert not ledger.unsure


def test_nothing_is_swept_while_it_is_handed_over() -> None:
    """Who looks in the middle finds it pending."""
    client = TelemetryClient(sinks=[ScriptedSink("one"), ScriptedSink("two")])
    pipeline = client._pipeline
    pipeline._ledger.enter([Record(1, "1", b"{}")])
    pipeline._ledger.lose("corrupt")
    pipeline._handing = True
    assert pipeline.pending == 1
    pipeline._handing = False
    pipeline._lock = Held()  # type: ignore[assignment]  # as above
    assert pipeline.pending == 1


def test_a_pipeline_of_a_child_has_nothing_of_the_parent(tmp_path: Path) -> None:
    """What a fork does, without one."""
    sink = ScriptedSink()
    client = TelemetryClient(sinks=[sink], service_name="tests", outbox=tmp_path)
    client.send(event())
    client.close()
    _processes._pipelines.clear()
    _processes.watch(client._pipeline)
    _processes._forked()
    assert sink.forgotten == 1
    assert client.stats().accepted == 0
    assert client.close() == 0


def test_workers_of_a_pool_close_their_clients_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """`multiprocessing` is told once a process."""
    asked: list[Any] = []
    monkeypatch.setattr(process, "parent_process", object)
    monkeypatch.setattr(util, "Finalize", lambda *args, **_: asked.append(args[1]))
    monkeypatch.setattr(_processes, "_pools", set())
    _processes.watch_pool()
    _processes.watch_pool()
    assert asked == [_processes._close_all]
    monkeypatch.setattr(_processes, "_pipelines", set())
    asked[0]()


def test_a_signal_after_the_client_is_gone_does_what_it_did() -> None:
    """The handler holds no client."""
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: seen.append(number))
    try:
        client = TelemetryClient(sinks=[ScriptedSink()])
        client.install_signal_handlers(signal.SIGUSR1)
        del client
        gc.collect()
        os.kill(os.getpid(), signal.SIGUSR1)
        assert seen == [signal.SIGUSR1]
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_default_action_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process gets the signal once more, without our handler."""
    killed: list[tuple[int, int]] = []
    before = signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    try:
        client = TelemetryClient(sinks=[ScriptedSink()])
        client.install_signal_handlers(signal.SIGUSR1, timeout=0.1)
        handler: Any = signal.getsignal(signal.SIGUSR1)
        monkeypatch.setattr(os, "kill", lambda *args: killed.append(args))
        handler(signal.SIGUSR1, None)
        assert killed == [(os.getpid(), signal.SIGUSR1)]
        assert signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGUSR1, before)
