"""Options of Kafka: what cannot work is refused when a sink is made, whatever library would send."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from sdk_core.typing import Flow
from sdk_telemetry.errors import ConfigurationError, SinkConnectionError
from sdk_telemetry.sinks import KafkaSink, _kafka_options
from sdk_telemetry.sinks._confluent import connection_settings
from sdk_telemetry.sinks._kafka_tokens import Tokens

from ._kafka_lane import ENGINES

PASSWORD = "correct-horse"  # of nobody


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Certificates, and a file that holds none."""
    folder, ca = tmp_path_factory.mktemp("tls"), trustme.CA()
    mine = ca.issue_cert("client")
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    mine.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    mine.private_key_pem.write_to_path(str(folder / "key.pem"))
    (folder / "text.txt").write_text("no certificate")
    return {file.name: str(file) for file in folder.iterdir()} | {"folder": str(folder)}


@pytest.mark.parametrize(
    ("brokers", "found"),
    [
        ("a:1", ("a:1",)),
        ("a:1, b ,c:3", ("a:1", "b:9092", "c:3")),
        (["a", "10.0.0.1:65535"], ("a:9092", "10.0.0.1:65535")),
        ("[::1]:9093", ("[::1]:9093",)),
        (("[fe80::1%eth0]",), ("[fe80::1%eth0]:9092",)),
    ],
)
def test_addresses(brokers: Any, found: tuple[str, ...]) -> None:
    """Brokers may be a list or a text with commas, with names or numbers, with a port or 9092."""
    assert KafkaSink(brokers).options.brokers == found


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"brokers": []}, "brokers"),
        ({"brokers": ""}, "brokers"),
        ({"brokers": None}, "brokers"),
        ({"brokers": [None]}, "brokers"),
        ({"brokers": "a:1,,b:2"}, "brokers"),
        ({"brokers": "a:0"}, "brokers"),
        ({"brokers": "a:65536"}, "brokers"),
        ({"brokers": "a:x"}, "brokers"),
        ({"brokers": "a:"}, "brokers"),
        ({"brokers": "two words:1"}, "brokers"),
        ({"brokers": "http://a:1"}, "brokers"),
        ({"brokers": "me:secret@a:1"}, "brokers"),
        ({"topic": ""}, "topic"),
        ({"topic": ".."}, "topic"),
        ({"topic": "a b"}, "topic"),
        ({"topic": "a" * 250}, "topic"),
        ({"client_id": ""}, "client_id"),
        ({"compression": "bzip2"}, "compression"),
        ({"compression": 4}, "compression"),
        ({"acks": "2"}, "acks"),
        ({"acks": True}, "acks"),
        ({"acks": None}, "acks"),
        ({"acks": [1]}, "acks"),
        ({"acks": 1, "idempotence": True}, "idempotence"),
        ({"linger_ms": -1}, "linger_ms"),
        ({"linger_ms": "5"}, "linger_ms"),
        ({"linger_ms": float("nan")}, "linger_ms"),
        ({"linger_ms": 2_000, "delivery_timeout": 1.0}, "linger_ms"),
        ({"batch_bytes": 0}, "batch_bytes"),
        ({"batch_bytes": 1.5}, "batch_bytes"),
        ({"max_request_bytes": 10}, "max_request_bytes"),
        ({"buffer_bytes": 10_000}, "buffer_bytes"),
        ({"buffer_messages": False}, "buffer_messages"),
        ({"delivery_timeout": 0}, "delivery_timeout"),
        ({"security_protocol": "TLS"}, "security_protocol"),
        ({"security_protocol": "SASL_SSL"}, "sasl_mechanism"),
        ({"sasl_mechanism": "GSSAPI"}, "sasl_mechanism"),
        ({"sasl_mechanism": "PLAIN"}, "sasl_username"),
        ({"sasl_mechanism": "PLAIN", "sasl_username": "u"}, "sasl_password"),
        ({"sasl_username": "u", "sasl_password": PASSWORD}, "sasl_mechanism"),
        ({"sasl_mechanism": "OAUTHBEARER"}, "sasl_token"),
        ({"sasl_mechanism": "OAUTHBEARER", "sasl_token": "a token"}, "sasl_token"),
        ({"sasl_token": str, "sasl_password": PASSWORD}, "sasl_password"),
        ({"sasl_password": PASSWORD, "security_protocol": "SSL"}, "sasl_password"),
        ({"ssl_ca_location": "no-such-file.pem"}, "ssl_ca_location"),
        ({"ssl_ca_location": 5}, "ssl_ca_location"),
        ({"ssl_ca_location": "{text.txt}"}, "ssl_ca_location"),
        ({"ssl_ca_location": "{ca.pem}", "security_protocol": "PLAINTEXT"}, "ssl_ca_location"),
        ({"ssl_cert_location": "{folder}"}, "ssl_cert_location"),
        ({"ssl_cert_location": "{cert.pem}"}, "ssl_cert_location"),
        ({"ssl_cert_location": "{cert.pem}", "ssl_key_location": "{text.txt}"}, "ssl_key_location"),
        ({"ssl_key_location": "{key.pem}"}, "ssl_cert_location"),
        ({"engine": "librdkafka"}, "engine"),
        ({"options": ["a"]}, "options"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_cannot_work_is_refused(
    engine: str, options: dict[str, Any], name: str, files: dict[str, str]
) -> None:
    """The error names the option, and shows no secret (O: such options failed at the first event)."""
    given = {"brokers": "a:1", "engine": engine, **options}
    for key, value in given.items():
        if isinstance(value, str) and value[:1] == "{":
            given[key] = files[value[1:-1]]
    with pytest.raises(ConfigurationError) as caught:
        KafkaSink(**given)
    assert f"`{name}" in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("engine", "options", "said"),
    [
        ("confluent", {"linger.msec": 5}, 'No such configuration property: "linger.msec"'),
        ("confluent", {"linger.ms": "soon"}, "queue.buffering.max.ms"),
        ("confluent", {"max.in.flight": 50}, "max.in.flight"),
        ("confluent", {"statistics.interval.ms": None}, "statistics.interval.ms"),
        ("kafka-python", {"linger_msec": 5}, "did you mean `linger_ms`?"),
        ("kafka-python", {"buffer_memory": 33_554_432}, "`buffer_memory`"),
        ("aiokafka", {"lingerms": 5}, "did you mean `linger_ms`?"),
    ],
)
def test_unknown_options_of_libraries(engine: Any, options: dict[str, Any], said: str) -> None:
    """What a library does not know is refused by name (O: `Unrecognized configs: buffer_memory`)."""
    with pytest.raises(ConfigurationError, match=r"`options`") as caught:
        KafkaSink("a:1", engine=engine, options=options)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("engine", "options"),
    [
        ("confluent", {"socket.nagle.disable": True, "topic.metadata.refresh.interval.ms": 7_654}),
        ("kafka-python", {"metadata_max_age_ms": 7_654}),
        ("aiokafka", {"metadata_max_age_ms": 7_654}),
    ],
)
def test_known_options_of_libraries(engine: Any, options: dict[str, Any]) -> None:
    """What a library knows is passed on, and only its name is shown."""
    sink = KafkaSink("a:1", engine=engine, options=options)
    assert dict(sink.options.raw) == options
    assert "7654" not in repr(sink.options)


def test_options_beside_tokens() -> None:
    """Looking at options asks nobody for a token."""
    sink = KafkaSink("a:1", sasl_token=lambda: 1 / 0, options={"socket.nagle.disable": True})
    assert sink.options.sasl_mechanism == "OAUTHBEARER"


def test_librdkafka_may_sign_in_by_itself() -> None:
    """OpenID Connect as librdkafka does it needs no `sasl_token`."""
    options = {"sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.client.id": "me"}
    sink = KafkaSink("a:1", sasl_mechanism="OAUTHBEARER", options=options)
    assert sink.options.security_protocol == "SASL_SSL"


def test_no_secret_is_shown() -> None:
    """Neither a sink nor its options show a password (O: `repr(config)` printed it)."""
    sink = KafkaSink("a:1", sasl_mechanism="PLAIN", sasl_username="who", sasl_password=PASSWORD)
    assert PASSWORD not in f"{sink!r} {sink.options!r}"


@pytest.mark.parametrize(
    ("options", "protocol"),
    [
        ({}, "PLAINTEXT"),
        ({"sasl_token": str}, "SASL_SSL"),
        ({"sasl_mechanism": "PLAIN", "sasl_username": "u", "sasl_password": "p"}, "SASL_SSL"),
        ({"ssl_ca_location": "{ca.pem}"}, "SSL"),
    ],
    ids=str,
)
def test_secrets_are_encrypted_unless_told(
    options: dict[str, Any], protocol: str, files: dict[str, str]
) -> None:
    """Without `security_protocol`, what is given decides, and a secret does not go in the clear."""
    if "ssl_ca_location" in options:
        options = {"ssl_ca_location": Path(files["ca.pem"])}
    assert KafkaSink("a:1", **options).options.security_protocol == protocol


def test_acks_decide_on_idempotence() -> None:
    """Who wants fewer confirmations cannot have idempotence, and need not say so."""
    assert KafkaSink("a:1").options.idempotence is True
    assert KafkaSink("a:1", acks=1).options.idempotence is False
    assert KafkaSink("a:1", idempotence=False).options.idempotence is False


@pytest.mark.parametrize(
    ("wanted", "missing", "extra"),
    [
        ("confluent", {"confluent_kafka"}, r"sdk-telemetry\[kafka\]"),
        ("auto", {"confluent_kafka", "kafka", "aiokafka"}, r"sdk-telemetry\[kafka\]"),
        ("kafka-python", {"kafka"}, r"sdk-telemetry\[kafka-python\]"),
        ("kafka-python", {"zstandard"}, r"sdk-telemetry\[kafka-python\]"),
        ("aiokafka", {"cramjam"}, r"sdk-telemetry\[aiokafka\]"),
    ],
)
def test_what_is_not_installed(
    wanted: Any, missing: set[str], extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what to install."""
    monkeypatch.setattr(
        _kafka_options, "find_spec", lambda name: None if name in missing else find_spec(name)
    )
    with pytest.raises(ConfigurationError, match=extra):
        KafkaSink("a:1", engine=wanted)


def test_auto_takes_the_best_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without confluent-kafka it is kafka-python."""
    monkeypatch.setattr(
        _kafka_options, "find_spec", lambda name: None if name == "confluent_kafka" else name
    )
    assert KafkaSink("a:1").engine == "kafka-python"


def test_connection_settings(files: dict[str, str]) -> None:
    """Consumers connect as the sink does: with its addresses, its files and its tokens."""
    sink = KafkaSink(
        "a:1",
        security_protocol="SASL_SSL",
        sasl_token=lambda: SimpleNamespace(access_token="t", expires_at=5.0),
        ssl_ca_location=files["folder"],
        ssl_cert_location=files["cert.pem"],
        ssl_key_location=files["key.pem"],
    )
    settings = connection_settings(sink.options)
    assert settings.pop("oauth_cb")("") == ("t", 5.0)
    assert settings == {
        "bootstrap.servers": "a:1",
        "client.id": "sdk-telemetry",
        "security.protocol": "SASL_SSL",
        "socket.keepalive.enable": True,
        "sasl.mechanism": "OAUTHBEARER",
        "ssl.ca.location": files["folder"],
        "ssl.certificate.location": files["cert.pem"],
        "ssl.key.location": files["key.pem"],
    }


def test_tokens_of_functions() -> None:
    """A text whose end is not known is asked for anew after some minutes; a JWT says when."""
    text, end = Tokens(lambda: "opaque").get()
    assert text == "opaque"
    assert 200 < end - time.time() < 400
    assert Tokens(lambda: "e30.eyJleHAiOiA0MTAyNDQ0ODAwfQ.sig").get()[1] == 4_102_444_800.0
    assert Tokens(lambda: "a.b.c").get()[0] == "a.b.c"


def test_tokens_of_flows() -> None:
    """A credential of sdk-auth is asked by its flow, which is carried out each time."""

    class OAuth:
        def __init__(self) -> None:
            self.asked = 0

        def token(self) -> Flow[SimpleNamespace]:
            self.asked += 1
            yield from ()
            return SimpleNamespace(access_token=f"t{self.asked}", expires_at=9.0)

    tokens = Tokens(OAuth())
    assert [tokens.get(), tokens.get()] == [("t1", 9.0), ("t2", 9.0)]


@pytest.mark.parametrize("source", [lambda: 1 / 0, lambda: "", lambda: None, lambda: 5])
def test_no_token(source: Any) -> None:
    """Who gives none now may give one later; nothing of what was said is repeated."""
    with pytest.raises(SinkConnectionError, match=r"`sasl_token` gives no token") as caught:
        Tokens(source).get()
    assert caught.value.retryable
