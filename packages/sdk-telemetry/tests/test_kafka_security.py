"""Kafka behind TLS and SASL, with each library: the way in, and what it is like to be kept out."""

from __future__ import annotations

import gc
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from sdk_telemetry.errors import SinkAuthenticationError, SinkConnectionError
from sdk_telemetry.sinks import KafkaSink
from sdk_telemetry.testing import MockKafka

from ._kafka_gate import PASSWORD, USER, Gate
from ._kafka_lane import ENGINES, TOPIC, Outcomes, deliver, records

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")

# As in test_kafka_failures.py; and libraries in Python leave the sockets of handshakes that failed.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture
def kafka() -> Iterator[MockKafka]:
    """One broker, behind a gate."""
    with MockKafka(1) as mock:
        yield mock


def sink_to(gate: Gate, engine: str, **options: Any) -> KafkaSink:
    """Return a sink that sends to *gate*."""
    if engine == "kafka-python":
        options["options"] = {"api_version": (2, 3)}
    return KafkaSink(gate.bootstrap, engine=engine, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_signing_in(kafka: MockKafka, engine: str, mechanism: str) -> None:
    """Who has the name and the password is let in."""
    with Gate(kafka, mechanism=mechanism) as gate:
        sink, done = (
            sink_to(
                gate,
                engine,
                security_protocol="SASL_PLAINTEXT",
                sasl_mechanism=mechanism,
                sasl_username=USER,
                sasl_password=PASSWORD,
            ),
            Outcomes(),
        )
        deliver(sink, records(5), done)
        sink.close(5.0)
    assert len(done.arrived) == 5


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_wrong_password(
    kafka: MockKafka, engine: str, mechanism: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Who has not hears it at once, not after a time limit, and hears no secret.

    kafka-python and aiokafka tell only their logs: with them it is a broker that cannot be reached.
    """
    monkeypatch.setattr("sdk_telemetry.sinks._aiokafka._CONNECTING", 1.0)
    monkeypatch.setattr("sdk_telemetry.sinks._kafka_python._CONNECTING", 1.0)
    with Gate(kafka, mechanism=mechanism) as gate:
        sink, done = (
            sink_to(
                gate,
                engine,
                security_protocol="SASL_PLAINTEXT",
                sasl_mechanism=mechanism,
                sasl_username=USER,
                sasl_password="wrong-battery",  # it is wrong
            ),
            Outcomes(),
        )
        deliver(sink, records(5), done, 60.0)
        sink.close(1.0)
    assert len(done.failed) == 5
    kind = SinkAuthenticationError if engine == "confluent" else SinkConnectionError
    assert isinstance(done.error, kind)
    assert done.error.retryable is (engine != "confluent")
    assert "wrong-battery" not in str(done.error)


@pytest.mark.parametrize("engine", ENGINES)
def test_signing_in_by_token(kafka: MockKafka, engine: str) -> None:
    """Who shows a token that is known is let in."""
    with Gate(kafka, mechanism="OAUTHBEARER", tokens=("t1",)) as gate:
        sink, done = (
            sink_to(gate, engine, security_protocol="SASL_PLAINTEXT", sasl_token=lambda: "t1"),
            Outcomes(),
        )
        deliver(sink, records(5), done)
        sink.close(5.0)
    assert len(done.arrived) == 5
    assert set(gate.shown) == {"t1"}


def test_no_token_yet(kafka: MockKafka) -> None:
    """Where no token can be had now, everything can be sent again later."""
    away = True

    def token() -> str:
        if away:
            raise OSError(111, "the server of the tokens is away")
        return "t1"

    with Gate(kafka, mechanism="OAUTHBEARER", tokens=("t1",)) as gate:
        sink, done = (
            sink_to(gate, "confluent", security_protocol="SASL_PLAINTEXT", sasl_token=token),
            Outcomes(),
        )
        deliver(sink, records(2), done)
        assert isinstance(done.error, SinkConnectionError)
        assert done.error.retryable
        away = False
        deliver(sink, [record for record, _ in done.failed], done)
        sink.close(5.0)
    assert len(done.arrived) == 2


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    """Who signs certificates, and a folder with theirs and a client's."""
    ca, folder = trustme.CA(), tmp_path_factory.mktemp("tls")
    mine = ca.issue_cert("client")
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    trustme.CA().cert_pem.write_to_path(str(folder / "other.pem"))
    mine.private_key_and_cert_chain_pem.write_to_path(str(folder / "both.pem"))
    return ca, folder


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mutual", [False, True])
def test_encrypted(
    kafka: MockKafka, engine: str, mutual: bool, authority: tuple[trustme.CA, Path]
) -> None:
    """Brokers are believed by the file that is given (O: it was passed as a dict), and may want ours."""
    ca, folder = authority
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    options: dict[str, Any] = {"ssl_ca_location": folder / "ca.pem"}
    if mutual:
        ca.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
        options["ssl_cert_location"] = folder / "both.pem"
    with Gate(kafka, tls=context) as gate:
        sink, done = sink_to(gate, engine, **options), Outcomes()
        deliver(sink, records(5), done)
        sink.close(5.0)
    assert len(done.arrived) == 5
    assert len(kafka_values(kafka)) == 5


def kafka_values(kafka: MockKafka) -> list[bytes]:
    """Return what is behind the gate, which is taken away for that."""
    host, port = kafka.bootstrap.split(":")
    kafka.advertise(1, host, int(port))
    return [message.value for message in kafka.read(TOPIC)]


@pytest.mark.parametrize("engine", ENGINES)
def test_somebody_else(
    kafka: MockKafka,
    engine: str,
    authority: tuple[trustme.CA, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A broker whose certificate nobody known has signed gets nothing; it may get a better one."""
    ca, folder = authority
    monkeypatch.setattr("sdk_telemetry.sinks._aiokafka._CONNECTING", 2.0)
    monkeypatch.setattr("sdk_telemetry.sinks._kafka_python._CONNECTING", 2.0)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    with Gate(kafka, tls=context) as gate:
        sink, done = (
            sink_to(gate, engine, ssl_ca_location=folder / "other.pem", delivery_timeout=2.0),
            Outcomes(),
        )
        deliver(sink, records(1), done)
        sink.close(1.0)
    assert isinstance(done.error, SinkConnectionError)
    assert done.error.retryable


@pytest.mark.parametrize("engine", ENGINES)
def test_files_that_vanish(engine: str, authority: tuple[trustme.CA, Path], tmp_path: Path) -> None:
    """A file that is gone when it is needed fails what is sent, which can be sent again."""
    file = tmp_path / "ca.pem"
    file.write_bytes((authority[1] / "ca.pem").read_bytes())
    sink, done = KafkaSink("localhost:1", engine=engine, ssl_ca_location=file), Outcomes()  # type: ignore[arg-type]
    file.unlink()
    assert sink.deliver(records(2), done) == 2
    sink.close(0.0)
    assert len(done.failed) == 2
    assert done.error.retryable
