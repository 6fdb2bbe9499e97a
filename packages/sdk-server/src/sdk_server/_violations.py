"""Turn JSON Schema errors into sentences that name the member that is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jsonschema_rs

from ._problems import Fault

MASK = "the value"
"""Stands for values in messages: a body may hold a password."""

_LIMIT = 20
_Error = jsonschema_rs.ValidationError
_Kind = jsonschema_rs.ValidationErrorKind


def find_faults(validator: jsonschema_rs.Validator, value: Any, location: str) -> list[Fault]:
    """Return what is wrong with `value`, the most telling fault of each place, none if it is valid.

    Args:
        validator: Compiled schema; it must mask values with `MASK`.
        value: The decoded JSON value.
        location: Where the value comes from: `body`, `query`, `path` or `header`.
    """
    faults: list[Fault] = []
    for error in validator.iter_errors(value):
        for fault in _leaves(error, location):
            if fault not in faults:
                faults.append(fault)
        if len(faults) >= _LIMIT:
            break
    return faults


def _leaves(error: _Error, location: str) -> list[Fault]:
    kind = error.kind
    if isinstance(kind, _Kind.AnyOf | _Kind.OneOfNotValid):
        return _union(error, kind.context, location)
    return [Fault(location=location, path=_place(error), message=_sentence(error))]


def _union(error: _Error, branches: list[list[_Error]], location: str) -> list[Fault]:
    here = len(error.instance_path)
    fitting = [branch for branch in branches if not any(_is_kind(e, here, "type") for e in branch)]
    if not fitting:
        types = sorted({t for branch in branches for e in branch for t in _types(e, here)})
        message = f"must be {_one_of(types)}"
        return [Fault(location=location, path=tuple(error.instance_path), message=message)]
    if len(fitting) > 1:
        tagged = [branch for branch in fitting if not any(_is_tag(e, here) for e in branch)]
        if not tagged:
            return _tags(error, fitting, location)
        fitting = tagged
    best = min(fitting, key=lambda branch: (len(branch), -max(len(_place(e)) for e in branch)))
    return [fault for e in best for fault in _leaves(e, location)]


def _tags(error: _Error, branches: list[list[_Error]], location: str) -> list[Fault]:
    """Return one fault for a union in which the tag itself (`role`, `type`) is unknown."""
    here = len(error.instance_path)
    path = next(tuple(e.instance_path) for branch in branches for e in branch if _is_tag(e, here))
    allowed = sorted(
        {
            str(option)
            for branch in branches
            for e in branch
            if tuple(e.instance_path) == path
            for option in _options(e)
        }
    )
    message = f"must be {_one_of([repr(option) for option in allowed])}"
    return [Fault(location=location, path=path, message=message)]


def _is_kind(error: _Error, depth: int, name: str) -> bool:
    return len(error.instance_path) == depth and error.kind.name == name


def _is_tag(error: _Error, depth: int) -> bool:
    return len(error.instance_path) in (depth, depth + 1) and error.kind.name in ("const", "enum")


def _types(error: _Error, depth: int) -> Iterable[str]:
    if isinstance(error.kind, _Kind.Type) and _is_kind(error, depth, "type"):
        return error.kind.types
    return ()


def _options(error: _Error) -> Iterable[object]:
    if isinstance(error.kind, _Kind.Enum):
        return error.kind.options
    if isinstance(error.kind, _Kind.Constant):
        return (error.kind.expected_value,)
    return ()


def _place(error: _Error) -> tuple[str | int, ...]:
    path = tuple(error.instance_path)
    kind = error.kind
    if isinstance(kind, _Kind.Required):
        # The place of a missing member is where it belongs, not the object around it.
        return (*path, kind.property)
    if isinstance(kind, _Kind.AdditionalProperties) and kind.unexpected:
        return (*path, kind.unexpected[0])
    return path


def _sentence(error: _Error) -> str:
    kind = error.kind
    match kind:
        case _Kind.Type():
            return f"must be {_one_of(sorted(kind.types))}"
        case _Kind.Required():
            return "is required"
        case _Kind.AdditionalProperties():
            return "is not a known member"
        case _Kind.Enum() | _Kind.Constant():
            return f"must be {_one_of([repr(option) for option in _options(error)])}"
        case _Kind.FalseSchema():
            return "is not allowed here"
        case _:
            # The library's sentences start with the masked value.
            return error.message.removeprefix(f"{MASK} ")


def _one_of(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
