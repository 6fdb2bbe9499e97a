"""
Testing: a Kafka to test with, without Java and without Docker.

::

    with MockKafka(brokers=3) as kafka, TelemetryClient(brokers=kafka.bootstrap) as client:
        client.track("gpt-4o", latency_ms=12.0)
        client.flush()
        (message,) = kafka.read("llm-telemetry", 1)

It is the mock cluster of librdkafka, which comes inside the wheel of confluent-kafka: real sockets on
this machine, the real protocol, topics that are kept in memory, and errors at will. It keeps the
last 5 MB of each partition, knows neither TLS nor SASL, and answers kafka-python only when that is
told ``api_version=(2, 3)``.

``python -m sdk_telemetry.testing --brokers 3`` starts one in a process of its own: it writes its
address on a line of its own, then carries out the commands that come, one a line: ``down 1``,
``up``, ``rtt 200``, ``errors Produce NOT_LEADER_FOR_PARTITION``, ``topic name 4``, ``requests``.
"""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import time
import uuid
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import suppress
from logging import getLogger
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Self

from ._mock_cluster import MockCluster
from .errors import ConfigurationError

if TYPE_CHECKING:
    from confluent_kafka import Consumer

__all__ = ["Message", "MockKafka"]

_LOGGER = getLogger("sdk_telemetry.testing")
_PAUSE = 0.1  # seconds between two looks at a deadline


class Message(NamedTuple):
    """
    What was read back from a topic.

    Attributes:
        topic: Where it is.
        partition: Where in it.
        offset: Where in that.
        key: What its partition was chosen by; None: by nothing.
        value: What it holds.
        headers: What goes beside it, by name.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: dict[str, bytes]


class MockKafka:
    """
    A cluster of brokers for tests, as a context manager; it begins when it is made.

    Args:
        brokers: How many; they are numbered from 1.
        own_process: Run it in a process of its own, so that it does not share this one's GIL, and
            its processor time can be told from this one's.

    Attributes:
        bootstrap: Where it is, for ``brokers=``.
        pid: The process that it is in, if that is its own.

    Raises:
        ConfigurationError: confluent-kafka is not installed, or there are no *brokers*.
    """

    def __init__(self, brokers: int = 3, *, own_process: bool = False) -> None:
        if brokers < 1:
            msg = f"`brokers` must be 1 or more, not {brokers}"
            raise ConfigurationError(msg)
        self._owner = os.getpid()
        self.pid: int | None = None
        self._cluster: MockCluster | _Elsewhere
        self._cluster = _Elsewhere(brokers) if own_process else MockCluster(brokers)
        self.bootstrap: str = self._cluster.bootstrap
        if isinstance(self._cluster, _Elsewhere):
            self.pid = self._cluster.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """End it; what it kept is lost. More often than once, or in a forked child, it does nothing."""
        if self._owner == os.getpid():
            self._cluster.close()

    def down(self, broker: int = 0) -> None:
        """Have a broker (0: all) hang up and take no connections; what it keeps stays."""
        self._do("down", broker)

    def up(self, broker: int = 0) -> None:
        """Have a broker (0: all) take connections again."""
        self._do("up", broker)

    def rtt(self, milliseconds: int, broker: int = 0) -> None:
        """Have a broker (0: all) answer so much later."""
        self._do("rtt", milliseconds, broker)

    def topic(self, name: str, partitions: int = 4, replicas: int = 1) -> None:
        """Make a topic; one that is not made has four partitions when it is first asked for."""
        self._do("topic", name, partitions, replicas)

    def topic_error(self, name: str, error: str | int) -> None:
        """Have a topic's metadata say an error, as in ``TOPIC_AUTHORIZATION_FAILED``; ``NO_ERROR`` ends it."""
        self._do("topic_error", name, error)

    def leader(self, topic: str, partition: int, broker: int) -> None:
        """Have another broker lead a partition."""
        self._do("leader", topic, partition, broker)

    def advertise(self, broker: int, host: str, port: int) -> None:
        """Have clients find a broker elsewhere, such as at a proxy before it."""
        self._do("advertise", broker, host, port)

    def errors(self, api: str, *errors: str | int) -> None:
        """
        Answer the next requests of a kind with these errors, one after the other.

        Args:
            api: The kind of request, as in ``Produce``, ``Metadata`` or ``InitProducerId``.
            errors: Names as in ``confluent_kafka.KafkaError``, or codes. ``_TRANSPORT`` hangs up.
        """
        self._do("errors", api, *errors)

    def clear_errors(self, api: str) -> None:
        """Forget the errors for a kind of request that were not answered yet."""
        self._do("clear_errors", api)

    def rebalance_delay(self, milliseconds: int) -> None:
        """Let consumer groups wait so long for members; 3000 unless told."""
        self._do("rebalance_delay", milliseconds)

    def requests(self) -> dict[str, int]:
        """Return how many requests of each kind came so far."""
        seen: dict[str, int] = self._do("requests")
        return seen

    def read(self, topic: str, count: int | None = None, *, timeout: float = 30.0) -> list[Message]:
        """
        Return what is in a topic, from its beginning, by partition and offset.

        Args:
            topic: Which.
            count: Wait for so many, and return them; None: as many as there are now.
            timeout: Seconds, at the most.

        Raises:
            TimeoutError: So many were not there in time; the message says how many were.
        """
        from confluent_kafka import Consumer  # noqa: PLC0415  # as late as possible: 50 ms

        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": uuid.uuid4().hex,
                "enable.auto.commit": False,
                "logger": _LOGGER,
            }
        )
        try:
            found = _read(consumer, topic, count, timeout)
        finally:
            consumer.close()
        return sorted(found, key=lambda message: (message.partition, message.offset))

    def _do(self, command: str, *arguments: str | int) -> Any:
        return getattr(self._cluster, command)(*arguments)


def _read(consumer: Consumer, topic: str, count: int | None, timeout: float) -> list[Message]:
    from confluent_kafka import OFFSET_BEGINNING, TopicPartition  # noqa: PLC0415  # as above

    deadline = time.monotonic() + timeout
    partitions = sorted(consumer.list_topics(topic, timeout=timeout).topics[topic].partitions)
    places = [TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions]
    if count is None:
        ends = [consumer.get_watermark_offsets(place, timeout=timeout) for place in places]
        count = sum(high - low for low, high in ends)
    consumer.assign(places)
    found: list[Message] = []
    while len(found) < count:
        if time.monotonic() > deadline:
            msg = f"{topic} had {len(found)} of {count} messages after {timeout} seconds"
            raise TimeoutError(msg)
        for message in consumer.consume(min(count - len(found), 10_000), timeout=_PAUSE):
            if message.error() is None:
                headers: Any = message.headers() or ()
                place = (topic, message.partition() or 0, message.offset() or 0)
                found.append(Message(*place, message.key(), message.value() or b"", dict(headers)))
    return found


class _Elsewhere:
    """A `MockCluster` in a process of its own; it ends with this one at the latest."""

    def __init__(self, brokers: int) -> None:
        command = [sys.executable, "-m", "sdk_telemetry.testing", "--brokers", str(brokers)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)  # noqa: S603  # our own module
        self.pid = self._process.pid
        self.bootstrap = self._line()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):  # of a command that it did not live to read
                pipe.close()

    def __getattr__(self, command: str) -> Any:
        def carry_out(*arguments: str | int) -> Any:
            stdin = self._process.stdin
            assert stdin is not None
            stdin.write(" ".join(map(str, (command, *arguments))) + "\n")
            stdin.flush()
            answer = json.loads(self._line())
            if "error" in answer:
                raise ConfigurationError(answer["error"])
            return answer["value"]

        return carry_out

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            msg = "the process of the mock of Kafka has ended"
            raise ConnectionError(msg)
        return line


def _carry_out(cluster: MockCluster, line: str) -> dict[str, Any]:
    """Carry out a command that came as text; return what to answer."""
    name, *words = line.split()
    method = getattr(cluster, name, None)
    if name.startswith("_") or name == "close" or not callable(method):
        return {"error": f"there is no command {name!r}"}
    arguments = [int(word) if word.lstrip("-").isdigit() else word for word in words]
    try:
        inspect.signature(method).bind(*arguments)
        return {"value": method(*arguments)}
    except (ConfigurationError, TypeError) as error:
        return {"error": str(error)}


def _serve(arguments: Sequence[str], commands: IO[str], answers: IO[str]) -> None:
    """Start a cluster, tell where, and carry out commands until there are no more."""
    parser = ArgumentParser("python -m sdk_telemetry.testing", description="A Kafka to test with.")
    parser.add_argument("--brokers", type=int, default=3, help="how many; 3 unless told")
    cluster = MockCluster(parser.parse_args(arguments).brokers)
    try:
        print(cluster.bootstrap, file=answers, flush=True)
        for line in commands:
            if line.strip():
                print(json.dumps(_carry_out(cluster, line)), file=answers, flush=True)
    finally:
        cluster.close()


if __name__ == "__main__":
    _serve(sys.argv[1:], sys.stdin, sys.stdout)
