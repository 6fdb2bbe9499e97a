"""The operations of the inference API."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from ._accounts import Caller
from ._applications import Call, Functions
from ._catalog import Model
from ._encoding import encode_json
from ._engines import EngineRequest, Task
from ._events import EventStream
from ._problems import Fault, Problem
from ._requests import request_id
from ._services import Services

functions = Functions()
InferenceCall = Call[Services, Caller]

_FORWARDED = ("idempotency-key", "openai-organization", "openai-project", "openai-beta")


@functions.implements("createChatCompletion")
async def create_chat_completion(call: InferenceCall) -> Response:
    """Answer a conversation."""
    return await _answer(call, "chat")


@functions.implements("createCompletion")
async def create_completion(call: InferenceCall) -> Response:
    """Continue a prompt."""
    return await _answer(call, "completion")


@functions.implements("createEmbedding")
async def create_embedding(call: InferenceCall) -> Response:
    """Turn texts into vectors."""
    return await _answer(call, "embedding")


@functions.implements("listModels")
async def list_models(call: InferenceCall) -> Response:
    """List all models."""
    models = await call.services.engine.catalog.list()
    return _json({"object": "list", "data": [_model(model) for model in models]})


@functions.implements("retrieveModel")
async def retrieve_model(call: InferenceCall) -> Response:
    """Describe one model."""
    model = await call.services.engine.catalog.get(call.parameters["model"])
    if model is None:
        raise _unknown(call.parameters["model"])
    return _json(_model(model))


@functions.implements("deleteModel")
async def delete_model(call: InferenceCall) -> Response:
    """Remove a model."""
    name = call.parameters["model"]
    if not await call.services.engine.catalog.delete(name):
        raise _unknown(name)
    await call.services.files.delete(name)
    return _json({"id": name, "object": "model", "deleted": True})


async def _answer(call: InferenceCall, task: Task) -> Response:
    services, headers = call.services, call.request.headers
    request = EngineRequest(
        task=task,
        body=call.body,
        headers={
            "x-request-id": request_id(call.request.scope),
            **{name: headers[name] for name in _FORWARDED if name in headers},
        },
    )
    if call.body.get("stream") and task != "embedding":
        streamed = await services.engine.stream(request)
        return EventStream(
            streamed.deltas,
            keepalive=services.options.keepalive,
            stopping=services.stopping,
            headers=streamed.headers,
        )
    answer = await services.engine.complete(request)
    return _json(answer.body, dict(answer.headers))


def _json(body: Any, headers: dict[str, str] | None = None) -> Response:
    data = body if isinstance(body, bytes) else encode_json(body)
    return Response(data, headers=headers, media_type="application/json")


def _model(model: Model) -> dict[str, object]:
    return {
        "id": model.id,
        "object": "model",
        "created": int(model.created),
        "owned_by": model.owned_by,
    }


def _unknown(name: str) -> Problem:
    message = f"There is no model named `{name}`."
    fault = Fault(location="path", path=("model",), message=message)
    return Problem(404, message, code="model_not_found", faults=[fault])
