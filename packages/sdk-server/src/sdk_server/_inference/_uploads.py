"""Large files that come in parts: the operations under `/uploads`."""

from __future__ import annotations

from starlette.responses import Response

from .._applications import Functions
from .._problems import Problem, refuse
from .._records import Shelf, shown
from .._secrets import new_id
from ._calls import InferenceCall, Json, json, missing, owner_of
from ._files import FILE, PART, file_object

functions = Functions()

UPLOAD = "upload"

_LIFETIME = 3600  # seconds
_PART_LIMIT = 64 * 1024 * 1024  # bytes


@functions.implements("createUpload")
async def create_upload(call: InferenceCall) -> Response:
    """Begin an upload."""
    body, now = call.body, int(call.services.records.clock())
    upload = {
        "id": new_id("upload"),
        "object": "upload",
        "bytes": body["bytes"],
        "created_at": now,
        "expires_at": now + _LIFETIME,
        "filename": body["filename"],
        "purpose": body["purpose"],
        "status": "pending",
        "file": None,
        "_expires_after": body.get("expires_after"),
    }
    await call.services.records.run(owner_of(call), lambda shelf: shelf.put(UPLOAD, upload))
    return json(shown(upload))


@functions.implements("addUploadPart")
async def add_part(call: InferenceCall) -> Response:
    """Add a part."""
    services, data = call.services, call.body["data"]
    if data.size > _PART_LIMIT:
        raise refuse(("data",), f"A part has at most {_PART_LIMIT} bytes.", "part_too_large")
    await services.records.run(owner_of(call), lambda shelf: _pending(shelf, call))
    part = {
        "id": new_id("part"),
        "object": "upload.part",
        "created_at": int(services.records.clock()),
        "upload_id": call.parameters["upload_id"],
        "_size": data.size,
    }
    await services.contents.write(part["id"], data.file)

    def work(shelf: Shelf) -> None:
        # Once more: the upload may have ended while the part was written.
        shelf.put(PART, part, parent=_pending(shelf, call)["id"])

    await services.records.run(owner_of(call), work)
    return json(shown(part))


@functions.implements("completeUpload")
async def complete_upload(call: InferenceCall) -> Response:
    """Put the parts together to a file."""
    services, body = call.services, call.body
    wanted = body["part_ids"]

    def check(shelf: Shelf) -> Json:
        upload = _pending(shelf, call)
        sizes = {part["id"]: part["_size"] for part in shelf.all(PART, parent=upload["id"])}
        for index, part in enumerate(wanted):
            if part not in sizes:
                text = f"The upload has no part `{part}`."
                raise refuse(("part_ids", index), text, "part_not_found")
            if part in wanted[:index]:
                raise refuse(("part_ids", index), f"The part `{part}` is named twice.")
        size = sum(sizes[part] for part in wanted)
        if size != upload["bytes"]:
            text = f"The parts have {size} bytes, and the upload was to have {upload['bytes']}."
            raise refuse(("part_ids",), text, "size_mismatch")
        return upload

    upload = await services.records.run(owner_of(call), check)
    file = file_object(
        services.records,
        filename=upload["filename"],
        purpose=upload["purpose"],
        size=upload["bytes"],
        expires_after=upload["_expires_after"],
    )
    _, digest = await services.contents.join(file["id"], wanted)
    if body.get("md5") and body["md5"].lower() != digest:
        await services.contents.delete(file["id"])
        raise refuse(("md5",), f"The MD5 of the parts is {digest}.", "checksum_mismatch")

    def work(shelf: Shelf) -> tuple[Json | None, list[Json]]:
        identity = _pending(shelf, call)["id"]
        parts = shelf.all(PART, parent=identity)
        shelf.clear(PART, parent=identity)
        shelf.put(FILE, file, expires=file["expires_at"])
        return shelf.change(UPLOAD, identity, {"status": "completed", "file": file}), parts

    ended, parts = await services.records.run(owner_of(call), work)
    assert ended is not None
    await services.contents.delete(*(part["id"] for part in parts))
    return json(shown(ended))


@functions.implements("cancelUpload")
async def cancel_upload(call: InferenceCall) -> Response:
    """Give up an upload."""

    def work(shelf: Shelf) -> tuple[Json | None, list[Json]]:
        identity = _pending(shelf, call)["id"]
        parts = shelf.all(PART, parent=identity)
        shelf.clear(PART, parent=identity)
        return shelf.change(UPLOAD, identity, {"status": "cancelled"}), parts

    ended, parts = await call.services.records.run(owner_of(call), work)
    assert ended is not None
    await call.services.contents.delete(*(part["id"] for part in parts))
    return json(shown(ended))


def _pending(shelf: Shelf, call: InferenceCall) -> Json:
    """Return the upload, to which parts may still be added.

    Raises:
        Problem: 404 or 400; there is none, or it has ended.
    """
    identity = call.parameters["upload_id"]
    upload = shelf.get(UPLOAD, identity)
    if upload is None:
        raise missing(identity, "upload", "upload_id")
    status = upload["status"]
    if status == "pending" and upload["expires_at"] <= call.services.records.clock():
        status = "expired"
    if status != "pending":
        raise Problem(400, f"The upload is {status}.", code="upload_ended")
    return upload
