from __future__ import annotations

import datetime as dt
import enum
import json
import math
import uuid
from collections import UserDict, deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._bodies import encode_form
from sdk_core._construct import construct
from sdk_core._encoding import encode_json, encode_query
from sdk_core._parameters import place
from sdk_core.errors import ConfigurationError
from sdk_core.models import BaseModel, Field
from sdk_core.operations import Operation, Parameter
from sdk_core.typing import not_given, omit


class Color(str, enum.Enum):  # noqa: UP042  # its `str()` is another one
    """As users of Python 3.10 write it."""

    RED = "red"


class Size(enum.Enum):
    """No string."""

    BIG = 3


class Thing(BaseModel):
    """With a name on the wire, and a default."""

    class_: str = Field(alias="class")
    size: int = 7
    at: dt.datetime | None = None


NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
UUID = uuid.UUID("12345678-1234-5678-1234-567812345678")


def numbers() -> Iterator[int]:
    """Yield, as users do who do not want a list."""
    yield 1
    yield 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [1, 2.5, True, None, "é\u2028"]}, '{"a":[1,2.5,true,null,"é\u2028"]}'),
        ({"a": (1, 2), "b": {}}, '{"a":[1,2],"b":{}}'),
        ({"a": numbers(), "b": range(2), "c": {3}}, '{"a":[1,2],"b":[0,1],"c":[3]}'),
        (UserDict({"a": 1, "b": omit}), '{"a":1}'),
        ({"at": NOON, "on": NOON.date()}, '{"at":"2026-11-21T12:00:00+00:00","on":"2026-11-21"}'),
        ({"a": {"b": omit, "c": [{"d": not_given}, (1,)]}, "e": 2}, '{"a":{"c":[{},[1]]},"e":2}'),
        ({"id": UUID, "n": Decimal("1.10")}, f'{{"id":"{UUID}","n":"1.10"}}'),
        ({"a": Color.RED, "b": Size.BIG}, '{"a":"red","b":3}'),
        (Thing.model_validate({"class": "x"}), '{"class":"x"}'),
        (
            [Thing.model_validate({"class": "x", "at": NOON, "more": [1]})],
            '[{"class":"x","at":"2026-11-21T12:00:00Z","more":[1]}]',
        ),
        (7, "7"),
        ("text", '"text"'),
        (None, "null"),
    ],
)
def test_values_become_compact_json(value: object, expected: str) -> None:
    """What programs hold becomes what APIs read, in UTF-8 without spaces."""
    assert expected == encode_json(value).decode()


_LOOP: list[Any] = []
_LOOP.append({"again": _LOOP})


def _deep() -> object:
    value: object = 1
    for _ in range(100_000):
        value = [value]
    return value


def test_a_value_that_fits_no_type_goes_back_as_it_came() -> None:
    """A model built from a misfit is sent like any other, without a warning."""
    misfit = construct(Thing, {"class": {"a": 1}})
    assert b'[{"class":{"a":1}}]' == encode_json([misfit])


def test_members_deep_inside_are_left_out() -> None:
    """`omit` and `not_given` leave out a member at any depth, as at the top."""
    body = {"a": [{"b": omit, "c": 1}], "d": ({"e": not_given},)}
    assert b'{"a":[{"c":1}],"d":[{}]}' == encode_json(body)


def test_an_iterator_beside_an_omitted_member_is_refused() -> None:
    """The iterator has been read when the omission is seen; sending it empty would be worse."""
    with pytest.raises(ConfigurationError, match="make the iterator a list"):
        encode_json({"a": iter([1, 2]), "b": {"c": omit}})


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": math.nan}, "`a`"),
        ({"a": [1, math.inf]}, "`a[1]`"),
        ({"a": {"b": [{"c": object()}]}}, "`a.b[0].c`"),
        ({"a": b"bytes"}, "`a`"),
        ({"a": [omit]}, "`a[0]`"),
        ({"a": [not_given]}, "`a[0]`"),
        ({"a": "\ud800"}, "`a`"),
        ({"a": {(1, 2): 3}}, "`a`"),
        ({"a": [Thing]}, "`a[0]`"),
        ({"a": deque([object()])}, "`a`"),
        (object(), "`the body`"),
        (math.nan, "`the body`"),
        (_LOOP, "`[0].again`"),
        (_deep(), "nested too deeply"),
    ],
)
def test_what_cannot_be_sent_is_named(value: object, where: str) -> None:
    """The message says at which path the value is."""
    with pytest.raises(ConfigurationError) as caught:
        encode_json(value)
    assert where in str(caught.value)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(_VALUES)
def test_json_is_right_or_refused(value: Any) -> None:
    """What is sent reads back as what was given; all else is one error of ours."""
    try:
        encoded = encode_json(value)
    except ConfigurationError:
        return
    assert value == json.loads(encoded)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"a": "b c", "d": "é&="}, "a=b+c&d=%C3%A9%26%3D"),
        ({"a": True, "b": False, "c": 1.5}, "a=true&b=false&c=1.5"),
        ({"a": None, "b": omit, "c": not_given, "d": ""}, "d="),
        ({"a": [1, 2], "b": (3,), "c": numbers()}, "a=1&a=2&b=3&c=1&c=2"),
        ({"a": {"b": 1, "c": {"d": 2}}, "e": [{"f": 3}]}, "a[b]=1&a[c][d]=2&e[f]=3"),
        ({"at": NOON, "id": UUID}, f"at=2026-11-21T12%3A00%3A00%2B00%3A00&id={UUID}"),
        ({"a": Color.RED, "b": Size.BIG, "c": b"x"}, "a=red&b=3&c=x"),
        ({"a b": 1}, "a+b=1"),
        ({}, ""),
    ],
)
def test_a_query_is_encoded(query: dict[str, object], expected: str) -> None:
    """Lists repeat their name, mappings nest in brackets, nothing is sent for nothing."""
    assert expected == encode_query(query)


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=9), max_size=4))
def test_a_query_reads_back(query: dict[str, str]) -> None:
    """Whatever the names and values, the other side reads what was given."""
    plain = {name: value for name, value in query.items() if "[" not in name and "]" not in name}
    assert list(plain.items()) == parse_qsl(encode_query(plain), keep_blank_values=True)


def test_a_form_is_encoded_like_a_query() -> None:
    """``application/x-www-form-urlencoded`` in ASCII."""
    assert encode_form({"grant_type": "x", "scope": ["a", "b"]}) == b"grant_type=x&scope=a&scope=b"


@pytest.mark.parametrize("encode", [encode_form, encode_query])
@pytest.mark.parametrize("value", ["a=b", [("a", "b")], 7])
def test_a_form_and_a_query_are_mappings(encode: Any, value: object) -> None:
    """Anything else is refused with its type."""
    with pytest.raises(ConfigurationError, match=type(value).__name__):
        encode(value)


@pytest.mark.parametrize("where", ["query", "path", "header", "cookie"])
def test_half_a_character_is_refused(where: Literal["query", "path", "header", "cookie"]) -> None:
    """A lone surrogate has no bytes."""
    operation: Operation[None] = Operation(
        "x", "GET", "/x/{p}", (Parameter(name="p", wire="p", location=where),)
    )
    with pytest.raises(ConfigurationError, match="surrogate"):
        place(operation, {"p": "a\ud800"})


def placed(parameter: Parameter, value: object) -> tuple[str, list[str], dict[str, str]]:
    """Return what one parameter makes of a request."""
    operation: Operation[None] = Operation("op", "GET", "/x/{p}/y", (parameter,))
    return place(operation, {parameter.name: value})


@pytest.mark.parametrize(
    ("explode", "value", "expected"),
    [
        (False, "a", "a"),
        (False, "a b/c?d#e%f,é", "a%20b%2Fc%3Fd%23e%25f%2C%C3%A9"),
        (False, "{p}", "%7Bp%7D"),
        (False, 7, "7"),
        (False, True, "true"),
        (False, Color.RED, "red"),
        (False, NOON, "2026-11-21T12%3A00%3A00%2B00%3A00"),
        (False, ["a", "b,c"], "a,b%2Cc"),
        (True, ["a", "b"], "a,b"),
        (False, {"r": 1, "g": "x=y"}, "r,1,g,x%3Dy"),
        (True, {"r": 1, "g": 2}, "r=1,g=2"),
        (False, "...", "..."),
    ],
)
def test_a_path_parameter_stays_one_segment(explode: bool, value: object, expected: str) -> None:
    """Style ``simple`` of OpenAPI; no value can reach another path."""
    parameter = Parameter("p", "p", "path", required=True, style="simple", explode=explode)
    assert f"/x/{expected}/y" == placed(parameter, value)[0]


@pytest.mark.parametrize("value", ["", ".", "..", [], {}])
def test_a_path_parameter_must_not_lead_elsewhere(value: object) -> None:
    """Nothing, and the dots that URLs resolve, would name another resource."""
    with pytest.raises(ConfigurationError, match="`p` is part of the path of op"):
        placed(Parameter("p", "p", "path", required=True, style="simple"), value)


@given(st.text(min_size=1))
def test_any_text_in_a_path_reads_back(value: str) -> None:
    """The server that splits and unquotes the path finds the value that was given."""
    try:
        path = placed(Parameter("p", "p", "path", style="simple"), value)[0]
    except ConfigurationError:
        assert value in {".", ".."}
        return
    split = urlsplit(f"https://example.com{path}").path.split("/")
    assert ["", "x", value, "y"] == [unquote(segment) for segment in split]


@pytest.mark.parametrize(
    ("style", "explode", "value", "expected"),
    [
        ("form", True, "a b", "q+q=a+b"),
        ("form", True, ["a", "b"], "q+q=a&q+q=b"),
        ("form", False, ["a,b", "c"], "q+q=a%2Cb,c"),
        ("form", True, {"r": 1, "g": [2, 3]}, "r=1&g=2&g=3"),
        ("form", False, {"r": 1, "g": "x&y"}, "q+q=r,1,g,x%26y"),
        ("form", False, "a", "q+q=a"),
        ("form", False, 7, "q+q=7"),
        ("form", True, True, "q+q=true"),
        ("spaceDelimited", False, ["a", "b"], "q+q=a%20b"),
        ("pipeDelimited", False, ["a", "b"], "q+q=a%7Cb"),
        ("pipeDelimited", True, ["a", "b"], "q+q=a&q+q=b"),
        ("deepObject", True, {"r": 1, "g": {"b": [2, 3]}}, "q+q[r]=1&q+q[g][b]=2&q+q[g][b]=3"),
        ("deepObject", False, {"r": 1}, "q+q[r]=1"),
        ("form", False, b"bytes", "q+q=bytes"),
    ],
)
def test_a_query_parameter_is_written_in_its_style(
    style: Any, explode: bool, value: object, expected: str
) -> None:
    """The styles of OpenAPI 3.2, §4.12.2."""
    parameter = Parameter("q", "q q", "query", style=style, explode=explode)
    assert [expected] == placed(parameter, value)[1]


def test_headers_and_cookies_are_placed() -> None:
    """Headers as they are, cookies quoted and in one header."""
    parameters = (
        Parameter("a", "X-A", "header", style="simple", explode=False),
        Parameter("b", "X-B", "header", style="simple", explode=True),
        Parameter("c", "c", "cookie"),
        Parameter("d", "d", "cookie"),
    )
    operation: Operation[None] = Operation("op", "GET", "/x", parameters)
    arguments = {"a": ["1", "2"], "b": {"k": "v"}, "c": "x y", "d": 1}
    expected = {"X-A": "1,2", "X-B": "k=v", "cookie": "c=x%20y; d=1"}
    assert ("/x", [], expected) == place(operation, arguments)


@pytest.mark.parametrize("value", [None, omit, not_given])
def test_a_required_parameter_is_asked_for_by_name(value: object) -> None:
    """What is missing is named as the caller knows it."""
    with pytest.raises(ConfigurationError, match="`q` is required by op"):
        placed(Parameter("q", "wire-name", "query", required=True), value)
    assert placed(Parameter("q", "q", "query"), value) == ("/x/{p}/y", [], {})


def test_lists_may_be_marked_in_the_query() -> None:
    """Some servers want a list's name with brackets."""
    found = encode_query({"a": ["x", "y"], "m": {"k": [1]}}, lists="[]")
    assert "a[]=x&a[]=y&m[k][]=1" == found


class Bare:
    """Something that has no text."""


@pytest.mark.parametrize("value", [Bare(), Bare, len, lambda: 1])
def test_what_only_python_knows_is_no_text(value: object) -> None:
    """A method that nobody called would arrive as ``<function ...>``."""
    with pytest.raises(ConfigurationError, match="cannot be sent as text"):
        encode_query({"a": value})


def test_names_may_be_numbers() -> None:
    """As in JSON; half of a surrogate pair is refused there, too."""
    assert "1=a&b[2]=c" == encode_query({1: "a", "b": {2: "c"}})  # type: ignore[dict-item]  # on purpose
    for query in ({"\udc80": 1}, {"a": {"\udc80": 1}}):
        with pytest.raises(ConfigurationError, match="half of a surrogate pair"):
            encode_query(query)


class Secretive(Thing):
    """With what only programs are to see."""

    __api_exclude__ = {"note"}  # noqa: RUF012  # as other libraries write it

    note: str = ""


def test_what_only_programs_are_to_see_is_not_sent() -> None:
    """A model says what that is; dumping it says all."""
    made = Secretive.model_validate({"class": "a", "note": "b"})
    assert encode_json({"x": [made]}) == b'{"x":[{"class":"a"}]}'
    assert made.to_dict() == {"class": "a", "note": "b"}
