"""Connections of blocking sockets, one request at a time on each."""

from __future__ import annotations

import select
import socket
import time
from base64 import b64encode
from contextlib import suppress
from functools import lru_cache
from struct import pack
from typing import TYPE_CHECKING, NoReturn

import httpx

from ._answers import check_deadline, too_late
from ._failures import broken, timed_out, unreachable, unsendable
from ._http1 import AnswerError, Answers, chunk, head, wrong_length
from ._uploads import Upload

if TYPE_CHECKING:
    from ssl import SSLContext

    from ._messages import Request

_READ = _WRITE = 65_536  # bytes at most at once
_LEAST = 0.001  # seconds; none at all would mean not to wait
_EARLY = 0.01  # seconds that the system's clock may be before ours
_NEVER = -1.0  # a limit that no step has
_TIMEOUTS = (TimeoutError, BlockingIOError)  # TLS and the system call it differently


class Route:
    """
    How an origin is reached.

    Args:
        origin: Scheme, host and port.
        proxy: The address of the proxy on the way, with its credentials; None: there is none.
        shown: The same without them.
        tls: Whom to trust; None where no TLS is spoken.
    """

    def __init__(
        self, origin: str, proxy: str | None, shown: str | None, tls: SSLContext | None
    ) -> None:
        to = httpx.URL(origin)
        self.proxy = shown
        self.tls = tls
        self.host = to.raw_host.decode("ascii")
        port = to.port or (80 if tls is None else 443)
        self.address = (self.host, port)
        self.credentials = ""
        self.absolute = ""
        self.tunnel = ""
        if proxy is None:
            return
        via = httpx.URL(proxy)
        self.address = (via.raw_host.decode("ascii"), via.port or 80)
        if via.username or via.password:
            basic = b64encode(f"{via.username}:{via.password}".encode()).decode()
            self.credentials = f"proxy-authorization: Basic {basic}\r\n"
        if tls is not None:
            host = f"[{self.host}]" if ":" in self.host else self.host
            self.tunnel = f"{host}:{port}"
        else:
            self.absolute = f"http://{to.netloc.decode('ascii')}"


@lru_cache(maxsize=256)
def _parts(url: str) -> tuple[str, str]:
    parsed = httpx.URL(url)
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        msg = "its address is none of `http` or `https`"
        raise httpx.InvalidURL(msg)
    return parsed.raw_path.decode("ascii"), parsed.netloc.decode("ascii")


def parts(request: Request) -> tuple[str, str]:
    """
    Return what is asked for, and of whom, as the head of *request* has it.

    Raises:
        ConfigurationError: Its address cannot be used.
    """
    try:
        return _parts(request.url)
    except httpx.InvalidURL as exc:
        raise unsendable(request, str(exc)) from None


class Wire:
    """
    A connection, opened when it is needed.

    Args:
        route: Where to.
        keep: Seconds that it stays open without a request; None: not at all.

    Attributes:
        answers: What comes on it.
    """

    def __init__(self, route: Route, keep: float | None) -> None:
        self.answers = Answers()
        self._route = route
        self._keep = keep
        self._socket: socket.socket | None = None
        self._poll = select.poll()
        self._limits: dict[int, float | None] = {}
        self._free_until = 0.0

    @property
    def reusable(self) -> bool:
        """Whether another request may follow."""
        if self._keep is None or not (self.answers.ended and self.answers.reusable):
            return False
        self._free_until = time.monotonic() + self._keep
        return True

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
        route = self._route
        more = (route.credentials,) if route.absolute else ()
        written, length = head(request, route.absolute + target, host, *more)
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
            self._late(request, "read")
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

    def _is_quiet(self) -> bool:
        """Return whether the connection is in time, and nothing has come that nobody asked for."""
        return time.monotonic() < self._free_until and not self._poll.poll(0)

    def _write(self, request: Request, written: bytes, length: int | None) -> None:
        body = request.content
        try:
            if not isinstance(body, Upload):
                if length is None:
                    written += chunk(body) if body else b""
                    self._send(request, written + chunk(b""))
                else:
                    self._send(request, written + body if body else written)
                return
            self._send(request, written)
            sent = 0
            for piece in body:
                check_deadline(request)
                sent += len(piece)
                if length is not None and sent > length:
                    raise wrong_length(request)
                self._send(request, chunk(piece) if length is None else piece)
            if length is None:
                self._send(request, chunk(b""))
            elif sent < length:
                raise wrong_length(request)
        except _SendError:
            return  # a server that does not want all of it may have said why

    def _send(self, request: Request, data: bytes) -> None:
        try:
            sent, rest = 0, memoryview(data)
            while rest := rest[sent:]:
                # Bit by bit: the system's limit is for all that it is given at once.
                connection = self._ready(request, socket.SO_SNDTIMEO, request.timeout.write)
                sent = connection.send(rest[:_WRITE])
        except _TIMEOUTS:
            self._late(request, "write")
        except OSError:
            raise _SendError from None

    def _read(self, request: Request | None, seconds: float | None) -> bytes:
        return self._ready(request, socket.SO_RCVTIMEO, seconds).recv(_READ)

    def _ready(self, request: Request | None, option: int, seconds: float | None) -> socket.socket:
        """Return the socket, whose next step may take so many *seconds*, or until the deadline."""
        connection = self._socket
        if connection is None:
            msg = "the client has been closed"
            raise OSError(msg)
        if request is not None and request.ends is not None:
            seconds = _left(request, request.ends, seconds)
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
            seconds = _left(request, request.ends, seconds)
        connection: socket.socket | None = None
        try:
            connection = socket.create_connection(route.address, seconds)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if route.tunnel:
                _dig(connection, route, request)
            if route.tls is not None:
                connection = route.tls.wrap_socket(connection, server_hostname=route.host)
        except BaseException as exc:
            if connection is not None:
                connection.close()
            self._not_opened(exc, request)
        connection.settimeout(None)
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)
        self.answers = Answers()
        self._limits = {}
        self._socket = connection

    def _not_opened(self, exc: BaseException, request: Request) -> NoReturn:
        if isinstance(exc, TimeoutError):
            self._late(request, "connect")
        if isinstance(exc, OSError | AnswerError):
            raise unreachable(request, str(exc), self._route.proxy) from exc
        if isinstance(exc, UnicodeError):
            why = "its host is no name that could be looked up"
            raise unsendable(request, why) from None
        raise exc

    def _late(self, request: Request, phase: str) -> NoReturn:
        if request.ends is not None and time.monotonic() >= request.ends - _EARLY:
            raise too_late(request) from None
        raise timed_out(request, phase, self._route.proxy) from None


class _SendError(Exception):
    """The server takes no more."""


def _left(request: Request, ends: float, seconds: float | None) -> float:
    """Return what is left for a step that may take so many *seconds*, before the deadline."""
    left = ends - time.monotonic()
    if left <= 0:
        raise too_late(request)
    return left if seconds is None else min(seconds, left)


def _timeval(seconds: float) -> bytes:
    """Return *seconds* as the system has them; 0 is for ever."""
    microseconds = seconds and max(round(seconds * 1e6), 1)
    return pack("@ll", *divmod(int(microseconds), 1_000_000))


def _dig(connection: socket.socket, route: Route, request: Request) -> None:
    """Ask the proxy for a tunnel (RFC 9110 §9.3.6)."""
    host = f"host: {route.tunnel}\r\n"
    connection.sendall(
        f"CONNECT {route.tunnel} HTTP/1.1\r\n{host}{route.credentials}\r\n".encode("ascii")
    )
    answers = Answers()
    answers.expect(bodiless=True)
    while not answers.ended:
        check_deadline(request)
        answers.feed(connection.recv(_READ))
    if not 200 <= answers.status < 300:
        msg = f"the proxy answered {answers.status}"
        raise AnswerError(msg)
