"""
Streams of events, made of the items of another stream; and what opens and closes them.

A state, which is sans-IO, makes the events. Here is what reads, once for each colour.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeVar

from sdk_core.errors import APIError

if TYPE_CHECKING:
    from sdk_core.messages import Response
    from sdk_core.streams import AsyncStream, Stream

__all__ = ["AsyncEventStream", "AsyncManager", "EventStream", "Manager", "State"]

EventT = TypeVar("EventT")
EventT_co = TypeVar("EventT_co", covariant=True)
StreamT = TypeVar("StreamT", bound="EventStream[Any]")
AsyncStreamT = TypeVar("AsyncStreamT", bound="AsyncEventStream[Any]")


class State(Protocol[EventT_co]):
    """Makes events of items, and one whole of all of them."""

    def take(self, item: Any, /) -> Sequence[EventT_co]:
        """Add an item, and return its events."""

    def so_far(self) -> Any:
        """Return what has come; None if that is nothing."""


class EventStream(Generic[EventT]):
    """
    Iterate over events while they come.

    What the server or the connection does wrong in mid-stream is an `APIError`, whose ``partial``
    is what had come.
    """

    def __init__(self, raw_stream: Stream[Any], state: State[EventT]) -> None:
        self._raw_stream = raw_stream
        # It does not lead back here: the last one to drop the stream closes it.
        self._iterator = self._events(raw_stream, state)

    @staticmethod
    def _events(items: Stream[Any], state: State[EventT]) -> Iterator[EventT]:
        take = state.take
        try:
            for item in items:
                yield from take(item)
        except APIError as error:
            _tell(error, state)
            raise

    @property
    def response(self) -> Response:
        """The answer's status and headers."""
        return self._raw_stream.response

    def __iter__(self) -> Iterator[EventT]:
        return self._iterator

    def __next__(self) -> EventT:
        return next(self._iterator)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection; what has not come is lost."""
        self._raw_stream.close()

    def until_done(self) -> Self:
        """Read to the end."""
        for _ in self._iterator:
            pass
        return self


class AsyncEventStream(Generic[EventT]):
    """The asynchronous twin of `EventStream`."""

    def __init__(self, raw_stream: AsyncStream[Any], state: State[EventT]) -> None:
        self._raw_stream = raw_stream
        self._events = state
        self._ready: Iterator[EventT] = iter(())

    @property
    def response(self) -> Response:
        """The answer's status and headers."""
        return self._raw_stream.response

    def __aiter__(self) -> AsyncIterator[EventT]:
        return self

    # No generator, which would be an error under trio when it is left half-way.
    async def __anext__(self) -> EventT:
        while True:
            for event in self._ready:
                return event
            try:
                item = await anext(self._raw_stream)
            except APIError as error:
                _tell(error, self._events)
                raise
            self._ready = iter(self._events.take(item))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connection; what has not come is lost."""
        await self._raw_stream.close()

    async def until_done(self) -> Self:
        """Read to the end."""
        async for _ in self:
            pass
        return self


def _tell(error: APIError, state: State[Any]) -> None:
    so_far = state.so_far()
    if so_far is not None:
        error.partial = so_far


class Manager(Generic[StreamT]):
    """
    Sends the request when it is entered, and lets go of the connection when it is left.

    Args:
        api_request: Sends it.
        **options: What the stream takes beside the stream that it is made of.
    """

    _kind: ClassVar[Any]

    def __init__(self, api_request: Callable[[], Stream[Any]], **options: Any) -> None:
        self._send = api_request
        self._options = options
        self._stream: StreamT | None = None

    def __enter__(self) -> StreamT:
        stream: StreamT = self._kind(raw_stream=self._send(), **self._options)
        self._stream = stream
        return stream

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            self._stream.close()


class AsyncManager(Generic[AsyncStreamT]):
    """The asynchronous twin; *api_request* may be a coroutine instead of what makes one."""

    _kind: ClassVar[Any]

    def __init__(
        self,
        api_request: Callable[[], Awaitable[AsyncStream[Any]]] | Awaitable[AsyncStream[Any]],
        **options: Any,
    ) -> None:
        self._send = api_request
        self._options = options
        self._stream: AsyncStreamT | None = None

    async def __aenter__(self) -> AsyncStreamT:
        sent = self._send if inspect.isawaitable(self._send) else self._send()
        stream: AsyncStreamT = self._kind(raw_stream=await sent, **self._options)
        self._stream = stream
        return stream

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            await self._stream.close()
