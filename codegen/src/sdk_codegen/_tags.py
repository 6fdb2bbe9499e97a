"""What tells the objects of a union apart: a property, and which of its values picks which object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from ._ir import API, Object
from ._pointers import split
from ._schemas import ref_name
from ._types import Constant, Described, UnionOf

__all__ = ["Tag", "TagFinder"]

Values: TypeAlias = Mapping[str | int, tuple[str, ...]]


@attrs.frozen
class Tag:
    """
    A property of every object of a union.

    Attributes:
        wire: Its name in JSON.
        values: For each of its values the components that have it, mostly one.
    """

    wire: str
    values: Values


@attrs.frozen
class _Declared:
    """A `discriminator` (OpenAPI 3.2, Discriminator Object) and the variants beside it."""

    wire: str
    mapping: Mapping[str, str]
    variants: tuple[str, ...]


class TagFinder:
    """
    Finds the tags of unions.

    Args:
        api: The document.
        leaves: Return the objects that a component stands for: itself, or those of its union.
        type_of: Return the type at a pointer, with aliases written out.
    """

    def __init__(
        self,
        api: API,
        leaves: Callable[[str], tuple[str, ...]],
        type_of: Callable[[str], Described],
    ) -> None:
        self._api = api
        self._leaves = leaves
        self._type_of = type_of
        self._index: dict[frozenset[str], _Declared] | None = None
        self._constants: dict[str, dict[str, tuple[Any, ...]]] = {}
        self._found: dict[tuple[str, ...], Tag | None] = {}

    def find(self, names: Iterable[str]) -> Tag | None:
        """
        Return the tag of the union of *names*, objects all of them; ``None`` if nothing is one.

        A declared discriminator comes first: its mapping, then the constants of the objects, then
        their names in the document. Without one, a property is inferred that all have, as required,
        with constants that are not the same in all.
        """
        names = tuple(names)
        if names not in self._found:
            self._found[names] = self._find(names)
        return self._found[names]

    def _find(self, names: tuple[str, ...]) -> Tag | None:
        declared = self._declared().get(frozenset(names))
        values = self._by_declaration(declared, names) if declared is not None else None
        if declared is not None and values is not None:
            return Tag(declared.wire, values)
        best: Tag | None = None
        for wire in self._constants_of(names[0], required=True):
            if all(wire in self._constants_of(name, required=True) for name in names):
                tag = Tag(wire, self._by_constants(wire, names))
                if _widest(tag) < (_widest(best) if best is not None else len(names)):
                    best = tag
        return best

    def _by_constants(self, wire: str, names: Iterable[str]) -> Values:
        found: dict[str | int, tuple[str, ...]] = {}
        for name in names:
            for value in self._constants_of(name, required=True)[wire]:
                found[value] = (*found.get(value, ()), name)
        return found

    def _by_declaration(self, declared: _Declared, names: tuple[str, ...]) -> Values | None:
        found: dict[str | int, tuple[str, ...]] = {}
        members = frozenset(names)
        for value, target in declared.mapping.items():
            leaves = [leaf for leaf in self._leaves(target) if leaf in members]
            told = [leaf for leaf in leaves if value in self._told(leaf, declared.wire)]
            if leaves:
                found[value] = tuple(told or leaves)
        mapped = {name for picked in found.values() for name in picked}
        for name in names:
            told = list(self._told(name, declared.wire))
            component = self._api.components[name]
            if not told and name not in mapped and not component.inline:
                told = [split(component.origin)[-1]]  # the name says it, where nothing else does
            for value in told:
                if name not in mapped:
                    found[value] = (*found.get(value, ()), name)
                else:
                    found.setdefault(value, (name,))
        covered = {name for picked in found.values() for name in picked}
        return found if covered == members and _narrow(found, names) else None

    def _told(self, name: str, wire: str) -> tuple[Any, ...]:
        return self._constants_of(name, required=False).get(wire, ())

    def _constants_of(self, name: str, *, required: bool) -> Mapping[str, tuple[Any, ...]]:
        """Return the constants of each property that has nothing else."""
        component = self._api.components[name]
        assert isinstance(component, Object)
        if name not in self._constants:
            found = {}
            for prop in component.properties:
                described = self._type_of(prop.pointer)
                members = described.members if isinstance(described, UnionOf) else (described,)
                values = [item.value for item in members if isinstance(item, Constant)]
                if len(values) == len(members) and all(type(v) in (str, int) for v in values):
                    found[prop.wire] = tuple(values)
            self._constants[name] = found
        if not required:
            return self._constants[name]
        needed = {prop.wire for prop in component.properties if prop.required}
        return {wire: v for wire, v in self._constants[name].items() if wire in needed}

    def _declared(self) -> dict[frozenset[str], _Declared]:
        if self._index is None:
            self._index = {}
            for declared in _declarations(self._api):
                leaves = frozenset(
                    leaf for name in declared.variants for leaf in self._leaves(name)
                )
                self._index.setdefault(leaves, declared)
        return self._index


def _widest(tag: Tag) -> int:
    return max(map(len, tag.values.values()))


def _narrow(values: Values, names: tuple[str, ...]) -> bool:
    return any(len(picked) < len(names) for picked in values.values())


def _declarations(api: API) -> Iterator[_Declared]:
    """Yield every discriminator, wherever a union is written."""
    waiting: list[Any] = [component.schema for component in api.components.values()]
    for operation in api.operations:
        waiting += [body.schema for body in operation.bodies]
        for response in (*operation.responses, *operation.errors):
            waiting += [content.schema for content in response.contents]
    waiting += [webhook.schema for webhook in api.webhooks]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            found = _declaration(value)
            if found is not None:
                yield found
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _declaration(schema: dict[str, Any]) -> _Declared | None:
    discriminator = schema.get("discriminator")
    wire = discriminator.get("propertyName") if isinstance(discriminator, dict) else None
    unions = [schema[key] for key in ("anyOf", "oneOf") if isinstance(schema.get(key), list)]
    names = tuple(name for union in unions for item in union if (name := ref_name(item)))
    if not isinstance(wire, str) or not names or not isinstance(discriminator, dict):
        return None
    mapping = discriminator.get("mapping")
    return _Declared(
        wire,
        {value: name for value, name in mapping.items() if isinstance(name, str)}
        if isinstance(mapping, dict)
        else {},
        names,
    )
