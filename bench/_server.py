"""Answer the benchmark's calls from canned bytes; `python -m bench._server CORE` prints its port.

No framework and no parsing beyond what framing needs, so that a client never waits for it. It
ends when its standard input closes, which it does also when the benchmark is killed.
"""

from __future__ import annotations

import asyncio
import re
import sys
from functools import cache

from . import _wire
from ._process import pin

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_STREAM = re.compile(rb'"user": ?"(burst|paced)-(\d+)"')

PACE = 0.001
"""Seconds between two chunks of a paced stream: each then arrives in a read of its own."""


@cache
def _pieces(count: int) -> list[bytes]:
    return _wire.stream_pieces(count)


@cache
def _burst(count: int) -> bytes:
    return b"".join(_pieces(count))


class Connection(asyncio.Protocol):
    """Read requests with a `content-length` from one kept-alive connection and answer each."""

    chat = _wire.chat_answer()
    embeddings = _wire.embeddings_answer()

    def __init__(self) -> None:
        """Start with nothing read."""
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to write to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._received, 0, end + 2)
            total = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < total:
                return
            request, self._received = self._received[:total], self._received[total:]
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        stream = _STREAM.search(request)
        if b"/embeddings " in request[: request.index(b"\r\n")]:
            self._transport.write(self.embeddings)
        elif stream is None:
            self._transport.write(self.chat)
        elif stream[1] == b"burst":
            self._transport.write(_burst(int(stream[2])))
        else:
            self._send_paced(_pieces(int(stream[2])), 0)

    def _send_paced(self, pieces: list[bytes], position: int) -> None:
        if self._transport.is_closing() or position == len(pieces):
            return
        self._transport.write(pieces[position])
        loop = asyncio.get_running_loop()
        loop.call_later(PACE, self._send_paced, pieces, position + 1)


async def serve() -> None:
    """Listen on a free loopback port, print it, and stop at the end of standard input."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    server = await loop.create_server(Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()


if __name__ == "__main__":
    pin(int(sys.argv[1]))
    asyncio.run(serve())
