"""Consumers, and the commands, on a real broker: groups, TLS, tokens and times."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from confluent_kafka import Producer

from sdk_telemetry import AnomalyAlert, TelemetryEvent
from sdk_telemetry._commands import main
from sdk_telemetry.consumers import AlertConsumer, EventConsumer
from sdk_telemetry.errors import TelemetryError

from ._broker import PASSWORD, USER, Broker


def put(broker: Broker, topic: str, *payloads: bytes, at: datetime | None = None) -> None:
    """Put messages into partition 0 of a topic."""
    producer = Producer({"bootstrap.servers": broker.address()})
    when = int((at or datetime.now(UTC)).timestamp() * 1000)
    for each in payloads:
        producer.produce(topic, each, partition=0, timestamp=when)
    assert producer.flush(30) == 0


def alerts(count: int) -> list[AnomalyAlert]:
    """Make alerts."""
    options: Any = {"severity": "high", "anomaly_type": "cost_anomaly"}
    return [AnomalyAlert(**options, service_name=f"s{n}", model="gpt-5") for n in range(count)]


def fail(_: object) -> None:
    """Handle an alert badly."""
    raise ZeroDivisionError


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "OAUTHBEARER"])
def test_alerts_are_handled_once_across_members(broker: Broker, topic: str, mechanism: str) -> None:
    """What one member handled the next does not get; what failed it does; through TLS and SASL."""
    made = alerts(4)
    put(broker, topic, b"poison", *(each.to_json() for each in made))
    options: dict[str, Any] = {
        "brokers": broker.address("SASL_SSL"),
        "ssl_ca_location": broker.ca,
        "sasl_mechanism": mechanism,
        "topic": topic,
        "group": topic,
        "start": "earliest",
        "on_invalid": lambda *_: None,
    }
    if mechanism == "OAUTHBEARER":
        options["sasl_token"] = broker.token
    else:
        options |= {"sasl_username": USER, "sasl_password": PASSWORD}
    with AlertConsumer(**options) as consumer:
        assert made[:2] == [next(consumer), next(consumer)]
        assert consumer.invalid == 1
    with pytest.raises(ZeroDivisionError), AlertConsumer(**options) as consumer:
        fail(next(consumer))
    with AlertConsumer(**options) as consumer:
        assert made[2:] == [next(consumer), next(consumer)]


def test_a_broker_that_is_killed_is_read_on(broker: Broker, topic: str) -> None:
    """A consumer goes on where it was when its broker comes back."""
    made = alerts(2)
    put(broker, topic, made[0].to_json())
    with AlertConsumer(
        brokers=broker.address(), topic=topic, group=topic, start="earliest"
    ) as consumer:
        assert made[0] == next(consumer)
        consumer.commit()
        broker.kill()
        broker.start()
        put(broker, topic, made[1].to_json())
        assert made[1] == next(consumer)


def test_events_since_a_time(broker: Broker, topic: str) -> None:
    """The broker finds the first message of a time."""
    now = datetime.now(UTC)
    old, new = TelemetryEvent("old", "gpt-5"), TelemetryEvent("new", "gpt-5")
    put(broker, topic, old.to_json(), at=now - timedelta(hours=2))
    put(broker, topic, new.to_json(), at=now)
    since = now - timedelta(hours=1)
    with EventConsumer(brokers=broker.address(), topic=topic, start=since, follow=False) as events:
        assert list(events) == [new]


def test_a_wrong_password_is_an_error(broker: Broker, topic: str) -> None:
    """Nobody is kept waiting for a broker that does not let them in; the password is not shown."""
    with (
        EventConsumer(
            brokers=broker.address("SASL_SSL"),
            ssl_ca_location=broker.ca,
            sasl_mechanism="PLAIN",
            sasl_username=USER,
            sasl_password="not the password",
            topic=topic,
        ) as events,
        pytest.raises(TelemetryError, match=topic) as error,
    ):
        next(events)
    assert "not the password" not in str(error.value)


def test_tail_reads_the_broker_of_the_environment(
    broker: Broker,
    topic: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Secrets come from variables; what is there is written, and that is the end."""
    made = [TelemetryEvent(f"s{n}", "gpt-5") for n in range(3)]
    put(broker, topic, *(each.to_json() for each in made))
    said = {
        "BROKERS": broker.address("SASL_SSL"),
        "SSL_CA_LOCATION": str(broker.ca),
        "SASL_MECHANISM": "SCRAM-SHA-512",
        "SASL_USERNAME": USER,
        "SASL_PASSWORD": PASSWORD,
    }
    for name, value in said.items():
        monkeypatch.setenv(f"SDK_TELEMETRY_{name}", value)
    assert main(["tail", "--no-follow", "--json", "--topic", topic]) == 0
    wrote = [json.loads(each)["service_name"] for each in capsys.readouterr().out.splitlines()]
    assert wrote == ["s0", "s1", "s2"]
