"""Files of the server in the parts of messages: an engine gets their content, not their names."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

import anyio.to_thread

from .._services import Services
from ._calls import Json
from ._files import media_type_of, named_file
from ._items import Path

Placed = tuple[Path, Json]


async def attached(services: Services, owner: str, items: Sequence[Placed]) -> list[Placed]:
    """Return the items with the content of each file that a part names.

    Raises:
        Problem: 404; there is no such file.
    """
    return [(path, await _item(services, owner, path, item)) for path, item in items]


async def _item(services: Services, owner: str, path: Path, item: Json) -> Json:
    member = "content" if item["type"] == "message" else "output"
    parts = item.get(member)
    if not isinstance(parts, list) or not any(_names_file(part) for part in parts):
        return item
    return {
        **item,
        member: [
            await _part(services, owner, (*path, member, index, "file_id"), part)
            if _names_file(part)
            else part
            for index, part in enumerate(parts)
        ],
    }


def _names_file(part: object) -> bool:
    return isinstance(part, dict) and bool(part.get("file_id"))


async def _part(services: Services, owner: str, path: Path, part: Json) -> Json:
    file = await services.records.run(owner, lambda shelf: named_file(shelf, part["file_id"], path))
    data = await anyio.to_thread.run_sync(services.contents.place(file["id"]).read_bytes)
    url = f"data:{media_type_of(file['filename'])};base64,{b64encode(data).decode()}"
    if part["type"] == "input_image":
        return {**part, "image_url": url}
    return {**part, "file_data": url, "filename": file["filename"]}
