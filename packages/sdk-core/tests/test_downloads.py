"""Bodies that go to a file while they come."""

from __future__ import annotations

import gc
import gzip
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from sdk_core._part_files import PartFile
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APIConnectionError, ConfigurationError, NotFoundError
from sdk_core.operations import Content, Operation, Parameter
from sdk_core.resources import AsyncResource, SyncResource

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]
Download = Callable[..., Path]

FILE: Operation[bytes] = Operation(
    "getFile",
    "GET",
    "/files/{id}",
    parameters=(Parameter("id", "id", "path", required=True, style="simple"),),
    responses={"200": (Content("application/octet-stream", "bytes"),)},
)


@pytest.fixture
def download(colour: str) -> Download:
    """Download in both colours: ``download(url, file, **options)``."""

    def run(url: str, file: Any, mode: Any = None, **options: Any) -> Path:
        if colour == "sync":
            with SyncClient(base_url=url, max_retries=0) as client:
                return SyncResource(client, mode)._download(FILE, file, {"id": "a"}, **options)

        async def arun() -> Path:
            async with AsyncClient(base_url=url, max_retries=0) as client:
                return await AsyncResource(client, mode)._download(
                    FILE, file, {"id": "a"}, **options
                )

        return anyio.run(arun)

    return run


def test_a_file_is_written(serve: Serve, http: Http, download: Download, tmp_path: Path) -> None:
    """In one step; the result is its path, and no part of it is left."""
    server = serve(lambda _: [http(b"new")])
    target = tmp_path / "file"
    target.write_bytes(b"old, and longer")
    assert target == download(server.url, str(target))
    assert b"new" == target.read_bytes()
    assert [target] == list(tmp_path.iterdir())
    assert "GET /files/a HTTP/1.1" == server.requests[0].line


def test_progress_is_told(serve: Serve, http: Http, download: Download, tmp_path: Path) -> None:
    """Bytes written and bytes there are; at the end they are the same."""
    body = os.urandom(300_000)
    server = serve(lambda _: [http(body)])
    told: list[tuple[int, int | None]] = []
    path = download(server.url, tmp_path / "file", progress=lambda *each: told.append(each))
    assert body == path.read_bytes()
    assert told == sorted(told)
    assert len(told) > 1
    assert (300_000, 300_000) == told[-1]


def chunked(body: bytes) -> bytes:
    """Return an answer that does not say how long it is."""
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def test_the_size_may_be_unknown(
    serve: Serve, http: Http, download: Download, tmp_path: Path
) -> None:
    """Where the server does not say; the size of what is compressed is not that of the file."""
    body = b"a" * 1000
    for answer in (chunked(body), http(gzip.compress(body), content_encoding="gzip")):
        server = serve(lambda _, answer=answer: [answer])
        told: list[tuple[int, int | None]] = []
        path = download(server.url, tmp_path / "file", progress=lambda *each: told.append(each))  # noqa: B023  # called before the next one
        assert body == path.read_bytes()
        assert (1000, None) == told[-1]


def test_an_empty_file_is_a_file(
    serve: Serve, http: Http, download: Download, tmp_path: Path
) -> None:
    """Nothing to tell, but something to write."""
    server = serve(lambda _: [http(b"")])
    told: list[object] = []
    assert (
        b"" == download(server.url, tmp_path / "x", progress=lambda *e: told.append(e)).read_bytes()
    )
    assert [] == told


def test_a_refusal_writes_nothing(
    serve: Serve, http: Http, download: Download, tmp_path: Path
) -> None:
    """It raises as it does anywhere."""
    server = serve(lambda _: [http(b'{"error": "none"}', 404)])
    with pytest.raises(NotFoundError):
        download(server.url, tmp_path / "file")
    assert [] == list(tmp_path.iterdir())


def test_a_broken_answer_leaves_the_old_file(
    serve: Serve, http: Http, download: Download, tmp_path: Path
) -> None:
    """And nothing half-written beside it."""

    def half(_: object) -> Iterator[bytes]:
        yield http(b"abc", **{"content-length": 10})
        raise ConnectionAbortedError

    server = serve(half)
    target = tmp_path / "file"
    target.write_bytes(b"old")
    with pytest.raises(APIConnectionError):
        download(server.url, target)
    assert b"old" == target.read_bytes()
    assert [target] == list(tmp_path.iterdir())


def test_progress_may_stop_it(serve: Serve, http: Http, download: Download, tmp_path: Path) -> None:
    """What it raises passes, and nothing is left."""

    class Enough(Exception):
        """The caller's own."""

    def stop(*_: object) -> None:
        raise Enough

    server = serve(lambda _: [http(b"abc")])
    with pytest.raises(Enough):
        download(server.url, tmp_path / "file", progress=stop)
    assert [] == list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_the_callers_error(
    serve: Serve, http: Http, download: Download, tmp_path: Path
) -> None:
    """As the system says it; a folder is never replaced."""
    server = serve(lambda _: [http(b"abc")])
    with pytest.raises(FileNotFoundError):
        download(server.url, tmp_path / "none" / "file")
    with pytest.raises(IsADirectoryError):
        download(server.url, tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_two_downloads_to_one_place_do_not_meet(
    serve: Serve, http: Http, download: Download, tmp_path: Path
) -> None:
    """One of them is there in the end, whole; what else is called so is left alone."""
    target = tmp_path / "file"
    (tmp_path / "file.part").write_bytes(b"theirs")
    server = serve(lambda _: [http(b"second")])
    with PartFile(target) as other:
        other.write(b"fir")
        download(server.url, target)
        other.write(b"st")
        assert b"second" == target.read_bytes()
    assert b"first" == target.read_bytes()
    assert ["file", "file.part"] == sorted(path.name for path in tmp_path.iterdir())


def test_what_only_its_owner_may_read_stays_so(
    serve: Serve, http: Http, download: Download, tmp_path: Path
) -> None:
    """The new file has the mode of the one that it replaces."""
    target = tmp_path / "file"
    target.write_bytes(b"old")
    target.chmod(0o600)
    download(serve(lambda _: [http(b"new")]).url, target)
    assert (0o600, b"new") == (target.stat().st_mode & 0o777, target.read_bytes())


def test_a_link_stays_one(serve: Serve, http: Http, download: Download, tmp_path: Path) -> None:
    """The file behind it is replaced."""
    (tmp_path / "folder").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "folder" / "file")
    server = serve(lambda _: [http(b"abc")])
    assert link == download(server.url, link)
    assert link.is_symlink()
    assert b"abc" == (tmp_path / "folder" / "file").read_bytes()


def test_what_is_no_regular_file_is_written_to(
    serve: Serve, http: Http, download: Download
) -> None:
    """Moving a file there would replace the device."""
    server = serve(lambda _: [http(b"abc")])
    download(server.url, os.devnull)
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("size", [2, None])
def test_the_view_writes_in_chunks_of_any_size(
    serve: Serve, http: Http, colour: str, tmp_path: Path, size: int | None
) -> None:
    """`stream_to_file` tells the progress after each."""
    server = serve(lambda _: [http(b"abcde")])
    told: list[int] = []
    options: dict[str, Any] = {"chunk_size": size, "progress": lambda done, _: told.append(done)}
    if colour == "sync":
        with SyncClient(base_url=server.url) as client:
            answer: Any = client.call(FILE, {"id": "a"}, mode="streaming")
            answer.stream_to_file(tmp_path / "x", **options)
            assert answer.is_closed
    else:

        async def run() -> None:
            async with AsyncClient(base_url=server.url) as client:
                answer: Any = await client.call(FILE, {"id": "a"}, mode="streaming")
                await answer.stream_to_file(tmp_path / "x", **options)
                assert answer.is_closed

        anyio.run(run)
    assert b"abcde" == (tmp_path / "x").read_bytes()
    assert ([2, 4, 5] if size else [5]) == told


@pytest.mark.parametrize("mode", ["raw", "streaming"])
def test_a_view_has_its_own_way(
    serve: Serve, http: Http, download: Download, tmp_path: Path, mode: Any
) -> None:
    """Under ``with_streaming_response`` the caller writes; elsewhere a file is a file."""
    url = serve(lambda _: [http(b"abc")]).url
    if mode == "raw":
        assert tmp_path / "x" == download(url, tmp_path / "x", mode=mode)
    else:
        with pytest.raises(ConfigurationError, match="without `with_streaming_response`"):
            download(url, tmp_path / "x", mode=mode)


def test_a_chunk_of_no_size_is_refused(serve: Serve, http: Http, tmp_path: Path) -> None:
    """Before anything is written."""
    server = serve(lambda _: [http(b"abc")])
    with SyncClient(base_url=server.url) as client:
        answer: Any = client.call(FILE, {"id": "a"}, mode="streaming")
        with pytest.raises(ConfigurationError, match="`chunk_size`"):
            answer.stream_to_file(tmp_path / "x", chunk_size=0)
        assert answer.is_closed
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_download_that_is_given_up_leaves_no_generator_half_way(
    serve: Serve, http: Http, tmp_path: Path, backend: str
) -> None:
    """Or the loop would complain of it."""
    server = serve(lambda _: [http(os.urandom(300_000))])
    left: list[object] = []

    def stop(*_: object) -> None:
        raise InterruptedError

    async def run() -> None:
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(hooks.firstiter, left.append)
        try:
            async with AsyncClient(base_url=server.url) as client:
                with pytest.raises(InterruptedError):
                    await AsyncResource(client)._download(
                        FILE, tmp_path / "x", {"id": "a"}, progress=stop
                    )
        finally:
            sys.set_asyncgen_hooks(*hooks)

    anyio.run(run, backend=backend)
    gc.collect()
    assert [] == [each for each in left if "iter_bytes" in repr(each)]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_download_that_is_cancelled_leaves_nothing(
    serve: Serve, http: Http, tmp_path: Path, backend: str
) -> None:
    """In both kinds of loop."""
    over = threading.Event()

    def slow(_: object) -> Iterator[bytes]:
        yield http(b"abc", **{"content-length": 10})
        over.wait(10)
        raise ConnectionAbortedError

    server = serve(slow)

    async def run() -> None:
        async with AsyncClient(base_url=server.url) as client:
            with anyio.CancelScope() as scope:
                await AsyncResource(client)._download(
                    FILE, tmp_path / "x", {"id": "a"}, progress=lambda *_: scope.cancel()
                )
            assert scope.cancelled_caught

    anyio.run(run, backend=backend)
    over.set()
    assert [] == list(tmp_path.iterdir())
