"""The event as a Protobuf message: one table, from which both its text and its class are made."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.message import Message

__all__ = ["PROTOBUF_SCHEMA", "event_class"]

_PACKAGE: Final = "sdk_telemetry.v1"
_TIMESTAMP: Final = "google.protobuf.Timestamp"
_MAP: Final = "map<string, string>"

# A type, a name; the number is the place. Places are never given to something else.
_MESSAGES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "TelemetryEvent": (
        ("string", "event_id"),
        (_TIMESTAMP, "timestamp"),
        ("string", "service_name"),
        ("string", "model"),
        ("optional string", "trace_id"),
        ("optional string", "span_id"),
        ("Prompt", "prompt"),
        ("Response", "response"),
        ("double", "latency_ms"),
        ("double", "cost_usd"),
        (_MAP, "metadata"),
        ("repeated string", "errors"),
    ),
    "Prompt": (("string", "text"), ("uint32", "tokens"), ("Embedding", "embedding")),
    "Response": (
        ("string", "text"),
        ("uint32", "tokens"),
        ("string", "finish_reason"),
        ("Embedding", "embedding"),
    ),
    "Embedding": (("repeated float", "values"),),
}


def _text() -> str:
    lines = ['syntax = "proto3";', f"package {_PACKAGE};", ""]
    lines += ['import "google/protobuf/timestamp.proto";']
    for message, fields in _MESSAGES.items():
        lines += ["", f"message {message} {{"]
        lines += [f"  {kind} {name} = {place};" for place, (kind, name) in enumerate(fields, 1)]
        lines += ["}"]
    return "\n".join([*lines, ""])


PROTOBUF_SCHEMA: Final = _text()
"""The event in the language of Protobuf, version 3."""


def file_descriptor() -> FileDescriptorProto:
    """Return what a compiler makes of `PROTOBUF_SCHEMA`."""
    from google.protobuf.descriptor_pb2 import (  # noqa: PLC0415  # of the extra
        DescriptorProto,
        FieldDescriptorProto,
        FileDescriptorProto,
    )

    kinds = FieldDescriptorProto
    scalars = {
        "string": kinds.TYPE_STRING,
        "uint32": kinds.TYPE_UINT32,
        "double": kinds.TYPE_DOUBLE,
        "float": kinds.TYPE_FLOAT,
    }

    def add(message: DescriptorProto, place: int, kind: str, name: str) -> None:
        *label, base = kind.rsplit(" ", 1) if kind != _MAP else (kind,)
        field = message.field.add(name=name, number=place, label=kinds.LABEL_OPTIONAL)
        if base == _MAP:
            entry = message.nested_type.add(name=f"{name.title()}Entry")
            entry.options.map_entry = True
            for number, part in enumerate(("key", "value"), 1):
                add(entry, number, "string", part)
            field.label = kinds.LABEL_REPEATED
            base = f"{message.name}.{entry.name}"
        if label == ["repeated"]:
            field.label = kinds.LABEL_REPEATED
        if label == ["optional"]:
            field.proto3_optional = True
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{name}")
        if base in scalars:
            field.type = scalars[base]
        else:
            field.type = kinds.TYPE_MESSAGE
            field.type_name = f".{base}" if base == _TIMESTAMP else f".{_PACKAGE}.{base}"

    found = FileDescriptorProto(
        name="sdk_telemetry/v1/telemetry_event.proto",
        package=_PACKAGE,
        syntax="proto3",
        dependency=["google/protobuf/timestamp.proto"],
    )
    for name, fields in _MESSAGES.items():
        message = found.message_type.add(name=name)
        for place, (kind, field) in enumerate(fields, 1):
            add(message, place, kind, field)
    return found


@cache
def event_class() -> type[Message]:
    """Return the class of the messages."""
    from google.protobuf import descriptor_pool, message_factory, timestamp_pb2  # noqa: PLC0415  # loaded when it is needed

    pool = descriptor_pool.DescriptorPool()  # the default one is for generated modules
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file_descriptor())
    found: Any = message_factory.GetMessageClass(
        pool.FindMessageTypeByName(f"{_PACKAGE}.TelemetryEvent")
    )
    return found  # type: ignore[no-any-return]
