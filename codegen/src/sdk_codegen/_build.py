"""From the canonical document to the intermediate representation."""

from __future__ import annotations

import re
from typing import Any

from . import _ir as ir
from ._groups import Places
from ._ir import text
from ._names import identifier
from ._normalise import INLINE, ORIGIN
from ._operations import iter_operations, operation_name
from ._pointers import join
from ._schemas import Schema, ref_name
from .errors import MissingReferenceError, NamingError, UnsupportedError

__all__ = ["build"]

EVENT_STREAM = "text/event-stream"
LINE_STREAMS = frozenset(
    {
        "application/jsonl",
        "application/x-ndjson",
        "application/ndjson",
        "application/x-jsonlines",
        "application/jsonlines",
        "application/json-seq",
    }
)
DEFAULT_STYLES = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
STYLES = frozenset({"simple", "form", "deepObject", "spaceDelimited", "pipeDelimited"})


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
    schemes = _security_schemes(document)
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
            _Reader(document, operation, path, method, pointer).read(
                name, places, {scheme.id for scheme in schemes}
            )
        )
    return ir.API(
        title=text(info.get("title")) or "API",
        version=str(info.get("version", "")),
        description=text(info.get("description")) or text(info.get("summary")),
        servers=tuple(_servers(document)),
        security_schemes=schemes,
        operations=tuple(operations),
        components=components,
        used=_used(document),
        groups={
            tuple(identifier(part) for part in str(tag["name"]).split(".")): text(
                tag.get("description")
            )
            for tag in document.get("tags") or []
            if isinstance(tag, dict) and "name" in tag
        },
    )


def _used(document: dict[str, Any]) -> frozenset[str]:
    """Return the components that the paths lead to, directly or not."""
    schemas = document["components"]["schemas"]
    found: set[str] = set()
    waiting: list[Any] = [document["paths"]]
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


def _servers(document: dict[str, Any]) -> list[ir.Server]:
    servers = []
    for server in document.get("servers") or []:
        url = str(server.get("url", "")) if isinstance(server, dict) else ""
        for name, variable in ((server or {}).get("variables") or {}).items():
            url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
        if url:
            servers.append(ir.Server(url, text(server.get("description"))))
    return servers


def _security_schemes(document: dict[str, Any]) -> tuple[ir.SecurityScheme, ...]:
    found = document["components"].get("securitySchemes") or {}
    return tuple(
        ir.SecurityScheme(
            id=name,
            kind=str(scheme.get("type")),
            scheme=scheme.get("scheme"),
            location=scheme.get("in"),
            name=scheme.get("name"),
        )
        for name, scheme in found.items()
    )


class _Reader:
    """One operation of the document."""

    def __init__(
        self,
        document: dict[str, Any],
        operation: dict[str, Any],
        path: str,
        method: str,
        pointer: str,
    ) -> None:
        self.document = document
        self.operation = operation
        self.path = path
        self.method = method
        self.pointer = pointer

    def read(self, name: str, places: Places, schemes: set[str]) -> ir.Operation:
        operation = self.operation
        group, method_name = places.place(operation, self.path, self.method, self.pointer)
        responses = [self.response(status) for status in operation["responses"]]
        successes = [item for item in responses if item.status[0] in "123"]
        if not successes:
            successes = [item for item in responses if item.status == "default"]
        return ir.Operation(
            id=name,
            pointer=self.pointer,
            method=self.method.upper(),
            path=self.path.partition("#")[0],  # some documents tell variants of a path apart so
            group=group,
            name=method_name,
            summary=text(operation.get("summary")),
            description=text(operation.get("description")),
            parameters=self.parameters(),
            body=self.body(),
            responses=tuple(successes),
            errors=tuple(item for item in responses if item.status[0] not in "123"),
            security=self.security(schemes),
            streaming=self.streaming(successes),
            pagination=self.pagination(),
            deprecated=operation.get("deprecated") is True,
            extensions={key: value for key, value in operation.items() if key.startswith("x-")},
        )

    def parameters(self) -> tuple[ir.Parameter, ...]:
        found = []
        for index, item in enumerate(self.operation["parameters"]):
            pointer = join(self.pointer, "parameters", index)
            wire, location = item.get("name"), item.get("in")
            if not isinstance(wire, str) or location not in DEFAULT_STYLES:
                msg = f"a parameter `{wire}` in `{location}` cannot be expressed"
                raise UnsupportedError(msg, pointer)
            if location == "header" and wire.lower() in ("accept", "content-type", "authorization"):
                continue  # OpenAPI 3.2, Parameter Object: these definitions shall be ignored
            schema, place = item.get("schema"), join(pointer, "schema")
            if schema is None and item.get("content"):
                media_type, media = next(iter(item["content"].items()))
                place = join(pointer, "content", media_type, "schema")
                schema = media.get("schema") or {}
                if _content_kind(media_type) == "json":
                    # The caller writes the JSON: what a parameter of text holds is up to them.
                    schema = {"type": "string", "description": schema.get("description", "")}
                    place = join(pointer, "content", media_type)
            style = str(item.get("style") or DEFAULT_STYLES[location])
            if style == "cookie":  # of OpenAPI 3.2; it differs in the escaping only
                style = "form"
            if style not in STYLES:
                msg = f"a parameter in the style `{style}`"
                raise UnsupportedError(msg, pointer)
            explode = item.get("explode")
            found.append(
                ir.Parameter(
                    wire=wire,
                    location=location,
                    pointer=place,
                    schema=schema if schema is not None else {},
                    required=location == "path" or item.get("required") is True,
                    style=style,
                    explode=explode if isinstance(explode, bool) else style == "form",
                    description=text(item.get("description")),
                    deprecated=item.get("deprecated") is True,
                )
            )
        return tuple(found)

    def body(self) -> ir.Body | None:
        body = self.operation.get("requestBody")
        contents = (body or {}).get("content")
        if not body or not contents:
            return None
        ranked = sorted(contents, key=lambda media_type: _ENCODINGS.index(_encoding(media_type)))
        media_type = ranked[0]
        encoding = _encoding(media_type)
        pointer = join(self.pointer, "requestBody", "content", media_type)
        if encoding == "multipart":
            msg = f"a request body of {media_type} is not supported yet"
            raise UnsupportedError(msg, pointer)
        return ir.Body(
            media_type=media_type,
            encoding=encoding,  # type: ignore[arg-type]
            pointer=join(pointer, "schema"),
            schema=contents[media_type].get("schema", {}),
            required=body.get("required") is True,
            description=text(body.get("description")),
        )

    def response(self, status: str) -> ir.Response:
        found = self.operation["responses"][status]
        pointer = join(self.pointer, "responses", status)
        if not re.fullmatch(r"[1-5](\d\d|XX)|default", status, re.IGNORECASE):
            msg = f"`{status}` is no status, range or `default`"
            raise UnsupportedError(msg, pointer)
        contents: list[ir.Content] = []
        for declared, media in (found.get("content") or {}).items():
            media_type = declared.partition(";")[0].strip().lower()
            if any(item.media_type == media_type for item in contents):
                continue  # differs in a parameter, such as the charset
            schema: Schema | None = media.get("schema")
            kind = _content_kind(media_type)
            if media_type in ("*/*", "application/*") and (schema or {}).get("format") != "binary":
                kind = "json"
            place = join(pointer, "content", declared)
            place_of_schema = join(place, "schema")
            if kind in ("events", "lines"):
                schema, place_of_schema = _item(media, place)
                if kind == "events":
                    schema, place_of_schema = self.event_data(schema, place_of_schema)
            contents.append(ir.Content(media_type, kind, place_of_schema, schema))
        return ir.Response(status, text(found.get("description")), tuple(contents))

    def event_data(self, schema: Schema | None, pointer: str) -> tuple[Schema | None, str]:
        """
        Return the type of the data, where the item describes a whole event.

        OpenAPI 3.2, section "Special Considerations for text/event-stream Content": an event is an
        object with `data`, `event`, `id` and `retry`.
        """
        found, place = self.resolved(schema or {}, pointer)
        data = (found.get("properties") or {}).get("data")
        if not isinstance(data, dict) or data.get("type", "string") != "string":
            return schema, pointer
        place = join(place, "properties", "data")
        data, place = self.resolved(data, place)
        variants = [
            self.resolved(variant, join(place, "anyOf", index))
            for index, variant in enumerate(data.get("anyOf", ()))
        ]
        errors = self.error_schemas()
        for variant, where in variants or [(data, place)]:
            content = variant.get("contentSchema")
            # A constant ends the stream, and an error is raised: neither is an item.
            if content is not None and content not in errors:
                return content, join(where, "contentSchema")
        return data, place

    def resolved(self, schema: Schema, pointer: str) -> tuple[Schema, str]:
        """Return the schema behind references, and where it is."""
        name = ref_name(schema)
        if name is None:
            return schema, pointer
        return self.resolved(
            self.document["components"]["schemas"][name], join("/components/schemas", name)
        )

    def error_schemas(self) -> list[Schema]:
        """Return the schemas of what the operation fails with."""
        return [
            media["schema"]
            for status, response in self.operation["responses"].items()
            if status[0] not in "123"
            for media in (response.get("content") or {}).values()
            if "schema" in media
        ]

    def security(self, schemes: set[str]) -> tuple[tuple[str, ...], ...] | None:
        declared = self.operation.get("security", self.document.get("security"))
        if not isinstance(declared, list):
            return None
        for alternative in declared:
            for name in alternative:
                if name not in schemes:
                    msg = f"the security scheme `{name}` is not in `components.securitySchemes`"
                    raise MissingReferenceError(
                        msg,
                        self.pointer,
                    )
        return tuple(tuple(alternative) for alternative in declared)

    def streaming(self, successes: list[ir.Response]) -> ir.Streaming | None:
        """
        Return how the operation streams.

        Without `x-sdk-streaming` an operation that has nothing but a stream always streams, and one
        that has both is asked by a boolean property `stream`, if its body has one.
        """
        found = self.operation.get("x-sdk-streaming")
        if found is None:
            kinds = {content.kind for item in successes for content in item.contents}
            if not kinds & {"events", "lines"}:
                return None
            if kinds <= {"events", "lines"}:
                return ir.Streaming()
            return ir.Streaming("stream") if self.has_switch() else None
        known = {"switch", "terminator", "completed-by"}
        if not isinstance(found, dict) or not found.keys() <= known:
            msg = f"`x-sdk-streaming` is a mapping with {', '.join(sorted(known))}"
            raise UnsupportedError(
                msg,
                join(self.pointer, "x-sdk-streaming"),
            )
        return ir.Streaming(found.get("switch"), found.get("terminator"), found.get("completed-by"))

    def has_switch(self) -> bool:
        """Say whether the body is an object with a boolean property `stream`."""
        contents = (self.operation.get("requestBody") or {}).get("content") or {}
        for media in contents.values():
            body, _ = self.resolved(media.get("schema") or {}, "")
            switch = (body.get("properties") or {}).get("stream", {})
            kind = switch.get("type", ())
            if kind == "boolean" or "boolean" in kind:
                return True
        return False

    def pagination(self) -> ir.Pagination | None:
        found = self.operation.get("x-speakeasy-pagination")
        if not isinstance(found, dict):
            return None
        return ir.Pagination(
            type=str(found.get("type", "")),
            inputs=tuple(
                {str(key): str(value) for key, value in item.items()}
                for item in found.get("inputs") or []
            ),
            outputs={str(key): str(value) for key, value in (found.get("outputs") or {}).items()},
        )


_ENCODINGS = ("json", "form", "multipart", "text", "bytes")


def _encoding(media_type: str) -> str:
    kind = media_type.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return "json"
    if kind == "application/x-www-form-urlencoded":
        return "form"
    if kind == "multipart/form-data":
        return "multipart"
    return "text" if kind.startswith("text/") or kind.endswith("xml") else "bytes"


def _content_kind(media_type: str) -> ir.ContentKind:
    kind = media_type.partition(";")[0].strip().lower()
    if kind == EVENT_STREAM:
        return "events"
    if kind in LINE_STREAMS:
        return "lines"
    if kind == "application/json" or kind.endswith("+json"):
        return "json"
    return "text" if kind.startswith("text/") or kind.endswith("xml") else "bytes"


def _item(media: dict[str, Any], pointer: str) -> tuple[Schema | None, str]:
    """`itemSchema` of OpenAPI 3.2; before it there was only `schema` for the type of an event."""
    key = "itemSchema" if "itemSchema" in media else "schema"
    return media.get(key), join(pointer, key)
