"""Objects and enumerations written in place become component schemas with stable names."""

from __future__ import annotations

from typing import Any

from .._names import Namespace, class_name
from .._operations import operation_name, operation_pointer
from .._pointers import join
from .._repairs import Repair
from .._schemas import Schema, is_annotation, reference
from ._naming import ORIGIN

__all__ = ["INLINE", "hoist_inline"]

INLINE = "x-sdk-codegen-inline"
"""On a component schema: the document has it in place, not under a name of its own."""


def hoist_inline(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """
    Make a component of every object with properties and every enumeration that has no name.

    A name is made of the names on the way: ``Choice`` + ``logprobs`` is ``ChoiceLogprobs``. It
    depends on nothing else unless two are equal; then the later one, in the order of the document,
    is numbered.
    """
    hoister = _Hoister(document["components"]["schemas"])
    for name, schema in document["components"]["schemas"].items():
        hoister.schemas[name] = hoister.parts(
            schema, name, schema.get(ORIGIN, join("/components/schemas", name))
        )
    paths = {
        path: {
            method: hoister.operation(operation, path, method) for method, operation in item.items()
        }
        for path, item in document["paths"].items()
    }
    webhooks = {
        name: {
            method: hoister.webhook(operation, name, method) for method, operation in item.items()
        }
        for name, item in document.get("webhooks", {}).items()
    }
    components = {**document["components"], "schemas": hoister.schemas}
    return {**document, "paths": paths, "webhooks": webhooks, "components": components}, []


class _Hoister:
    def __init__(self, schemas: dict[str, Schema]) -> None:
        self.schemas = dict(schemas)
        self.names = Namespace(schemas, separator="")

    def operation(self, operation: dict[str, Any], path: str, method: str) -> dict[str, Any]:
        pointer = operation_pointer(path, method)
        name = class_name(operation_name(operation, path, method))
        changed = dict(operation)
        changed["parameters"] = [
            self.carrier(
                item,
                name + class_name(str(item.get("name"))),
                join(pointer, "parameters", index),
            )
            for index, item in enumerate(operation["parameters"])
        ]
        if "requestBody" in operation:
            changed["requestBody"] = self.carrier(
                operation["requestBody"], f"{name}Request", join(pointer, "requestBody")
            )
        changed["responses"] = {
            status: self.carrier(
                item, name + _status_name(status), join(pointer, "responses", status)
            )
            for status, item in operation["responses"].items()
        }
        return changed

    def webhook(self, operation: dict[str, Any], name: str, method: str) -> dict[str, Any]:
        if "requestBody" not in operation:
            return operation
        pointer = join("/webhooks", name, method, "requestBody")
        body = self.carrier(operation["requestBody"], f"{class_name(name)}Webhook", pointer)
        return {**operation, "requestBody": body}

    def carrier(self, carrier: dict[str, Any], name: str, pointer: str) -> dict[str, Any]:
        changed = dict(carrier)
        if "schema" in carrier:
            changed["schema"] = self.hoist(carrier["schema"], name, join(pointer, "schema"))
        if "content" in carrier:
            pointer = join(pointer, "content")
            changed["content"] = self.content(carrier["content"], name, pointer)
        return changed

    def content(self, content: dict[str, Any], name: str, pointer: str) -> dict[str, Any]:
        """Hoist the schemas of media types; equal ones, as of JSON and a form, become one class."""
        changed: dict[str, Any] = {}
        for media_type, media in content.items():
            changed[media_type] = dict(media)
            for key in ("schema", "itemSchema"):  # in an order: names depend on it
                if key not in media:
                    continue
                twin = next(other for other in changed if content[other].get(key) == media[key])
                changed[media_type][key] = (
                    changed[twin][key]
                    if twin != media_type
                    else self.hoist(
                        media[key],
                        f"{name}Item" if key == "itemSchema" else name,
                        join(pointer, media_type, key),
                    )
                )
        return changed

    def hoist(self, schema: Schema, name: str, pointer: str) -> Schema:
        """Return what stands in the place of *schema*: itself, or a reference to a component."""
        if not ("enum" in schema or schema.get("properties")):
            return self.parts(schema, name, pointer)
        name = self.names.take(class_name(name))
        self.schemas[name] = {}  # the name is taken before the parts ask for theirs
        self.schemas[name] = {**self.parts(schema, name, pointer), ORIGIN: pointer, INLINE: True}
        notes = {key: value for key, value in schema.items() if is_annotation(key)}
        return {**notes, "$ref": reference(name)}

    def parts(self, schema: Schema, name: str, pointer: str) -> Schema:
        """Return *schema* with its parts hoisted."""
        changed = dict(schema)
        if "properties" in schema:
            changed["properties"] = {
                key: self.hoist(item, name + class_name(key), join(pointer, "properties", key))
                for key, item in schema["properties"].items()
            }
        for keyword, suffix in (("items", "Item"), ("additionalProperties", "Value")):
            if isinstance(schema.get(keyword), dict):
                changed[keyword] = self.hoist(
                    schema[keyword], name + suffix, join(pointer, keyword)
                )
        for keyword in ("anyOf", "oneOf", "prefixItems"):
            if keyword in schema:
                changed[keyword] = [
                    self.hoist(
                        item,
                        _variant_name(name, item, index, schema[keyword]),
                        join(pointer, keyword, index),
                    )
                    for index, item in enumerate(schema[keyword])
                ]
        if isinstance(schema.get("contentSchema"), dict):
            changed["contentSchema"] = self.hoist(
                schema["contentSchema"], f"{name}Data", join(pointer, "contentSchema")
            )
        return changed


def _status_name(status: str) -> str:
    if status.startswith("2"):
        return "Response" if status == "200" else f"Response{status}"
    return "Error" if status == "default" else f"Error{status}"


def _variant_name(name: str, variant: Schema, index: int, variants: list[Schema]) -> str:
    """Name a variant after its title or tag; alone (beside null) it needs no name of its own."""
    inline = [item for item in variants if "enum" in item or item.get("properties")]
    if len(inline) == 1:
        return name
    title = variant.get("title")
    if isinstance(title, str) and class_name(title) != "Schema":
        return name + class_name(title)
    for schema in (variant.get("properties") or {}).values():
        values = [schema["const"]] if "const" in schema else schema.get("enum", [])
        if len(values) == 1 and isinstance(values[0], str):
            return name + class_name(values[0])
    return f"{name}Variant{index + 1}"
