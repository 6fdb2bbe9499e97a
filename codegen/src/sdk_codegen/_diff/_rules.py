"""
When a type may take the place of another.

What is sent and what is read have opposite rules: a method may accept more than it did, and may
return less. Enumerations and unions of models are open where they are read: code must expect
values that the document does not know yet, so that more of them break nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import TypeAlias

import attrs

from .._types import Constant, Described, ListOf, MapOf, Named, Plain, UnionOf
from ._changes import Impact, code

__all__ = ["Direction", "Verdict", "compare_types"]

Members: TypeAlias = Mapping[Described, None]
"""The members of a union, in their order; of any other type, itself."""

ANY = Plain("any")


class Direction(Enum):
    """Which way values go."""

    SENT = auto()
    READ = auto()


@attrs.frozen
class Verdict:
    """
    What became of a type.

    Attributes:
        impact: What that means; ``None`` if the types are the same to users.
        kind: How it ends the name of a change's kind.
        text: The end of a sentence that begins with the name of the place.
    """

    impact: Impact
    kind: str
    text: str


def compare_types(old: Described, new: Described, direction: Direction) -> Iterator[Verdict]:
    """
    Give what changed between two types of one place; nothing if they are the same to users.

    Args:
        old: The type as it was, in the names of the new document.
        new: The type as it is.
        direction: Which way the values go.
    """
    if old == new:
        return
    was, becomes = _members(old), _members(new)
    values, others = _values(was), _values(becomes)
    # One value alone tells a model from others: another one is another type.
    if values and others and (len(values) > 1 or values & others):
        yield from _constants(was, becomes, direction)
        was = {member: None for member in was if member not in values}
        becomes = {member: None for member in becomes if member not in others}
    elif direction is Direction.READ:
        was, becomes = _opened(was), _opened(becomes)
    wider, narrower = _covers(becomes, was, direction), _covers(was, becomes, direction)
    change = f"it was {code(spell(old))} and is {code(spell(new))}"
    if wider and narrower:
        if len(values) + len(others) > 1 and not (values and others):
            yield Verdict(Impact.ADDITIVE, "values-changed", f"knows other values: {change}")
    elif direction is Direction.SENT:
        if wider:
            yield Verdict(Impact.ADDITIVE, "type-widened", f"accepts more: {change}")
        elif narrower:
            yield Verdict(Impact.BREAKING, "type-narrowed", f"accepts less: {change}")
        else:
            yield Verdict(Impact.BREAKING, "type-changed", f"has another type: {change}")
    elif narrower:
        yield Verdict(Impact.ADDITIVE, "type-narrowed", f"can be less: {change}")
    elif wider and _grows(was, becomes):
        yield Verdict(Impact.ADDITIVE, "variant-added", f"can be one more model: {change}")
    elif wider:
        yield Verdict(Impact.BREAKING, "type-widened", f"can be more: {change}")
    else:
        yield Verdict(Impact.BREAKING, "type-changed", f"has another type: {change}")


def spell(described: Described) -> str:
    """Return a type in few words."""
    match described:
        case Plain(kind):
            return {"null": "None", "body": "bytes"}.get(kind, kind)
        case Constant(value):
            return repr(value)
        case Named(name):
            return name
        case ListOf(item):
            return f"list[{spell(item)}]"
        case MapOf(value):
            return f"dict[str, {spell(value)}]"
    texts = [spell(member) for member in described.members]
    more = [f"{len(texts) - 6} more"] if len(texts) > 7 else []
    return " | ".join([*texts[: 6 if more else 7], *more])


def _members(described: Described) -> Members:
    members = described.members if isinstance(described, UnionOf) else (described,)
    return dict.fromkeys(members)


def _values(members: Members) -> set[Described]:
    return {member for member in members if isinstance(member, Constant)}


def _opened(members: Members) -> Members:
    """Return a type with what its enumeration is open for."""
    values = _values(members)
    if len(values) < 2:
        return members
    kinds = {_base(value) for value in values if isinstance(value, Constant)}
    return {**members, **dict.fromkeys(kinds - {Plain("bool")})}


def _base(constant: Constant) -> Plain:
    kind = type(constant.value)
    if kind is bool:
        return Plain("bool")
    return Plain("str") if kind is str else Plain("int" if kind is int else "float")


def _constants(old: Members, new: Members, direction: Direction) -> Iterator[Verdict]:
    sent = direction is Direction.SENT
    for value in old:
        if isinstance(value, Constant) and value not in new:
            impact = Impact.BREAKING if sent else Impact.ADDITIVE
            yield Verdict(impact, "value-removed", f"lost the value {code(spell(value))}")
    for value in new:
        if isinstance(value, Constant) and value not in old:
            yield Verdict(
                Impact.ADDITIVE, "value-added", f"has the value {code(spell(value))} as well"
            )


def _covers(wide: Members, narrow: Members, direction: Direction) -> bool:
    """Say whether each of *narrow* can stand where *wide* is asked for."""
    sent = direction is Direction.SENT
    return all(_fits(member, wide, sent) for member in narrow if member not in wide)


def _fits(member: Described, wide: Members, sent: bool) -> bool:
    if ANY in wide and (sent or isinstance(member, Plain | Constant)):
        return True  # read, what may be anything has no members that code could use
    match member:
        case Constant():
            base = _base(member)
            return base in wide or (base == Plain("int") and Plain("float") in wide)
        case Plain("int"):
            return Plain("float") in wide
        case Plain("str"):
            # Dates are accepted as text, too.
            return sent and (Plain("date") in wide or Plain("datetime") in wide)
        case Named():
            return sent and MapOf(ANY) in wide
        case ListOf(item):
            return _inside(item, (one.item for one in wide if isinstance(one, ListOf)), sent)
        case MapOf(value):
            return _inside(value, (one.value for one in wide if isinstance(one, MapOf)), sent)
    return False


def _inside(inner: Described, outer: Iterator[Described], sent: bool) -> bool:
    direction = Direction.SENT if sent else Direction.READ
    return any(_covers(_members(one), _members(inner), direction) for one in outer)


def _grows(old: Members, new: Members) -> bool:
    """Say whether a union of models has more of them, which code that reads it expects."""
    models = sum(isinstance(member, Named) for member in old)
    return models > 1 and all(isinstance(member, Named) for member in new if member not in old)
