"""Chat completions, completions and embeddings: the engine answers as it is asked."""

from __future__ import annotations

from starlette.responses import Response

from .._applications import Functions
from .._engines import Task
from .._events import EventStream
from ._answers import whole
from ._calls import InferenceCall, engine_request, json, owner_of
from ._completions import store, storing

functions = Functions()


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


async def _answer(call: InferenceCall, task: Task) -> Response:
    services, body = call.services, call.body
    kept = task == "chat" and bool(body.get("store"))
    # What is stored is stored here, where its owner finds it, and not at an upstream.
    asked = {name: value for name, value in body.items() if name != "store"} if kept else body
    request = engine_request(call, task, asked)
    if body.get("stream") and task != "embedding":
        streamed = await services.engine.stream(request)
        deltas = streamed.deltas
        if kept:
            deltas = storing(services.records, owner_of(call), body, streamed)
        return EventStream(
            deltas,
            keepalive=services.options.keepalive,
            stopping=services.stopping,
            headers=streamed.headers,
        )
    answer = await services.engine.complete(request)
    if kept:
        await store(services.records, owner_of(call), body, whole(answer))
    return json(answer.body, dict(answer.headers))
