"""The models that the engine runs."""

from __future__ import annotations

from starlette.responses import Response

from .._applications import Functions
from .._catalog import Model
from ._calls import InferenceCall, json, missing

functions = Functions()


@functions.implements("listModels")
async def list_models(call: InferenceCall) -> Response:
    """List all models."""
    models = await call.services.engine.catalog.list()
    return json({"object": "list", "data": [_model(model) for model in models]})


@functions.implements("retrieveModel")
async def retrieve_model(call: InferenceCall) -> Response:
    """Describe one model."""
    name = call.parameters["model"]
    model = await call.services.engine.catalog.get(name)
    if model is None:
        raise missing(name, "model", "model", "model_not_found")
    return json(_model(model))


@functions.implements("deleteModel")
async def delete_model(call: InferenceCall) -> Response:
    """Remove a model."""
    name = call.parameters["model"]
    if not await call.services.engine.catalog.delete(name):
        raise missing(name, "model", "model", "model_not_found")
    await call.services.files.delete(name)
    return json({"id": name, "object": "model", "deleted": True})


def _model(model: Model) -> dict[str, object]:
    return {
        "id": model.id,
        "object": "model",
        "created": int(model.created),
        "owned_by": model.owned_by,
    }
