"""The files of models, over HTTP and in their folder."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from sdk_server import ConfigurationError, Options, create_app, open_services
from sdk_server._database import Database
from sdk_server._downloads import PIECE, Download, part
from sdk_server._files import ModelFile, ModelFiles
from sdk_server._problems import Problem

FILES = "/api/models/echo-1/files"
WEIGHTS = f"{FILES}/weights.bin"
FILE = ModelFile(name="a", size=10, sha256="00" * 32, modified=0.0)


def test_a_model_comes_with_files(client: httpx.Client) -> None:
    """Listed by name, in pages, with what tells one content from another."""
    answer = client.get(FILES).json()
    assert ["config.json", "weights.bin"] == [file["name"] for file in answer["items"]]
    last = client.get(f"{FILES}?per_page=1&page=2").json()
    assert (2, answer["items"][1:]) == (last["total"], last["items"])
    weights = client.get(WEIGHTS)
    assert (200, "bytes", "application/octet-stream") == (
        weights.status_code,
        weights.headers["accept-ranges"],
        weights.headers["content-type"],
    )
    file, digest = answer["items"][1], hashlib.sha256(weights.content)
    assert (len(weights.content), digest.hexdigest()) == (file["size"], file["sha256"])
    assert weights.headers["etag"] == file["etag"]
    said = weights.headers["repr-digest"].removeprefix("sha-256=:").removesuffix(":")
    assert digest.digest() == b64decode(said)


def test_a_part_is_sent_of_the_version_that_it_is_wanted_of(client: httpx.Client) -> None:
    """`If-Range` with another version, or with a date, gets the whole file."""
    whole = client.get(WEIGHTS)
    size, etag = len(whole.content), whole.headers["etag"]
    headers = {"range": f"bytes={PIECE}-", "if-range": etag}
    response = client.get(WEIGHTS, headers=headers)
    assert (206, f"bytes {PIECE}-{size - 1}/{size}", etag) == (
        response.status_code,
        response.headers["content-range"],
        response.headers["etag"],
    )
    assert whole.content[PIECE:] == response.content
    for other in ('"0"', f"W/{etag}", "Sat, 21 Nov 2026 09:00:00 GMT"):
        response = client.get(WEIGHTS, headers={**headers, "if-range": other})
        assert (200, whole.content) == (response.status_code, response.content)


def test_a_part_behind_the_end_is_not_there(client: httpx.Client) -> None:
    """The answer tells the size."""
    size = client.get(FILES).json()["items"][1]["size"]
    response = client.get(WEIGHTS, headers={"range": f"bytes={size}-"})
    assert (416, f"bytes */{size}", "range_not_satisfiable") == (
        response.status_code,
        response.headers["content-range"],
        response.json()["code"],
    )


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("bytes=0-", (0, 10)),
        ("bytes=2-4", (2, 5)),
        (" bytes=2-2 ", (2, 3)),
        ("bytes=9-99", (9, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        (None, None),
        ("", None),
        ("bytes=-", None),
        ("bytes=4-2", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=\u0661-", None),
    ],
)
def test_a_range_is_read_as_the_standard_says(
    wanted: str | None, found: tuple[int, int] | None
) -> None:
    """The whole file comes for what is no single range of bytes (RFC 9110 section 14.2)."""
    assert found == part(FILE, wanted, None)


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_an_empty_range_is_refused(wanted: str) -> None:
    """There is nothing to send."""
    with pytest.raises(Problem) as caught:
        part(FILE, wanted, FILE.etag)
    assert (416, "bytes */10") == (caught.value.status, caught.value.headers["content-range"])


@given(st.text())
def test_any_range_is_a_part_or_the_whole_or_refused(wanted: str) -> None:
    """Nothing else comes of a foreign header."""
    try:
        found = part(FILE, wanted, None)
    except Problem:
        return
    assert found is None or 0 <= found[0] < found[1] <= FILE.size


def test_a_file_lives_from_upload_to_deletion(client: httpx.Client) -> None:
    """New, replaced, downloaded, deleted, gone; an empty one is a file too."""
    place = f"{FILES}/notes.txt"
    headers = {"content-type": "application/octet-stream"}
    first = client.put(place, content=b"one", headers=headers)
    second = client.put(place, content=b"", headers=headers)
    assert (201, 200) == (first.status_code, second.status_code)
    assert first.headers["etag"] == first.json()["etag"] != second.json()["etag"]
    assert (3, 0) == (first.json()["size"], second.json()["size"])
    assert (200, b"") == (client.get(place).status_code, client.get(place).content)
    assert 204 == client.delete(place).status_code
    for method in ("GET", "DELETE"):
        gone = client.request(method, place)
        assert (404, "file_not_found") == (gone.status_code, gone.json()["code"])


def test_no_file_without_a_model_or_a_name(client: httpx.Client) -> None:
    """An unknown model is not found; a name that could leave the folder is not allowed."""
    headers = {"content-type": "application/octet-stream"}
    for method in ("GET", "PUT", "DELETE"):
        response = client.request(method, "/api/models/none/files/a", headers=headers)
        assert (404, "model_not_found") == (response.status_code, response.json()["code"])
    assert 404 == client.get("/api/models/none/files").status_code
    for name in ("%2e%2e", ".hidden", "%2e%2e%2fplatform.sqlite3", "a%2fb", "a%00"):
        assert 422 == client.put(f"{FILES}/{name}", content=b"x", headers=headers).status_code
    assert 415 == client.put(f"{FILES}/a", json={}).status_code


def until_cut(client: httpx.Client, headers: dict[str, str]) -> Iterator[bytes]:
    """Yield what comes of the weights before the connection is cut."""
    with client.stream("GET", WEIGHTS, headers=headers) as response:
        assert 206 == response.status_code
        with suppress(httpx.RemoteProtocolError):
            yield from response.iter_bytes()
            pytest.fail("the answer came to its end")


def test_a_download_is_cut_after_some_pieces_and_goes_on(client: httpx.Client) -> None:
    """What the fault `cut` counts are pieces of 64 KiB, of a part too."""
    got = b""
    for number in (2, 3):
        headers = {"x-sdk-fault": f"cut={number}", "range": f"bytes={len(got)}-"}
        got += b"".join(until_cut(client, headers))
    assert 5 * PIECE == len(got)
    assert client.get(WEIGHTS).content.startswith(got)


@pytest.mark.anyio
async def test_only_an_administrator_may_change_files(tmp_path: Path) -> None:
    """A member may list and download them."""
    async with open_services(Options(data=tmp_path, api_key="sk-of-admin")) as services:
        services.accounts._database.run_sync(lambda c: c.execute("UPDATE users SET admin = 0"))
        transport = httpx.ASGITransport(create_app(services))
        headers = {
            "authorization": "Bearer sk-of-admin",
            "content-type": "application/octet-stream",
        }
        async with httpx.AsyncClient(
            transport=transport, base_url="http://server", headers=headers
        ) as client:
            assert 200 == (await client.get(WEIGHTS)).status_code
            for method in ("PUT", "DELETE"):
                refused = await client.request(method, WEIGHTS, content=b"new")
                assert (403, "admin_only") == (refused.status_code, refused.json()["code"])


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[], ModelFiles]]:
    """Return what opens the files in one folder, as often as it is asked to."""
    with ExitStack() as stack:

        def open_files() -> ModelFiles:
            database = Database(tmp_path / "db")
            stack.callback(database.close)
            return ModelFiles(database, tmp_path / "files", clock=lambda: 7.0)

        yield open_files


def kept(tmp_path: Path) -> list[bytes]:
    """Return the bytes that are in the folder."""
    return sorted(path.read_bytes() for path in (tmp_path / "files").iterdir())


@pytest.mark.anyio
async def test_equal_bytes_are_kept_once(make: Callable[[], ModelFiles], tmp_path: Path) -> None:
    """And as long as one file has them."""
    files = make()
    for model, name in (("m", "a"), ("m", "b"), ("n", "a")):
        await files.put(model, name, b"same")
    assert [b"same"] == kept(tmp_path)
    assert await files.delete("m")
    assert not await files.delete("m", "a")
    assert [b"same"] == kept(tmp_path)
    await files.put("n", "a", b"other")
    assert [b"other"] == kept(tmp_path)
    listed, total = await files.list("n", offset=0, limit=9)
    assert ([("a", 5, 7.0)], 1) == ([(f.name, f.size, f.modified) for f in listed], total)


@pytest.mark.anyio
async def test_a_download_ends_with_what_it_began(make: Callable[[], ModelFiles]) -> None:
    """However often the file is replaced or deleted meanwhile."""
    files = make()
    await files.put("m", "a", b"old")
    found = await files.open("m", "a")
    assert found is not None
    await files.put("m", "a", b"new")
    await files.delete("m", "a")
    assert b"old" == await found[1].read()
    await found[1].aclose()
    assert await files.open("m", "a") is None


@pytest.mark.anyio
async def test_what_a_killed_server_left_is_swept(
    make: Callable[[], ModelFiles], tmp_path: Path
) -> None:
    """Bytes that no file has go; the others stay."""
    files = make()
    await files.put("m", "a", b"kept")
    (tmp_path / "files" / "tmp1").write_bytes(b"half")
    make().sweep()
    assert [b"kept"] == kept(tmp_path)


@pytest.mark.anyio
async def test_an_upload_that_fails_leaves_the_old_file(
    make: Callable[[], ModelFiles], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk may be full, or the folder gone."""
    files = make()
    await files.put("m", "a", b"old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="No space"):
            await files.put("m", "a", b"new")
    assert [b"old"] == kept(tmp_path)
    found = await files.open("m", "a")
    assert found is not None
    async with found[1] as content:
        assert b"old" == await content.read()


@pytest.mark.anyio
async def test_a_file_that_is_shorter_than_it_should_be_ends_the_answer(tmp_path: Path) -> None:
    """Somebody has cut it in its folder; waiting for more would never end."""
    (tmp_path / "a").write_bytes(b"12345")
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    content = await anyio.open_file(tmp_path / "a", "rb")
    await Download(FILE, content, None)({}, None, send)  # type: ignore[arg-type]  # as is meant
    assert [b"12345"] == [message["body"] for message in sent[1:]]
    assert sent[-1]["more_body"]


def test_a_folder_that_cannot_be_made_is_refused_by_name(tmp_path: Path) -> None:
    """A server that could keep no file does not start."""
    (tmp_path / "files").write_text("in the way")
    database = Database(tmp_path / "db")
    with pytest.raises(ConfigurationError, match="files: File exists"):
        ModelFiles(database, tmp_path / "files")
    database.close()
