"""A server that fails as it is told to: bytes and ends of connections, as data."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from typing import Any, Literal, Self, TypeAlias

import attrs

LIMIT = 8.0
"""
Seconds after which a connection that the client should have closed counts as leaked.

Longer than the engines keep idle ones: hyper may put a connection back behind the client's end.
"""


class Act(Enum):
    """What a server does beside sending bytes."""

    REQUEST = "read a whole request"
    HEAD = "read a request as far as its body"
    BYTE = "read one byte"
    HOLD = "say nothing until the client has gone"
    STALL = "read nothing either"
    DRIP = "send a byte every few milliseconds until the client has gone"
    INTERRUPT = "press control-C for the client"
    FIN = "end this side; wait until the client has ended its own"
    CLOSE = "close both sides at once"
    RESET = "reset the connection"
    TLS = "answer with a certificate from here on"
    LATER = "wait until the client has its answer"


Step: TypeAlias = bytes | Act


@attrs.frozen
class Turn:
    """
    What the server does once.

    Attributes:
        steps: In order. Without an end at their end the connection stays open for more.
        on: When it begins: with a connection, or when a request is there to be read.
        certificate: What the server shows, where it speaks TLS.
    """

    steps: tuple[Step, ...]
    on: Literal["accept", "request"] = "request"
    certificate: str = "good"


def turn(*steps: Step) -> Turn:
    """Return what happens when a request comes."""
    return Turn(steps)


def greeting(*steps: Step) -> Turn:
    """Return what happens as soon as somebody connects."""
    return Turn(steps, "accept")


def answer(
    body: bytes = b'{"ok": true}',
    status: int | str = 200,
    *headers: str,
    length: bool = True,
    version: str = "1.1",
) -> bytes:
    """Return an answer's bytes; *headers* are whole lines, and JSON is said unless they say."""
    lines = list(headers)
    if not any(line.lower().startswith("content-type:") for line in lines):
        lines.append("content-type: application/json")
    if length:
        lines.append(f"content-length: {len(body)}")
    words = status if isinstance(status, str) else f"{status} X"
    return "\r\n".join((f"HTTP/{version} {words}", *lines, "", "")).encode("latin-1") + body


OK = answer()
_PACE = 0.005


class FaultServer:
    """
    Play *turns*, then answer everything with `OK`.

    Args:
        turns: In the order in which connections and requests come.
        contexts: A TLS context for each kind of certificate.
        tls: Whether connections begin with TLS.
        closed: Whether connections are refused until `open` is called.
        full: Whether connections are neither accepted nor refused until `open` is called.
        interrupt: Presses control-C.

    Attributes:
        requests: The first lines of the requests that were read.
    """

    def __init__(
        self,
        turns: Sequence[Turn] = (),
        contexts: Mapping[str, ssl.SSLContext] | None = None,
        *,
        tls: bool = False,
        closed: bool = False,
        full: bool = False,
        interrupt: Callable[[], None] | None = None,
    ) -> None:
        self.requests: list[str] = []
        self._turns = list(turns)
        self._contexts = contexts or {}
        self._tls = tls
        self._interrupt = interrupt
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._sockets: set[socket.socket] = set()
        self._fillers: list[socket.socket] = []
        self._released = threading.Event()
        self._answered = threading.Event()
        self._idle = threading.Condition()
        self._busy = 0
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        if full:
            self._fill()
        elif not closed:
            self.open()

    def _fill(self) -> None:
        """Let the queue of connections that wait to be accepted be full."""
        self._listener.listen(0)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self._fillers.append(filler)

    def open(self) -> None:
        """Accept connections, if none has been accepted yet."""
        if self._threads:
            return
        if self._fillers:  # those who wait in the full queue go with it
            for filler in self._fillers:
                filler.close()
            self._listener.close()
            self._listener = socket.create_server(("127.0.0.1", self.port))
        self._listener.listen(128)
        self._start(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def forget(self) -> None:
        """Play no more turns."""
        with self._lock:
            self._turns.clear()

    def answered(self) -> None:
        """Note that the client has an answer: go on with what comes later."""
        self._answered.set()

    def settle(self) -> None:
        """Wait until every turn that has begun is over."""
        with self._idle:
            assert self._idle.wait_for(lambda: self._busy == 0, LIMIT)

    def left_open(self) -> int:
        """Return how many connections the client has not closed, when it has had time to."""
        self._released.set()
        ends = time.monotonic() + LIMIT
        while alive := [thread for thread in self._threads[1:] if thread.is_alive()]:
            left = ends - time.monotonic()
            if left <= 0:
                break
            alive[0].join(left)  # meanwhile one that was given up on may have been accepted
        return len(alive)

    def stop(self) -> None:
        """Close what is open and wait for the threads."""
        self._released.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in list(self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(LIMIT)
        assert not any(thread.is_alive() for thread in self._threads)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True, name="fault server")
        thread.start()
        self._threads.append(thread)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sockets.add(connection)
                self._start(self._talk, connection)

    def _take(self, on: str) -> Turn | None:
        with self._lock:
            if self._turns and (on == "request" or self._turns[0].on == on):
                return self._turns.pop(0)
        return None

    def _certificate(self) -> str:
        with self._lock:
            if self._turns and self._turns[0].certificate != "good":
                return self._turns.pop(0).certificate
        return "good"

    def _talk(self, raw: socket.socket) -> None:
        connection = _Connection(raw, self)
        try:
            with suppress(OSError, ValueError):
                greeted = self._take("accept")
                if greeted is not None and not self._play(connection, greeted):
                    return
                if self._tls and greeted is None:
                    connection.secure(self._contexts[self._certificate()])
                while connection.readable():
                    following = self._take("request") or Turn((Act.REQUEST, OK))
                    if not self._play(connection, following):
                        return
        finally:
            connection.close()
            self._sockets.discard(raw)

    def _play(self, connection: _Connection, played: Turn) -> bool:
        """Do what *played* says; return whether the connection goes on."""
        with self._turn() as over:
            for step in played.steps:
                if isinstance(step, bytes):
                    connection.send(step)
                elif step is Act.INTERRUPT:
                    assert self._interrupt is not None
                    self._interrupt()
                elif step is Act.LATER:
                    assert self._answered.wait(LIMIT)
                elif step is Act.TLS:
                    connection.secure(self._contexts[played.certificate])
                elif step in {Act.REQUEST, Act.HEAD}:
                    line = connection.request(whole=step is Act.REQUEST)
                    self.requests.append(line)
                    if line.startswith("CONNECT ") and played.steps[1:] == (OK,):
                        connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                        connection.secure(self._contexts["good"])
                        return True
                elif step is Act.BYTE:
                    connection.byte()
                else:
                    connection.end(step, over, self._released)
                    return False
        return True

    @contextmanager
    def _turn(self) -> Iterator[Callable[[], None]]:
        """Count a turn that is under way; gives what to call when no more will come of it."""
        ended = False

        def over() -> None:
            nonlocal ended
            with self._idle:
                self._busy -= not ended
                ended = True
                self._idle.notify_all()

        with self._idle:
            self._busy += 1
        try:
            yield over
        finally:
            over()


class _Connection:
    def __init__(self, raw: socket.socket, server: FaultServer) -> None:
        self._socket: socket.socket = raw
        self._server = server
        self._received = b""

    def secure(self, context: ssl.SSLContext) -> None:
        self._socket = context.wrap_socket(self._socket, server_side=True)

    def readable(self) -> bool:
        if not self._received:
            self._received = self._socket.recv(1 << 16)
        return bool(self._received)

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def request(self, *, whole: bool) -> str:
        """Read a request; return its first line."""
        head = self._until(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        if whole and headers.get("transfer-encoding") == "chunked":
            while size := int(self._until(b"\r\n"), 16):
                self._exactly(size + 2)
            self._until(b"\r\n")
        elif whole:
            self._exactly(int(headers.get("content-length", 0)))
        return lines[0]

    def byte(self) -> None:
        self._exactly(1)

    def end(self, how: Act, over: Callable[[], None], released: threading.Event) -> None:
        if how is Act.RESET:
            linger = struct.pack("ii", 1, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if how in {Act.RESET, Act.CLOSE}:
            self.close()
        elif how is Act.FIN:
            self._shut()
        over()
        if how is Act.STALL:
            released.wait(LIMIT)
        for _ in range(int(LIMIT / _PACE) if how is Act.DRIP else 0):
            self.send(b" ")
            time.sleep(_PACE)
        while how not in {Act.RESET, Act.CLOSE} and self._socket.recv(1 << 16):
            pass

    def _shut(self) -> None:
        if isinstance(self._socket, ssl.SSLSocket):
            self._socket.settimeout(0.05)  # for the client's farewell; not all send one
            with suppress(OSError):
                self._socket.unwrap()
            self._socket.settimeout(None)
        self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._socket.close()

    def _more(self) -> None:
        data = self._socket.recv(1 << 16)
        if not data:
            raise ConnectionAbortedError
        self._received += data

    def _until(self, end: bytes) -> bytes:
        while (at := self._received.find(end)) < 0:
            self._more()
        found, self._received = self._received[:at], self._received[at + len(end) :]
        return found

    def _exactly(self, size: int) -> None:
        while size > len(self._received):
            size -= len(self._received)
            self._received = b""
            self._more()
        self._received = self._received[size:]


def contexts(certificates: Mapping[str, Any]) -> Iterator[tuple[str, ssl.SSLContext]]:
    """Return a server's TLS context for each kind of certificate (trustme's)."""
    for kind, certificate in certificates.items():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        yield kind, context
