"""The examples: there for everything, and true."""

from __future__ import annotations

import json

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
    """Both forms hold the same events, and the last one is the terminator."""
    streams = 0
    for place in inference.operations():
        for content in inference.contents(place):
            if "itemSchema" not in content.value:
                continue
            for reference in content.value["examples"].values():
                example = inference.resolve(reference)
                events = [event["data"] for event in example["dataValue"]]
                text = "".join(f"data: {data}\n\n" for data in events)
                assert text == example["serializedValue"]
                assert events[-1] == place.value["x-sdk-streaming"]["terminator"]
                chunks = [json.loads(data) for data in events[:-1]]
                assert any(
                    choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]
                )
                streams += 1
    assert 2 == streams


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
