"""The shape of everything that is no schema: what a field holds, and where it holds something else."""

from __future__ import annotations

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
    "streaming": {"switch": "text", "terminator": "text", "completed-by": "text"},
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


def well_formed(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """
    Refuse a field that holds something of another shape; drop fields that hold null.

    Raises:
        ShapeError: A field holds, for instance, a list where a mapping belongs.
    """
    repairs: list[Repair] = []

    def check(value: Any, shape: Shape, pointer: str) -> Any:
        if shape == "any":
            return value
        if shape == "text":
            return _of(str, value, "text", pointer)
        if shape == "flag":
            return _of(bool, value, "true or false", pointer)
        if isinstance(shape, tuple):
            container, inner = shape
            if container == "list":
                items = _of(list, value, "a list", pointer)
                return [check(item, inner, join(pointer, i)) for i, item in enumerate(items)]
            return check_fields(value, inner, None, pointer)
        return check_fields(value, None, OBJECTS[shape], pointer)

    def check_fields(
        value: Any, inner: Shape | None, fields: Mapping[str, Shape] | None, pointer: str
    ) -> dict[str, Any]:
        mapping = _of(dict, value, "a mapping", pointer)
        if "$ref" in mapping:
            _of(str, mapping["$ref"], "text", join(pointer, "$ref"))
        changed = {}
        for key, item in mapping.items():
            shape = inner if fields is None else fields.get(key)
            extension = fields is None and key.startswith("x-")
            if shape is None or extension or key == "$ref":
                changed[key] = item
            elif item is None and shape != "any":
                repairs.append(Repair(join(pointer, key), "is null; ignored"))
            else:
                changed[key] = check(item, shape, join(pointer, key))
        return changed

    return check(document, "document", ""), repairs


def _of(kind: type, value: Any, words: str, pointer: str) -> Any:
    if isinstance(value, kind):
        return value
    found = {dict: "a mapping", list: "a list", str: "text", bool: "a truth value"}.get(
        type(value), repr(value)
    )
    msg = f"must be {words}, not {found}"
    raise ShapeError(msg, pointer)
