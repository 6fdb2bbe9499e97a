"""Files that are kept for other operations, over HTTP."""

from __future__ import annotations

import io
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from sdk_server import ConfigurationError
from sdk_server._contents import Contents

from ._embedded import embedded

PATH = "/v1/files"
HOUR = 3600


def upload(client: httpx.Client, content: bytes = b"{}\n", **fields: Any) -> dict[str, Any]:
    """Upload a file and return its description."""
    data = {"purpose": "user_data", **fields}
    response = client.post(PATH, files={"file": ("a.jsonl", content)}, data=data)
    assert 200 == response.status_code, response.text
    described: dict[str, Any] = response.json()
    return described


def test_a_file_is_described_and_sent_back(client: httpx.Client) -> None:
    """With its size and name, and the very bytes."""
    content = bytes(range(256)) * 10_000
    file = upload(client, content)
    assert ("file", len(content), "a.jsonl", "user_data", None) == tuple(
        file[name] for name in ("object", "bytes", "filename", "purpose", "expires_at")
    )
    assert file == client.get(f"{PATH}/{file['id']}").json()
    sent = client.get(f"{PATH}/{file['id']}/content")
    assert (content, "application/jsonl") == (sent.content, sent.headers["content-type"])
    part = client.get(f"{PATH}/{file['id']}/content", headers={"range": "bytes=1-2"})
    assert (206, b"\x01\x02") == (part.status_code, part.content)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.md", "text/markdown"),
        ("a.png", "image/png"),
        ("a.none", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
def test_the_media_type_is_that_of_the_name(
    client: httpx.Client, name: str, media_type: str
) -> None:
    """Any bytes where the name says nothing."""
    files = {"file": (name, b"x")}
    file = client.post(PATH, files=files, data={"purpose": "vision"}).json()
    sent = client.get(f"{PATH}/{file['id']}/content").headers["content-type"]
    assert media_type == sent.split(";")[0]


def test_files_are_listed_newest_first(client: httpx.Client) -> None:
    """By purpose, in pages."""
    first, second = (upload(client, purpose="evals")["id"] for _ in range(2))

    def ids(**parameters: Any) -> list[str]:
        page = client.get(PATH, params={"purpose": "evals", **parameters}).json()
        return [file["id"] for file in page["data"]]

    assert [second, first] == ids()
    assert [second] == ids(limit=1)
    assert [first] == ids(after=second)
    assert [first, second] == ids(order="asc")


def test_a_deleted_file_is_gone(client: httpx.Client) -> None:
    """With its content."""
    place = f"{PATH}/{upload(client)['id']}"
    assert client.delete(place).json()["deleted"] is True
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        response = client.request(method, place + path)
        assert (404, "file_not_found") == (response.status_code, response.json()["error"]["code"])


@pytest.mark.anyio
async def test_a_file_expires_when_its_time_has_come(tmp_path: Path) -> None:
    """It is gone then, and its bytes go with the next start."""
    async with embedded(tmp_path) as app:
        data = {
            "purpose": "user_data",
            "expires_after[anchor]": "created_at",
            "expires_after[seconds]": str(HOUR),
        }
        response = await app.client.post(PATH, files={"file": ("a", b"x")}, data=data)
        file = response.json()
        assert app.now + HOUR == file["expires_at"]
        place = f"{PATH}/{file['id']}"
        app.now += HOUR - 1
        assert file == await app.get(place)
        app.now += 1
        assert 404 == (await app.client.get(place)).status_code
        assert [] == (await app.get(PATH))["data"]
        assert 404 == (await app.client.delete(place)).status_code
    kept = tmp_path / "contents" / file["id"]
    assert kept.exists()
    # The clock of the next server is that of the machine, on which the file is of the future.
    kept.with_name("file-other").write_bytes(b"x")
    async with embedded(tmp_path):
        assert [file["id"]] == [path.name for path in kept.parent.iterdir()]


@pytest.mark.anyio
async def test_files_of_batches_are_kept_for_thirty_days(tmp_path: Path) -> None:
    """Unless the caller says otherwise; other files are kept for ever."""
    async with embedded(tmp_path) as app:
        file = await app.get(f"{PATH}/{await app.upload('{}')}")
        assert app.now + 30 * 24 * HOUR == file["expires_at"]


@pytest.mark.anyio
async def test_contents_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Neither the folder nor a file is open to others."""
    async with embedded(tmp_path) as app:
        file = await app.upload("secret")
    folder = tmp_path / "contents"
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert 0o600 == stat.S_IMODE((folder / file).stat().st_mode)


@pytest.mark.anyio
async def test_a_form_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """Whether it says its size or not."""
    async with embedded(tmp_path, form_limit=1000) as app:
        files, data = {"file": ("a", b"x" * 1000)}, {"purpose": "vision"}
        refused = await app.client.post(PATH, files=files, data=data)
        assert (413, "body_too_large") == (refused.status_code, refused.json()["error"]["code"])
        request = app.client.build_request("POST", PATH, files=files, data=data)
        body = request.read()

        async def pieces() -> Any:
            yield body[:500]
            yield body[500:]

        headers = {"content-type": request.headers["content-type"]}
        refused = await app.client.post(PATH, content=pieces(), headers=headers)
        assert 413 == refused.status_code
        assert [] == [*(tmp_path / "contents").iterdir()]


def test_a_folder_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    """The message names it."""
    (tmp_path / "contents").write_text("a file")
    with pytest.raises(ConfigurationError, match=r"cannot use the folder .*contents"):
        Contents(tmp_path / "contents")


@pytest.mark.anyio
async def test_bytes_that_end_in_the_middle_leave_nothing(tmp_path: Path) -> None:
    """There is no half of a file."""

    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError(size)

    contents = Contents(tmp_path)
    with pytest.raises(OSError, match=r"\d"):
        await contents.write("file-1", Broken())  # type: ignore[arg-type]  # fails when it is read
    assert [] == list(tmp_path.iterdir())  # noqa: ASYNC240 - nothing waits here
