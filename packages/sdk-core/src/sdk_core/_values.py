"""
What frozen values have in common: how they are shown and compared.

attrs writes and compiles these methods anew for every class, which takes half of the time that it
takes to make one, and a process that makes a single call makes forty. Here they are written once.
"""

from __future__ import annotations

from functools import cache
from reprlib import recursive_repr
from typing import Any

import attrs

__all__ = ["Shown", "Value"]


class Shown:
    """A class of attrs', made with ``repr=False``, that is shown with its fields."""

    __slots__ = ()

    @recursive_repr()
    def __repr__(self) -> str:
        shown = []
        kind: Any = type(self)
        for field in attrs.fields(kind):
            if field.repr:
                write = field.repr if callable(field.repr) else repr
                value = getattr(self, field.name, attrs.NOTHING)
                shown.append(f"{field.name}={write(value)}")
        return f"{kind.__name__}({', '.join(shown)})"


class Value(Shown):
    """A class of attrs', made with ``repr=False, eq=False``, that equals what has equal fields."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _key(self) == _key(other)

    def __hash__(self) -> int:
        return hash((type(self), *_key(self)))


def _key(value: Any) -> tuple[Any, ...]:
    kind: Any = type(value)
    return tuple(getattr(value, name) for name in _compared(kind))


@cache
def _compared(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(kind) if field.eq)
