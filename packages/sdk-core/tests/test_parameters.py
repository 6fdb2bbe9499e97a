"""How parameters are written: the examples of the standard, and what it leaves open."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._parameters import place
from sdk_core.errors import ConfigurationError
from sdk_core.models import BaseModel
from sdk_core.operations import Operation, Parameter
from sdk_core.typing import omit

ARRAY = ["blue", "black", "brown"]
OBJECT = {"R": 100, "G": 200, "B": 150}


class Color(BaseModel):
    """The same as a model."""

    R: int = 0
    G: int = 0
    B: int = 0


MODEL = Color(R=100, G=200, B=150)

# OpenAPI 3.2, §4.12.4, "Style Examples"; of the parameter `color`. Brackets are written as they
# are, which servers read like %5B and %5D.
EXAMPLES: list[tuple[str, str, bool, object, str]] = [
    ("path", "matrix", False, "", ";color"),
    ("path", "matrix", False, "blue", ";color=blue"),
    ("path", "matrix", False, ARRAY, ";color=blue,black,brown"),
    ("path", "matrix", False, OBJECT, ";color=R,100,G,200,B,150"),
    ("path", "matrix", True, "", ";color"),
    ("path", "matrix", True, "blue", ";color=blue"),
    ("path", "matrix", True, ARRAY, ";color=blue;color=black;color=brown"),
    ("path", "matrix", True, OBJECT, ";R=100;G=200;B=150"),
    ("path", "label", False, "blue", ".blue"),
    ("path", "label", False, ARRAY, ".blue,black,brown"),
    ("path", "label", False, OBJECT, ".R,100,G,200,B,150"),
    ("path", "label", True, "blue", ".blue"),
    ("path", "label", True, ARRAY, ".blue.black.brown"),
    ("path", "label", True, OBJECT, ".R=100.G=200.B=150"),
    ("path", "simple", False, "blue", "blue"),
    ("path", "simple", False, ARRAY, "blue,black,brown"),
    ("path", "simple", False, OBJECT, "R,100,G,200,B,150"),
    ("path", "simple", True, "blue", "blue"),
    ("path", "simple", True, ARRAY, "blue,black,brown"),
    ("path", "simple", True, OBJECT, "R=100,G=200,B=150"),
    ("header", "simple", False, "", ""),
    ("header", "simple", False, "blue", "blue"),
    ("header", "simple", False, ARRAY, "blue,black,brown"),
    ("header", "simple", False, OBJECT, "R,100,G,200,B,150"),
    ("header", "simple", True, "blue", "blue"),
    ("header", "simple", True, ARRAY, "blue,black,brown"),
    ("header", "simple", True, OBJECT, "R=100,G=200,B=150"),
    ("query", "form", False, "", "color="),
    ("query", "form", False, "blue", "color=blue"),
    ("query", "form", False, ARRAY, "color=blue,black,brown"),
    ("query", "form", False, OBJECT, "color=R,100,G,200,B,150"),
    ("query", "form", True, "", "color="),
    ("query", "form", True, "blue", "color=blue"),
    ("query", "form", True, ARRAY, "color=blue&color=black&color=brown"),
    ("query", "form", True, OBJECT, "R=100&G=200&B=150"),
    ("query", "spaceDelimited", False, ARRAY, "color=blue%20black%20brown"),
    ("query", "spaceDelimited", False, OBJECT, "color=R%20100%20G%20200%20B%20150"),
    ("query", "pipeDelimited", False, ARRAY, "color=blue%7Cblack%7Cbrown"),
    ("query", "pipeDelimited", False, OBJECT, "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("query", "deepObject", True, OBJECT, "color[R]=100&color[G]=200&color[B]=150"),
    ("cookie", "cookie", False, "", "color="),
    ("cookie", "cookie", False, "blue", "color=blue"),
    ("cookie", "cookie", False, ARRAY, "color=blue,black,brown"),
    ("cookie", "cookie", False, OBJECT, "color=R,100,G,200,B,150"),
    ("cookie", "cookie", True, "blue", "color=blue"),
    ("cookie", "cookie", True, ARRAY, "color=blue; color=black; color=brown"),
    ("cookie", "cookie", True, OBJECT, "R=100; G=200; B=150"),
    ("cookie", "form", False, ARRAY, "color=blue,black,brown"),
    ("cookie", "form", True, ARRAY, "color=blue; color=black; color=brown"),
]


def written(location: Any, style: Any, explode: bool, value: object, **more: Any) -> str:
    """Return what one parameter, `color`, makes of its part of a request."""
    parameter = Parameter("color", "color", location, style=style, explode=explode, **more)
    operation: Operation[None] = Operation("op", "GET", "/{color}", (parameter,))
    path, query, headers = place(operation, {"color": value})
    found = {
        "path": path[1:],
        "query": "&".join(query),
        "header": headers.get("color", ""),
        "cookie": headers.get("cookie", ""),
    }
    return found[location]


@pytest.mark.parametrize(("location", "style", "explode", "value", "expected"), EXAMPLES)
def test_the_examples_of_the_standard_hold(
    location: str, style: str, explode: bool, value: object, expected: str
) -> None:
    """Every row of the table, a model for an object too."""
    assert expected == written(location, style, explode, value)
    if value is OBJECT:
        assert expected == written(location, style, explode, MODEL)


@pytest.mark.parametrize(
    ("location", "style", "explode", "value", "expected"),
    [
        ("query", "form", False, [1, None, 2], "color=1,2"),
        ("query", "form", True, [1, omit, 2], "color=1&color=2"),
        ("query", "form", False, {"a": None, "b": 1}, "color=b,1"),
        ("header", "simple", True, {"a": omit, "b": True}, "b=true"),
        ("query", "form", False, [], ""),
        ("query", "form", True, [], ""),
        ("header", "simple", False, [], ""),
        ("cookie", "form", True, [], ""),
        ("query", "form", False, [[1, 2], {"a": "b"}], "color=%5B1%2C2%5D,%7B%22a%22%3A%22b%22%7D"),
        ("header", "simple", False, [MODEL], '{"R":100,"G":200,"B":150}'),
        ("path", "simple", False, [[1]], "%5B1%5D"),
        ("path", "matrix", True, ["", "a"], ";color;color=a"),
        ("path", "matrix", False, "a;b=c", ";color=a%3Bb%3Dc"),
        ("path", "label", True, ["a.b/c"], ".a.b%2Fc"),
        ("cookie", "form", True, "a; b", "color=a%3B%20b"),
    ],
)
def test_what_holds_nothing_or_too_much_is_written_all_the_same(
    location: str, style: str, explode: bool, value: object, expected: str
) -> None:
    """None is left out of lists and objects; what is nested deeper than a style goes is JSON."""
    assert expected == written(location, style, explode, value)


def test_the_names_of_repeated_lists_can_be_marked() -> None:
    """As servers expect it that read ``a[]=1&a[]=2``; what is no list, or not repeated, stays."""
    parameters = (
        Parameter("a", "a", "query"),
        Parameter("b", "b", "query"),
        Parameter("c", "c", "query", explode=False),
    )
    given_ = {"a": [1, 2], "b": "x", "c": [3, 4]}
    _, query, _ = place(Operation("op", "GET", "/x", parameters=parameters), given_, "[]")
    assert ["a[]=1&a[]=2", "b=x", "c=3,4"] == query


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": {"b": {"c": 1}}}, "color[a][b][c]=1"),
        ({"a": [1, 2]}, "color[a]=1&color[a]=2"),
        ({"a": [{"b": 1, "c": 2}, {"b": 3}]}, "color[a][0][b]=1&color[a][0][c]=2&color[a][1][b]=3"),
        ({"a": [[1, 2], [3]]}, "color[a][0][0]=1&color[a][0][1]=2&color[a][1][0]=3"),
        ({"a": MODEL}, "color[a][R]=100&color[a][G]=200&color[a][B]=150"),
        ([{"a": 1}, {"a": 2}], "color[0][a]=1&color[1][a]=2"),
        (["a", "b"], "color[0]=a&color[1]=b"),
        ({"a b": "c&d", "e": None, "f": True}, "color[a+b]=c%26d&color[f]=true"),
        ({}, ""),
        ("a", "color=a"),
    ],
)
def test_deep_objects_nest(value: object, expected: str) -> None:
    """Objects in brackets, and the lists in them in a way that can be read back."""
    assert expected == written("query", "deepObject", True, value)


@pytest.mark.parametrize(("style", "value"), [("label", ""), ("label", "."), ("matrix", [])])
def test_a_label_must_not_lead_elsewhere_either(style: str, value: object) -> None:
    """With its dot, an empty value would be the directory itself."""
    with pytest.raises(ConfigurationError, match="`color` is part of the path"):
        written("path", style, False, value)


@pytest.mark.parametrize("value", ["a; admin=1", "é", "a b", 'a"', "a\r\nb", ["ok", "a,b"]])
def test_a_cookie_that_is_not_quoted_is_checked(value: object) -> None:
    """Style ``cookie`` escapes nothing, so what would be another cookie is refused."""
    with pytest.raises(ConfigurationError, match="cannot be sent in a cookie"):
        written("cookie", "cookie", False, value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(_JSON.filter(lambda value: value is not None))
def test_json_reads_back_from_everywhere(value: Any) -> None:
    """A parameter that the document declares as JSON is JSON, whatever its style."""

    def sent(location: str) -> str:
        return written(location, "form", True, value, media_type="application/json")

    try:
        assert value == json.loads(unquote(sent("path")))
    except ConfigurationError:
        assert "\\ud" in json.dumps(value)
        return
    assert [("color", value)] == [
        (name, json.loads(text)) for name, text in parse_qsl(sent("query"))
    ]
    name, _, text = sent("cookie").partition("=")
    assert ("color", value) == (name, json.loads(unquote(text)))
    assert not set(text) & set('; ,"\\')
    header = sent("header")
    assert header.isascii()
    assert value == json.loads(header)


def test_json_is_compact() -> None:
    """Without spaces, and percent-encoded where URLs need it."""
    value = {"é": [1, "a b"], "at": omit}
    expected = "color=%7B%22%C3%A9%22%3A%5B1%2C%22a+b%22%5D%7D"
    assert expected == written("query", "form", True, value, media_type="application/json")
    header = written("header", "simple", False, value, media_type="application/json")
    assert header == '{"\\u00e9":[1,"a b"]}'


@pytest.mark.parametrize("value", ["a\r\nx: y", ["a", "b\0"], {"k\n": 1}])
def test_a_header_holds_one_line(value: object) -> None:
    """Whatever the engine would make of it, nobody writes a header of his own into a value."""
    with pytest.raises(ConfigurationError, match="`color` is sent in a header"):
        written("header", "simple", False, value)
