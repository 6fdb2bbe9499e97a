"""The Kafka sink, with each library, against brokers that speak the real protocol."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from sdk_telemetry.errors import SendError, SinkConnectionError
from sdk_telemetry.sinks import KafkaSink, Record
from sdk_telemetry.testing import MockKafka

from ._kafka_lane import ENGINES, TOPIC, Outcomes, deliver, kafka_sink, numbers, records


@pytest.fixture
def kafka() -> Iterator[MockKafka]:
    """Three brokers, on ports of this machine."""
    with MockKafka(3) as mock:
        yield mock


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd", None])
def test_every_codec_arrives(kafka: MockKafka, engine: str, codec: str | None) -> None:
    """Each codec can be used with each library (O: `compression_type="none"` failed in both clients)."""
    sink, done = kafka_sink(kafka, engine, compression=codec), Outcomes()
    given = records(50)
    deliver(sink, given, done)
    sink.close(5.0)
    assert sorted(message.value for message in kafka.read(TOPIC, 50)) == sorted(
        record.payload for record in given
    )
    assert done.failed == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("acks", ["all", -1, "-1", 1, "1"])
def test_every_acks_arrives(kafka: MockKafka, engine: str, acks: str | int) -> None:
    """Numbers may come as text, as from the environment (O: `acks="1"` hung for 30 s, or failed)."""
    sink, done = kafka_sink(kafka, engine, acks=acks), Outcomes()
    deliver(sink, records(10), done)
    sink.close(5.0)
    assert len(done.arrived) == 10
    assert len(kafka.read(TOPIC, 10)) == 10


def test_nobody_needs_to_confirm(kafka: MockKafka) -> None:
    """With `acks=0` a message counts as delivered when it was sent."""
    sink, done = kafka_sink(kafka, acks=0), Outcomes()
    deliver(sink, records(10), done)
    sink.close(5.0)
    assert len(done.arrived) == 10


@pytest.mark.parametrize("engine", ENGINES)
def test_the_defaults_work(kafka: MockKafka, engine: str) -> None:
    """What is not told has a value that works (O: the default configuration failed: `buffer_memory`)."""
    sink, done = kafka_sink(kafka, engine), Outcomes()
    deliver(sink, records(1), done)
    sink.close(5.0)
    assert [record.number for record in done.arrived] == [1]


@pytest.mark.parametrize("engine", ENGINES)
def test_headers_say_what_a_message_is(kafka: MockKafka, engine: str) -> None:
    """Each message has the headers of all messages, its event's id, and those of its record."""
    sink, done = kafka_sink(kafka, engine), Outcomes()
    record = Record(
        1, "0190163d-8694-739b-aea5-966c26f8ad91", b"{}", headers=(("traceparent", b"00-1-2-01"),)
    )
    deliver(sink, [record], done)
    sink.close(5.0)
    (message,) = kafka.read(TOPIC, 1)
    assert message.headers == {
        "content-type": b"application/json",
        "event-id": b"0190163d-8694-739b-aea5-966c26f8ad91",
        "traceparent": b"00-1-2-01",
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_a_key_keeps_its_order(kafka: MockKafka, engine: str) -> None:
    """Messages with a key are in the partition that Java's clients choose, in their order."""
    sink, done = kafka_sink(kafka, engine, batch_bytes=1_000), Outcomes()
    deliver(sink, records(60, key="session-ü"), done)
    sink.close(5.0)
    messages = kafka.read(TOPIC, 60)
    assert {(message.key, message.partition) for message in messages} == {("session-ü".encode(), 1)}
    assert numbers([message.value for message in messages]) == list(range(1, 61))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_full_buffer_takes_fewer(kafka: MockKafka, engine: str) -> None:
    """What has no room in the library is not taken; it goes in when there is room again."""
    sink = kafka_sink(
        kafka, engine, buffer_bytes=200_000, max_request_bytes=100_000, batch_bytes=10_000
    )
    kafka.down()
    done, given = Outcomes(), records(1_000, size=1_000)
    kafka.up()
    assert sink.deliver(given[:1], done) == 1
    sink.flush(10.0)
    kafka.rtt(200)
    taken = sink.deliver(given[1:], done)
    assert 0 < taken < 999
    kafka.rtt(0)
    deliver(sink, given[1 + taken :], done)
    sink.close(10.0)
    assert sorted(record.number for record in done.arrived) == list(range(1, 1_001))


@pytest.mark.parametrize("engine", ENGINES)
def test_told_in_groups(kafka: MockKafka, engine: str) -> None:
    """What arrived together is told of together: one call for hundreds."""
    sink, done = kafka_sink(kafka, engine), Outcomes()
    sink.deliver(records(500), done)
    sink.flush(10.0)
    sink.close(5.0)
    assert len(done.arrived) == 500
    assert done.calls <= 25


@pytest.mark.parametrize("engine", ["confluent", "kafka-python"])
def test_flush_sends_what_lingers(kafka: MockKafka, engine: str) -> None:
    """Nothing waits for company any more, be it told to wait for a minute; aiokafka cannot be hurried."""
    sink, done = kafka_sink(kafka, engine, linger_ms=60_000), Outcomes()
    assert sink.deliver(records(10), done) == 10
    sink.flush(20.0)
    assert len(done.arrived) == 10
    sink.close(5.0)


def test_an_encoding_frames_the_payload(kafka: MockKafka) -> None:
    """What an encoding returns is sent, and the header says what it is."""

    class Shouting:
        content_type = "text/loud"

        def encode(self, record: Record) -> bytes:
            return record.payload.upper()

    sink, done = kafka_sink(kafka, encoding=Shouting()), Outcomes()
    deliver(sink, [Record(1, "i", b"hello")], done)
    sink.close(5.0)
    (message,) = kafka.read(TOPIC, 1)
    assert (message.value, message.headers["content-type"]) == (b"HELLO", b"text/loud")


def test_what_cannot_be_framed_fails_alone(kafka: MockKafka) -> None:
    """An encoding's error is the fate of one record; what it says is not repeated."""

    class Picky:
        content_type = "text/plain"

        def encode(self, record: Record) -> bytes:
            if record.number == 3:
                msg = "the secret text"
                raise ValueError(msg)
            if record.number == 5:
                msg = "the registry is away"
                raise SinkConnectionError(msg, retryable=True)
            return record.payload

    sink, done = kafka_sink(kafka, encoding=Picky()), Outcomes()
    deliver(sink, records(6), done)
    sink.close(5.0)
    assert sorted(record.number for record in done.arrived) == [1, 2, 4, 6]
    assert {record.number: (type(error), error.retryable) for record, error in done.failed} == {
        3: (SendError, False),
        5: (SinkConnectionError, True),
    }
    assert "secret" not in str(done.error)


def test_idle_sinks_do_nothing() -> None:
    """Without a record there is no producer: nothing to poll, to flush or to close."""
    sink = KafkaSink("127.0.0.1:1")
    sink.poll(0.0)
    sink.flush(0.0)
    sink.forget()
    sink.close(0.0)


def test_a_closed_sink_opens_again(kafka: MockKafka) -> None:
    """Who hands in a record after all gets it delivered."""
    sink, done = kafka_sink(kafka), Outcomes()
    deliver(sink, records(1), done)
    sink.close(5.0)
    deliver(sink, records(1, first=2), done)
    sink.close(5.0)
    assert [record.number for record in done.arrived] == [1, 2]


def test_making_a_sink_imports_no_library() -> None:
    """The library is loaded when it is needed: a client is ready before."""
    program = (
        "import sys; from sdk_telemetry.sinks import KafkaSink; KafkaSink('kafka:9092');"
        "sys.exit('confluent_kafka' in sys.modules or 'ssl' in sys.modules and 0)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
