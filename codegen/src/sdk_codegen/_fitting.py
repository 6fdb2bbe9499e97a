"""Whether a value of the document, such as an example, fits its schema."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import attrs

from ._names import words
from ._schemas import Schema, ref_name

__all__ = ["Side", "fits", "hidden", "is_number", "resolve", "variants"]

Side: TypeAlias = Literal["request", "answer"]

MAX_DEPTH = 64
MAX_STEPS = 5_000
"""Unions inside unions are tried one after the other; what takes longer does not fit."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATE_TIME = re.compile(_DATE.pattern + r"[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)?")
_SURROGATE = re.compile("[\ud800-\udfff]")


def resolve(schema: Any, schemas: Mapping[str, Schema]) -> Schema:
    """Return what stands behind references; a circle of them leads to any value."""
    for _ in range(MAX_DEPTH):
        name = ref_name(schema)
        if name is None:
            return schema if isinstance(schema, dict) else {}
        schema = schemas.get(name)
    return {}


def variants(schema: Schema) -> list[Any]:
    """Return the schemas of a union; an object with members is a class, whatever it says beside."""
    if schema.get("properties"):
        return []
    return [*(schema.get("anyOf") or []), *(schema.get("oneOf") or [])]


def hidden(schema: Any, side: Side) -> bool:
    """
    Say whether a member has no place on a side: `readOnly` in requests, `writeOnly` in answers.

    What the member itself says counts, as it does for the generated classes: a component may be
    written only in one place and read in another.
    """
    key = "readOnly" if side == "request" else "writeOnly"
    return isinstance(schema, dict) and schema.get(key) is True


def fits(value: Any, schema: Any, schemas: Mapping[str, Schema], side: Side) -> bool:
    """
    Say whether *value* is what the canonical *schema* describes.

    Patterns are not tried: an expression of a foreign document may take for ever.

    Args:
        value: As JSON has it.
        schema: Its schema.
        schemas: All component schemas, by name.
        side: Where the value shall go: required members that have no place there may be missing.
    """
    return _Trial(schemas, side).fits(value, schema, 0)


@attrs.define
class _Trial:
    schemas: Mapping[str, Schema]
    side: Side
    steps: int = 0

    def fits(self, value: Any, schema: Any, depth: int, trail: tuple[str, ...] = ()) -> bool:
        """Try *schema*; *trail* are the components that led here with the same value."""
        self.steps += 1
        if depth > MAX_DEPTH or self.steps > MAX_STEPS:
            return False
        while (name := ref_name(schema)) is not None:
            if name in trail:
                return False
            trail = (*trail, name)
            schema = self.schemas.get(name)
        if not isinstance(schema, dict):
            schema = {}
        if "const" in schema:
            return _same(value, schema["const"])
        kinds = schema.get("type")
        kinds = [kinds] if isinstance(kinds, str) else kinds or []
        if "enum" in schema:
            known = any(_same(value, item) for item in schema["enum"])
            return known or (value is None and "null" in kinds)
        if options := variants(schema):
            return any(self.fits(value, option, depth + 1, trail) for option in options)
        if not kinds:
            return _is_json(value, depth)
        return any(self._is(kind, value, schema, depth) for kind in kinds)

    def _is(self, kind: str, value: Any, schema: Schema, depth: int) -> bool:
        match kind:
            case "string":
                return _is_text(value) and _fits_text(value, schema)
            case "integer":
                return isinstance(value, int) and _fits_number(value, schema)
            case "number":
                return _fits_number(value, schema)
            case "boolean":
                return isinstance(value, bool)
            case "array":
                return isinstance(value, list) and self._fits_array(value, schema, depth)
            case "object":
                return isinstance(value, dict) and self._fits_object(value, schema, depth)
        return kind == "null" and value is None

    def _fits_array(self, value: list[Any], schema: Schema, depth: int) -> bool:
        if not _between(len(value), schema.get("minItems"), schema.get("maxItems")):
            return False
        first = schema.get("prefixItems") or []
        rest = schema.get("items", {})
        return all(
            self.fits(item, first[index] if index < len(first) else rest, depth + 1)
            for index, item in enumerate(value)
        )

    def _fits_object(self, value: dict[str, Any], schema: Schema, depth: int) -> bool:
        properties: Mapping[str, Any] = schema.get("properties") or {}
        for name in schema.get("required") or ():
            if name not in value and not hidden(properties.get(name), self.side):
                return False
        spelled = {_spelling(name) for name in properties}
        if any(_spelling(name) in spelled for name in value if name not in properties):
            return False  # meant for a member that has another name
        more = {} if properties else schema.get("additionalProperties")
        return all(
            _is_text(name) and self.fits(item, properties.get(name, more), depth + 1)
            for name, item in value.items()
        )


def _spelling(name: Any) -> str:
    return "".join(words(str(name))).lower()  # as names in Python are made, which fields answer to


def _same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and bool(value == other)


def _is_json(value: Any, depth: int) -> bool:
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return all(_is_text(key) and _is_json(item, depth + 1) for key, item in value.items())
    if isinstance(value, list):
        return all(_is_json(item, depth + 1) for item in value)
    return value is None or isinstance(value, bool) or _is_text(value) or is_number(value)


def _is_text(value: Any) -> bool:
    """Say whether *value* is text that has bytes: half of a surrogate pair has none."""
    return isinstance(value, str) and (value.isascii() or not _SURROGATE.search(value))


def is_number(value: Any) -> bool:
    """Say whether *value* is a number that every reader of JSON can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 2**63 and math.isfinite(value)


def _between(value: float, low: Any, high: Any) -> bool:
    return (not is_number(low) or value >= low) and (not is_number(high) or value <= high)


def _fits_text(value: str, schema: Schema) -> bool:
    if not _between(len(value), schema.get("minLength"), schema.get("maxLength")):
        return False
    pattern = {"date": _DATE, "date-time": _DATE_TIME}.get(str(schema.get("format")))
    if pattern is None:
        return True
    if not pattern.fullmatch(value):
        return False
    try:
        dt.datetime.fromisoformat(value.upper())
    except ValueError:
        return False
    return True


def _fits_number(value: Any, schema: Schema) -> bool:
    if not is_number(value):
        return False
    low, high = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if (is_number(low) and value <= low) or (is_number(high) and value >= high):
        return False
    return _between(value, schema.get("minimum"), schema.get("maximum"))
