"""Serve recorded bytes over a real loopback socket, in the pieces they were recorded in.

The server knows no HTTP beyond where a request ends, so that a client meets exactly the bytes of
the recording. It runs in threads of its own: synchronous and asynchronous clients see the same.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import struct
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from ._framing import is_whole, received_body, split_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_READ_SIZE = 65536


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request as the server got it."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def json(self) -> Any:
        """Decode the body."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """Bytes to answer with, in the pieces to send them in.

    Args:
        pieces: Each is sent with a call of its own.
        keep_open: Wait for another request on the connection instead of closing it.
        reset: Close with a TCP reset in place of an orderly end.
    """

    pieces: tuple[bytes, ...]
    keep_open: bool = False
    reset: bool = False

    @property
    def data(self) -> bytes:
        """All bytes of the reply."""
        return b"".join(self.pieces)

    def recut(self, cuts: Iterable[int]) -> Reply:
        """Return the same bytes, cut at these offsets instead."""
        data = self.data
        inner = sorted({cut for cut in cuts if 0 < cut < len(data)})
        bounds = itertools.pairwise([0, *inner, len(data)])
        pieces = (data[start:end] for start, end in bounds)
        return replace(self, pieces=tuple(piece for piece in pieces if piece))

    def byte_by_byte(self) -> Reply:
        """Return the same bytes, one at a time."""
        return self.recut(range(len(self.data)))

    def cut_short(self, offset: int) -> Reply:
        """Return the first `offset` bytes, in the same pieces, with the connection closed there."""
        ends = itertools.accumulate(map(len, self.pieces))
        short = Reply((self.data[:offset],), reset=self.reset)
        return short.recut(ends)


class ReplayServer:
    """A server on an ephemeral loopback port that gives one reply to whatever it is asked.

    Args:
        reply: What to answer, on each connection and to each request.
        gate: Called before each piece; it may wait. Lets a test act between two pieces.

    Attributes:
        requests: What was asked, in order.
        connection_ended: Set as soon as a connection has ended, whoever ended it.
    """

    def __init__(self, reply: Reply, *, gate: Callable[[], object] | None = None) -> None:
        self._reply = reply
        self._gate = gate
        self._closing = False
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.requests: list[SeenRequest] = []
        self.connection_ended = threading.Event()

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        # Closing a listener does not wake the thread that waits in accept(): a connection does.
        socket.create_connection(self.address).close()
        self._threads[0].join()
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self._listener.getsockname()
        return host, port

    @property
    def url(self) -> str:
        """The address as the start of a URL, without a slash at its end."""
        host, port = self.address
        return f"http://{host}:{port}"

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._closing:
                connection.close()
                return
            self._connections.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        self._answer(connection)
        self.connection_ended.set()

    def _answer(self, connection: socket.socket) -> None:
        # A client may leave in the middle of a reply: that is its right, not a fault of the test.
        with connection, contextlib.suppress(ConnectionError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (request := _read_request(connection)) is not None:
                self.requests.append(request)
                for piece in self._reply.pieces:
                    if self._gate is not None:
                        self._gate()
                    connection.sendall(piece)
                if not self._reply.keep_open:
                    break
            if self._reply.reset:
                # Linger for zero seconds: close() then sends RST and not FIN.
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def _read_request(connection: socket.socket) -> SeenRequest | None:
    """Read one whole request, or return nothing when the client has no more of them."""
    raw = b""
    while not is_whole(raw):
        data = connection.recv(_READ_SIZE)
        if not data:
            return None
        raw += data
    head, _ = split_message(raw)
    method, target, _ = head.start.split(" ")
    return SeenRequest(method, target, head.fields, received_body(raw))
