"""Schemas as mappings whose keywords have their shape."""

from __future__ import annotations

import re
from typing import Any

from .._repairs import Repair
from .._schemas import map_schemas
from ..errors import ShapeError

__all__ = ["plain_schema", "plain_schemas"]

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


def plain_schemas(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """Make every schema a mapping whose `type`, `required`, `enum` and `items` have their shape."""
    repairs: list[Repair] = []

    def plain(schema: Any, pointer: str) -> Any:
        return plain_schema(schema, pointer, repairs)

    return map_schemas(document, plain), repairs


def plain_schema(schema: Any, pointer: str, repairs: list[Repair]) -> dict[str, Any]:
    """Return one schema in its shape, without its parts."""
    if schema is True or schema is None:
        return {}
    if schema is False:
        return {"not": {}}
    if not isinstance(schema, dict):
        repairs.append(Repair(pointer, f"{schema!r} is no schema; read as any value"))
        return {}
    changed, before = dict(schema), len(repairs)
    if "$ref" in changed and not isinstance(changed["$ref"], str):
        msg = f"`$ref` must be text, not {changed['$ref']!r}"
        raise ShapeError(msg, pointer)
    if isinstance(changed.get("items"), list):
        changed["prefixItems"] = changed.pop("items")
    if isinstance(changed.get("discriminator"), str):  # as Swagger 2 has it
        changed["discriminator"] = {"propertyName": changed["discriminator"]}
    _plain_keywords(changed, pointer, repairs)
    _plain_type(changed, pointer, repairs)
    _plain_values(changed, pointer, repairs)
    return changed if len(repairs) > before or changed != schema else schema


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
    for keyword in [key for key in schema if key in KEYWORDS]:
        value = schema[keyword]
        if isinstance(value, KEYWORDS[keyword]) and (value != [] or keyword == "required"):
            continue
        del schema[keyword]
        if value is not None:
            reason = "is empty" if value == [] else f"is {value!r}"
            repairs.append(Repair(pointer, f"`{keyword}` {reason}; ignored"))
    if "required" in schema:
        schema["required"] = [name for name in schema["required"] if isinstance(name, str)]


def _plain_type(schema: dict[str, Any], pointer: str, repairs: list[Repair]) -> None:
    declared = schema.get("type")
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
            del schema["type"]
            schema |= {key: value for key, value in meant.items() if key not in schema}
            reason = f"`type` is `{name}`; read as {meant or 'any value'}"
            repairs.append(Repair(pointer, reason))
            kinds = [schema.get("type")]
    known = [kind for kind in kinds if kind in TYPES]
    if kinds not in (known, [None]):
        reason = f"`type` is {declared!r}; JSON Schema has {', '.join(TYPES)}; ignored"
        repairs.append(Repair(pointer, reason))
    if not known:
        schema.pop("type", None)
    if len(known) > 1:
        schema["type"] = known
    elif known:
        schema["type"] = known[0]
    elif "properties" in schema:
        schema["type"] = "object"
    elif ("items" in schema or "prefixItems" in schema) and not {"anyOf", "oneOf"} & schema.keys():
        schema["type"] = "array"


def _plain_values(schema: dict[str, Any], pointer: str, repairs: list[Repair]) -> None:
    """Make the values of an `enum` or `const` those of the type: YAML reads ``true`` as no text."""
    kinds = schema.get("type", [])
    kinds = set(kinds if isinstance(kinds, list) else [kinds]) - {"null"}
    if kinds not in ({"string"}, {"integer"}):
        return
    meant = _text if kinds == {"string"} else _integer
    for keyword in ("enum", "const"):
        if keyword not in schema:
            continue
        values = schema[keyword] if keyword == "enum" else [schema[keyword]]
        read = [meant(value) for value in values]
        different = [
            value for value, now in zip(values, read, strict=True) if type(now) is not type(value)
        ]
        if different:
            schema[keyword] = read if keyword == "enum" else read[0]
            reason = f"{different[0]!r} in `{keyword}` is read as the type `{kinds.pop()}`"
            repairs.append(Repair(pointer, reason))


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _integer(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else value


_INTEGER = re.compile(r"-?[0-9]{1,18}")
