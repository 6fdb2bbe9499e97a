"""What tests share: a loopback server that says exactly the bytes it is told to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from ssl import SSLContext
from types import SimpleNamespace
from typing import BinaryIO, Self

import pytest

Handle = Callable[[SimpleNamespace], Iterable[bytes]]
Serve = Callable[..., SimpleNamespace]


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run asynchronous tests in both kinds of loop."""
    backend: str = request.param
    return backend


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep proxies of the machine that runs the tests out of them."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(params=["sync", "async"])
def colour(request: pytest.FixtureRequest) -> str:
    """Run a test in both colours."""
    param: str = request.param
    return param


@pytest.fixture
def http() -> Callable[..., bytes]:
    """Write answers: ``http(body, status, content_type, **headers)`` gives their bytes."""

    def write(
        body: bytes = b"{}",
        status: int = 200,
        content_type: str | None = "application/json",
        **headers: object,
    ) -> bytes:
        if content_type is not None:
            headers["content-type"] = content_type
        headers.setdefault("content-length", len(body))
        head = "".join(
            f"{name.replace('_', '-')}: {value}\r\n"
            for name, value in headers.items()
            if value is not None
        )
        return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body

    return write


@pytest.fixture
def serve() -> Iterator[Serve]:
    """
    Start servers: ``serve(handle)`` returns one with ``url``, ``requests`` and ``connections``.

    *handle* gets each request (``line``, ``headers``, ``body``, ``connection``) and yields the
    bytes to answer with. The connection stays open for more, until the handler raises
    ConnectionAbortedError. With *tls*, an ssl.SSLContext, it speaks HTTPS on ``localhost``.
    """
    with ExitStack() as stack:
        yield lambda handle, tls=None: stack.enter_context(_Server(handle, tls)).public


class _Server:
    def __init__(self, handle: Handle, tls: SSLContext | None = None) -> None:
        self._handle = handle
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        host, port = self._listener.getsockname()
        url = f"http://{host}:{port}" if tls is None else f"https://localhost:{port}"
        self.public = SimpleNamespace(url=url, requests=[], connections=0)

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open.add(connection)
                self.public.connections += 1
                self._start(self._talk, connection, self.public.connections)

    def _talk(self, connection: socket.socket, number: int) -> None:
        if self._tls is not None:
            self._open.discard(connection)
            try:
                connection = self._tls.wrap_socket(connection, server_side=True)
            except OSError:  # ssl.SSLError, too
                connection.close()
                return
            self._open.add(connection)
        with connection, connection.makefile("rb") as reader, suppress(OSError):
            while line := reader.readline():
                headers: dict[str, str] = {}
                while header := reader.readline().strip():
                    name, _, value = header.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                request = SimpleNamespace(
                    line=line.decode("latin-1").strip(),
                    headers=headers,
                    body=_body(reader, headers),
                    connection=number,
                )
                self.public.requests.append(request)
                for piece in self._handle(request):
                    connection.sendall(piece)
        self._open.discard(connection)


def _body(reader: BinaryIO, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return _exactly(reader, int(headers.get("content-length", 0)))
    body = b""
    while size := int(reader.readline() or b"-1", 16):
        body += _exactly(reader, size)
        reader.readline()
    reader.readline()
    return body


def _exactly(reader: BinaryIO, size: int) -> bytes:
    body = reader.read(max(size, 0))
    if len(body) != size:  # given up half-way, which is no request
        raise ConnectionAbortedError
    return body
