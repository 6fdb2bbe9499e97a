"""Conversations that the server keeps: the operations under `/conversations`."""

from __future__ import annotations

from starlette.responses import Response

from .._applications import Functions
from .._problems import Problem
from .._records import Cut, Page, Shelf
from .._secrets import new_id
from ._calls import InferenceCall, Json, json, missing, owner_of
from ._contexts import CONVERSATION
from ._items import CONVERSATION_ITEM, keep, read_items

functions = Functions()


@functions.implements("createConversation")
async def create_conversation(call: InferenceCall) -> Response:
    """Begin a conversation, with items or without."""
    body = call.body
    conversation = {
        "id": new_id("conv"),
        "object": "conversation",
        "created_at": int(call.services.records.clock()),
        "metadata": body.get("metadata") or {},
    }

    def work(shelf: Shelf) -> None:
        items = read_items(shelf, body.get("items"), ("items",))
        shelf.put(CONVERSATION, conversation)
        keep(shelf, CONVERSATION_ITEM, str(conversation["id"]), items)

    await call.services.records.run(owner_of(call), work)
    return json(conversation)


@functions.implements("retrieveConversation")
async def retrieve_conversation(call: InferenceCall) -> Response:
    """Describe a conversation."""
    return json(await call.services.records.run(owner_of(call), lambda shelf: _found(shelf, call)))


@functions.implements("updateConversation")
async def update_conversation(call: InferenceCall) -> Response:
    """Replace the labels of a conversation."""
    changed = {"metadata": call.body["metadata"] or {}}

    def work(shelf: Shelf) -> Json | None:
        return shelf.change(CONVERSATION, _found(shelf, call)["id"], changed)

    return json(await call.services.records.run(owner_of(call), work))


@functions.implements("deleteConversation")
async def delete_conversation(call: InferenceCall) -> Response:
    """Delete a conversation with its items; answers that were added to it stay."""

    def work(shelf: Shelf) -> str:
        identity: str = _found(shelf, call)["id"]
        shelf.delete(CONVERSATION, identity)
        shelf.clear(CONVERSATION_ITEM, parent=identity)
        return identity

    identity = await call.services.records.run(owner_of(call), work)
    return json({"id": identity, "object": "conversation.deleted", "deleted": True})


@functions.implements("listConversationItems")
async def list_items(call: InferenceCall) -> Response:
    """List one page of the items."""

    def work(shelf: Shelf) -> Json:
        parent = _found(shelf, call)["id"]
        return shelf.page(CONVERSATION_ITEM, Cut.read(call.parameters), parent=parent).json()

    return json(await call.services.records.run(owner_of(call), work))


@functions.implements("createConversationItems")
async def create_items(call: InferenceCall) -> Response:
    """Add items behind the others."""

    def work(shelf: Shelf) -> Json:
        parent = _found(shelf, call)["id"]
        items = read_items(shelf, call.body["items"], ("items",))
        added = keep(shelf, CONVERSATION_ITEM, parent, items)
        return Page(data=added, has_more=False).json()

    return json(await call.services.records.run(owner_of(call), work))


@functions.implements("retrieveConversationItem")
async def retrieve_item(call: InferenceCall) -> Response:
    """Return one item."""

    def work(shelf: Shelf) -> Json:
        identity, parent = call.parameters["item_id"], _found(shelf, call)["id"]
        item = shelf.get(CONVERSATION_ITEM, identity, parent=parent)
        if item is None:
            raise _no_item(identity)
        return item

    return json(await call.services.records.run(owner_of(call), work))


@functions.implements("deleteConversationItem")
async def delete_item(call: InferenceCall) -> Response:
    """Take an item out of a conversation."""

    def work(shelf: Shelf) -> Json:
        identity, conversation = call.parameters["item_id"], _found(shelf, call)
        if not shelf.delete(CONVERSATION_ITEM, identity, parent=conversation["id"]):
            raise _no_item(identity)
        return conversation

    return json(await call.services.records.run(owner_of(call), work))


def _found(shelf: Shelf, call: InferenceCall) -> Json:
    identity = call.parameters["conversation_id"]
    found = shelf.get(CONVERSATION, identity)
    if found is None:
        raise missing(identity, "conversation", "conversation_id")
    return found


def _no_item(identity: str) -> Problem:
    return missing(identity, "item", "item_id", "item_not_found")
