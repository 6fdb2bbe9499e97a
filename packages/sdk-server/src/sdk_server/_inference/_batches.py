"""Many requests in a file, answered in the background: the operations under `/batches`."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp

from .._applications import Functions
from .._problems import refuse
from .._records import Cut, Shelf, shown
from .._secrets import new_id
from .._services import Services
from ._batch_work import BATCH, BatchWork
from ._calls import InferenceCall, Json, json, missing, owner_of
from ._files import named_file

functions = Functions()

_WINDOW = 86_400  # seconds
_UNDER_WAY = ("validating", "in_progress", "finalizing", "cancelling")


@functions.implements("createBatch")
async def create_batch(call: InferenceCall) -> Response:
    """Begin to answer the requests of a file."""
    services, body, owner = call.services, call.body, owner_of(call)
    now = int(services.records.clock())
    batch: Json = {
        "id": new_id("batch"),
        "object": "batch",
        "endpoint": body["endpoint"],
        "input_file_id": body["input_file_id"],
        "completion_window": body["completion_window"],
        "status": "validating",
        "created_at": now,
        "expires_at": now + _WINDOW,
        "metadata": body.get("metadata") or {},
        "model": None,
        "errors": None,
        "output_file_id": None,
        "error_file_id": None,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "_output_expires_after": body.get("output_expires_after"),
    }

    def work(shelf: Shelf) -> None:
        file = named_file(shelf, body["input_file_id"], ("input_file_id",))
        if file["purpose"] != "batch":
            text = f"The file is for `{file['purpose']}`, and must be for `batch`."
            raise refuse(("input_file_id",), text, "invalid_purpose")
        shelf.put(BATCH, batch)

    await services.records.run(owner, work)
    told = shown(batch)
    services.jobs.start(batch["id"], BatchWork(services, call.request.app, owner, batch))
    return json(told)


@functions.implements("listBatches")
async def list_batches(call: InferenceCall) -> Response:
    """List one page of the batches."""
    page = await call.services.records.run(
        owner_of(call), lambda shelf: shelf.page(BATCH, Cut.read(call.parameters))
    )
    return json(page.json())


@functions.implements("retrieveBatch")
async def retrieve_batch(call: InferenceCall) -> Response:
    """Describe a batch."""
    return json(shown(await _found(call)))


@functions.implements("cancelBatch")
async def cancel_batch(call: InferenceCall) -> Response:
    """Stop a batch; requests that are being answered are finished."""
    services, batch = call.services, await _found(call)
    job = services.jobs.get(batch["id"])
    if job is None or batch["status"] not in ("validating", "in_progress", "cancelling"):
        text = f"The batch is {batch['status']}."
        raise refuse(("batch_id",), text, "batch_ended")
    job.stop()
    now = int(services.records.clock())

    def work(shelf: Shelf) -> Json:
        current = shelf.get(BATCH, batch["id"]) or batch
        under_way = current["status"] in ("validating", "in_progress")
        changed = {"status": "cancelling", "cancelling_at": now} if under_way else {}
        return shelf.change(BATCH, batch["id"], changed) or current

    return json(shown(await services.records.run(owner_of(call), work)))


def resume_batches(services: Services, app: ASGIApp) -> None:
    """Go on with the batches that a server that stopped has left; called at the start."""
    for owner, batch in services.records.everywhere(BATCH, *_UNDER_WAY):
        job = services.jobs.start(batch["id"], BatchWork(services, app, owner, batch))
        if batch["status"] == "cancelling":
            job.stop()


async def _found(call: InferenceCall) -> Json:
    identity = call.parameters["batch_id"]
    found = await call.services.records.run(
        owner_of(call), lambda shelf: shelf.get(BATCH, identity)
    )
    if found is None:
        raise missing(identity, "batch", "batch_id")
    return found
