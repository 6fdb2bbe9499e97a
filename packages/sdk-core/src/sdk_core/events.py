"""
Server-sent events that outlive their connections (WHATWG HTML §9.2).

An event source connects, and connects again when the connection is lost, from where it was::

    with EventSource(client, "/events") as source:
        for event in source:
            print(event.id, event.event, event.text)

For an answer that comes as a stream of events and then is finished, such as a chat completion, take
`sdk_core.streams.Stream`: asking again would begin another answer.
"""

from __future__ import annotations

import weakref
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator
from threading import Event
from typing import TYPE_CHECKING, Any, Generic, TypedDict, Unpack

from ._closing import AsyncClosing, Closing
from ._decoding import decoder
from ._event_source import Source, apieces_of, pieces_of
from ._messages import Response
from ._reconnect import ReadyState, Reconnect, single
from ._sse import MAX_ITEM_SIZE, ServerSentEvent
from .clients import AsyncClient, SyncClient
from .errors import APIResponseValidationError, ConfigurationError
from .operations import Body, Content, Operation, Ref
from .options import Timeout
from .typing import HeadersLike, QueryLike, omit

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from ._event_source import Pieces

    C = TypeVar("C")
    T = TypeVar("T", default=ServerSentEvent)  # without `type`
else:
    from typing import TypeVar

    C, T = TypeVar("C"), TypeVar("T")

__all__ = [
    "AsyncEventSource",
    "EventSource",
    "ReadyState",
    "Reconnect",
    "ServerSentEvent",
    "SourceOptions",
]


class SourceOptions(TypedDict, total=False):
    """
    What an event source takes beside its address.

    Attributes:
        method: The HTTP method. It is sent again with every connection.
        query: More of the query.
        headers: More headers.
        body: Sent as JSON.
        last_event_id: Where to go on.
        idle_timeout: Seconds, 45 by default, of silence after which a connection counts as lost. Servers break the
            silence with comments, usually every 15 s; each byte counts.
        reconnect: How to connect again; see `Reconnect`.
        max_event_size: Bytes that one event may hold; a longer one is an error.
    """

    method: str
    query: QueryLike | None
    headers: HeadersLike | None
    body: object
    last_event_id: str
    idle_timeout: float | None
    reconnect: Reconnect | None
    max_event_size: int


class _Events(Generic[C, T]):
    """What both colours show of their source."""

    def __init__(
        self,
        client: C,
        path: str,
        *,
        type: type[T] | None = None,  # noqa: A002  # as users write it
        **options: Unpack[SourceOptions],
    ) -> None:
        self._ref = None if type is None else Ref.to(type)
        self._ready: list[ServerSentEvent] = []
        self._open(client, path, **options)

    @staticmethod
    @abstractmethod
    def _pieces(response: Response) -> Pieces:
        """Return the two functions that read *response* and let go of it."""

    def _open(
        self,
        client: Any,
        path: str,
        *,
        method: str = "GET",
        query: QueryLike | None = None,
        headers: HeadersLike | None = None,
        body: object = omit,
        last_event_id: str = "",
        idle_timeout: float | None = 45.0,
        reconnect: Reconnect | None = None,
        max_event_size: int = MAX_ITEM_SIZE,
    ) -> None:
        if not str(last_event_id).isprintable():
            msg = "`last_event_id` must be a string without line ends and other controls"
            raise ConfigurationError(msg)
        if isinstance(max_event_size, bool) or not max_event_size >= 1:
            msg = f"`max_event_size` must be at least 1 byte, not {max_event_size!r}"
            raise ConfigurationError(msg)
        client = single(client)
        self._driver: Any = client._driver  # noqa: SLF001  # the client's own streams
        request = client._build(  # noqa: SLF001  # as above
            Operation(
                id=f"{method} {path}",
                method=method.upper(),
                path=path if path.startswith("/") else f"/{path}",
                body=None if body is omit else Body(required=True),
                responses={"200": (Content("text/event-stream", "events", self._ref),)},
            ),
            None,
            "streaming",
            body=body,
            extra_query=query,
            extra_headers={
                "accept": "text/event-stream",
                "cache-control": "no-store",
                **(headers or {}),
            },
            timeout=Timeout(client._options.timeout, read=idle_timeout),  # noqa: SLF001
        )
        self._source = Source(
            request,
            client._flow_of,  # noqa: SLF001  # as above
            self._pieces,
            reconnect=Reconnect() if reconnect is None else reconnect,
            max_event_size=max_event_size,
            last_event_id=last_event_id,
        )
        self._last_id = last_event_id

    def _next(self) -> Any:
        """Return the first of what is there."""
        event = self._ready.pop()
        self._last_id = event.id
        if self._ref is None:
            return event
        try:
            return decoder(self._ref)(event.data, False)
        except ValueError as exc:
            reason = " ".join(str(exc).split())[:200]
            response = self._source.response
            assert response is not None
            msg = f"the event {event.id or event.event!r} is no valid {self._ref.name} ({reason})"
            raise APIResponseValidationError(response, event.text, message=msg) from exc

    @property
    def ready_state(self) -> ReadyState:
        """Whether it is connecting (again), open or closed."""
        return self._source.state

    @property
    def last_event_id(self) -> str:
        """The id of the last event that was handed out: with it another source can go on."""
        return self._last_id if self._ready else self._source.committed

    @property
    def retry(self) -> float | None:
        """Seconds that the server asks to wait before connecting again, if it did."""
        return self._source.retry

    @property
    def response(self) -> Response | None:
        """The head of the last answer; None before the first connection."""
        return self._source.response

    @property
    def reconnects(self) -> int:
        """How many connections were lost, or could not be made."""
        return self._source.backoff.connects

    @property
    def duplicates(self) -> int:
        """How many events were dropped because the server sent them again."""
        return self._source.duplicates


class EventSource(_Events[SyncClient, T], Closing):
    """
    Iterate over the events of an address, over as many connections as it takes.

    A connection that breaks, falls silent, or is refused with 408, 429 or 5xx is made again with
    ``Last-Event-ID``. A 204 ends the iteration, as the standard says; any other answer than 200
    with ``text/event-stream`` is an error. Nothing is read ahead: a slow reader slows the server.

    Use it as a context manager, or call `close`. For one thread; `close` may be called by another.

    Args:
        client: Whose address, credentials and connections to use.
        path: Relative to the client's base URL.
        type: What the data of an event is decoded as, from JSON; the items are of this type.
            Without it they are `ServerSentEvent`.
        **options: The rest; see `SourceOptions`.

    Raises:
        ConfigurationError: An option cannot be used.
        APIStatusError: The server refuses.
        APIResponseValidationError: The answer is no event stream, or an event is no *type*; the
            iteration can go on after the latter.
        APIConnectionError: Every attempt to connect again failed; with what the last one said.
    """

    _pieces = staticmethod(pieces_of)

    def _open(self, client: Any, path: str, **options: Unpack[SourceOptions]) -> None:
        super()._open(client, path, **options)
        self._stop = Event()
        self._source.observe(pause=self._stop.wait)
        # Dropped before its end, it lets go of the connection all the same.
        weakref.finalize(self, self._source.abandon).atexit = False

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        if not self._ready:
            self._ready = self._driver.run(self._source.more())[::-1]
            if not self._ready:
                raise StopIteration
        item: T = self._next()
        return item

    def close(self) -> None:
        """Let go of the connection; the iteration ends, in whichever thread it is."""
        self._source.stop()
        self._stop.set()
        if not self._source.wake():
            self._driver.run(self._source.close())


class AsyncEventSource(_Events[AsyncClient, T], AsyncClosing):
    """
    The asynchronous twin of `EventSource`, with the same arguments.

    A wait for the next event that is cancelled loses nothing but the connection, which is made
    again by the next one.
    """

    _pieces = staticmethod(apieces_of)

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        if not self._ready:
            self._ready = (await self._driver.run(self._source.more()))[::-1]
            if not self._ready:
                raise StopAsyncIteration
        item: T = self._next()
        return item

    async def close(self) -> None:
        """Let go of the connection; the iteration ends."""
        await self._driver.run(self._source.close())

    aclose = close
