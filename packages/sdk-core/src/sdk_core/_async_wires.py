"""Connections of asyncio's, one request at a time on each; see `_wires`."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ._answers import check_deadline
from ._failures import broken
from ._http1 import AnswerError, Sending
from ._routes import Connection, Route, SendError, Tunnel, late, left, not_opened
from ._uploads import Upload

if TYPE_CHECKING:
    from ._messages import Request

_READ = _WRITE = 65_536  # bytes at most at once
_NUMBERS = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class AsyncWire(Connection):
    """
    The asynchronous twin of `Wire`, within one event loop.

    It has a socket, not a transport of asyncio's: that one hangs up where it cannot write, with
    the answer unread that would say why.
    """

    def __init__(self, route: Route, keep: float | None) -> None:
        super().__init__(route, keep)
        self._tls: _Tls | None = None
        self._waits = False  # the loop looks at the socket

    async def ask(self, request: Request, target: str, host: str) -> None:
        """Send *request*, and read until the head of its answer has come; see `Wire.ask`."""
        written, length = self._route.head(request, target, host)
        if self._socket is None or not self._is_quiet():
            self.close()
            await self._open(request)
        answers = self.answers
        answers.expect(bodiless=request.method == "HEAD")
        await self._write(request, written, length)
        while not answers.begun:
            await self.receive(request)

    async def receive(self, request: Request) -> None:
        """Read more of the answer to *request*. Raises what `ask` raises."""
        try:
            self.answers.feed(await self._read(request, request.timeout.read))
        except TimeoutError:
            late(request, "read", self._route.proxy)
        except (AnswerError, OSError) as exc:
            raise broken(request, str(exc), self._route.proxy) from exc

    async def drain(self, seconds: float) -> None:
        """Read the end of the answer, if it comes within so many *seconds*."""
        with suppress(AnswerError, OSError):  # then it is closed
            async with asyncio.timeout(seconds):
                while not self.answers.ended:
                    self.answers.pieces.clear()
                    self.answers.feed(await self._read(None, None))

    def close(self) -> None:
        """Hang up; once or more."""
        connection, self._socket = self._socket, None
        if connection is not None:
            with suppress(OSError):  # it is closed at the other end; who reads here wakes up
                connection.shutdown(socket.SHUT_RDWR)
            if not self._waits:  # else whoever waits closes it: the loop still knows its number
                connection.close()

    async def _write(self, request: Request, written: bytes, length: int | None) -> None:
        sending = Sending(request, length)
        body = request.content
        try:
            if not isinstance(body, Upload):
                await self._send(request, written + sending.whole(body))
                return
            await self._send(request, written)
            async for piece in body:
                await self._send(request, sending.piece(piece))
            await self._send(request, sending.end())
        except SendError:
            return  # a server that does not want all of it may have said why

    async def _send(self, request: Request, data: bytes) -> None:
        try:
            for start in range(0, len(data), _WRITE):
                piece = data[start : start + _WRITE]
                if self._tls is not None:
                    piece = self._tls.encrypt(piece)
                await self._give(request, piece, request.timeout.write)
        except TimeoutError:
            late(request, "write", self._route.proxy)
        except OSError:
            raise SendError from None

    async def _give(self, request: Request | None, data: bytes, seconds: float | None) -> None:
        if request is not None:
            check_deadline(request)
        rest = memoryview(data)
        while rest:
            connection = self._present()
            try:
                rest = rest[connection.send(rest) :]
            except BlockingIOError:
                await self._wait(request, connection, seconds, to_write=True)

    async def _read(self, request: Request | None, seconds: float | None) -> bytes:
        tls = self._tls
        if tls is None:
            return await self._take(request, seconds)
        while (data := tls.read()) is None:
            if said := tls.written():  # such as new keys, for which the other end has asked
                await self._give(request, said, seconds)
            tls.feed(await self._take(request, seconds))
        return data

    async def _take(self, request: Request | None, seconds: float | None) -> bytes:
        if request is not None:
            check_deadline(request)
        waited = not self.answers.begun  # there is something to wait for: an answer takes its time
        while True:
            connection = self._present()
            if waited:
                await self._wait(request, connection, seconds, to_write=False)
                connection = self._present()
            try:
                data = connection.recv(_READ)
            except BlockingIOError:
                waited = True
                continue
            if not waited:
                await asyncio.sleep(0)  # others have their turn, however fast the server is
            return data

    async def _wait(
        self, request: Request | None, connection: Any, seconds: float | None, *, to_write: bool
    ) -> None:
        """Wait until there is something to read, or room to write, or until the time is over."""
        if request is not None and request.ends is not None:
            seconds = left(request, request.ends, seconds)
        loop = asyncio.get_running_loop()
        add = loop.add_writer if to_write else loop.add_reader
        number = connection.fileno()  # the loop would describe a socket that it does not know yet
        ready = loop.create_future()
        # Not `asyncio.timeout`, which costs as much as all the rest of a wait.
        timer = None if seconds is None else loop.call_later(seconds, _expire, ready)
        self._waits = True
        add(number, _wake, ready)
        try:
            await ready
        finally:
            (loop.remove_writer if to_write else loop.remove_reader)(number)
            self._waits = False
            if timer is not None:
                timer.cancel()
            if self._socket is not connection:
                connection.close()

    async def _open(self, request: Request) -> None:
        route, seconds = self._route, request.timeout.connect
        if request.ends is not None:
            seconds = left(request, request.ends, seconds)
        try:
            async with asyncio.timeout(seconds):
                self._begin(await _connected(*route.address))
                self._tls = None
                if route.tunnel:
                    tunnel = Tunnel(route)
                    await self._give(None, tunnel.request, None)
                    while not tunnel.feed(await self._take(None, None)):
                        check_deadline(request)
                if route.tls is not None:
                    await self._shake_hands(_Tls(route.tls, route.host))
        except BaseException as exc:
            self.close()
            not_opened(exc, request, route.proxy)

    async def _shake_hands(self, tls: _Tls) -> None:
        while True:
            done = tls.shake_hands()
            if said := tls.written():
                await self._give(None, said, None)
            if done:
                self._tls = tls
                return
            tls.feed(await self._take(None, None))


class _Tls:
    """TLS between the socket and the parser; sans-IO."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def shake_hands(self) -> bool:
        """Go on with the handshake; return whether it is done."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def encrypt(self, data: bytes) -> bytes:
        """Return what is to be sent for *data*."""
        self._object.write(data)
        return self.written()

    def written(self) -> bytes:
        """Return what is to be sent for other reasons."""
        return self._outgoing.read()

    def feed(self, data: bytes) -> None:
        """Take what has come; nothing is the end of the connection."""
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def read(self) -> bytes | None:
        """Return what has been decrypted; None: more is needed."""
        pieces: list[bytes] = []
        try:
            while piece := self._object.read(_READ):
                pieces.append(piece)
        except ssl.SSLWantReadError:
            return b"".join(pieces) or None
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):  # with or without a farewell
            pass
        return b"".join(pieces)


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _expire(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_exception(TimeoutError())


async def _connected(host: str, port: int) -> socket.socket:
    """Return a socket that is connected to one of the addresses of *host*."""
    loop = asyncio.get_running_loop()
    kind = socket.SOCK_STREAM
    try:
        found = socket.getaddrinfo(host, port, type=kind, flags=_NUMBERS)
    except socket.gaierror:  # a name, for which the loop has a thread
        found = await loop.getaddrinfo(host, port, type=kind)
    failure: OSError | None = None
    for family, _, protocol, _, address in found:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.setblocking(False)
            await loop.sock_connect(connection, address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException as exc:
            connection.close()
            if not isinstance(exc, OSError):
                raise
            failure = exc
        else:
            return connection
    raise failure or OSError("its host has no address")
