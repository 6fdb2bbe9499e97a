"""The files of vector stores, added one by one or in batches."""

from __future__ import annotations

from starlette.responses import Response

from .._applications import Functions
from .._problems import refuse
from .._records import Cut, Filter, Shelf, shown
from .._secrets import new_id
from .._services import Services
from ._calls import InferenceCall, Json, json, missing, owner_of
from ._vector_stores import add_file, counted, found_store
from ._vectors import STORED_FILE, forget_file, ingesting, texts_of_file

functions = Functions()

FILE_BATCH = "vector_store.batch"


@functions.implements("createVectorStoreFile")
async def create_file(call: InferenceCall) -> Response:
    """Add a file, and begin to read it."""
    services, body, owner = call.services, call.body, owner_of(call)
    now = int(services.records.clock())

    def work(shelf: Shelf) -> Json:
        return add_file(
            shelf,
            found_store(shelf, call)["id"],
            body["file_id"],
            ("file_id",),
            now,
            strategy=body.get("chunking_strategy"),
            attributes=body.get("attributes"),
        )

    entry = await services.records.run(owner, work)
    files = [entry["id"]]
    services.jobs.start(new_id("work"), ingesting(services, owner, entry["vector_store_id"], files))
    return json(shown(entry))


@functions.implements("listVectorStoreFiles")
async def list_files(call: InferenceCall) -> Response:
    """List one page of the files."""

    def work(shelf: Shelf) -> Json:
        parent = found_store(shelf, call)["id"]
        cut = Cut.read(call.parameters)
        return shelf.page(STORED_FILE, cut, parent=parent, filters=_filters(call)).json()

    return json(await call.services.records.run(owner_of(call), work))


@functions.implements("retrieveVectorStoreFile")
async def retrieve_file(call: InferenceCall) -> Response:
    """Describe a file."""
    found = await call.services.records.run(owner_of(call), lambda shelf: _found(shelf, call))
    return json(shown(found))


@functions.implements("updateVectorStoreFile")
async def update_file(call: InferenceCall) -> Response:
    """Replace the labels of a file."""
    changed = {"attributes": call.body["attributes"] or {}}

    def work(shelf: Shelf) -> Json:
        file = _found(shelf, call)
        parent = file["vector_store_id"]
        return shelf.change(STORED_FILE, file["id"], changed, parent=parent) or file

    return json(shown(await call.services.records.run(owner_of(call), work)))


@functions.implements("deleteVectorStoreFile")
async def delete_file(call: InferenceCall) -> Response:
    """Take a file out of a store; the file itself stays."""

    def work(shelf: Shelf) -> str:
        file = _found(shelf, call)
        forget_file(shelf, file["id"], file["vector_store_id"])
        return str(file["id"])

    identity = await call.services.records.run(owner_of(call), work)
    return json({"id": identity, "object": "vector_store.file.deleted", "deleted": True})


@functions.implements("retrieveVectorStoreFileContent")
async def file_content(call: InferenceCall) -> Response:
    """Send the text that was read from a file, in its chunks."""

    def work(shelf: Shelf) -> list[str]:
        file = _found(shelf, call)
        return texts_of_file(shelf, file["vector_store_id"], file["id"])

    texts = await call.services.records.run(owner_of(call), work)
    return json(
        {
            "object": "vector_store.file_content.page",
            "data": [{"type": "text", "text": text} for text in texts],
            "has_more": False,
            "next_page": None,
        }
    )


@functions.implements("createVectorStoreFileBatch")
async def create_batch(call: InferenceCall) -> Response:
    """Add files at once, and begin to read them."""
    services, body, owner = call.services, call.body, owner_of(call)
    if ("file_ids" in body) == ("files" in body):
        raise refuse(("file_ids",), "Either `file_ids` or `files` must be given.")
    alike = {name: body.get(name) for name in ("attributes", "chunking_strategy")}
    given = body.get("files") or [{"file_id": file, **alike} for file in body["file_ids"]]
    member = "files" if "files" in body else "file_ids"
    now = int(services.records.clock())
    batch = {"id": new_id("vsfb"), "object": "vector_store.files_batch", "created_at": now}

    def work(shelf: Shelf) -> Json:
        store = found_store(shelf, call)["id"]
        for index, file in enumerate(given):
            add_file(
                shelf,
                store,
                file["file_id"],
                (member, index),
                now,
                strategy=file.get("chunking_strategy"),
                attributes=file.get("attributes"),
                batch=str(batch["id"]),
            )
        kept = {**batch, "vector_store_id": store, "_cancelled": False}
        shelf.put(FILE_BATCH, kept, parent=store)
        return _described(shelf, kept)

    told = await services.records.run(owner, work)
    files = [file["file_id"] for file in given]
    services.jobs.start(told["id"], ingesting(services, owner, told["vector_store_id"], files))
    return json(told)


@functions.implements("retrieveVectorStoreFileBatch")
async def retrieve_batch(call: InferenceCall) -> Response:
    """Describe a file batch."""

    def work(shelf: Shelf) -> Json:
        return _described(shelf, _found_batch(shelf, call))

    return json(await call.services.records.run(owner_of(call), work))


@functions.implements("cancelVectorStoreFileBatch")
async def cancel_batch(call: InferenceCall) -> Response:
    """Give up the files of a batch that were not read yet."""
    owner, records = owner_of(call), call.services.records
    batch = await records.run(owner, lambda shelf: _found_batch(shelf, call))
    job = call.services.jobs.get(batch["id"])
    if job is not None:
        await job.cancel()

    def work(shelf: Shelf) -> Json:
        store = batch["vector_store_id"]
        waiting = [f for f in _files(shelf, batch) if f["status"] == "in_progress"]
        for file in waiting:
            shelf.change(STORED_FILE, file["id"], {"status": "cancelled"}, parent=store)
        if not waiting:
            return _described(shelf, batch)
        kept = shelf.change(FILE_BATCH, batch["id"], {"_cancelled": True}, parent=store)
        return _described(shelf, kept or batch)

    return json(await records.run(owner, work))


@functions.implements("listVectorStoreFileBatchFiles")
async def list_batch_files(call: InferenceCall) -> Response:
    """List one page of the files of a batch."""

    def work(shelf: Shelf) -> Json:
        batch = _found_batch(shelf, call)
        filters = [Filter.member("_batch", batch["id"]), *_filters(call)]
        parent = batch["vector_store_id"]
        return shelf.page(
            STORED_FILE, Cut.read(call.parameters), parent=parent, filters=filters
        ).json()

    return json(await call.services.records.run(owner_of(call), work))


def resume_files(services: Services) -> None:
    """Begin again to read the files that a server that stopped has left; called at the start."""
    waiting: dict[tuple[str, str, str], list[str]] = {}
    for owner, file in services.records.everywhere(STORED_FILE, "in_progress"):
        work = file["_batch"] or new_id("work")
        waiting.setdefault((owner, file["vector_store_id"], work), []).append(file["id"])
    for (owner, store, work), files in waiting.items():
        services.jobs.start(work, ingesting(services, owner, store, files))


def _filters(call: InferenceCall) -> list[Filter]:
    wanted = call.parameters.get("filter")
    return [] if wanted is None else [Filter.member("status", wanted)]


def _found(shelf: Shelf, call: InferenceCall) -> Json:
    store, identity = found_store(shelf, call)["id"], call.parameters["file_id"]
    file = shelf.get(STORED_FILE, identity, parent=store)
    if file is None:
        raise missing(identity, "file in this vector store", "file_id", "file_not_found")
    return file


def _found_batch(shelf: Shelf, call: InferenceCall) -> Json:
    store, identity = found_store(shelf, call)["id"], call.parameters["batch_id"]
    batch = shelf.get(FILE_BATCH, identity, parent=store)
    if batch is None:
        raise missing(identity, "file batch in this vector store", "batch_id")
    return batch


def _files(shelf: Shelf, batch: Json) -> list[Json]:
    files = shelf.all(STORED_FILE, parent=batch["vector_store_id"])
    return [file for file in files if file["_batch"] == batch["id"]]


def _described(shelf: Shelf, batch: Json) -> Json:
    counts = counted(_files(shelf, batch))
    status = "in_progress" if counts["in_progress"] else "completed"
    if batch["_cancelled"]:
        status = "cancelled"
    elif counts["total"] and counts["failed"] == counts["total"]:
        status = "failed"
    return shown({**batch, "status": status, "file_counts": counts})
