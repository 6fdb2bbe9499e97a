"""A lane in the middle of a test: it hands records to a Kafka sink, and keeps what it is told."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from typing import Any

from sdk_telemetry.errors import SendError
from sdk_telemetry.sinks import KafkaSink, Record
from sdk_telemetry.testing import MockKafka

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of the standard library, on Python 3.11
    import kafka as _  # noqa: F401  # kafka-python's first import is the one that warns

ENGINES = ("confluent", "kafka-python", "aiokafka")
TOPIC = "llm-telemetry"


def kafka_sink(kafka: MockKafka, engine: str = "confluent", **options: Any) -> KafkaSink:
    """Return a sink that sends to *kafka*, whose version kafka-python cannot find out."""
    if engine == "kafka-python":
        options["options"] = {"api_version": (2, 3), **options.get("options", {})}
    return KafkaSink(kafka.bootstrap, engine=engine, **options)  # type: ignore[arg-type]  # one of ENGINES


def records(count: int, *, first: int = 1, size: int = 100, key: str | None = None) -> list[Record]:
    """Return records whose payload begins with their number."""
    return [
        Record(number, f"id-{number}", f"{number} ".encode() + bytes(size), key=key)
        for number in range(first, first + count)
    ]


class Outcomes:
    """
    What became of records: be this ``done``.

    Attributes:
        arrived: Records that did.
        failed: Records that did not, each with its error.
        calls: How often it was told.
    """

    def __init__(self) -> None:
        self.arrived: list[Record] = []
        self.failed: list[tuple[Record, SendError]] = []
        self.calls = 0

    def __call__(self, given: Sequence[Record], error: SendError | None) -> None:
        """Keep what is told."""
        self.calls += 1
        if error is None:
            self.arrived += given
        else:
            self.failed += [(record, error) for record in given]

    def __len__(self) -> int:
        return len(self.arrived) + len(self.failed)

    @property
    def error(self) -> SendError:
        """The error of the record that failed first."""
        return self.failed[0][1]


def deliver(
    sink: KafkaSink, given: Sequence[Record], done: Outcomes, timeout: float = 30.0
) -> None:
    """Hand records to a sink until it has them all, and wait until all are told of."""
    deadline = time.monotonic() + timeout
    wanted, taken = len(done) + len(given), 0
    while taken < len(given):
        taken += sink.deliver(given[taken:], done)
        if taken < len(given):
            sink.poll(0.1)
        assert time.monotonic() < deadline, f"{taken} of {len(given)} were taken"
    while len(done) < wanted:
        sink.poll(0.1)
        assert time.monotonic() < deadline, f"{len(done)} of {wanted} were told of"


def numbers(payloads: Sequence[bytes]) -> list[int]:
    """Return the numbers of records by what was read back."""
    return [int(payload.split()[0]) for payload in payloads]
