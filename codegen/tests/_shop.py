"""The document that tests of `diff` change, and the comparison of two documents."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from sdk_codegen._build import build
from sdk_codegen._diff import Change, compare
from sdk_codegen._engine import resolve
from sdk_codegen._ir import API
from sdk_codegen._nodes import nodes
from sdk_codegen._normalise import normalise
from sdk_codegen._types import Described

JSON = "application/json"


def answer(schema: Any) -> dict[str, Any]:
    """Return a response."""
    return {"description": "Fine.", "content": {JSON: {"schema": schema}}}


SHOP: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "servers": [{"url": "https://shop.example"}],
    "paths": {
        "/shops/{shop}/cups/{cup}": {
            "get": {
                "operationId": "cup",
                "tags": ["cups"],
                "description": "Get a cup.",
                "parameters": [
                    {"name": "shop", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "cup", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                    {"name": "unit", "in": "query", "schema": {"enum": ["g", "kg"]}},
                ],
                "responses": {
                    "200": answer({"$ref": "#/components/schemas/Cup"}),
                    "404": answer({"$ref": "#/components/schemas/Lost"}),
                },
            }
        },
        "/cups": {
            "post": {
                "operationId": "create",
                "tags": ["cups"],
                "requestBody": {
                    "required": True,
                    "content": {
                        JSON: {
                            "schema": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": {"type": "string"},
                                    "size": {"type": "integer"},
                                    "glaze": {"$ref": "#/components/schemas/Glaze"},
                                },
                            }
                        }
                    },
                },
                "responses": {
                    "200": answer({"$ref": "#/components/schemas/Cup"}),
                    "410": {"description": "No.", "content": {"text/plain": {}}},
                },
            }
        },
    },
    "webhooks": {
        "broken": {
            "post": {
                "operationId": "broken",
                "requestBody": {
                    "content": {JSON: {"schema": {"$ref": "#/components/schemas/Cup"}}}
                },
                "responses": {"200": {"description": "Fine."}},
            }
        }
    },
    "components": {
        "securitySchemes": {
            "key": {"type": "http", "scheme": "bearer"},
            "basic": {"type": "http", "scheme": "basic"},
        },
        "schemas": {
            "Cup": {
                "type": "object",
                "required": ["id", "state"],
                "properties": {
                    "id": {"type": "string"},
                    "state": {"enum": ["whole", "broken"]},
                    "glaze": {"$ref": "#/components/schemas/Glaze"},
                    "part": {
                        "anyOf": [
                            {"$ref": "#/components/schemas/Handle"},
                            {"$ref": "#/components/schemas/Saucer"},
                        ]
                    },
                },
            },
            "Glaze": {
                "type": "object",
                "required": ["colour"],
                "properties": {
                    "colour": {"$ref": "#/components/schemas/Colour"},
                    "coats": {"type": "integer"},
                    "batch": {"type": "string", "readOnly": True},
                },
            },
            "Colour": {"type": "string", "enum": ["blue", "green"]},
            "Handle": {"type": "object", "properties": {"handle": {"type": "string"}}},
            "Saucer": {"type": "object", "properties": {"saucer": {"type": "string"}}},
            "Tray": {"type": "object", "properties": {"tray": {"type": "string"}}},
            "Lost": {"type": "object", "properties": {"since": {"type": "string"}}},
        },
    },
}


def analysed(document: dict[str, Any]) -> tuple[API, Mapping[str, Described]]:
    """Return the representation of a document, and its types."""
    api = build(normalise(copy.deepcopy(document))[0])
    return api, resolve(nodes(api))


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Compare two documents."""
    return compare(analysed(old), analysed(new))


def changed(edit: Callable[[dict[str, Any]], object]) -> list[Change]:
    """Return what an edit of the shop's document changes."""
    new = copy.deepcopy(SHOP)
    edit(new)
    return differences(SHOP, new)


def at(document: Any, pointer: str) -> Any:
    """Return what a pointer leads to."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def removing(pointer: str) -> Callable[[dict[str, Any]], None]:
    """Return an edit that removes what is there."""
    parent, _, name = pointer.rpartition("/")

    def edit(document: dict[str, Any]) -> None:
        owner = at(document, parent)
        name_or_index = int(name) if isinstance(owner, list) else name.replace("~1", "/")
        del owner[name_or_index]

    return edit


def setting(pointer: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return an edit that puts *value* there."""
    parent, _, name = pointer.rpartition("/")

    def edit(document: dict[str, Any]) -> None:
        owner = at(document, parent)
        if isinstance(owner, list):
            owner[int(name) : int(name) + 1] = [value]
        else:
            owner[name.replace("~1", "/")] = value

    return edit
