"""Where schemas are in a document, and rewriting them there."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ._pointers import join

__all__ = [
    "ANNOTATIONS",
    "METHODS",
    "Schema",
    "is_annotation",
    "map_schema",
    "map_schemas",
    "ref_name",
    "reference",
]

Schema: TypeAlias = dict[str, Any]
Rewrite: TypeAlias = Callable[[Any, str], Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""The fixed fields of a Path Item that hold an operation (OpenAPI 3.2)."""

ANNOTATIONS = frozenset(
    {
        "title",
        "description",
        "default",
        "deprecated",
        "readOnly",
        "writeOnly",
        "example",
        "examples",
        "externalDocs",
        "xml",
        "$comment",
        "nullable",
        "summary",
    }
)
"""Keywords that say something about a value without restricting it."""

_SINGLE = (
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contentSchema",
)
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")

COMPONENT_SCHEMAS = "#/components/schemas/"


def is_annotation(keyword: str) -> bool:
    """Say whether *keyword* restricts nothing."""
    return keyword in ANNOTATIONS or keyword.startswith("x-")


def reference(name: str) -> str:
    """Return the `$ref` of a component schema."""
    return COMPONENT_SCHEMAS + name.replace("~", "~0").replace("/", "~1")


def ref_name(schema: Any) -> str | None:
    """Return the component schema that *schema* refers to, ``None`` where it refers to none."""
    target = schema.get("$ref") if isinstance(schema, dict) else None
    if isinstance(target, str) and target.startswith(COMPONENT_SCHEMAS):
        return target.removeprefix(COMPONENT_SCHEMAS).replace("~1", "/").replace("~0", "~")
    return None


def map_schema(schema: Any, pointer: str, rewrite: Rewrite) -> Any:
    """
    Return *schema* with *rewrite* applied to its parts first and then to itself.

    What *rewrite* returns unchanged is not copied, so a pass costs what it changes.
    """
    if isinstance(schema, dict):
        changed = None
        for key, value in schema.items():
            visit = _PARTS.get(key)
            if visit is None:
                continue
            part = visit(value, f"{pointer}/{key}", rewrite)
            if part is not value:
                changed = dict(schema) if changed is None else changed
                changed[key] = part
        schema = schema if changed is None else changed
    return rewrite(schema, pointer)


def _map_one(value: Any, pointer: str, rewrite: Rewrite) -> Any:
    return map_schema(value, pointer, rewrite) if isinstance(value, dict | bool) else value


def _map_list(value: Any, pointer: str, rewrite: Rewrite) -> Any:
    if not isinstance(value, list):
        return value
    parts = [map_schema(item, f"{pointer}/{index}", rewrite) for index, item in enumerate(value)]
    return value if all(map(operator.is_, parts, value)) else parts


def _map_values(value: Any, pointer: str, rewrite: Rewrite) -> Any:
    if not isinstance(value, dict):
        return value
    parts = {name: map_schema(item, join(pointer, name), rewrite) for name, item in value.items()}
    return value if all(map(operator.is_, parts.values(), value.values())) else parts


def _map_items(value: Any, pointer: str, rewrite: Rewrite) -> Any:
    return (_map_list if isinstance(value, list) else _map_one)(value, pointer, rewrite)


_PARTS: dict[str, Callable[[Any, str, Rewrite], Any]] = {
    **dict.fromkeys(_SINGLE, _map_one),
    **dict.fromkeys(_LISTS, _map_list),
    **dict.fromkeys(_MAPS, _map_values),
    "items": _map_items,
}


def map_schemas(document: Mapping[str, Any], rewrite: Rewrite) -> dict[str, Any]:
    """Return *document* with `map_schema` applied wherever it holds a schema."""
    return _Walker(rewrite).document(document)


class _Walker:
    """One method for each object of the specification that leads to a schema."""

    def __init__(self, rewrite: Rewrite) -> None:
        self.rewrite = rewrite

    def document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        changed = dict(document)
        components = document.get("components")
        if isinstance(components, dict):
            changed["components"] = {
                section: self.named(_COMPONENTS[section], entries, join("/components", section))
                if section in _COMPONENTS
                else entries
                for section, entries in components.items()
            }
        for section in ("paths", "webhooks"):
            if section in document:
                changed[section] = self.named(
                    _Walker.path_item, document[section], join("", section)
                )
        return changed

    def named(self, visit: Callable[[_Walker, Any, str], Any], entries: Any, pointer: str) -> Any:
        if not isinstance(entries, dict):
            return entries
        return {name: visit(self, entry, join(pointer, name)) for name, entry in entries.items()}

    def schema(self, schema: Any, pointer: str) -> Any:
        return map_schema(schema, pointer, self.rewrite)

    def media_type(self, media: Any, pointer: str) -> Any:
        if not isinstance(media, dict):
            return media
        return {
            key: self.schema(value, join(pointer, key))
            if key in ("schema", "itemSchema")
            else value
            for key, value in media.items()
        }

    def carrier(self, carrier: Any, pointer: str) -> Any:
        """A parameter, header, request body or response: a schema, or content, and headers."""
        if not isinstance(carrier, dict):
            return carrier
        changed = dict(carrier)
        if "schema" in carrier:
            changed["schema"] = self.schema(carrier["schema"], join(pointer, "schema"))
        if "content" in carrier:
            changed["content"] = self.named(
                _Walker.media_type, carrier["content"], join(pointer, "content")
            )
        if "headers" in carrier:
            changed["headers"] = self.named(
                _Walker.carrier, carrier["headers"], join(pointer, "headers")
            )
        return changed

    def parameters(self, parameters: Any, pointer: str) -> Any:
        if not isinstance(parameters, list):
            return parameters
        return [self.carrier(item, join(pointer, index)) for index, item in enumerate(parameters)]

    def path_item(self, item: Any, pointer: str) -> Any:
        if not isinstance(item, dict):
            return item
        changed = dict(item)
        if "parameters" in item:
            changed["parameters"] = self.parameters(item["parameters"], join(pointer, "parameters"))
        for key, value in item.items():
            # Once references are inlined, additional operations stand beside the others.
            if key in METHODS or (isinstance(value, dict) and "responses" in value):
                changed[key] = self.operation(value, join(pointer, key))
        extra = item.get("additionalOperations")
        if isinstance(extra, dict):
            changed["additionalOperations"] = self.named(
                _Walker.operation, extra, join(pointer, "additionalOperations")
            )
        return changed

    def operation(self, operation: Any, pointer: str) -> Any:
        if not isinstance(operation, dict):
            return operation
        changed = dict(operation)
        if "parameters" in operation:
            changed["parameters"] = self.parameters(
                operation["parameters"], join(pointer, "parameters")
            )
        if "requestBody" in operation:
            changed["requestBody"] = self.carrier(
                operation["requestBody"], join(pointer, "requestBody")
            )
        if "responses" in operation:
            changed["responses"] = self.named(
                _Walker.carrier, operation["responses"], join(pointer, "responses")
            )
        if "callbacks" in operation:
            changed["callbacks"] = self.named(
                _Walker.callback, operation["callbacks"], join(pointer, "callbacks")
            )
        return changed

    def callback(self, callback: Any, pointer: str) -> Any:
        return self.named(_Walker.path_item, callback, pointer)


_COMPONENTS: dict[str, Callable[[_Walker, Any, str], Any]] = {
    "schemas": _Walker.schema,
    "parameters": _Walker.carrier,
    "headers": _Walker.carrier,
    "requestBodies": _Walker.carrier,
    "responses": _Walker.carrier,
    "mediaTypes": _Walker.media_type,
    "pathItems": _Walker.path_item,
    "callbacks": _Walker.callback,
}
