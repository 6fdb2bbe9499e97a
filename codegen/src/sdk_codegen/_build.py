"""From the canonical document to the intermediate representation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import _ir as ir
from ._groups import Places, tag_parts
from ._ir import text
from ._media import content_kind
from ._names import identifier
from ._normalise import INLINE, ORIGIN
from ._objects import security_schemes, servers
from ._operations import iter_operations, operation_name
from ._pointers import join
from ._reading import OperationReader
from ._schemas import Schema, ref_name
from .errors import NamingError

__all__ = ["build"]


def build(document: dict[str, Any]) -> ir.API:
    """
    Read the canonical document.

    Raises:
        NamingError: Two operations have one `operationId` or one place in the client's tree.
        UnsupportedError: An operation needs what cannot be expressed yet.
    """
    info = document.get("info") or {}
    schemas = document["components"]["schemas"]
    components = {name: _component(name, schema, schemas) for name, schema in schemas.items()}
    places = Places()
    seen: dict[str, str] = {}
    operations = []
    for path, method, operation, pointer in iter_operations(document):
        name = operation_name(operation, path, method)
        if name in seen:
            msg = f"the operationId `{name}` is taken by #{seen[name]}"
            raise NamingError(msg, pointer)
        seen[name] = pointer
        operations.append(
            OperationReader(document, operation, path, method, pointer).read(name, places)
        )
    return ir.API(
        title=text(info.get("title")) or "API",
        version=str(info.get("version", "")),
        description=text(info.get("description")) or text(info.get("summary")),
        servers=tuple(servers(document.get("servers"))),
        security_schemes=tuple(
            security_schemes(document["components"].get("securitySchemes") or {})
        ),
        operations=tuple(operations),
        components=components,
        used=_used(document),
        groups={
            tuple(identifier(part) for part in tag_parts(str(tag["name"]))): text(
                tag.get("description")
            )
            for tag in document.get("tags") or []
            if isinstance(tag, dict) and "name" in tag
        },
        webhooks=tuple(_webhooks(document)),
    )


def _webhooks(document: dict[str, Any]) -> Iterator[ir.Webhook]:
    """Yield the webhooks that carry JSON."""
    for name, item in document.get("webhooks", {}).items():
        for method, operation in item.items():
            pointer = join("/webhooks", name, method, "requestBody", "content")
            contents = (operation.get("requestBody") or {}).get("content") or {}
            for media_type, media in contents.items():
                if content_kind(media_type) == "json":
                    words = text(operation.get("description")) or text(operation.get("summary"))
                    place = join(pointer, media_type, "schema")
                    yield ir.Webhook(name, place, media.get("schema", {}), words)
                    break


def _used(document: dict[str, Any]) -> frozenset[str]:
    """Return the components that the paths lead to, directly or not."""
    schemas = document["components"]["schemas"]
    found: set[str] = set()
    waiting: list[Any] = [document["paths"], document.get("webhooks")]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            name = ref_name(value)
            if name is not None and name in schemas and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return frozenset(found)


def _target_words(schema: Schema, schemas: dict[str, Schema]) -> str:
    """Return what the document says about the component that a property is."""
    return text(schemas.get(ref_name(schema) or "", {}).get("description"))


def _component(name: str, schema: Schema, schemas: dict[str, Schema]) -> ir.Component:
    pointer = join("/components/schemas", name)
    origin = schema.get(ORIGIN, pointer)
    inline = bool(schema.get(INLINE))
    if schema.get("type") == "object" and schema.get("properties"):
        required = schema.get("required", ())
        properties = tuple(
            ir.Property(
                wire=wire,
                pointer=join(pointer, "properties", wire),
                schema=value,
                required=wire in required,
                description=text(value.get("description")) or _target_words(value, schemas),
            )
            for wire, value in schema["properties"].items()
        )
        return ir.Object(name, pointer, origin, inline, schema, properties)
    return ir.Alias(name, pointer, origin, inline, schema)
