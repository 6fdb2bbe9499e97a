"""Clients: what callers are told, in both colours."""

from __future__ import annotations

import asyncio
import pickle
import threading
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from sdk_telemetry.clients import AsyncTelemetryClient, Receipt, TelemetryClient
from sdk_telemetry.errors import (
    ConfigurationError,
    EventTooLargeError,
    InvalidEventError,
    SendError,
    SendTimeoutError,
    SinkClosedError,
)
from sdk_telemetry.events import PromptInfo, ResponseInfo
from sdk_telemetry.sinks import MemorySink

from ._scripted import REFUSED, Driven, ScriptedSink, event, has_got


def test_what_is_tracked_arrives(colour: str) -> None:
    """Every field that `track` takes is in the event that arrives."""
    sink = MemorySink()
    with Driven(colour, sink, redaction="full") as client:
        assert client.track(
            "gpt",
            "question",
            "answer",
            prompt_tokens=3,
            response_tokens=4,
            finish_reason="stop",
            latency_ms=12,
            cost_usd=0.5,
            trace_id="t" * 32,
            span_id="s" * 16,
            metadata={"user": "u"},
            errors=["slow"],
            prompt_embedding=[0.5],
            response_embedding=(0.25,),
            event_id=UUID(int=5),
            timestamp="2026-01-31T12:00:00Z",
            key="k",
        )
        assert client.flush() == 0
        (record,) = sink.records
        found = record.event
        assert record.key == "k"
        assert (found.service_name, found.model) == ("tests", "gpt")
        assert found.prompt == PromptInfo("question", 3, [0.5])
        assert found.response == ResponseInfo("answer", 4, finish_reason="stop", embedding=[0.25])
        assert (found.latency_ms, found.cost_usd) == (12.0, 0.5)
        assert (found.trace_id, found.span_id) == ("t" * 32, "s" * 16)
        assert found.metadata == {"user": "u"}
        assert list(found.errors) == ["slow"]
        assert found.event_id == str(UUID(int=5))
        assert found.to_dict()["timestamp"].startswith("2026-01-31T12:00:00")
        assert client.stats().delivered == 1


def test_a_prompt_may_be_the_parts_of_an_event(colour: str) -> None:
    """`track` takes `PromptInfo` and `ResponseInfo`; what is said beside them counts more."""
    sink = MemorySink()
    with Driven(colour, sink, redaction="full") as client:
        client.track(
            "gpt",
            PromptInfo("question", 3, [0.5]),
            ResponseInfo("answer", 4, finish_reason="stop", embedding=[0.25]),
            response_tokens=9,
        )
        client.flush()
        (found,) = sink.events
        assert found.prompt == PromptInfo("question", 3, [0.5])
        assert found.response == ResponseInfo("answer", 9, finish_reason="stop", embedding=[0.25])


def test_texts_stay_here_unless_asked_for(colour: str) -> None:
    """Without a redaction, no prompt and no answer leaves the process, by `track` or by `send`."""
    sink = MemorySink()
    with Driven(colour, sink) as client:
        client.track("gpt", "a secret", "another secret")
        client.send(event())
        for record in sink.records:
            assert b"secret" not in record.payload
            assert b"hello" not in record.payload


def test_send_returns_when_all_sinks_have_the_event(colour: str) -> None:
    """The receipt of `send` says the event's id."""
    one, two = MemorySink(name="one"), MemorySink(name="two")
    with Driven(colour, one, two) as client:
        sent = event()
        assert client.send(sent) == Receipt(sent.event_id)
        assert client.send(event()).delivered
        assert [len(one), len(two)] == [2, 2]


def test_a_batch_has_a_receipt_or_an_error_for_each_event(colour: str) -> None:
    """`send_batch` raises nothing for single events."""
    sink = ScriptedSink()
    sink.each = lambda record: REFUSED if record.event.model == "bad" else "confirm"
    with Driven(colour, sink) as client:
        good, bad = client.send_batch([event(), event("bad")])
        assert isinstance(good, Receipt)
        assert good.delivered
        assert bad is REFUSED
        assert client.send_batch([]) == []
        assert client.stats().failed == 1


def test_send_raises_what_the_sink_said(colour: str) -> None:
    """An event that was refused for good is an error."""
    sink = ScriptedSink(way=REFUSED)
    with Driven(colour, sink) as client, pytest.raises(SendError, match="refuses"):
        client.send(event())


def test_send_waits_no_longer_than_it_should(colour: str) -> None:
    """Without confirmation in time it raises, and the event is still on its way."""
    sink = ScriptedSink(way="hold")
    with Driven(colour, sink) as client:
        with pytest.raises(SendTimeoutError):
            client.send(event(), timeout=0.01)
        assert client.stats().pending == 1
        sink.say("confirm")
        assert client.flush() == 0
        assert client.stats().delivered == 1


def test_only_events_can_be_sent(colour: str) -> None:
    """`send` refuses what is no event at once."""
    with (
        Driven(colour, MemorySink()) as client,
        pytest.raises(InvalidEventError, match="`event` must be a TelemetryEvent"),
    ):
        client.send({"model": "gpt"})  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize(
    "options",
    [
        {"model": None},
        {"model": "gpt", "prompt_tokens": -1},
        {"model": "gpt", "prompt": 5},
        {"model": "gpt", "response": 5},
        {"model": "gpt", "latency_ms": float("nan")},
        {"model": "gpt", "latency_ms": True},
        {"model": "gpt", "cost_usd": "1"},
        {"model": "gpt", "metadata": {"n": 1}},
        {"model": "gpt", "metadata": 5},
        {"model": "gpt", "errors": 5},
        {"model": "gpt", "timestamp": "2026-01-31T12:00:00"},
        {"model": "gpt", "timestamp": 10**30},
        {"model": "gpt", "event_id": "none"},
        {"model": "gpt", "prompt_embedding": [float("inf")]},
        {"model": "gpt", "service_name": ""},
    ],
)
def test_track_raises_nothing(options: dict[str, Any]) -> None:
    """What is wrong with an event is counted, and the next one arrives."""
    sink = MemorySink()
    with Driven("sync", sink) as client:
        client.track(**options)
        client.track("gpt")
        assert client.flush() == 0
        stats = client.stats()
        assert stats.dropped_by == {"invalid": 1}
        assert [each.model for each in sink.events] == ["gpt"]


def test_the_metadata_of_an_event_are_a_copy(colour: str) -> None:
    """What the caller changes after `track` does not change the event."""
    sink = ScriptedSink(way="hold")
    with Driven(colour, sink) as client:
        metadata, errors = {"a": "b"}, ["one"]
        client.track("gpt", metadata=metadata, errors=errors)
        metadata["a"] = "c"
        errors.append("two")
        sink.say("confirm")
        client.flush()
        assert sink.arrived[0].event.metadata == {"a": "b"}
        assert list(sink.arrived[0].event.errors) == ["one"]


def test_after_closing_nothing_is_taken(colour: str) -> None:
    """`track` returns False, `send` raises, and both are counted; closing twice is one closing."""
    sink = ScriptedSink()
    with Driven(colour, sink) as client:
        client.track("gpt")
        assert client.close() == 0
        assert client.close() == 0
        assert client.flush() == 0
        assert not client.track("gpt")
        with pytest.raises(SinkClosedError):
            client.send(event())
        assert client.stats().dropped_by == {"closed": 2}
        assert sink.closed == 1


def test_a_client_that_was_not_used_closes(colour: str) -> None:
    """No thread is started by making, flushing and closing a client."""
    with Driven(colour, ScriptedSink()) as client:
        assert client.flush() == 0
        assert client.close() == 0
        assert client.stats().accepted == 0


def test_what_cannot_be_sent_by_the_end_is_given_up(colour: str) -> None:
    """Without an outbox, `close` gives up what a sink does not take, in time, and says so."""
    sink = ScriptedSink(way="hold")
    with Driven(colour, sink) as client:
        client.track("gpt")
        sink.until(lambda sink: sink.held)
        assert client.close(0.2) == 0
        assert client.stats().dropped_by == {"closed": 1}


def test_who_waits_for_an_event_hears_of_the_end() -> None:
    """`send` raises when the client is closed meanwhile."""
    sink = ScriptedSink(way="hold")
    found: list[BaseException] = []
    with Driven("sync", sink) as client:

        def send() -> None:
            try:
                client.send(event())
            except SinkClosedError as error:
                found.append(error)

        thread = threading.Thread(target=send)
        thread.start()
        sink.until(lambda sink: sink.held)
        client.close(0.2)
        thread.join(10)
    assert len(found) == 1


def test_each_event_is_reported_once(colour: str) -> None:
    """`on_delivery` hears of events that arrived, of those refused, and of invalid ones."""
    reports: list[Receipt] = []
    sink = ScriptedSink()
    sink.each = lambda record: REFUSED if record.event.model == "bad" else "confirm"
    with Driven(colour, sink, on_delivery=reports.append) as client:
        client.track("gpt")
        client.track("bad")
        client.track("gpt", latency_ms=-1.0)
        client.flush()
        assert sorted(report.reason for report in reports) == ["", "failed", "invalid"]


def test_a_callback_that_raises_costs_no_event(colour: str) -> None:
    """Its errors are counted."""

    def fail(_: Receipt) -> None:
        raise RuntimeError

    with Driven(colour, MemorySink(), on_delivery=fail) as client:
        client.track("gpt")
        assert client.flush() == 0
        assert client.stats().faults == {"on_delivery": 1}


def test_an_event_that_is_too_large_for_a_sink_fails_alone(colour: str) -> None:
    """The others of its batch arrive; `send` says how large it may be."""
    sink = ScriptedSink(max_bytes=600)
    with Driven(colour, sink, redaction="full") as client:
        client.track("gpt", "x" * 1000)
        client.track("gpt", "x")
        client.flush()
        with pytest.raises(EventTooLargeError) as caught:
            client.send(event(metadata={"a": "x" * 1000}))
        assert caught.value.limit == 600 < caught.value.size
        assert client.stats().dropped_by == {"too_large": 2}
        assert len(sink.arrived) == 1


def test_one_of_several_sinks_decides_what_became_of_an_event(colour: str) -> None:
    """An event is delivered if all sinks have it, failed if one refused it, else dropped."""
    good = ScriptedSink("good")
    choosy = ScriptedSink("choosy", max_bytes=600)
    choosy.each = lambda record: REFUSED if record.event.model == "bad" else "confirm"
    with Driven(colour, good, choosy, redaction="full") as client:
        client.track("gpt")
        client.track("bad")
        client.track("gpt", "x" * 1000)
        assert client.flush() == 0
        stats = client.stats()
        assert (stats.delivered, stats.failed, stats.dropped_by) == (1, 1, {"too_large": 1})
        assert len(good.arrived) == 3
        assert stats.lost == 2


def test_a_slow_sink_holds_up_no_other() -> None:
    """Each sink has a queue of its own."""
    slow, quick = ScriptedSink("slow", way="hold"), ScriptedSink("quick")
    with Driven("sync", slow, quick, max_events=10) as client:
        for number in range(1, 51):
            client.track("gpt")
            client.drain()
            quick.until(partial(has_got, number))
        slow.say("confirm")
        assert client.flush() == 0
        stats = client.stats()
        assert stats.sinks["quick"].delivered == 50
        assert stats.sinks["slow"].dropped_by["queue_full"] == 50 - stats.delivered


def test_cancelling_a_send_loses_no_event() -> None:
    """The task that waits is gone; its event arrives."""
    sink = ScriptedSink(way="hold")

    async def main() -> None:
        async with AsyncTelemetryClient(sinks=[sink], service_name="tests") as client:
            task = asyncio.create_task(client.send(event()))
            await asyncio.to_thread(sink.until, lambda sink: sink.held)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            sink.say("confirm")
            assert await client.flush() == 0
            assert client.stats().delivered == 1

    asyncio.run(main())


def test_loops_and_threads_share_a_client() -> None:
    """Two event loops in threads and a plain thread send by one client."""
    client = AsyncTelemetryClient(sinks=[MemorySink()], service_name="tests")
    receipts: list[Receipt] = []

    async def send() -> None:
        receipts.extend(await asyncio.gather(*(client.send(event()) for _ in range(10))))

    threads = [threading.Thread(target=asyncio.run, args=(send(),)) for _ in range(2)]
    threads.append(threading.Thread(target=client.track, args=("gpt",)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asyncio.run(client.close()) == 0
    assert client.stats().delivered == 21
    assert all(receipt.delivered for receipt in receipts)


def test_a_loop_that_ends_before_its_event_arrives_is_not_missed() -> None:
    """A confirmation for a loop that is closed is none for anybody."""
    sink = ScriptedSink(way="hold")
    client = AsyncTelemetryClient(sinks=[sink], service_name="tests")

    async def send() -> None:
        with pytest.raises(SendTimeoutError):
            await client.send(event(), timeout=0.0)

    asyncio.run(send())
    sink.say("confirm")
    assert asyncio.run(client.close()) == 0
    assert client.stats().delivered == 1


def test_a_client_is_a_context_manager() -> None:
    """Leaving the block sends what is left."""
    sink = MemorySink()
    with TelemetryClient(sinks=[sink], service_name="tests") as client:
        client.track("gpt")
    assert len(sink) == 1


def test_a_client_that_nobody_has_any_more_ends() -> None:
    """Its events are sent, and its threads end."""
    sink = ScriptedSink()
    client = TelemetryClient(sinks=[sink], service_name="tests")
    client.track("gpt")
    pipeline = client._pipeline
    del client
    assert pipeline.wait_closed(10)
    assert len(sink.arrived) == 1


def test_clients_cannot_be_pickled() -> None:
    """A queue and its threads cannot be copied into another process."""
    client = TelemetryClient(sinks=[MemorySink()])
    with pytest.raises(TypeError, match="make one in each process"):
        pickle.dumps(client)


def test_the_repr_names_the_sinks() -> None:
    """And nothing that could be a secret."""
    assert repr(TelemetryClient(sinks=[MemorySink()])) == "<TelemetryClient: memory>"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"sinks": []}, "`brokers` or `sinks`"),
        ({"sinks": ["memory"]}, "`sinks`"),
        ({"sinks": [MemorySink(), MemorySink()]}, "`name`"),
        ({"brokers": "a:9092"}, "`brokers` and `sinks`"),
        ({"topic": "t"}, "`topic` and `sinks`"),
        ({"on_full": "explode"}, "`on_full`"),
        ({"on_full": "spill"}, "`outbox`"),
        ({"durable": True}, "`outbox`"),
        ({"max_events": 0}, "`max_events`"),
        ({"max_events": True}, "`max_events`"),
        ({"max_bytes": 1.5}, "`max_bytes`"),
        ({"block_timeout": -1}, "`block_timeout`"),
        ({"block_timeout": float("nan")}, "`block_timeout`"),
        ({"sampling": 2.0}, "`rate`"),
        ({"service_name": ""}, "`service_name`"),
        ({"service_name": "x" * 256}, "`service_name`"),
        ({"enrich": ["x"]}, "`enrich`"),
        ({"interceptors": ["x"]}, "`interceptors`"),
        ({"on_delivery": "x"}, "`on_delivery`"),
        ({"redaction": "some"}, "`capture_content`"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], named: str) -> None:
    """They are refused when the client is made, and named."""
    with pytest.raises(ConfigurationError, match=named):
        TelemetryClient(**{"sinks": [MemorySink()], **options})


def test_brokers_make_a_kafka_sink() -> None:
    """Further arguments are the sink's."""
    client = TelemetryClient(brokers=["localhost:1"], topic="mine", service_name="tests")
    (sink,) = client._pipeline._sinks
    assert (sink.name, sink.options.topic) == ("kafka", "mine")  # type: ignore[attr-defined]  # Kafka's
