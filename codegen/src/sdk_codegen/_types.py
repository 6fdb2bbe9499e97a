"""The type of a schema, as a value: what the engine finds and what is rendered from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

import attrs

__all__ = [
    "Constant",
    "Described",
    "ListOf",
    "MapOf",
    "Named",
    "Plain",
    "UnionOf",
    "dumps",
    "loads",
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


def dumps(described: Described) -> str:
    """Return a type as JSON, for `loads`."""
    return json.dumps(_plain(described), separators=(",", ":"))


def loads(text: str) -> Described:
    """Return the type that `dumps` wrote."""
    return _described(json.loads(text))


def _plain(described: Described) -> list[Any]:
    match described:
        case ListOf(inner) | MapOf(inner):
            return [type(described).__name__, _plain(inner)]
        case UnionOf(members):
            return ["UnionOf", [_plain(member) for member in members]]
    return [type(described).__name__, *attrs.astuple(described, recurse=False)]


def _described(value: list[Any]) -> Described:
    kind, inner = value
    match kind:
        case "ListOf":
            return ListOf(_described(inner))
        case "MapOf":
            return MapOf(_described(inner))
        case "UnionOf":
            return UnionOf(tuple(_described(member) for member in inner))
        case "Named":
            return Named(inner)
        case "Constant":
            return Constant(inner)
    return Plain(inner)
