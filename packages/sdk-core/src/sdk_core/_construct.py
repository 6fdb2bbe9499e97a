"""Build models from data that does not fit them: keep every value, refuse none."""

from __future__ import annotations

import types
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from .models import BaseModel


def construct(wanted: Any, value: Any) -> Any:
    """
    Return *value* as a *wanted* as far as it fits.

    What fits is converted as validation would. What does not is kept as it came; a required field
    that is missing becomes None, a required list an empty one. Never raises.
    """
    try:
        return _adapter(wanted).validate_python(value)
    except ValidationError:
        pass
    if get_origin(wanted) is Annotated:
        wanted = get_args(wanted)[0]
    origin, arguments = get_origin(wanted), get_args(wanted)
    if isinstance(wanted, type) and issubclass(wanted, BaseModel) and isinstance(value, Mapping):
        return _model(wanted, value)
    if origin in {Union, types.UnionType}:
        return _union(arguments, value)
    if origin is list and isinstance(value, list):
        return [construct(arguments[0], item) for item in value]
    if origin is list and value is None:
        return []  # `choices: null`: what iterates over the list goes on working
    if origin is dict and isinstance(value, Mapping):
        return {key: construct(arguments[1], item) for key, item in value.items()}
    return value


@cache
def _adapter(wanted: Any) -> TypeAdapter[Any]:
    return TypeAdapter(wanted)


def _model(model: type[BaseModel], value: Mapping[str, Any]) -> BaseModel:
    model.model_rebuild()  # deferred until first use, and validation may never have run
    fields: dict[str, Any] = {}
    given: set[str] = set()
    for name, field in model.model_fields.items():
        key = field.alias if field.alias is not None and field.alias in value else name
        if key in value:
            annotation: Any = field.annotation
            if field.metadata:
                annotation = Annotated[(annotation, *field.metadata)]
            fields[name] = construct(annotation, value[key])
            given.update((name, key))
        else:
            fields[name] = _missing(field)
    extra = {key: item for key, item in value.items() if key not in given}
    names = {name for name in fields if name in given}
    # Filled afterwards, because data may have any names, also those of the method's arguments.
    built = model.model_construct(names | extra.keys())
    built.__dict__.update(fields)
    if built.model_extra is not None:
        built.model_extra.update(extra)
    return built


def _missing(field: FieldInfo) -> Any:
    """Return what stands for a field that was not sent."""
    if not field.is_required():
        return field.get_default(call_default_factory=True)
    return [] if get_origin(field.annotation) is list else None


def _union(variants: tuple[Any, ...], value: Any) -> Any:
    """Return *value* as the first variant that can keep what fits inside it."""
    kind = dict if isinstance(value, Mapping) else type(value)
    for variant in variants:
        bare = get_args(variant)[0] if get_origin(variant) is Annotated else variant
        model = isinstance(bare, type) and issubclass(bare, BaseModel)
        if get_origin(bare) is kind or (model and kind is dict):
            return construct(variant, value)
    return value
