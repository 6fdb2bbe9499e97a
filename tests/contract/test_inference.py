"""The server and `spec/inference.yaml` agree."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.case import Case

from sdk_server.spec import read
from sdk_server.testing import RunningServer

from ._requests import make_acceptable

SPEC = Path(__file__).parents[2] / "spec" / "inference.yaml"


NOT_SERVED = {
    "createSpeech": "the echo engine has no voice",
    "createTranscription": "the echo engine has no ears",
    "createTranslation": "the echo engine has no ears",
    "createImage": "the echo engine does not paint",
    "createImageEdit": "the echo engine does not paint",
    "createImageVariation": "the echo engine does not paint",
    "createModeration": "the echo engine does not judge",
    "createFineTuningJob": "the echo engine does not learn",
    "retrieveFineTuningJob": "the echo engine does not learn",
    "listFineTuningJobs": "the echo engine does not learn",
    "cancelFineTuningJob": "the echo engine does not learn",
    "pauseFineTuningJob": "the echo engine does not learn",
    "resumeFineTuningJob": "the echo engine does not learn",
    "listFineTuningJobEvents": "the echo engine does not learn",
    "listFineTuningJobCheckpoints": "the echo engine does not learn",
    "createRealtimeClientSecret": "the server has no realtime sessions",
    "createRealtimeTranslationClientSecret": "the server has no realtime sessions",
    "createRealtimeCall": "the server has no realtime sessions",
    "acceptRealtimeCall": "the server has no realtime sessions",
    "hangUpRealtimeCall": "the server has no realtime sessions",
    "referRealtimeCall": "the server has no realtime sessions",
    "rejectRealtimeCall": "the server has no realtime sessions",
}
"""What the server by itself answers with 501; with the proxy engine an upstream answers."""

# Every kind of item and tool in every place makes tens of thousands of boundary cases.
LARGE = [
    "createResponse",
    "compactResponse",
    "countResponseInputTokens",
    "createConversation",
    "createConversationItems",
]

DOCUMENT = read(SPEC)


def load(mode: str, *, coverage: bool = True) -> Any:
    """Return the document, for requests of one kind: `positive`, `negative` or `all`."""
    settings = {
        "seed": 20261121,
        "max-stream-events": 100_000,  # the end of a stream is a part of the contract
        "generation": {
            "mode": mode,
            "deterministic": True,
            "max-examples": 20,
            "database": "none",
        },
        "phases": {"coverage": {"enabled": coverage}},
    }
    # As one document: schemathesis looks for the examples of an area in the first file alone.
    return schemathesis.openapi.from_dict(DOCUMENT, config=schemathesis.Config.from_dict(settings))


STREAMED = ["createChatCompletion", "createCompletion", "createResponse"]

schema = load("all")
small = schema.exclude(operation_id=[*NOT_SERVED, *LARGE])
large = load("all", coverage=False).include(operation_id=LARGE)
streams = load("positive", coverage=False).include(operation_id=STREAMED)


@small.parametrize()  # type: ignore[untyped-decorator]  # schemathesis has no types
def test_every_answer_is_one_that_the_document_promises(
    case: Case[Any], server: RunningServer
) -> None:
    """Valid requests are accepted, invalid ones refused, and both as the document says."""
    check(case, server)


@large.parametrize()  # type: ignore[untyped-decorator]  # schemathesis has no types
def test_answers_to_requests_of_many_kinds_are_promised_too(
    case: Case[Any], server: RunningServer
) -> None:
    """The same for those whose boundaries are too many to try each."""
    check(case, server)


def check(case: Case[Any], server: RunningServer) -> None:
    """Send a request and hold the answer against the document."""
    if is_positive(case) and isinstance(case.body, dict):
        make_acceptable(case.operation.definition.raw["operationId"], case.body)
    case.call_and_validate(base_url=server.inference_url, headers=authorized(server))


@streams.parametrize()  # type: ignore[untyped-decorator]  # schemathesis has no types
def test_every_event_of_a_stream_follows_the_item_schema(
    case: Case[Any], server: RunningServer
) -> None:
    """Streams hold events that the `itemSchema` allows, and end as they should."""
    operation_id, body = case.operation.definition.raw["operationId"], case.body
    assert isinstance(body, dict)
    body["stream"] = True
    make_acceptable(operation_id, body)
    response = case.call_and_validate(base_url=server.inference_url, headers=authorized(server))
    assert response.headers["content-type"][0].startswith("text/event-stream")
    if operation_id == "createResponse":
        last = json.loads(response.content.rsplit(b"data: ", 1)[1])
        assert last["type"] in ("response.completed", "response.incomplete")
    else:
        assert response.content.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("operation_id", STREAMED)
def test_a_malformed_event_breaks_the_contract(
    operation_id: str, faulty_server: RunningServer
) -> None:
    """The tests above can fail: an event that is no chunk is noticed."""
    body = {
        "model": "echo-1",
        "stream": True,
        "messages": [{"role": "user", "content": "Hello."}],
        "prompt": "Hello.",
        "input": "Hello.",
    }
    if operation_id == "createResponse":
        del body["prompt"]
    case = schema.find_operation_by_id(operation_id).Case(body=body, media_type="application/json")
    headers = {**authorized(faulty_server), "X-SDK-Fault": "malformed=2"}
    with pytest.raises(FailureGroup, match="SSE event violates schema"):
        case.call_and_validate(base_url=faulty_server.inference_url, headers=headers)


@pytest.mark.parametrize("operation_id", sorted(NOT_SERVED))
def test_what_is_not_served_says_so(operation_id: str, server: RunningServer) -> None:
    """Each exception in the list above is one: 501, the operation's name, the API's error shape."""
    operation = schema.find_operation_by_id(operation_id)
    raw = operation.definition.raw
    content = resolved(raw["requestBody"])["content"] if "requestBody" in raw else {}
    examples = [next(iter(each["examples"].values())) for each in content.values()]
    body = resolved(examples[0])["value"] if examples else None
    form = "multipart/form-data" in content
    response = httpx.request(
        operation.method,
        server.inference_url + re.sub(r"\{\w+\}", "none", operation.path),
        headers=authorized(server),
        json=None if form else body,
        files=fields(body or {}) if form else None,
    )
    assert 501 == response.status_code, response.content
    error = response.json()["error"]
    assert "not_implemented" == error["code"]
    assert f"`{operation_id}`" in error["message"]


def fields(body: dict[str, Any]) -> list[tuple[str, tuple[str | None, bytes]]]:
    """Return the fields of a form; those with the content of a file have a file name."""
    return [
        (name, ("a.bin" if name in FILES else None, str(value).encode()))
        for name, values in body.items()
        for value in (values if isinstance(values, list) else [values])
        if not isinstance(value, dict)
    ]


FILES = ("file", "image", "mask", "markup")


def resolved(value: Any) -> Any:
    """Return what a reference leads to, or the value itself."""
    while "$ref" in value:
        found: Any = DOCUMENT
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        value = found
    return value


def test_a_model_can_be_described_and_deleted_as_promised(faulty_server: RunningServer) -> None:
    """The answers about a model that exists follow the document, and so does its absence after."""
    statuses = []
    for operation_id in ("retrieveModel", "deleteModel", "retrieveModel", "deleteModel"):
        operation = schema.find_operation_by_id(operation_id)
        case = operation.Case(path_parameters={"model": "echo-embed-1"})
        response = case.call_and_validate(
            base_url=faulty_server.inference_url, headers=authorized(faulty_server)
        )
        statuses.append(response.status_code)
    assert [200, 200, 404, 404] == statuses


def authorized(server: RunningServer) -> dict[str, str]:
    """Return the headers of a caller who may do everything."""
    return {"Authorization": f"Bearer {server.api_key}"}


def is_positive(case: Case[Any]) -> bool:
    """Tell whether the request is meant to be valid."""
    assert case.meta is not None
    return case.meta.generation.mode.is_positive
