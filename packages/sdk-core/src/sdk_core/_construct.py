"""Build models from data that does not fit them: keep every value, refuse none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ._shapes import ListOf, MapOf, Model, OneOf, Shape, TaggedOf, shape_of, target
from ._validators import is_model, validate
from .models import BaseModel


def construct(wanted: Any, value: Any) -> Any:
    """
    Return *value* as a *wanted* as far as it fits.

    What fits is converted as validation would. What does not is kept as it came; a required field
    that is missing becomes None, a required list an empty one. Never raises.
    """
    return _shaped(Model(wanted) if is_model(wanted) else shape_of(wanted), value)


def _shaped(shape: Shape, value: Any) -> Any:
    try:
        return validate(shape, value)
    except ValidationError:
        pass
    match shape:
        case Model(named):
            wanted = target(named)
            if not is_model(wanted):
                return construct(wanted, value)
            return _model(wanted, value) if isinstance(value, Mapping) else value
        case OneOf(members):
            return _one_of(members, value)
        case ListOf(item):
            if isinstance(value, list):
                return [_shaped(item, each) for each in value]
            return [] if value is None else value  # what iterates over the list goes on working
        case MapOf(inner) if isinstance(value, Mapping):
            return {key: _shaped(inner, each) for key, each in value.items()}
    return value


def _model(model: type[BaseModel], value: Mapping[str, Any]) -> BaseModel:
    fields: dict[str, Any] = {}
    given: set[str] = set()
    for field in model._wire_fields():  # noqa: SLF001  # of our own base class
        key = field.wire if field.wire in value else field.name
        if key in value:
            fields[field.name] = _shaped(field.shape, value[key])
            given.update((field.name, key))
        else:
            fields[field.name] = field.missing
    extra = {key: item for key, item in value.items() if key not in given}
    names = {name for name in fields if name in given}
    # Filled afterwards, because data may have any names, also those of the method's arguments.
    built = super(BaseModel, model).model_construct(names | extra.keys())
    built.__dict__.update(fields)
    if built.model_extra is not None:
        built.model_extra.update(extra)
    return built


def _one_of(members: tuple[Shape, ...], value: Any) -> Any:
    """Return *value* as the first member that can keep what fits inside it."""
    kinds: tuple[type, ...] = ()
    if isinstance(value, Mapping):
        kinds = (Model, MapOf, TaggedOf)
    elif isinstance(value, list):
        kinds = (ListOf,)
    for member in members:
        meant = _meant(member)
        if isinstance(meant, kinds):
            return _shaped(meant, value)
    return value


def _meant(member: Shape) -> Shape:
    """Return what a name of a type stands for, where that is no model."""
    if isinstance(member, Model) and not is_model(wanted := target(member.type)):
        return shape_of(wanted)
    return member
