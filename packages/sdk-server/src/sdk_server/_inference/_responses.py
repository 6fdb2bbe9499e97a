"""Answers with items, events and a memory: the operations under `/responses`."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial

from starlette.responses import Response

from .._applications import Functions
from .._problems import Problem, refuse
from .._records import Cut, Shelf
from .._secrets import new_id
from .._services import Services
from ._answers import chunk_of, chunks, whole
from ._attachments import attached
from ._calls import InferenceCall, Json, engine_request, json, missing, owner_of
from ._chat_requests import chat_request, seal, transcript
from ._composers import Composer
from ._contexts import RESPONSE, Context
from ._items import RESPONSE_ITEM, new_identity
from ._response_work import EVENTS, Draft, again, events_of, make_later, one, stream_of

functions = Functions()

_ECHOED = (
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "previous_response_id",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "user",
)

_SHORTEN = (
    "Shorten the conversation below so that it can be continued from the result. Keep every fact,"
    " decision and open question; leave out the rest."
)


@functions.implements("createResponse")
async def create_response(call: InferenceCall) -> Response:
    """Answer a text or a conversation."""
    body, services = call.body, call.services
    if body.get("stream_options") and not body.get("stream"):
        raise refuse(("stream_options",), "`stream_options` needs `stream` to be true.")
    draft = await _draft(call)
    response = draft.composer.response
    if response["background"]:
        if not response["store"]:
            text = "An answer that is made in the background must be stored."
            raise refuse(("background",), text, "invalid_value")
        await draft.save(whole=False)
        job = services.jobs.start(response["id"], lambda job: make_later(job, draft))
        return stream_of(services, job.follow()) if body.get("stream") else json(response)
    if body.get("stream"):
        streamed = await services.engine.stream(draft.request)
        return stream_of(services, events_of(draft, chunks(streamed)), dict(streamed.headers))
    answer = await services.engine.complete(draft.request)
    async with aclosing(events_of(draft, one(chunk_of(whole(answer))))) as events:
        async for _ in events:
            pass
    return json(response, dict(answer.headers))


@functions.implements("retrieveResponse")
async def retrieve_response(call: InferenceCall) -> Response:
    """Return a stored answer, or its events."""
    response = await _stored(call)
    if not call.parameters.get("stream"):
        return json(response)
    # The number of the last event that the caller has.
    start = call.parameters.get("starting_after", -1) + 1
    job = call.services.jobs.get(response["id"])
    if job is not None and response["background"]:
        return stream_of(call.services, job.follow(start))
    told = await call.services.records.run(
        owner_of(call), lambda shelf: shelf.get(EVENTS, response["id"])
    )
    if told is None:
        text = "Only an answer that was made in the background, as a stream, can be streamed again."
        raise refuse(("stream",), text, "invalid_value")
    return stream_of(call.services, again(told["events"][start:]))


@functions.implements("deleteResponse")
async def delete_response(call: InferenceCall) -> Response:
    """Delete a stored answer; one that is being made is cancelled."""
    identity = (await _stored(call))["id"]
    job = call.services.jobs.get(identity)
    if job is not None:
        await job.cancel()

    def work(shelf: Shelf) -> None:
        shelf.delete(RESPONSE, identity)
        shelf.delete(EVENTS, identity)
        shelf.clear(RESPONSE_ITEM, parent=identity)

    await call.services.records.run(owner_of(call), work)
    return json({"id": identity, "object": "response", "deleted": True})


@functions.implements("cancelResponse")
async def cancel_response(call: InferenceCall) -> Response:
    """Stop an answer that is being made in the background."""
    response = await _stored(call)
    if not response["background"]:
        text = "Only an answer that is made in the background can be cancelled."
        raise Problem(400, text, code="invalid_value")
    job = call.services.jobs.get(response["id"])
    if job is not None:
        await job.cancel()
    response = await _stored(call)
    if response["status"] in ("queued", "in_progress"):
        changed = {"status": "cancelled"}
        await call.services.records.run(
            owner_of(call), lambda shelf: shelf.change(RESPONSE, response["id"], changed)
        )
        response |= changed
    return json(response)


@functions.implements("listResponseInputItems")
async def list_input_items(call: InferenceCall) -> Response:
    """List the items that a request brought."""
    parent, cut = (await _stored(call))["id"], Cut.read(call.parameters)
    page = await call.services.records.run(
        owner_of(call), lambda shelf: shelf.page(RESPONSE_ITEM, cut, parent=parent)
    )
    return json(page.json())


@functions.implements("countResponseInputTokens")
async def count_input_tokens(call: InferenceCall) -> Response:
    """Count the tokens of a request without answering it."""
    _, request = await _asked(call)
    size = await call.services.engine.count(engine_request(call, "chat", request))
    return json({"object": "response.input_tokens", "input_tokens": size})


@functions.implements("compactResponse")
async def compact_response(call: InferenceCall) -> Response:
    """Have a model shorten a conversation."""
    services = call.services
    _, request = await _asked(call)
    question: Json = {
        "model": request["model"],
        "messages": [
            {"role": "system", "content": _SHORTEN},
            {"role": "user", "content": transcript(request["messages"])},
        ],
    }
    answer = await services.engine.complete(engine_request(call, "chat", question))
    composer = Composer({"status": "in_progress", "output": []})
    for _ in (*composer.feed(chunk_of(whole(answer))), *composer.finish(services.records.clock())):
        pass
    told = composer.response
    parts = [part for item in told["output"] for part in item.get("content", ())]
    text = "".join(part["text"] for part in parts if part["type"] == "output_text")
    item: Json = {"type": "compaction", "encrypted_content": seal(text)}
    compacted = {
        "id": new_id("resp"),
        "object": "response.compaction",
        "created_at": int(services.records.clock()),
        "output": [{"id": new_identity(item), **item}],
        "usage": told["usage"],
    }
    return json(compacted, dict(answer.headers))


def give_up_responses(services: Services) -> None:
    """End the answers that a server that stopped was making in the background; for the start."""
    error = {"code": "server_error", "message": "The server was stopped before it had answered."}
    changed = {"status": "failed", "error": error}
    for owner, response in services.records.everywhere(RESPONSE, "queued", "in_progress"):
        work = partial(Shelf.change, kind=RESPONSE, identity=response["id"], members=changed)
        services.records.run_sync(owner, work)


async def _asked(call: InferenceCall) -> tuple[Context, Json]:
    """Return what a request continues, and the chat request that asks the same."""
    context = await call.services.records.run(
        owner_of(call), lambda shelf: Context.read(shelf, call.body)
    )
    items = await attached(call.services, owner_of(call), context.items)
    request = chat_request(call.body, items)
    if call.body.get("truncation") == "auto":
        await _shorten(call, request)
    return context, request


async def _shorten(call: InferenceCall, request: Json) -> None:
    """Leave out the oldest messages of a conversation that is too long for the model."""
    engine = call.services.engine
    model = await engine.catalog.get(request["model"])
    if model is None or model.context_length is None:
        return
    room = model.context_length - (request.get("max_completion_tokens") or 0)
    first = [message for message in request["messages"] if message["role"] == "system"]
    rest = [message for message in request["messages"] if message["role"] != "system"]
    while len(rest) > 1 and await engine.count(engine_request(call, "chat", request)) > room:
        del rest[0]
        while len(rest) > 1 and rest[0]["role"] == "tool":
            del rest[0]  # a result is nothing without its call
        request["messages"] = [*first, *rest]


async def _draft(call: InferenceCall) -> Draft:
    body = call.body
    context, request = await _asked(call)
    if body.get("stream"):
        request |= {"stream": True, "stream_options": {"include_usage": True}}
    text = body.get("text") or {}
    background = bool(body.get("background"))
    response = {
        "id": new_id("resp"),
        "object": "response",
        "created_at": int(call.services.records.clock()),
        "status": "queued" if background else "in_progress",
        "background": background,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        **{name: body.get(name) for name in _ECHOED},
        "conversation": {"id": context.conversation} if context.conversation else None,
        "metadata": body.get("metadata") or {},
        "model": body["model"],
        "output": [],
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "service_tier": "default" if body.get("service_tier") else None,
        "store": body.get("store") is not False,
        "temperature": 1.0 if body.get("temperature") is None else body["temperature"],
        "text": {"format": {"type": "text"}, **text},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "top_logprobs": body.get("top_logprobs") or 0,
        "top_p": 1.0 if body.get("top_p") is None else body["top_p"],
        "truncation": body.get("truncation") or "disabled",
        "usage": None,
    }
    pad = (body.get("stream_options") or {}).get("include_obfuscation", False)
    return Draft(
        services=call.services,
        owner=owner_of(call),
        context=context,
        composer=Composer(response, pad=pad),
        request=engine_request(call, "chat", request),
    )


async def _stored(call: InferenceCall) -> Json:
    identity = call.parameters["response_id"]
    found = await call.services.records.run(
        owner_of(call), lambda shelf: shelf.get(RESPONSE, identity)
    )
    if found is None:
        raise missing(identity, "response", "response_id")
    return found
