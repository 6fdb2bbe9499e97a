"""Files that are kept for other operations: the operations under `/files`."""

from __future__ import annotations

import math
import mimetypes
from typing import Any

from starlette.responses import FileResponse, Response

from .._applications import Functions
from .._problems import Fault, Problem
from .._records import Cut, Filter, Records, Shelf, shown
from .._secrets import new_id
from .._services import Services
from ._calls import InferenceCall, Json, json, missing, owner_of
from ._vectors import forget_file

functions = Functions()

FILE, PART = "file", "upload.part"
DAY = 86_400

_MOST = 10_000  # files on a page, which is the default as well
_BATCH_DAYS = 30  # how long files of batches are kept unless the caller says otherwise
_MEDIA_TYPES = {".jsonl": "application/jsonl", ".md": "text/markdown"}


def file_object(
    records: Records, *, filename: str, purpose: str, size: int, expires_after: Json | None
) -> Json:
    """Return the description of a new file."""
    now = int(records.clock())
    lifetime = expires_after["seconds"] if expires_after else None
    if lifetime is None and purpose in ("batch", "batch_output"):
        lifetime = _BATCH_DAYS * DAY
    return {
        "id": new_id("file").replace("_", "-"),
        "object": "file",
        "bytes": size,
        "created_at": now,
        "expires_at": None if lifetime is None else now + lifetime,
        "filename": filename,
        "purpose": purpose,
        "status": "processed",
        "status_details": None,
    }


def found_file(shelf: Shelf, identity: str) -> Json:
    """Return a file that a path names.

    Raises:
        Problem: 404; there is none.
    """
    file = shelf.get(FILE, identity)
    if file is None:
        raise missing(identity, "file", "file_id", "file_not_found")
    return file


def named_file(shelf: Shelf, identity: str, param: tuple[str | int, ...]) -> Json:
    """Return a file that a body names.

    Raises:
        Problem: 404; there is none.
    """
    file = shelf.get(FILE, identity)
    if file is None:
        message = f"There is no file named `{identity}`."
        fault = Fault(location="body", path=param, message=message)
        raise Problem(404, message, code="file_not_found", faults=[fault])
    return file


def media_type_of(filename: str) -> str:
    """Return the media type that the name of a file tells."""
    ending = filename[filename.rfind(".") :] if "." in filename else ""
    guessed = _MEDIA_TYPES.get(ending) or mimetypes.guess_type(filename)[0]
    return guessed or "application/octet-stream"


@functions.implements("createFile")
async def create_file(call: InferenceCall) -> Response:
    """Keep a file."""
    services, body = call.services, call.body
    upload = body["file"]
    file = file_object(
        services.records,
        filename=upload.filename or "upload",
        purpose=body["purpose"],
        size=upload.size,
        expires_after=body.get("expires_after"),
    )
    await services.contents.write(file["id"], upload.file)
    await services.records.run(
        owner_of(call), lambda shelf: shelf.put(FILE, file, expires=file["expires_at"])
    )
    return json(file)


@functions.implements("listFiles")
async def list_files(call: InferenceCall) -> Response:
    """List one page of the files."""
    given: Any = call.parameters
    filters = [Filter.member("purpose", given["purpose"])] if "purpose" in given else []
    page = await call.services.records.run(
        owner_of(call),
        lambda shelf: shelf.page(FILE, Cut.read(given, limit=_MOST), filters=filters),
    )
    return json(page.json())


@functions.implements("retrieveFile")
async def retrieve_file(call: InferenceCall) -> Response:
    """Describe a file."""
    return json(shown(await _found(call)))


@functions.implements("deleteFile")
async def delete_file(call: InferenceCall) -> Response:
    """Delete a file, and take it out of all vector stores."""

    def work(shelf: Shelf) -> str:
        identity: str = found_file(shelf, call.parameters["file_id"])["id"]
        shelf.delete(FILE, identity)
        forget_file(shelf, identity)
        return identity

    identity = await call.services.records.run(owner_of(call), work)
    await call.services.contents.delete(identity)
    return json({"id": identity, "object": "file", "deleted": True})


@functions.implements("downloadFile")
async def download_file(call: InferenceCall) -> Response:
    """Send a file, whole or in part."""
    file = await _found(call)
    place = call.services.contents.place(file["id"])
    name = file["filename"]
    return FileResponse(place, media_type=media_type_of(name), filename=name)


def sweep_contents(services: Services) -> None:
    """Delete the bytes of files and parts that have expired or were left over; for the start."""
    now = services.records.clock()
    kept = [body for kind in (FILE, PART) for _, body in services.records.everywhere(kind)]
    services.contents.sweep(
        body["id"] for body in kept if (body.get("expires_at") or math.inf) > now
    )


async def _found(call: InferenceCall) -> Json:
    identity = call.parameters["file_id"]
    return await call.services.records.run(
        owner_of(call), lambda shelf: found_file(shelf, identity)
    )
