from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from sdk_core.models import BaseModel
from sdk_core.operations import SecurityScheme
from sdk_core.testing import Exchange, credentials_for, plain


class Point(BaseModel):
    """An object inside another."""

    x: int


class Line(BaseModel):
    """What the API answers with."""

    points: list[Point]
    at: dt.datetime


def exchange(answer: dict[str, Any], **more: Any) -> Exchange:
    """Return an exchange that is answered so."""
    return Exchange("getThing", "full", "things.get", {}, answer, **more)


def test_exchanges_are_loaded_from_a_file(tmp_path: Path) -> None:
    """A file holds them as a JSON array, each with its arguments."""
    item = {
        "operation": "getThing",
        "case": "required",
        "call": "things.get",
        "arguments": {"id": "é"},
        "request": {"method": "GET"},
        "answer": {"status": 200},
    }
    (tmp_path / "exchanges.json").write_text(json.dumps([item]), encoding="utf-8")
    [found] = Exchange.load(tmp_path / "exchanges.json")
    assert (found.arguments, str(found)) == ({"id": "é"}, "things.get-required")
    assert not found.deprecated
    assert found.strict


def test_what_json_cannot_say_has_a_mark() -> None:
    """Bytes and files are marked; an object of the document that looks so is wrapped."""
    arguments = {
        "raw": {"$bytes": "AAH/"},
        "files": [{"$file": ["a.bin", "AAH/"]}],
        "odd": {"$plain": {"$bytes": "text"}},
        "two": {"$bytes": 1, "$file": 2},
        "one": {"a": [1]},
    }
    expected = {
        "raw": b"\0\1\xff",
        "files": [("a.bin", b"\0\1\xff")],
        "odd": {"$bytes": "text"},
        "two": {"$bytes": 1, "$file": 2},
        "one": {"a": [1]},
    }
    assert expected == exchange({}, arguments=arguments).arguments


@pytest.mark.parametrize(
    ("answer", "expected", "streams"),
    [
        ({"status": 200, "json": {"a": None}}, {"a": None}, False),
        ({"status": 200, "text": "t"}, "t", False),
        ({"status": 200, "base64": "AAH/"}, b"\0\1\xff", False),
        ({"status": 204}, None, False),
        ({"status": 200, "events": [1, 2]}, [1, 2], True),
        ({"status": 200, "lines": []}, [], True),
    ],
)
def test_the_answer_says_what_the_result_is(
    answer: dict[str, Any], expected: object, streams: bool
) -> None:
    """Each kind of answer is a result of its own."""
    found = exchange(answer)
    assert (expected, streams) == (found.expected, found.streams)
    assert found.differences(expected) == []


def test_the_call_is_made_where_the_method_is() -> None:
    """`start` follows the place of the method and gives it the arguments."""

    class Things:
        def get(self, **arguments: object) -> object:
            return arguments

    class Client:
        things = Things()

    assert exchange({}, arguments={"id": 1}).start(Client()) == {"id": 1}


def test_models_are_compared_by_what_was_sent() -> None:
    """Nested models are dictionaries again, and moments equal their texts."""
    body = {"points": [{"x": 1, "more": True}], "at": "2024-05-17T09:30:00z"}
    result = Line.model_validate(body)
    assert exchange({"json": [body]}).differences([result]) == []
    assert plain((result.points, {"p": Point(x=2)})) == [[{"x": 1, "more": True}], {"p": {"x": 2}}]


@pytest.mark.parametrize(
    ("expected", "actual", "words"),
    [
        ({"a": 1}, {}, ["`result.a` is missing"]),
        ({}, {"a": 1}, ["`result.a` is too much"]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["`result.a.b` is 2 instead of 1"]),
        ([1, 2], [1, 3], ["`result[1]` is 3 instead of 2"]),
        ([1], [], ["`result` is [] instead of [1]"]),
        ("ab", ["a", "b"], ["`result` is ['a', 'b'] instead of 'ab'"]),
        (1, True, ["`result` is True instead of 1"]),
        ("x" * 90, None, [f"`result` is None instead of '{'x' * 76}..."]),
    ],
)
def test_a_difference_says_where_it_is(expected: object, actual: object, words: list[str]) -> None:
    """What is lost, added or changed has a place and both values."""
    assert words == exchange({"json": expected}).differences(actual)


@pytest.mark.parametrize(
    ("text", "value", "same"),
    [
        ("2024-05-17", dt.date(2024, 5, 17), True),
        ("2024-05-18", dt.date(2024, 5, 17), False),
        ("yesterday", dt.date(2024, 5, 17), False),
        ("2024-05-17T09:30:00Z", dt.datetime(2024, 5, 17, 9, 30, tzinfo=dt.UTC), True),
        ("2024-05-17T09:30:00", dt.datetime(2024, 5, 17, 9, 30, tzinfo=dt.UTC), False),
    ],
)
def test_dates_are_compared_with_their_texts(text: str, value: object, same: bool) -> None:
    """A result has dates where the wire has texts."""
    assert same is (exchange({"json": text}).differences(value) == [])


def test_there_is_a_credential_for_each_scheme_that_takes_one() -> None:
    """Certificates and schemes that compute get none."""
    schemes = {
        "user": SecurityScheme("http", scheme="Basic"),
        "token": SecurityScheme("oauth2"),
        "key": SecurityScheme("apiKey", location="query", name="key"),
        "nameless": SecurityScheme("apiKey"),
        "digest": SecurityScheme("http", scheme="digest"),
        "nothing": SecurityScheme("http"),
        "certificate": SecurityScheme("mutualTLS"),
    }
    expected = {"user": ("user", "password"), "token": "secret-1", "key": "secret-2"}
    assert expected == credentials_for(schemes)
