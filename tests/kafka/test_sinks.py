"""Every engine of `KafkaSink`, on a real broker: codecs, mechanisms, refusals and failures."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from sdk_telemetry.errors import SendError, SinkAuthenticationError, SinkConnectionError
from sdk_telemetry.sinks import KafkaSink

from ._broker import PASSWORD, USER, Broker
from ._sending import ENGINES, Delivery, numbers, orders, records

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")

# kafka-python reads its own files so as it is imported; both fallbacks leave sockets behind that
# never became connections.
pytestmark = [
    pytest.mark.filterwarnings("ignore:(read|open)_text is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

each_engine = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Have what kafka-python leaves open collected where the warning of it is expected."""
    yield
    gc.collect()


@contextmanager
def sink(*given: Any, **options: Any) -> Iterator[KafkaSink]:
    """A sink that is closed whatever comes."""
    made = KafkaSink(*given, linger_ms=5, **options)
    try:
        yield made
    finally:
        made.close(5)


def security(broker: Broker, how: str) -> dict[str, Any]:
    """Return what a sink must be told for a listener, and a mechanism if it asks for one."""
    listener, _, mechanism = how.partition(" ")
    options: dict[str, Any] = {"security_protocol": listener}
    if listener.endswith("SSL"):
        options["ssl_ca_location"] = broker.ca
    if listener == "SSL":
        options |= {"ssl_cert_location": broker.certificate, "ssl_key_location": broker.key}
    elif mechanism == "OAUTHBEARER":
        options |= {"sasl_mechanism": mechanism, "sasl_token": broker.token}
    elif mechanism:
        options |= {"sasl_mechanism": mechanism, "sasl_username": USER, "sasl_password": PASSWORD}
    return {"brokers": broker.address(listener), **options}


def first_answers(kafka: KafkaSink, count: int) -> list[SendError | None]:
    """Return what becomes of events that are handed in once."""
    told: list[SendError | None] = []
    kafka.deliver(records(count), lambda given, error: told.extend([error] * len(given)))
    while len(told) < count:
        kafka.poll(0.5)
    return told


@each_engine
@pytest.mark.parametrize("codec", CODECS)
def test_each_codec_is_what_the_broker_keeps(
    broker: Broker, topic: str, engine: str, codec: str
) -> None:
    """Events arrive once, with key and headers, in batches of the codec that was asked for."""
    given = records(50)
    with sink(broker.address(), topic=topic, engine=engine, compression=codec) as kafka:
        Delivery(kafka, given).run()
    messages = broker.read(topic)
    assert sorted(numbers(messages)) == [each.number for each in given]
    assert {each.payload for each in given} == {each.value for each in messages}
    ids = {each.headers["event-id"].decode() for each in messages}
    assert ids == {each.event_id for each in given}
    assert broker.codecs(topic) == {codec}


@each_engine
@pytest.mark.parametrize(
    "how",
    [
        "SSL",
        "SASL_SSL PLAIN",
        "SASL_SSL SCRAM-SHA-256",
        "SASL_SSL SCRAM-SHA-512",
        "SASL_SSL OAUTHBEARER",
        "SASL_PLAINTEXT SCRAM-SHA-512",
    ],
)
def test_each_mechanism_lets_us_in(broker: Broker, topic: str, engine: str, how: str) -> None:
    """TLS by the certificates that were given, ours included, and every mechanism on it."""
    with sink(topic=topic, engine=engine, **security(broker, how)) as kafka:
        Delivery(kafka, records(10)).run()
    assert sorted(numbers(broker.read(topic))) == list(range(1, 11))


@each_engine
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512", "OAUTHBEARER"])
def test_a_wrong_secret_is_refused_at_once(
    broker: Broker, topic: str, engine: str, mechanism: str
) -> None:
    """Events fail, by an authentication error where the library has one; the secret is not told."""
    options = security(broker, f"SASL_SSL {mechanism}")
    if mechanism == "OAUTHBEARER":
        wrong = broker.token(aud="somebody else")
        options["sasl_token"] = lambda: wrong
    else:
        wrong = options["sasl_password"] = "not the password"
    with sink(topic=topic, engine=engine, **options) as kafka:
        told = first_answers(kafka, 3)
    # The others do not tell a broker that hangs up from one that is away.
    expected = SinkAuthenticationError if engine == "confluent" else SendError
    assert [each for each in told if not isinstance(each, expected) or wrong in str(each)] == []
    assert broker.read(topic) == []


@each_engine
def test_a_broker_that_nobody_vouches_for_gets_nothing(
    broker: Broker, topic: str, engine: str, tmp_path: Path
) -> None:
    """With another authority's certificate no event leaves."""
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    options = {**security(broker, "SASL_SSL PLAIN"), "ssl_ca_location": other}
    with sink(topic=topic, engine=engine, delivery_timeout=3.0, **options) as kafka:
        told = first_answers(kafka, 3)
    assert {type(each) for each in told} <= {SinkConnectionError, SinkAuthenticationError}
    assert broker.read(topic) == []


@each_engine
@pytest.mark.parametrize("acks", [0, 1])
def test_fewer_confirmations_are_taken(broker: Broker, engine: str, acks: int) -> None:
    """`acks` 0 and 1 deliver too, where nothing fails."""
    topic = broker.topic(f"acks-{acks}-{engine}", partitions=1)
    with sink(broker.address(), topic=topic) as kafka:
        Delivery(kafka, records(1)).run()  # from now on its partition has a leader that knows of it
    with sink(broker.address(), topic=topic, engine=engine, acks=acks) as kafka:
        Delivery(kafka, records(20)).run()
    assert sorted(numbers(broker.read(topic, 21))) == [1, *range(1, 21)]


@each_engine
def test_what_is_too_large_for_the_broker_fails_alone(broker: Broker, engine: str) -> None:
    """An event that the broker refuses for its size takes none of its batch with it."""
    topic = broker.topic(f"small-{engine}", partitions=1, max_message_bytes="20000")
    given = [*records(40), records(41, size=30_000)[-1]]
    given.sort(key=lambda each: each.number * 7 % 41)  # it comes in the midst of them
    with sink(broker.address(), topic=topic, engine=engine, compression="none") as kafka:
        delivery = Delivery(kafka, given)
        delivery.run()
    assert set(delivery.failed) == {41}
    assert sorted(numbers(broker.read(topic))) == list(range(1, 41))


@each_engine
def test_a_broker_that_is_killed_under_load_loses_nothing(
    broker: Broker, topic: str, engine: str
) -> None:
    """Kill -9 amid events, and a start: all arrive, per key in order, duplicates known by event_id."""
    given = records(6_000, size=500)
    killed = False

    def between(confirmed: int) -> None:
        nonlocal killed
        if confirmed > 1_000 and not killed:
            killed = True
            broker.kill()
            broker.start()

    with sink(broker.address(), topic=topic, engine=engine, delivery_timeout=20.0) as kafka:
        kafka.batch, kafka.in_flight = 200, 1_000
        delivery = Delivery(kafka, given)
        delivery.run(timeout=120, between=between)
    messages = broker.read(topic)
    assert killed
    assert not delivery.failed
    assert set(numbers(messages)) == {each.number for each in given}
    assert [order for order in orders(messages).values() if order != sorted(order)] == []
    ids = [each.headers["event-id"] for each in messages]
    assert len(set(ids)) == len(given)
