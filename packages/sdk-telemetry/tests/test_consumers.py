"""Alerts and events out of a topic, of a mock cluster and, where it matters, in both colours."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest

from sdk_telemetry import AnomalyAlert, Severity, TelemetryConfig, TelemetryEvent
from sdk_telemetry.consumers import AlertConsumer, AsyncAlertConsumer, EventConsumer
from sdk_telemetry.errors import AlertError, ConfigurationError, TelemetryError
from sdk_telemetry.testing import MockKafka

pytest.importorskip("confluent_kafka")


@pytest.fixture(scope="module")
def kafka() -> Iterator[MockKafka]:
    """A broker whose groups do not wait for more members."""
    with MockKafka(1) as made:
        made.rebalance_delay(0)
        yield made


@pytest.fixture
def topic(kafka: MockKafka) -> str:
    """Return a topic of one partition, so that there is one order."""
    name = f"alerts-{uuid.uuid4().hex[:8]}"
    kafka.topic(name, 1)
    return name


@pytest.fixture
def put(kafka: MockKafka, topic: str) -> Iterator[Callable[..., None]]:
    """Return what puts messages into the topic, and returns when they are there."""
    from confluent_kafka import Producer  # noqa: PLC0415  # checked above

    producer = Producer({"bootstrap.servers": kafka.bootstrap, "linger.ms": 0, "log_level": 0})

    def done(*payloads: bytes | None) -> None:
        for each in payloads:
            producer.produce(topic, each)
        assert producer.flush(20) == 0

    yield done
    producer.flush(20)


@pytest.fixture
def place(kafka: MockKafka, topic: str) -> Callable[[], int]:
    """
    Return what says which message the group goes on with; -1001 before it handled any.

    The mock cluster takes no new members into a group that everybody has left.
    """
    from confluent_kafka import Consumer, TopicPartition  # noqa: PLC0415  # checked above

    def asked() -> int:
        with closing(Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": topic})) as member:
            (found,) = member.committed([TopicPartition(topic, 0)], timeout=20)
        return int(found.offset)

    return asked


def fail(*_: object) -> None:
    """Handle alerts badly."""
    raise ZeroDivisionError


def next_two(alerts: Reader) -> None:
    """Ask for two alerts."""
    alerts.next()
    alerts.next()


def alert(severity: str = "high") -> AnomalyAlert:
    """Make an alert."""
    return AnomalyAlert(
        severity=severity,  # type: ignore[arg-type]  # it is converted
        anomaly_type="latency_spike",  # type: ignore[arg-type]  # as above
        service_name="checkout",
        model="gpt-5",
    )


class Reader:
    """A consumer of either colour, as a context manager; what is raised inside leaves it."""

    def __init__(self, colour: str, **options: Any) -> None:
        self._runner = asyncio.Runner() if colour == "async" else None
        kind = AsyncAlertConsumer if colour == "async" else AlertConsumer
        self.consumer: Any = kind(start="earliest", **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._run(self.consumer.__aexit__ if self._runner else self.consumer.__exit__, *exc_info)
        if self._runner:
            self._runner.close()

    def next(self) -> AnomalyAlert:
        """Iterate to the next alert."""
        found: AnomalyAlert = self._run(
            self.consumer.__anext__ if self._runner else self.consumer.__next__
        )
        return found

    def poll(self, timeout: float) -> AnomalyAlert | None:
        """Poll once."""
        found: AnomalyAlert | None = self._run(self.consumer.poll, timeout)
        return found

    def commit(self) -> None:
        """Commit."""
        self._run(self.consumer.commit)

    def close(self) -> None:
        """Close."""
        self._run(self.consumer.close)

    def _run(self, act: Callable[..., Any], *given: Any) -> Any:
        if self._runner is None:
            return act(*given)

        async def awaited() -> Any:
            return await act(*given)

        return self._runner.run(awaited())


@pytest.fixture
def reader(colour: str, kafka: MockKafka, topic: str) -> Callable[..., Reader]:
    """Return what makes readers of the topic."""
    return lambda **options: Reader(
        colour, **{"brokers": kafka.bootstrap, "topic": topic, "group": topic, **options}
    )


def test_alerts_come_in_their_order(
    reader: Callable[..., Reader], put: Callable[..., None]
) -> None:
    """Each alert that is published is iterated over, as it was made."""
    made = [alert("low"), alert("critical")]
    put(*(each.to_json() for each in made))
    with reader() as alerts:
        assert made == [alerts.next(), alerts.next()]
        assert alerts.consumer.received == 2


def test_severity_is_a_least(reader: Callable[..., Reader], put: Callable[..., None]) -> None:
    """With a severity, alerts below it are passed over, and counted."""
    put(*(alert(each).to_json() for each in ("low", "high", "medium", "critical")))
    with reader(severity="high") as alerts:
        assert [alerts.next().severity for _ in range(2)] == [Severity.HIGH, Severity.CRITICAL]
        assert alerts.consumer.skipped == 2


def test_what_is_no_alert_is_told_and_passed_over(
    reader: Callable[..., Reader], put: Callable[..., None]
) -> None:
    """Neither text nor nothing stops the consumer; the callback hears where it was, and what."""
    told: list[tuple[AlertError, bytes]] = []
    put(b"{}", None, alert().to_json())
    with reader(on_invalid=lambda *given: told.append(given)) as alerts:
        alerts.next()
        assert alerts.consumer.invalid == 2
    assert [payload for _, payload in told] == [b"{}", b""]
    assert told[0][0].__notes__[0].endswith("partition 0, offset 0")


def test_what_is_no_alert_is_logged_without_what_it_holds(
    reader: Callable[..., Reader],
    put: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without a callback there is a warning that says where, but not what."""
    put(b"a secret", alert().to_json())
    with reader() as alerts:
        alerts.next()
    (record,) = [each for each in caplog.records if each.levelname == "WARNING"]
    assert "8 bytes" in record.getMessage()
    assert "partition 0, offset 0" in record.getMessage()
    assert "secret" not in record.getMessage()


def test_a_group_goes_on_after_what_was_handled(
    reader: Callable[..., Reader], put: Callable[..., None], place: Callable[[], int]
) -> None:
    """An alert is handled when the next is asked for, or its block ends well."""
    put(*[alert().to_json()] * 3)
    with reader() as alerts:
        alerts.next()
        alerts.next()
    assert place() == 2


def test_what_failed_comes_again(
    reader: Callable[..., Reader], put: Callable[..., None], place: Callable[[], int]
) -> None:
    """An alert whose handling raised is not handled."""
    put(*[alert().to_json()] * 2)
    with pytest.raises(ZeroDivisionError), reader() as alerts:
        fail(alerts.next(), alerts.next())
    assert place() == 1


def test_commit_says_that_it_is_handled(
    reader: Callable[..., Reader], put: Callable[..., None], place: Callable[[], int]
) -> None:
    """After `commit` the broker knows the last alert's place; twice is fine."""
    put(*[alert().to_json()] * 2)
    with reader() as alerts:
        alerts.next()
        alerts.commit()
        assert place() == 1
        alerts.commit()


def test_a_callback_that_raises_ends_the_iteration_before_the_message(
    reader: Callable[..., Reader], put: Callable[..., None], place: Callable[[], int]
) -> None:
    """Who wants to stop at what is no alert raises; the group has not passed it."""

    def stop(error: AlertError, payload: bytes) -> None:
        raise error

    put(alert().to_json(), b"poison", alert().to_json())
    with pytest.raises(AlertError), reader(on_invalid=stop) as alerts:
        next_two(alerts)
    assert place() == 1


def test_poll_gives_up(reader: Callable[..., Reader]) -> None:
    """Where nothing comes, `poll` returns None."""
    with reader() as alerts:
        assert alerts.poll(0.01) is None


def test_closed_is_the_end(reader: Callable[..., Reader]) -> None:
    """A closed consumer has no alerts; closing it again does nothing."""
    with reader() as alerts:
        alerts.close()
        assert alerts.poll(0.01) is None
        with pytest.raises((StopIteration, StopAsyncIteration)):
            alerts.next()


def test_another_thread_may_close_it(kafka: MockKafka, topic: str) -> None:
    """Closed from elsewhere, an iteration that waits ends."""
    alerts = AlertConsumer(brokers=kafka.bootstrap, topic=topic, group=topic)
    found: list[AnomalyAlert] = []
    thread = threading.Thread(target=lambda: found.extend(alerts))
    thread.start()
    alerts.close()
    thread.join(20)
    assert not thread.is_alive()
    assert found == []


def test_a_cancelled_task_loses_no_alert(
    kafka: MockKafka, topic: str, put: Callable[..., None]
) -> None:
    """What comes for a task that was cancelled is for the next that asks, and not handled before."""
    made = alert()

    async def act() -> None:
        async with AsyncAlertConsumer(
            brokers=kafka.bootstrap, topic=topic, group=topic, start="earliest"
        ) as alerts:
            waits = asyncio.create_task(alerts.poll(20.0))
            await asyncio.sleep(0)
            waits.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waits
            await asyncio.to_thread(put, made.to_json())
            await alerts.commit()
            assert made == await alerts.poll(20.0)

    asyncio.run(act())


def test_an_async_block_that_ends_unasked_handles_nothing(
    kafka: MockKafka, topic: str, put: Callable[..., None], place: Callable[[], int]
) -> None:
    """An alert that was read for a cancelled task, and never handed out, comes again."""

    async def act() -> None:
        async with AsyncAlertConsumer(
            brokers=kafka.bootstrap, topic=topic, group=topic, start="earliest"
        ) as alerts:
            waits = asyncio.create_task(alerts.poll(20.0))
            await asyncio.sleep(0)
            waits.cancel()
            await asyncio.wait([waits])
            await asyncio.to_thread(put, alert().to_json())

    asyncio.run(act())
    assert place() == -1001


def test_they_are_iterated_over(kafka: MockKafka, topic: str, put: Callable[..., None]) -> None:
    """As loops and blocks of both colours read."""
    made = alert()
    put(made.to_json())
    options: Any = {"brokers": kafka.bootstrap, "topic": topic, "start": "earliest"}

    async def act() -> None:
        async with AsyncAlertConsumer(**options, group=f"{topic}-async") as alerts:
            async for each in alerts:
                assert made == each
                break

    asyncio.run(act())
    with AlertConsumer(**options, group=f"{topic}-sync") as alerts:
        for each in alerts:
            assert made == each
            break


def test_a_place_that_is_not_kept_is_an_error(
    reader: Callable[..., Reader], put: Callable[..., None], kafka: MockKafka
) -> None:
    """`commit` says so when the broker refuses."""
    put(alert().to_json())
    with reader() as alerts:
        alerts.next()
        kafka.errors("OffsetCommit", "GROUP_AUTHORIZATION_FAILED")
        with pytest.raises(TelemetryError, match="was not kept"):
            alerts.commit()


def test_who_is_not_let_in_is_told(kafka: MockKafka, topic: str) -> None:
    """Authentication that fails is an error of whoever reads; here the broker knows no SASL."""
    with (
        EventConsumer(
            brokers=kafka.bootstrap,
            topic=topic,
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="PLAIN",
            sasl_username="ada",
            sasl_password="a password",
        ) as events,
        pytest.raises(TelemetryError, match="SASL"),
    ):
        next(events)


def test_options_that_exclude_each_other_are_refused() -> None:
    """What librdkafka says of options of its own is passed on."""
    with pytest.raises(ConfigurationError, match=r"max\.poll\.interval\.ms"):
        EventConsumer(brokers="127.0.0.1:9", kafka_options={"session.timeout.ms": 400_000})


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"start": "now"}, "start"),
        ({"group": ""}, "group"),
        ({"severity": "bad"}, "severity"),
        ({"brokers": "kafka:1:2"}, "brokers"),
        ({"topic": "no spaces"}, "topic"),
        ({"brokers": None}, "brokers"),
        ({"sasl_mechanism": "PLAIN"}, "sasl_username"),
        ({"kafka_options": {"no.such": 1}}, "no.such"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
@pytest.mark.parametrize("kind", [AlertConsumer, AsyncAlertConsumer])
def test_what_cannot_work_is_refused_at_construction(
    kind: type[Any], options: dict[str, Any], named: str
) -> None:
    """Options are checked before anything is connected to."""
    with pytest.raises(ConfigurationError, match=named):
        kind(**{"brokers": "127.0.0.1:9", **options})


def test_a_configuration_says_the_rest(kafka: MockKafka, topic: str) -> None:
    """What arguments do not say comes from `config`, or the environment."""
    event = TelemetryEvent("checkout", "gpt-5")
    config = TelemetryConfig(brokers=kafka.bootstrap, topic=topic, engine="aiokafka")
    from confluent_kafka import Producer  # noqa: PLC0415  # checked above

    producer = Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
    producer.produce(topic, event.to_json())
    producer.flush(20)
    with EventConsumer(config=config, start="earliest", follow=False) as events:
        assert list(events) == [event]


def test_events_are_read_to_their_end(
    kafka: MockKafka, topic: str, put: Callable[..., None]
) -> None:
    """Without following, the iteration ends after what is there; what is none is counted."""
    made = [TelemetryEvent("checkout", "gpt-5") for _ in range(3)]
    put(b"none", *(each.to_json() for each in made))
    with EventConsumer(
        brokers=kafka.bootstrap, topic=topic, start="earliest", follow=False
    ) as events:
        assert list(events) == made
        assert events.ended
    assert events.invalid == 1


def test_only_what_comes_is_read(kafka: MockKafka, topic: str, put: Callable[..., None]) -> None:
    """By default a reader begins behind what is there; each reader gets all."""
    put(TelemetryEvent("before", "gpt-5").to_json())
    first, second = (EventConsumer(brokers=kafka.bootstrap, topic=topic) for _ in range(2))
    with closing(first), closing(second):
        assert first.poll(0.01) is None
        assert second.poll(0.01) is None
        event = TelemetryEvent("after", "gpt-5")
        put(event.to_json())
        assert event == next(first)
        assert event == next(second)


def test_what_came_since_a_time_is_read(
    kafka: MockKafka, topic: str, put: Callable[..., None]
) -> None:
    """The broker is asked where a time is; the mock cluster always says: at the end."""
    put(TelemetryEvent("checkout", "gpt-5").to_json())
    since = datetime.now(UTC) - timedelta(hours=1)
    with EventConsumer(brokers=kafka.bootstrap, topic=topic, start=since, follow=False) as events:
        assert list(events) == []


def test_a_topic_that_is_not_there_yet_is_waited_for(kafka: MockKafka) -> None:
    """A broker that is away, or knows no such topic, is asked again."""
    kafka.topic_error("nowhere", "LEADER_NOT_AVAILABLE")
    for brokers in ("127.0.0.1:9", kafka.bootstrap):
        with EventConsumer(brokers=brokers, topic="nowhere") as events:
            assert events.poll(0.01) is None
            assert not events.ended


def test_a_topic_that_is_forbidden_is_an_error(kafka: MockKafka, topic: str) -> None:
    """Who may not read is told so, rather than kept waiting."""
    kafka.topic_error(topic, "TOPIC_AUTHORIZATION_FAILED")
    with (
        EventConsumer(brokers=kafka.bootstrap, topic=topic) as events,
        pytest.raises(TelemetryError, match=topic),
    ):
        next(events)
