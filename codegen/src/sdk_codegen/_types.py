"""The type of a schema, as a value: what the engine finds and what is rendered from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

import attrs

__all__ = [
    "Constant",
    "Described",
    "ListOf",
    "MapOf",
    "Named",
    "Plain",
    "UnionOf",
    "union_of",
]

PlainKind: TypeAlias = Literal[
    "any", "null", "bool", "int", "float", "str", "bytes", "date", "datetime", "body"
]
"""``bytes`` is a string of JSON that stands for bytes; ``body`` is a whole body that is no JSON."""


@attrs.frozen
class Plain:
    """A type without parts."""

    kind: PlainKind


@attrs.frozen
class Constant:
    """One value: `const`, or one of an `enum`."""

    # `1`, `1.0` and `true` are equal in Python, and three values in JSON.
    value: str | int | float | bool = attrs.field(eq=lambda value: (type(value).__name__, value))


@attrs.frozen
class Named:
    """A component schema."""

    name: str


@attrs.frozen
class ListOf:
    """An array."""

    item: Described


@attrs.frozen
class MapOf:
    """An object without named properties."""

    value: Described


@attrs.frozen
class UnionOf:
    """Any of several types, in the document's order; never nested."""

    members: tuple[Described, ...]


Described: TypeAlias = Plain | Constant | Named | ListOf | MapOf | UnionOf


def union_of(members: Iterable[Described]) -> Described:
    """Return the union of *members*: flat, each once, and no union if it is one type only."""
    flat: dict[Described, None] = {}
    for member in members:
        parts = member.members if isinstance(member, UnionOf) else (member,)
        flat.update(dict.fromkeys(parts))
    return next(iter(flat)) if len(flat) == 1 else UnionOf(tuple(flat))
