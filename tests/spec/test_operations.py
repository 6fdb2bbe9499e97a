"""The operations, and what the generator reads beside them."""

from __future__ import annotations

import re
from typing import Any

from ._documents import Document, Place

PAGING = {
    ("platform", "offsetLimit"): ["page", "limit"],
    ("inference", "cursor"): ["cursor", "limit"],
}


def test_every_operation_is_introduced(document: Document) -> None:
    """Each has an id in camel case, one tag, a summary of one line and a description."""
    for place in document.operations():
        operation = place.value
        assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", operation["operationId"]), place.pointer
        assert 1 == len(operation["tags"]), place.pointer
        assert re.fullmatch(r"[A-Z].*[^.\n]", operation["summary"]), place.pointer
        assert operation["description"].strip().endswith("."), place.pointer


def test_every_operation_has_its_own_group_and_method(document: Document) -> None:
    """The generator names a method by both, so both are names and no two operations share them."""
    names = [
        f"{place.value['x-sdk-group']}.{place.value['x-sdk-method']}"
        for place in document.operations()
    ]
    assert [] == [name for name in names if not re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", name)]
    assert sorted(set(names)) == sorted(names)


def test_every_operation_declares_how_it_fails(document: Document) -> None:
    """Any status has a declared shape; 401 is named where a caller must authenticate."""
    for place in document.operations():
        statuses = set(place.value["responses"])
        public = place.value.get("security") == []
        expected = {"429", "4XX", "5XX"} | (set() if public else {"401"})
        expected |= {"400", "422"} if "requestBody" in place.value else set()
        assert set() == expected - statuses, place.pointer


def test_every_operation_and_only_one_that_streams_says_how(document: Document) -> None:
    """`x-sdk-streaming` stands where an event stream is declared, and its parts fit the schemas."""
    for place in document.operations():
        items = [
            content.value["itemSchema"]
            for content in document.contents(place)
            if content.pointer.endswith("text/event-stream")
        ]
        assert len(items) == ("x-sdk-streaming" in place.value), place.pointer
        for item in items:
            _assert_stream(document, place, item)


def _assert_stream(document: Document, place: Place, item: dict[str, Any]) -> None:
    streaming = place.value["x-sdk-streaming"]
    if isinstance(streaming["switch"], dict):
        [(name, value)] = streaming["switch"].items()
        assert value in _switch(document, place, name)["enum"]
    else:
        assert "boolean" in _switch(document, place, streaming["switch"])["type"]
    assert [] == document.faults(item, {"data": streaming["terminator"]})
    data = document.resolve(item)["properties"]["data"]
    [chunk] = [branch["contentSchema"] for branch in data["anyOf"] if "contentSchema" in branch]
    if isinstance(streaming["completed-by"], dict):
        [(pointer, values)] = streaming["completed-by"].items()
        discriminator = document.resolve(chunk)["discriminator"]
        assert f"/{discriminator['propertyName']}" == pointer
        assert set(values) <= discriminator["mapping"].keys()
        return
    for part in streaming["completed-by"].removeprefix("/").split("/"):
        chunk = document.resolve(chunk)
        chunk = chunk["items"] if part == "*" else chunk["properties"][part]
    assert {"type": "null"} in chunk["anyOf"]


def _switch(document: Document, place: Place, name: str) -> dict[str, Any]:
    """Return the schema of what asks for a stream: a member of the body, else a parameter."""
    if "requestBody" not in place.value:
        parameters = [document.resolve(given) for given in place.value["parameters"]]
        [found] = [given for given in parameters if given["name"] == name]
        assert "query" == found["in"]
        return document.resolve(found["schema"])
    [content] = document.resolve(place.value["requestBody"])["content"].values()
    return document.resolve(document.resolve(content["schema"])["properties"][name])


def test_every_paged_operation_names_inputs_and_results_that_exist(document: Document) -> None:
    """What `x-speakeasy-pagination` names is there: the parameters, and the array in the answer."""
    paged = [place for place in document.operations() if "x-speakeasy-pagination" in place.value]
    assert paged
    for place in paged:
        pagination = place.value["x-speakeasy-pagination"]
        for given in pagination["inputs"]:
            assert given["name"] in _inputs(document, place, given["in"]), place.pointer
        types = [given["type"] for given in pagination["inputs"]]
        assert PAGING[document.name, pagination["type"]] == types, place.pointer
        answer = document.resolve(place.value["responses"]["200"])
        page = document.resolve(answer["content"]["application/json"]["schema"])
        outputs = {
            name: page["properties"][re.split(r"[.\[]", path)[1]]
            for name, path in pagination["outputs"].items()
        }
        assert "array" == outputs["results"]["type"]
        if pagination["type"] == "cursor":
            assert {"results", "nextCursor", "hasMore"} == outputs.keys()
            assert "boolean" in outputs["hasMore"]["type"]


def _inputs(document: Document, place: Place, where: str) -> set[str]:
    if where == "parameters":
        return {document.resolve(given)["name"] for given in place.value["parameters"]}
    body = document.resolve(place.value["requestBody"])
    return set(document.resolve(body["content"]["application/json"]["schema"])["properties"])
