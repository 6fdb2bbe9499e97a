"""What the conformance suite runs over: every transport in every colour and loop it offers."""

from __future__ import annotations

import importlib
import inspect
import select
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import attrs
import httpx
import pytest
import trustme

from sdk_core import _httpcore
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.transports import HTTPX, Aiohttp, Httptools, Pyreqwest

_ENGINES: dict[str, type[Any]] = {
    "httpx": HTTPX,
    "httpcore": HTTPX,
    "aiohttp": Aiohttp,
    "httptools": Httptools,
    "pyreqwest": Pyreqwest,
}


@attrs.frozen
class Case:
    """
    One transport in one colour and loop.

    Attributes:
        engine: ``httpx``, ``aiohttp``, ``httptools``, ``pyreqwest``, or the family of a client of the user's;
            ``httpcore`` is the default where nobody has imported httpx.
        own: Whether it is a client that the user has made.
        colour: ``sync`` or ``async``.
        backend: The loop.
    """

    engine: str
    own: bool
    colour: str
    backend: str = "asyncio"

    def __str__(self) -> str:
        name = f"{self.engine}.Client" if self.own else self.engine
        return f"{name}-{self.colour if self.colour == 'sync' else self.backend}"

    @property
    def shared(self) -> bool:
        """Whether clients with equal options share connections."""
        return not self.own

    @property
    def offers_http2(self) -> bool:
        """Whether the engine knows HTTP/2."""
        return self.engine not in {"aiohttp", "httptools"}

    def client(self, url: str, *, options: dict[str, Any] | None = None, **of_client: Any) -> Any:
        """Return a client of ours over this transport, with the *options* of the transport."""
        of_client.setdefault("max_retries", 0)
        cls: Any = SyncClient if self.colour == "sync" else AsyncClient
        if self.own:
            return cls(base_url=url, http_client=self.users(**options or {}), **of_client)
        return cls(base_url=url, transport=_ENGINES[self.engine](**options or {}), **of_client)

    def users(self, **options: Any) -> Any:
        """Return a client as users make it."""
        module = importlib.import_module(self.engine)
        limits = {
            theirs: options.pop(ours)
            for ours, theirs in (
                ("max_connections", "max_connections"),
                ("max_keepalive", "max_keepalive_connections"),
                ("keepalive_expiry", "keepalive_expiry"),
            )
            if ours in options
        }
        verify, cert = options.pop("verify", True), options.pop("cert", None)
        if isinstance(verify, str) or cert is not None:
            verify = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
        if cert is not None:
            verify.load_cert_chain(*([cert] if isinstance(cert, str) else cert))
        made = module.Client if self.colour == "sync" else module.AsyncClient
        return made(verify=verify, limits=module.Limits(**limits), **options)


CASES = [
    *(Case(e, own, "sync") for e, own in (("httpx", False), ("httpx", True), ("httpx2", True))),
    Case("httpcore", False, "sync"),
    Case("httptools", False, "sync"),
    Case("pyreqwest", False, "sync"),
    *(
        Case(engine, own, "async", backend)
        for backend in ("asyncio", "trio")
        for engine, own in (
            ("httpx", False),
            ("httpx", True),
            ("httpx2", True),
            ("httpcore", False),
        )
    ),
    Case("aiohttp", False, "async"),
    Case("httptools", False, "async"),
    Case("pyreqwest", False, "async"),
]


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    """Run a test over every transport."""
    param: Case = request.param
    if param.engine == "httpcore":
        monkeypatch.setattr(_httpcore, "alone", lambda: True)
    return param


@pytest.fixture
def anyio_backend(case: Case) -> str:
    """Run each in the loop that it is for."""
    return case.backend


@pytest.fixture
def done() -> Callable[[Any], Awaitable[Any]]:
    """Await what is awaitable: one test for both colours."""

    async def wait(value: Any) -> Any:
        return await value if inspect.isawaitable(value) else value

    return wait


@pytest.fixture
def collect() -> Callable[[Any], Awaitable[list[Any]]]:
    """Read a stream of either colour to its end."""

    async def read(stream: Any) -> list[Any]:
        if hasattr(stream, "__anext__"):
            return [each async for each in stream]
        return list(stream)

    return read


@pytest.fixture
def echo(serve: Any, http: Any) -> SimpleNamespace:
    """Serve the number of the connection."""
    server: SimpleNamespace = serve(lambda sent: [http(b"%d" % sent.connection)])
    return server


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Make a certificate authority: ``path`` of it, ``server(*names)``, ``mine`` for a client."""
    folder: Path = tmp_path_factory.mktemp("authority")
    ca = trustme.CA()
    path = folder / "ca.pem"
    ca.cert_pem.write_to_path(path)
    mine = ca.issue_cert("me@example.com")
    certificate, key, both = (folder / name for name in ("me.pem", "me.key", "both.pem"))
    mine.cert_chain_pems[0].write_to_path(certificate)
    mine.private_key_pem.write_to_path(key)
    mine.private_key_and_cert_chain_pem.write_to_path(both)

    def server(*names: str, wants: bool = False, protocols: tuple[str, ...] = ()) -> Any:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        ca.issue_cert(*names).configure_cert(context)
        if wants:
            context.verify_mode = ssl.CERT_REQUIRED
            ca.configure_trust(context)
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context

    return SimpleNamespace(
        path=str(path), server=server, mine=(str(certificate), str(key)), both=str(both)
    )


@pytest.fixture
def serve_proxy() -> Iterator[Callable[..., SimpleNamespace]]:
    """Start proxies: ``serve_proxy(status=200)`` returns one with ``url`` and ``heads``."""
    with ExitStack() as stack:
        yield lambda status=200: stack.enter_context(_Proxy(status)).public


class _Proxy:
    """A proxy that carries bytes: to whoever CONNECT names, or to a whole address in a line."""

    def __init__(self, status: int) -> None:
        self._status = status
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.public = SimpleNamespace(url=f"http://127.0.0.1:{port}", port=port, heads=[])

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for each in (*self._open, self._listener):
            each.close()

    def _start(self, target: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                self._start(self._talk, connection)

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65_536)
                if not piece:
                    return
                head += piece
            self.public.heads.append(head.decode("latin-1"))
            method, target, _ = head.split(b" ", 2)
            if self._status != 200:
                connection.sendall(b"HTTP/1.1 %d No\r\ncontent-length: 0\r\n\r\n" % self._status)
                connection.shutdown(socket.SHUT_RDWR)
                return
            address = target if method == b"CONNECT" else target.split(b"/")[2]
            host, _, port = address.decode().rpartition(":")
            other = socket.create_connection((host, int(port)))
            self._open.append(other)
            if method == b"CONNECT":
                connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            else:
                other.sendall(head)
            _carry(connection, other)


def _carry(one: socket.socket, other: socket.socket) -> None:
    while True:
        for ready in select.select([one, other], [], [], 10)[0]:
            data = ready.recv(65_536)
            if not data:
                for each in (one, other):
                    with suppress(OSError):
                        each.shutdown(socket.SHUT_RDWR)
                return
            (other if ready is one else one).sendall(data)


@pytest.fixture
def serve_http2(authority: SimpleNamespace) -> Iterator[SimpleNamespace]:
    """Serve HTTP/2 on TLS: ``url``, ``connections`` and the ``requests`` as headers and body."""
    with _Http2(authority.server("localhost", protocols=("h2",))) as server:
        yield server.public


class _Http2:
    """Answers every request with the number of its connection."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.public = SimpleNamespace(url=f"https://localhost:{port}", requests=[], connections=0)

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for each in (*self._open, self._listener):
            each.close()

    def _start(self, target: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                self.public.connections += 1
                self._start(self._talk, plain, self.public.connections)

    def _talk(self, plain: socket.socket, number: int) -> None:
        from h2.config import H2Configuration  # noqa: PLC0415  # only for these tests
        from h2.connection import H2Connection  # noqa: PLC0415  # loaded when it is needed
        from h2.events import DataReceived, RequestReceived, StreamEnded  # noqa: PLC0415  # loaded when it is needed

        with suppress(OSError), self._tls.wrap_socket(plain, server_side=True) as connection:
            self._open.append(connection)
            engine = H2Connection(H2Configuration(client_side=False))
            engine.initiate_connection()
            connection.sendall(engine.data_to_send())
            seen: dict[int, Any] = {}
            while data := connection.recv(65_536):
                for event in engine.receive_data(data):
                    if isinstance(event, RequestReceived):
                        seen[event.stream_id] = SimpleNamespace(headers=event.headers, body=b"")
                    elif isinstance(event, DataReceived):
                        seen[event.stream_id].body += event.data
                        engine.acknowledge_received_data(
                            event.flow_controlled_length, event.stream_id
                        )
                    elif isinstance(event, StreamEnded):
                        self.public.requests.append(seen[event.stream_id])
                        answer = [(":status", "200"), ("content-type", "application/json")]
                        engine.send_headers(event.stream_id, answer)
                        engine.send_data(event.stream_id, b"%d" % number, end_stream=True)
                connection.sendall(engine.data_to_send())


@pytest.fixture
def trusting(authority: SimpleNamespace) -> Any:
    """Return an ssl.SSLContext of a user who trusts the authority."""
    context = httpx.create_ssl_context()
    context.load_verify_locations(authority.path)
    return context
