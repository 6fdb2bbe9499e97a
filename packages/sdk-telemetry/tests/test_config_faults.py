"""The faults of the SDK before this one that are about configuration; see docs of the research."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from sdk_telemetry.config import TelemetryConfig
from sdk_telemetry.errors import ConfigurationError, SendError
from sdk_telemetry.sinks import Record
from sdk_telemetry.testing import MockKafka

from ._kafka_lane import ENGINES


@pytest.fixture(scope="module")
def kafka() -> Iterator[MockKafka]:
    """Run brokers for all tests."""
    with MockKafka(brokers=1) as found:
        yield found


def options(engine: str) -> dict[str, Any]:
    """Return what the mock's brokers need of a library."""
    return {"api_version": (2, 3)} if engine == "kafka-python" else {}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "said",
    [
        {},  # buffer_memory, which kafka-python 3 refuses, was given always
        {"acks": "1"},  # a text that the libraries took for no number
        {"compression_type": "none"},  # which is the name of no codec
        {"buffer_memory": "33554432", "retry_backoff_ms": "100", "request_timeout_ms": "30000"},
    ],
    ids=["defaults", "acks", "compression", "buffer"],
)
def test_accepted_options_work(kafka: MockKafka, engine: str, said: dict[str, str]) -> None:
    """What the environment may say works, with each library."""
    topic = f"{engine}-{'-'.join(said) or 'defaults'}"
    variables = {f"SENTINEL_{name.upper()}": value for name, value in said.items()}
    config = TelemetryConfig.from_env(
        {"SENTINEL_BROKERS": kafka.bootstrap, "SENTINEL_TOPIC": topic, **variables},
        engine=engine,
        kafka_options=options(engine),
    )
    sink = config.kafka_sink()
    told: list[SendError | None] = []
    sink.deliver([Record(1, "a", b"{}")], lambda _, error: told.append(error))
    sink.flush(30.0)
    sink.close(10.0)
    assert told == [None]
    assert kafka.read(topic, 1)[0].value == b"{}"


@pytest.mark.parametrize("engine", ENGINES)
def test_certificates(engine: str, tmp_path: Path) -> None:
    """The place of a certificate is enough for each library, asynchronous ones, too."""
    ca = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(ca)
    config = TelemetryConfig(brokers="k:9093", ssl_ca_location=ca, engine=engine)
    sink = config.kafka_sink()
    assert sink.options.security_protocol == "SSL"
    sink.close(0.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_dropped(engine: str) -> None:
    """Each option reaches the library, or is refused by its name; none is passed over."""
    given = {"retry_backoff_ms": 7, "retries": 3, "max_in_flight_requests": 4}
    config = TelemetryConfig(brokers="k:9092", engine=engine, **given)  # type: ignore[arg-type]
    if engine == "aiokafka":
        with pytest.raises(ConfigurationError, match="`retries` is no option of aiokafka"):
            config.kafka()
        config = TelemetryConfig(brokers="k:9092", engine=engine, retry_backoff_ms=7)
        assert config.kafka()["options"] == {"retry_backoff_ms": 7}
    else:
        assert sorted(config.kafka()["options"].values()) == [3, 4, 7]
    config.kafka_sink()


def test_additional_config(kafka: MockKafka) -> None:
    """Additional options reach the library, and one that it does not know is refused at once."""
    config = TelemetryConfig(brokers="k:9092", additional_config={"no.such.option": 1})
    with pytest.raises(ConfigurationError, match=r"`options`: .*no\.such\.option"):
        config.kafka_sink()


def test_passwords_are_not_printed() -> None:
    """The repr of a configuration has no password in it."""
    config = TelemetryConfig(brokers="k:9092", sasl_username="u", sasl_password="hunter2")
    assert "hunter2" not in repr(config)


@pytest.mark.parametrize("variable", ["SENTINEL_RETRIES", "SENTINEL_ACKS"])
def test_texts_that_are_no_numbers(variable: str) -> None:
    """A variable that cannot be understood is refused by its name, not by an error of Python's."""
    with pytest.raises(ConfigurationError, match=f"^`{variable}` must be"):
        TelemetryConfig.from_env({variable: "three"})
