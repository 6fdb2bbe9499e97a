"""What of the old package is what of the new one: by name, and by what it is where names differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

from .. import _ir as ir
from .._types import Described, Named, UnionOf
from ._rules import Direction, Verdict, compare_types
from ._surface import Method, Surface, substitute

__all__ = ["Matched", "match_methods"]

T = TypeVar("T")

ANY_MODEL = Named("")


def match_methods(old: Surface, new: Surface) -> list[tuple[Method | None, Method | None]]:
    """
    Pair the methods of two packages: the old ones in their order, then what is only in the new one.

    A method is what it was if it makes the same request; if there is none that does, if it has the
    same place.
    """
    keys: tuple[Callable[[Method], Hashable], ...] = (
        lambda method: (method.operation.method, method.operation.path, method.name),
        lambda method: (method.operation.method, method.operation.path),
        lambda method: method.route,
        lambda method: method.name,
    )
    left, right = list(old.methods), list(new.methods)
    pairs: dict[str, Method] = {}
    for key in keys:
        found = _unique_pairs(left, right, key)
        pairs.update({one.operation.pointer: other for one, other in found})
        left = [one for one in left if one.operation.pointer not in pairs]
        taken = {other.operation.pointer for _, other in found}
        right = [one for one in right if one.operation.pointer not in taken]
    return [
        *((method, pairs.get(method.operation.pointer)) for method in old.methods),
        *((None, method) for method in right),
    ]


class Matched:
    """
    Two packages, and what of the one is what of the other.

    Attributes:
        old: The package as it was.
        new: The package as it is.
        names: The names in the new document of the old one's components.
    """

    def __init__(self, old: Surface, new: Surface) -> None:
        self.old = old
        self.new = new
        self.names = _match_components(old, new)
        # A name that only one of the packages has is compared by what it stands for.
        self._kept = {
            name: other
            for name, other in self.names.items()
            if old.visible(name) and new.visible(other)
        }
        self._kept_new = frozenset(self._kept.values())

    def compare(self, old: Described, new: Described, direction: Direction) -> Iterator[Verdict]:
        """Yield what changed between the types of one place."""
        was = substitute(
            self.old.expand(old, self._kept), lambda name: Named(self.names.get(name, name))
        )
        return compare_types(was, self.new.expand(new, self._kept_new), direction)


def _match_components(old: Surface, new: Surface) -> dict[str, str]:
    """
    Pair components by name.

    One that is gone is the new one that has exactly its members, where only one has these.
    """
    found = {name: name for name in old.api.components if name in new.api.components}
    gone = [name for name in old.api.components if name not in found and old.visible(name)]
    fresh = [name for name in new.api.components if name not in found and new.visible(name)]
    # A name is gone or fresh, never both.
    shapes = {name: _shape(old, name) for name in gone}
    shapes |= {name: _shape(new, name) for name in fresh}
    return found | dict(_unique_pairs(gone, fresh, lambda name: shapes[name]))


def _unique_pairs(
    left: Iterable[T], right: Iterable[T], key: Callable[[T], Hashable]
) -> list[tuple[T, T]]:
    """Return those of both sides that have a key which nothing else has on its side."""
    sides: list[dict[Hashable, list[T]]] = [defaultdict(list), defaultdict(list)]
    for side, items in zip(sides, (left, right), strict=True):
        for item in items:
            side[key(item)].append(item)
    return [
        (items[0], sides[1][value][0])
        for value, items in sides[0].items()
        if len(items) == 1 and len(sides[1].get(value, ())) == 1
    ]


def _shape(surface: Surface, name: str) -> Hashable:
    """Return what a component is, without the names of others."""
    component = surface.api.components[name]
    if isinstance(component, ir.Object):
        return frozenset(
            (
                prop.wire,
                prop.required,
                substitute(surface.types.of(prop.pointer), lambda _: ANY_MODEL),
            )
            for prop in component.properties
        )
    described = surface.types.alias(name)
    return described if isinstance(described, UnionOf) else (name, described)
