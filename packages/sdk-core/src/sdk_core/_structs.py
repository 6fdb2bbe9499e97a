"""
Structs: the short way for answers that are just as declared, once their type is met often.

msgspec decodes into structs several times faster than anything decodes into models, and has no
place for unknown fields and for data that does not fit. Most answers have neither. So a type that
has been decoded often gets a struct beside each of its models, and for each class a function, which
is written and compiled because this is the call path, makes one into the other. What is not exactly
as declared raises one of `_decoding.MISFITS` and goes the way that every answer could go.

Only models that have been met get a struct; others stay bytes until they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from operator import or_
from types import GenericAlias, UnionType
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, Union, get_args, get_origin

import msgspec
from msgspec import UNSET, Raw, UnsetType

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
    is_later,
    shape_of,
    target,
)

__all__ = ["Convert", "Family", "Line", "Structs"]

Convert: TypeAlias = Callable[[Any], Any]

_SCALARS = (str, int, float, bool, type(None))


class Family(Protocol):
    """What two families of models differ in; each has its own way for data of any kind."""

    def is_plain(self, wanted: Any) -> bool:
        """Say whether *wanted* is a model of this family that is its fields and nothing more."""
        ...

    def read(self, shape: Shape, data: bytes) -> Any:
        """Return JSON as *shape* says; raises ValueError where it does not fit."""
        ...

    def moment(self, kind: type) -> Convert:
        """Return what reads the text of a date or a datetime; it raises ValueError."""
        ...

    def silent(self, field: Field) -> bool:
        """Say whether None is all that an object has to hold where the field did not come."""
        ...

    def lines(self, members: list[tuple[str, str]], optional: bool) -> list[str]:
        """
        Return the lines that make `self`, a new `model`, of its *members*: names and expressions.

        Where fields are *optional*, the list `missing` holds the names of those that did not come,
        but for the silent ones.
        """
        ...

    def names(self) -> Mapping[str, Any]:
        """Return what `lines` use."""
        ...


class Line(NamedTuple):
    """A part of a type: what msgspec decodes it as, and what makes of that what is wanted."""

    type: Any
    convert: Convert | None = None


class Structs:
    """
    The structs of one type.

    Args:
        wanted: The shape of an answer.
        family: Of its models.
    """

    def __init__(self, wanted: Shape, family: Family) -> None:
        self._wanted = wanted
        self._family = family
        self._met: set[Any] = set()
        self._built = -1  # how many were met when it was built
        self._reads = 0
        self._wait = 1
        # One value, for threads: what decodes, and what converts what that gives.
        self._ways: tuple[Convert, Convert | None] = (_refuse, None)

    def learn(self, found: Any) -> None:
        """Meet the models that *found*, an answer that was read in another way, is made of."""
        _meet(found, self._met)

    def read(self, data: bytes) -> Any:
        """Return what *data* holds; raises one of `_decoding.MISFITS` if it is not exactly as declared."""
        self._reads += 1
        # Builds are spaced so that there are few of them however many models there are.
        if self._reads >= self._wait:
            self._wait *= 2
            if len(self._met) > self._built:
                self._built = len(self._met)
                line = _Build(self._family, self._met).line(self._wanted)
                self._ways = (msgspec.json.Decoder(line.type).decode, line.convert)
        decode, convert = self._ways
        value = decode(data)
        return value if convert is None else convert(value)


def _refuse(data: bytes) -> Any:
    """Stand for the decoder of a type that msgspec has no way for."""
    raise ValueError(data)


def _meet(found: Any, met: set[Any]) -> None:
    waiting = [found]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += [item for item in each if not isinstance(item, _SCALARS)]
        elif isinstance(each, dict):
            waiting += [item for item in each.values() if not isinstance(item, _SCALARS)]
        elif hasattr(type(each), "_wire_fields"):
            met.add(type(each))
            names = [field.name for field in each._wire_fields()]  # noqa: SLF001  # our own base classes
            waiting += [getattr(each, name) for name in names]


class _Build:
    """One build, in which the models that were *met* have structs."""

    def __init__(self, family: Family, met: set[Any]) -> None:
        self._family = family
        self._met = met
        self._inside = frozenset(met)
        self._lines: dict[Any, Line] = {}
        self._open: list[Any] = []  # what is being made: a struct cannot name itself

    def line(self, shape: Shape) -> Line:
        """Return how *shape* is decoded and converted."""
        match shape:
            case Plain(kind) if kind in {dt.datetime, dt.date}:
                return Line(str, self._family.moment(kind))
            case Plain(kind):
                return Line(Any if kind is object else kind)
            case Constants(values) if len({type(value) for value in values}) == 1:
                if type(values[0]) in {str, int}:
                    return Line(Literal[values])
            case Model(wanted):
                return self._named(shape, wanted)
            case ListOf(item):
                return _list_of(self.line(item))
            case MapOf(inner):
                return _map_of(self.line(inner))
            case OneOf():
                return self._one_of(shape)
            case TaggedOf():
                return self._tagged(shape)
        return self._later(shape)

    def _later(self, shape: Shape) -> Line:
        """Return what stays bytes because it is nothing for structs."""
        return Line(Raw, self._long(shape, lambda _: None))

    def _when_met(self, shape: Shape) -> Line:
        """Return what stays bytes until the next build."""
        met = self._met
        return Line(Raw, self._long(shape, lambda found: _meet(found, met)))

    def _long(self, shape: Shape, tell: Callable[[Any], None]) -> Convert:
        """Return what reads bytes in the long way; most of what is never met is always null."""
        family = self._family
        nullable = isinstance(shape, OneOf) and shape.nullable

        def read(raw: Raw) -> Any:
            data = bytes(raw)
            if nullable and data == b"null":
                return None
            found = family.read(shape, data)
            tell(found)
            return found

        return read

    def _can(self, model: Any) -> bool:
        """Say whether a struct can stand for *model* here; one cannot hold another of its kind."""
        return (
            model not in self._open
            and self._family.is_plain(model)
            and all(
                field.required or isinstance(field.default(), _SCALARS) or field.default() == []
                for field in model._wire_fields()  # noqa: SLF001  # of our own base classes
            )
        )

    def _named(self, shape: Shape, wanted: Any) -> Line:
        if is_later(wanted) and wanted.found is None:
            return self._when_met(shape)
        found = target(wanted)
        if hasattr(found, "_wire_fields"):
            if found not in self._inside:
                return self._when_met(shape)
            return self._struct(found) if self._can(found) else self._later(shape)
        if found in self._open:  # a name that leads back to itself
            return self._later(shape)
        self._open.append(found)
        line = self.line(shape_of(found))
        self._open.pop()
        return line

    def _one_of(self, shape: OneOf) -> Line:
        by_kind: dict[type, list[Shape]] = {}
        for member in shape.members:
            for kind in _kinds(member):
                by_kind.setdefault(kind, []).append(member)
        chosen: dict[Shape, None] = {}
        for kind, members in by_kind.items():
            # A string is a string before it is anything else that strings may mean.
            same = [each for each in members if isinstance(each, Plain) and each.kind is kind]
            if not same and len(members) > 1:
                return self._later(shape)
            chosen[(same or members)[0]] = None
        lines = [self.line(member) for member in chosen]
        if shape.nullable:
            lines.append(Line(type(None)))
        if Raw in [line.type for line in lines]:
            return self._when_met(shape)  # as whole, so that null is seen
        return _union(lines)

    def _tagged(self, shape: TaggedOf) -> Line:
        known: dict[Any, Any] = {}
        for value, choice in shape.choices:
            if isinstance(choice, Model) and not (
                is_later(choice.type) and choice.type.found is None
            ):
                known[value] = target(choice.type)
        met = {value: model for value, model in known.items() if model in self._inside}
        fits = all(
            self._can(model) and any(field.wire == shape.tag for field in model._wire_fields())  # noqa: SLF001  # as above
            for model in met.values()
        )
        if not met:
            return self._when_met(shape)
        if not fits or {type(value) for value in met} not in ({str}, {int}):
            return self._later(shape)
        alone = len(met) == 1  # nothing for msgspec to tell apart
        return _union(
            [self._struct(model, (shape.tag, value, alone)) for value, model in met.items()]
        )

    def _struct(self, model: Any, tag: tuple[str, Any, bool] | None = None) -> Line:
        """Return the struct of *model*: as a variant of a union if it has a *tag*."""
        found = self._lines.get((model, tag))
        if found is None:
            self._open.append(model)
            found = self._lines[model, tag] = self._made(model, tag)
            self._open.pop()
        return found

    def _made(self, model: Any, tag: tuple[str, Any, bool] | None) -> Line:
        wire, value, alone = tag or ("", None, True)
        entries: list[tuple[Any, ...]] = []
        rename: dict[str, str] = {}
        members: list[tuple[str, str]] = []
        names: dict[str, Any] = {"UNSET": UNSET, "model": model, "new": model.__new__}
        body: list[str] = []
        optional = False
        for number, field in enumerate(model._wire_fields()):  # noqa: SLF001  # as above
            is_tag = tag is not None and field.wire == wire
            if is_tag and not alone:  # msgspec keeps it to itself
                names[f"d{number}"] = value
                members.append((field.name, f"d{number}"))
                continue
            line = Line(Literal[value]) if is_tag else self.line(field.shape)
            names[f"c{number}"] = line.convert
            rename[f"f{number}"] = field.wire
            if field.required or is_tag:
                entries.append((f"f{number}", line.type))
                members.append((field.name, _required(number, line)))
                continue
            if self._family.silent(field):
                entries.append((f"f{number}", line.type, None))
                members.append((field.name, _silent(number, line)))
                continue
            optional = True
            absent = line.type if line.type is Any else line.type | UnsetType
            entries.append((f"f{number}", absent, UNSET))
            members.append((field.name, f"v{number}"))
            names[f"d{number}"] = field.default()
            body += _optional(number, field, line)
        struct = msgspec.defstruct(
            model.__name__,
            entries,
            rename=rename,
            kw_only=True,
            forbid_unknown_fields=True,
            gc=False,
            tag_field=None if alone else wire,
            tag=None if alone else value,
        )
        lines = ["def convert(struct):"]
        if optional:
            lines.append("    missing = []")
        lines += body
        lines += [f"    {line}" for line in self._family.lines(members, optional)]
        lines.append("    return self")
        names |= self._family.names()
        exec("\n".join(lines), names)  # noqa: S102  # made of identifiers and literals only
        return Line(struct, names["convert"])


def _required(number: int, line: Line) -> str:
    return f"struct.f{number}" if line.convert is None else f"c{number}(struct.f{number})"


def _silent(number: int, line: Line) -> str:
    if line.convert is None:
        return f"struct.f{number}"
    return f"None if (value := struct.f{number}) is None else c{number}(value)"


def _optional(number: int, field: Field, line: Line) -> Iterator[str]:
    yield f"    v{number} = struct.f{number}"
    yield f"    if v{number} is UNSET:"
    yield f"        v{number} = {'[]' if isinstance(field.default(), list) else f'd{number}'}"
    yield f"        missing.append({field.name!r})"
    if line.convert is not None:
        yield f"    else: v{number} = c{number}(v{number})"


def _list_of(line: Line) -> Line:
    convert = line.convert
    if convert is None:
        return Line(GenericAlias(list, (line.type,)))

    def read(value: list[Any]) -> list[Any]:
        return [convert(each) for each in value]

    return Line(GenericAlias(list, (line.type,)), read)


def _map_of(line: Line) -> Line:
    convert = line.convert
    if convert is None:
        return Line(GenericAlias(dict, (str, line.type)))

    def read(value: dict[str, Any]) -> dict[str, Any]:
        return {key: convert(each) for key, each in value.items()}

    return Line(GenericAlias(dict, (str, line.type)), read)


def _union(lines: list[Line]) -> Line:
    """Return the union of *lines*, which the classes of what they decode to tell apart."""
    if len(lines) == 1:
        return lines[0]
    wanted = reduce(or_, (line.type for line in lines))
    converts = {
        kind: line.convert
        for line in lines
        if line.convert is not None
        for kind in _classes(line.type)
    }
    if not converts:
        return Line(wanted)
    if lines[-1].type is type(None) and len(lines) == 2:
        only = lines[0].convert
        assert only is not None

        def read_only(value: Any) -> Any:
            return None if value is None else only(value)

        return Line(wanted, read_only)

    def read(value: Any) -> Any:
        convert = converts.get(value.__class__)
        return value if convert is None else convert(value)

    return Line(wanted, read)


def _classes(wanted: Any) -> Iterator[Any]:
    """Yield the classes that values of a type have."""
    origin = get_origin(wanted)
    if origin in {Union, UnionType}:
        for part in get_args(wanted):
            yield from _classes(part)
    else:
        yield origin or wanted


def _kinds(shape: Shape) -> set[type]:
    """Return the kinds of JSON that *shape* could be."""
    match shape:
        case Plain(kind) if kind is float:
            return {float, int}
        case Plain(kind) if kind in {dt.datetime, dt.date}:
            return {str}
        case Plain(kind) if kind is not object:
            return {kind}
        case Constants(values):
            return {type(value) for value in values}
        case ListOf():
            return {list}
        case MapOf() | TaggedOf():
            return {dict}
        case Model(wanted) if not is_later(wanted) or wanted.found is not None:
            found = target(wanted)
            return {dict} if hasattr(found, "_wire_fields") else _kinds(shape_of(found))
        case OneOf(members):
            return set().union(*map(_kinds, members))
    return {str, int, float, bool, list, dict}
