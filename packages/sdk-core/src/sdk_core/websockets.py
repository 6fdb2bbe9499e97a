"""
WebSockets that outlive their connections (RFC 6455). Needs the extra ``websockets``.

::

    with WebSocket(client, "/live", type=Update, resume=lambda: {"after": seen}) as socket:
        socket.send({"subscribe": "all"})
        for update in socket:
            seen = update.number

Address, credentials, redirects, TLS and proxies are the client's. A connection that is lost is made
again; what has to be said to go on where it was is *resume*'s to say.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypedDict, Unpack

from ._closing import AsyncClosing, Closing
from ._decoding import decoder
from ._inbox import Overflow, check_overflow
from ._messages import Request, Response
from ._reconnect import Lost, ReadyState, Reconnect, single
from ._websocket import (
    RETRIED_CODES,
    Data,
    GoingAwayError,
    MessageTooLargeError,
    PolicyViolationError,
    ProtocolViolationError,
    ServerFailureError,
    Session,
    WebSocketClosedError,
)
from .clients import AsyncClient, SyncClient
from .errors import APIResponseValidationError, ConfigurationError
from .operations import Operation, Ref
from .transports import HTTPX
from .typing import HeadersLike, QueryLike

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    C = TypeVar("C")
    T = TypeVar("T", default=Data)  # without `type`
else:
    from typing import TypeVar

    C, T = TypeVar("C"), TypeVar("T")

__all__ = [
    "RETRIED_CODES",
    "AsyncWebSocket",
    "GoingAwayError",
    "Lost",
    "MessageTooLargeError",
    "PolicyViolationError",
    "ProtocolViolationError",
    "ReadyState",
    "Reconnect",
    "ServerFailureError",
    "WebSocket",
    "WebSocketClosedError",
    "WebSocketOptions",
]


class WebSocketOptions(TypedDict, total=False):
    """
    What a WebSocket takes beside its address.

    Attributes:
        query: More of the query.
        headers: More headers.
        subprotocols: Those that we speak, the best first; the server chooses one or none.
        reconnect: How to connect again; see `Reconnect`. Default: up to 10 times in a row.
        retried_codes: Close codes after which to connect again. Default: `RETRIED_CODES`.
        resume: Called after each further connection; what it returns is sent first: one message,
            or a list of several, or an iterator that is asked for the next one when the last one
            is sent, or ``None``. May be ``async`` for an asynchronous client.
        on_lost: Called with a `Lost` before each further attempt. It returns ``False`` to give up,
            a mapping with another ``query`` or other ``headers`` for all that follow, or ``None``.
            May be ``async`` for an asynchronous client.
        max_message_size: Bytes that one message may hold, 16 MiB by default; a larger one ends the
            connection with 1009. ``None``: any number.
        max_queue: Messages that are kept until they are read, 16 by default.
        overflow: What happens to more of them. ``"wait"`` (the default) reads no more, so that the
            server has to wait; ``"drop_oldest"`` and ``"drop_newest"`` throw some away;
            ``"close"`` ends the connection with 1008.
        ping_interval: Seconds between two pings, 20 by default; ``None`` sends none.
        ping_timeout: Seconds after which a ping without an answer means that the connection is
            lost, 20 by default.
        close_timeout: Seconds to wait for the other side's goodbye, 5 by default.
        compression: Whether to offer compression (RFC 7692). Default: yes.
    """

    query: QueryLike | None
    headers: HeadersLike | None
    subprotocols: Sequence[str]
    reconnect: Reconnect | None
    retried_codes: frozenset[int]
    resume: Callable[[], Any] | None
    on_lost: Callable[[Lost], Any] | None
    max_message_size: int | None
    max_queue: int
    overflow: Overflow
    ping_interval: float | None
    ping_timeout: float | None
    close_timeout: float
    compression: bool


class _Socket(Generic[C, T]):
    """What both colours show of their session."""

    _opened: ClassVar[str]

    def __init__(
        self,
        client: C,
        path: str,
        *,
        type: type[T] | None = None,  # noqa: A002  # as users write it
        **options: Unpack[WebSocketOptions],
    ) -> None:
        self._raw = type is None
        self._ref = None if type in {None, object} else Ref.to(type)
        self._open(client, path, **options)

    @abstractmethod
    def _lock(self) -> Any:
        """Return a lock for those who send."""

    def _open(
        self,
        client: Any,
        path: str,
        *,
        query: QueryLike | None = None,
        headers: HeadersLike | None = None,
        subprotocols: Sequence[str] = (),
        reconnect: Reconnect | None = None,
        retried_codes: frozenset[int] = RETRIED_CODES,
        resume: Callable[[], Any] | None = None,
        on_lost: Callable[[Lost], Any] | None = None,
        max_message_size: int | None = 1 << 24,
        max_queue: int = 16,
        overflow: Overflow = "wait",
        ping_interval: float | None = 20.0,
        ping_timeout: float | None = 20.0,
        close_timeout: float = 5.0,
        compression: bool = True,
    ) -> None:
        check_overflow(max_queue, overflow)
        _check("max_message_size", max_message_size, 1)
        _check("ping_interval", ping_interval, 0)
        _check("ping_timeout", ping_timeout, 0)
        _check("close_timeout", close_timeout, 0)
        if isinstance(subprotocols, str) or not all(isinstance(p, str) for p in subprotocols):
            msg = f"`subprotocols` must be a sequence of names, not {subprotocols!r}"
            raise ConfigurationError(msg)
        # The library and TLS cost more to import than all the rest.
        from . import _websocket_wires  # noqa: PLC0415

        client = single(client)
        transport = client._transport  # noqa: SLF001  # the client's own sockets
        options = _websocket_wires.WireOptions(
            transport=transport if hasattr(transport, "trust_env") else HTTPX(),
            subprotocols=tuple(subprotocols),
            max_message_size=max_message_size,
            max_queue=max_queue,
            overflow=overflow,
            ping_interval=ping_interval or None,
            ping_timeout=ping_timeout or None,
            close_timeout=close_timeout,
            compression=compression,
        )
        self._driver: Any = client._driver  # noqa: SLF001  # as above
        self._strict: bool = client._strict  # noqa: SLF001  # as above
        url = f"http{path[2:]}" if path.startswith(("ws:", "wss:")) else path
        place = path if path.startswith("/") else f"/{path}"
        operation: Operation[Any] = Operation(id=f"GET {path}", method="GET", path=place)

        def build(changes: Mapping[str, Any]) -> Request:
            wanted = {"query": query, "headers": headers, **changes}
            request: Request = client._build(  # noqa: SLF001  # as above
                operation,
                None,
                None,
                extra_query=wanted["query"],
                extra_headers=wanted["headers"],
                url=url if "://" in url else None,
            )
            return request

        self._session = Session(
            build({}),
            client._flow_of,  # noqa: SLF001  # as above
            partial(getattr(_websocket_wires, self._opened), options=options),
            self._lock(),
            reconnect=Reconnect() if reconnect is None else reconnect,
            retried_codes=frozenset(retried_codes),
            resume=resume,
            on_lost=on_lost,
            rebuild=build,
        )
        self._session.observe(pause=self._pause)

    @abstractmethod
    def _pause(self, seconds: float) -> Any:
        """Wait until it is time to connect again, or it is over."""

    def _read(self, data: Data) -> Any:
        """Return what *data* is."""
        if self._raw:
            return data
        read = decoder(self._ref)
        try:
            return read(data.encode() if isinstance(data, str) else data, self._strict)
        except ValueError as exc:
            response = self._session.response
            assert response is not None
            what = "JSON" if self._ref is None else self._ref.name
            reason = " ".join(str(exc).split())[:200]
            msg = f"a message is no valid {what} ({reason})"
            raise APIResponseValidationError(response, data, message=msg) from exc

    @property
    def ready_state(self) -> ReadyState:
        """Whether it is connecting (again), open or closed."""
        return self._session.state

    @property
    def response(self) -> Response | None:
        """The head of the last answer; None before the first connection."""
        return self._session.response

    @property
    def subprotocol(self) -> str | None:
        """What the server chose of *subprotocols*."""
        return None if self._session.wire is None else self._session.wire.subprotocol

    @property
    def close_code(self) -> int | None:
        """Why it was closed for good (RFC 6455 §7.4); None: it was not."""
        return None if self._session.ended is None else self._session.ended.code

    @property
    def close_reason(self) -> str:
        """What was said of that."""
        return "" if self._session.ended is None else self._session.ended.reason

    @property
    def reconnects(self) -> int:
        """How many connections were lost, or could not be made."""
        return self._session.backoff.connects

    @property
    def dropped(self) -> int:
        """How many messages were thrown away because they were not read in time."""
        return self._session.dropped


class WebSocket(_Socket[SyncClient, T], Closing):
    """
    Talk to an address over as many connections as it takes.

    Connects when it is entered, or first used. The iteration ends when the server closes the
    WebSocket with 1000. Messages may be sent by another thread than the one that reads.

    A message on its way when a connection breaks may be lost in either direction; what a
    connection is known not to have taken is sent over the next one.

    Args:
        client: Whose address, credentials and options to use.
        path: Relative to the client's base URL; or an address, which gets the client's credential.
        type: What a message is decoded as, from JSON; ``object`` for any JSON. Without it messages
            are ``str`` and ``bytes``.
        **options: The rest; see `WebSocketOptions`.

    Raises:
        ConfigurationError: An option cannot be used, or the extra is not installed.
        APIStatusError: The server refuses.
        WebSocketClosedError: It was closed, with a code that another connection does not mend, or
            every attempt to connect again failed.
        APIResponseValidationError: A message is no *type*; what follows can still be read.
    """

    _opened = "open_blocking"

    def _lock(self) -> Any:
        from threading import Event, Lock  # noqa: PLC0415  # the other colour needs none

        self._over = Event()
        return Lock()

    def _pause(self, seconds: float) -> None:
        self._over.wait(seconds)

    def send(self, message: object) -> None:
        """
        Send *message*: a string as text, bytes as binary, all else as JSON.

        Waits while the network does not take more.

        Raises:
            WebSocketClosedError: It is over.
        """
        self._driver.run(self._session.send(message))

    def receive(self, timeout: float | None = None) -> T:
        """
        Return the next message.

        Args:
            timeout: Seconds to wait for it.

        Raises:
            APITimeoutError: None came in time; the connection stays.
            WebSocketClosedError: It is over.
        """
        data = self._driver.run(self._session.receive(timeout))
        if data is None:
            raise self._session.over()
        message: T = self._read(data)
        return message

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        data = self._driver.run(self._session.receive(None))
        if data is None:
            raise StopIteration
        message: T = self._read(data)
        return message

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Say that it is over, and let go of the connection."""
        try:
            self._driver.run(self._session.close(code, reason))
        finally:
            self._over.set()

    def __enter__(self) -> Self:
        self._driver.run(self._session.connect())
        return self


class AsyncWebSocket(_Socket[AsyncClient, T], AsyncClosing):
    """
    The asynchronous twin of `WebSocket`, with the same arguments. For asyncio.

    A wait for a message that is cancelled loses nothing.
    """

    _opened = "open_asynchronous"

    def _lock(self) -> Any:
        from anyio import Lock  # noqa: PLC0415  # as above

        self._over: Any = None
        return Lock()

    async def _pause(self, seconds: float) -> None:
        from anyio import Event, move_on_after  # noqa: PLC0415  # as above

        self._over = Event()
        with move_on_after(seconds):
            await self._over.wait()

    async def send(self, message: object) -> None:
        """Send *message*; see `WebSocket.send`."""
        await self._driver.run(self._session.send(message))

    async def receive(self, timeout: float | None = None) -> T:
        """Return the next message; see `WebSocket.receive`."""
        data = await self._driver.run(self._session.receive(timeout))
        if data is None:
            raise self._session.over()
        message: T = self._read(data)
        return message

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        data = await self._driver.run(self._session.receive(None))
        if data is None:
            raise StopAsyncIteration
        message: T = self._read(data)
        return message

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say that it is over, and let go of the connection."""
        try:
            await self._driver.run(self._session.close(code, reason))
        finally:
            if self._over is not None:
                self._over.set()

    aclose = close

    async def __aenter__(self) -> Self:
        await self._driver.run(self._session.connect())
        return self


def _check(name: str, value: Any, least: int) -> None:
    if value is None and name != "close_timeout":
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= least:
        msg = f"`{name}` must be a number >= {least}, not {value!r}"
        raise ConfigurationError(msg)
