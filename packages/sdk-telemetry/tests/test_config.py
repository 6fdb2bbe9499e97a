from __future__ import annotations

import copy
import inspect
import json
import pickle
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from sdk_core.errors import UnknownOptionError
from sdk_telemetry._config_options import OPTIONS
from sdk_telemetry.config import TelemetryConfig
from sdk_telemetry.errors import ConfigurationError
from sdk_telemetry.outbox import Outbox
from sdk_telemetry.sinks import ConsoleSink, FileSink, HTTPSink, KafkaSink, OTLPSink

SECRET = "hunter2-secret"
SECRETS: dict[str, Any] = {
    "sasl_username": SECRET,
    "sasl_password": SECRET,
    "ssl_key_password": SECRET,
    "sasl_token": lambda: SECRET,
    "http_url": f"https://user:{SECRET}@host/events",
    "http_token": SECRET,
    "otlp_endpoint": f"https://user:{SECRET}@host",
    "otlp_headers": {"authorization": SECRET},
    "kafka_options": {"sasl.password": SECRET},
}


def write(tmp_path: Path, text: str, name: str = "telemetry.toml") -> Path:
    """Write a file."""
    path = tmp_path / name
    path.write_text(text)
    return path


def test_defaults_of_kafka() -> None:
    """What Kafka's options are when nobody says is the same here and in `KafkaSink`."""
    config = TelemetryConfig(brokers=["k:9092"])
    given = config.kafka()
    for name, parameter in inspect.signature(KafkaSink).parameters.items():
        if name not in {"brokers", "name"}:
            assert given.pop(name) == parameter.default, name
    assert given == {"brokers": ("k:9092",)}


def test_signature() -> None:
    """All options are arguments, annotated attributes and documented, in the same order."""
    parameters = [*inspect.signature(TelemetryConfig).parameters][:-1]
    assert parameters == list(OPTIONS) == list(TelemetryConfig.__annotations__)[:-1]
    said = inspect.getdoc(TelemetryConfig) or ""
    documented = [line.split(":")[0].strip() for line in said.splitlines() if ": " in line]
    assert [name for name in OPTIONS if name not in documented] == []


def test_precedence(tmp_path: Path) -> None:
    """Arguments count before variables, these before the profile, it before the rest of the file."""
    path = write(
        tmp_path,
        """
        topic = "file"
        client_id = "file"
        service_name = "file"
        linger_ms = 1
        brokers = ["a:1"]
        [profiles.staging]
        topic = "profile"
        client_id = "profile"
        service_name = "profile"
        """,
    )
    variables = {"SDK_TELEMETRY_TOPIC": "env", "SDK_TELEMETRY_CLIENT_ID": "env"}
    config = TelemetryConfig.from_file(path, "staging", variables=variables, topic="argument")
    assert (config.topic, config.client_id) == ("argument", "env")
    assert (config.service_name, config.linger_ms, config.brokers) == ("profile", 1.0, ("a:1",))
    explained = config.explain().splitlines()
    assert "topic = 'argument' (argument)" in explained
    assert "client_id = 'env' (SDK_TELEMETRY_CLIENT_ID)" in explained
    assert f"service_name = 'profile' ({path}, profile staging)" in explained
    assert f"linger_ms = 1.0 ({path})" in explained
    assert "compression = 'zstd' (default)" in explained
    assert len(explained) == len(OPTIONS)


def test_the_environment_names_the_file(tmp_path: Path) -> None:
    """SDK_TELEMETRY_CONFIG and SDK_TELEMETRY_PROFILE name a file and its profile."""
    path = write(tmp_path, "topic = 'a'\n[profiles.x]\ntopic = 'b'\n")
    variables = {"SDK_TELEMETRY_CONFIG": str(path)}
    assert TelemetryConfig.from_env(variables).topic == "a"
    variables["SDK_TELEMETRY_PROFILE"] = "x"
    assert TelemetryConfig.from_env(variables).topic == "b"
    assert TelemetryConfig.from_file(path, variables=variables).topic == "b"
    with pytest.raises(ConfigurationError, match="needs `SDK_TELEMETRY_CONFIG`"):
        TelemetryConfig.from_env({"SDK_TELEMETRY_PROFILE": "x"})


def test_variables_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is that of the process unless another one is given."""
    monkeypatch.setenv("SDK_TELEMETRY_TOPIC", "mine")
    assert TelemetryConfig.from_env().topic == "mine"


def test_former_variables() -> None:
    """All variables of the former SDK are understood; ours go before them; empty ones say nothing."""
    variables = {
        "SENTINEL_BROKERS": "a:9092, b:9092",
        "SENTINEL_TOPIC": "old",
        "SENTINEL_CLIENT_ID": "me",
        "SENTINEL_COMPRESSION_TYPE": "none",
        "SENTINEL_ACKS": "1",
        "SENTINEL_RETRIES": "3",
        "SENTINEL_SECURITY_PROTOCOL": "sasl_ssl",
        "SENTINEL_SASL_MECHANISM": "PLAIN",
        "SENTINEL_SASL_USERNAME": "u",
        "SENTINEL_SASL_PASSWORD": "p",
        "SENTINEL_SSL_CA_LOCATION": "/ca",
        "SENTINEL_SSL_CERT_LOCATION": "/cert",
        "SENTINEL_SSL_KEY_LOCATION": "",
        "SENTINEL_QUORUM": "somebody else's",
        "SDK_TELEMETRY_TOPIC": "new",
        "SDK_TELEMETRY_DISABLE_CONTENT": "1",
    }
    config = TelemetryConfig.from_env(variables)
    assert config.brokers == ("a:9092", "b:9092")
    assert (config.topic, config.compression, config.acks, config.retries) == ("new", "none", 1, 3)
    assert (config.security_protocol, config.sasl_password) == ("SASL_SSL", "p")
    assert (config.ssl_ca_location, config.ssl_key_location) == ("/ca", None)
    assert "sasl_password = *** (SENTINEL_SASL_PASSWORD)" in config.explain()


def test_former_names() -> None:
    """All options of the former SDK are understood by their names, and none is dropped."""
    config = TelemetryConfig(
        brokers=["k:9092"],
        engine="confluent",
        compression_type="lz4",
        retries=7,
        retry_backoff_ms=50,
        request_timeout_ms=9_000,
        batch_size=1_000,
        max_in_flight_requests=2,
        enable_idempotence=False,
        buffer_memory=2_000_000,
        max_request_size=900_000,
        metadata_max_age_ms=10_000,
        additional_config={"socket.keepalive.enable": True},
    )
    given = config.kafka()
    assert (given["compression"], given["batch_bytes"], given["buffer_bytes"]) == (
        "lz4",
        1_000,
        2_000_000,
    )
    assert (given["max_request_bytes"], given["idempotence"]) == (900_000, False)
    assert given["options"] == {
        "retries": 7,
        "retry.backoff.ms": 50,
        "request.timeout.ms": 9_000,
        "max.in.flight.requests.per.connection": 2,
        "metadata.max.age.ms": 10_000,
        "socket.keepalive.enable": True,
    }
    config.kafka_sink()


def test_names_twice() -> None:
    """An option that is given by both of its names is refused."""
    with pytest.raises(ConfigurationError, match="`batch_size` and `batch_bytes` are the same"):
        TelemetryConfig(batch_bytes=1, batch_size=2)


def test_files(tmp_path: Path) -> None:
    """TOML and JSON say the same, with options of their own kind and by former names."""
    toml = write(
        tmp_path,
        'brokers = ["a:1"]\ndurable = true\nmax_request_size = 5_000\n[otlp_headers]\na = "b"\n',
    )
    said = {
        "brokers": ["a:1"],
        "durable": True,
        "max_request_bytes": 5000,
        "otlp_headers": {"a": "b"},
    }
    written = write(tmp_path, json.dumps(said), "telemetry.JSON")
    first = TelemetryConfig.from_file(toml, variables={})
    second = TelemetryConfig.from_file(str(written), variables={})
    assert first == second
    assert first != TelemetryConfig()
    assert first != said
    assert (first.durable, first.max_request_bytes) == (True, 5000)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("t.toml", "topic = ", "t.toml is no TOML"),
        ("t.json", "{", "t.json is no JSON"),
        ("t.json", "[]", "must be an object"),
        ("t.toml", "topic = 1", "t.toml: `topic` must be a text that is not empty, not 1"),
        ("t.toml", "topik = 'x'", "there is no option `topik`; did you mean `topic`"),
        ("t.toml", "sasl_token = 'x'", "there is no option `sasl_token`"),
        ("t.toml", "profiles = 1", "`profiles` .* must hold tables"),
        ("t.toml", "[profiles.a]\n[profiles.b]", "no `profile` 'x'; it has a, b"),
        ("t.toml", "", "no `profile` 'x'; it has none"),
    ],
)
def test_bad_files(tmp_path: Path, name: str, text: str, said: str) -> None:
    """A file that cannot be understood is refused, with its name and what to do."""
    with pytest.raises(ConfigurationError, match=said):
        TelemetryConfig.from_file(
            write(tmp_path, text, name), "x" if "no `profile`" in said else None, variables={}
        )


def test_missing_files(tmp_path: Path) -> None:
    """A file that is not there, or is no text, is refused."""
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        TelemetryConfig.from_file(tmp_path / "none.toml", variables={})
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="it is no UTF-8"):
        TelemetryConfig.from_file(tmp_path / "bytes.toml", variables={})


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("topic", " ", "must be a text that is not empty"),
        ("brokers", "a:1,,b:1", "must be at least one text, and none that is empty"),
        ("brokers", [], "must be at least one text"),
        ("brokers", [1], "must be texts"),
        ("brokers", 7, "must be texts"),
        ("acks", "2", "must be all, 1 or 0, not '2'"),
        ("acks", True, "must be all, 1 or 0"),
        ("acks", 1.5, "must be all, 1 or 0"),
        ("acks", [], "must be all, 1 or 0"),
        ("compression", "brotli", "must be one of none, gzip, snappy, lz4, zstd, not 'brotli'"),
        ("compression", 1, "must be one of"),
        ("batch_bytes", "many", "must be a whole number >= 1, not 'many'"),
        ("batch_bytes", 0, "must be a whole number >= 1"),
        ("batch_bytes", True, "must be a whole number"),
        ("linger_ms", "nan", "must be a number >= 0, not 'nan'"),
        ("linger_ms", "x", "must be a number"),
        ("linger_ms", -1, "must be a number >= 0"),
        ("linger_ms", True, "must be a number"),
        ("sample_rate", 1.5, "must be a number from 0 to 1, not 1.5"),
        ("durable", "maybe", "must be true or false, not 'maybe'"),
        ("durable", 1, "must be true or false"),
        ("security_protocol", "TLS", "must be one of PLAINTEXT, SSL"),
        ("sasl_mechanism", "GSSAPI", "must be one of PLAIN, SCRAM-SHA-256"),
        ("engine", "librdkafka", "must be one of auto, confluent"),
        ("on_full", "explode", "must be one of drop_newest"),
        ("capture_content", "some", "must be one of none, hash, truncate, full"),
        ("capture_content", "truncate:0", "must be one of"),
        ("capture_content", 1, "must be one of"),
        ("outbox", "", "must be a path"),
        ("outbox_max_bytes", 5, "must be a whole number >= 1048576"),
        ("kafka_options", "[]", "must be names and values"),
        ("kafka_options", "{", "must be names and values"),
        ("kafka_options", {1: 2}, "must be names and values"),
        ("otlp_headers", {"a": 1}, "must be names and texts"),
        ("sasl_password", 7, "must be a text that is not empty$"),
    ],
)
def test_refusals(name: str, given: Any, said: str) -> None:
    """A value that cannot be is refused, by the option's name or the variable's."""
    with pytest.raises(ConfigurationError, match=f"^`{name}` {said}"):
        TelemetryConfig(**{name: given})
    if isinstance(given, str) and given:
        for prefix in ("SDK_TELEMETRY_", "SENTINEL_"):
            variable = f"{prefix}{name.upper()}"
            with pytest.raises(ConfigurationError, match=f"^`{variable}` {said}"):
                TelemetryConfig.from_env({variable: given})


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("acks", "ALL", "all"),
        ("acks", "-1", "all"),
        ("acks", "0", 0),
        ("linger_ms", "2.5", 2.5),
        ("max_events", "10", 10),
        ("durable", "Yes", True),
        ("durable", "off", False),
        ("sasl_mechanism", "scram-sha-256", "SCRAM-SHA-256"),
        ("capture_content", "Truncate:200", "truncate:200"),
        ("outbox", Path("/x"), "/x"),
        ("outbox_max_age", 60, 60.0),
        ("kafka_options", '{"retries": 2}', {"retries": 2}),
    ],
)
def test_values(name: str, given: Any, value: Any) -> None:
    """A value is read into its own type."""
    found = getattr(TelemetryConfig(**{name: given}), name)
    assert found == value
    assert type(found) is type(value) or name == "kafka_options"


def test_unknown_options() -> None:
    """An option that does not exist is refused, with the one that is meant."""
    with pytest.raises(UnknownOptionError, match="no option `brokrs`; did you mean `brokers`"):
        TelemetryConfig(brokrs="x")
    with pytest.raises(UnknownOptionError, match=r"no option `zzz`$"):
        TelemetryConfig(zzz="x")


def test_slips_in_the_environment() -> None:
    """A variable that is all but one of ours is refused; one that is quite another thing is not."""
    with pytest.raises(UnknownOptionError, match="did you mean `SDK_TELEMETRY_BROKERS`"):
        TelemetryConfig.from_env({"SDK_TELEMETRY_BROKER": "a:1"})
    config = TelemetryConfig.from_env(
        {"SDK_TELEMETRY_DASHBOARD_COLOUR": "x", "SENTINEL_BROKER": "x"}
    )
    assert config == TelemetryConfig()


def test_immutable() -> None:
    """Nothing of a configuration can be changed; `replace` returns another one."""
    config = TelemetryConfig(topic="a", kafka_options={"x": 1})
    with pytest.raises(AttributeError, match=r"replace\(topic=...\)"):
        config.topic = "b"
    with pytest.raises(AttributeError):
        del config.topic
    with pytest.raises(TypeError):
        config.kafka_options["y"] = 2  # type: ignore[index]
    with pytest.raises(TypeError):
        hash(config)
    other = config.replace(topic="b", acks=None)
    assert (config.topic, other.topic, other.kafka_options) == ("a", "b", {"x": 1})
    assert copy.copy(config) is copy.deepcopy(config) is config


def test_pickle() -> None:
    """A configuration without secrets is pickled with all it says; one with secrets is not."""
    config = TelemetryConfig.from_env({"SENTINEL_TOPIC": "a", "SENTINEL_BROKERS": "k:9092"})
    again = pickle.loads(pickle.dumps(config))
    assert again == config
    assert again.explain() == config.explain()
    for name, value in SECRETS.items():
        with pytest.raises(TypeError, match=f"`{name}` is secret"):
            pickle.dumps(TelemetryConfig(**{name: value}))


def test_no_secrets() -> None:
    """No secret is in the repr, the text, the explanation or an error with its local variables."""
    config = TelemetryConfig(**SECRETS)
    for shown in (repr(config), str(config), config.explain(), f"{config}"):
        assert SECRET not in shown
        assert "***" in shown
    for bad in ({"acks": "2"}, {"zzz": 1}, {"otlp_headers": {"a": [SECRET]}}):
        with pytest.raises(ConfigurationError) as caught:
            TelemetryConfig(**{**SECRETS, **bad})
        assert SECRET not in str(caught.value)
        assert SECRET not in _locals(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        TelemetryConfig.from_env({"SENTINEL_SASL_PASSWORD": SECRET, "SENTINEL_ACKS": "2"})
    assert SECRET not in _locals(caught.value)


def _locals(error: BaseException) -> str:
    """Return what a tool that shows local variables would show, but of the test's own frame."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(str(frame.locals) for frame in told.stack if frame.filename != __file__)


def test_no_brokers() -> None:
    """Without brokers there is no Kafka, and no guess where it might be."""
    config = TelemetryConfig.from_env({})
    with pytest.raises(
        ConfigurationError, match=r"`brokers` are missing: .*`SDK_TELEMETRY_BROKERS`"
    ):
        config.kafka()
    assert config.sinks() == []


def test_sinks(tmp_path: Path) -> None:
    """Each sink that is configured is made, with its options."""
    config = TelemetryConfig(
        brokers="k:9092",
        topic="calls",
        http_url="http://host/events",
        http_token="t",
        otlp_endpoint="http://collector:4318",
        otlp_headers={"a": "b"},
        file=tmp_path / "events.jsonl",
        console=True,
    )
    kinds = (KafkaSink, HTTPSink, OTLPSink, FileSink, ConsoleSink)
    sinks = config.sinks()
    assert tuple(type(sink) for sink in sinks) == kinds
    for sink in sinks:
        sink.close(0.0)


def test_refusals_say_where(tmp_path: Path) -> None:
    """What a sink refuses is said with the variable or the file that it is from."""
    variables = {"SDK_TELEMETRY_BROKERS": "http://k:9092"}
    with pytest.raises(ConfigurationError, match=r"\(`brokers` is from SDK_TELEMETRY_BROKERS\)"):
        TelemetryConfig.from_env(variables).sinks()
    path = write(tmp_path, f"file = {str(tmp_path)!r}")
    with pytest.raises(
        ConfigurationError, match=r"is a folder \(`file` is from .*telemetry.toml\)"
    ):
        TelemetryConfig.from_file(path, variables={}).sinks()
    with pytest.raises(ConfigurationError, match=r"is a folder$"):
        TelemetryConfig(file=tmp_path).sinks()


def test_outbox(tmp_path: Path) -> None:
    """The outbox is made with its limits; without a directory there is none."""
    config = TelemetryConfig(
        outbox=tmp_path, outbox_max_bytes=2**21, outbox_max_age=60, outbox_fsync=True
    )
    outbox = config.new_outbox()
    assert isinstance(outbox, Outbox)
    found = (outbox.directory, outbox.max_bytes, outbox.max_age, outbox.fsync)
    assert found == (tmp_path, 2**21, 60.0, True)
    assert TelemetryConfig().new_outbox() is None


def test_sampling() -> None:
    """What is said of sampling makes one."""
    config = TelemetryConfig(sample_rate=0.5, sample_by="trace_id")
    assert repr(config.new_sampling()) == "Sampling(0.5, by='trace_id')"


def test_import() -> None:
    """Importing the configuration loads no library of Kafka, no SQLite, no HTTP and no asyncio."""
    code = (
        "import sys; before = set(sys.modules); import sdk_telemetry.config as c;"
        "c.TelemetryConfig.from_env(brokers='a:1');"
        "print([m for m in ('confluent_kafka', 'kafka', 'aiokafka', 'sqlite3', 'asyncio', 'ssl',"
        " 'msgspec', 'pydantic', 'tomllib', 'httpx') if m in sys.modules and m not in before])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
