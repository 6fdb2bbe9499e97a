"""Large files that come in parts, over HTTP."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from ._embedded import embedded

PATH = "/v1/uploads"


def begin(client: httpx.Client, size: int = 6, **more: Any) -> str:
    """Begin an upload and return where it is."""
    body = {"bytes": size, "filename": "a.txt", "mime_type": "text/plain", "purpose": "assistants"}
    response = client.post(PATH, json={**body, **more})
    assert 200 == response.status_code, response.text
    return f"{PATH}/{response.json()['id']}"


def add(client: httpx.Client, place: str, data: bytes) -> str:
    """Add a part and return its identifier."""
    response = client.post(f"{place}/parts", files={"data": ("part", data)})
    assert 200 == response.status_code, response.text
    return str(response.json()["id"])


def refused(client: httpx.Client, place: str, **body: Any) -> tuple[str, str]:
    """Return parameter and code of the error of a completion that is refused."""
    response = client.post(f"{place}/complete", json=body)
    assert 400 == response.status_code, response.text
    error = response.json()["error"]
    return error["param"], error["code"]


def test_parts_become_a_file_in_their_given_order(client: httpx.Client) -> None:
    """Whatever the order was in which they came."""
    place = begin(client)
    last, first = add(client, place, b"def"), add(client, place, b"abc")
    digest = hashlib.md5(b"abcdef", usedforsecurity=False).hexdigest().upper()
    body = {"part_ids": [first, last], "md5": digest}
    upload = client.post(f"{place}/complete", json=body).json()
    assert ("completed", 6) == (upload["status"], upload["file"]["bytes"])
    assert not any(name.startswith("_") for name in upload)
    assert b"abcdef" == client.get(f"/v1/files/{upload['file']['id']}/content").content
    assert upload["file"] == client.get(f"/v1/files/{upload['file']['id']}").json()


def test_parts_must_make_up_the_file(client: httpx.Client) -> None:
    """As many bytes as were said, of parts that are there, each once, with the right digest."""
    place = begin(client)
    part = add(client, place, b"abc")
    other = add(client, place, b"def")
    assert ("part_ids", "size_mismatch") == refused(client, place, part_ids=[part])
    unknown = [part, "part_none"]
    assert ("part_ids.1", "part_not_found") == refused(client, place, part_ids=unknown)
    assert "part_ids.1" == refused(client, place, part_ids=[part, part])[0]
    wrong = {"part_ids": [part, other], "md5": "0" * 32}
    assert ("md5", "checksum_mismatch") == refused(client, place, **wrong)
    completed = client.post(f"{place}/complete", json={"part_ids": [part, other]})
    assert "completed" == completed.json()["status"]


@pytest.mark.parametrize("end", ["cancel", "complete"])
def test_an_upload_that_has_ended_takes_nothing_more(client: httpx.Client, end: str) -> None:
    """Neither parts nor another end."""
    place = begin(client, 0)
    body: dict[str, list[str]] | None = {"part_ids": []} if end == "complete" else None
    ended = client.post(f"{place}/{end}", json=body).json()
    assert end in ended["status"].removesuffix("led").removesuffix("d")
    for response in (
        client.post(f"{place}/parts", files={"data": ("part", b"x")}),
        client.post(f"{place}/complete", json={"part_ids": []}),
        client.post(f"{place}/cancel"),
    ):
        assert (400, "upload_ended") == (response.status_code, response.json()["error"]["code"])


def test_an_unknown_upload_is_a_404(client: httpx.Client) -> None:
    """For whatever is to be done with it."""
    for response in (
        client.post(f"{PATH}/none/parts", files={"data": ("part", b"x")}),
        client.post(f"{PATH}/none/complete", json={"part_ids": []}),
        client.post(f"{PATH}/none/cancel"),
    ):
        assert 404 == response.status_code


def test_the_file_expires_as_the_upload_said(client: httpx.Client) -> None:
    """Counted from its completion."""
    place = begin(client, 0, expires_after={"anchor": "created_at", "seconds": 3600})
    file = client.post(f"{place}/complete", json={"part_ids": []}).json()["file"]
    assert 3600 == file["expires_at"] - file["created_at"]


@pytest.mark.anyio
async def test_an_upload_expires_after_an_hour(tmp_path: Path) -> None:
    """Parts come too late then."""
    async with embedded(tmp_path) as app:
        body = {"bytes": 1, "filename": "a", "mime_type": "text/plain", "purpose": "vision"}
        upload = await app.post(PATH, body)
        place = f"{PATH}/{upload['id']}"
        files = {"data": ("part", b"x")}
        assert 200 == (await app.client.post(f"{place}/parts", files=files)).status_code
        contents = tmp_path / "contents"
        assert 1 == len([*contents.iterdir()])
        app.now = upload["expires_at"] - 1
        other = await app.post(PATH, body)
        app.now += 1
        late = await app.client.post(f"{place}/parts", files=files)
        assert (400, "The upload is expired.") == (
            late.status_code,
            late.json()["error"]["message"],
        )
        assert "cancelled" == (await app.post(f"{PATH}/{other['id']}/cancel"))["status"]


@pytest.mark.anyio
async def test_a_part_has_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """64 MiB on a real server."""
    monkeypatch.setattr("sdk_server._inference._uploads._PART_LIMIT", 3)
    async with embedded(tmp_path) as app:
        body = {"bytes": 4, "filename": "a", "mime_type": "text/plain", "purpose": "vision"}
        place = f"{PATH}/{(await app.post(PATH, body))['id']}/parts"
        for size, status in ((3, 200), (4, 400)):
            response = await app.client.post(place, files={"data": ("part", b"x" * size)})
            assert status == response.status_code
