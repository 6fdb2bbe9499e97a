"""Schemas in one form: string keys, no boolean schemas, the types of OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from .._pointers import join
from .._repairs import Repair
from .._schemas import is_annotation, map_schemas
from ..errors import ShapeError, UnsupportedError

__all__ = ["modern_schemas", "plain_schemas", "string_keys"]

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")

# What documents write where they mean a type; the right-hand side is a schema.
MISNAMED_TYPES: dict[str, dict[str, Any]] = {
    "any": {},
    "bool": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "dict": {"type": "object"},
    "double": {"type": "number"},
    "enum": {},
    "file": {"type": "string", "format": "binary"},
    "float": {"type": "number"},
    "int": {"type": "integer"},
    "list": {"type": "array"},
    "text": {"type": "string"},
    "uuid": {"type": "string", "format": "uuid"},
}


def string_keys(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """Make every key a string: YAML reads an unquoted ``200:`` as a number."""
    repairs: list[Repair] = []

    def text(key: object) -> str:
        if key is None:
            return "null"
        return str(key).lower() if isinstance(key, bool) else str(key)

    def plain(value: Any, pointer: str) -> Any:
        if isinstance(value, dict):
            changed = {}
            for key, item in value.items():
                if not isinstance(key, str):
                    repairs.append(
                        Repair(join(pointer, text(key)), f"the key {key!r} is no string")
                    )
                changed[text(key)] = plain(item, join(pointer, text(key)))
            return changed
        if isinstance(value, list):
            return [plain(item, join(pointer, index)) for index, item in enumerate(value)]
        return value

    return plain(document, ""), repairs


def plain_schemas(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """Make every schema a mapping whose `type`, `required`, `enum` and `items` have their shape."""
    repairs: list[Repair] = []

    def plain(schema: Any, pointer: str) -> Any:
        if schema is True or schema is None:
            return {}
        if schema is False:
            return {"not": {}}
        if not isinstance(schema, dict):
            msg = f"a schema must be a mapping, not {schema!r}"
            raise ShapeError(msg, pointer)
        changed = dict(schema)
        if "$ref" in changed and not isinstance(changed["$ref"], str):
            msg = f"`$ref` must be text, not {changed['$ref']!r}"
            raise ShapeError(msg, pointer)
        if isinstance(changed.get("items"), list):
            changed["prefixItems"] = changed.pop("items")
        _plain_keywords(changed, pointer, repairs)
        _plain_type(changed, pointer, repairs)
        return changed

    return map_schemas(document, plain), repairs


KEYWORDS: dict[str, type | tuple[type, ...]] = {
    "additionalProperties": dict,
    "allOf": list,
    "anyOf": list,
    "contentSchema": dict,
    "description": str,
    "discriminator": dict,
    "enum": list,
    "format": str,
    "items": dict,
    "oneOf": list,
    "patternProperties": dict,
    "prefixItems": list,
    "properties": dict,
    "required": list,
    "title": str,
}
"""What the keywords that make a type hold, once boolean schemas are mappings."""


def _plain_keywords(schema: dict[str, Any], pointer: str, repairs: list[Repair]) -> None:
    for keyword, kind in KEYWORDS.items():
        value = schema.get(keyword, ())
        if value == () or (isinstance(value, kind) and (value != [] or keyword == "required")):
            continue
        del schema[keyword]
        if value is not None:
            reason = "is empty" if value == [] else f"is {value!r}"
            repairs.append(Repair(pointer, f"`{keyword}` {reason}; ignored"))
    if "required" in schema:
        schema["required"] = [name for name in schema["required"] if isinstance(name, str)]


def _plain_type(schema: dict[str, Any], pointer: str, repairs: list[Repair]) -> None:
    declared = schema.pop("type", None)
    # Inside of a list an unquoted `null` is the type of that name.
    kinds = (
        ["null" if kind is None else kind for kind in declared]
        if isinstance(declared, list)
        else [declared]
    )
    if len(kinds) == 1 and isinstance(kinds[0], str) and kinds[0] not in TYPES:
        name = kinds[0]
        meant = MISNAMED_TYPES.get(name.lower(), {"type": name.lower()})
        if meant.get("type", "any") in {*TYPES, "any"}:
            schema |= {key: value for key, value in meant.items() if key not in schema}
            reason = f"`type` is `{name}`; read as {meant or 'any value'}"
            repairs.append(Repair(pointer, reason))
            kinds = [schema.pop("type", None)]
    for kind in kinds:
        if kind is not None and kind not in TYPES:
            msg = f"`type` is {kind!r}; JSON Schema has {', '.join(TYPES)}"
            raise UnsupportedError(msg, pointer)
    if len(kinds) > 1:
        schema["type"] = kinds
    elif kinds and kinds[0] is not None:
        schema["type"] = kinds[0]
    elif "properties" in schema:
        schema["type"] = "object"
    elif "items" in schema or "prefixItems" in schema:
        schema["type"] = "array"


def modern_schemas(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """Write `nullable` of OpenAPI 3.0 as 3.1 does, and a `$ref` with restrictions as `allOf`."""
    repairs: list[Repair] = []
    old = str(document.get("openapi", "")).startswith("3.0")

    def modern(schema: dict[str, Any], pointer: str) -> dict[str, Any]:
        schema = dict(schema)
        nullable = schema.pop("nullable", False) is True
        if "$ref" in schema:
            beside = [key for key in schema if key != "$ref" and not is_annotation(key)]
            if beside and old:
                for key in beside:
                    del schema[key]
                names = ", ".join(f"`{key}`" for key in beside)
                repairs.append(
                    Repair(pointer, f"{names} beside a `$ref` have no meaning in OpenAPI 3.0")
                )
            elif beside:
                restriction = {key: schema.pop(key) for key in beside}
                schema["allOf"] = [{"$ref": schema.pop("$ref")}, restriction]
        return _nullable(schema) if nullable else schema

    return map_schemas(document, modern), repairs


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if isinstance(kind, str):
        return schema if kind == "null" else {**schema, "type": [kind, "null"]}
    if isinstance(kind, list):
        return schema if "null" in kind else {**schema, "type": [*kind, "null"]}
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return {**schema, keyword: [*schema[keyword], {"type": "null"}]}
    core = {key: value for key, value in schema.items() if not is_annotation(key)}
    if "$ref" in core or "allOf" in core:
        notes = {key: value for key, value in schema.items() if is_annotation(key)}
        return {**notes, "anyOf": [core, {"type": "null"}]}
    return schema
