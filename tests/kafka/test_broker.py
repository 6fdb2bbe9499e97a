"""The broker itself: what the other tests stand on."""

from __future__ import annotations

from confluent_kafka import Producer

from ._broker import Broker


def test_what_is_kept_outlives_a_kill(broker: Broker, topic: str) -> None:
    """A message that was acknowledged is there after kill -9 and a start."""
    producer = Producer({"bootstrap.servers": broker.address()})
    producer.produce(topic, b"kept", headers=[("a", b"b")])
    assert producer.flush(30) == 0
    broker.kill()
    broker.start()
    (message,) = broker.read(topic)
    assert (b"kept", {"a": b"b"}) == (message.value, message.headers)
