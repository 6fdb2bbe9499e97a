"""What a client does when its queue is full, for each `on_full`."""

from __future__ import annotations

import threading

import pytest

from sdk_telemetry.errors import (
    QueueFullError,
)

from ._scripted import Driven, ScriptedSink, event


def test_drop_newest_keeps_what_came_first(colour: str) -> None:
    """A full queue takes no more, and says so."""
    sink = ScriptedSink(way="hold", in_flight=2)
    with Driven(colour, sink, max_events=4, on_full="drop_newest") as client:
        for number in range(12):
            client.track(str(number))
            client.drain()
        sink.say("confirm")
        assert client.flush() == 0
        assert sink.models == sorted(sink.models, key=int)
        assert sink.models[:4] == ["0", "1", "2", "3"]
        stats = client.stats()
        assert stats.dropped_by == {"queue_full": 12 - len(sink.models)}


def test_drop_oldest_keeps_what_came_last(colour: str) -> None:
    """A full queue gives up what waits longest, but for what the sink has already."""
    sink = ScriptedSink(way="hold", in_flight=2)
    with Driven(colour, sink, max_events=4, on_full="drop_oldest") as client:
        for number in range(12):
            client.track(str(number))
            client.drain()
        sink.say("confirm")
        assert client.flush() == 0
        assert sink.models[-2:] == ["10", "11"]
        assert client.stats().dropped_by == {"queue_full": 12 - len(sink.models)}


def test_block_waits_for_room() -> None:
    """Nothing is lost: who calls waits until the sink has taken what is before."""
    sink = ScriptedSink()
    with Driven("sync", sink, max_events=3, on_full="block", block_timeout=30.0) as client:
        threads = [
            threading.Thread(target=lambda: [client.track("gpt") for _ in range(50)])
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.flush() == 0
        assert client.stats().delivered == 150


def test_block_gives_up_in_the_end() -> None:
    """After its time, `track` drops the event; `send` says that there was no room."""
    sink = ScriptedSink(way="hold")
    with Driven("sync", sink, max_events=1, on_full="block", block_timeout=0.01) as client:
        while client.track("gpt"):
            pass
        with pytest.raises(QueueFullError, match="no room"):
            client.send(event())
        assert client.stats().dropped_by == {"queue_full": 2}
        sink.say("confirm")


def test_the_bytes_of_a_queue_are_bounded(colour: str) -> None:
    """A few large events fill it as well as many small ones."""
    sink = ScriptedSink(way="hold", in_flight=1)
    with Driven(colour, sink, max_bytes=3000, redaction="full") as client:
        for _ in range(20):
            client.track("gpt", "x" * 1000)
            client.drain()
        sink.say("confirm")
        assert client.flush() == 0
        stats = client.stats()
        assert stats.dropped_by["queue_full"] >= 12
