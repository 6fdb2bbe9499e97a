"""The passes that leave parameters and responses as they can be used."""

from __future__ import annotations

from typing import Any

import pytest

from sdk_codegen._normalise._usable import known_statuses, usable_parameters

PETS = "#/paths/~1pets/post"


def operation(**fields: Any) -> dict[str, Any]:
    """Return a document with one operation."""
    return {"paths": {"/pets": {"post": {"parameters": [], "responses": {}, **fields}}}}


QUERY = {"in": "query", "name": "q", "schema": {"type": "string"}}


@pytest.mark.parametrize(
    ("written", "read", "repairs"),
    [
        pytest.param([QUERY], [QUERY], [], id="a usual one stays"),
        pytest.param(
            [{"in": "path"}, {"name": "x"}, {"in": "mind", "name": "x"}],
            [],
            [
                f"{PETS}/parameters/0: a parameter `None` in `path` cannot be sent; ignored",
                f"{PETS}/parameters/1: a parameter `x` in `None` cannot be sent; ignored",
                f"{PETS}/parameters/2: a parameter `x` in `mind` cannot be sent; ignored",
            ],
            id="without name or place",
        ),
        pytest.param(
            [QUERY, {**QUERY, "required": True}],
            [QUERY],
            [f"{PETS}/parameters/1: `q` in `query` is there twice; ignored"],
            id="twice",
        ),
        pytest.param(
            [{**QUERY, "style": "simple"}],
            [QUERY],
            [f"{PETS}/parameters/0: the style `simple` is none of `query`; read as `form`"],
            id="a style of elsewhere",
        ),
        pytest.param(
            [{**QUERY, "style": "deepObject"}],
            [{**QUERY, "style": "deepObject"}],
            [],
            id="a style of its own",
        ),
        pytest.param(
            [{"in": "query", "name": "q", "type": "array", "items": {"type": "int"}}],
            [
                {
                    "in": "query",
                    "name": "q",
                    "schema": {"type": "array", "items": {"type": "integer"}},
                }
            ],
            [
                f"{PETS}/parameters/0: the type stands beside the name; read as its `schema`",
                f"{PETS}/parameters/0/items: `type` is `int`; read as {{'type': 'integer'}}",
            ],
            id="a type beside the name",
        ),
    ],
)
def test_parameters_that_can_be_sent_stay(
    written: list[dict[str, Any]], read: list[dict[str, Any]], repairs: list[str]
) -> None:
    """The others are dropped or repaired, and reported."""
    document, made = usable_parameters(operation(parameters=written))
    assert read == document["paths"]["/pets"]["post"]["parameters"]
    assert repairs == [str(item) for item in made]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            [{"in": "body", "name": "b", "required": True, "schema": {"type": "string"}}],
            {"required": True, "content": {"application/json": {"schema": {"type": "string"}}}},
        ),
        (
            [
                {"in": "formData", "name": "a", "type": "string", "required": True},
                {"in": "formData", "name": "b"},
            ],
            {
                "content": {
                    "application/x-www-form-urlencoded": {
                        "schema": {
                            "type": "object",
                            "properties": {"a": {"type": "string"}, "b": {}},
                            "required": ["a"],
                        }
                    }
                }
            },
        ),
    ],
)
def test_bodies_of_swagger_2_are_bodies(
    written: list[dict[str, Any]], read: dict[str, Any]
) -> None:
    """`body` and `formData` become the request body of an operation that has none."""
    document, _ = usable_parameters(operation(parameters=written))
    changed = document["paths"]["/pets"]["post"]
    assert ([], read) == (changed["parameters"], changed["requestBody"])


def test_a_body_is_not_replaced() -> None:
    """Beside a `requestBody` a parameter in `body` is ignored."""
    document, repairs = usable_parameters(
        operation(parameters=[{"in": "body", "name": "b"}], requestBody={"content": {}})
    )
    assert {"content": {}} == document["paths"]["/pets"]["post"]["requestBody"]
    assert ["a parameter `b` in `body` cannot be sent; ignored"] == [
        item.reason for item in repairs
    ]


def test_statuses_are_written_as_openapi_does() -> None:
    """Other spellings are read, what is no status is dropped, and both are reported."""
    written: dict[str, Any] = {
        status: {"description": status}
        for status in ("200", "2xx", "404 Not Found", "Default", "200 ", "ok", "99", "2000")
    }
    document, repairs = known_statuses(operation(responses=written))
    assert ["200", "2XX", "404", "default"] == list(document["paths"]["/pets"]["post"]["responses"])
    assert [
        "`2xx` is read as `2XX`",
        "`404 Not Found` is read as `404`",
        "`Default` is read as `default`",
        "`200` is there twice; ignored",
        "`ok` is no status, range or `default`; ignored",
        "`99` is no status, range or `default`; ignored",
        "`2000` is no status, range or `default`; ignored",
    ] == [item.reason for item in repairs]
