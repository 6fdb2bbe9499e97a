"""
Validators of pydantic models, built from what has been met.

Building the validator of everything that an answer could hold takes far longer than decoding what
it holds. So a model that no data has shown yet is a call back into Python, which imports and reads
it when its first object arrives; from the next build on it is a part of the whole. Builds are
spaced so that there are few of them however many models there are.

A variant of a union that nobody knows is looked for only by the types that have met one: to be
prepared costs every object of a union a tenth of its time.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from threading import RLock
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import CoreConfig, CoreSchema, SchemaValidator, core_schema

from . import _shapes
from ._shapes import (
    Constants,
    Foreign,
    ListOf,
    MapOf,
    Model,
    OneOf,
    Plain,
    Shape,
    TaggedOf,
    is_later,
    shape_of,
    target,
)
from .models import BaseModel, UnknownVariant

__all__ = ["Reader", "is_model", "reader", "validate", "validate_json"]

_PLAIN: dict[Any, CoreSchema] = {
    object: core_schema.any_schema(),
    str: core_schema.str_schema(),
    int: core_schema.int_schema(),
    float: core_schema.float_schema(),
    bool: core_schema.bool_schema(),
    type(None): core_schema.none_schema(),
    dt.date: core_schema.date_schema(),
    dt.datetime: core_schema.datetime_schema(),
}
_CONFIG = CoreConfig(extra_fields_behavior="allow")
_building = RLock()
_ROOT = CoreConfig(cache_strings="keys")  # values are mostly met once
_UNKNOWN = core_schema.model_schema(
    UnknownVariant, core_schema.model_fields_schema({}), config=_CONFIG
)


def is_model(wanted: Any) -> bool:
    """Say whether *wanted* is a class of models."""
    return isinstance(wanted, type) and issubclass(wanted, BaseModel)


class Reader:
    """Validates data as one type; better with each build."""

    __slots__ = ("_built", "_met", "_reads", "_validator", "_wait", "_wanted", "_wide")

    def __init__(self, wanted: Any) -> None:
        self._wanted = wanted
        self._reads = 0
        self._wait = 1
        self._met: set[Any] = set()
        self._built = -1
        self._wide = False
        self._validator: SchemaValidator

    def widen(self) -> bool:
        """Accept variants that nobody knows from now on; say whether that is new."""
        if self._wide:
            return False
        self._wide = True
        self._built, self._wait = -1, 1
        return True

    def validator(self) -> SchemaValidator:
        """Return the validator for the next read."""
        self._reads += 1
        if self._reads >= self._wait:
            with _building:  # other threads wait for what is being built
                met = len(self._met)
                if met > self._built:
                    self._validator = _Build(self._wanted, self._met, self._wide).validator()
                    self._built = met
                self._wait *= 2
        return self._validator


@cache
def reader(wanted: Any) -> Reader:
    """Return the reader of a type; there is one for each."""
    return Reader(wanted)


def validate(shape: Shape, value: Any, *, wide: bool = True) -> Any:
    """
    Return *value* as its shape; raises pydantic's error where it does not fit.

    Args:
        shape: What it shall be.
        value: What JSON says.
        wide: Whether variants that nobody knows fit.
    """
    found = _shaped(shape)
    if wide:
        found.widen()
    return found.validator().validate_python(value)


def validate_json(shape: Shape, data: bytes) -> Any:
    """Return the JSON *data* as its shape, without variants that nobody knows; see `validate`."""
    return _shaped(shape).validator().validate_json(data)


@cache
def _shaped(shape: Shape) -> Reader:
    return reader(_resolved(shape.type)) if isinstance(shape, Model) else Reader(shape)


@cache
def _foreign(wanted: Any) -> Any:
    """Return the validator that pydantic makes of a type that is not generated."""
    if is_model(wanted):
        wanted.model_rebuild()  # deferred until now, and the adapter would not do it
    return TypeAdapter(wanted).validator


class _Build:
    """One build of a validator, in which what *met* holds is inside."""

    def __init__(self, wanted: Any, met: set[Any], wide: bool) -> None:
        self._wanted = wanted
        self._wide = wide
        self._met = met
        self._inside = frozenset(met)
        # Each place of a model in the schema; one that has several is defined once.
        self._places: dict[Any, list[Any]] = {}
        self._schemas: dict[Any, Any] = {}

    def validator(self) -> SchemaValidator:
        wanted = self._wanted
        if is_model(wanted) or _named(wanted):
            schema = self._place(wanted)
        else:
            schema = self._of(wanted if isinstance(wanted, _shapes.SHAPES) else shape_of(wanted))
        definitions: list[CoreSchema] = []
        for number, (key, places) in enumerate(self._places.items()):
            made = self._schemas[key]
            if len(places) > 1:
                ref = f"m{number}"
                definitions.append({**made, "ref": ref})
                made = core_schema.definition_reference_schema(ref)
            for place in places:
                place.update(made)
        if definitions:
            schema = core_schema.definitions_schema(schema, definitions)
        return SchemaValidator(schema, _ROOT)

    def _place(self, wanted: Any) -> CoreSchema:
        """Return the schema of a model or a name, which is complete when the build is."""
        named = None if is_model(wanted) else shape_of(target(wanted))
        if isinstance(named, Model):  # a second name of a model is that model
            return self._of(named)
        place: Any = {}
        if wanted in self._places:
            self._places[wanted].append(place)
            return place  # type: ignore[no-any-return]  # a schema when the build is complete
        self._places[wanted] = [place]
        if named is not None:
            self._schemas[wanted] = self._of(named)
        elif wanted._is_plain():  # noqa: SLF001  # of our own base class
            self._schemas[wanted] = self._model(wanted)
        else:
            validator = _foreign(wanted)
            self._schemas[wanted] = core_schema.no_info_plain_validator_function(
                validator.validate_python
            )
        return place  # type: ignore[no-any-return]  # as above

    def _model(self, model: type[BaseModel]) -> CoreSchema:
        fields = {}
        for field in model._wire_fields():  # noqa: SLF001  # of our own base class
            schema = self._of(field.shape)
            if not field.required:
                schema = core_schema.with_default_schema(schema, default=field.default())
            fields[field.name] = core_schema.model_field(
                schema, validation_alias=None if field.wire == field.name else field.wire
            )
        return core_schema.model_schema(
            model, core_schema.model_fields_schema(fields), config=_CONFIG
        )

    def _of(self, shape: Shape) -> CoreSchema:
        match shape:
            case Plain(kind):
                return _PLAIN[kind]
            case Constants(values):
                return core_schema.literal_schema(list(values))
            case Model(wanted):
                return self._later(wanted)
            case ListOf(item):
                return core_schema.list_schema(self._of(item))
            case MapOf(value):
                return core_schema.dict_schema(_PLAIN[str], self._of(value))
            case OneOf():
                return self._one_of(shape)
            case TaggedOf(tag, choices):
                known = core_schema.tagged_union_schema(
                    {value: self._of(inner) for value, inner in choices}, tag
                )
                if not self._wide:
                    return known
                return core_schema.union_schema([known, _UNKNOWN], mode="left_to_right")
        assert isinstance(shape, Foreign)
        return core_schema.no_info_plain_validator_function(
            _foreign(shape.annotation).validate_python
        )

    def _one_of(self, shape: OneOf) -> CoreSchema:
        # To choose the best of several models one must see into all of them.
        choose = sum(isinstance(member, Model) for member in shape.members) > 1
        if choose and shape is not self._wanted and shape not in self._inside:
            schema = self._when_met(shape)
        else:
            choices = [
                self._place(_resolved(member.type))
                if choose and isinstance(member, Model)
                else self._of(member)
                for member in shape.members
            ]
            schema = choices[0] if len(choices) == 1 else core_schema.union_schema(list(choices))
        return core_schema.nullable_schema(schema) if shape.nullable else schema

    def _later(self, wanted: Any) -> CoreSchema:
        if wanted in self._inside:
            return self._place(_resolved(wanted))
        return self._when_met(Model(wanted))

    def _when_met(self, shape: Shape) -> CoreSchema:
        """Return the schema of what no data has shown yet."""
        met, key, wide = self._met, shape.type if isinstance(shape, Model) else shape, self._wide

        def read(value: Any) -> Any:
            met.add(key)
            return validate(shape, value, wide=wide)

        return core_schema.no_info_plain_validator_function(read)


def _named(wanted: Any) -> bool:
    return hasattr(wanted, "__value__")


def _resolved(wanted: Any) -> Any:
    return wanted.resolve() if is_later(wanted) else wanted
