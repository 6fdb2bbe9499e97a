"""Inheritance: where a parent with a discriminator is used, any of its children may stand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .._names import Namespace, class_name
from .._pointers import join
from .._repairs import Repair
from .._schemas import Schema, is_annotation, map_schemas, ref_name, reference
from ._naming import ORIGIN

__all__ = ["any_child"]

_UNIONS = ("anyOf", "oneOf")
_IN_LIST = re.compile(r"/(allOf|anyOf|oneOf)/\d+")
_COMPONENT = re.compile(r"/components/schemas/[^/]+")


def any_child(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """
    Make a union of a parent and its children, and use it wherever the parent is used.

    OpenAPI 3.2, section "Models with Polymorphism Support": a schema with a `discriminator` and no
    `oneOf` or `anyOf` is the parent of those that have it in their `allOf`. ``Pet`` stays what it
    is; ``AnyPet`` is what stands in the places that refer to it, other than an `allOf`.
    """
    schemas = document["components"]["schemas"]
    children = _children(schemas)
    parents = {
        name: tuple(_descendants(name, children))
        for name, schema in schemas.items()
        if "discriminator" in schema and not schema.keys() & set(_UNIONS) and name in children
    }
    if not parents:
        return document, []
    names = Namespace(schemas, separator="")
    unions = {name: names.take(f"Any{class_name(name)}") for name in parents}
    document = map_schemas(document, _Replacing(parents, unions))
    added = {unions[name]: _union(name, schemas[name], parents[name]) for name in parents}
    repairs = [
        Repair(
            join("/components/schemas", name),
            f"its users may meet its {len(found)} children; they refer to `{unions[name]}`",
        )
        for name, found in parents.items()
    ]
    components = {
        **document["components"],
        "schemas": {**document["components"]["schemas"], **added},
    }
    return {**document, "components": components}, repairs


def _children(schemas: dict[str, Schema]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, schema in schemas.items():
        for part in schema.get("allOf", ()):
            parent = ref_name(part)
            if parent is not None and parent != name:
                found.setdefault(parent, []).append(name)
    return found


def _descendants(name: str, children: dict[str, list[str]]) -> Iterable[str]:
    """Yield children and theirs, each once; a circle ends where it began."""
    seen = {name}
    waiting = [name]
    while waiting:
        for child in children.get(waiting.pop(0), ()):
            if child not in seen:
                seen.add(child)
                waiting.append(child)
                yield child


def _union(name: str, schema: Schema, children: tuple[str, ...]) -> Schema:
    found: Schema = {
        "anyOf": [{"$ref": reference(item)} for item in (*children, name)],
        "discriminator": schema["discriminator"],
        ORIGIN: join("/components/schemas", name),
    }
    if "description" in schema:
        found["description"] = schema["description"]
    return found


class _Replacing:
    """Rewrites references to parents; those in an `allOf` are what makes a child."""

    def __init__(self, parents: dict[str, tuple[str, ...]], unions: dict[str, str]) -> None:
        self.parents = parents
        self.unions = unions

    def __call__(self, schema: Schema, pointer: str) -> Schema:
        for keyword in _UNIONS:
            if keyword in schema:
                schema = {**schema, keyword: self.variants(schema[keyword])}
        if not _COMPONENT.fullmatch(pointer) and len(schema.get("allOf", ())) == 1:
            # Before OpenAPI 3.1 this was the way to write words beside a reference.
            rest = {key: value for key, value in schema.items() if key != "allOf"}
            if all(map(is_annotation, rest)):
                return {**rest, **self.used(schema["allOf"][0])}
        tail = _IN_LIST.fullmatch(pointer, max(pointer.rfind("/", 0, pointer.rfind("/")), 0))
        return schema if tail else self.used(schema)

    def variants(self, variants: list[Schema]) -> list[Schema]:
        """Return the variants of a union; a parent beside one of its children means itself."""
        beside = {ref_name(item) for item in variants}
        return [
            item if beside & set(self.parents.get(ref_name(item) or "", ())) else self.used(item)
            for item in variants
        ]

    def used(self, schema: Schema) -> Schema:
        name = ref_name(schema)
        if name not in self.unions:
            return schema
        return {**schema, "$ref": reference(self.unions[name])}
