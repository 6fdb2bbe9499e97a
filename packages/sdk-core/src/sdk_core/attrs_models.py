"""
The base of generated wire models that are attrs classes.

They read what servers really send, as those of `sdk_core.models` do: unknown fields are kept, enums
and tagged unions are open, and what does not fit is kept as it came. Nothing imports pydantic.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from functools import partial
from inspect import get_annotations
from types import SimpleNamespace
from typing import Any, Literal, Self

import attrs

from . import _shapes
from ._shapes import Tagged
from .deferred import Statement

__all__ = ["Model", "Tagged", "UnknownVariant", "deferred"]


@attrs.define(kw_only=True)
class Model:
    """An object as the API sends it."""

    _extra: dict[str, Any] | None = attrs.field(default=None, init=False, repr=False)
    _unset: tuple[str, ...] | None = attrs.field(default=None, init=False, repr=False, eq=False)
    _answered_as: str | None = attrs.field(default=None, init=False, repr=False, eq=False)

    @property
    def model_extra(self) -> dict[str, Any]:
        """What the API sent beside the declared fields, by its name on the wire."""
        if self._extra is None:
            self._extra = {}
        return self._extra

    @property
    def model_fields_set(self) -> set[str]:
        """
        The names of the fields that were sent, and of what was sent beside them.

        Of an object that was made by hand: of those that differ from their default.
        """
        fields = _fields(type(self))
        if self._unset is None:
            unset = {f.name for f in fields if not f.required}
        else:
            unset = set(self._unset)
        kept = {f.name for f in fields if f.name in unset and getattr(self, f.name) == f.missing}
        return ({field.name for field in fields} - kept) | (self._extra or {}).keys()

    @property
    def _request_id(self) -> str | None:
        """The ``x-request-id`` of the answer, on the object that a call returned; else None."""
        return self._answered_as

    @classmethod
    def model_validate(cls, data: Mapping[str, Any]) -> Self:
        """
        Return the object that *data*, as decoded from JSON, describes.

        Raises:
            ValueError: It does not fit; the message says where.
        """
        from ._converters import convert  # noqa: PLC0415  # it makes what is here

        built: Self = convert(cls, data, strict=True)
        return built

    @classmethod
    def _wire_fields(cls) -> tuple[_shapes.Field, ...]:
        """Return the fields as decoders see them."""
        return _fields(cls)

    def __getattr__(self, name: str) -> Any:
        extra = None if name.startswith("_") else self._extra
        if extra is None or name not in extra:
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)
        return extra[name]

    def to_dict(
        self,
        *,
        mode: Literal["json", "python"] = "python",
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> dict[str, object]:
        """
        Return the object as a dictionary, by default just as the API sent it.

        Args:
            mode: ``json`` for values that JSON can hold, ``python`` for objects such as datetimes.
            use_api_names: Use the names on the wire where they differ from the attributes'.
            exclude_unset: Leave out what the API did not send.
            exclude_defaults: Leave out what equals its default.
            exclude_none: Leave out what is None.
        """

        def plain(value: Any) -> Any:
            if isinstance(value, Model):
                return entries(value)
            if isinstance(value, list):
                return [plain(item) for item in value]
            if isinstance(value, dict):
                return {key: plain(item) for key, item in value.items()}
            if mode == "json" and isinstance(value, dt.date):  # datetimes are dates
                return value.isoformat().replace("+00:00", "Z")
            return value

        def entries(model: Model) -> dict[str, Any]:
            found = {}
            given = model.model_fields_set
            for field in _fields(type(model)):
                value = getattr(model, field.name)
                if (
                    (exclude_unset and field.name not in given)
                    or (exclude_defaults and not field.required and value == field.default())
                    or (exclude_none and value is None)
                ):
                    continue
                found[field.wire if use_api_names else field.name] = plain(value)
            for key, value in (model._extra or {}).items():
                if not (exclude_none and value is None):
                    found[key] = plain(value)
            return found

        return entries(self)

    def model_dump(
        self,
        *,
        mode: Literal["json", "python"] = "python",
        by_alias: bool = False,
        exclude_unset: bool = False,
        warnings: bool = True,  # noqa: ARG002  # there are none to give
    ) -> dict[str, object]:
        """Return the object as a dictionary, as a request takes it; see `to_dict`."""
        return self.to_dict(mode=mode, use_api_names=by_alias, exclude_unset=exclude_unset)

    def to_json(
        self,
        *,
        indent: int | None = 2,
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> str:
        """Return the object as JSON, by default just as the API sent it; see `to_dict`."""
        content = self.to_dict(
            mode="json",
            use_api_names=use_api_names,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
        )
        separators = (",", ":") if indent is None else None
        return json.dumps(content, indent=indent, separators=separators, ensure_ascii=False)


def deferred() -> tuple[SimpleNamespace, SimpleNamespace]:
    """
    Return what stands for `attrs` and for this module where classes are made when they are named.

    See `sdk_core.deferred`, which ends such a module.
    """

    def define(**options: Any) -> Any:
        return lambda statement: statement.then(attrs.define(**options))

    return (
        SimpleNamespace(define=define, field=attrs.field),
        SimpleNamespace(Model=Statement.of(Model)),
    )


@attrs.define(kw_only=True)
class UnknownVariant(Model):
    """A variant of a union that this version of the package does not know; nothing is lost."""

    def __getattr__(self, name: str) -> Any:
        return _known(super().__getattr__(name))

    def __repr__(self) -> str:
        content = ", ".join(f"{key}={value!r}" for key, value in (self._extra or {}).items())
        return f"UnknownVariant({content})"


def unknown(value: Mapping[str, Any]) -> UnknownVariant:
    """Return *value* as an unknown variant."""
    variant = UnknownVariant()
    variant._extra = dict(value)  # noqa: SLF001  # it has no other door
    return variant


def _known(value: Any) -> Any:
    """Give attribute access to the objects inside an unknown variant, too."""
    if isinstance(value, Mapping):
        return unknown(value)
    if isinstance(value, list):
        return [_known(item) for item in value]
    return value


def _given(value: Any) -> Any:
    return value.factory() if isinstance(value, attrs.Factory) else value  # type: ignore[arg-type]  # a class


_FIELDS: dict[Any, tuple[_shapes.Field, ...]] = {}


def _fields(model: Any) -> tuple[_shapes.Field, ...]:
    found = _FIELDS.get(model)
    if found is None:
        hints: dict[str, Any] = {}
        for base in reversed(model.__mro__):
            if issubclass(base, Model) and base is not Model:
                hints |= _shapes.evaluated(get_annotations(base), base.__module__)
        found = _FIELDS[model] = tuple(
            _shapes.Field(
                field.name,
                field.metadata.get("wire", field.name),
                field.default is attrs.NOTHING,
                _shapes.shape_of(hints[field.name]),
                partial(_given, field.default),
            )
            for field in attrs.fields(model)
            if not field.name.startswith("_")
        )
    return found
