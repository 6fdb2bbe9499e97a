"""``openai._utils``: questions about values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from sdk_core.typing import FileTypes, NotGiven, Omit

__all__ = [
    "file_from_path",
    "is_dict",
    "is_given",
    "is_list",
    "is_mapping",
    "is_sequence",
    "maybe_transform",
    "strip_not_given",
]

T = TypeVar("T")


def is_given(obj: T | NotGiven | Omit) -> TypeGuard[T]:
    """Return whether *obj* is a value, and not one of the sentinels."""
    return not isinstance(obj, NotGiven | Omit)


def is_dict(obj: object) -> TypeGuard[dict[Any, Any]]:
    """Return whether *obj* is a dictionary."""
    return isinstance(obj, dict)


def is_list(obj: object) -> TypeGuard[list[Any]]:
    """Return whether *obj* is a list."""
    return isinstance(obj, list)


def is_mapping(obj: object) -> TypeGuard[Mapping[str, object]]:
    """Return whether *obj* is a mapping."""
    return isinstance(obj, Mapping)


def is_sequence(obj: object) -> TypeGuard[Sequence[Any]]:
    """Return whether *obj* is a sequence, which a text is too."""
    return isinstance(obj, Sequence)


def strip_not_given(obj: object) -> object:
    """Return a mapping without what is not given, and anything else as it is."""
    if not isinstance(obj, Mapping):
        return obj
    return {name: value for name, value in obj.items() if not isinstance(value, NotGiven)}


def maybe_transform(data: object, expected_type: object) -> Any:  # noqa: ARG001  # openai's arguments
    """Return *data*: parameters are sent under the names that they have in Python."""
    return data


def file_from_path(path: str) -> FileTypes:
    """Return the file at *path*, read, under its own name, as forms take it."""
    file = Path(path)
    return file.name, file.read_bytes()
