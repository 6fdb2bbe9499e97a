"""Channels of both colours, and the other side of them."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Self

import anyio
import anyio.lowlevel
import pytest

from sdk_core.channels import AsyncChannel, Channel
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.events import Reconnect

NO_WAIT = Reconnect(rand=lambda: 0.0)
ACCEPTED = b"HTTP/1.1 202 X\r\ncontent-length: 0\r\n\r\n"
OPEN = b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def event(message: object, kind: str = "message") -> bytes:
    """Return a chunk with one event."""
    text = message if isinstance(message, str) else json.dumps(message)
    whole = f"event: {kind}\ndata: {text}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(whole), whole)


def result(message: dict[str, Any], value: Any) -> dict[str, Any]:
    """Return the answer to a request."""
    return {"jsonrpc": "2.0", "id": message["id"], "result": value}


class Peer:
    """
    The other side: *react* gets each message that is posted, and this object.

    It may return the bytes of an answer to the POST itself.
    """

    def __init__(self, serve: Any, react: Callable[[dict[str, Any], Peer], Any]) -> None:
        self.got: list[dict[str, Any]] = []
        self.arrived = threading.Condition()
        self._react = react
        self.streams: list[queue.Queue[bytes | None]] = []
        self.hello: list[bytes] = []
        self._stopped = False
        self.server = serve(self._handle)

    def _handle(self, asked: SimpleNamespace) -> Iterator[bytes]:
        if asked.line.startswith("GET"):
            stream: queue.Queue[bytes | None] = queue.Queue()
            self.streams.append(stream)
            if self._stopped:
                stream.put(None)
            yield OPEN
            yield from self.hello
            while (piece := stream.get(timeout=30)) is not None:
                yield piece
            raise ConnectionAbortedError
        message = json.loads(asked.body)
        with self.arrived:
            self.got.append({"path": asked.line.split()[1], **message})
            self.arrived.notify_all()
        yield self._react(message, self) or ACCEPTED

    def say(self, message: object, kind: str = "message") -> None:
        """Send a message down the stream that is open."""
        self.streams[-1].put(event(message, kind))

    def cut(self) -> None:
        """Break the stream."""
        self.streams[-1].put(None)

    def wait(self, method: str) -> dict[str, Any]:
        """Return the first message of a method, once it has come."""

        def found() -> list[dict[str, Any]]:
            return [m for m in self.got if m.get("method") == method]

        with self.arrived:
            assert self.arrived.wait_for(found, 10)
            return found()[0]

    def wait_answer(self, number: object) -> dict[str, Any]:
        """Return the answer to a request of this side's, once it has come."""

        def found() -> list[dict[str, Any]]:
            return [m for m in self.got if "method" not in m and m.get("id") == number]

        with self.arrived:
            assert self.arrived.wait_for(found, 10)
            return found()[0]

    def stop(self) -> None:
        """End all streams, those that are still to come, too."""
        self._stopped = True
        for stream in self.streams:
            stream.put(None)


@pytest.fixture
def peer(serve: Any) -> Iterator[Callable[..., Peer]]:
    """Start other sides."""
    made: list[Peer] = []

    def make(react: Any = lambda message, peer: None) -> Peer:
        made.append(Peer(serve, react))
        return made[-1]

    yield make
    for each in made:
        each.stop()


class Both:
    """A channel of one colour, with the methods of the other."""

    def __init__(self, colour: str, url: str, **options: Any) -> None:
        self._sync = colour == "sync"
        kind: Any = SyncClient if self._sync else AsyncClient
        self.client = kind(base_url=url, max_retries=0)
        made: Any = Channel if self._sync else AsyncChannel
        options.setdefault("reconnect", NO_WAIT)
        options.setdefault("post", "/messages")
        self.channel = made(self.client, "/events", **options)

    async def _run(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        if self._sync:
            return await anyio.to_thread.run_sync(lambda: function(*args, **kwargs))
        return await function(*args, **kwargs)

    async def call(self, *args: Any, **kwargs: Any) -> Any:
        """Call."""
        return await self._run(self.channel.call, *args, **kwargs)

    async def notify(self, *args: Any) -> None:
        """Notify."""
        await self._run(self.channel.notify, *args)

    async def __aenter__(self) -> Self:
        try:
            await self._run(self.channel.__enter__ if self._sync else self.channel.__aenter__)
        except BaseException:
            await self._run(self.client.close)
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._run(self.channel.__exit__ if self._sync else self.channel.__aexit__, *exc)
        await self._run(self.client.close)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    with anyio.fail_after(10):
        while not condition():  # noqa: ASYNC110  # a thread sets no event of the loop
            await anyio.sleep(0.001)


def echo(message: dict[str, Any], peer: Peer) -> None:
    """Answer each request with its params."""
    if "id" in message:
        peer.say(result(message, message.get("params")))
