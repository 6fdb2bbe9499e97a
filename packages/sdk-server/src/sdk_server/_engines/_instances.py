"""Make a value that fits a JSON Schema, always the same one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

_DEEP = 8
"""Depth below which optional members are left out, so that recursive schemas come to an end."""

_NODES = 20_000

_FORMATS = {
    "date": "2026-01-02",
    "date-time": "2026-01-02T03:04:05Z",
    "duration": "PT1S",
    "email": "echo@example.com",
    "hostname": "example.com",
    "idn-email": "echo@example.com",
    "idn-hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "iri": "https://example.com/",
    "iri-reference": "/",
    "json-pointer": "/echo",
    "regex": "echo",
    "relative-json-pointer": "0",
    "time": "03:04:05Z",
    "uri": "https://example.com/",
    "uri-reference": "/",
    "uri-template": "/{echo}",
    "uuid": "00000000-0000-4000-8000-000000000000",
}

_NUMERIC = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}

_SAMPLES = (
    "a", "A", "0", "1", "12", "123", "1234", "12345", "123456", "1234567890", "abc", "ABC",
    "AB", "ab", "a1", "A1", "abc123", "ABC-123", "ABC123", "a-b", "a_b", "+123456789", "1.0",
    "1.0.0", "12:34", "#a0b1c2", "a@example.com", "https://example.com/",
)  # fmt: skip


class UnfillableError(ValueError):
    """Tell that no value was found for a schema; the message says why."""


def fill(schema: Mapping[str, Any], *, name: str = "text") -> Any:
    """Return a value that is valid under `schema`.

    Args:
        schema: JSON Schema, draft 2020-12; references may point into it.
        name: Text for a string that may be anything.

    Raises:
        UnfillableError: The schema is invalid, or no value was found.
    """
    try:
        validator = jsonschema_rs.Draft202012Validator(
            dict(schema), validate_formats=True, offline=True
        )
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        msg = f"it is no valid JSON Schema: {getattr(error, 'message', error)}"
        raise UnfillableError(msg) from None
    try:
        value = _Filler(schema).value(schema, name, 0)
    except (OverflowError, RecursionError):
        msg = "it is nested too deeply, or a number in it is too large"
        raise UnfillableError(msg) from None
    for wrong in validator.iter_errors(value):
        place = "/".join(str(part) for part in wrong.instance_path) or "its root"
        msg = f"the echo engine finds no value for {place} ({wrong.kind.name})"
        raise UnfillableError(msg)
    return value


def fits(schema: Mapping[str, Any], value: Any) -> bool:
    """Tell whether `value` is valid under `schema`; an invalid schema fits nothing."""
    try:
        return jsonschema_rs.is_valid(
            dict(schema),
            value,
            draft=jsonschema_rs.Draft202012,
            validate_formats=True,
            offline=True,
        )
    except (ValueError, jsonschema_rs.ReferencingError):
        return False


class _Filler:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._nodes = 0

    def value(self, schema: Any, name: str, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > _NODES or depth > 64:
            msg = "it needs a value of endless size"
            raise UnfillableError(msg)
        if not isinstance(schema, Mapping):
            return name
        schema = self._flat(schema, frozenset())
        for keyword in ("const", "default"):
            if keyword in schema:
                return schema[keyword]
        for keyword in ("enum", "examples"):
            if schema.get(keyword):
                return schema[keyword][0]
        for keyword in ("anyOf", "oneOf"):
            if schema.get(keyword):
                return self._choice(schema, schema[keyword], name, depth)
        return self._typed(schema, self._type(schema), name, depth)

    def _choice(self, schema: Mapping[str, Any], options: Any, name: str, depth: int) -> Any:
        rest = {k: v for k, v in schema.items() if k not in ("anyOf", "oneOf")}
        failure = UnfillableError("it allows nothing")
        for option in options:
            try:
                value = self.value({"allOf": [rest, option]}, name, depth + 1)
            except UnfillableError as error:
                failure = error
                continue
            if self._valid(schema, value):
                return value
        raise failure

    def _typed(self, schema: Mapping[str, Any], kind: str, name: str, depth: int) -> Any:
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind in ("integer", "number"):
            return _number(schema, whole=kind == "integer")
        if kind == "string":
            return self._string(schema, name)
        return True if kind == "boolean" else None

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", [])
        members = schema.get("properties", {})
        rest = schema.get("additionalProperties", True)
        names = [*(name for name in members if depth < _DEEP or name in required)]
        names += [name for name in required if name not in members]
        filled = {}
        for name in names:
            try:
                filled[name] = self.value(members.get(name, rest), name, depth + 1)
            except UnfillableError:
                if name in required:
                    raise
        missing = schema.get("minProperties", 0) - len(filled)
        for index in range(missing):
            filled[f"key{index}"] = self.value(rest, "text", depth + 1)
        return filled

    def _array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        prefix = schema.get("prefixItems", [])
        items = schema.get("items", True)
        wanted = max(schema.get("minItems", 1 if depth < _DEEP else 0), 0)
        wanted = min(wanted, schema.get("maxItems", wanted))
        if items is False:
            wanted = min(wanted, len(prefix))
        if wanted > _NODES:
            msg = "it needs a value of endless size"
            raise UnfillableError(msg)
        filled: list[Any] = []
        try:
            for index in range(max(wanted, len(prefix) if depth < _DEEP else 0)):
                part = prefix[index] if index < len(prefix) else items
                filled.append(self.value(part, name, depth + 1))
        except UnfillableError:
            if len(filled) < schema.get("minItems", 0):
                raise
        if schema.get("uniqueItems") and wanted > 1:
            filled = self._unique(filled)
        return filled

    def _unique(self, values: list[Any]) -> list[Any]:
        made: list[Any] = []
        for index, value in enumerate(values):
            unique = value
            if value in made and isinstance(value, str):
                unique = f"{value}{index}"
            elif value in made and isinstance(value, int) and not isinstance(value, bool):
                unique = value + index
            made.append(unique)
        return made

    def _string(self, schema: Mapping[str, Any], name: str) -> str:
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
        if shortest > 1_000_000:
            msg = "it needs a text of more than a million characters"
            raise UnfillableError(msg)
        if "pattern" not in schema:
            times = math.ceil(shortest / len(name)) if name else 0
            text = name * max(times, 1) or "x" * shortest
            return text if longest is None else text[:longest]
        for text in (name, *_SAMPLES):
            for sized in (text, text * max(1, shortest), text[:longest]):
                if self._valid({"type": "string", **schema}, sized):
                    return sized
        msg = f"the echo engine knows no text for the pattern {schema['pattern']!r}"
        raise UnfillableError(msg)

    def _valid(self, schema: Mapping[str, Any], value: Any) -> bool:
        # References keep pointing into the whole schema, so its definitions come along.
        definitions = {
            keyword: self._root[keyword]
            for keyword in ("$defs", "definitions")
            if keyword in self._root
        }
        return fits({**definitions, **schema}, value)

    def _flat(self, schema: Mapping[str, Any], seen: frozenset[str]) -> dict[str, Any]:
        """Return a schema with its references and `allOf` merged in."""
        parts: list[Any] = []
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if reference in seen:
                msg = f"the reference {reference} leads back to itself"
                raise UnfillableError(msg)
            parts.append(self._flat(self._lookup(reference), seen | {reference}))
        parts += [
            self._flat(part, seen) for part in schema.get("allOf", ()) if isinstance(part, Mapping)
        ]
        parts.append({k: v for k, v in schema.items() if k not in ("$ref", "allOf")})
        merged: dict[str, Any] = {}
        for part in parts:
            for keyword, value in part.items():
                if keyword == "properties":
                    merged[keyword] = {**merged.get(keyword, {}), **value}
                elif keyword == "required":
                    merged[keyword] = [*dict.fromkeys([*merged.get(keyword, []), *value])]
                else:
                    merged[keyword] = value
        return merged

    def _lookup(self, reference: str) -> Mapping[str, Any]:
        value: Any = self._root
        where, *parts = reference.split("/")
        try:
            for part in parts:
                name = part.replace("~1", "/").replace("~0", "~")
                value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, TypeError, ValueError):
            where = ""
        if where != "#":
            msg = f"the echo engine cannot follow the reference {reference}"
            raise UnfillableError(msg) from None
        return value if isinstance(value, Mapping) else {}

    @staticmethod
    def _type(schema: Mapping[str, Any]) -> str:
        kinds = schema.get("type")
        if isinstance(kinds, str):
            return kinds
        if isinstance(kinds, list) and kinds:
            return str(next((kind for kind in kinds if kind != "null"), "null"))
        if "properties" in schema or "required" in schema:
            return "object"
        if "items" in schema or "prefixItems" in schema:
            return "array"
        if _NUMERIC & schema.keys():
            return "number"
        return "string"


def _number(schema: Mapping[str, Any], *, whole: bool) -> int | float:
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    low = max(schema.get("minimum", -math.inf), -math.inf if above is None else above)
    high = min(schema.get("maximum", math.inf), math.inf if below is None else below)
    value: int | float = min(max(1, low), high)
    step = schema.get("multipleOf", 1 if whole else None)
    if whole and step != int(step):
        step = 1
    if step is not None:
        value = math.ceil(value / step) * step
        if value == above:
            value += step
        if value > high or value == below:
            value -= step
    elif value in (above, below):
        inside = 1 if value == above else -1
        value = (low + high) / 2 if math.isfinite(low + high) else value + inside
    return int(value) if value == int(value) else value
