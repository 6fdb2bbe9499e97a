"""Downloads over every engine, and through all that stands between a client and a server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import httpx2
import pytest

from sdk_core import _downloads
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APIConnectionError, NotFoundError
from sdk_core.hooks import ErrorEvent
from sdk_core.resources import AsyncResource, SyncResource
from sdk_core.testing import response
from sdk_core.transfers import async_download, download

from ._remote import DATA, TAG, Remote
from .test_resume import FILE, Gone, names

CUTS = (10_000, 60_000, 70_000, 110_000, 199_999)


@pytest.fixture(params=[1, 4])
def parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Fetch in one part, and in four though the file is small."""
    monkeypatch.setattr(_downloads, "WORTH_PARTS", 100_000)
    found: int = request.param
    return found


def engines(colour: str) -> list[Callable[[], dict[str, Any]]]:
    """Return what a client can be given to send with."""
    own: Any = httpx2.Client if colour == "sync" else httpx2.AsyncClient
    found = [lambda: {"transport": "pyreqwest"}, lambda: {"http_client": own()}]
    return found if colour == "sync" else [*found, lambda: {"transport": "aiohttp"}]


def test_every_engine_mends_cuts(
    remote: Any, fetch: Any, tmp_path: Path, parts: int, colour: str
) -> None:
    """With one connection and with four."""
    for n, make in enumerate(engines(colour)):
        server = remote(cuts=CUTS)
        file = tmp_path / str(n)

        async def run(server: Remote = server, make: Any = make, file: Path = file) -> None:
            # aiohttp drops what it has not handed on when it learns of a cut: not all are progress.
            async with AsyncClient(base_url=server.url, max_retries=9, **make()) as client:
                await async_download(client, "/file", file, parts=parts)

        if colour == "sync":
            with SyncClient(base_url=server.url, **make()) as client:
                download(client, "/file", file, parts=parts)
        else:
            anyio.run(run)
        assert DATA == file.read_bytes()
        assert [] == server.cuts
        assert {"identity"} == set(server.identity)


def test_a_redirect_to_another_origin_leads_to_the_rest(
    remote: Any, fetch: Any, serve: Any, http: Any, tmp_path: Path, parts: int
) -> None:
    """As from an API to the storage behind it; each question asks the API again."""
    server = remote(cuts=CUTS)
    asked: list[str] = []

    def lead(request: SimpleNamespace) -> list[bytes]:
        asked.append(request.line)
        return [http(b"", 302, location=f"{server.url}/file?signature={len(asked)}")]

    api = serve(lead)
    options = {"client": {"credential": "s3cret-credential"}, "parts": parts}
    assert DATA == fetch(api.url, tmp_path / "file", **options).read_bytes()
    assert len(asked) == len(server.asked) > 5
    assert 1 == server.asked.count(None)


def test_hooks_are_told_of_failures(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """As of those of any call."""
    told: list[Any] = []

    def tell(event: ErrorEvent) -> None:
        told.append(event.error)

    with pytest.raises(NotFoundError) as caught:
        fetch(remote(kind=Gone).url, tmp_path / "file", client={"hooks": [tell]})
    assert [caught.value] == told


class Whole:
    """A transport of the user's own, which gives all of a body at once."""

    closed = False

    def send(self, request: Any) -> Any:
        """Answer with the file."""
        return response(200, {"etag": TAG}, DATA, request=request)

    def close(self) -> None:
        """Have nothing to close."""


class AsyncWhole:
    """Its asynchronous twin."""

    closed = False

    async def send(self, request: Any) -> Any:
        """Answer with the file."""
        return response(200, {"etag": TAG}, DATA, request=request)

    async def aclose(self) -> None:
        """Have nothing to close."""


def test_a_body_may_have_been_read_already(fetch: Any, tmp_path: Path, colour: str) -> None:
    """By a transport that knows no streams."""
    transport = Whole() if colour == "sync" else AsyncWhole()
    client = {"transport": transport}
    assert DATA == fetch("http://x", tmp_path / "file", client=client).read_bytes()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_download_may_be_cancelled(remote: Any, tmp_path: Path, parts: int, backend: str) -> None:
    """What has come is kept, no task is left, and the next call goes on."""
    server = remote(cuts=CUTS)

    async def run() -> None:
        async with AsyncClient(base_url=server.url) as client:
            with anyio.CancelScope() as scope:

                def stop(done: int, total: int | None) -> None:
                    if done > 50_000:
                        scope.cancel()

                await async_download(client, "/file", tmp_path / "file", parts=parts, progress=stop)
            assert scope.cancelled_caught
            assert ["file.part", "file.part.json"] == names(tmp_path)
            await async_download(client, "/file", tmp_path / "file", parts=parts)

    anyio.run(run, backend=backend)
    assert DATA == (tmp_path / "file").read_bytes()
    assert 1 == server.asked.count(None)


def test_control_c_ends_all_threads(
    remote: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while one waits for the others."""
    monkeypatch.setattr(_downloads, "WORTH_PARTS", 100_000)
    before = threading.active_count()
    join = threading.Thread.join

    def interrupted(thread: threading.Thread, timeout: float | None = None) -> None:
        monkeypatch.setattr(threading.Thread, "join", join)
        raise KeyboardInterrupt

    server = remote()
    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with SyncClient(base_url=server.url) as client, pytest.raises(KeyboardInterrupt):
        download(client, "/file", tmp_path / "file")
    with SyncClient(base_url=server.url) as client:
        download(client, "/file", tmp_path / "file")
    assert DATA == (tmp_path / "file").read_bytes()
    for thread in threading.enumerate():
        if "_talk" not in thread.name and "_accept" not in thread.name:
            assert thread is threading.main_thread() or thread.daemon
    assert threading.active_count() >= before


def test_one_thread_is_enough(remote: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there cannot be more, the parts come one after the other."""
    monkeypatch.setattr(_downloads, "WORTH_PARTS", 100_000)
    server = remote(cuts=CUTS)

    start = threading.Thread.start

    def begin(thread: threading.Thread) -> None:
        if "_talk" not in thread.name and "_accept" not in thread.name:
            raise RuntimeError
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", begin)
    with SyncClient(base_url=server.url) as client:
        download(client, "/file", tmp_path / "file")
    assert DATA == (tmp_path / "file").read_bytes()


def test_the_methods_that_write_to_files_take_the_same_options(
    remote: Any, colour: str, tmp_path: Path, parts: int
) -> None:
    """Those of generated resources mend cuts, and keep nothing unless they are asked to."""
    options: dict[str, Any] = {"parts": parts, "checksum": None}

    def get(url: str, **more: Any) -> Path:
        file, arguments = tmp_path / "file", {"id": "a"}
        if colour == "sync":
            with SyncClient(base_url=url, max_retries=0) as client:
                return SyncResource(client)._download(FILE, file, arguments, **options, **more)

        async def run() -> Path:
            async with AsyncClient(base_url=url, max_retries=0) as client:
                return await AsyncResource(client)._download(
                    FILE, file, arguments, **options, **more
                )

        return anyio.run(run)

    server = remote(cuts=(10_000, 20_000))
    with pytest.raises(APIConnectionError):
        get(server.url)
    assert [] == names(tmp_path)
    with pytest.raises(APIConnectionError):
        get(server.url, resume=True)
    assert ["file.part", "file.part.json"] == names(tmp_path)
    assert DATA == get(server.url, resume=True).read_bytes()
