"""Outages: what waits while a sink is away, and in which order it arrives."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from sdk_telemetry.errors import SendError, SinkAuthenticationError, SinkClosedError
from sdk_telemetry.outbox import Outbox
from sdk_telemetry.sinks import MemorySink, Record

from ._scripted import AWAY, Driven, ScriptedSink, event


def in_order(records: list[Record]) -> bool:
    """Whether the records of each key arrived in the order of their models, which are numbers."""
    by_key = defaultdict(list)
    for record in records:
        by_key[record.key].append(int(record.event.model))
    return all(numbers == sorted(numbers) for numbers in by_key.values())


def track(client: Driven, first: int, last: int) -> None:
    """Track events whose models are numbers, of three keys."""
    for number in range(first, last):
        assert client.track(str(number), key=f"key-{number % 3}")


def test_a_sink_that_comes_back_gets_all_in_order(colour: str) -> None:
    """Records that failed retryably are handed in again, before those that came after them."""
    sink = ScriptedSink(in_flight=7, batch=3)
    with Driven(colour, sink) as client:
        track(client, 0, 10)
        client.flush()
        sink.say(AWAY)
        track(client, 10, 40)
        client.drain()
        sink.until(lambda sink: sink.attempts > 5)
        assert client.stats().sinks["scripted"].away
        assert client.stats().sinks["scripted"].last_error == str(AWAY)
        sink.say("confirm")
        assert client.flush() == 0
        assert len(sink.arrived) == 40
        assert in_order(sink.arrived)
        assert client.stats().sinks["scripted"].retried > 0


def test_some_of_a_batch_may_come_back(colour: str) -> None:
    """Only what was not confirmed is handed in again."""
    sink = ScriptedSink()
    times: dict[str, int] = defaultdict(int)

    def every_other_once(record: Record) -> Any:
        times[record.event_id] += 1
        return AWAY if record.number % 2 and times[record.event_id] == 1 else "confirm"

    sink.each = every_other_once
    with Driven(colour, sink) as client:
        track(client, 0, 20)
        assert client.flush() == 0
        assert len({record.event_id for record in sink.arrived}) == len(sink.arrived) == 20
        assert max(times.values()) == 2


def test_with_an_outbox_events_wait_until_credentials_are_mended(
    colour: str, tmp_path: Path
) -> None:
    """What a sink refuses for who sends it is not lost, as it is without an outbox."""
    denied = SinkAuthenticationError("who are you?")
    sink, other = ScriptedSink(way=denied), ScriptedSink(way=denied)
    with Driven(colour, sink, outbox=tmp_path) as client, Driven(colour, other) as hasty:
        track(client, 0, 10)
        track(hasty, 0, 10)
        sink.until(lambda sink: sink.attempts > 2)
        assert hasty.flush() == 0
        assert (hasty.stats().failed, client.stats().failed) == (10, 0)
        sink.say("confirm")
        assert client.flush() == 0
        assert in_order(sink.arrived)
        assert client.stats().delivered == 10


@pytest.mark.parametrize("durable", [False, True])
def test_an_outage_is_survived_on_the_disk(colour: str, durable: bool, tmp_path: Path) -> None:
    """More events than the queues hold wait in the outbox, and arrive once and in order."""
    sink = ScriptedSink(way=AWAY, in_flight=10, batch=4)
    with Driven(colour, sink, outbox=tmp_path, durable=durable, max_events=20) as client:
        track(client, 0, 100)
        client.drain()
        sink.until(lambda sink: sink.attempts > 1)
        track(client, 100, 200)
        client.drain()
        stats = client.stats()
        assert stats.pending == 200
        assert stats.sinks["scripted"].outbox >= 180
        sink.say("confirm")
        track(client, 200, 300)
        assert client.flush() == 0
        track(client, 300, 310)
        assert client.flush() == 0
        assert len(sink.arrived) == 310
        assert in_order(sink.arrived)
        assert client.stats().sinks["scripted"].replayed >= 180
    assert not list(tmp_path.glob("*.outbox*")) or not Outbox(tmp_path).adopt()


def test_a_slow_sink_spills(colour: str, tmp_path: Path) -> None:
    """What has no room in memory goes to the disk, also when the sink has not failed."""
    sink = ScriptedSink(way="hold", in_flight=3, batch=2)
    with Driven(colour, sink, outbox=tmp_path, max_events=5) as client:
        track(client, 0, 5)
        client.drain()
        track(client, 5, 40)
        client.drain()
        assert client.stats().sinks["scripted"].outbox > 0
        sink.say(AWAY)
        sink.until(lambda sink: sink.attempts > 2)
        sink.say("confirm")
        assert client.flush() == 0
        assert in_order(sink.arrived)
        assert len(sink.arrived) == 40


def test_what_is_left_is_sent_by_the_next_client(colour: str, tmp_path: Path) -> None:
    """`close` leaves in the outbox what the sink did not take, in order, and counts it as pending."""
    away = ScriptedSink(way=AWAY, in_flight=4)
    with Driven(colour, away, outbox=tmp_path) as client:
        track(client, 0, 30)
        assert client.close(0.5) == 30
        stats = client.stats()
        assert (stats.pending, stats.dropped) == (30, 0)
    sink = ScriptedSink()
    with Driven(colour, sink, outbox=tmp_path) as client:
        track(client, 30, 31)
        assert client.flush() == 0
        assert in_order(sink.arrived)
        stats = client.stats()
        assert stats.sinks["scripted"].adopted == 30
        assert (stats.accepted, stats.delivered) == (31, 31)


def test_what_is_left_for_several_sinks_is_sent_by_the_next_client(tmp_path: Path) -> None:
    """Each sink gets what it had not got; the event counts once for each of them."""
    for _ in range(2):
        sinks = [ScriptedSink("one", way=AWAY), ScriptedSink("two", way=AWAY), ScriptedSink("up")]
        with Driven("sync", *sinks, outbox=tmp_path) as client:
            track(client, 0, 3)
            client.close(0.5)
            stats = client.stats()
    assert stats.pending == 9  # three of its own, and three for each of two sinks
    sinks = [ScriptedSink("one"), ScriptedSink("two"), ScriptedSink("up")]
    with Driven("sync", *sinks, outbox=tmp_path) as client:
        track(client, 0, 1)
        assert client.flush() == 0
        assert [len(sink.arrived) for sink in sinks] == [7, 7, 1]
        assert client.stats().delivered == 13


def test_who_waits_for_an_event_hears_that_it_is_in_the_outbox(tmp_path: Path) -> None:
    """`send` raises at the end of the client; the event is not lost."""
    sink = ScriptedSink(way=AWAY)
    with Driven("sync", sink, outbox=tmp_path) as client:
        waiter = client.client._hand_in([event()], None, lambda: None)
        client.close(0.3)
        (receipt,) = waiter.receipts
        assert receipt is not None
        assert isinstance(receipt.error, SinkClosedError)
        assert client.stats().pending == 1


def test_an_event_that_is_on_the_disk_already_is_counted_as_duplicate(tmp_path: Path) -> None:
    """Sending one event twice during an outage keeps it once."""
    sink = ScriptedSink(way=AWAY)
    with Driven("sync", sink, outbox=tmp_path, durable=True) as client:
        same = "01890a5d-ac96-774b-bcce-b302099a8057"
        client.track("gpt", event_id=same)
        client.track("gpt", event_id=same)
        assert client.stats().dropped_by == {"duplicate": 1}
        sink.say("confirm")
        assert client.flush() == 0
        assert len(sink.arrived) == 1


def test_events_expire_on_the_disk(tmp_path: Path) -> None:
    """What is older than the outbox allows is counted, and not sent."""
    sink = ScriptedSink(way=AWAY)
    with Driven("sync", sink, outbox=Outbox(tmp_path, max_age=0.01), durable=True) as client:
        client.track("gpt")
        sink.until(lambda sink: sink.attempts)
    expired = 0
    sink = ScriptedSink()
    with Driven("sync", sink, outbox=Outbox(tmp_path, max_age=1e-6), durable=True) as client:
        client.track("gpt")
        client.flush()
        expired = client.stats().dropped_by.get("expired", 0)
        assert expired + len(sink.arrived) == 2
    assert expired >= 1


def test_a_full_outbox_keeps_in_memory_what_there_is_room_for(tmp_path: Path) -> None:
    """What has no room anywhere is dropped, and counted by its reason."""
    sink = ScriptedSink(way=AWAY)
    outbox = Outbox(tmp_path, max_bytes=2**20)
    with Driven("sync", sink, outbox=outbox, max_events=50, redaction="full") as client:
        for number in range(300):
            client.track(str(number), "x" * 10_000)
            client.drain()
        stats = client.stats()
        assert stats.dropped_by["outbox_full"] > 0
        assert stats.pending == 300 - stats.dropped
        sink.say("confirm")
        assert client.flush() == 0
        assert in_order(sink.arrived)
        assert len(sink.arrived) == 300 - stats.dropped


def test_durable_says_false_where_the_disk_does_not_keep(tmp_path: Path) -> None:
    """A full outbox makes `track` return False."""
    sink = ScriptedSink(way=AWAY)
    outbox = Outbox(tmp_path, max_bytes=2**20)
    with Driven("sync", sink, outbox=outbox, durable=True, redaction="full") as client:
        taken = [client.track(str(number), "x" * 10_000) for number in range(150)]
        stats = client.stats()
        assert 0 < taken.count(False) == stats.dropped_by["outbox_full"]
        assert taken.count(True) == stats.pending


def test_a_disk_that_fails_is_counted(tmp_path: Path, colour: str) -> None:
    """Where the outbox cannot be written, memory has to do; no exception comes to who calls."""
    place = tmp_path / "file"
    place.write_text("no directory")
    sink = ScriptedSink(way=AWAY)
    with Driven(colour, sink, outbox=place) as client:
        track(client, 0, 5)
        client.drain()
        sink.until(lambda sink: sink.attempts > 1)
        assert client.stats().faults["outbox"] > 0
        sink.say("confirm")
        assert client.flush() == 0
        assert in_order(sink.arrived)
        assert len(sink.arrived) == 5


def test_durable_needs_a_disk_that_works(tmp_path: Path) -> None:
    """Where it does not, `track` returns False."""
    place = tmp_path / "file"
    place.write_text("no directory")
    with Driven("sync", MemorySink(), outbox=place, durable=True) as client:
        assert not client.track("gpt")
        assert client.stats().dropped_by == {"outbox_failed": 1}


def test_durable_is_on_the_disk_when_track_returns(tmp_path: Path) -> None:
    """Another process, or outbox, finds it there if this one dies at once."""
    sink = ScriptedSink(way=None)
    with Driven("sync", sink, outbox=tmp_path, durable=True) as client:
        assert client.track("gpt")
        assert client.stats().sinks["scripted"].outbox == 1
        client.close(0.0)


def test_a_record_that_makes_a_sink_raise_fails_alone(colour: str) -> None:
    """After some attempts by itself it has failed; the others arrive."""

    class Fragile(ScriptedSink):
        def deliver(self, records: Any, done: Any) -> int:
            if any(record.event.model == "13" for record in records):
                raise ValueError(records)
            return super().deliver(records, done)

    sink = Fragile()
    with Driven(colour, sink) as client:
        track(client, 0, 20)
        while client.flush(0.5):
            pass
        stats = client.stats()
        assert (stats.delivered, stats.failed) == (19, 1)
        assert stats.sinks["scripted"].faults >= 3
        assert stats.sinks["scripted"].last_error
        with pytest.raises(SendError, match="ValueError"):
            client.send(event("13"))


def test_a_sink_that_raises_while_it_is_away_is_tried_again(colour: str) -> None:
    """An `OSError` says nothing about a record."""
    sink = ScriptedSink(way=ConnectionResetError("the test"))
    with Driven(colour, sink) as client:
        track(client, 0, 5)
        while sink.attempts < 6:
            client.flush(0.02)
        sink.say("confirm")
        assert client.flush() == 0
        assert len(sink.arrived) == 5


def test_a_sink_may_raise_when_it_is_polled_or_closed() -> None:
    """It is counted, and nobody else hears of it."""

    class Fragile(ScriptedSink):
        def poll(self, timeout: float) -> None:
            raise TypeError

        def close(self, timeout: float) -> None:
            raise TypeError

    sink = Fragile(way="hold")
    with Driven("sync", sink) as client:
        client.track("gpt")
        client.drain()
        sink.until(lambda sink: sink.held)
        client.close(0.3)
        assert client.stats().sinks["scripted"].faults >= 2
        assert client.stats().dropped_by == {"closed": 1}


def test_a_flush_tries_a_sink_that_was_away_at_once(colour: str) -> None:
    """Who flushes does not wait for the end of a pause."""
    sink = ScriptedSink(way=AWAY)
    with Driven(colour, sink) as client:
        track(client, 0, 3)
        while sink.attempts < 8:
            client.flush(0.01)
        sink.say("confirm")
        assert client.flush(5.0) == 0
