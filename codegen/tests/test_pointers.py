"""JSON pointers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_codegen._pointers import join, lookup, printed, split

DOCUMENT: dict[str, Any] = {"a/b": [{"m~n": 1}], "": {"x y": 2}}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("", DOCUMENT), ("/a~1b/0/m~0n", 1), ("//x%20y", 2), ("/a~1b", [{"m~n": 1}])],
)
def test_a_pointer_leads_to_a_value(pointer: str, value: object) -> None:
    """RFC 6901, sections 3 and 6: escapes of tokens, and of URIs."""
    assert value == lookup(DOCUMENT, split(pointer))


@pytest.mark.parametrize("pointer", ["/b", "/a~1b/1", "/a~1b/x", "/a~1b/0/m~0n/deeper"])
def test_a_pointer_that_leads_nowhere_is_a_lookup_error(pointer: str) -> None:
    """Missing keys, indices and values without parts are one kind of error."""
    with pytest.raises(LookupError):
        lookup(DOCUMENT, split(pointer))


@given(st.lists(st.text(st.characters(exclude_characters="%", exclude_categories=["Cs"]))))
def test_what_is_joined_can_be_split(tokens: list[str]) -> None:
    """`split` undoes `join`."""
    assert tokens == split(join("", *tokens))


def test_a_pointer_is_printed_in_one_line() -> None:
    """A key of a document may hold whatever ends a line."""
    assert "/a%0Ab/%00/%E2%80%A8/c d" == printed("/a\nb/\0/\u2028/c d")
