"""Reading one operation of the canonical document."""

from __future__ import annotations

from typing import Any

from . import _ir as ir
from ._groups import Places
from ._ir import text
from ._media import ENCODINGS, STRUCTURED, content_kind, encoding, essence
from ._objects import pagination, parts, servers
from ._pointers import join
from ._samples import examples
from ._schemas import Schema, ref_name
from ._streaming import event_data, item_schema, streaming

__all__ = ["OperationReader"]

DEFAULT_STYLES = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
STYLES = frozenset(
    {"simple", "form", "label", "matrix", "deepObject", "spaceDelimited", "pipeDelimited"}
)


class OperationReader:
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

    def read(self, name: str, places: Places) -> ir.Operation:
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
            bodies=self.bodies(),
            responses=tuple(successes),
            errors=tuple(item for item in responses if item.status[0] not in "123"),
            security=self.security(),
            streaming=streaming(operation, self.pointer, successes, self.resolved),
            pagination=pagination(operation),
            deprecated=operation.get("deprecated") is True,
            servers=tuple(servers(operation.get("servers"))),
            extensions={key: value for key, value in operation.items() if key.startswith("x-")},
        )

    def parameters(self) -> tuple[ir.Parameter, ...]:
        found = []
        for index, item in enumerate(self.operation["parameters"]):
            pointer = join(self.pointer, "parameters", index)
            wire, location = item["name"], item["in"]
            if location == "header" and wire.lower() in ("accept", "content-type", "authorization"):
                continue  # OpenAPI 3.2, Parameter Object: these definitions shall be ignored
            schema, place = item.get("schema"), join(pointer, "schema")
            written = None
            if schema is None and item.get("content"):
                media_type, media = next(iter(item["content"].items()))
                place = join(pointer, "content", media_type, "schema")
                schema = media.get("schema") or {}
                if content_kind(media_type) == "json":
                    written = "application/json"
            style = str(item.get("style") or DEFAULT_STYLES[location])
            if style == "cookie":  # of OpenAPI 3.2; it differs in the escaping only
                style = "form"
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
                    media_type=written,
                    examples=examples(item),
                )
            )
        return tuple(found)

    def bodies(self) -> tuple[ir.Body, ...]:
        """Return the kinds of body that the operation takes, the best first, each once."""
        body = self.operation.get("requestBody") or {}
        found: list[ir.Body] = []
        for media_type, media in (body.get("content") or {}).items():
            pointer = join(self.pointer, "requestBody", "content", media_type)
            found.append(
                ir.Body(
                    media_type=media_type,
                    encoding=encoding(media_type),
                    pointer=join(pointer, "schema"),
                    schema=media.get("schema", {}),
                    required=body.get("required") is True,
                    description=text(body.get("description")),
                    parts=parts(media.get("encoding")),
                    examples=examples(media),
                )
            )
        found.sort(key=lambda kind: ENCODINGS.index(kind.encoding))
        structured = [kind for kind in found if kind.encoding in STRUCTURED]
        if structured:
            # Beside these, a body without structure is one more way only if its type is text or
            # bytes; documents often list `text/plain` with the very object that JSON has.
            found = [kind for kind in found if kind in structured or self._unstructured(kind)]
        kinds: dict[object, ir.Body] = {}
        for kind in found:
            raw = kind.encoding not in STRUCTURED
            kinds.setdefault("raw" if raw else (kind.encoding, repr(kind.schema)), kind)
        return tuple(kinds.values())

    def _unstructured(self, kind: ir.Body) -> bool:
        schema, _ = self.resolved(kind.schema, "")
        return schema.get("type", "string") == "string" and "anyOf" not in schema

    def response(self, status: str) -> ir.Response:
        found = self.operation["responses"][status]
        pointer = join(self.pointer, "responses", status)
        contents: list[ir.Content] = []
        # RFC 9110 §9.3.2: what answers HEAD has no content, whatever the document lists.
        listed = {} if self.method == "head" else found.get("content") or {}
        for declared, media in listed.items():
            media_type = essence(declared)
            if any(item.media_type == media_type for item in contents):
                continue  # differs in a parameter, such as the charset
            schema: Schema | None = media.get("schema")
            kind = content_kind(media_type)
            plain, _ = self.resolved(schema or {}, "")
            if media_type in ("*/*", "application/*") and plain.get("format") != "binary":
                kind = "json"
            place = join(pointer, "content", declared)
            place_of_schema = join(place, "schema")
            if kind in ("events", "lines"):
                schema, place_of_schema = item_schema(media, place)
            if kind == "events":
                schema, place_of_schema = event_data(
                    schema, place_of_schema, self.resolved, self.error_schemas()
                )
            shown = examples(media) if kind in ("json", "text") else ()
            contents.append(ir.Content(media_type, kind, place_of_schema, schema, shown))
        return ir.Response(status, text(found.get("description")), tuple(contents))

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

    def security(self) -> tuple[tuple[str, ...], ...] | None:
        declared = self.operation.get("security")
        if not isinstance(declared, list):
            return None
        return tuple(tuple(alternative) for alternative in declared)
