"""WebSockets of both colours, and servers on loopback."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Self

import anyio
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.websockets import (
    AsyncWebSocket,
    Reconnect,
    WebSocket,
)

Handle = Callable[[ServerConnection], None]
NO_WAIT = Reconnect(rand=lambda: 0.0)
SECRET = "sk-canary-0123456789"


class Server:
    """A server on loopback that does to each connection what the next of its handlers does."""

    def __init__(self, *handlers: Handle, **options: Any) -> None:
        self._left = iter(handlers)
        self.requests: list[Any] = []
        self.errors: list[BaseException] = []
        options.setdefault("process_request", self._note)
        self._server = serve(self._talk, "127.0.0.1", 0, **options)
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _note(self, _: ServerConnection, request: Any) -> None:
        self.requests.append(request)

    def _talk(self, connection: ServerConnection) -> None:
        try:
            next(self._left)(connection)
        except ConnectionClosed:
            pass
        except BaseException as exc:  # shown by the test
            self.errors.append(exc)

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join(5)
        assert not self.errors


Start = Callable[..., Server]


class Both:
    """A WebSocket of one colour, with the methods of the other."""

    def __init__(self, colour: str, url: str, path: str = "/live", **options: Any) -> None:
        self._sync = colour == "sync"
        client = options.pop("client", {})
        options.setdefault("reconnect", NO_WAIT)
        kind: Any = SyncClient if self._sync else AsyncClient
        self.client = kind(base_url=url, **client)
        made: Any = WebSocket if self._sync else AsyncWebSocket
        self.socket = made(self.client, path, **options)

    async def _run(self, function: Any, *args: Any) -> Any:
        if self._sync:
            return await anyio.to_thread.run_sync(function, *args)
        return await function(*args)

    async def send(self, message: object) -> None:
        """Send."""
        await self._run(self.socket.send, message)

    async def receive(self, timeout: float | None = 10) -> Any:
        """Receive."""
        return await self._run(self.socket.receive, timeout)

    async def all(self) -> list[Any]:
        """Return what comes until it is over."""
        found: list[Any] = []
        while True:
            if self._sync:
                message = await anyio.to_thread.run_sync(next, self.socket, None)
            else:
                message = await anext(self.socket, None)
            if message is None:
                return found
            found.append(message)

    async def close(self, *args: Any) -> None:
        """Close the WebSocket."""
        await self._run(self.socket.close, *args)

    async def __aenter__(self) -> Self:
        if self._sync:
            await anyio.to_thread.run_sync(self.socket.__enter__)
        else:
            await self.socket.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._sync:
            await anyio.to_thread.run_sync(self.socket.__exit__, None, None, None)
            self.client.close()
        else:
            await self.socket.__aexit__(None, None, None)
            await self.client.close()


async def read_up(both: Both) -> None:
    """Wait until all that the server says has been read."""
    reader = both.socket._session.wire._reader
    if isinstance(reader, threading.Thread):
        await anyio.to_thread.run_sync(reader.join)
    else:
        await asyncio.wait([reader])


def echo(connection: ServerConnection) -> None:
    """Send everything back."""
    for message in connection:
        connection.send(message)


def says(*messages: str | bytes, code: int = 1000, reason: str = "") -> Handle:
    """Return what sends messages and closes."""

    def handle(connection: ServerConnection) -> None:
        for message in messages:
            connection.send(message)
        connection.close(code, reason)

    return handle


def breaks(*messages: str) -> Handle:
    """Return what sends messages and breaks off without a word."""

    def handle(connection: ServerConnection) -> None:
        for message in messages:
            connection.send(message)
        connection.socket.shutdown(2)

    return handle


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """Start servers."""
    with ExitStack() as stack:

        def make(*handlers: Handle, **options: Any) -> Server:
            server = Server(*handlers, **options)
            stack.callback(server.close)
            return server

        yield make
