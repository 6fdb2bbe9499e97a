"""Scripted servers of WebSockets on loopback, and connections of both colours."""

from __future__ import annotations

import inspect
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any, Self

import anyio
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from sdk_openai_compat import AsyncOpenAI, OpenAI

from ._clients import KEY

Handle = Callable[[ServerConnection], None]
SESSION = {"type": "realtime", "id": "sess_1", "model": "m", "instructions": "Be brief."}
CREATED = {"type": "session.created", "event_id": "ev_1", "session": SESSION}


class Server:
    """Does to each connection what the next of its handlers does; `heard` is what was said."""

    def __init__(self, *handlers: Handle, **options: Any) -> None:
        self._left = iter(handlers)
        self.requests: list[Any] = []
        self.heard: list[Any] = []
        self.errors: list[BaseException] = []
        options.setdefault("process_request", self._note)
        self._server = serve(partial(_talk, self), "127.0.0.1", 0, **options)
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _note(self, _: ServerConnection, request: Any) -> None:
        self.requests.append(request)

    def hears(self, connection: ServerConnection) -> Any:
        """Wait for the next event, and note it."""
        event = json.loads(connection.recv(10))
        self.heard.append(event)
        return event

    def next(self) -> Handle:
        """Return the next handler."""
        return next(self._left)

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join(5)
        assert not self.errors


def _talk(server: Server, connection: ServerConnection) -> None:
    try:
        server.next()(connection)
    except ConnectionClosed:
        pass
    except BaseException as exc:  # shown by the test
        server.errors.append(exc)


def says(*events: Any, code: int = 1000, reason: str = "") -> Handle:
    """Return what sends events, or texts as they are, and closes."""

    def handle(connection: ServerConnection) -> None:
        for event in events:
            connection.send(event if isinstance(event, str | bytes) else json.dumps(event))
        connection.close(code, reason)

    return handle


def breaks(*events: Any) -> Handle:
    """Return what sends events and breaks off without a word."""

    def handle(connection: ServerConnection) -> None:
        for event in events:
            connection.send(json.dumps(event))
        connection.socket.shutdown(2)

    return handle


Start = Callable[..., Server]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start servers."""
    with ExitStack() as stack:

        def make(*handlers: Handle, **options: Any) -> Server:
            server = Server(*handlers, **options)
            stack.callback(server.close)
            return server

        yield make


def client(colour: str, url: str, **options: Any) -> Any:
    """Return a client of one colour."""
    kind: Any = OpenAI if colour == "sync" else AsyncOpenAI
    return kind(**{"api_key": KEY, "base_url": f"{url}/v1", **options})


async def run(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Call *function* of either colour, without stopping the loop."""
    if inspect.iscoroutinefunction(function):
        return await function(*args, **kwargs)
    result = await anyio.to_thread.run_sync(partial(function, *args, **kwargs))
    return await result if inspect.isawaitable(result) else result


class Entered:
    """A connection of either colour, entered and left in the test's loop."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager
        self.made: Any = None

    async def __aenter__(self) -> Self:
        if hasattr(self.manager, "__aenter__"):
            self.made = await self.manager.__aenter__()
        else:
            self.made = await anyio.to_thread.run_sync(self.manager.__enter__)
        return self

    async def __aexit__(self, *error: object) -> None:
        if hasattr(self.manager, "__aexit__"):
            await self.manager.__aexit__(*error)
        else:
            await anyio.to_thread.run_sync(self.manager.__exit__, *error)

    async def receive(self) -> Any:
        """Return the next event."""
        return await run(self.made.recv)

    async def say(self, function: Any, **members: Any) -> None:
        """Call a method that sends."""
        if hasattr(self.manager, "__aenter__"):
            await function(**members)
        else:
            await anyio.to_thread.run_sync(partial(function, **members))

    async def all(self) -> list[Any]:
        """Return what comes until it is over."""
        if hasattr(self.made, "__aiter__"):
            return [event async for event in self.made]
        return await anyio.to_thread.run_sync(list, self.made)


def at_once(result: Any) -> None:
    """Finish what does not have to wait, of either colour."""
    if inspect.iscoroutine(result):
        with pytest.raises(StopIteration):
            result.send(None)


def connect(colour: str, server: Server, /, **options: Any) -> Entered:
    """Return a connection that is about to be made."""
    made = client(colour, server.url).realtime.connect(
        **{"model": "m", "initial_delay": 0, **options}
    )
    return Entered(made)
