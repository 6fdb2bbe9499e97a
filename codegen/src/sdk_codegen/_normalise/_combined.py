"""`allOf`, and unions beside other keywords: written out as one schema each."""

from __future__ import annotations

from typing import Any

from .._pointers import join
from .._repairs import Repair
from .._schemas import Schema, is_annotation, map_schema, map_schemas, ref_name

__all__ = ["flatten_all_of"]

_UNIONS = ("anyOf", "oneOf")
_SHAPE = frozenset(
    {
        "$ref",
        "const",
        "contentSchema",
        "enum",
        "format",
        "items",
        "prefixItems",
        "properties",
        "type",
        *_UNIONS,
    }
)


def flatten_all_of(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """
    Replace each `allOf` by the one schema that it stands for.

    Objects are merged, a union is merged variant by variant, and what contradicts itself becomes
    any value, with a repair.
    """
    combiner = _Combiner(document["components"]["schemas"])
    components = {name: combiner.component(name) for name in combiner.components}
    document = map_schemas({**document, "components": {}}, combiner.combine) | {
        "components": {**document["components"], "schemas": components}
    }
    return document, combiner.repairs


class _Combiner:
    def __init__(self, components: dict[str, Any]) -> None:
        self.components = components
        self.repairs: list[Repair] = []
        self._done: dict[str, Any] = {}
        self._active: list[str] = []

    def component(self, name: str) -> Schema:
        """Return a component without `allOf`."""
        if name not in self._done:
            self._active.append(name)
            pointer = join("/components/schemas", name)
            self._done[name] = map_schema(self.components[name], pointer, self.combine)
            self._active.pop()
        done: Schema = self._done[name]
        return done

    def combine(self, schema: Schema, pointer: str) -> Schema:
        """Return *schema*, whose parts are combined already, without `allOf`."""
        if "allOf" in schema:
            return self._all_of(schema, pointer)
        union = next((keyword for keyword in _UNIONS if keyword in schema), None)
        return self._union(schema, union, pointer) if union else schema

    def _all_of(self, schema: Schema, pointer: str) -> Schema:
        notes, core = _split({key: value for key, value in schema.items() if key != "allOf"})
        parts = [
            part for part in schema["allOf"] if _split(part)[1] not in ({}, {"type": "object"})
        ]
        if core and core != {"type": "object"}:
            parts.append(core)
        if not parts:
            return {**schema["allOf"][0], **core, **notes}
        if len(parts) == 1:
            return {**parts[0], **notes}
        merged: Schema = {}
        for part in parts:
            merged = self._merge(merged, self._resolved(part, pointer), pointer)
        merged.pop("discriminator", None)  # it tells the children of a parent apart, not this child
        return self.combine({**merged, **notes}, pointer)

    def _union(self, schema: Schema, keyword: str, pointer: str) -> Schema:
        notes, core = _split(schema)
        variants = core.pop(keyword)
        discriminator = core.pop("discriminator", None)
        if core == {"type": "null"}:  # as documents say that the union may be null, too
            reason = f"`type` is `null` beside `{keyword}`; read as one more variant"
            self.repairs.append(Repair(pointer, reason))
            variants, core = [*variants, core], {}
        if core and not any(_SHAPE & variant.keys() for variant in variants):
            # Such as `anyOf: [{required: [a]}, {required: [b]}]`: it tells no types apart.
            return self.combine({**core, **notes}, pointer)
        if core and core != {"type": "object"}:
            variants = [
                self._merge(core, self._resolved(variant, pointer), pointer)
                if _split(variant)[1] != {"type": "null"}
                else variant
                for variant in variants
            ]
        union = {**notes, "anyOf": variants}
        return {**union, "discriminator": discriminator} if discriminator else union

    def _resolved(self, part: Schema, pointer: str) -> Schema:
        name = ref_name(part)
        if name is None:
            return part
        if name in self._active and name not in self._done:
            self.repairs.append(
                Repair(pointer, f"`allOf` leads back to `{name}`; this part is ignored")
            )
            return {}
        target = self.component(name)
        return self._resolved(target, pointer) if "$ref" in target else target

    def _merge(self, left: Schema, right: Schema, pointer: str) -> Schema:
        """Return the schema of what both describe."""
        if not left or not right:
            return dict(left or right)
        for one, other in ((left, right), (right, left)):
            union = next((keyword for keyword in _UNIONS if keyword in one), None)
            if union and not any(keyword in other for keyword in _UNIONS):
                resolved = [self._resolved(variant, pointer) for variant in one[union]]
                # A variant that the other part rules out, such as null, is no variant any more.
                possible = [item for item in resolved if _common(item, other) is not None]
                variants = [self._merge(item, other, pointer) for item in possible or resolved]
                return variants[0] if len(variants) == 1 else {"anyOf": variants}
        if any(keyword in left for keyword in _UNIONS):
            self.repairs.append(Repair(pointer, "`allOf` of two unions; the first is taken"))
            return left
        merged = {**left, **right}
        kind = self._kind(left, right, pointer)
        if kind is None:
            return _split(merged)[0]
        if kind:
            merged["type"] = kind
        if "enum" in left and "enum" in right:
            merged["enum"] = [value for value in left["enum"] if value in right["enum"]] or right[
                "enum"
            ]
        if "properties" in left or "properties" in right:
            merged["properties"] = self._properties(left, right, pointer)
        if "required" in left or "required" in right:
            merged["required"] = list(
                dict.fromkeys([*left.get("required", []), *right.get("required", [])])
            )
        if (
            left.get("additionalProperties", True) is not True
            and "additionalProperties" not in right
        ):
            merged["additionalProperties"] = left["additionalProperties"]
        if merged.get("additionalProperties") == {"not": {}}:
            del merged["additionalProperties"]  # closed parts cannot be met together
        return merged

    def _properties(self, left: Schema, right: Schema, pointer: str) -> Schema:
        merged = dict(left.get("properties", {}))
        for name, schema in right.get("properties", {}).items():
            before = merged.get(name)
            if before is None or _split(before)[1] == _split(schema)[1]:
                merged[name] = {**(before or {}), **schema}
            elif not _split(schema)[1]:
                merged[name] = {**before, **schema}
            elif "$ref" in schema or not _split(before)[1]:
                merged[name] = schema
            else:
                place = join(pointer, "properties", name)
                merged[name] = self._merge(self._resolved(before, place), schema, place)
        return merged

    def _kind(self, left: Schema, right: Schema, pointer: str) -> Any:
        """The type of what both describe; ``""`` for any, ``None`` for a contradiction."""
        common = _common(left, right)
        if common is None:
            names = f"{_kinds(left)[0]} and {_kinds(right)[0]}"
            self.repairs.append(Repair(pointer, f"`allOf` of {names} has no value; read as any"))
            return None
        return common[0] if len(common) == 1 else common or ""


def _common(left: Schema, right: Schema) -> list[str] | None:
    """Return the types that both allow; empty for any, ``None`` where there are none."""
    first, second = _kinds(left), _kinds(right)
    if not first or not second:
        return first or second
    common = [kind for kind in second if kind in first]
    if {"integer", "number"} <= {*first, *second} and "integer" not in common:
        common.append("integer")
    return common or None


def _kinds(schema: Schema) -> list[str]:
    kind = schema.get("type", [])
    return kind if isinstance(kind, list) else [kind]


def _split(schema: Schema) -> tuple[Schema, Schema]:
    """Return what only describes, and what restricts."""
    notes = {key: value for key, value in schema.items() if is_annotation(key)}
    return notes, {key: value for key, value in schema.items() if key not in notes}
