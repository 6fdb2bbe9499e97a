"""Files that can be searched by meaning: the operations on vector stores themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from .._applications import Functions
from .._problems import Problem, refuse
from .._records import Cut, Shelf
from .._secrets import new_id
from ._calls import InferenceCall, Json, json, missing, owner_of
from ._files import DAY, named_file
from ._vectors import DEFAULT_CHUNKS, STORE, STORED_FILE, fits, forget_file, ingesting, search

functions = Functions()

_MOST_RESULTS = 10  # unless the caller says otherwise

STATUSES = ("in_progress", "completed", "failed", "cancelled")


@functions.implements("createVectorStore")
async def create_store(call: InferenceCall) -> Response:
    """Create a store, and begin to read its files."""
    services, body, owner = call.services, call.body, owner_of(call)
    now = int(services.records.clock())
    store: Json = {
        "id": new_id("vs"),
        "object": "vector_store",
        "created_at": now,
        "name": body.get("name"),
        "description": body.get("description"),
        "expires_after": body.get("expires_after"),
        "last_active_at": now,
        "metadata": body.get("metadata") or {},
    }
    files = body.get("file_ids") or []

    def work(shelf: Shelf) -> Json:
        shelf.put(STORE, store)
        for index, file in enumerate(files):
            strategy = body.get("chunking_strategy")
            add_file(shelf, store["id"], file, ("file_ids", index), now, strategy=strategy)
        return described(shelf, store, now)

    told = await services.records.run(owner, work)
    if files:
        services.jobs.start(new_id("work"), ingesting(services, owner, store["id"], files))
    return json(told)


@functions.implements("listVectorStores")
async def list_stores(call: InferenceCall) -> Response:
    """List one page of the stores."""
    now = call.services.records.clock()

    def work(shelf: Shelf) -> Json:
        page = shelf.page(STORE, Cut.read(call.parameters))
        return {**page.json(), "data": [described(shelf, store, now) for store in page.data]}

    return json(await call.services.records.run(owner_of(call), work))


@functions.implements("retrieveVectorStore")
async def retrieve_store(call: InferenceCall) -> Response:
    """Describe a store."""
    return json(await _tell(call, lambda _: {}))


@functions.implements("updateVectorStore")
async def update_store(call: InferenceCall) -> Response:
    """Change what the request names."""
    names = ("name", "expires_after", "metadata")
    changed = {name: call.body[name] for name in names if name in call.body}
    if "metadata" in changed:
        changed["metadata"] = changed["metadata"] or {}
    return json(await _tell(call, lambda now: {**changed, "last_active_at": now}))


@functions.implements("deleteVectorStore")
async def delete_store(call: InferenceCall) -> Response:
    """Delete a store; its files stay."""

    def work(shelf: Shelf) -> str:
        identity: str = found_store(shelf, call)["id"]
        for file in shelf.all(STORED_FILE, parent=identity):
            forget_file(shelf, file["id"], identity)
        shelf.delete(STORE, identity)
        return identity

    identity = await call.services.records.run(owner_of(call), work)
    return json({"id": identity, "object": "vector_store.deleted", "deleted": True})


@functions.implements("searchVectorStore")
async def search_store(call: InferenceCall) -> Response:
    """Find the chunks that suit a question."""
    body, owner = call.body, owner_of(call)
    store = await _tell(call, lambda now: {"last_active_at": now})
    if store["status"] == "expired":
        raise Problem(400, "The vector store has expired.", code="vector_store_expired")
    query = body["query"]
    queries = [query] if isinstance(query, str) else query
    filters = body.get("filters")
    found = await search(
        call.services, owner, store["id"], queries, lambda attributes: fits(filters, attributes)
    )
    least = (body.get("ranking_options") or {}).get("score_threshold", 0)
    found = [each for each in found if each.score >= least]
    most = body.get("max_num_results", _MOST_RESULTS)
    return json(
        {
            "object": "vector_store.search_results.page",
            "search_query": queries,
            "data": [
                {
                    "file_id": each.file["id"],
                    "filename": each.file["_filename"],
                    "score": each.score,
                    "attributes": each.file.get("attributes") or {},
                    "content": [{"type": "text", "text": each.text}],
                }
                for each in found[:most]
            ],
            "has_more": len(found) > most,
            "next_page": None,
        }
    )


def add_file(
    shelf: Shelf,
    store: str,
    file: str,
    param: tuple[str | int, ...],
    now: int,
    *,
    strategy: Json | None = None,
    attributes: Json | None = None,
    batch: str | None = None,
) -> Json:
    """Add a file to a store, to be read; one that is in it already is read anew.

    Args:
        shelf: The records of the caller.
        store: Identifier of the store.
        file: Identifier of the file.
        param: Where the request names it.
        now: Seconds since 1970-01-01 UTC.
        strategy: How to cut it into chunks; default is the server's way.
        attributes: Labels to filter by.
        batch: Identifier of the file batch that it is added with.

    Raises:
        Problem: 404 or 400; there is no such file, or it cannot be cut like this.
    """
    filename = named_file(shelf, file, param)["filename"]
    size = DEFAULT_CHUNKS
    if strategy is not None and strategy["type"] == "static":
        size = strategy["static"]
        if 2 * size["chunk_overlap_tokens"] > size["max_chunk_size_tokens"]:
            text = "`chunk_overlap_tokens` must be at most half of `max_chunk_size_tokens`."
            raise refuse(("chunking_strategy", "static", "chunk_overlap_tokens"), text)
    forget_file(shelf, file, store)
    entry = {
        "id": file,
        "object": "vector_store.file",
        "created_at": now,
        "last_error": None,
        "status": "in_progress",
        "usage_bytes": 0,
        "vector_store_id": store,
        "attributes": attributes or {},
        "chunking_strategy": {"type": "static", "static": size},
        "_filename": filename,
        "_batch": batch,
    }
    shelf.put(STORED_FILE, entry, parent=store)
    shelf.change(STORE, store, {"last_active_at": now})
    return entry


def found_store(shelf: Shelf, call: InferenceCall) -> Json:
    """Return the store that a path names.

    Raises:
        Problem: 404; there is none.
    """
    identity = call.parameters["vector_store_id"]
    store = shelf.get(STORE, identity)
    if store is None:
        raise missing(identity, "vector store", "vector_store_id")
    return store


def counted(files: list[Json]) -> Json:
    """Return how many of the files are how far."""
    counts = {status: sum(file["status"] == status for file in files) for status in STATUSES}
    return {**counts, "total": len(files)}


def described(shelf: Shelf, store: Mapping[str, Any], now: float) -> Json:
    """Return a store with what is counted when it is asked for."""
    files = shelf.all(STORED_FILE, parent=store["id"])
    counts = counted(files)
    days = (store.get("expires_after") or {}).get("days")
    expires = None if days is None else store["last_active_at"] + days * DAY
    status = "in_progress" if counts["in_progress"] else "completed"
    if expires is not None and expires <= now:
        status = "expired"
    size = sum(file["usage_bytes"] for file in files)
    return {
        **store,
        "status": status,
        "expires_at": expires,
        "usage_bytes": size,
        "file_counts": counts,
    }


async def _tell(call: InferenceCall, change: Any) -> Json:
    now = int(call.services.records.clock())

    def work(shelf: Shelf) -> Json:
        store = described(shelf, found_store(shelf, call), now)
        if store["status"] == "expired" and call.request.method == "POST":
            return store
        changed = shelf.change(STORE, store["id"], change(now))
        assert changed is not None
        return described(shelf, changed, now)

    return await call.services.records.run(owner_of(call), work)
