"""Schemas: what three formats and a registry make of an event, and that it comes back as it was."""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from typing import Any

import fastavro
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdk_telemetry._protobuf import PROTOBUF_SCHEMA, file_descriptor
from sdk_telemetry.errors import ConfigurationError, InvalidEventError, SendError
from sdk_telemetry.events import PromptInfo, ResponseInfo, TelemetryEvent, encode
from sdk_telemetry.schemas import (
    AVRO_SCHEMA,
    JSON_SCHEMA,
    AvroEncoding,
    Encoding,
    JSONEncoding,
    ProtobufEncoding,
    SchemaRegistry,
)
from sdk_telemetry.sinks import Record
from sdk_telemetry.testing import MockKafka

from ._consumer import Dropped, accept
from ._fake_registry import FakeRegistry
from ._kafka_lane import TOPIC, Outcomes, deliver, kafka_sink
from ._made import FIELDS, FOREIGN

ENCODINGS: list[Any] = [JSONEncoding, AvroEncoding, ProtobufEncoding]
VALID = jsonschema_rs.Draft7Validator(JSON_SCHEMA, validate_formats=True)
EVENT = TelemetryEvent(
    "checkout",
    "gpt-4o",
    PromptInfo("Say hello 😀", 2**32 - 3, [0.5, -1.25]),
    ResponseInfo("Hello!", 2, finish_reason="stop", embedding=[]),
    timestamp="1969-12-31T23:59:59.999999Z",
    trace_id="",
    latency_ms=150.5,
    cost_usd=0.001,
    metadata={"region": "eu", "": ""},
    errors=["x", ""],
)


def record(payload: bytes) -> Record:
    """Return a record of which only the payload counts."""
    return Record(1, "", payload)


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    """Serve a registry."""
    with FakeRegistry() as served:
        yield served


@pytest.fixture
def client(registry: FakeRegistry) -> Iterator[SchemaRegistry]:
    """Make a client of it that repeats nothing."""
    made = SchemaRegistry(registry.url, max_retries=0)
    yield made
    made.close()


@pytest.fixture
def encodings(client: SchemaRegistry) -> dict[Any, Encoding]:
    """Make one of each kind."""
    return {kind: kind(client) for kind in ENCODINGS}


def single(event: TelemetryEvent) -> TelemetryEvent:
    """Return the event with embeddings in single precision."""

    def rounded(vector: Any) -> Any:
        if vector is None:
            return None
        return struct.unpack(f"<{len(vector)}f", struct.pack(f"<{len(vector)}f", *vector))

    tree = event.to_dict()
    for part in (tree["prompt"], tree["response"]):
        part["embedding"] = rounded(part["embedding"])
    return TelemetryEvent.from_dict(tree)


@pytest.mark.parametrize("kind", ENCODINGS)
def test_an_event_comes_back_as_it_was(kind: type[Encoding], client: SchemaRegistry) -> None:
    """With all that is peculiar: times before the epoch, empty strings and vectors, nulls."""
    encoding = kind(client)
    for event in (EVENT, TelemetryEvent("checkout", "gpt-4o")):
        assert encoding.decode(encoding.encode(record(event.to_json()))) == event


@pytest.mark.parametrize("kind", ENCODINGS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(fields=FIELDS)
def test_every_event_comes_back_as_it_was(
    kind: type[Encoding], fields: dict[str, Any], encodings: dict[Any, Encoding]
) -> None:
    """But for embeddings, which the consumer keeps in single precision too."""
    payload = encode(**fields)
    encoding = encodings[kind]
    again = encoding.decode(encoding.encode(record(payload)))
    assert single(again) == single(TelemetryEvent.from_json(payload))
    assert encoding.decode(encoding.encode(record(again.to_json()))) == again


@pytest.mark.parametrize("kind", ENCODINGS)
def test_messages_are_framed_as_confluent_does(
    kind: type[Encoding], client: SchemaRegistry, registry: FakeRegistry
) -> None:
    """A zero, the schema's number in four bytes, and what the format has to say."""
    for taken in range(300):
        registry.add("others", {"schema": str(taken)})
    message = kind(client).encode(record(EVENT.to_json()))
    assert message[:5] == b"\x00\x00\x00\x01\x2d"
    if kind is JSONEncoding:
        assert message[5:] == EVENT.to_json()
    if kind is ProtobufEncoding:
        assert message[5:6] == b"\x00"  # the first message of the file
        long = message[:5] + b"\x02\x00" + message[6:]
        assert kind(client).decode(long) == EVENT


@pytest.mark.parametrize("kind", ENCODINGS)
def test_a_schema_is_registered_once(
    kind: type[Encoding], client: SchemaRegistry, registry: FakeRegistry
) -> None:
    """By the first event, for all encodings that share a client."""
    for _ in range(3):
        kind(client, subject="a/b-value").encode(record(EVENT.to_json()))
    assert registry.calls == ["POST /subjects/a%2Fb-value/versions"]


@pytest.mark.parametrize("kind", ENCODINGS)
def test_a_schema_may_have_to_be_there(
    kind: type[Encoding], client: SchemaRegistry, registry: FakeRegistry
) -> None:
    """Where programs may not register any, it is looked up; if it is missing, that is an error."""
    encoding = kind(client, register=False)
    with pytest.raises(SendError, match="not found") as caught:
        encoding.encode(record(EVENT.to_json()))
    assert not caught.value.retryable
    kind(client).encode(record(EVENT.to_json()))
    encoding = kind(SchemaRegistry(registry.url, max_retries=0), register=False)
    registry.calls.clear()
    assert encoding.decode(encoding.encode(record(EVENT.to_json()))) == EVENT
    assert registry.calls[0] == "POST /subjects/llm-telemetry-value"


@pytest.mark.parametrize("kind", ENCODINGS)
def test_a_kafka_sink_sends_framed_events(
    kind: type[Encoding], client: SchemaRegistry, registry: FakeRegistry
) -> None:
    """While the registry is away an event can be tried again; then it arrives, and is read."""
    encoding, done = kind(client), Outcomes()
    event = Record(1, EVENT.event_id, EVENT.to_json())
    registry.failures = [(503, b"")]
    with MockKafka(1) as kafka:
        sink = kafka_sink(kafka, encoding=encoding)
        deliver(sink, [event], done)
        assert [error.retryable for _, error in done.failed] == [True]
        deliver(sink, [event], done)
        sink.close(5.0)
        (message,) = kafka.read(TOPIC, 1)
    assert done.arrived == [event]
    assert message.value is not None
    assert encoding.decode(message.value) == EVENT
    assert message.headers["content-type"] == encoding.content_type.encode()


def test_avro_is_read_by_the_schema_that_wrote_it(
    client: SchemaRegistry, registry: FakeRegistry
) -> None:
    """A newer writer may have put a field in front, and left one out that may be null."""
    newer = json.loads(json.dumps(AVRO_SCHEMA))
    fields = [it for it in newer["fields"] if it["name"] != "span_id"]
    newer["fields"] = [{"name": "region", "type": "string"}, *fields]
    number = registry.add("llm-telemetry-value", {"schema": json.dumps(newer)})
    reader, writer = AvroEncoding(client), AvroEncoding(client)
    writer._parsed = fastavro.parse_schema(newer)
    tree = EVENT.to_dict() | {"region": "eu"}
    message = b"\x00" + number.to_bytes(4, "big") + writer._body(json.dumps(tree).encode())
    for _ in range(2):
        assert reader.decode(message) == EVENT
    assert registry.calls == [f"GET /schemas/ids/{number}"]


@pytest.mark.parametrize("kind", ENCODINGS)
@pytest.mark.parametrize("cut", [0, 4, 5, 6, 30])
def test_what_is_cut_short_is_no_event(
    kind: type[Encoding], cut: int, client: SchemaRegistry
) -> None:
    """Wherever it ends, and whatever the format's library makes of it."""
    message = kind(client).encode(record(EVENT.to_json()))
    with pytest.raises(InvalidEventError):
        kind(client).decode(message[:cut])


@pytest.mark.parametrize("kind", ENCODINGS)
def test_what_is_framed_otherwise_is_no_event(kind: type[Encoding], client: SchemaRegistry) -> None:
    """Bare JSON, for one; and with Protobuf another message of the file."""
    message = kind(client).encode(record(EVENT.to_json()))
    with pytest.raises(InvalidEventError, match="begins with a zero"):
        kind(client).decode(EVENT.to_json())
    if kind is ProtobufEncoding:
        with pytest.raises(InvalidEventError, match="first message"):
            kind(client).decode(message[:5] + b"\x02\x02" + message[6:])


@settings(deadline=None)
@given(FIELDS)
def test_every_event_is_valid_by_the_json_schema(fields: dict[str, Any]) -> None:
    """Formats and lengths included."""
    VALID.validate(json.loads(encode(**fields)))


@settings(deadline=None)
@given(FIELDS, st.data())
def test_the_json_schema_takes_nothing_that_the_consumer_drops(
    fields: dict[str, Any], data: st.DataObject
) -> None:
    """But what no schema can say: sums, single precision, and which texts JSON can carry."""
    tree = TelemetryEvent.from_json(encode(**fields)).to_dict()
    part = data.draw(st.sampled_from([tree, tree["prompt"], tree["response"]]))
    name = data.draw(st.sampled_from(sorted(set(part) - {"embedding"})))
    part[name] = data.draw(FOREIGN)
    if isinstance(part[name], float):
        return  # 1.0 is an integer for a schema, and none for the consumer
    try:
        message = json.dumps(tree, ensure_ascii=False).encode()
    except (TypeError, ValueError):
        return
    try:
        accept(message)
    except Dropped as dropped:
        if dropped.path in {"", "response.tokens"}:  # no JSON, and the sum
            return
        assert not VALID.is_valid(json.loads(message))


def test_the_avro_schema_is_one() -> None:
    """And names in it are the keys of the JSON."""
    parsed: Any = fastavro.parse_schema(AVRO_SCHEMA)
    assert [field["name"] for field in parsed["fields"]] == list(EVENT.to_dict())


def test_the_protobuf_text_is_what_the_class_is_made_of() -> None:
    """Fields and numbers, once written and once as a descriptor; they never change."""
    text = PROTOBUF_SCHEMA.splitlines()
    descriptor = file_descriptor()
    assert [message.name for message in descriptor.message_type] == [
        line.split()[1] for line in text if line.startswith("message")
    ]
    for message in descriptor.message_type:
        for field in message.field:
            assert any(line.endswith(f" {field.name} = {field.number};") for line in text)
    assert "  optional string trace_id = 5;" in text
    assert "  map<string, string> metadata = 11;" in text
    assert "  google.protobuf.Timestamp timestamp = 2;" in text


@pytest.mark.parametrize(
    ("kind", "library"), [(AvroEncoding, "fastavro"), (ProtobufEncoding, "google.protobuf")]
)
def test_a_missing_library_is_said_at_once(
    kind: type[Encoding], library: str, client: SchemaRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the encoding is made, with the extra to install."""
    monkeypatch.setitem(sys.modules, library, None)
    if kind is ProtobufEncoding:
        from sdk_telemetry._protobuf import event_class  # noqa: PLC0415  # made once a process

        event_class.cache_clear()
    with pytest.raises(ConfigurationError, match=r"pip install 'sdk-telemetry\[schemas\]'"):
        kind(client)


def test_a_subject_has_a_name(client: SchemaRegistry) -> None:
    """An empty one is refused when the encoding is made."""
    with pytest.raises(ConfigurationError, match="`subject`"):
        JSONEncoding(client, subject="")


@pytest.mark.parametrize("kind", ENCODINGS)
def test_a_header_says_what_a_message_is(kind: type[Encoding]) -> None:
    """Nobody takes framed JSON for bare JSON."""
    assert kind.content_type.endswith("; framing=confluent")
