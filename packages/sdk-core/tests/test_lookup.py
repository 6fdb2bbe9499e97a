"""Values inside an answer, found by their names on the wire."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from sdk_core._lookup import find, steps_of
from sdk_core.attrs_models import Model
from sdk_core.errors import ConfigurationError
from sdk_core.models import BaseModel
from sdk_core.typing import omit


class Thing(BaseModel):
    """An item."""

    id: int


class Page(BaseModel):
    """A page whose members are called differently in Python."""

    data: list[Thing]
    next_: str | None = Field(None, alias="next")


@attrs.define(kw_only=True)
class Plain(Model):
    """A page as an attrs class."""

    items_: list[int] = attrs.field(metadata={"wire": "items"})
    rest: Any = omit


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", [{"a": [{"b": 1}, {"b": 2, "c.d": 3}], "e": {"f": 4}}]),
        ("$.a[0].b", [1]),
        ("$.a[-1]['c.d']", [3]),
        ('$["e"]["f"]', [4]),
        ("a[ 1 ].b", [2]),
        (" .e.f ", [4]),
        ("$.a[*].b", [1, 2]),
        ("$.e.*", [4]),
        ("$.a.*", [{"b": 1}, {"b": 2, "c.d": 3}]),
        ("$.a[2]", []),
        ("$.a[-3]", []),
        ("$.a.b", []),
        ("$.e[0]", []),
        ("$.e.f.g", []),
        ("$.e.f[*]", []),
        ("$.none", []),
    ],
)
def test_a_path_leads_to_values(path: str, found: list[object]) -> None:
    """Names, indexes from both ends and wildcards (RFC 9535)."""
    value = {"a": [{"b": 1}, {"b": 2, "c.d": 3}], "e": {"f": 4}}
    assert found == find(value, steps_of(path, "it"))


@pytest.mark.parametrize(
    "path", ["$.a[?(@.b)]", "$..a", "$.a[", "$.a[0:2]", "$.", "$ .a", "/a/b", "$a b"]
)
def test_more_of_the_language_is_refused(path: str) -> None:
    """The error says where the path stands."""
    with pytest.raises(ConfigurationError, match="`results` of x is"):
        steps_of(path, "`results` of x")


@given(st.text())
def test_any_text_is_a_path_or_an_error(path: str) -> None:
    """Documents are foreign."""
    with suppress(ConfigurationError):
        assert isinstance(find({"a": [1]}, steps_of(path, "it")), list)


def test_models_are_looked_into_by_their_names_on_the_wire() -> None:
    """Pydantic's by alias, with fields that their class does not know; attrs' by metadata."""
    page = Page.model_validate({"data": [{"id": 1, "kind": "new"}], "next": "a", "meta": {"n": 2}})
    assert ["a"] == find(page, ("next",))
    assert [] == find(page, ("next_",))
    assert [2] == find(page, ("meta", "n"))
    assert ["new"] == find(page, ("data", 0, "kind"))
    plain = Plain.model_validate({"items": [1], "more": 2})
    assert [[1]] == find(plain, ("items",))
    assert [2] == find(plain, ("more",))
    for name in ("items_", "rest", "none", "_extra"):
        assert [] == find(plain, (name,))
