"""`Ref`: how operations name the types that answers are decoded to."""

from __future__ import annotations

import re
from collections import Counter

from .._annotations import literal
from .._names import Namespace, class_name, constant_name
from .._types import Described, ListOf, MapOf, Named, Plain, UnionOf
from ._context import Context

__all__ = ["References"]


class References:
    """The references of one module; what is named several times is written once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._counts: Counter[str] = Counter()
        self._names: dict[str, str] = {}
        self._given = Namespace()

    def to(self, described: Described, operation: str, suffix: str) -> str | None:
        """
        Return the key of a reference to a type; ``None`` for plain values, which JSON has itself.

        A type that a `Ref` cannot spell, such as a union written in place, gets a name among the
        models: that of the operation and *suffix*.
        """
        ref = self._spell(described)
        if ref is None:
            if not self._decoded(described):
                return None
            ref = self._spell(
                Named(self._context.answer(described, class_name(operation) + suffix))
            )
        assert ref is not None
        self._counts[ref] += 1
        return ref

    def shared(self) -> list[tuple[str, str]]:
        """Return name and source of the references that are used more than once."""
        for ref, count in self._counts.items():
            if count > 1 and ref not in self._names:
                words = re.findall(r'"([^"]*)"', ref)[1:]
                name = f"_{constant_name('_'.join(words))}"
                self._names[ref] = self._given.take(name)
        return [(name, ref) for ref, name in self._names.items()]

    def source(self, ref: str) -> str:
        """Return how an operation writes a reference."""
        return self._names.get(ref, ref)

    def _spell(self, described: Described) -> str | None:
        module = literal(f"{self._context.package}.models")
        models = self._context.models
        match described:
            case Named(name) if name in models:
                return f"Ref({module}, {literal(name)})"
            case Named(name) if not self._context.types.is_object(name):
                return self._spell(self._context.types.alias(name))
            case ListOf(Named(name)) if name in models:
                return f'Ref({module}, {literal(name)}, "list")'
            case MapOf(Named(name)) if name in models:
                return f'Ref({module}, {literal(name)}, "dict")'
        return None

    def _decoded(self, described: Described) -> bool:
        """Say whether a value of the type differs from what JSON gives."""
        match self._context.types.expand(described):
            case Named(name):
                return not self._context.types.is_enum(name)
            case Plain(kind):
                return kind in ("date", "datetime")
            case ListOf(inner) | MapOf(inner):
                return self._decoded(inner)
            case UnionOf(members):
                return any(self._decoded(member) for member in members)
        return False
