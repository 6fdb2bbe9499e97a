"""The shape of everything that is no schema: what a field holds, and where it holds something else."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, TypeAlias

from .._pointers import join
from .._repairs import Repair
from .._schemas import METHODS
from ..errors import ShapeError

__all__ = ["well_formed"]

Shape: TypeAlias = "str | tuple[str, Shape]"
"""
``text``, ``flag``, ``any``, the name of an object, or ``("map", of)`` and ``("list", of)``.
"""

_CONTENT: Shape = ("map", "media type")
_SECURITY: Shape = ("list", ("map", ("list", "text")))
_PARAMETERS: Shape = ("list", "parameter")

OBJECTS: Mapping[str, Mapping[str, Shape]] = {
    "document": {
        "info": "info",
        "servers": ("list", "server"),
        "security": _SECURITY,
        "tags": ("list", "tag"),
        "paths": ("map", "path item"),
        "webhooks": ("map", "path item"),
        "components": "components",
    },
    "info": {"title": "text", "description": "text", "summary": "text"},
    "server": {"url": "text", "description": "text", "variables": ("map", "server variable")},
    "server variable": {},
    "tag": {"name": "text", "description": "text"},
    "components": {
        "schemas": ("map", "any"),
        "parameters": ("map", "parameter"),
        "headers": ("map", "header"),
        "requestBodies": ("map", "request body"),
        "responses": ("map", "response"),
        "pathItems": ("map", "path item"),
        "mediaTypes": _CONTENT,
        "securitySchemes": ("map", "security scheme"),
    },
    "security scheme": {"type": "text", "scheme": "text", "in": "text", "name": "text"},
    "path item": {
        "servers": ("list", "server"),
        "parameters": _PARAMETERS,
        "additionalOperations": ("map", "operation"),
        **dict.fromkeys(METHODS, "operation"),
    },
    "operation": {
        "servers": ("list", "server"),
        "operationId": "text",
        "summary": "text",
        "description": "text",
        "tags": ("list", "text"),
        "parameters": _PARAMETERS,
        "requestBody": "request body",
        "responses": ("map", "response"),
        "security": _SECURITY,
        "x-sdk-group": "text",
        "x-sdk-method": "text",
        "x-fern-sdk-group-name": "any",
        "x-fern-sdk-method-name": "text",
        "x-speakeasy-group": "text",
        "x-speakeasy-name-override": "text",
        "x-speakeasy-pagination": "pagination",
        "x-sdk-streaming": "streaming",
    },
    "streaming": {"switch": "any", "terminator": "text", "completed-by": "any"},
    "pagination": {
        "type": "text",
        "inputs": ("list", ("map", "text")),
        "outputs": ("map", "text"),
    },
    "parameter": {
        "name": "text",
        "in": "text",
        "description": "text",
        "style": "text",
        "explode": "flag",
        "content": _CONTENT,
    },
    "header": {"content": _CONTENT},
    "request body": {"description": "text", "content": _CONTENT},
    "response": {"description": "text", "content": _CONTENT, "headers": ("map", "header")},
    "media type": {},
}


WORDS = frozenset({"description", "summary", "title"})
"""Fields that are only read by people: what is no text there is ignored."""


def well_formed(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """
    Give every field the shape that it must have; drop fields that hold null.

    What cannot be meant otherwise is read as it is meant: an empty list as an empty mapping, a
    number as text, one value as a list of one.

    Raises:
        ShapeError: A field holds, for instance, text where a mapping belongs.
    """
    checker = _Checker()
    return checker.check(document, "document", ""), checker.repairs


class _Checker:
    def __init__(self) -> None:
        self.repairs: list[Repair] = []

    def check(self, value: Any, shape: Shape, pointer: str) -> Any:
        """Return *value* in its *shape*; the same object where nothing had to be changed."""
        if shape in ("text", "flag"):
            return self.of(str if shape == "text" else bool, value, pointer)
        if not isinstance(shape, tuple):
            return self.fields(value, None, OBJECTS[shape], pointer)
        container, inner = shape
        if container == "map":
            return self.fields(value, inner, None, pointer)
        if inner == "text" and isinstance(value, str):
            value = self.repaired(value, [value], pointer)
        items = self.of(list, value, pointer)
        kept = [
            self.check(item, inner, join(pointer, index))
            for index, item in enumerate(items)
            if not self.is_null(item, join(pointer, index))
        ]
        same = len(kept) == len(items) and all(map(operator.is_, kept, items))
        return items if same else kept

    def fields(
        self, value: Any, inner: Shape | None, fields: Mapping[str, Shape] | None, pointer: str
    ) -> dict[str, Any]:
        mapping: dict[str, Any] = self.of(dict, value, pointer)
        if "$ref" in mapping and not isinstance(mapping["$ref"], str):
            raise _error(str, mapping["$ref"], join(pointer, "$ref"))
        changed: dict[str, Any] = {}
        for key, item in mapping.items():
            shape = inner if fields is None else fields.get(key)
            extension = fields is None and key.startswith("x-")
            place = join(pointer, key)
            if shape is None or extension or key == "$ref" or shape == "any":
                changed[key] = item
            elif self.is_null(item, place):
                continue
            elif key in WORDS and fields is not None and isinstance(item, dict | list):
                self.repairs.append(Repair(place, "is no text; ignored"))
            else:
                changed[key] = self.check(item, shape, place)
        same = len(changed) == len(mapping) and all(
            map(operator.is_, changed.values(), mapping.values())
        )
        return mapping if same else changed

    def is_null(self, value: Any, pointer: str) -> bool:
        if value is None:
            self.repairs.append(Repair(pointer, "is null; ignored"))
        return value is None

    def of(self, kind: type, value: Any, pointer: str) -> Any:
        """Return *value* as *kind*, or what it means as one."""
        if isinstance(value, kind):
            return value
        if kind in (dict, list) and value in ([], {}, ""):
            return self.repaired(value, kind(), pointer)
        if kind is str and isinstance(value, bool | int | float):
            meant = str(value).lower() if isinstance(value, bool) else str(value)
            return self.repaired(value, meant, pointer)
        if kind is bool and value in ("true", "false"):
            return self.repaired(value, value == "true", pointer)
        raise _error(kind, value, pointer)

    def repaired(self, value: Any, meant: Any, pointer: str) -> Any:
        self.repairs.append(Repair(pointer, f"is {value!r}; read as {meant!r}"))
        return meant


_NAMES = {dict: "a mapping", list: "a list", str: "text", bool: "true or false"}


def _error(kind: type, value: Any, pointer: str) -> ShapeError:
    found = "a truth value" if isinstance(value, bool) else _NAMES.get(type(value), repr(value))
    return ShapeError(f"must be {_NAMES[kind]}, not {found}", pointer)
