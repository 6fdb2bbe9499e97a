"""The operations of the platform API on the files of models."""

from __future__ import annotations

from starlette.responses import Response

from ._applications import Functions
from ._downloads import Download, part
from ._files import ModelFile
from ._platform_calls import PlatformCall, caller_of, date, json, model_of, page, page_of
from ._problems import Problem

functions = Functions()


@functions.implements("listModelFiles")
async def list_model_files(call: PlatformCall) -> Response:
    """List one page of a model's files."""
    model = await model_of(call)
    number, size = page_of(call.parameters)
    files, total = await call.services.files.list(model.id, offset=(number - 1) * size, limit=size)
    return page([_file(file) for file in files], total, number, size)


@functions.implements("downloadModelFile")
async def download_model_file(call: PlatformCall) -> Response:
    """Send a file or a part of it."""
    model, name = await model_of(call), call.parameters["file_name"]
    found = await call.services.files.open(model.id, name)
    if found is None:
        raise _no_file(call)
    file, content = found
    try:
        wanted = part(file, call.parameters.get("Range"), call.parameters.get("If-Range"))
    except Problem:
        await content.aclose()
        raise
    return Download(file, content, wanted)


@functions.implements("uploadModelFile")
async def upload_model_file(call: PlatformCall) -> Response:
    """Add or replace a file."""
    await _refuse_members(call)
    model, name = await model_of(call), call.parameters["file_name"]
    file, new = await call.services.files.put(model.id, name, call.body)
    return json(_file(file), status=201 if new else 200, headers={"etag": file.etag})


@functions.implements("deleteModelFile")
async def delete_model_file(call: PlatformCall) -> Response:
    """Delete a file."""
    await _refuse_members(call)
    model = await model_of(call)
    if not await call.services.files.delete(model.id, call.parameters["file_name"]):
        raise _no_file(call)
    return Response(status_code=204)


async def _refuse_members(call: PlatformCall) -> None:
    user = await call.services.accounts.user(caller_of(call))
    if not user.admin:
        raise Problem(403, "Only an administrator may do this.", code="admin_only")


def _no_file(call: PlatformCall) -> Problem:
    given = call.parameters
    message = f"The model `{given['model_id']}` has no file `{given['file_name']}`."
    return Problem(404, message, code="file_not_found")


def _file(file: ModelFile) -> dict[str, object]:
    return {
        "name": file.name,
        "size": file.size,
        "sha256": file.sha256,
        "etag": file.etag,
        "modified_at": date(file.modified),
    }
