"""The mock of Kafka: it does as it is told, here and in a process of its own."""

from __future__ import annotations

import io
import os
import signal
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import KafkaException, Producer

from sdk_telemetry import _mock_cluster, testing
from sdk_telemetry.errors import ConfigurationError
from sdk_telemetry.testing import Message, MockKafka


@pytest.fixture(params=[False, True], ids=["here", "elsewhere"])
def kafka(request: pytest.FixtureRequest) -> Iterator[MockKafka]:
    """Two brokers, in this process or in one of their own."""
    with MockKafka(2, own_process=request.param) as mock:
        yield mock


def produce(kafka: MockKafka, *values: bytes, topic: str = "t", timeout: int = 30_000) -> list[str]:
    """Send values to the first partition; return what became of each."""
    outcomes: list[str] = []
    config = {
        "bootstrap.servers": kafka.bootstrap,
        "log_level": 0,
        "retries": 0,
        "message.timeout.ms": timeout,
    }
    producer = Producer(config)
    for value in values:
        producer.produce(
            topic,
            value,
            b"key",
            0,
            on_delivery=lambda error, _: outcomes.append(error.name() if error else "arrived"),
            headers=[("name", b"value")],
        )
    producer.flush(10.0)
    producer.purge()
    producer.flush(1.0)
    return outcomes


def test_what_is_sent_can_be_read_back(kafka: MockKafka) -> None:
    """Messages come with their place, their key and their headers."""
    assert produce(kafka, b"1", b"2") == ["arrived", "arrived"]
    first, second = kafka.read("t", 2)
    assert first == Message("t", 0, 0, b"key", b"1", {"name": b"value"})
    assert (second.offset, second.value) == (1, b"2")
    assert kafka.read("t") == [first, second]


def test_what_is_not_there_in_time(kafka: MockKafka) -> None:
    """Waiting ends with how many came."""
    produce(kafka, b"1")
    with pytest.raises(TimeoutError, match=r"^t had 1 of 2 messages after 2\.0 seconds$"):
        kafka.read("t", 2, timeout=2.0)


def test_errors_at_will(kafka: MockKafka) -> None:
    """The next request is answered with the error, by name or by number, the one after is not."""
    kafka.errors("Produce", "TOPIC_AUTHORIZATION_FAILED")
    assert produce(kafka, b"1") == ["TOPIC_AUTHORIZATION_FAILED"]
    kafka.errors("Produce", 10)
    assert produce(kafka, b"1") == ["MSG_SIZE_TOO_LARGE"]
    kafka.errors("Produce", 10)
    kafka.clear_errors("Produce")
    assert produce(kafka, b"1") == ["arrived"]


def test_brokers_come_and_go(kafka: MockKafka) -> None:
    """A broker that is down takes no connection; what it keeps is there when it is up again."""
    produce(kafka, b"1")
    kafka.down()
    assert produce(kafka, b"2", timeout=300) == ["_MSG_TIMED_OUT"]
    kafka.up()
    assert [message.value for message in kafka.read("t")] == [b"1"]
    kafka.down(2)
    assert len(kafka.bootstrap.split(",")) == 2


def test_topics(kafka: MockKafka) -> None:
    """Topics have as many partitions and such leaders as they are told."""
    kafka.topic("mine", 7)
    kafka.leader("mine", 3, 2)
    topic = (
        Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
        .list_topics("mine", 10.0)
        .topics["mine"]
    )
    assert len(topic.partitions) == 7
    assert topic.partitions[3].leader == 2


def test_topics_in_trouble(kafka: MockKafka) -> None:
    """A topic's metadata can say an error, until it does not any more."""
    kafka.topic("mine", 1)
    kafka.topic_error("mine", "TOPIC_AUTHORIZATION_FAILED")
    with pytest.raises(KafkaException):
        kafka.read("mine", timeout=2.0)
    kafka.topic_error("mine", "NO_ERROR")
    assert kafka.read("mine") == []


def test_slowness(kafka: MockKafka) -> None:
    """Answers take as long as they are told to."""
    produce(kafka, b"1")
    kafka.rtt(300)
    start = time.monotonic()
    produce(kafka, b"2")
    assert time.monotonic() - start >= 0.3
    kafka.rtt(0, 1)
    kafka.rebalance_delay(0)


def test_requests_are_counted(kafka: MockKafka) -> None:
    """It is known how often each kind of request came."""
    assert kafka.requests() == {}
    produce(kafka, b"1")
    assert kafka.requests()["Produce"] == 1


def test_brokers_stand_where_they_are_said_to(kafka: MockKafka) -> None:
    """Clients look for a broker where it is advertised, such as at a proxy."""
    kafka.advertise(2, "127.0.0.1", 1)
    brokers = (
        Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
        .list_topics(timeout=10.0)
        .brokers
    )
    assert brokers[2].port == 1


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("down", (3,), "`broker` must be between 1 and 2, or 0 for all, not 3"),
        ("errors", ("Produced", 1), "`api` must be one of Produce"),
        ("errors", ("Produce", "NO_SUCH"), "Kafka has no error 'NO_SUCH'"),
    ],
)
def test_what_cannot_be_done(
    kafka: MockKafka, command: str, arguments: tuple[Any, ...], said: str
) -> None:
    """A mistake is told of by name, from the other process, too."""
    with pytest.raises(ConfigurationError, match=said):
        getattr(kafka, command)(*arguments)


@pytest.mark.parametrize("own_process", [False, True])
def test_it_ends(own_process: bool) -> None:
    """After its end nothing listens; to end it again does no harm."""
    kafka = MockKafka(1, own_process=own_process)
    host, port = kafka.bootstrap.split(":")
    kafka.close()
    kafka.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, int(port)), timeout=5.0)


def test_it_can_be_killed() -> None:
    """Who kills its process has a cluster that died, and is told so."""
    with MockKafka(1, own_process=True) as kafka:
        assert kafka.pid is not None
        os.kill(kafka.pid, signal.SIGKILL)
        os.waitid(os.P_PID, kafka.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(ConnectionError):
            kafka.up()


def test_children_do_not_end_it() -> None:
    """What a forked child closes is its parent's, and goes on."""
    with MockKafka(1) as kafka:
        child = os.fork()
        if not child:
            kafka.close()
            os._exit(0)
        os.waitpid(child, 0)
        assert produce(kafka, b"1") == ["arrived"]


@pytest.mark.parametrize("brokers", [0, -1])
def test_at_least_one_broker(brokers: int) -> None:
    """None is not a cluster."""
    with pytest.raises(ConfigurationError, match="`brokers`"):
        MockKafka(brokers)


def test_as_a_program() -> None:
    """It writes its address, then an answer to each command, and ends with its input."""
    commands = io.StringIO("rtt 5 1\n\ndown\nno-such 1\ndown 1 2 3\n_call new\nclose\nrequests\n")
    answers = io.StringIO()
    testing._serve(["--brokers", "1"], commands, answers)
    address, *lines = answers.getvalue().splitlines()
    assert address.startswith("127.0.0.1:")
    assert lines == [
        '{"value": null}',
        '{"value": null}',
        '{"error": "there is no command \'no-such\'"}',
        '{"error": "too many positional arguments"}',
        '{"error": "there is no command \'_call\'"}',
        '{"error": "there is no command \'close\'"}',
        '{"value": {}}',
    ]


@pytest.mark.parametrize(
    ("spec", "found", "said"),
    [
        (None, None, r"sdk-telemetry\[kafka\]"),
        ("/nowhere/confluent_kafka/__init__.py", None, "wheel"),
    ],
)
def test_without_the_library(
    spec: str | None, found: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without confluent-kafka, or without its library, the error says what to install."""

    class Spec:
        origin = spec

    monkeypatch.setattr(_mock_cluster, "find_spec", lambda _: Spec() if spec else None)
    monkeypatch.setattr(_mock_cluster, "find_library", lambda _: found)
    with pytest.raises(ConfigurationError, match=said):
        _mock_cluster._file()


def test_the_system_s_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """A confluent-kafka that was built here uses the library of the system."""

    class Spec:
        origin = "/nowhere/confluent_kafka/__init__.py"

    monkeypatch.setattr(_mock_cluster, "find_spec", lambda _: Spec())
    monkeypatch.setattr(_mock_cluster, "find_library", lambda _: "librdkafka.so.1")
    assert _mock_cluster._file() == "librdkafka.so.1"
