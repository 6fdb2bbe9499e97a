"""
The base of generated wire models.

Models read what servers really send: unknown fields are kept, enums and tagged unions are open,
and `sdk_core` falls back to unvalidated construction where the data does not fit.
"""

from __future__ import annotations

import json as _json
from collections.abc import Mapping
from functools import cache, partial
from inspect import get_annotations
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import pydantic
from pydantic import ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from . import _shapes
from ._shapes import Tagged

__all__ = ["BaseModel", "Field", "Tagged", "UnknownVariant", "construct"]


class BaseModel(pydantic.BaseModel):
    """
    An object as the API sends it.

    Built when it is first used, so that importing a package of a thousand models costs little.
    """

    # Slots, not private attributes: pydantic would pay for them at every nested object.
    __slots__ = ("_answered_as", "_missing", "_sent")

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="allow",
        defer_build=True,
        populate_by_name=True,
        protected_namespaces=(),
        use_attribute_docstrings=False,
    )

    @classmethod
    def model_rebuild(
        cls,
        *,
        force: bool = False,
        raise_errors: bool = True,
        _parent_namespace_depth: int = 2,
        _types_namespace: Any = None,
    ) -> bool | None:
        """Complete the class; see `pydantic.BaseModel.model_rebuild`."""
        _complete(cls)
        return super().model_rebuild(
            force=force,
            raise_errors=raise_errors,
            _parent_namespace_depth=_parent_namespace_depth + 1,  # this frame
            _types_namespace=_types_namespace,
        )

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        # Other models are imported when pydantic needs to see them.
        _complete(cls)
        return handler(source)

    @classmethod
    def model_construct(cls, /, _fields_set: set[str] | None = None, **values: Any) -> Self:
        """
        Return an object of *values*, as far as they fit, down to the objects within; never raises.

        See `construct`; pydantic's own leaves everything as it is.
        """
        built: Self = construct(cls, values)
        if _fields_set is not None:
            object.__setattr__(built, "__pydantic_fields_set__", _fields_set)
        return built

    if not TYPE_CHECKING:
        construct = model_construct  # pydantic's own warns that it is old

    @classmethod
    def _wire_fields(cls) -> tuple[_shapes.Field, ...]:
        """Return the fields as decoders see them."""
        return _fields(cls)

    @classmethod
    def _is_plain(cls) -> bool:
        """Say whether the class is its fields only: such as generated ones are."""
        own = {name for name in vars(cls) if not name.startswith("__") or name in _HOOKS}
        return (
            cls.__bases__ == (BaseModel,)
            and cls.model_config == BaseModel.model_config
            and own <= _OF_PYDANTIC
            and all(info.default_factory is None for info in cls.model_fields.values())
            and not any(_shapes.is_foreign(field.shape) for field in _fields(cls))
        )

    if not TYPE_CHECKING:  # or type checkers would take every attribute for one

        def __getattr__(self, name: str) -> Any:
            # An object that adopted its data gets what pydantic keeps beside it when somebody asks:
            # most are read once, and these three for each of them would be a third of the time.
            if name == "__pydantic_fields_set__":
                value = _sent_of(self)
            elif name == "__pydantic_extra__":
                value = {}
            elif name == "__pydantic_private__":
                value = None
            else:
                return super().__getattr__(name)
            object.__setattr__(self, name, value)
            return value

    def __str__(self) -> str:
        return repr(self)  # pydantic's leaves out what the object is

    @property
    def _request_id(self) -> str | None:
        """The ``x-request-id`` of the answer, on the object that a call returned; else None."""
        return getattr(self, "_answered_as", None)

    @property
    def _as_sent(self) -> Any:
        """The JSON that came, on an object that was mended; else None."""
        sent = getattr(self, "_sent", None)
        return None if sent is None else _json.loads(sent.decode("utf-8", "replace"))

    def to_dict(
        self,
        *,
        mode: Literal["json", "python"] = "python",
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        warnings: bool = True,
    ) -> dict[str, object]:
        """
        Return the object as a dictionary, by default just as the API sent it.

        Args:
            mode: ``json`` for values that JSON can hold, ``python`` for objects such as datetimes.
            use_api_names: Use the names on the wire where they differ from the attributes'.
            exclude_unset: Leave out what the API did not send.
            exclude_defaults: Leave out what equals its default.
            exclude_none: Leave out what is None.
            warnings: Warn about values that do not fit their declared type.
        """
        return self.model_dump(
            mode=mode,
            by_alias=use_api_names,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
            warnings=warnings,
        )

    def to_json(
        self,
        *,
        indent: int | None = 2,
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        warnings: bool = True,
    ) -> str:
        """Return the object as JSON, by default just as the API sent it; see `to_dict`."""
        return self.model_dump_json(
            indent=indent,
            by_alias=use_api_names,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
            warnings=warnings,
        )


def construct(wanted: Any, value: Any) -> Any:
    """
    Return *value* as a *wanted*, a model or another type, as far as it fits; never raises.

    What does not fit is kept as it came; a required field that is missing becomes None.
    """
    from ._construct import construct as made  # noqa: PLC0415  # which imports this module

    return made(wanted, value)


def _complete(cls: type[BaseModel]) -> None:
    """
    Import what the annotations of *cls* name, and take over the fields of its bases.

    The annotations of a generated model mean something in its own module only, so a model that is
    derived from it elsewhere, by hand, cannot read them: the base is built first.
    """
    _shapes.import_names(cls)
    if cls.__pydantic_generic_metadata__["origin"] is not None:
        return  # `Page[Item]` has fields of its own, with the item in them
    for base in reversed(cls.__mro__[1 : cls.__mro__.index(BaseModel)]):
        if issubclass(base, BaseModel):
            base.model_rebuild()
            for name, info in base.model_fields.items():
                if name not in get_annotations(cls):
                    cls.model_fields[name] = info


_HOOKS = frozenset({"__init__", "__new__", "__setattr__", "__get_pydantic_core_schema__"})
_OF_PYDANTIC = frozenset({"_abc_impl", "model_config", "model_fields", "model_computed_fields"})


def _sent_of(model: BaseModel) -> set[str]:
    """Return the fields that came, of an object that adopted them."""
    missing = getattr(model, "_missing", ())
    values = model.__dict__
    return {
        field.name
        for field in _fields(type(model))
        if field.name not in missing and not (values.get(field.name) is None and field.silent)
    }


@cache
def _fields(model: type[BaseModel]) -> tuple[_shapes.Field, ...]:
    hints: dict[str, Any] = {}
    try:
        for base in reversed(model.__mro__):
            if issubclass(base, BaseModel) and base is not BaseModel:
                hints |= _shapes.evaluated(get_annotations(base), base.__module__)
    except NameError:  # a class inside of a function: only pydantic knows where it is
        model.model_rebuild()
        hints = {}
    fields = []
    for name, info in model.model_fields.items():
        hint = hints.get(name)
        own = [item for item in info.metadata if not isinstance(item, Tagged)]
        if own or name not in hints:
            model.model_rebuild()
            info = model.model_fields[name]  # noqa: PLW2901  # complete now
            hint = Annotated[(info.annotation, *info.metadata)] if own else info.annotation
        fields.append(
            _shapes.Field(
                name,
                info.alias or name,
                info.is_required(),
                _shapes.shape_of(hint),
                partial(info.get_default, call_default_factory=True),
            )
        )
    return tuple(fields)


class UnknownVariant(BaseModel):
    """A variant of a union that this version of the package does not know; nothing is lost."""

    def __getattr__(self, name: str) -> Any:
        value = super().__getattr__(name)  # type: ignore[misc]  # pydantic defines it at run time
        return _known(value)


def _known(value: Any) -> Any:
    """Give attribute access to the objects inside an unknown variant, too."""
    if isinstance(value, Mapping):
        return UnknownVariant.model_validate(value)
    if isinstance(value, list):
        return [_known(item) for item in value]
    return value
