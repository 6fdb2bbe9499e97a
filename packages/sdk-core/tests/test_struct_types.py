"""Types of every kind are read by structs as in the long way."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import pytest

from sdk_core import _adoption
from sdk_core.models import BaseModel, Field, Tagged

from ._decoded import WHOLE, Image, Json, Node, Text, Thing, described, encoded, long_way


class Quiet(BaseModel):
    """Null is none of the values of its fields: None says that they did not come."""

    id: str
    size: int = None  # type: ignore[assignment]  # as said above, and so below
    made_at: dt.datetime = None  # type: ignore[assignment]  # as above
    either: int | list[int] = None  # type: ignore[assignment]  # as above
    node: Node = None  # type: ignore[assignment]  # as above
    part: Annotated[Text | Image, Tagged("type")] = None  # type: ignore[assignment]  # as above


QUIET = {
    "id": "a",
    "size": 1,
    "made_at": "2026-11-21T12:00:00Z",
    "either": [1],
    "node": {"name": "n"},
    "part": {"type": "text", "text": "t"},
}


@pytest.mark.parametrize("left_out", [set(), {"size", "made_at"}, set(QUIET) - {"id"}])
def test_what_did_not_come_is_left_out_again(left_out: set[str]) -> None:
    """Also where nobody has written it down, because null is no value of it."""
    structs = _adoption.structs_of(Quiet)
    for name in QUIET.keys() - {"id"}:  # each is met
        structs.learn(long_way(Quiet)(encoded({"id": "a", name: QUIET[name]}), True))
    data = encoded({name: value for name, value in QUIET.items() if name not in left_out})
    for _ in range(5):
        found = structs.read(data)
        assert described(found) == described(long_way(Quiet)(data, True))
        assert found.to_dict().keys() == QUIET.keys() - left_out


_TAGS = {"text": "Text", "branch": "Branch"}


class Branch(BaseModel):
    """A variant that holds variants."""

    type: Literal["branch"]
    children: list[Annotated[Text | Branch, Tagged("type", _TAGS)]]


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        (list[float | str], [1.5, 2, "x"]),
        (list[Literal[True]], [True]),
        (list[Annotated[int, Field(gt=3)] | str], [4, "x"]),
        (Branch, {"type": "branch", "children": [{"type": "branch", "children": []}]}),
        (
            list[Annotated[Text | Branch, Tagged("type", _TAGS)]],
            [{"type": "text", "text": "t"}, {"type": "branch", "children": []}],
        ),
        (Json, ["a", ["b"]]),
    ],
)
def test_types_of_every_kind_are_read_alike(wanted: Any, value: object) -> None:
    """Where structs have no way for a part of it, that part goes the long way."""
    structs = _adoption.structs_of(wanted)
    data = encoded(value)
    structs.learn(long_way(wanted)(data, True))
    for _ in range(5):
        assert described(structs.read(data)) == described(long_way(wanted)(data, True))


@pytest.mark.parametrize("wanted", [list[str], dict[str, int], str, list[Thing]])
def test_types_that_are_no_models_have_structs(wanted: Any) -> None:
    """Any type that an operation answers with can go the short way."""
    value: Any = {"list": [encoded(WHOLE)]}
    data = {
        list[str]: b'["a"]',
        dict[str, int]: b'{"a": 1}',
        str: b'"a"',
        list[Thing]: b"[" + value["list"][0] + b"]",
    }[wanted]
    structs = _adoption.structs_of(wanted)
    assert described(structs.read(data)) == described(long_way(wanted)(data, True))
