"""Pydantic models that are made of structs; see `_structs`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pydantic

from ._shapes import Field, Plain, Shape, shape_of
from ._structs import Convert, Structs
from ._validators import is_model, reader, validate_json
from .models import BaseModel

__all__ = ["structs_of"]


# Faster than attributes, each of which pydantic looks at when it is set.
_NAMES: Mapping[str, Any] = {
    "set_dict": pydantic.BaseModel.__dict__["__dict__"].__set__,
    "set_missing": BaseModel.__dict__["_missing"].__set__,
}


class _Adopting:
    """The family of `BaseModel`: objects get their ``__dict__`` whole."""

    @staticmethod
    def is_plain(wanted: Any) -> bool:
        return is_model(wanted) and wanted._is_plain()  # noqa: SLF001  # of our own base class

    @staticmethod
    def read(shape: Shape, data: bytes) -> Any:
        return validate_json(shape, data)

    @staticmethod
    def moment(kind: type) -> Convert:
        read: Convert = reader(Plain(kind)).validator().validate_python
        return read

    @staticmethod
    def silent(field: Field) -> bool:
        return field.silent

    @staticmethod
    def lines(members: list[tuple[str, str]], optional: bool) -> list[str]:
        entries = ", ".join(f"{name!r}: {value}" for name, value in members)
        lines = ["self = new(model)", f"set_dict(self, {{{entries}}})"]
        if optional:
            lines.append("if missing: set_missing(self, missing)")
        return lines

    @staticmethod
    def names() -> Mapping[str, Any]:
        return _NAMES


def structs_of(wanted: Any) -> Structs:
    """Return the structs of a type that is made of pydantic models."""
    return Structs(shape_of(wanted), _Adopting())
