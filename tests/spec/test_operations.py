"""The operations, and what the generator reads beside them."""

from __future__ import annotations

import re
from typing import Any

from ._documents import Document, Place


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
    assert [] == [name for name in names if not re.fullmatch(r"[a-z]+(\.[a-z]+)+", name)]
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
    body = document.resolve(place.value["requestBody"])
    request = document.resolve(body["content"]["application/json"]["schema"])
    assert ["boolean", "null"] == request["properties"][streaming["switch"]]["type"]
    assert [] == document.faults(item, {"data": streaming["terminator"]})
    data = document.resolve(item)["properties"]["data"]
    [chunk] = [branch["contentSchema"] for branch in data["anyOf"] if "contentSchema" in branch]
    for part in streaming["completed-by"].removeprefix("/").split("/"):
        chunk = document.resolve(chunk)
        chunk = chunk["items"] if part == "*" else chunk["properties"][part]
    assert {"type": "null"} in chunk["anyOf"]


def test_every_paged_operation_names_inputs_and_results_that_exist(document: Document) -> None:
    """What `x-speakeasy-pagination` names is there: the parameters, and the array in the answer."""
    paged = [place for place in document.operations() if "x-speakeasy-pagination" in place.value]
    assert (document.name == "platform") == bool(paged)
    for place in paged:
        pagination = place.value["x-speakeasy-pagination"]
        assert "offsetLimit" == pagination["type"]
        for given in pagination["inputs"]:
            assert given["name"] in _inputs(document, place, given["in"]), place.pointer
        assert ["page", "limit"] == [given["type"] for given in pagination["inputs"]]
        answer = document.resolve(place.value["responses"]["200"])
        page = document.resolve(answer["content"]["application/json"]["schema"])
        name = pagination["outputs"]["results"].removeprefix("$.")
        assert "array" == page["properties"][name]["type"]


def _inputs(document: Document, place: Place, where: str) -> set[str]:
    if where == "parameters":
        return {document.resolve(given)["name"] for given in place.value["parameters"]}
    body = document.resolve(place.value["requestBody"])
    return set(document.resolve(body["content"]["application/json"]["schema"])["properties"])
