"""``openai._compat``: pydantic, of which there is one version here."""

from __future__ import annotations

from typing import Any, TypeVar

import pydantic
from pydantic.fields import FieldInfo

__all__ = [
    "PYDANTIC_V1",
    "get_model_fields",
    "model_copy",
    "model_dump",
    "model_json",
    "model_json_schema",
    "model_parse",
    "parse_obj",
]

ModelT = TypeVar("ModelT", bound=pydantic.BaseModel)

PYDANTIC_V1 = False


def parse_obj(model: type[ModelT], value: object) -> ModelT:
    """Return *value* as a *model*. Raises pydantic.ValidationError where it does not fit."""
    return model.model_validate(value)


model_parse = parse_obj


def model_copy(model: ModelT, *, deep: bool = False) -> ModelT:
    """Return a copy of *model*."""
    return model.model_copy(deep=deep)


def model_dump(model: pydantic.BaseModel, **options: Any) -> dict[str, Any]:
    """Return *model* as a dictionary; *options* are those of its method of this name."""
    return model.model_dump(**options)


def model_json(model: pydantic.BaseModel, *, indent: int | None = None) -> str:
    """Return *model* as JSON."""
    return model.model_dump_json(indent=indent)


def model_json_schema(model: type[pydantic.BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of *model*."""
    return model.model_json_schema()


def get_model_fields(model: type[pydantic.BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of *model* by name."""
    return model.model_fields
