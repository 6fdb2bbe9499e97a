from __future__ import annotations

from typing import Any

import pytest

from sdk_server._documents import Document
from sdk_server._problems import OpenAIDialect, Problem, ProblemDialect, dotted
from sdk_server._violations import find_faults

USER = {
    "type": "object",
    "required": ["role"],
    "properties": {"role": {"const": "user"}, "age": {"type": "integer"}},
}
BOT = {
    "type": "object",
    "required": ["role"],
    "properties": {"role": {"enum": ["bot", "tool"]}, "name": {"type": "string"}},
}


def faults(schema: Any, value: Any) -> list[tuple[str, str]]:
    """Return where and what is wrong with a value."""
    document = Document({"openapi": "3.2.0", "paths": {}, "schema": schema})
    found = find_faults(document.compile("/schema"), value, "body")
    return [(dotted(fault.path), fault.message) for fault in found]


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": ["string", "null"]}, 1, [("", "must be null or string")]),
        ({"enum": ["a", 1]}, "b", [("", "must be 'a' or 1")]),
        ({"const": 1}, 2, [("", "must be 1")]),
        ({"required": ["a"]}, {}, [("a", "is required")]),
        ({"required": ['"a"']}, {}, [('"a"', "is required")]),
        (
            {"additionalProperties": False, "properties": {"a": {}}},
            {"b": 1},
            [("b", "is not a known member")],
        ),
        ({"properties": {"a": False}}, {"a": 1}, [("a", "is not allowed here")]),
        ({"minLength": 2}, "x", [("", "is shorter than 2 characters")]),
        (
            {"items": {"type": "integer"}},
            [1, "a", "b"],
            [("1", "must be integer"), ("2", "must be integer")],
        ),
        ({"oneOf": [USER, BOT]}, {"role": "user", "age": "old"}, [("age", "must be integer")]),
        ({"oneOf": [USER, BOT]}, {"role": "tool", "name": 1}, [("name", "must be string")]),
        (
            {"oneOf": [USER, BOT]},
            {"role": "cat"},
            [("role", "must be 'bot', 'tool' or 'user'")],
        ),
        ({"oneOf": [USER, BOT]}, 1, [("", "must be object")]),
        (
            {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "array"}]},
            1,
            [("", "must be array or string")],
        ),
        (
            {"anyOf": [USER, {"type": "string"}]},
            {"role": "user", "age": 1.5},
            [("age", "must be integer")],
        ),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 1, [("", "must be null or string")]),
        (
            {"oneOf": [USER, {"properties": {"role": {"enum": ["x"], "minLength": 9}}}]},
            {"role": "cat"},
            [("role", "must be 'user' or 'x'")],
        ),
        (
            {"allOf": [{"type": "string"}, {"type": "string"}]},
            1,
            [("", "must be string")],
        ),
        (
            {"anyOf": [{"const": 1}, {"enum": [2], "minimum": 9}]},
            3,
            [("", "must be '1' or '2'")],
        ),
    ],
)
def test_a_fault_names_the_place_and_what_is_wrong_there(
    schema: Any, value: Any, expected: list[tuple[str, str]]
) -> None:
    """Inside of unions it is the branch that was meant: the one whose tag fits."""
    assert expected == faults(schema, value)


def test_a_value_that_is_wrong_everywhere_has_a_bounded_number_of_faults() -> None:
    """A large body does not make a larger answer."""
    assert 20 == len(faults({"items": {"type": "integer"}}, ["x"] * 1000))


def test_a_fault_does_not_repeat_the_value() -> None:
    """It could be a password."""
    for schema in ({"maxLength": 1}, {"type": "integer"}, {"pattern": "^a$"}, {"format": "date"}):
        assert "secret" not in str(faults(schema, "secret"))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "invalid_request_error"),
        (429, "rate_limit_error"),
        (503, "server_error"),
    ],
)
def test_a_problem_has_the_type_that_its_status_has_elsewhere(status: int, kind: str) -> None:
    """OpenAI's families of errors."""
    body = bytes(OpenAIDialect()(Problem(status, "No."), request_id="r").body)
    assert f'"type":"{kind}"'.encode() in body


def test_a_status_without_a_name_has_a_title() -> None:
    """A problem document needs one."""
    body = bytes(ProblemDialect()(Problem(599, "No."), request_id="r").body)
    assert b'"title":"Status 599"' in body
