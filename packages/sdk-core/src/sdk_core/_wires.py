"""Connections of blocking sockets, one request at a time on each."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from struct import pack
from typing import TYPE_CHECKING

from ._answers import check_deadline
from ._failures import broken
from ._http1 import AnswerError, Sending
from ._routes import Connection, Route, SendError, Tunnel, late, left, not_opened
from ._uploads import Upload

if TYPE_CHECKING:
    from ._messages import Request

_READ = _WRITE = 65_536  # bytes at most at once
_LEAST = 0.001  # seconds; none at all would mean not to wait
_NEVER = -1.0  # a limit that no step has
_TIMEOUTS = (TimeoutError, BlockingIOError)  # TLS and the system call it differently


class Wire(Connection):
    """A connection, opened when it is needed."""

    def __init__(self, route: Route, keep: float | None) -> None:
        super().__init__(route, keep)
        self._limits: dict[int, float | None] = {}

    def ask(self, request: Request, target: str, host: str) -> None:
        """
        Send *request*, and read until the head of its answer has come.

        Args:
            request: What is to be sent.
            target: What it asks for; see `parts`.
            host: Of whom.

        Raises:
            ConfigurationError: It cannot be sent.
            APIConnectionError: The server cannot be reached, or does not answer as HTTP says.
            APITimeoutError: A phase took too long.
        """
        written, length = self._route.head(request, target, host)
        if self._socket is None or not self._is_quiet():
            self.close()
            self._open(request)
        answers = self.answers
        answers.expect(bodiless=request.method == "HEAD")
        self._write(request, written, length)
        while not answers.begun:
            self.receive(request)

    def receive(self, request: Request) -> None:
        """Read more of the answer to *request*. Raises what `ask` raises."""
        try:
            self.answers.feed(self._read(request, request.timeout.read))
        except _TIMEOUTS:
            late(request, "read", self._route.proxy)
        except (AnswerError, OSError) as exc:
            raise broken(request, str(exc), self._route.proxy) from exc

    def drain(self, seconds: float) -> None:
        """Read the end of the answer, if it comes within so many *seconds*."""
        ends = time.monotonic() + seconds
        with suppress(AnswerError, OSError):  # then it is closed
            while not self.answers.ended and (left := ends - time.monotonic()) > 0:
                self.answers.pieces.clear()
                self.answers.feed(self._read(None, left))

    def close(self) -> None:
        """Hang up; from any thread, once or more."""
        connection, self._socket = self._socket, None
        if connection is not None:
            with suppress(OSError):  # it is closed at the other end; who reads here wakes up
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _write(self, request: Request, written: bytes, length: int | None) -> None:
        sending = Sending(request, length)
        body = request.content
        try:
            if not isinstance(body, Upload):
                self._send(request, written + sending.whole(body))
                return
            self._send(request, written)
            for piece in body:
                self._send(request, sending.piece(piece))
            self._send(request, sending.end())
        except SendError:
            return  # a server that does not want all of it may have said why

    def _send(self, request: Request, data: bytes) -> None:
        try:
            sent, rest = 0, memoryview(data)
            while rest := rest[sent:]:
                # Bit by bit: the system's limit is for all that it is given at once.
                connection = self._ready(request, socket.SO_SNDTIMEO, request.timeout.write)
                sent = connection.send(rest[:_WRITE])
        except _TIMEOUTS:
            late(request, "write", self._route.proxy)
        except OSError:
            raise SendError from None

    def _read(self, request: Request | None, seconds: float | None) -> bytes:
        return self._ready(request, socket.SO_RCVTIMEO, seconds).recv(_READ)

    def _ready(self, request: Request | None, option: int, seconds: float | None) -> socket.socket:
        """Return the socket, whose next step may take so many *seconds*, or until the deadline."""
        connection = self._present()
        if request is not None and request.ends is not None:
            seconds = left(request, request.ends, seconds)
        if seconds != self._limits.get(option, _NEVER):
            self._limits[option] = seconds
            if self._route.tls is not None:
                self._limits = {option: seconds}  # TLS has one limit for both
                connection.settimeout(None if seconds is None else max(seconds, _LEAST))
            else:
                # Not `settimeout`, by which every step would be two: to wait, and then to act.
                connection.setsockopt(socket.SOL_SOCKET, option, _timeval(seconds or 0.0))
        return connection

    def _open(self, request: Request) -> None:
        route, seconds = self._route, request.timeout.connect
        if request.ends is not None:
            seconds = left(request, request.ends, seconds)
        connection: socket.socket | None = None
        try:
            connection = socket.create_connection(route.address, seconds)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if route.tunnel:
                tunnel = Tunnel(route)
                connection.sendall(tunnel.request)
                while not tunnel.feed(connection.recv(_READ)):
                    check_deadline(request)
            if route.tls is not None:
                connection = route.tls.wrap_socket(connection, server_hostname=route.host)
        except BaseException as exc:
            if connection is not None:
                connection.close()
            not_opened(exc, request, route.proxy)
        connection.settimeout(None)
        self._limits = {}
        self._begin(connection)


def _timeval(seconds: float) -> bytes:
    """Return *seconds* as the system has them; 0 is for ever."""
    microseconds = seconds and max(round(seconds * 1e6), 1)
    return pack("@ll", *divmod(int(microseconds), 1_000_000))
