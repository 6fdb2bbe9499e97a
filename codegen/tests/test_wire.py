from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_codegen._ir import Parameter, Part
from sdk_codegen._wire import (
    cookie_pairs,
    form_pairs,
    from_mark,
    joined,
    marked,
    multipart_parts,
    path_of,
    query_pairs,
)


def parameter(style: str = "form", *, explode: bool = True, **more: Any) -> Parameter:
    """Return a parameter that is called `p`."""
    return Parameter(
        wire="p",
        location="query",
        pointer="",
        schema={},
        required=True,
        style=style,
        explode=explode,
        description="",
        deprecated=False,
        **more,
    )


# OpenAPI 3.2, "Style Examples"; the values are decoded.
COLOURS = ["blue", "black"]
RGB = {"R": 100, "G": 200}


@pytest.mark.parametrize(
    ("style", "explode", "value", "expected"),
    [
        ("form", True, "blue", [["p", "blue"]]),
        ("form", True, COLOURS, [["p", "blue"], ["p", "black"]]),
        ("form", False, COLOURS, [["p", "blue,black"]]),
        ("spaceDelimited", False, COLOURS, [["p", "blue black"]]),
        ("pipeDelimited", False, COLOURS, [["p", "blue|black"]]),
        ("form", True, RGB, [["R", "100"], ["G", "200"]]),
        ("form", False, RGB, [["p", "R,100,G,200"]]),
        ("deepObject", True, RGB, [["p[R]", "100"], ["p[G]", "200"]]),
        ("deepObject", True, {"a": {"b": [True, None]}}, [["p[a][b]", "true"]]),
        ("deepObject", True, {"a": [1, None, 2], "b": None}, [["p[a]", "1"], ["p[a]", "2"]]),
        ("deepObject", True, {"a": [{"b": 1}]}, [["p[a][0][b]", "1"]]),
        ("deepObject", True, [1], [["p[0]", "1"]]),
        ("form", True, [{"a": 1}, None], [["p[a]", "1"]]),
        ("form", False, [], []),
        ("form", False, [None, {"a": 1}], [["p", '{"a":1}']]),
        ("form", True, 0.5, [["p", "0.5"]]),
    ],
)
def test_a_query_is_written_in_its_style(
    style: str, explode: bool, value: Any, expected: list[list[str]]
) -> None:
    """Lists and objects become pairs as the style says."""
    assert expected == query_pairs(parameter(style, explode=explode), value)


@pytest.mark.parametrize(
    ("style", "explode", "value", "expected"),
    [
        ("simple", False, "a/b c", "a%2Fb%20c"),
        ("simple", False, ["a,b", 1], "a%2Cb,1"),
        ("simple", False, RGB, "R,100,G,200"),
        ("simple", True, RGB, "R=100,G=200"),
        ("label", False, COLOURS, ".blue,black"),
        ("label", True, COLOURS, ".blue.black"),
        ("label", True, RGB, ".R=100.G=200"),
        ("matrix", False, "blue", ";p=blue"),
        ("matrix", False, COLOURS, ";p=blue,black"),
        ("matrix", True, COLOURS, ";p=blue;p=black"),
        ("matrix", False, RGB, ";p=R,100,G,200"),
        ("matrix", True, RGB, ";R=100;G=200"),
    ],
)
def test_a_path_is_written_in_its_style(
    style: str, explode: bool, value: Any, expected: str
) -> None:
    """What a value holds is escaped, what divides it is not."""
    assert expected == path_of(parameter(style, explode=explode), value)


def test_each_item_is_a_cookie_where_they_are_exploded() -> None:
    """Cookies have the style of a query."""
    assert cookie_pairs(parameter(), COLOURS) == [["p", "blue"], ["p", "black"]]
    assert cookie_pairs(parameter(media_type="application/json"), [1]) == [["p", "[1]"]]


def test_a_header_is_written_simply() -> None:
    """Headers are not escaped."""
    assert joined(parameter(explode=False), ["a b", 1]) == "a b,1"


def test_a_parameter_may_be_json() -> None:
    """Then no style takes it apart."""
    json = parameter(media_type="application/json")
    assert query_pairs(json, {"a": [1]}) == [["p", {"json": {"a": [1]}}]]
    assert path_of(json, {"a": 1}) == "%7B%22a%22%3A1%7D"
    assert joined(json, {"a": 1}) == '{"a":1}'


def test_a_form_nests_unless_the_document_says_how() -> None:
    """An Encoding Object names a style or a media type for a member."""
    value = {"a": {"b": [1, 2]}, "c": COLOURS, "d": "x", "f": RGB, "g": "h"}
    parts = {
        "c": Part(None, "form", explode=False),
        "d": Part("application/json", "form", explode=True),
        "f": Part(None, "deepObject", explode=True),
        "g": Part("text/plain", "form", explode=True),
    }
    expected = [
        ["a[b]", "1"],
        ["a[b]", "2"],
        ["c", "blue,black"],
        ["d", {"json": "x"}],
        ["f[R]", "100"],
        ["f[G]", "200"],
        ["g", "h"],
    ]
    assert expected == form_pairs(value, parts)


def test_each_item_of_a_list_is_a_part() -> None:
    """Files, objects and texts are told apart."""
    value = {
        "files": ["x", "y"],
        "object": {"a": 1},
        "texts": ["t", 2, None],
        "json": "j",
        "deep": {"a": 1},
        "row": ["a", 1],
    }
    parts = {
        "json": Part("application/json", "form", explode=True),
        "deep": Part(None, "deepObject", explode=True),
        "row": Part(None, "form", explode=False),
    }
    assert multipart_parts(value, {"files"}, "AA==", parts) == [
        {"name": "files", "base64": "AA=="},
        {"name": "files", "base64": "AA=="},
        {"name": "object", "json": {"a": 1}},
        {"name": "texts", "text": "t"},
        {"name": "texts", "text": "2"},
        {"name": "json", "json": "j"},
        {"name": "deep[a]", "text": "1"},
        {"name": "row", "text": "a,1"},
    ]


def test_files_and_bytes_have_marks() -> None:
    """JSON has no bytes."""
    assert from_mark({"$bytes": "AAH/"}) == b"\0\1\xff"
    assert from_mark([{"$file": ["a", "AAH/"]}]) == [("a", b"\0\1\xff")]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["$file", "$bytes", "$plain", "a", ""]), inner)
    ),
)


@given(json_values)
def test_no_value_of_the_document_is_taken_for_a_mark(value: Any) -> None:
    """What looks like a mark is wrapped, and comes back as it was."""
    assert value == from_mark(marked(value))
