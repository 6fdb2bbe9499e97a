"""
Values of schemas: the document's own examples where they fit, made from the schema otherwise.

Everything here is a pure function of the document, so that the same document gives the same values.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ._fitting import Side, fits, hidden, is_number, resolve, variants
from ._schemas import Schema, ref_name

__all__ = ["Samples", "examples"]

FULL_DEPTH = 2
"""Optional members are filled this deep; further down there is what is required only."""

CHOICE_DEPTH = 5
"""From here on the shortest of several variants is taken, and lists and mappings are empty."""

MAX_EXAMPLE = 4000
"""Characters of JSON: a longer example is for reading, not for a test."""

MAX_ITEMS = 20

FORMATS = {
    "date-time": "2024-05-17T09:30:00Z",
    "date": "2024-05-17",
    "time": "09:30:00Z",
    "duration": "PT1H",
    "uuid": "7d9f3c52-1e64-4c0e-9b1a-5f20c8a4d6e3",
    "uri": "https://example.com/page",
    "url": "https://example.com/page",
    "uri-reference": "/page",
    "iri": "https://example.com/page",
    "email": "ada@example.com",
    "idn-email": "ada@example.com",
    "hostname": "host.example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "ZXhhbXBsZQ==",
    "base64": "ZXhhbXBsZQ==",
}


def examples(holder: Mapping[str, Any]) -> tuple[Any, ...]:
    """
    Return what a parameter, a body or a response shows (OpenAPI 3.2, Example Object).

    Args:
        holder: The object that has `example` or `examples`; references in it are inlined.
    """
    found = [holder["example"]] if "example" in holder else []
    named = holder.get("examples")
    for item in named.values() if isinstance(named, Mapping) else ():
        if isinstance(item, Mapping):
            found += [item[key] for key in ("dataValue", "value") if key in item][:1]
    return tuple(found)


@attrs.define
class Samples:
    """
    Values for the schemas of one document.

    Attributes:
        schemas: The canonical component schemas, by name.
    """

    schemas: Mapping[str, Schema]
    _heights: dict[str, int] = attrs.field(init=False, repr=False)
    _known: dict[tuple[str, Side, bool, int], Any] = attrs.field(factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        self._heights = self._measure()

    def value(
        self,
        schema: Schema,
        side: Side,
        *,
        full: bool,
        name: str = "",
        examples: Iterable[Any] = (),
    ) -> Any:
        """
        Return a value, as JSON has it; it is shared and must not be changed.

        Args:
            schema: What it is a value of.
            side: Whether it is sent or read: `readOnly` and `writeOnly` members are left out.
            full: Whether optional members are filled, too.
            name: What the value is called; the text that stands for nothing else.
            examples: What the document shows where it uses the schema.
        """
        found = self._shown(schema, side, examples)
        return self._made(schema, side, full, name, 0) if found is _NOTHING else found

    def made(self, schema: Schema, side: Side, *, full: bool, name: str = "") -> Any:
        """Return a value as `value` does, but none that the document shows as a whole."""
        if ref_name(schema) is not None:
            schema = resolve(schema, self.schemas)
        return self._new(schema, side, full, name, 0)

    def exists(self, schema: Schema) -> bool:
        """Say whether the schema has a finite value; one that requires itself has none."""
        return self._height(schema) is not None

    # Examples

    def _shown(self, schema: Schema, side: Side, examples: Iterable[Any]) -> Any:
        """Return the first of the document's examples that fits."""
        shown = [*examples]
        if "example" in schema:
            shown.append(schema["example"])
        if isinstance(schema.get("examples"), list):
            shown += schema["examples"]
        if "default" in schema:
            shown.append(schema["default"])
        for example in shown:
            fitting = fits(example, schema, self.schemas, side)
            if fitting and len(json.dumps(example)) <= MAX_EXAMPLE:
                return self._visible(example, schema, side)
        return _NOTHING

    def _visible(self, value: Any, schema: Any, side: Side) -> Any:
        """Return an example without the members that have no place on this side."""
        if not isinstance(value, dict | list):
            return value
        schema = resolve(schema, self.schemas)
        if options := variants(schema):
            chosen = [option for option in options if fits(value, option, self.schemas, side)]
            return self._visible(value, chosen[0], side) if chosen else value
        if isinstance(value, list):
            items = schema.get("items") or {}
            return [self._visible(item, items, side) for item in value]
        properties = schema.get("properties") or {}
        return {
            name: self._visible(item, properties.get(name), side)
            for name, item in value.items()
            if not hidden(properties.get(name), side)
        }

    # Values

    def _made(self, schema: Schema, side: Side, full: bool, name: str, depth: int) -> Any:
        target = ref_name(schema)
        if target is None:
            return self._new(schema, side, full, name, depth)
        plain = self.schemas.get(target, {})
        if target not in self._heights and (depth > 0 or ref_name(plain) is not None):
            return {}  # it requires itself, for ever
        key = target, side, full and depth < FULL_DEPTH, min(depth, CHOICE_DEPTH)
        scalar = not plain.get("properties") and plain.get("type") == "string"
        if scalar or key not in self._known:  # the text of a scalar depends on where it stands
            self._known[key] = self._sample(plain, side, full, name or target, depth)
        return self._known[key]

    def _sample(self, schema: Any, side: Side, full: bool, name: str, depth: int) -> Any:
        """Return an example of a part of the value; else make one."""
        if not isinstance(schema, dict):
            schema = {}
        found = self._shown(schema, side, ())
        return self._made(schema, side, full, name, depth) if found is _NOTHING else found

    def _new(self, schema: Schema, side: Side, full: bool, name: str, depth: int) -> Any:
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return next((item for item in schema["enum"] if item is not None), None)
        if options := variants(schema):
            return self._sample(self._chosen(options, depth), side, full, name, depth + 1)
        kind = schema.get("type")
        if isinstance(kind, list):
            kinds = [item for item in kind if item != "null"]
            kind = kinds[0] if kinds else "null"
            if kind in ("object", "array") and (
                depth >= CHOICE_DEPTH or self._height({**schema, "type": kind}) is None
            ):
                kind = "null" if "null" in schema["type"] else kind
        match kind:
            case "object":
                return self._object(schema, side, full, depth)
            case "array":
                return self._array(schema, side, full, name, depth)
            case "string":
                return _text(schema, name)
            case "integer" | "number":
                return _number(schema, kind)
            case "boolean":
                return True
            case "null":
                return None
        return name or "value"

    def _chosen(self, options: list[Any], depth: int) -> Any:
        heights = [(self._height(option), option) for option in options]
        finite = [(height, option) for height, option in heights if height is not None]
        if not finite:
            return {"type": "null"}
        told = [item for item in finite if item[1] != {"type": "null"}]
        if depth < CHOICE_DEPTH and told:
            return told[0][1]
        return min(finite, key=lambda item: item[0])[1]

    def _object(self, schema: Schema, side: Side, full: bool, depth: int) -> dict[str, Any]:
        required = schema.get("required") or ()
        made = {}
        for wire, inner in (schema.get("properties") or {}).items():
            if hidden(inner, side):
                continue
            wanted = full and depth < FULL_DEPTH and inner.get("deprecated") is not True
            if wire in required or (wanted and self._height(inner) is not None):
                made[wire] = self._sample(inner, side, full, wire, depth + 1)
        more = schema.get("additionalProperties")
        for wire in required:
            if isinstance(wire, str) and wire not in (schema.get("properties") or {}):
                made[wire] = self._sample(more, side, full, wire, depth + 1)
        if not made and full and depth < FULL_DEPTH and not schema.get("properties"):
            typed = isinstance(more, dict) and more != {"not": {}}
            if self._height(more if typed else {}) is not None:
                made["key"] = self._sample(more if typed else {}, side, full, "value", depth + 1)
        return made

    def _array(self, schema: Schema, side: Side, full: bool, name: str, depth: int) -> list[Any]:
        first = [
            self._sample(item, side, full, name, depth + 1)
            for item in schema.get("prefixItems") or ()
        ]
        items = schema.get("items")
        least = schema.get("minItems")
        least = min(least, MAX_ITEMS) if isinstance(least, int) else 0
        wanted = max(least, 1 if depth < CHOICE_DEPTH and not first else 0)
        if schema.get("maxItems") == 0 or items == {"not": {}} or self._height(items) is None:
            return first
        item = self._sample(items, side, full, name, depth + 1) if wanted > len(first) else None
        return first + [item] * (wanted - len(first))

    # Heights

    def _measure(self) -> dict[str, int]:
        """
        Return how deep the shallowest value of each component is; those that have one.

        A height is given once, from heights that are there already, so that whoever follows
        falling heights comes to an end.
        """
        self._heights = {}
        names = list(self.schemas)
        users: dict[str, list[int]] = {}
        for index, schema in enumerate(self.schemas.values()):
            for name in _referred(schema):
                users.setdefault(name, []).append(index)
        # In rounds, in the order of the document; who could not be measured is asked again only
        # when something that it refers to has been.
        waiting = [(0, index) for index in range(len(names))]
        while waiting:
            turn, index = heapq.heappop(waiting)
            if names[index] in self._heights:
                continue
            height = self._height(self.schemas[names[index]])
            if height is None:
                continue
            self._heights[names[index]] = height
            for user in users.get(names[index], ()):
                heapq.heappush(waiting, (turn + (user < index), user))
        return self._heights

    def _height(self, schema: Any) -> int | None:
        if not isinstance(schema, dict) or "const" in schema or "enum" in schema:
            return 0
        name = ref_name(schema)
        if name is not None:
            height = self._heights.get(name)
            return None if height is None else height + 1
        properties = schema.get("properties")
        if options := variants(schema):
            heights = [h for h in map(self._height, options) if h is not None]
            return min(heights) + 1 if heights else None
        kind = schema.get("type")
        if isinstance(kind, list) and "null" in kind:
            return 0
        inner: list[Any] = []
        if properties:
            inner = [properties[n] for n in schema.get("required") or () if n in properties]
        elif kind == "array":
            inner = list(schema.get("prefixItems") or ())
            if schema.get("minItems"):
                inner.append(schema.get("items"))
        highest = -1
        for item in inner:
            height = self._height(item)
            if height is None:
                return None
            highest = max(highest, height)
        return highest + 1


_NOTHING: Any = object()


def _referred(schema: Any) -> set[str]:
    """Return the components that a schema refers to, wherever in it."""
    found = set()
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            name = ref_name(value)
            if name is not None:
                found.add(name)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return found


def _text(schema: Schema, name: str) -> str:
    text = FORMATS.get(str(schema.get("format"))) or name or "text"
    low, high = schema.get("minLength"), schema.get("maxLength")
    if isinstance(low, int) and len(text) < low <= 10_000:
        text = (text * (low // len(text) + 1))[:low]
    if isinstance(high, int) and 0 <= high < len(text) and schema.get("format") not in FORMATS:
        text = text[:high]
    return text


def _number(schema: Schema, kind: str) -> float:
    """Return the first of some obvious numbers that the bounds allow; else a bound itself."""
    bounds = [
        schema[key]
        for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
        if is_number(schema.get(key))
    ]
    near = [bound + step for bound in bounds for step in (0, 1, -1)]
    candidates: list[float] = [1, *near] if kind == "integer" else [0.5, 1, *near]
    for candidate in candidates:
        if fits(candidate, {**schema, "type": kind}, {}, "answer"):
            step = schema.get("multipleOf")
            if not isinstance(step, int) or step <= 0 or candidate % step == 0:
                return candidate
    return 1
