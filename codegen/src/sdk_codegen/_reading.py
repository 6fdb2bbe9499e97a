"""Reading one operation of the canonical document."""

from __future__ import annotations

import re
from typing import Any

from . import _ir as ir
from ._groups import Places
from ._ir import text
from ._media import ENCODINGS, content_kind, encoding, essence
from ._pointers import join
from ._schemas import Schema, ref_name
from ._streaming import event_data, item_schema, streaming
from .errors import MissingReferenceError, UnsupportedError

__all__ = ["OperationReader"]

DEFAULT_STYLES = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
STYLES = frozenset({"simple", "form", "deepObject", "spaceDelimited", "pipeDelimited"})


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
            bodies=self.bodies(),
            responses=tuple(successes),
            errors=tuple(item for item in responses if item.status[0] not in "123"),
            security=self.security(schemes),
            streaming=streaming(operation, self.pointer, successes, self.resolved),
            pagination=self.pagination(),
            deprecated=operation.get("deprecated") is True,
            servers=(),
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
                if content_kind(media_type) == "json":
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

    def bodies(self) -> tuple[ir.Body, ...]:
        body = self.operation.get("requestBody")
        contents = (body or {}).get("content")
        if not body or not contents:
            return ()
        media_type = min(contents, key=lambda name: ENCODINGS.index(encoding(name)))
        way = encoding(media_type)
        pointer = join(self.pointer, "requestBody", "content", media_type)
        return (
            ir.Body(
                media_type=media_type,
                encoding=way,
                pointer=join(pointer, "schema"),
                schema=contents[media_type].get("schema", {}),
                required=body.get("required") is True,
                description=text(body.get("description")),
            ),
        )

    def response(self, status: str) -> ir.Response:
        found = self.operation["responses"][status]
        pointer = join(self.pointer, "responses", status)
        if not re.fullmatch(r"[1-5](\d\d|XX)|default", status, re.IGNORECASE):
            msg = f"`{status}` is no status, range or `default`"
            raise UnsupportedError(msg, pointer)
        contents: list[ir.Content] = []
        for declared, media in (found.get("content") or {}).items():
            media_type = essence(declared)
            if any(item.media_type == media_type for item in contents):
                continue  # differs in a parameter, such as the charset
            schema: Schema | None = media.get("schema")
            kind = content_kind(media_type)
            if media_type in ("*/*", "application/*") and (schema or {}).get("format") != "binary":
                kind = "json"
            place = join(pointer, "content", declared)
            place_of_schema = join(place, "schema")
            if kind in ("events", "lines"):
                schema, place_of_schema = item_schema(media, place)
            if kind == "events":
                schema, place_of_schema = event_data(
                    schema, place_of_schema, self.resolved, self.error_schemas()
                )
            contents.append(ir.Content(media_type, kind, place_of_schema, schema))
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

    def security(self, schemes: set[str]) -> tuple[tuple[str, ...], ...] | None:
        declared = self.operation.get("security", self.document.get("security"))
        if not isinstance(declared, list):
            return None
        for alternative in declared:
            for name in alternative:
                if name not in schemes:
                    msg = f"the security scheme `{name}` is not in `components.securitySchemes`"
                    raise MissingReferenceError(msg, self.pointer)
        return tuple(tuple(alternative) for alternative in declared)

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
