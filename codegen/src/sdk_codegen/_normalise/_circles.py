"""A schema that is part of itself describes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._pointers import join
from .._repairs import Repair
from .._schemas import Schema, ref_name
from ..errors import ShapeError

__all__ = ["refuse_circles"]


def refuse_circles(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """
    Refuse a component schema that leads back to itself through `$ref` and `allOf` only.

    Through properties, items or unions it may: that is what trees are made of.

    Raises:
        ShapeError: Names the schemas of the circle, and the `$ref` that closes it.
    """
    schemas = document["components"]["schemas"]
    done: set[str] = set()
    for start in schemas:
        trail = {start: None}  # in order, and quick to ask
        ahead = [_parts(start, schemas)]
        while ahead:
            step = next(ahead[-1], None)
            if step is None:
                done.add(trail.popitem()[0])
                ahead.pop()
                continue
            name, pointer = step
            if name in trail:
                names = [*trail, name]
                circle = " -> ".join(f"`{item}`" for item in names[names.index(name) :])
                msg = f"`{name}` is part of itself ({circle}); take one of these references out"
                raise ShapeError(msg, pointer)
            if name not in done:
                trail[name] = None
                ahead.append(_parts(name, schemas))
    return document, []


def _parts(name: str, schemas: dict[str, Schema]) -> Iterator[tuple[str, str]]:
    """Yield the components that a component is or is made of, and where it says so."""
    waiting = [(schemas[name], join("/components/schemas", name))]
    for schema, pointer in waiting:
        found = ref_name(schema)
        if found is not None:
            yield found, join(pointer, "$ref")
        waiting += [
            (part, join(pointer, "allOf", index))
            for index, part in enumerate(schema.get("allOf", ()))
        ]
