"""One form of what versions and formats write differently: keys are text, schemas those of 3.1."""

from __future__ import annotations

from typing import Any

from .._pointers import join
from .._repairs import Repair
from .._schemas import is_annotation, map_schemas

__all__ = ["modern_schemas", "string_keys"]


def string_keys(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """Make every key a string: YAML reads an unquoted ``200:`` as a number."""
    repairs: list[Repair] = []
    if _all_text(document):
        return document, repairs

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


def _all_text(document: dict[str, Any]) -> bool:
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if not all(isinstance(key, str) for key in value):
                return False
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return True


def modern_schemas(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """Write `nullable` of OpenAPI 3.0 as 3.1 does, and a `$ref` with restrictions as `allOf`."""
    repairs: list[Repair] = []
    old = str(document.get("openapi", "")).startswith("3.0")

    def modern(schema: dict[str, Any], pointer: str) -> dict[str, Any]:
        if "nullable" not in schema and "$ref" not in schema:
            return schema
        schema = dict(schema)
        nullable = schema.pop("nullable", False) is True
        if "$ref" in schema:
            beside = [key for key in schema if key != "$ref" and not is_annotation(key)]
            if beside and old:
                for key in beside:
                    del schema[key]
                names = ", ".join(f"`{key}`" for key in beside)
                repairs.append(
                    Repair(pointer, f"{names} beside a `$ref`: ignored, as OpenAPI 3.0 says")
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
