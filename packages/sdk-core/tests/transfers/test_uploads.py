"""Uploads that somebody watches, and uploads that are larger than the memory."""

from __future__ import annotations

import hashlib
import socket
import threading
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import ConfigurationError
from sdk_core.operations import Body, Content, Operation
from sdk_core.transfers import with_progress

MIB = 1 << 20
DATA = bytes(range(256)) * 1000
JSON = {"2XX": (Content("application/json", "json"),)}
PUT: Operation[Any] = Operation(
    "put", "PUT", "/x", body=Body("application/octet-stream", "bytes"), responses=JSON
)
FORM: Operation[Any] = Operation(
    "form", "POST", "/x", body=Body("multipart/form-data", "multipart"), responses=JSON
)


@pytest.fixture
def upload(colour: str) -> Callable[..., None]:
    """Upload in both colours: ``upload(url, operation, body)``."""

    def run(url: str, operation: Operation[Any], body: object, **options: Any) -> None:
        if colour == "sync":
            with SyncClient(base_url=url, **options) as client:
                client.call(operation, body=body)
            return

        async def arun() -> None:
            async with AsyncClient(base_url=url, **options) as client:
                await client.call(operation, body=body)

        anyio.run(arun)

    return run


@pytest.fixture
def sink(serve: Any, http: Any) -> SimpleNamespace:
    """Take whatever comes."""
    found: SimpleNamespace = serve(lambda _: [http(b"{}")])
    return found


def contents(tmp_path: Path) -> list[tuple[object, int | None]]:
    """Return the same bytes in all forms, and the sizes that are known beforehand."""
    path = tmp_path / "data.bin"
    path.write_bytes(DATA)
    return [
        (DATA, len(DATA)),
        (memoryview(DATA), len(DATA)),
        (BytesIO(DATA), len(DATA)),
        (path, len(DATA)),
        ([DATA[:9], DATA[9:]], None),
        (iter([DATA]), None),
    ]


def test_a_body_is_watched(sink: SimpleNamespace, upload: Any, tmp_path: Path) -> None:
    """In any form; the length is sent as it is without anybody who watches."""
    for content, size in contents(tmp_path):
        told: list[tuple[int, int | None]] = []
        upload(sink.url, PUT, with_progress(content, lambda *each: told.append(each)))  # type: ignore[arg-type]  # noqa: B023  # called before the next one
        sent = sink.requests[-1]
        assert DATA == sent.body
        assert (None if size is None else str(size)) == sent.headers.get("content-length")
        assert told == sorted(told)
        assert (len(DATA), size) == told[-1]


def test_the_files_of_a_form_are_watched_one_by_one(
    sink: SimpleNamespace, upload: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Under their own names; what stands around them is not counted."""
    path = tmp_path / "data.bin"
    path.write_bytes(DATA)
    told: list[tuple[int, int | None]] = []
    watched = with_progress(path, "lines")
    named = ("b.bin", with_progress(DATA[:10], lambda *each: told.append(each)))
    upload(sink.url, FORM, {"a": watched, "b": named, "c": "text"})
    body = sink.requests[-1].body
    assert b'name="a"; filename="data.bin"' in body
    assert b'name="b"; filename="b.bin"' in body
    assert DATA in body
    assert [(10, 10)] == told
    assert "data.bin: 250.0 KiB of 250.0 KiB (100 %)\n" == capfd.readouterr().err


def test_each_attempt_is_told_from_its_beginning(
    serve: Any, http: Any, upload: Any, tmp_path: Path
) -> None:
    """And its end is, too."""
    answers = [http(b"", 503, **{"retry-after": "0"}), http(b"{}")]
    server = serve(lambda _: [answers.pop(0)])
    ends: list[int] = []

    class Told:
        def __call__(self, done: int, total: int | None) -> None:
            self.done = done

        def close(self) -> None:
            ends.append(self.done)

    upload(server.url, PUT, with_progress(DATA, Told()), max_retries=1)
    assert [len(DATA)] * 2 == ends


@pytest.mark.anyio
async def test_an_asynchronous_iterable_is_watched(anyio_backend: str, sink: Any) -> None:
    """By asynchronous clients only, as without anybody who watches."""
    told: list[tuple[int, int | None]] = []

    async def pieces() -> AsyncIterator[bytes]:
        yield DATA[:9]
        yield DATA[9:]

    async with AsyncClient(base_url=sink.url) as client:
        await client.call(PUT, body=with_progress(pieces(), lambda *each: told.append(each)))
    assert DATA == sink.requests[-1].body
    assert [(9, None), (len(DATA), None)] == told
    with (
        SyncClient(base_url=sink.url) as blocking,
        pytest.raises(ConfigurationError, match="`body` is read asynchronously"),
    ):
        blocking.call(PUT, body=with_progress(pieces(), None))


@pytest.mark.parametrize("content", ["text", 3, None])
def test_what_is_no_content_is_refused(upload: Any, sink: SimpleNamespace, content: Any) -> None:
    """By the name of its place."""
    with pytest.raises(ConfigurationError, match="`body` must be bytes, an open file, a path or"):
        upload(sink.url, PUT, with_progress(content, None))
    assert [] == sink.requests


def test_nothing_is_watched_twice(upload: Any, sink: SimpleNamespace) -> None:
    """Who wants to tell two writes a function for it."""
    with pytest.raises(ConfigurationError, match="`body` is watched twice"):
        upload(sink.url, PUT, with_progress(with_progress(b"a", None), None))


def test_the_same_file_cannot_stand_in_two_places(upload: Any, sink: SimpleNamespace) -> None:
    """Whether it is watched or not: it can be read once."""
    once = iter([b"a"])
    with pytest.raises(ConfigurationError, match="can be read only once"):
        upload(sink.url, FORM, {"a": with_progress(once, None), "b": ("b", once)})


class Drain:
    """A server that hashes what comes, chunked, in memory that does not grow."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.sums = hashlib.sha256()
        self.received = 0
        self._thread = threading.Thread(target=self._take)
        self._thread.start()

    def _take(self) -> None:
        connection, _ = self._listener.accept()
        with connection, connection.makefile("rb") as reader:
            while reader.readline().strip():
                pass
            while size := int(reader.readline(), 16):
                self.sums.update(reader.read(size))
                self.received += size
                reader.readline()
            reader.readline()
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    def close(self) -> None:
        """Wait for the end."""
        self._thread.join(60)
        self._listener.close()


def generated(size: int) -> Iterator[bytes]:
    """Yield *size* MiB, each different."""
    for number in range(size):
        yield number.to_bytes(4, "big") * (MIB // 4)


async def agenerated(size: int) -> AsyncIterator[bytes]:
    """Yield the same."""
    for piece in generated(size):
        yield piece


@pytest.mark.slow
@pytest.mark.parametrize("operation", [PUT, FORM], ids=["bytes", "multipart"])
@pytest.mark.parametrize("watched", [False, True])
def test_what_is_generated_is_sent_in_memory_that_does_not_grow(
    upload: Any, colour: str, operation: Operation[Any], watched: bool
) -> None:
    """256 MB go through less than 8, of which a few are the pieces themselves."""
    server = Drain()
    content: Any = generated(256) if colour == "sync" else agenerated(256)
    told: list[int] = [0]
    body = with_progress(content, lambda done, _: told.__setitem__(0, done)) if watched else content
    tracemalloc.start()
    try:
        upload(server.url, operation, {"file": ("x", body)} if operation is FORM else body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        server.close()
    assert server.received >= 256 * MIB
    assert peak < 8 * MIB
    if watched:
        assert [256 * MIB] == told
    if operation is PUT:
        expected = hashlib.sha256()
        for piece in generated(256):
            expected.update(piece)
        assert expected.digest() == server.sums.digest()
