"""Where operations are in the client's tree."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from sdk_codegen._groups import RESERVED_GROUPS, RESERVED_METHODS, Places, function_name
from sdk_codegen._names import RESERVED_FIELDS
from sdk_codegen.errors import NamingError
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.models import BaseModel
from sdk_core.resources import AsyncResource, SyncResource


def place(operation: dict[str, Any], path: str = "/v1/pets/{id}") -> tuple[tuple[str, ...], str]:
    """Return the place of an operation that is alone."""
    return Places().place(operation, path, "get", "/paths/x/get")


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            {"x-sdk-group": "chat.completions", "x-sdk-method": "create"},
            (("chat", "completions"), "create"),
        ),
        (
            {"x-fern-sdk-group-name": ["a", "b"], "x-fern-sdk-method-name": "doIt"},
            (("a", "b"), "do_it"),
        ),
        ({"x-fern-sdk-group-name": "a", "x-fern-sdk-method-name": "b"}, (("a",), "b")),
        (
            {"x-speakeasy-group": "a.b", "x-speakeasy-name-override": "c"},
            (("a", "b"), "c"),
        ),
        (
            {"x-sdk-group": "ours", "x-speakeasy-group": "theirs", "operationId": "x"},
            (("ours",), "x"),
        ),
        ({"tags": ["Pet store"], "operationId": "getPet"}, (("pet_store",), "get_pet")),
        ({"tags": ["beta.agents"], "operationId": "list"}, (("beta", "agents"), "list")),
        ({"tags": ["beta.close"], "operationId": "list"}, (("beta", "close"), "list")),
        ({"tags": ["v1.0 pets"], "operationId": "list"}, (("v1_0_pets",), "list")),
        ({"tags": ["Ends."], "operationId": "list"}, (("ends",), "list")),
        ({"operationId": "getPet"}, (("pets",), "get_pet")),
        ({}, (("pets",), "get_v1_pets_id")),
        ({"x-sdk-group": "close", "x-sdk-method": "import"}, (("close_",), "import_")),
    ],
)
def test_an_operation_has_a_place(
    operation: dict[str, Any], expected: tuple[tuple[str, ...], str]
) -> None:
    """Extensions say where; without them tags and operation ids do; else the path."""
    assert expected == place(operation)


def test_a_path_without_a_word_is_in_a_group_of_its_own() -> None:
    """There is always a group."""
    assert (("default",), "ping") == place({"operationId": "ping"}, "/v2/{id}")


@pytest.mark.parametrize(
    ("operation", "path", "expected"),
    [
        ({"operationId": "list_pets_v1_pets_get"}, "/v1/pets", "list_pets"),
        ({"operationId": "voice_sample_v1_voices__voice_id__sample_get"},
         "/v1/voices/{voice_id}/sample", "voice_sample"),
        ({"operationId": "voice_sample_v1_voices_voice_id_sample_get"},
         "/v1/voices/{voice_id}/sample", "voice_sample"),
        ({"operationId": "list_users_users__get"}, "/users/", "list_users"),
        ({"operationId": "root__get"}, "/", "root"),
        ({"operationId": "pet_get"}, "/", None),
        ({"operationId": "__get"}, "/", None),
        ({"operationId": "users_get"}, "/users", None),
        ({"operationId": "list_users_post"}, "/users", None),
        ({"operationId": "listUsers"}, "/users", None),
        ({"operationId": "list_users_get", "x-sdk-method": "all"}, "/users", None),
        ({"operationId": 7}, "/users", None),
    ],
)  # fmt: skip
def test_an_id_of_a_framework_begins_with_a_function(
    operation: dict[str, Any], path: str, expected: str | None
) -> None:
    """What follows is the path and the method; any other id is no such thing."""
    assert expected == function_name(operation, path, "get")


def test_two_operations_in_one_place_are_an_error_that_names_both() -> None:
    """The second names the first, and what to do."""
    places = Places()
    operation = {"x-sdk-group": "a", "x-sdk-method": "b"}
    places.place(operation, "/a", "get", "/paths/~1a/get")
    with pytest.raises(NamingError) as caught:
        places.place(operation, "/b", "get", "/paths/~1b/get")
    assert str(caught.value) == (
        "#/paths/~1b/get: `a.b` is taken by #/paths/~1a/get; "
        "set `x-sdk-group` or `x-sdk-method` to tell them apart"
    )


@pytest.mark.parametrize("swapped", [False, True])
def test_a_group_and_a_method_of_one_name_are_an_error(swapped: bool) -> None:
    """In either order: `client.a.b` cannot be both."""
    operations = [
        {"x-sdk-group": "a", "x-sdk-method": "b"},
        {"x-sdk-group": "a.b", "x-sdk-method": "c"},
    ]
    places = Places()
    first, second = reversed(operations) if swapped else operations
    places.place(first, "/a", "get", "/paths/~1a/get")
    with pytest.raises(NamingError, match=r"`a\.b` is both a group"):
        places.place(second, "/b", "get", "/paths/~1b/get")


def test_names_of_the_runtime_are_reserved() -> None:
    """What clients, resources and models have themselves is hidden by no name of a document."""
    for owner, reserved in (
        (SyncClient, RESERVED_GROUPS),
        (AsyncClient, RESERVED_GROUPS),
        (SyncResource, RESERVED_METHODS),
        (AsyncResource, RESERVED_METHODS),
        (BaseModel, RESERVED_FIELDS),
    ):
        public = {name for name, _ in inspect.getmembers_static(owner) if not name.startswith("_")}
        assert set() == public - reserved
