from __future__ import annotations

import http
import logging
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
import trustme
from websockets.sync.server import ServerConnection

import sdk_core
from sdk_core.clients import AsyncClient
from sdk_core.errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    InternalServerError,
)
from sdk_core.transports import HTTPX
from sdk_core.websockets import (
    AsyncWebSocket,
    Reconnect,
)

from ._sockets import (
    SECRET,
    Both,
    Start,
    echo,
    says,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """Run in asyncio: the library has no other loop that a client could choose."""
    return "asyncio"


async def test_a_refusal_is_the_error_of_its_status(colour: str, start: Start) -> None:
    """401 is final, 503 is not, and 200 is no WebSocket."""

    def refuse(connection: ServerConnection, request: Any) -> Any:
        status = int(request.path.rpartition("/")[2])
        return connection.respond(http.HTTPStatus(status), '{"error": {"message": "no"}}')

    server = start(process_request=refuse)
    with pytest.raises(AuthenticationError, match="no"):
        await Both(colour, server.url, "/401").__aenter__()
    with pytest.raises(APIResponseValidationError, match=r"200 with .* instead of 101"):
        await Both(colour, server.url, "/200").__aenter__()
    with pytest.raises(InternalServerError):
        await Both(colour, server.url, "/503", reconnect=Reconnect(attempts=1, base=0)).__aenter__()


async def test_a_redirect_takes_no_credential_to_another_server(colour: str, start: Start) -> None:
    """The client's own policy follows it, and not the library."""
    target = start(echo)

    def redirect(connection: ServerConnection, request: Any) -> Any:
        answer = connection.respond(http.HTTPStatus.FOUND, "")
        answer.headers["location"] = f"{target.url}/moved"
        return answer

    server = start(process_request=redirect)
    async with Both(
        colour, server.url, client={"default_headers": {"x-secret-thing": SECRET}}
    ) as both:
        await both.send("a")
        assert await both.receive() == "a"
    assert target.requests[0].path == "/moved"
    assert SECRET not in str(target.requests[0].headers)


async def test_a_credential_can_be_renewed(colour: str, start: Start) -> None:
    """A policy that answers a 401 works here as everywhere."""

    class Renewing:
        def __call__(self, request: Any, inner: Any) -> Any:
            answer = yield from inner(request.with_headers({"authorization": "Bearer old"}))
            if answer.status_code == 401:
                answer = yield from inner(request.with_headers({"authorization": "Bearer new"}))
            return answer

    def check(connection: ServerConnection, request: Any) -> Any:
        if request.headers["authorization"] != "Bearer new":
            return connection.respond(http.HTTPStatus.UNAUTHORIZED, "{}")
        return None

    server = start(echo, process_request=check)
    async with Both(colour, server.url, client={"auth": Renewing()}) as both:
        await both.send("a")
        assert await both.receive() == "a"


async def test_nobody_there_is_a_connection_error(colour: str) -> None:
    """Once the attempts are used up; the address is named."""
    with pytest.raises(
        APIConnectionError, match=r"cannot reach http://127\.0\.0\.1:1/live"
    ) as caught:
        await Both(
            colour, "http://127.0.0.1:1", reconnect=Reconnect(attempts=1, base=0)
        ).__aenter__()
    assert not caught.value.maybe_processed


async def test_a_server_that_says_nothing_is_a_time_out(colour: str, serve: Any) -> None:
    """The time to connect is the client's."""
    held = threading.Event()

    def handle(_: Any) -> Iterator[bytes]:
        held.wait(10)
        yield b""

    silent = serve(handle)
    with pytest.raises(APITimeoutError, match="no WebSocket within"):
        await Both(
            colour, silent.url, client={"timeout": 0.05}, reconnect=Reconnect(attempts=0)
        ).__aenter__()
    held.set()


async def test_a_server_that_speaks_something_else_is_named(colour: str, serve: Any) -> None:
    """A 101 that is no beginning of a WebSocket is a connection error."""
    odd = serve(lambda _: iter([b"HTTP/1.1 101 X\r\nupgrade: nonsense\r\n\r\n"]))
    with pytest.raises(APIConnectionError, match="does not speak WebSocket"):
        await Both(colour, odd.url, reconnect=Reconnect(attempts=0)).__aenter__()


async def test_no_log_holds_a_credential(
    colour: str, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Not at any level, from any logger of the client's side."""
    quiet = logging.getLogger("quiet")
    quiet.setLevel(logging.CRITICAL)
    server = start(says("a"), logger=quiet)
    with caplog.at_level(logging.DEBUG):
        async with Both(
            colour, server.url, client={"default_headers": {"x-api-key": SECRET}}
        ) as both:
            await both.all()
    assert SECRET not in caplog.text
    assert SECRET in str(server.requests[0].headers)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("max_queue", {"max_queue": 0}),
        ("max_queue", {"max_queue": True}),
        ("overflow", {"overflow": "lose"}),
        ("max_message_size", {"max_message_size": 0}),
        ("max_message_size", {"max_message_size": "1"}),
        ("ping_interval", {"ping_interval": -1}),
        ("ping_timeout", {"ping_timeout": "1"}),
        ("close_timeout", {"close_timeout": True}),
        ("subprotocols", {"subprotocols": "v1"}),
        ("subprotocols", {"subprotocols": (1,)}),
    ],
)
async def test_options_that_cannot_be_are_refused(
    colour: str, name: str, options: dict[str, Any]
) -> None:
    """Before anything is sent, and by name."""
    with pytest.raises(ConfigurationError, match=f"`{name}`"):
        Both(colour, "http://127.0.0.1:1", **options)


async def test_tls_and_a_proxy_are_the_transports(
    colour: str, start: Start, tmp_path: Path
) -> None:
    """Whom it trusts, and by which way it goes."""
    authority = trustme.CA()
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(served)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = start(echo, ssl=served)
    url = server.url.replace("http://127.0.0.1", "https://localhost")
    with pytest.raises(APIConnectionError, match="certificate"):
        await Both(colour, url, reconnect=Reconnect(attempts=0)).__aenter__()
    with tunnel() as proxy:
        transport = HTTPX(verify=str(tmp_path / "ca.pem"), proxy=proxy.url)
        async with Both(colour, url, client={"transport": transport, "timeout": 60}) as both:
            await both.send("a")
            assert await both.receive() == "a"
        assert proxy.asked == [f"CONNECT {url.removeprefix('https://')} HTTP/1.1"]


async def test_a_proxy_that_refuses_is_a_connection_error(colour: str, start: Start) -> None:
    """Its address, which may hold a password, is in no message."""
    server = start(echo)
    with tunnel(b"HTTP/1.1 407 No\r\n\r\n") as proxy:
        address = proxy.url.replace("//", f"//user:{SECRET}@")
        both = Both(
            colour,
            server.url,
            client={"transport": HTTPX(proxy=address)},
            reconnect=Reconnect(attempts=0),
        )
        with pytest.raises(APIConnectionError, match="407") as caught:
            await both.__aenter__()
        assert SECRET not in str(caught.value)


@contextmanager
def tunnel(refusal: bytes = b"") -> Iterator[SimpleNamespace]:
    """Run a proxy that tunnels, or refuses."""
    listener = socket.create_server(("127.0.0.1", 0))
    public = SimpleNamespace(url="http://127.0.0.1:{1}".format(*listener.getsockname()), asked=[])
    ends: list[socket.socket] = []

    def pump(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while piece := one.recv(65536):
                other.sendall(piece)
        with suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                ends.append(near)
                asked = near.recv(65536).decode().partition("\r\n")[0]
                public.asked.append(asked)
                if refusal:
                    near.sendall(refusal)
                    near.shutdown(socket.SHUT_WR)
                    continue
                host, _, port = asked.split()[1].rpartition(":")
                far = socket.create_connection((host, int(port)))
                ends.append(far)
                near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                threads.extend(
                    threading.Thread(target=pump, args=pair) for pair in ((near, far), (far, near))
                )
                for thread in threads[-2:]:
                    thread.start()

    threads = [threading.Thread(target=accept)]
    threads[0].start()
    try:
        yield public
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)
        for end in (listener, *ends):
            end.close()


async def test_releases_without_proxies_say_so(
    colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instead of going another way than the one that was asked for."""

    def connect(uri: str) -> None: ...

    for name in ("blocking", "asynchronous"):
        monkeypatch.setattr(f"sdk_core._websocket_wires.{name}.connect", connect)
    transport = HTTPX(proxy="http://127.0.0.1:1")
    with pytest.raises(ConfigurationError, match="websockets 15 or later"):
        await Both(colour, "http://127.0.0.1:1", client={"transport": transport}).__aenter__()


async def test_a_proxy_that_needs_another_package_says_which(colour: str) -> None:
    """It is not installed here."""
    transport = HTTPX(proxy="socks5://127.0.0.1:1")
    with pytest.raises(ConfigurationError, match="python-socks"):
        await Both(colour, "http://127.0.0.1:1", client={"transport": transport}).__aenter__()


async def test_what_is_no_failure_of_the_connection_passes(
    colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is."""

    def connect(uri: str, **_: Any) -> None:
        raise ZeroDivisionError

    for name in ("blocking", "asynchronous"):
        monkeypatch.setattr(f"sdk_core._websocket_wires.{name}.connect", connect)
    with pytest.raises(ZeroDivisionError):
        await Both(colour, "http://127.0.0.1:1").__aenter__()


def test_trio_is_refused() -> None:
    """The library has no connection for it that a client could use."""

    async def main() -> None:
        async with AsyncClient(base_url="http://127.0.0.1:1") as client:
            await AsyncWebSocket(client, "/").__aenter__()

    with pytest.raises(ConfigurationError, match="asyncio"):
        anyio.run(main, backend="trio")


async def test_a_buffered_connection_knows_its_subprotocol(colour: str, start: Start) -> None:
    """And may go without pings."""
    server = start(echo, subprotocols=["v1"])
    async with Both(
        colour, server.url, subprotocols=["v1"], overflow="drop_oldest", ping_interval=None
    ) as both:
        assert both.socket.subprotocol == "v1"
        await both.send("a")
        assert await both.receive() == "a"


async def test_asynchronous_sockets_close_by_either_name(start: Start) -> None:
    """As those of other libraries do."""
    server = start(echo)
    async with Both("async", server.url) as both:
        await both.socket.aclose()
        assert [message async for message in both.socket] == []
        assert both.socket.ready_state.name == "CLOSED"


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the line that installs it."""
    monkeypatch.delattr(sdk_core, "_websocket_wires", raising=False)
    monkeypatch.delitem(sys.modules, "sdk_core._websocket_wires", raising=False)
    monkeypatch.setitem(sys.modules, "websockets", None)
    with pytest.raises(ConfigurationError, match=r"pip install sdk-core\[websockets\]"):
        Both("sync", "http://127.0.0.1:1")
