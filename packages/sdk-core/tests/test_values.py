"""Frozen values: how they are shown, compared and hashed without methods of their own."""

from __future__ import annotations

import pickle

import attrs
import pytest

from sdk_core import transports
from sdk_core._values import Shown, Value
from sdk_core.operations import Body, Parameter
from sdk_core.options import Timeout
from sdk_core.transports import HTTPX


@attrs.frozen(repr=False, eq=False)
class Plain(Value):
    """Fields that are shown, hidden, written in another way, or not compared."""

    name: str
    secret: str = attrs.field(default="s", repr=False)
    size: int = attrs.field(default=1, repr=hex)
    count: int = attrs.field(default=0, eq=False)


@attrs.frozen(eq=False)
class Generated:
    """The same fields with what attrs writes."""

    name: str
    secret: str = attrs.field(default="s", repr=False)
    size: int = attrs.field(default=1, repr=hex)
    count: int = attrs.field(default=0, eq=False)


@attrs.define(repr=False, eq=False)
class Knot(Shown):
    """A value that may hold itself."""

    inside: object = None


def test_a_value_is_shown_as_attrs_shows_it() -> None:
    """Hidden fields are left out, and a field may have a way of its own."""
    assert repr(Plain("a")) == repr(Generated("a")).replace("Generated", "Plain")


def test_values_of_equal_fields_are_equal_and_hash_alike() -> None:
    """A field that is not compared makes no difference; any other one does."""
    assert Plain("a", count=1) == Plain("a", count=2)
    assert len({Plain("a", count=1), Plain("a", count=2), Plain("b")}) == 2
    assert Plain("a") != Plain("a", "other")


def test_a_value_equals_none_of_another_class() -> None:
    """Not even one with the same fields."""
    assert Plain("a") != Generated("a")
    assert Parameter("a", "a", "query") != Body("a")


def test_what_is_shown_only_is_compared_by_identity() -> None:
    """As a thing that changes is."""
    one = Knot()
    assert one == one  # noqa: PLR0124  # the claim
    assert one != Knot()


def test_a_value_that_holds_itself_can_be_shown() -> None:
    """It ends in dots."""
    knot = Knot()
    knot.inside = [knot]
    assert repr(knot) == "Knot(inside=[...])"


@pytest.mark.parametrize("value", [Timeout(3.0, read=None), HTTPX(http2=True), Body("text/plain")])
def test_a_value_survives_a_pickle(value: object) -> None:
    """And is equal afterwards."""
    assert pickle.loads(pickle.dumps(value)) == value  # our own


def test_the_engines_of_the_extras_are_where_they_were() -> None:
    """They are made when they are asked for, and anything else is missing as in any module."""
    for name in ("Aiohttp", "Httptools", "Pyreqwest"):
        made = getattr(transports, name)()
        assert made == pickle.loads(pickle.dumps(made))  # as above
    with pytest.raises(AttributeError, match="has no attribute 'Curl'"):
        transports.Curl  # type: ignore[attr-defined]  # noqa: B018  # the mistake
