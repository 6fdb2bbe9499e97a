"""The examples: there for everything, and true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ._documents import Document


def test_every_content_has_examples_that_follow_its_schema(document: Document) -> None:
    """Each request and each answer, failures too, shows at least one value of its schema."""
    for place in document.operations():
        for content in document.contents(place):
            examples = content.value["examples"]
            assert examples, content.pointer
            for name, reference in examples.items():
                example = document.resolve(reference)
                assert example["summary"], f"{content.pointer} {name}"
                if "itemSchema" in content.value:
                    schema, values = content.value["itemSchema"], example["dataValue"]
                else:
                    schema, values = content.value["schema"], [example["value"]]
                for value in values:
                    assert [] == document.faults(schema, value), f"{content.pointer} {name}"


def test_every_parameter_and_header_has_an_example_that_follows_its_schema(
    document: Document,
) -> None:
    """Parameters have named examples, headers one."""
    components = document.raw["components"]
    for parameter in components["parameters"].values():
        assert parameter["examples"], parameter["name"]
        for example in parameter["examples"].values():
            assert [] == document.faults(parameter["schema"], example["value"]), parameter["name"]
    for name, header in components["headers"].items():
        assert [] == document.faults(header["schema"], header["example"]), name


def test_every_failure_example_names_its_own_status(document: Document) -> None:
    """A problem document repeats the status; in the example it is the status it stands under."""
    for place in document.operations():
        for content in document.contents(place):
            for reference in content.value["examples"].values():
                value = document.resolve(reference).get("value", {})
                if content.pointer.endswith("problem+json"):
                    status = content.pointer.split()[2]
                    assert str(value["status"]).startswith(status.removesuffix("XX"))


def test_every_stream_example_is_the_same_as_data_and_as_bytes(inference: Document) -> None:
    """Both forms hold the same events, and the answer is whole at their end."""
    streams = 0
    for place in inference.operations():
        for content in inference.contents(place):
            if "itemSchema" not in content.value:
                continue
            for reference in content.value["examples"].values():
                example = inference.resolve(reference)
                events = example["dataValue"]
                fields = [[f"{name}: {text}\n" for name, text in event.items()] for event in events]
                assert (
                    "".join("".join([*lines, "\n"]) for lines in fields)
                    == (example["serializedValue"])
                )
                assert _is_whole(place.value["x-sdk-streaming"], [e["data"] for e in events])
                streams += 1
    assert streams


def _is_whole(streaming: dict[str, Any], data: list[str]) -> bool:
    """Say whether a stream ends as it should, by `completed-by`; a terminator is the last event."""
    if streaming["terminator"] in data:
        assert data.index(streaming["terminator"]) == len(data) - 1
        data = data[:-1]
    rule, final = streaming["completed-by"], None
    if isinstance(rule, dict):
        [(rule, final)] = rule.items()
    path = rule.removeprefix("/").split("/")
    found = [value for text in data for value in _values(json.loads(text), path)]
    return any(value in final if final else value is not None for value in found)


def _values(value: Any, path: list[str]) -> Iterator[Any]:
    if not path:
        yield value
    elif path[0] == "*":
        for item in value:
            yield from _values(item, path[1:])
    elif path[0] in value:
        yield from _values(value[path[0]], path[1:])


@pytest.mark.parametrize(
    "data",
    ["", "DONE", "{", '{"id": "x"}', '{"id":"x","object":"chat.completion.chunk","choices":[]}'],
)
def test_an_event_that_is_neither_chunk_nor_end_is_refused(inference: Document, data: str) -> None:
    """The schema of an event is no formality: it looks into the JSON of `data`."""
    event = {"$ref": "#/components/schemas/ChatCompletionStreamEvent"}
    assert [] != inference.faults(event, {"data": data})


def test_an_event_may_tell_of_a_failure(inference: Document) -> None:
    """A server that fails after the stream began sends an error as an event."""
    event = {"$ref": "#/components/schemas/ChatCompletionStreamEvent"}
    assert [] == inference.faults(event, {"data": '{"error": {"message": "out of memory"}}'})
