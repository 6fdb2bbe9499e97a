"""Large files go in parts."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core.resources import AsyncResource
from sdk_openai_compat import BadRequestError, ConfigurationError
from sdk_openai_compat._uploading import PART_SIZE, Window

from ._clients import Wire, done, mocked

pytestmark = pytest.mark.anyio


class Uploads:
    """A server that puts parts together."""

    def __init__(self, failing: str | None = None, times: int = 1 << 30) -> None:
        self.failing = failing
        self.times = times
        self.calls: list[str] = []
        self.begun: Any = None
        self.ended: Any = None
        self.parts: dict[str, bytes] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer, and keep what was sent."""
        path = request.url.path.removeprefix("/v1/uploads")
        self.calls.append(path)
        if path == self.failing and self.times:
            self.times -= 1
            status = 400 if self.times else 500
            return httpx.Response(status, json={"error": {"message": "no"}}, headers=_AT_ONCE)
        if path == "":
            self.begun = httpx.Response(200, content=request.content).json()
            return httpx.Response(200, json={"id": "u", "status": "pending"})
        if path == "/u/parts":
            name = f"part-{len(self.parts)}"
            body = request.content.partition(b"\r\n\r\n")[2]
            self.parts[name] = body[: body.rindex(b"\r\n--")]
            return httpx.Response(200, json={"id": name, "upload_id": "u"})
        if path == "/u/complete":
            self.ended = httpx.Response(200, content=request.content).json()
        return httpx.Response(200, json={"id": "u", "status": path.rpartition("/")[2]})

    @property
    def whole(self) -> bytes:
        """What was uploaded."""
        return b"".join(self.parts[name] for name in self.ended["part_ids"])


_AT_ONCE = {"retry-after": "0"}
ABOUT: Any = {"mime_type": "text/plain", "purpose": "user_data"}


@pytest.mark.parametrize("size", [1, 10, 25, 30])
async def test_a_file_goes_in_parts(colour: str, size: int, tmp_path: Path) -> None:
    """Each of the size that was asked for but the last, in their order."""
    path = tmp_path / "a.txt"
    path.write_bytes(os.urandom(size))
    server = Uploads()
    uploads = mocked(colour, server).uploads
    upload = await done(uploads.upload_file_chunked(file=path, part_size=10, md5="m", **ABOUT))
    assert "complete" == upload.status
    assert {"bytes": size, "filename": "a.txt", **ABOUT} == server.begun
    assert "m" == server.ended["md5"]
    assert path.read_bytes() == server.whole
    assert [10] * (size // 10) + [size % 10] * bool(size % 10) == [
        len(part) for part in server.parts.values()
    ]


async def test_what_is_in_memory_goes_too(colour: str) -> None:
    """With the name that it is given; its size may be said, and must be right then."""
    server = Uploads()
    uploads = mocked(colour, server).uploads
    await done(
        uploads.upload_file_chunked(file=b"hello", filename="b", bytes=5, part_size=3, **ABOUT)
    )
    assert (b"hello", "b", 5) == (server.whole, server.begun["filename"], server.begun["bytes"])
    assert "md5" not in server.ended


def test_a_part_has_the_size_that_the_hosted_service_takes() -> None:
    """Unless the caller says otherwise: 64 MiB."""
    assert 67_108_864 == PART_SIZE


async def test_a_part_that_fails_is_sent_again(colour: str) -> None:
    """As every call is: from its own beginning."""
    server = Uploads("/u/parts", times=1)
    uploads = mocked(colour, server).uploads
    await done(uploads.upload_file_chunked(file=b"hello", filename="b", part_size=3, **ABOUT))
    assert b"hello" == server.whole
    assert ["", "/u/parts", "/u/parts", "/u/parts", "/u/complete"] == server.calls


@pytest.mark.difference(
    "Files and uploads",
    openai="When a part fails, `uploads.upload_file_chunked` leaves the upload as it is.",
    here="It cancels the upload, and raises what went wrong.",
)
@pytest.mark.parametrize("failing", ["/u/parts", "/u/complete"])
async def test_an_upload_that_fails_is_cancelled(colour: str, failing: str) -> None:
    """So that nothing is left on the server."""
    server = Uploads(failing)
    uploads = mocked(colour, server).uploads
    with pytest.raises(BadRequestError):
        await done(uploads.upload_file_chunked(file=b"hello", filename="b", **ABOUT))
    assert "/u/cancel" == server.calls[-1]


async def test_what_went_wrong_first_is_what_is_raised(colour: str) -> None:
    """Though the upload cannot be cancelled either."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/uploads"):
            return httpx.Response(200, json={"id": "u"})
        kind = 400 if request.url.path.endswith("parts") else 404
        return httpx.Response(kind, json={"error": {"message": "no"}})

    wire = Wire(answer)
    with pytest.raises(BadRequestError):
        await done(
            wire.client(colour).uploads.upload_file_chunked(file=b"x", filename="b", **ABOUT)
        )
    assert "/v1/uploads/u/cancel" == wire.requests[-1].url.path


@pytest.mark.parametrize("colour", ["asyncio", "trio"], indirect=True)
async def test_whoever_is_cancelled_cancels_the_upload(colour: str) -> None:
    """It is sent though the task is over."""
    calls: list[str] = []
    waiting = anyio.Event()

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            path = request.url.path
            calls.append(path)
            if path.endswith("/parts"):
                waiting.set()
                await anyio.sleep_forever()
            return httpx.Response(200, json={"id": "u"})

    client = mocked(colour, lambda _: httpx.Response(200)).copy(
        http_client=httpx.AsyncClient(transport=Slow())
    )
    assert isinstance(client.uploads, AsyncResource)
    async with anyio.create_task_group() as group:
        group.start_soon(
            lambda: client.uploads.upload_file_chunked(file=b"x", filename="b", **ABOUT)
        )
        await waiting.wait()
        group.cancel_scope.cancel()
    assert ["/v1/uploads", "/v1/uploads/u/parts", "/v1/uploads/u/cancel"] == calls


async def test_progress_is_told_over_all_parts(colour: str, tmp_path: Path) -> None:
    """The bytes of the file that have been sent, and how many there are."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 25)
    told: list[tuple[int, int | None]] = []
    uploads = mocked(colour, Uploads()).uploads
    await done(
        uploads.upload_file_chunked(
            file=path, part_size=10, progress=lambda *said: told.append(said), **ABOUT
        )
    )
    assert [(10, 25), (20, 25), (25, 25)] == told


async def test_a_display_is_named(
    colour: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One for all parts, which ends with the upload."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 25)
    uploads = mocked(colour, Uploads()).uploads
    await done(uploads.upload_file_chunked(file=path, part_size=10, progress="lines", **ABOUT))
    assert "a.txt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"file": b"x"}, "give `filename`"),
        ({"file": b"x", "filename": "a", "bytes": 2}, "`bytes` says 2, but `file` has 1"),
        ({"file": b"x", "filename": "a", "part_size": 0}, "`part_size` must be an integer >= 1"),
        ({"file": b"x", "filename": "a", "part_size": 1.5}, "`part_size` must be an integer >= 1"),
        ({"file": 3, "filename": "a"}, "`file` must be a path or bytes, not int"),
        ({"file": "/no/such/file"}, "`file` cannot be read"),
        ({"file": "a\0b"}, "`file` cannot be read"),
        ({"file": b"x", "filename": "a", "progress": "loud"}, "progress"),
    ],
)
async def test_what_cannot_be_uploaded_is_refused_at_once(
    colour: str, wrong: dict[str, Any], words: str
) -> None:
    """Before anything is sent."""
    server = Uploads()
    with pytest.raises(ConfigurationError, match=words):
        await done(mocked(colour, server).uploads.upload_file_chunked(**wrong, **ABOUT))
    assert not server.calls


@given(
    data=st.binary(max_size=40),
    start=st.integers(0, 40),
    size=st.integers(0, 40),
    sizes=st.lists(st.integers(0, 9), max_size=8),
)
def test_a_window_reads_like_a_file_of_its_own(
    data: bytes, start: int, size: int, sizes: list[int]
) -> None:
    """Whatever is read and wherever it is put."""
    whole = io.BytesIO(data)
    window, expected = Window(whole, start, size), io.BytesIO(data[start : start + size])
    for count in sizes:
        assert expected.read(count) == window.read(count)
        assert expected.tell() == window.tell()
    window.seek(1)
    expected.seek(1)
    assert expected.read() == window.read()
    assert window.readable()
    assert window.seekable()
    assert size == window.seek(0, os.SEEK_END)
    assert size - 1 == window.seek(-1, os.SEEK_CUR)
