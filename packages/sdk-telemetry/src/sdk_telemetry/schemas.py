"""
Schemas: the event as JSON Schema, Avro and Protobuf, framed for a schema registry.

Needs an extra for Avro and Protobuf: ``pip install sdk-telemetry[schemas]``. ::

    registry = SchemaRegistry("https://registry.example.com", auth=("name", "password"))
    sink = KafkaSink(brokers, encoding=AvroEncoding(registry))

Messages are framed as Confluent's serialisers do (magic byte, number of the schema, and with
Protobuf the place of the message in its file), so that their deserialisers, and those of ksqlDB,
Flink and Kafka Connect, read them. Avro and Protobuf keep embeddings in single precision, as the
consumer of JSON does.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ._ids import nanoseconds
from ._limits import MAX_SERVICE_NAME, MAX_TEXT, MAX_TOKENS
from ._protobuf import PROTOBUF_SCHEMA, event_class
from ._registry import RegisteredSchema, SchemaRegistry
from .errors import ConfigurationError, InvalidEventError
from .events import TelemetryEvent

if TYPE_CHECKING:
    from .sinks import Record

__all__ = [
    "AVRO_SCHEMA",
    "JSON_SCHEMA",
    "PROTOBUF_SCHEMA",
    "AvroEncoding",
    "Encoding",
    "JSONEncoding",
    "ProtobufEncoding",
    "RegisteredSchema",
    "SchemaRegistry",
]

_MAGIC: Final = b"\x00"
_MISSING: Final = "this encoding needs {}: pip install 'sdk-telemetry[schemas]'"
_FIRST_MESSAGE: Final = b"\x00"  # short for: one index, which is 0


def _embedding() -> dict[str, Any]:
    return {"type": ["array", "null"], "items": {"type": "number"}}


_UUID: Final = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"  # draft 7 has no format for it
_TEXT: Final = {"type": "string", "maxLength": MAX_TEXT}
_TOKENS: Final = {"type": "integer", "minimum": 0, "maximum": MAX_TOKENS}
_AMOUNT: Final = {"type": "number", "minimum": 0}
_MAYBE: Final = {"type": ["string", "null"]}

JSON_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "TelemetryEvent",
    "description": "One LLM call.",
    "type": "object",
    "properties": {
        "event_id": {"type": "string", "pattern": _UUID},
        "timestamp": {"type": "string", "format": "date-time", "pattern": "Z$"},
        "service_name": {"type": "string", "minLength": 1, "maxLength": MAX_SERVICE_NAME},
        "model": {"type": "string", "minLength": 1},
        "trace_id": _MAYBE,
        "span_id": _MAYBE,
        "prompt": {
            "type": "object",
            "properties": {"text": _TEXT, "tokens": _TOKENS, "embedding": _embedding()},
            "required": ["text", "tokens"],
        },
        "response": {
            "type": "object",
            "properties": {
                "text": _TEXT,
                "tokens": _TOKENS,
                "finish_reason": {"type": "string"},
                "embedding": _embedding(),
            },
            "required": ["text", "tokens", "finish_reason"],
        },
        "latency_ms": _AMOUNT,
        "cost_usd": _AMOUNT,
        "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
        "errors": {"type": "array", "items": {"type": "string"}},
    },
    "required": [
        "event_id",
        "timestamp",
        "service_name",
        "model",
        "prompt",
        "response",
        "latency_ms",
        "cost_usd",
        "metadata",
        "errors",
    ],
}
"""The event as JSON Schema, draft 7, which registries know."""


def _record(name: str, *fields: tuple[str, Any]) -> dict[str, Any]:
    return {
        "type": "record",
        "name": name,
        "fields": [
            {"name": name, "type": kind} | ({"default": None} if "null" in kind else {})
            for name, kind in fields
        ],
    }


_MAYBE_VECTOR: Final = ["null", {"type": "array", "items": "float"}]

AVRO_SCHEMA: Final[dict[str, Any]] = {
    "namespace": "sdk_telemetry.v1",
    "doc": "One LLM call.",
    **_record(
        "TelemetryEvent",
        ("event_id", {"type": "string", "logicalType": "uuid"}),
        ("timestamp", {"type": "long", "logicalType": "timestamp-micros"}),
        ("service_name", "string"),
        ("model", "string"),
        ("trace_id", ["null", "string"]),
        ("span_id", ["null", "string"]),
        (
            "prompt",
            _record("Prompt", ("text", "string"), ("tokens", "long"), ("embedding", _MAYBE_VECTOR)),
        ),
        (
            "response",
            _record(
                "Response",
                ("text", "string"),
                ("tokens", "long"),
                ("finish_reason", "string"),
                ("embedding", _MAYBE_VECTOR),
            ),
        ),
        ("latency_ms", "double"),
        ("cost_usd", "double"),
        ("metadata", {"type": "map", "values": "string"}),
        ("errors", {"type": "array", "items": "string"}),
    ),
}
"""The event as an Avro record (version 1.11); tokens are ``long``, for Avro has nothing unsigned."""


class Encoding(ABC):
    """
    Frame events for a schema registry: the ``encoding`` of a `KafkaSink`.

    Args:
        registry: Where the schema is registered.
        subject: Under which name; default: that of the default topic's values, as Confluent's
            serialisers name it.
        register: Register the schema where it is not; False: it must be there.

    Raises:
        ConfigurationError: The library of the format is not installed, or the subject is empty.
    """

    content_type: ClassVar[str]
    """What a message is said to be, in its header."""
    registered: ClassVar[RegisteredSchema]
    """What is registered."""

    def __init__(
        self,
        registry: SchemaRegistry,
        *,
        subject: str = "llm-telemetry-value",
        register: bool = True,
    ) -> None:
        if not subject:
            msg = "`subject` must not be empty; as a rule it is the topic's name and `-value`"
            raise ConfigurationError(msg)
        self.registry = registry
        self.subject = subject
        self._number = registry.register if register else registry.lookup

    def encode(self, record: Record) -> bytes:
        """
        Return the message for *record*.

        Raises:
            SendError: The registry did not say the schema's number; it may be `retryable`.
        """
        number = self._number(self.subject, self.registered)
        return _MAGIC + number.to_bytes(4, "big") + self._body(record.payload)

    @abstractmethod
    def decode(self, message: bytes) -> TelemetryEvent:
        """
        Return the event in *message*, by whatever version of the schema it was written.

        Raises:
            InvalidEventError: It is not framed like this, or there is no event in it.
            SendError: The registry did not say how it was written; it may be `retryable`.
        """

    @abstractmethod
    def _body(self, payload: bytes) -> bytes:
        """Return JSON in the format."""


def _unframed(message: bytes) -> tuple[int, bytes]:
    """Return the number of the schema that wrote a message, and what it wrote."""
    if len(message) < 5 or message[:1] != _MAGIC:
        msg = "a message for a schema registry begins with a zero and the schema's number"
        raise InvalidEventError(msg)
    return int.from_bytes(message[1:5], "big"), message[5:]


class JSONEncoding(Encoding):
    """Send JSON as it is, behind the number of its JSON Schema; needs no extra."""

    content_type = "application/json; framing=confluent"
    registered = RegisteredSchema("JSON", json.dumps(JSON_SCHEMA, separators=(",", ":")))

    def _body(self, payload: bytes) -> bytes:
        return payload

    def decode(self, message: bytes) -> TelemetryEvent:
        """Return the event in *message*; see `Encoding.decode`."""
        return TelemetryEvent.from_json(_unframed(message)[1])


class AvroEncoding(Encoding):
    """Send Avro; needs the extra ``schemas``."""

    content_type = "application/avro; framing=confluent"
    registered = RegisteredSchema("AVRO", json.dumps(AVRO_SCHEMA, separators=(",", ":")))

    def __init__(
        self,
        registry: SchemaRegistry,
        *,
        subject: str = "llm-telemetry-value",
        register: bool = True,
    ) -> None:
        super().__init__(registry, subject=subject, register=register)
        try:
            import fastavro  # noqa: PLC0415  # of the extra
        except ImportError:
            msg = _MISSING.format("fastavro")
            raise ConfigurationError(msg) from None
        self._parsed = fastavro.parse_schema(AVRO_SCHEMA)
        self._write = fastavro.schemaless_writer
        self._read = fastavro.schemaless_reader
        self._parse = fastavro.parse_schema
        self._writers: dict[int, Any] = {}

    def _body(self, payload: bytes) -> bytes:
        tree = _tree(payload)
        tree["timestamp"] = nanoseconds(datetime.fromisoformat(tree["timestamp"])) // 1000
        out = BytesIO()
        self._write(out, self._parsed, tree)
        return out.getvalue()

    def decode(self, message: bytes) -> TelemetryEvent:
        """Return the event in *message*; see `Encoding.decode`."""
        number, body = _unframed(message)
        writer = self._writers.get(number)
        if writer is None:
            writer = self._parse(json.loads(self.registry.schema(number).text))
            self._writers[number] = writer
        try:
            found: Any = self._read(BytesIO(body), writer, self._parsed)
        except Exception as exc:  # fastavro has no error of its own for bytes that end early
            raise _no_event(exc) from None
        return TelemetryEvent.from_dict(found)


class ProtobufEncoding(Encoding):
    """Send Protobuf; needs the extra ``schemas``."""

    content_type = "application/x-protobuf; framing=confluent"
    registered = RegisteredSchema("PROTOBUF", PROTOBUF_SCHEMA)

    def __init__(
        self,
        registry: SchemaRegistry,
        *,
        subject: str = "llm-telemetry-value",
        register: bool = True,
    ) -> None:
        super().__init__(registry, subject=subject, register=register)
        try:
            self._new: Any = event_class()
        except ImportError:
            msg = _MISSING.format("protobuf")
            raise ConfigurationError(msg) from None

    def _body(self, payload: bytes) -> bytes:
        tree = _tree(payload)
        time = nanoseconds(datetime.fromisoformat(tree["timestamp"]))
        tree["timestamp"] = {"seconds": time // 10**9, "nanos": time % 10**9}
        for part in (tree["prompt"], tree["response"]):
            if part["embedding"] is not None:
                part["embedding"] = {"values": part["embedding"]}
        body: bytes = self._new(**tree).SerializeToString()
        return _FIRST_MESSAGE + body

    def decode(self, message: bytes) -> TelemetryEvent:
        """Return the event in *message*; see `Encoding.decode`."""
        body = _unframed(message)[1]
        # One index can also be written out: how many there are, then each, in zigzag.
        for indexes in (_FIRST_MESSAGE, b"\x02\x00"):
            if body.startswith(indexes):
                break
        else:
            msg = "this is not the first message of its Protobuf file, so it is no event"
            raise InvalidEventError(msg)
        try:
            found = self._new.FromString(body[len(indexes) :])
        except Exception as exc:  # of protobuf, which may not be imported up there
            raise _no_event(exc) from None
        return TelemetryEvent.from_dict(_said(found))


def _said(message: Any) -> dict[str, Any]:
    """Return what a Protobuf message says, as JSON does."""
    at = timedelta(seconds=message.timestamp.seconds, microseconds=message.timestamp.nanos // 1000)
    parts = {}
    for name in ("prompt", "response"):
        part = getattr(message, name)
        vector = list(part.embedding.values) if part.HasField("embedding") else None
        parts[name] = {"text": part.text, "tokens": part.tokens, "embedding": vector}
    parts["response"]["finish_reason"] = message.response.finish_reason
    return {
        "event_id": message.event_id,
        "timestamp": datetime(1970, 1, 1, tzinfo=UTC) + at,
        "service_name": message.service_name,
        "model": message.model,
        "trace_id": message.trace_id if message.HasField("trace_id") else None,
        "span_id": message.span_id if message.HasField("span_id") else None,
        **parts,
        "latency_ms": message.latency_ms,
        "cost_usd": message.cost_usd,
        "metadata": dict(message.metadata),
        "errors": list(message.errors),
    }


def _tree(payload: bytes) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415  # quickly used and not quickly imported

    found: dict[str, Any] = msgspec.json.decode(payload)
    return found


def _no_event(exc: Exception) -> InvalidEventError:
    return InvalidEventError(f"no event can be read from these bytes: {type(exc).__name__}")
