"""What objects of OpenAPI 3 and Swagger 2 are made of, as far as references go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import attrs

from ._schemas import METHODS

__all__ = ["OPENAPI", "SWAGGER", "Dialect", "Shape"]

Shape: TypeAlias = "str | tuple[str, Shape]"
"""The name of an object, or ``("map", of)`` and ``("list", of)``."""


@attrs.frozen
class Dialect:
    """
    One generation of the specification.

    Attributes:
        fields: For each object the fields that lead to others; ``*`` stands for every field.
        sections: Where a referenced object of a kind is kept; the others are written out where
            they are used.
        kept: Kinds whose references inside of one document are left to later passes.
    """

    fields: Mapping[str, Mapping[str, Shape]]
    sections: Mapping[str, tuple[str, ...]]
    kept: frozenset[str]

    def field(self, kind: str, key: str) -> Shape | None:
        """Return what the field *key* of an object holds, ``None`` if it leads to no other."""
        fields = self.fields[kind]
        return fields.get(key) or (None if key.startswith("x-") else fields.get("*"))


_SCHEMA: Mapping[str, Shape] = {
    **dict.fromkeys(
        (
            "additionalItems",
            "additionalProperties",
            "contains",
            "contentSchema",
            "else",
            "if",
            "items",
            "not",
            "propertyNames",
            "then",
            "unevaluatedItems",
            "unevaluatedProperties",
        ),
        "schema",
    ),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), ("list", "schema")),
    **dict.fromkeys(
        ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties"),
        ("map", "schema"),
    ),
}

_CONTENT: Shape = ("map", "media type")
_EXAMPLES: Shape = ("map", "example")
_PARAMETERS: Shape = ("list", "parameter")
_PATHS: Shape = ("map", "path item")
_PATH_ITEM: Mapping[str, Shape] = {
    "parameters": _PARAMETERS,
    "additionalOperations": ("map", "operation"),
    **dict.fromkeys(METHODS, "operation"),
}
_DOCUMENT: Mapping[str, Shape] = {
    "info": "plain",
    "externalDocs": "plain",
    "servers": ("list", "plain"),
    "tags": ("list", "plain"),
    "paths": _PATHS,
}
_NOTHING: Mapping[str, Shape] = {}
_VALUE: Mapping[str, Shape] = {
    "schema": "schema",
    "content": _CONTENT,
    "examples": _EXAMPLES,
}

OPENAPI = Dialect(
    fields={
        "document": {**_DOCUMENT, "webhooks": _PATHS, "components": "components"},
        "components": {
            "schemas": ("map", "schema"),
            "responses": ("map", "response"),
            "parameters": ("map", "parameter"),
            "examples": _EXAMPLES,
            "requestBodies": ("map", "request body"),
            "headers": ("map", "header"),
            "securitySchemes": ("map", "security scheme"),
            "links": ("map", "link"),
            "callbacks": ("map", "callback"),
            "pathItems": _PATHS,
            "mediaTypes": _CONTENT,
        },
        "path item": {**_PATH_ITEM, "servers": ("list", "plain")},
        "operation": {
            "parameters": _PARAMETERS,
            "requestBody": "request body",
            "responses": ("map", "response"),
            "callbacks": ("map", "callback"),
            "servers": ("list", "plain"),
        },
        "parameter": _VALUE,
        "header": _VALUE,
        "request body": {"content": _CONTENT},
        "response": {
            "headers": ("map", "header"),
            "content": _CONTENT,
            "links": ("map", "link"),
        },
        "media type": {
            "schema": "schema",
            "itemSchema": "schema",
            "examples": _EXAMPLES,
            "encoding": ("map", "encoding"),
            "prefixEncoding": ("list", "encoding"),
            "itemEncoding": "encoding",
        },
        "encoding": {"headers": ("map", "header")},
        "callback": {"*": "path item"},
        "schema": _SCHEMA,
        "example": _NOTHING,
        "link": _NOTHING,
        "security scheme": _NOTHING,
        "plain": _NOTHING,
    },
    sections={
        "schema": ("components", "schemas"),
        "response": ("components", "responses"),
        "parameter": ("components", "parameters"),
        "example": ("components", "examples"),
        "request body": ("components", "requestBodies"),
        "header": ("components", "headers"),
        "security scheme": ("components", "securitySchemes"),
        "link": ("components", "links"),
        "callback": ("components", "callbacks"),
    },
    kept=frozenset({"path item", "media type"}),
)

SWAGGER = Dialect(
    fields={
        "document": {
            **_DOCUMENT,
            "definitions": ("map", "schema"),
            "parameters": ("map", "parameter"),
            "responses": ("map", "response"),
            "securityDefinitions": ("map", "plain"),
        },
        "path item": _PATH_ITEM,
        "operation": {"parameters": _PARAMETERS, "responses": ("map", "response")},
        "parameter": {"schema": "schema"},
        "response": {"schema": "schema"},
        "schema": _SCHEMA,
        "plain": _NOTHING,
    },
    sections={
        "schema": ("definitions",),
        "parameter": ("parameters",),
        "response": ("responses",),
    },
    kept=frozenset({"path item"}),
)
