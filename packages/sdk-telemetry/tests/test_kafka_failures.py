"""Kafka in trouble: what fails, what is tried again, and what never takes others with it."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from sdk_telemetry.errors import (
    SendError,
    SinkAuthenticationError,
    SinkConnectionError,
)
from sdk_telemetry.sinks import KafkaSink
from sdk_telemetry.testing import MockKafka

from ._kafka_lane import ENGINES, TOPIC, Outcomes, deliver, kafka_sink, numbers, records

# asyncio on Python 3.11 does not close the socket of a connection that was refused.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Have such sockets found in the test that they are of."""
    yield
    gc.collect()


@pytest.fixture
def kafka() -> Iterator[MockKafka]:
    """One broker with one partition, so that what is sent together is one batch."""
    with MockKafka(1) as mock:
        mock.topic(TOPIC, 1)
        yield mock


def sent(kafka: MockKafka, count: int) -> list[int]:
    """Return the numbers of the records that are there, duplicates and all."""
    return numbers([message.value for message in kafka.read(TOPIC, count)])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "errors",
    [
        ["NOT_LEADER_FOR_PARTITION"] * 3,
        ["REQUEST_TIMED_OUT"],
        ["NOT_ENOUGH_REPLICAS"],
        ["_TRANSPORT"],
    ],
    ids=lambda errors: errors[0],
)
def test_passing_trouble_passes(kafka: MockKafka, engine: str, errors: list[str]) -> None:
    """What a library repeats by itself arrives, and nobody hears of it."""
    sink, done = kafka_sink(kafka, engine), Outcomes()
    kafka.errors("Produce", *errors)
    deliver(sink, records(50), done)
    sink.close(5.0)
    assert done.failed == []
    assert sent(kafka, 50) == list(range(1, 51))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_broker_that_comes_back_gets_everything(kafka: MockKafka, engine: str) -> None:
    """While it is away nothing fails; when it is back everything arrives, in order."""
    sink, done = kafka_sink(kafka, engine), Outcomes()
    deliver(sink, records(1), done)
    kafka.down()
    taken = sink.deliver(records(50, first=2), done)
    sink.poll(0.3)
    assert done.failed == []
    kafka.up()
    deliver(sink, records(50, first=2)[taken:], done)
    sink.flush(20.0)
    sink.close(5.0)
    assert len(done.arrived) == 51
    assert sent(kafka, 51) == list(range(1, 52))


@pytest.mark.parametrize("engine", ["confluent", "kafka-python"])
def test_what_times_out_can_be_sent_again(kafka: MockKafka, engine: str) -> None:
    """After `delivery_timeout` a message is handed back as retryable, and arrives the next time."""
    sink, done = kafka_sink(kafka, engine, delivery_timeout=1.0), Outcomes()
    deliver(sink, records(1), done)
    kafka.down()
    deliver(sink, records(5, first=2), done)
    assert len(done.failed) == 5
    assert {(type(error), error.retryable, error.sink) for _, error in done.failed} == {
        (SinkConnectionError, True, "kafka")
    }
    kafka.up()
    again = [record for record, _ in done.failed]
    while len(done.arrived) < 6:
        deliver(sink, again[len(done.arrived) - 1 :], done)
    sink.close(5.0)
    assert sent(kafka, 6) == [1, 2, 3, 4, 5, 6]


def test_nothing_overtakes_what_is_late(kafka: MockKafka) -> None:
    """When the earliest message is late, those behind it are handed back with it, however new."""
    sink, done = kafka_sink(kafka, delivery_timeout=2.0), Outcomes()
    deliver(sink, records(1), done)
    kafka.down()
    assert sink.deliver(records(5, first=2), done) == 5
    begun = time.monotonic()
    while time.monotonic() < begun + 1.5:
        sink.poll(0.1)
    assert (sink.deliver(records(5, first=7), done), len(done)) == (5, 1)
    while len(done) == 1:
        sink.poll(0.1)
    assert [record.number for record, _ in done.failed] == list(range(2, 12))
    assert time.monotonic() < begun + 3.5  # the newer ones are not that old
    kafka.up()
    sink.close(5.0)


@pytest.mark.parametrize("engine", ["kafka-python", "aiokafka"])
def test_nobody_there(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a library must connect first and cannot, everything comes back as retryable."""
    module = {"kafka-python": "_kafka_python", "aiokafka": "_aiokafka"}[engine]
    monkeypatch.setattr(f"sdk_telemetry.sinks.{module}._CONNECTING", 0.5)
    with MockKafka(1) as kafka:
        kafka.down()
        sink, done = KafkaSink(kafka.bootstrap, engine=engine), Outcomes()  # type: ignore[arg-type]
        assert sink.deliver(records(3), done) == 3
        sink.close(1.0)
    assert len(done.failed) == 3
    assert isinstance(done.error, SinkConnectionError)
    assert done.error.retryable


@pytest.mark.parametrize(
    ("engine", "error"),
    [
        *((engine, "MSG_SIZE_TOO_LARGE") for engine in ENGINES),
        *((engine, "INVALID_RECORD") for engine in ENGINES[:2]),  # aiokafka does not know it
    ],
)
def test_a_refused_batch_is_taken_apart(kafka: MockKafka, engine: str, error: str) -> None:
    """What the brokers refuse for one message is sent again in halves, and the others arrive."""
    sink, done = kafka_sink(kafka, engine), Outcomes()
    kafka.errors("Produce", error)
    deliver(sink, records(50), done)
    sink.close(5.0)
    assert done.failed == []
    assert sorted(sent(kafka, 50)) == list(range(1, 51))


def test_the_guilty_fails_alone(kafka: MockKafka) -> None:
    """A message that is refused by itself has failed for good; all its batch-mates arrive."""
    sink, done = kafka_sink(kafka, "confluent"), Outcomes()
    # Eight, then four, two and one of them are refused: the first message is to blame.
    kafka.errors("Produce", *["MSG_SIZE_TOO_LARGE"] * 4)
    deliver(sink, records(8), done)
    sink.close(5.0)
    assert [(record.number, error.retryable) for record, error in done.failed] == [(1, False)]
    assert sorted(sent(kafka, 7)) == [2, 3, 4, 5, 6, 7, 8]


def test_nothing_overtakes_a_batch_that_is_taken_apart(kafka: MockKafka) -> None:
    """Records are not taken before what was refused is settled."""
    sink, done = kafka_sink(kafka, "confluent"), Outcomes()
    kafka.errors("Produce", "MSG_SIZE_TOO_LARGE")
    assert sink.deliver(records(10), done) == 10
    while not sink._refused:
        sink.poll(0.05)
    assert sink.deliver(records(5, first=11), done) == 0
    sink.flush(10.0)
    deliver(sink, records(5, first=11), done)
    sink.close(5.0)
    assert sent(kafka, 15) == list(range(1, 16))


def test_closed_in_the_middle_of_it(kafka: MockKafka) -> None:
    """What a refused batch still has to send when the sink is closed can be sent again."""
    sink, done = kafka_sink(kafka, "confluent"), Outcomes()
    kafka.errors("Produce", "MSG_SIZE_TOO_LARGE")
    sink.deliver(records(10), done)
    while not sink._refused:
        sink.poll(0.05)
    kafka.down()
    sink.close(0.2)
    assert sorted(record.number for record, _ in done.failed) == list(range(1, 11))
    assert all(error.retryable for _, error in done.failed)


@pytest.mark.parametrize("engine", ENGINES)
def test_too_large_by_itself(kafka: MockKafka, engine: str) -> None:
    """A message that the library itself refuses fails alone, at once."""
    sink, done = kafka_sink(kafka, engine, max_request_bytes=10_000, compression="none"), Outcomes()
    given = [*records(3), *records(1, first=4, size=20_000), *records(3, first=5)]
    deliver(sink, given, done)
    sink.close(5.0)
    assert [(record.number, error.retryable) for record, error in done.failed] == [(4, False)]
    assert sorted(sent(kafka, 6)) == [1, 2, 3, 5, 6, 7]


def test_room_for_what_goes_beside() -> None:
    """The largest payload leaves room in a message for headers and key."""
    assert KafkaSink("a:1", max_request_bytes=10_000).max_bytes == 9_488


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("error", ["TOPIC_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED"])
def test_forbidden(kafka: MockKafka, engine: str, error: str) -> None:
    """Who may not write hears it at once; when it is allowed, the same sink goes on."""
    sink, done = kafka_sink(kafka, engine), Outcomes()
    kafka.errors("Produce", error)
    deliver(sink, records(5), done)
    assert len(done.failed) == 5
    assert isinstance(done.error, SinkAuthenticationError)
    assert not done.error.retryable
    deliver(sink, records(5, first=6), done)
    sink.close(5.0)
    assert sorted(record.number for record in done.arrived) == [6, 7, 8, 9, 10]


def test_no_such_topic(kafka: MockKafka) -> None:
    """A topic that is not there may be made later: its events can be sent again."""
    kafka.topic_error("nowhere", "UNKNOWN_TOPIC_OR_PART")
    options = {"topic.metadata.propagation.max.ms": 100}
    sink, done = kafka_sink(kafka, topic="nowhere", options=options), Outcomes()
    deliver(sink, records(1), done)
    sink.close(1.0)
    assert done.error.retryable


@pytest.mark.parametrize("engine", ["confluent", "kafka-python"])
def test_fatal_errors_make_a_new_producer(kafka: MockKafka, engine: str) -> None:
    """When numbers do not agree any more everything unconfirmed comes back, and goes out by a new one."""
    sink, done = kafka_sink(kafka, engine), Outcomes()
    deliver(sink, records(5), done)
    first = sink._engine
    kafka.errors("Produce", "OUT_OF_ORDER_SEQUENCE_NUMBER")
    deliver(sink, records(5, first=6), done)
    assert all(error.retryable for _, error in done.failed)
    deliver(sink, [record for record, _ in done.failed], done)
    assert sink._engine is not first
    sink.close(5.0)
    assert sorted(record.number for record in done.arrived) == list(range(1, 11))
    assert sorted(sent(kafka, 10)) == list(range(1, 11))


def test_may_not_be_idempotent(kafka: MockKafka) -> None:
    """Who lacks the right to idempotent writes is told so: no event waits for a time limit."""
    sink, done = kafka_sink(kafka), Outcomes()
    kafka.errors("InitProducerId", "CLUSTER_AUTHORIZATION_FAILED")
    deliver(sink, records(2), done)
    sink.close(1.0)
    assert isinstance(done.error, SinkAuthenticationError)
    assert not done.error.retryable


@pytest.mark.parametrize("engine", ENGINES)
def test_close_keeps_its_deadline(kafka: MockKafka, engine: str) -> None:
    """What Kafka did not confirm in time is told of as unsent, and can be sent again."""
    sink, done = kafka_sink(kafka, engine), Outcomes()
    deliver(sink, records(1), done)
    kafka.down()
    taken = sink.deliver(records(20, first=2), done)
    sink.close(0.2)
    assert len(done) == 1 + taken
    assert taken > 0
    assert {(type(error), error.retryable) for _, error in done.failed} == {
        (SinkConnectionError, True)
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_forks(kafka: MockKafka, engine: str) -> None:
    """A child forgets, has a producer of its own, and ends; the parent's goes on undisturbed."""
    sink, done = kafka_sink(kafka, engine), Outcomes()
    deliver(sink, records(1), done)
    sink.deliver(records(5, first=2), done)
    child = os.fork()
    if not child:
        try:
            sink.forget()
            mine = Outcomes()
            deliver(sink, records(3, first=100), mine)
            sink.close(5.0)
            os._exit(len(mine.arrived))
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    sink.flush(10.0)
    deliver(sink, records(4, first=7), done)
    sink.close(5.0)
    assert len(done.arrived) == 10
    assert sorted(sent(kafka, 13)) == [*range(1, 11), 100, 101, 102]


FORGETTING = """
import os, sys, time
from sdk_telemetry.sinks import KafkaSink, Record
sink = KafkaSink(sys.argv[1])
sink.deliver([Record(1, "i", b"1")], lambda records, error: None)
if os.fork() == 0:
    sink.forget()
    del sink
    sys.exit(0)  # with all destructors, which would wait for threads that are not there
status = os.waitstatus_to_exitcode(os.wait()[1])
sink.close(10.0)
sys.exit(status)
"""


def test_forgetting_children_end(kafka: MockKafka) -> None:
    """A child that ends as interpreters do does not hang on what it inherited."""
    done = subprocess.run(
        [sys.executable, "-c", FORGETTING, kafka.bootstrap], check=False, timeout=60
    )
    assert done.returncode == 0
    assert sent(kafka, 1) == [1]


def test_errors_name_their_sink(kafka: MockKafka) -> None:
    """An error says which sink it is of."""
    sink, done = kafka_sink(kafka, name="mine"), Outcomes()
    kafka.errors("Produce", "TOPIC_EXCEPTION")
    deliver(sink, records(1), done)
    sink.close(1.0)
    assert isinstance(done.error, SendError)
    assert (done.error.sink, done.error.retryable) == ("mine", False)
