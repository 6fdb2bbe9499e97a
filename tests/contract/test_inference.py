"""The server and `spec/inference.yaml` agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.case import Case

from sdk_server.testing import RunningServer

SPEC = Path(__file__).parents[2] / "spec" / "inference.yaml"


def load(mode: str) -> Any:
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
    }
    return schemathesis.openapi.from_path(SPEC, config=schemathesis.Config.from_dict(settings))


schema = load("all")
streams = load("positive").include(operation_id=["createChatCompletion", "createCompletion"])

MODELS = {
    "createChatCompletion": "echo-1",
    "createCompletion": "echo-1",
    "createEmbedding": "echo-embed-1",
}


@schema.parametrize()  # type: ignore[untyped-decorator]
def test_every_answer_is_one_that_the_document_promises(
    case: Case[Any], server: RunningServer
) -> None:
    """Valid requests are accepted, invalid ones refused, and both as the document says."""
    make_acceptable(case)
    case.call_and_validate(base_url=server.inference_url, headers=authorized(server))


@streams.parametrize()  # type: ignore[untyped-decorator]
def test_every_event_of_a_stream_follows_the_item_schema(
    case: Case[Any], server: RunningServer
) -> None:
    """Streams hold events that the `itemSchema` allows, and end with the terminator."""
    body: Any = case.body
    body["stream"] = True
    make_acceptable(case)
    response = case.call_and_validate(base_url=server.inference_url, headers=authorized(server))
    assert response.headers["content-type"][0].startswith("text/event-stream")
    assert response.content.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("operation_id", ["createChatCompletion", "createCompletion"])
def test_a_malformed_event_breaks_the_contract(
    operation_id: str, faulty_server: RunningServer
) -> None:
    """The tests above can fail: an event that is no chunk is noticed."""
    body = {
        "model": "echo-1",
        "stream": True,
        "messages": [{"role": "user", "content": "Hello."}],
        "prompt": "Hello.",
    }
    case = schema.find_operation_by_id(operation_id).Case(body=body, media_type="application/json")
    headers = {**authorized(faulty_server), "X-SDK-Fault": "malformed=2"}
    with pytest.raises(FailureGroup, match="SSE event violates schema"):
        case.call_and_validate(base_url=faulty_server.inference_url, headers=headers)


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


def make_acceptable(case: Case[Any]) -> None:
    """Give a valid request a model that exists, and mend what breaks a rule between its members.

    The document says these rules in sentences: in JSON Schema each would take a page.
    """
    model = MODELS.get(case.operation.definition.raw["operationId"])
    if model is None or not is_positive(case):
        return
    body: Any = case.body
    body["model"] = model
    if not body.get("stream"):
        body.pop("stream_options", None)
    if not body.get("logprobs"):
        body.pop("top_logprobs", None)
    if (body.get("best_of") or 0) < (body.get("n") or 1):
        body.pop("best_of", None)
    if "audio" in (body.get("modalities") or ()):
        body.pop("modalities")  # the echo model does not speak
    if body.get("dimensions", 0) > 3072:
        body.pop("dimensions")  # its vectors end there
    if isinstance(body.get("function_call"), dict):
        body["functions"] = [FUNCTION_TOOL["function"]]
        body["function_call"] = {"name": "weather"}
    if body.get("tool_choice") not in (None, "none", "auto"):
        kind = "required" if body["tool_choice"] == "required" else body["tool_choice"]["type"]
        body["tools"] = [FUNCTION_TOOL, CUSTOM_TOOL]
        body["tool_choice"] = TOOL_CHOICES[kind]
    if body.get("response_format", {}).get("type") == "json_schema":
        # Nearly no object that Hypothesis draws is a JSON Schema.
        body["response_format"]["json_schema"]["schema"] = PARAMETERS


PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "weather", "parameters": PARAMETERS},
}
CUSTOM_TOOL = {"type": "custom", "custom": {"name": "note"}}
TOOL_CHOICES: dict[str, object] = {
    "required": "required",
    "function": {"type": "function", "function": {"name": "weather"}},
    "custom": {"type": "custom", "custom": {"name": "note"}},
    "allowed_tools": {
        "type": "allowed_tools",
        "allowed_tools": {"mode": "required", "tools": [FUNCTION_TOOL]},
    },
}
