"""How an origin is reached, and what went wrong on the way; for sockets of either colour."""

from __future__ import annotations

import select
import socket
import time
from base64 import b64encode
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

from ._answers import too_late
from ._failures import timed_out, unreachable, unsendable
from ._http1 import AnswerError, Answers, head
from ._plain import plain

if TYPE_CHECKING:
    from ssl import SSLContext

    from ._messages import Request

_EARLY = 0.01  # seconds that the system's clock may be before ours


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
        host, port, netloc, _ = _read(f"{origin}/")
        self.proxy = shown
        self.tls = tls
        self.host = host
        port = port or (80 if tls is None else 443)
        self.address = (self.host, port)
        self.credentials = ""
        self.absolute = ""
        self.tunnel = ""
        if proxy is None:
            return
        import httpx  # noqa: PLC0415  # it knows what may be in the address of a proxy

        via = httpx.URL(proxy)
        self.address = (via.raw_host.decode("ascii"), via.port or 80)
        if via.username or via.password:
            basic = b64encode(f"{via.username}:{via.password}".encode()).decode()
            self.credentials = f"proxy-authorization: Basic {basic}\r\n"
        if tls is not None:
            host = f"[{self.host}]" if ":" in self.host else self.host
            self.tunnel = f"{host}:{port}"
        else:
            self.absolute = f"http://{netloc}"

    def head(self, request: Request, target: str, host: str) -> tuple[bytes, int | None]:
        """Return the head of *request* on this way, and the length of its body; see `_http1.head`."""
        more = (self.credentials,) if self.absolute else ()
        return head(request, self.absolute + target, host, *more)


@lru_cache(maxsize=256)
def _read(url: str) -> tuple[str, int | None, str, str]:
    """Return host, port, both as a head has them, and what is asked. Raises ValueError."""
    known = plain(url)
    if known is not None:
        _, host, port, netloc, target = known
        return host.decode("ascii"), port, netloc.decode("ascii"), target.decode("ascii")
    import httpx  # noqa: PLC0415  # few addresses need it

    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as exc:
        raise ValueError(str(exc)) from None
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        msg = "its address is none of `http` or `https`"
        raise ValueError(msg)
    return (
        parsed.raw_host.decode("ascii"),
        parsed.port,
        parsed.netloc.decode("ascii"),
        parsed.raw_path.decode("ascii"),
    )


def parts(request: Request) -> tuple[str, str]:
    """
    Return what is asked for, and of whom, as the head of *request* has it.

    Raises:
        ConfigurationError: Its address cannot be used.
    """
    try:
        _, _, netloc, target = _read(request.url)
    except ValueError as exc:
        raise unsendable(request, str(exc)) from None
    return target, netloc


def left(request: Request, ends: float, seconds: float | None) -> float:
    """
    Return what is left for a step that may take so many *seconds*, before the deadline.

    Raises:
        APITimeoutError: Nothing is.
    """
    remains = ends - time.monotonic()
    if remains <= 0:
        raise too_late(request)
    return remains if seconds is None else min(seconds, remains)


def late(request: Request, phase: str, proxy: str | None) -> NoReturn:
    """Raise the error for a *phase* that took too long, or until the deadline."""
    if request.ends is not None and time.monotonic() >= request.ends - _EARLY:
        raise too_late(request) from None
    raise timed_out(request, phase, proxy) from None


def not_opened(exc: BaseException, request: Request, proxy: str | None) -> NoReturn:
    """Raise *exc*, for which there is no connection, as an error of our own, if it is known."""
    if isinstance(exc, TimeoutError):
        late(request, "connect", proxy)
    if isinstance(exc, OSError | AnswerError):
        raise unreachable(request, str(exc), proxy) from exc
    if isinstance(exc, UnicodeError):
        why = "its host is no name that could be looked up"
        raise unsendable(request, why) from None
    raise exc


class Connection:
    """
    What connections of both colours have in common.

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
        self._free_until = 0.0

    def __del__(self) -> None:
        # The loop is over, or this is a fork: whoever else has it shall not be hung up on.
        if self._socket is not None:
            self._socket.close()

    @property
    def reusable(self) -> bool:
        """Whether another request may follow."""
        if self._keep is None or not (self.answers.ended and self.answers.reusable):
            return False
        self._free_until = time.monotonic() + self._keep
        return True

    def _is_quiet(self) -> bool:
        """Return whether the connection is in time, and nothing has come that nobody asked for."""
        return time.monotonic() < self._free_until and not self._poll.poll(0)

    def _begin(self, connection: socket.socket) -> None:
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)
        self.answers = Answers()
        self._socket = connection

    def _present(self) -> socket.socket:
        if self._socket is None:
            msg = "the client has been closed"
            raise OSError(msg)
        return self._socket


class SendError(Exception):
    """The server takes no more."""


class Tunnel:
    """
    A tunnel through a proxy (RFC 9110 §9.3.6).

    Args:
        route: Where to.

    Attributes:
        request: What the proxy is asked.
    """

    def __init__(self, route: Route) -> None:
        to = route.tunnel
        self.request = f"CONNECT {to} HTTP/1.1\r\nhost: {to}\r\n{route.credentials}\r\n".encode()
        self._answers = Answers()
        self._answers.expect(bodiless=True)

    def feed(self, data: bytes) -> bool:
        """
        Take what the proxy answers; return whether the tunnel is there.

        Raises:
            AnswerError: There will be none.
        """
        answers = self._answers
        answers.feed(data)
        if answers.ended and not 200 <= answers.status < 300:
            msg = f"the proxy answered {answers.status}"
            raise AnswerError(msg)
        return answers.ended
