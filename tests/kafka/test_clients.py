"""Both clients on a real broker that goes away and comes back, in peace and by kill -9."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from sdk_telemetry import AsyncTelemetryClient, PromptInfo, TelemetryClient, TelemetryEvent
from sdk_telemetry.errors import EventTooLargeError, SendError

from ._broker import PASSWORD, USER, Broker
from ._sending import KEYS, numbers, orders

each_colour = pytest.mark.parametrize("colour", ["sync", "async"])


class Telemetry:
    """A client of either colour, as a context manager."""

    def __init__(self, colour: str, **options: Any) -> None:
        self._runner = asyncio.Runner() if colour == "async" else None
        kind = AsyncTelemetryClient if colour == "async" else TelemetryClient
        self.client: Any = kind(service_name="tests", **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.run(self.client.close, 30)
        if self._runner:
            self._runner.close()

    def run(self, act: Callable[..., Any], *given: Any) -> Any:
        """Carry out what may have to be awaited."""
        if self._runner is None:
            return act(*given)

        async def awaited() -> Any:
            return await act(*given)

        return self._runner.run(awaited())

    def track(self, number: int) -> None:
        """Track an event with a number, and one of the keys."""
        key = KEYS[number % len(KEYS)] or None
        metadata = {"number": str(number), "padding": "." * 500}
        assert self.client.track("gpt-5", metadata=metadata, key=key)


def until(true: Callable[[], bool], timeout: float = 60.0) -> None:
    """
    Wait until something is true.

    Raises:
        TimeoutError: It is not in time.
    """
    deadline, pause = time.monotonic() + timeout, threading.Event()
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError
        pause.wait(0.02)


def balanced(client: Any) -> bool:
    """Return whether everything that was accepted is accounted for."""
    found = client.stats()
    settled = found.delivered + found.failed + found.dropped + found.pending
    return bool(found.accepted == settled)


@each_colour
def test_events_arrive_by_scram_and_tls(broker: Broker, topic: str, colour: str) -> None:
    """What is tracked is there when the client is closed, and all of it is counted as delivered."""
    with Telemetry(
        colour,
        brokers=broker.address("SASL_SSL"),
        topic=topic,
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username=USER,
        sasl_password=PASSWORD,
        ssl_ca_location=broker.ca,
    ) as telemetry:
        for number in range(500):
            telemetry.track(number)
        assert telemetry.run(telemetry.client.flush, 60) == 0
        stats = telemetry.client.stats()
        assert (stats.accepted, stats.delivered, stats.pending) == (500, 500, 0)
    assert sorted(numbers(broker.read(topic))) == list(range(500))


@each_colour
def test_one_event_that_is_too_large_is_told(broker: Broker, colour: str) -> None:
    """`send` of what the broker refuses raises; the events beside it arrive."""
    topic = broker.topic(
        f"small-{colour}-{time.monotonic_ns()}", partitions=1, max_message_bytes="20000"
    )
    with Telemetry(
        colour, brokers=broker.address(), topic=topic, compression="none", redaction="full"
    ) as telemetry:
        for number in range(20):
            telemetry.track(number)
        huge = TelemetryEvent("tests", "gpt-5", PromptInfo("x" * 50_000))
        with pytest.raises((SendError, EventTooLargeError)):
            telemetry.run(telemetry.client.send, huge)
        assert telemetry.run(telemetry.client.flush, 60) == 0
        assert balanced(telemetry.client)
        assert telemetry.client.stats().failed == 1
    assert sorted(numbers(broker.read(topic))) == list(range(20))


class Load:
    """A thread that tracks two events every two milliseconds, numbered from 0, while it is entered."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.made = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(0.002):
            for _ in range(2):
                self._telemetry.track(self.made)
                self.made += 1


@each_colour
@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_nothing_is_lost_while_the_broker_is_away(
    broker: Broker, topic: str, tmp_path: Path, colour: str, how: str
) -> None:
    """Under load a broker goes and comes back: all arrive, per key in order, each known by its id."""
    away(broker, topic, tmp_path, colour, (broker.kill if how == "killed" else broker.stop), 0.0)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_is_lost_in_a_minute(broker: Broker, topic: str, tmp_path: Path) -> None:
    """So it is when the broker is away for a minute."""
    away(broker, topic, tmp_path, "sync", broker.kill, 60.0)


def away(
    broker: Broker, topic: str, folder: Path, colour: str, end: Callable[[], None], seconds: float
) -> None:
    """End the broker under load for so long, start it, and look at what has arrived."""
    with Telemetry(
        colour,
        brokers=broker.address(),
        topic=topic,
        outbox=folder / "outbox",
        max_events=500,
        on_full="spill",
        delivery_timeout=5.0,
    ) as telemetry:
        stats = telemetry.client.stats
        with Load(telemetry) as load:
            until(lambda: stats().delivered > 200)
            end()
            since = time.monotonic()
            until(lambda: stats().pending > 1_500 and time.monotonic() - since > seconds, 120)
            broker.start()
            seen = stats().delivered
            until(lambda: stats().delivered > seen + 200)
        assert telemetry.run(telemetry.client.flush, 180) == 0
        assert balanced(telemetry.client)
        assert (stats().dropped, stats().failed) == (0, 0)
    messages = broker.read(topic)
    assert set(numbers(messages)) == set(range(load.made))
    assert [order for order in orders(messages).values() if order != sorted(order)] == []
    assert len({each.headers["event-id"] for each in messages}) == load.made


def test_another_process_sends_what_one_left(broker: Broker, topic: str, tmp_path: Path) -> None:
    """A client that is closed while the broker is away leaves its events to the next of the directory."""
    options: dict[str, Any] = {"brokers": broker.address(), "topic": topic, "outbox": tmp_path}
    broker.stop()
    with TelemetryClient(service_name="tests", durable=True, **options) as client:
        for number in range(50):
            assert client.track("gpt-5", metadata={"number": str(number)}, key="one")
        client.close(1.0)
    broker.start()
    with TelemetryClient(service_name="tests", **options) as client:
        client.track("gpt-5", metadata={"number": "50"}, key="one")
        assert client.flush(60) == 0
    assert numbers(broker.read(topic)) == list(range(51))
