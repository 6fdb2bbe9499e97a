"""How long events take through Kafka: the client, its sink, and the libraries by themselves."""

from __future__ import annotations

import random
import time
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import Producer
from kafka import KafkaProducer

from bench.core._figures import Figure
from sdk_telemetry import PromptInfo, TelemetryClient, TelemetryEvent
from sdk_telemetry.redaction import Redaction
from sdk_telemetry.sinks import KafkaSink, Record
from sdk_telemetry.testing import MockKafka

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sdk_telemetry.errors import SendError

EVENTS: Final = 100_000
SIZE: Final = 1_500
TOPIC: Final = "events"
WINDOW: Final = 20_000
BARE: Final = 350
"""Bytes of an event beside its text."""
BESIDE_CONFLUENT, BESIDE_KAFKA_PYTHON = 1 / 0.8, 1 / 2.5  # of their time


def figures(rounds: int) -> Iterator[Figure]:
    """Send 100,000 events by each in turn, all of them confirmed, to a mock in its own process."""
    texts = _texts()
    payloads = _payloads(texts)
    contenders: dict[str, Callable[[str], None]] = {
        "confluent": lambda at: _confluent(at, payloads),
        "sink": lambda at: _sink(at, payloads),
        "client": lambda at: _client(at, texts, Redaction("full", patterns=())),
        "client with patterns": lambda at: _client(at, texts, Redaction("full")),
        "kafka-python": lambda at: _kafka_python(at, payloads),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, send in contenders.items():
            with MockKafka(1, own_process=True) as kafka:
                begun = time.perf_counter()
                send(kafka.bootstrap)
                taken = time.perf_counter() - begun
            seconds[name].append(taken)

    def ratio(name: str, other: str) -> float:
        return median(a / b for a, b in zip(seconds[name], seconds[other], strict=True))

    detail = ", ".join(f"{name} {EVENTS / median(took):,.0f}/s" for name, took in seconds.items())
    yield Figure("Kafka sink / confluent-kafka, time", ratio("sink", "confluent"), None, detail)
    detail = 'texts of 1.1 KB are kept: `Redaction("full", patterns=())`'
    title = "Kafka, whole client / confluent-kafka, time"
    yield Figure(title, ratio("client", "confluent"), BESIDE_CONFLUENT, detail)
    title = "Kafka, whole client / kafka-python, time"
    yield Figure(title, ratio("client", "kafka-python"), BESIDE_KAFKA_PYTHON, detail)
    title = "Kafka, client with default patterns / confluent-kafka, time"
    detail = 'all that `redaction="full"` looks for is looked for in each text'
    yield Figure(title, ratio("client with patterns", "confluent"), None, detail)


def _texts() -> list[str]:
    """Return texts of which an event of 1.5 KB can be made, and which compress as texts do."""
    chance = random.Random(1)
    words = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(3_000)]
    return [" ".join(chance.choices(words, k=400))[: SIZE - BARE] for _ in range(2_000)]


def _payloads(texts: list[str]) -> list[bytes]:
    """Return what the client makes of *texts*: all contenders send, and compress, the same."""
    return [
        TelemetryEvent("bench", "gpt-4o", PromptInfo(text, 250), latency_ms=12.5).to_json()
        for text in texts
    ]


def _confluent(bootstrap: str, payloads: list[bytes]) -> None:
    confirmed = 0

    def told(error: Any, _: object) -> None:
        nonlocal confirmed
        confirmed += error is None

    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "compression.type": "zstd",
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 20,
            "batch.size": 262_144,
            "queue.buffering.max.kbytes": 32_768,
            "queue.buffering.max.messages": 100_000,
            "partitioner": "murmur2_random",
        }
    )
    for number in range(EVENTS):
        while True:
            try:
                producer.produce(TOPIC, payloads[number % len(payloads)], on_delivery=told)
                break
            except BufferError:
                producer.poll(0.01)
        if number % 500 == 0:
            producer.poll(0)
    producer.flush()
    _all(confirmed, EVENTS)


def _sink(bootstrap: str, payloads: list[bytes]) -> None:
    confirmed = 0

    def done(records: Sequence[Record], error: SendError | None) -> None:
        nonlocal confirmed
        confirmed += len(records) if error is None else 0

    sink = KafkaSink(bootstrap, topic=TOPIC)
    taken = 0
    while taken < EVENTS:
        if taken - confirmed < WINDOW:
            given = [
                Record(
                    number,
                    f"0190163d-8694-739b-aea5-{number:012x}",
                    payloads[number % len(payloads)],
                )
                for number in range(taken, min(taken + sink.batch, EVENTS))
            ]
            fresh = sink.deliver(given, done)
            taken += fresh
            sink.poll(0.0 if fresh else 0.01)
        else:
            sink.poll(0.01)
    sink.flush(60.0)
    sink.close(1.0)
    _all(confirmed, EVENTS)


def _client(bootstrap: str, texts: list[str], redaction: Redaction) -> None:
    with TelemetryClient(
        brokers=bootstrap,
        topic=TOPIC,
        service_name="bench",
        redaction=redaction,
        on_full="block",
    ) as client:
        for number in range(EVENTS):
            client.track("gpt-4o", texts[number % len(texts)], prompt_tokens=250, latency_ms=12.5)
        client.flush(120.0)
        stats = client.stats()
    _all(stats.delivered, EVENTS)


def _kafka_python(bootstrap: str, payloads: list[bytes]) -> None:
    confirmed = 0

    def told(_: object) -> None:
        nonlocal confirmed
        confirmed += 1

    producer = KafkaProducer(
        bootstrap_servers=bootstrap,
        api_version=(2, 3),
        compression_type="zstd",
        acks="all",
        enable_idempotence=True,
        linger_ms=20,
        batch_size=262_144,
    )
    for number in range(EVENTS):
        producer.send(TOPIC, payloads[number % len(payloads)]).add_callback(told)
    producer.flush()
    producer.close()
    _all(confirmed, EVENTS)


def _all(confirmed: int, sent: int) -> None:
    if confirmed != sent:
        msg = f"{confirmed} of {sent} events were confirmed"
        raise RuntimeError(msg)
