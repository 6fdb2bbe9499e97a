"""When a type may take the place of another, sent and read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_codegen._diff._changes import Impact
from sdk_codegen._diff._rules import Direction, compare_types, spell
from sdk_codegen._types import Constant, Described, ListOf, MapOf, Named, Plain, union_of

SENT, READ = Direction.SENT, Direction.READ
ANY, NULL, STR, INT, FLOAT = (
    Plain("any"),
    Plain("null"),
    Plain("str"),
    Plain("int"),
    Plain("float"),
)
DATE, CUP, MUG, JUG = Plain("date"), Named("Cup"), Named("Mug"), Named("Jug")


def union(*members: Described) -> Described:
    """Return a union."""
    return union_of(members)


def values(*items: str | float | bool) -> Described:
    """Return an enumeration."""
    return union_of(Constant(item) for item in items)


def kinds(old: Described, new: Described, direction: Direction) -> list[str]:
    """Return each kind of change, with a sign: ``!`` for what breaks."""
    return [
        f"{'!' if verdict.impact is Impact.BREAKING else ''}{verdict.kind}"
        for verdict in compare_types(old, new, direction)
    ]


@pytest.mark.parametrize(
    ("old", "new", "sent", "read"),
    [
        (STR, STR, [], []),
        (STR, INT, ["!type-changed"], ["!type-changed"]),
        (INT, FLOAT, ["type-widened"], ["!type-widened"]),
        (FLOAT, INT, ["!type-narrowed"], ["type-narrowed"]),
        (STR, union(STR, NULL), ["type-widened"], ["!type-widened"]),
        (union(STR, NULL), STR, ["!type-narrowed"], ["type-narrowed"]),
        (union(STR, INT), union(INT, STR), [], []),
        # What may be anything accepts everything; read, it has no members.
        (STR, ANY, ["type-widened"], ["!type-widened"]),
        (ANY, STR, ["!type-narrowed"], ["type-narrowed"]),
        (CUP, ANY, ["type-widened"], ["!type-changed"]),
        (ANY, CUP, ["!type-narrowed"], ["!type-changed"]),
        # Dates are accepted as text and read as dates.
        (DATE, STR, ["!type-narrowed"], ["!type-changed"]),
        (STR, DATE, ["type-widened"], ["!type-changed"]),
        # Containers are as their items.
        (ListOf(INT), ListOf(FLOAT), ["type-widened"], ["!type-widened"]),
        (MapOf(FLOAT), MapOf(INT), ["!type-narrowed"], ["type-narrowed"]),
        (ListOf(STR), MapOf(STR), ["!type-changed"], ["!type-changed"]),
        (CUP, MapOf(ANY), ["type-widened"], ["!type-changed"]),
        # Models have names.
        (CUP, MUG, ["!type-changed"], ["!type-changed"]),
        (CUP, union(CUP, MUG), ["type-widened"], ["!type-widened"]),
        (union(CUP, MUG), union(CUP, MUG, JUG), ["type-widened"], ["variant-added"]),
        (union(CUP, MUG), union(CUP, MUG, STR), ["type-widened"], ["!type-widened"]),
        (union(CUP, MUG), CUP, ["!type-narrowed"], ["type-narrowed"]),
        # Enumerations are open where they are read.
        (values("a", "b"), values("a", "c"), ["!value-removed", "value-added"], None),
        (values("a", "b"), values("a"), ["!value-removed"], ["value-removed"]),
        (values("a"), values("a", "b"), ["value-added"], ["value-added"]),
        (values("a", "b"), values("b", "a"), [], []),
        (values("a", "b"), STR, ["type-widened"], ["values-changed"]),
        (STR, values("a", "b"), ["!type-narrowed"], ["values-changed"]),
        (values(1, 2), INT, ["type-widened"], ["values-changed"]),
        (values(1, 2), FLOAT, ["type-widened"], ["!type-widened"]),
        (values(True, False), Plain("bool"), ["type-widened"], ["!type-widened"]),
        (values("a", "b"), union(values("a", "b"), NULL), ["type-widened"], ["!type-widened"]),
        # One value tells a model from others.
        (values("a"), values("b"), ["!type-changed"], ["!type-changed"]),
        (values(1), values(True), ["!type-changed"], ["!type-changed"]),
        (values("a"), STR, ["type-widened"], ["!type-widened"]),
        (values(1.5), FLOAT, ["type-widened"], ["!type-widened"]),
    ],
    ids=str,
)
def test_what_is_sent_and_what_is_read_have_opposite_rules(
    old: Described, new: Described, sent: list[str], read: list[str] | None
) -> None:
    """A method may accept more than it did, and return less."""
    assert sent == kinds(old, new, SENT)
    assert (["value-removed", "value-added"] if read is None else read) == kinds(old, new, READ)


def test_a_type_is_spelt_in_few_words() -> None:
    """A union of hundreds is no line of a report."""
    described = union(ListOf(STR), MapOf(Plain("body")), *(Named(f"M{n}") for n in range(20)))
    expected = "list[str] | dict[str, bytes] | M0 | M1 | M2 | M3 | 16 more"
    assert expected == spell(described)
    assert "None | 'a'" == spell(union(NULL, values("a")))


PLAIN = st.sampled_from(
    [ANY, NULL, STR, INT, FLOAT, DATE, CUP, MUG, Constant("a"), Constant("b"), Constant(1)]
)
TYPES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        inner.map(ListOf), inner.map(MapOf), st.lists(inner, min_size=1, max_size=4).map(union_of)
    ),
    max_leaves=6,
)


@given(TYPES, st.sampled_from(Direction))
def test_a_type_does_not_differ_from_itself(described: Described, direction: Direction) -> None:
    """Whatever it is made of."""
    assert [] == kinds(described, described, direction)


@given(TYPES, TYPES, st.sampled_from(Direction))
def test_what_differs_one_way_differs_the_other_way(
    old: Described, new: Described, direction: Direction
) -> None:
    """A change that is told is told of its undoing, too."""
    assert bool(kinds(old, new, direction)) == bool(kinds(new, old, direction))


@given(TYPES, st.lists(TYPES, min_size=1, max_size=3))
def test_accepting_more_breaks_nobody(old: Described, more: list[Described]) -> None:
    """A union with other types accepts whatever was accepted."""
    wider = union_of([old, *more])
    assert all(verdict.impact is Impact.ADDITIVE for verdict in compare_types(old, wider, SENT))
