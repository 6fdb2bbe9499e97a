"""The pass that tells operations apart."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_codegen._groups import Places
from sdk_codegen._normalise._distinct import distinct_operations, function_names
from sdk_codegen._operations import iter_operations
from sdk_codegen.errors import NamingError


def named(paths: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the places of all operations after the pass, and its repairs."""
    document, repairs = distinct_operations({"paths": paths})
    places = Places()
    return [
        ".".join((*group, name))
        for group, name in (
            places.place(operation, path, method, pointer)
            for path, method, operation, pointer in iter_operations(document)
        )
    ], [str(repair) for repair in repairs]


@pytest.mark.parametrize(
    ("paths", "places", "repairs"),
    [
        pytest.param(
            {"/jobs": {"get": {}}, "/jobs/": {"get": {}}},
            ["jobs.get_jobs", "jobs.get_jobs_2"],
            [("#/paths/~1jobs~1/get: `jobs.get_jobs` is taken by #/paths/~1jobs/get; "
             "called `get_jobs_2`")],
            id="paths that differ in a last slash",
        ),
        pytest.param(
            {
                "/pets": {"get": {"operationId": "listPets"}},
                "/pets/{id}": {"get": {"operationId": "list-pets"}},
            },
            ["pets.list_pets", "pets.get_pets_id"],
            [("#/paths/~1pets~1{id}/get: `pets.list_pets` is taken by #/paths/~1pets/get; "
             "called `get_pets_id`")],
            id="ids that differ in punctuation",
        ),
        pytest.param(
            {
                "/a": {"get": {"tags": ["t"], "operationId": "do"}},
                "/b": {"get": {"tags": ["t"], "operationId": "Do"}},
                "/c": {"get": {"tags": ["t"], "operationId": "get_b"}},
            },
            ["t.do", "t.get_b_2", "t.get_b"],
            ["#/paths/~1b/get: `t.do` is taken by #/paths/~1a/get; called `get_b_2`"],
            id="a name that somebody asks for is not given away",
        ),
        pytest.param(
            {
                "/a": {"get": {"tags": ["t"], "operationId": "do"}},
                "/b": {"get": {"tags": ["t"], "x-sdk-method": "do"}},
            },
            ["t.get_a", "t.do"],
            ["#/paths/~1a/get: `t.do` is taken by #/paths/~1b/get; called `get_a`"],
            id="what x-sdk-method says is kept",
        ),
        pytest.param(
            {
                "/a": {"get": {"tags": ["t"], "operationId": "sub"}},
                "/b": {"get": {"x-sdk-group": "t.sub", "operationId": "x"}},
            },
            ["t.get_a", "t.sub.x"],
            ["#/paths/~1a/get: `t.sub` is taken by a group; called `get_a`"],
            id="a group that is called like a method",
        ),
        pytest.param(
            {"/\N{THUMBS UP SIGN}": {"get": {"tags": ["+"], "operationId": "+"}},
             "/-": {"get": {"tags": ["-"], "operationId": "-"}}},
            ["field.field", "field.get"],
            [("#/paths/~1-/get: `field.field` is taken by #/paths/~1\N{THUMBS UP SIGN}/get; "
             "called `get`")],
            id="names of symbols only",
        ),
    ],
)  # fmt: skip
def test_derived_names_are_told_apart(
    paths: dict[str, Any], places: list[str], repairs: list[str]
) -> None:
    """The first keeps the name; the others are named after method and path, and reported."""
    assert (places, repairs) == named(paths)


def test_a_document_whose_names_differ_is_left_alone() -> None:
    """Nothing is written where nothing collides."""
    document = {"paths": {"/a": {"get": {"operationId": "x"}, "put": {"operationId": "y"}}}}
    assert (document, []) == distinct_operations(document)


def test_a_place_declared_twice_stays_an_error() -> None:
    """Who says `x-sdk-method` twice must decide."""
    declared = {"x-sdk-group": "a", "x-sdk-method": "b"}
    with pytest.raises(NamingError, match=r"taken by #/paths/~1a/get"):
        named({"/a": {"get": declared}, "/b": {"get": declared}})


NAMES = st.sampled_from(["a", "A", "a-", "a.b", "b", "", "+", "close", "get a", "get_a"])


@given(
    st.dictionaries(
        st.sampled_from(["/a", "/a/", "/A", "/{a}", "/", "/b"]),
        st.dictionaries(
            st.sampled_from(["get", "put"]),
            st.fixed_dictionaries(
                {},
                optional={
                    "operationId": NAMES,
                    "tags": st.lists(NAMES, max_size=1),
                    "x-sdk-group": NAMES,
                    "x-fern-sdk-method-name": NAMES,
                },
            ),
        ),
    )
)
def test_derived_names_never_fail_a_document(paths: dict[str, Any]) -> None:
    """Whatever operations are called, each gets a place of its own."""
    places, _ = named(function_names({"paths": paths})[0]["paths"])
    assert len(places) == len(set(places))
    assert len(places) == sum(map(len, paths.values()))


def test_telling_apart_is_idempotent() -> None:
    """A second run finds nothing to do."""
    paths: dict[str, Any] = {"/jobs": {"get": {}}, "/jobs/": {"get": {}}}
    once, _ = distinct_operations({"paths": paths})
    assert (once, []) == distinct_operations(once)


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        pytest.param(
            {"/v1/pets": {"get": {"operationId": "list_pets_v1_pets_get"},
                          "post": {"operationId": "create_pet_v1_pets_post"}}},
            ["list_pets", "create_pet"],
            id="unique",
        ),
        pytest.param(
            {"/login": {"get": {"tags": ["a"], "operationId": "login_login_get"},
                        "post": {"tags": ["a"], "operationId": "login_login_post"}}},
            ["login_login_get", "login_login_post"],
            id="one function twice",
        ),
        pytest.param(
            {"/a": {"get": {"tags": ["t"], "operationId": "read_a_get"}},
             "/b": {"get": {"tags": ["t"], "x-sdk-method": "read"}}},
            ["read_a_get", "read"],
            id="a name that somebody declares",
        ),
        pytest.param(
            {"/a": {"get": {"tags": ["t"], "operationId": "sub_a_get"}},
             "/b": {"get": {"tags": ["t.sub"], "operationId": "x"}}},
            ["sub_a_get", "x"],
            id="a name that a group has",
        ),
    ],
)  # fmt: skip
def test_a_method_is_called_like_the_function_if_nothing_else_is(
    paths: dict[str, Any], names: list[str]
) -> None:
    """The name alone, where it means one method of its group; else the whole id."""
    document, repairs = function_names({"paths": paths})
    assert ([], names) == (
        repairs,
        [place.rpartition(".")[2] for place in named(document["paths"])[0]],
    )
