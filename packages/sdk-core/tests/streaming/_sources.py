"""Event sources of both colours, and what servers say to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Self

import anyio

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.events import AsyncEventSource, EventSource, Reconnect

NO_WAIT = Reconnect(rand=lambda: 0.0)
NOTHING = b"HTTP/1.1 204 No Content\r\n\r\n"


class Both:
    """An event source of one colour, with the methods of the other."""

    def __init__(self, colour: str, url: str, path: str = "/events", **options: Any) -> None:
        client = options.pop("client", {})
        options.setdefault("reconnect", NO_WAIT)
        self._sync = colour == "sync"
        kind: Any = SyncClient if self._sync else AsyncClient
        self.client = kind(base_url=url, credential="sk-0123456789", **client)
        source: Any = EventSource if self._sync else AsyncEventSource
        self.source = source(self.client, path, **options)

    async def next(self) -> Any:
        """Return the next item, or None."""
        if self._sync:
            return await anyio.to_thread.run_sync(next, self.source, None)
        return await anext(self.source, None)

    async def all(self) -> list[Any]:
        """Return all items."""
        found = []
        while (item := await self.next()) is not None:
            found.append(item)
        return found

    async def close(self) -> None:
        """Close the client, too."""
        if self._sync:
            self.source.close()
            self.client.close()
        else:
            await self.source.close()
            await self.client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def chunked(*pieces: bytes, end: bool = True) -> Iterator[bytes]:
    """Write an event stream in chunks."""
    yield b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    if end:
        yield b"0\r\n\r\n"


def script(*connections: Any) -> Callable[[SimpleNamespace], Iterator[bytes]]:
    """Return what answers the requests in turn: with bytes, or by breaking off after some."""
    left = iter(connections)

    def handle(_: SimpleNamespace) -> Iterator[bytes]:
        answer = next(left, NOTHING)
        if isinstance(answer, bytes):
            yield answer
            return
        yield from answer
        if answer.__name__ == "cut":
            raise ConnectionAbortedError

    return handle


def cut(*pieces: bytes) -> Iterator[bytes]:
    """Write an event stream that breaks off."""
    yield from chunked(*pieces, end=False)
