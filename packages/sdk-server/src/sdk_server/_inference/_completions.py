"""Chat completions that were stored because their requests said so."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from starlette.responses import Response

from .._applications import Functions
from .._engines import Streamed
from .._events import Delta
from .._records import Cut, Filter, Records, Shelf
from ._answers import Assembly, read_chunks
from ._calls import InferenceCall, Json, json, missing, owner_of

functions = Functions()

COMPLETION, MESSAGE = "completion", "completion.message"


async def store(records: Records, owner: str, request: Mapping[str, object], answer: Json) -> None:
    """Keep a chat completion and the messages that it answers."""
    completion = {**answer, "metadata": request.get("metadata") or {}}
    messages = request["messages"]
    assert isinstance(messages, list)

    def work(shelf: Shelf) -> None:
        shelf.put(COMPLETION, completion)
        for index, message in enumerate(messages):
            entry = _message(f"{completion['id']}-{index}", message)
            shelf.put(MESSAGE, entry, parent=completion["id"])

    await records.run(owner, work)


async def storing(
    records: Records, owner: str, request: Mapping[str, object], streamed: Streamed
) -> AsyncGenerator[Delta, None]:
    """Pass a streamed answer on as it comes, and keep it when it is whole, before its end is told."""
    assembly, read = Assembly(), read_chunks()
    kept = False
    async with aclosing(streamed.deltas) as deltas:
        async for delta in deltas:
            for chunk in read(delta):
                if chunk is None:
                    await store(records, owner, request, assembly.completion())
                    kept = True
                else:
                    assembly.feed(chunk)
            yield delta
    if not kept and assembly.finished:
        await store(records, owner, request, assembly.completion())


@functions.implements("listChatCompletions")
async def list_completions(call: InferenceCall) -> Response:
    """List one page of the stored answers."""
    given = call.parameters
    filters = [*Filter.labels(given.get("metadata", {}))]
    if "model" in given:
        filters.append(Filter.member("model", given["model"]))
    page = await call.services.records.run(
        owner_of(call),
        lambda shelf: shelf.page(COMPLETION, Cut.read(given, order="asc"), filters=filters),
    )
    return json(page.json())


@functions.implements("retrieveChatCompletion")
async def retrieve_completion(call: InferenceCall) -> Response:
    """Return a stored answer."""
    return json(await call.services.records.run(owner_of(call), lambda shelf: _found(shelf, call)))


@functions.implements("updateChatCompletion")
async def update_completion(call: InferenceCall) -> Response:
    """Replace the labels of a stored answer."""
    changed = {"metadata": call.body["metadata"] or {}}

    def work(shelf: Shelf) -> Json | None:
        return shelf.change(COMPLETION, _found(shelf, call)["id"], changed)

    return json(await call.services.records.run(owner_of(call), work))


@functions.implements("deleteChatCompletion")
async def delete_completion(call: InferenceCall) -> Response:
    """Delete a stored answer with its messages."""

    def work(shelf: Shelf) -> str:
        identity: str = _found(shelf, call)["id"]
        shelf.delete(COMPLETION, identity)
        shelf.clear(MESSAGE, parent=identity)
        return identity

    identity = await call.services.records.run(owner_of(call), work)
    return json({"id": identity, "object": "chat.completion.deleted", "deleted": True})


@functions.implements("listChatCompletionMessages")
async def list_messages(call: InferenceCall) -> Response:
    """List one page of the messages that an answer was made from."""

    def work(shelf: Shelf) -> Json:
        cut, parent = Cut.read(call.parameters, order="asc"), _found(shelf, call)["id"]
        return shelf.page(MESSAGE, cut, parent=parent).json()

    return json(await call.services.records.run(owner_of(call), work))


def _found(shelf: Shelf, call: InferenceCall) -> Json:
    identity = call.parameters["completion_id"]
    found = shelf.get(COMPLETION, identity)
    if found is None:
        raise missing(identity, "stored completion", "completion_id")
    return found


def _message(identity: str, message: Json) -> Json:
    content = message.get("content")
    text, parts = (content, None) if isinstance(content, str) else (None, content)
    if parts is not None:
        # The stored form knows texts and images; of other parts it has nothing to show.
        parts = [part for part in parts if part.get("type") in ("text", "image_url")]
    return {**message, "id": identity, "content": text, "content_parts": parts}
