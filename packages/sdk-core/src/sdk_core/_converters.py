"""
Converters of attrs models: from what JSON holds to the objects of the caller.

Each class gets a function of its own, written and compiled when its first object arrives, because
this is the call path. A converter takes a value and a list of issues; what does not fit is kept as
it came and leaves an issue. Where the issues are is looked up only if somebody asks.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from ._decoding import decoder
from ._shapes import (
    Constants,
    Field,
    ListOf,
    MapOf,
    Model,
    OneOf,
    Plain,
    Shape,
    TaggedOf,
    shape_of,
    target,
)
from .attrs_models import Model as Base
from .attrs_models import unknown

if TYPE_CHECKING:
    from ._structs import Structs

__all__ = ["convert", "decoder_of", "made_of", "structs_of"]

Convert: TypeAlias = Callable[[Any, list[int]], Any]

_ABSENT = object()
_EXACT = {str: "str", int: "int", bool: "bool", float: "float"}


def made_of(wanted: Any) -> bool:
    """Say whether a type is an attrs model, or is made of such."""
    seen: list[Any] = []
    waiting = [wanted]
    while waiting:
        found = target(waiting.pop())
        if isinstance(found, type) and issubclass(found, Base):
            return True
        if found not in seen:
            seen.append(found)
            waiting += [item for item in get_args(found) if not isinstance(item, str | int)]
    return False


def decoder_of(wanted: Any) -> Callable[[bytes, bool], Any]:
    """Return the function ``(data, strict)`` that reads JSON as *wanted*."""
    shape = shape_of(wanted)
    read = _converter(shape)
    strictly_object = _is_model(wanted)

    def decode(data: bytes, strict: bool) -> Any:
        value = decoder(None)(data, strict)
        issues: list[int] = []
        found = read(value, issues)
        if issues and (strict or (strictly_object and not isinstance(value, Mapping))):
            raise ValueError(_told(shape, value))
        return found

    return decode


def convert(wanted: Any, value: Any, *, strict: bool) -> Any:
    """
    Return *value*, as decoded from JSON, as a *wanted*.

    Raises:
        ValueError: *strict*, and it does not fit.
    """
    shape = shape_of(wanted)
    issues: list[int] = []
    found = _converter(shape)(value, issues)
    if issues and strict:
        raise ValueError(_told(shape, value))
    return found


def structs_of(wanted: Any) -> Structs:
    """Return the structs of a type that is made of attrs models."""
    from ._structs import Structs  # noqa: PLC0415  # of types that are met often

    return Structs(shape_of(wanted), _Family())


class _Family:
    """The family of `attrs_models.Model`, for `Structs`."""

    @staticmethod
    def is_plain(wanted: Any) -> bool:
        return _is_model(wanted) and not hasattr(wanted, "__attrs_post_init__")

    @staticmethod
    def read(shape: Shape, data: bytes) -> Any:
        value = decoder(None)(data, True)
        issues: list[int] = []
        found = _converter(shape)(value, issues)
        if issues:
            raise ValueError(_told(shape, value))
        return found

    @staticmethod
    def moment(kind: type) -> Callable[[str], Any]:
        return _MOMENTS[kind]

    @staticmethod
    def silent(field: Field) -> bool:  # noqa: ARG004  # None may also have been kept as it came
        return False

    @staticmethod
    def lines(members: list[tuple[str, str]], optional: bool) -> list[str]:
        return [
            "self = new(model)",
            *(f"self.{name} = {value}" for name, value in members),
            "self._extra = None",
            f"self._unset = {'tuple(missing)' if optional else '()'}",
            "self._answered_as = None",
        ]

    @staticmethod
    def names() -> Mapping[str, Any]:
        return {}


def _is_model(wanted: Any) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, Base)


def _told(shape: Shape, value: Any) -> str:
    return "; ".join(f"{path or 'the value'}: {text}" for path, text in _issues(shape, value, ""))


@cache
def _converter(shape: Shape) -> Convert:
    match shape:
        case Plain(kind):
            return _PLAIN[kind]
        case Constants(values):
            return _constants(values)
        case Model(wanted):
            return _later(wanted)
        case ListOf(item):
            return _list(_converter(item))
        case MapOf(inner):
            return _map(_converter(inner))
        case OneOf(members, nullable):
            return _one_of(members, nullable)
        case TaggedOf(tag, choices):
            return _tagged(tag, {value: _converter(inner) for value, inner in choices})
    msg = f"`{shape.annotation}` has no place in a model that is an attrs class"
    raise TypeError(msg)


def _kept(value: Any, issues: list[int]) -> Any:
    issues.append(1)
    return value


def _any(value: Any, issues: list[int]) -> Any:  # noqa: ARG001  # one shape for converters
    return value


def _exactly(kind: type) -> Convert:
    def read(value: Any, issues: list[int]) -> Any:
        return value if value.__class__ is kind else _kept(value, issues)

    return read


def _int(value: Any, issues: list[int]) -> Any:
    if value.__class__ is float and value.is_integer():
        return int(value)
    return value if value.__class__ is int else _kept(value, issues)


def _float(value: Any, issues: list[int]) -> Any:
    if value.__class__ is int:
        return float(value)
    return value if value.__class__ is float else _kept(value, issues)


def _moment(parse: Callable[[str], Any]) -> Convert:
    def read(value: Any, issues: list[int]) -> Any:
        if value.__class__ is str:
            try:
                return parse(value)
            except ValueError:
                pass
        return _kept(value, issues)

    return read


_MOMENTS: dict[Any, Callable[[str], Any]] = {
    dt.datetime: dt.datetime.fromisoformat,
    dt.date: dt.date.fromisoformat,
}
_PLAIN: dict[Any, Convert] = {
    object: _any,
    str: _exactly(str),
    bool: _exactly(bool),
    type(None): _exactly(type(None)),
    int: _int,
    float: _float,
    dt.datetime: _moment(_MOMENTS[dt.datetime]),
    dt.date: _moment(_MOMENTS[dt.date]),
}


def _constants(values: tuple[Any, ...]) -> Convert:
    known = {(type(value), value) for value in values}

    def read(value: Any, issues: list[int]) -> Any:
        simple = isinstance(value, str | int)
        return value if simple and (type(value), value) in known else _kept(value, issues)

    return read


def _list(item: Convert) -> Convert:
    def read(value: Any, issues: list[int]) -> Any:
        if value.__class__ is list:
            return [item(each, issues) for each in value]
        # `choices: null`: what iterates over the list goes on working.
        return _kept([] if value is None else value, issues)

    return read


def _map(inner: Convert) -> Convert:
    def read(value: Any, issues: list[int]) -> Any:
        if value.__class__ is dict:
            return {key: inner(each, issues) for key, each in value.items()}
        return _kept(value, issues)

    return read


def _tagged(tag: str, choices: dict[Any, Convert]) -> Convert:
    def read(value: Any, issues: list[int]) -> Any:
        if value.__class__ is not dict:
            return _kept(value, issues)
        told = value.get(tag)
        choice = choices.get(told) if isinstance(told, str | int) else None
        if choice is not None:
            own: list[int] = []
            found = choice(value, own)
            if not own:
                return found
        return unknown(value)

    return read


def _one_of(members: tuple[Shape, ...], nullable: bool) -> Convert:
    readers = [_converter(member) for member in members]
    only = readers[0]

    def read_only(value: Any, issues: list[int]) -> Any:
        return None if value is None else only(value, issues)

    def read(value: Any, issues: list[int]) -> Any:
        if value is None and nullable:
            return None
        best: Any = _ABSENT
        for reader in readers:
            own: list[int] = []
            found = reader(value, own)
            if own:
                continue
            if found is value:  # nothing had to be changed
                return found
            if best is _ABSENT or _fields_of(found) > _fields_of(best):
                best = found
        if best is not _ABSENT:
            return best
        issues.append(1)
        kinds = (Model, MapOf, TaggedOf) if isinstance(value, dict) else (ListOf,)
        for member, reader in zip(members, readers, strict=True):
            if isinstance(member, kinds) and isinstance(value, dict | list):
                return reader(value, [])  # the first that can keep what fits inside of it
        return value

    return read_only if nullable and len(readers) == 1 else read


def _fields_of(found: Any) -> int:
    """Return how many of the declared fields came."""
    return len(found.model_fields_set - found.model_extra.keys()) if isinstance(found, Base) else 0


def _later(wanted: Any) -> Convert:
    """Return a converter that is made when the first value arrives."""
    made: list[Convert] = []

    def read(value: Any, issues: list[int]) -> Any:
        if not made:
            found = target(wanted)
            made.append(_class(found) if _is_model(found) else _converter(shape_of(found)))
        return made[0](value, issues)

    return read


@cache
def _class(model: type[Base]) -> Convert:
    """Write and compile the converter of a class."""
    fields = model._wire_fields()  # noqa: SLF001  # of our own base class
    names: dict[str, Any] = {
        "absent": _ABSENT,
        "kept": _kept,
        "model": model,
        "new": model.__new__,
        "wires": frozenset(field.wire for field in fields),
    }
    lines = [
        "def read(data, issues):",
        "    if data.__class__ is not dict: return kept(data, issues)",
        "    self = new(model)",
        "    get = data.get",
        "    missing = []",
    ]
    for number, field in enumerate(fields):
        names |= {
            f"c{number}": _converter(field.shape),
            f"d{number}": field,
            f"n{number}": field.name,
            f"w{number}": field.wire,
        }
        # Names of fields are identifiers: the class has them as attributes.
        lines += [
            f"    value = get(w{number}, absent)",
            f"    if {_fits(field.shape)}: self.{field.name} = value",
            "    elif value is absent:",
            f"        self.{field.name} = d{number}.missing",
            f"        missing.append(n{number})",
            *(["        issues.append(1)"] if field.required else []),
            f"    else: self.{field.name} = c{number}(value, issues)",
        ]
    lines += [
        f"    if len(data) + len(missing) != {len(fields)}:",
        "        self._extra = {key: data[key] for key in data if key not in wires}",
        "    else: self._extra = None",
        "    self._unset = tuple(missing)",
        "    self._answered_as = None",
        "    return self",
    ]
    exec("\n".join(lines), names)  # noqa: S102  # made of field names and numbers only
    read: Convert = names["read"]
    return read


def _fits(shape: Shape) -> str:
    """Return the expression that is true of values that are what they shall be already."""
    match shape:
        case Plain(kind) if kind in _EXACT:
            return f"value.__class__ is {_EXACT[kind]}"
        case OneOf((Plain(kind),), True) if kind in _EXACT:
            return f"value is None or value.__class__ is {_EXACT[kind]}"
        case OneOf(_, True):
            return "value is None"
    return "False"


def _issues(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield where and why *value* does not fit its shape."""
    own: list[int] = []
    _converter(shape)(value, own)
    if not own:
        return
    inner = list(_inner_issues(shape, value, path))
    yield from inner or [(path, f"{json.dumps(value)[:80]} is no {_name(shape)}")]


def _inner_issues(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, str]]:
    match shape:
        case ListOf(item) if isinstance(value, list):
            for index, each in enumerate(value):
                yield from _issues(item, each, f"{path}[{index}]")
        case MapOf(item) if isinstance(value, dict):
            for key, each in value.items():
                yield from _issues(item, each, _joined(path, key))
        case OneOf((item,)):
            yield from _issues(item, value, path)
        case Model(wanted):
            found = target(wanted)
            if not _is_model(found):
                yield from _issues(shape_of(found), value, path)
            elif isinstance(value, dict):
                for field in found._wire_fields():  # noqa: SLF001  # as above
                    place = _joined(path, field.wire)
                    if field.wire in value:
                        yield from _issues(field.shape, value[field.wire], place)
                    elif field.required:
                        yield place, "is missing"


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _name(shape: Shape) -> str:
    match shape:
        case Plain(kind):
            return str(kind.__name__)
        case Constants(values):
            return " or ".join(map(repr, values))
        case Model(wanted):
            return str(wanted.__name__)
        case ListOf():
            return "list"
        case OneOf(members):
            return " or ".join(map(_name, members))
    return "object"
