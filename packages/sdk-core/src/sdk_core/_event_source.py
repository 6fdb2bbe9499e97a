"""
The life of an event source, as a flow: connect, read, lose the connection, wait, connect again.

Sans-IO: it asks for requests, reads and waits as effects, so that both colours share it and tests
need neither a network nor a clock.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ._effects import Call, Now
from ._messages import Request, Response
from ._reconnect import Connecting, ReadyState, Reconnect, refusal
from ._sse import EventTooLargeError, ServerSentEvent, SSEDecoder
from .errors import APIConnectionError, ConfigurationError, StreamInterruptedError

if TYPE_CHECKING:
    from .typing import Flow

_BOTH_WAYS = 2  # socket.SHUT_RDWR
_REMEMBERED = 1024  # ids; a server repeats what it sent last


Pieces: TypeAlias = tuple[Callable[[], Any], Callable[[], Any]]
"""Reads the next piece of a body, None at its end; lets go of the connection."""


def pieces_of(response: Response) -> Pieces:
    """Return the two functions that read *response* and let go of it, blocking."""
    body = response.stream
    if body is None:  # somebody has read it: it is all there
        return partial(next, iter((response.content,)), None), bool
    return partial(next, iter(body), None), body.close


def apieces_of(response: Response) -> Pieces:
    """Return the same two functions for the asynchronous driver, which waits for their results."""
    body = response.stream
    if body is None:  # as above
        return pieces_of(response)
    return partial(anext, aiter(body), None), body.aclose


class Source(Connecting):
    """
    What both colours of event source are made of.

    Args:
        request: What to ask, without ``Last-Event-ID``.
        send: The client's flow.
        pieces: `pieces_of` or `apieces_of`.
        reconnect: How connections are made again.
        max_event_size: Bytes that one event may hold.
        last_event_id: Where to begin.
    """

    def __init__(
        self,
        request: Request,
        send: Callable[[Request], Flow[Response]],
        pieces: Callable[[Response], Pieces],
        *,
        reconnect: Reconnect,
        max_event_size: int,
        last_event_id: str,
    ) -> None:
        super().__init__(request, self._resuming, reconnect)
        self._carry = send
        self.duplicates = 0
        self._pieces = pieces
        self._decoder = SSEDecoder(max_event_size=max_event_size, last_event_id=last_event_id)
        self._connection: Pieces | None = None
        self._reading = self._half_read = False
        self._seen: dict[str, None] = {}
        self._repeating = False

    @property
    def committed(self) -> str:
        """The id of the last event that has come whole."""
        return self._decoder.last_event_id

    @property
    def retry(self) -> float | None:
        """Seconds that the server asks to wait before each connection, if it does."""
        asked = self._decoder.retry
        return None if asked is None else asked / 1000

    def more(self) -> Flow[list[ServerSentEvent]]:
        """Return the next events, at least one; none: it is over."""
        while self.state is not ReadyState.CLOSED:
            if self._connection is None:
                yield from self._connect()
                continue
            if self._half_read:  # a read was given up, and took the connection with it
                yield from self._let_go()
                continue
            self._reading = self._half_read = True
            try:
                piece: bytes | None = yield Call(self._connection[0])
            except APIConnectionError as error:
                yield from self._lost(error)
                continue
            finally:
                self._reading = False
            self._half_read = False
            if piece is None:
                yield from self._lost(None)
                continue
            events = yield from self._decoded(piece)
            if events:
                return events
        return []

    def stop(self) -> None:
        """Connect no more."""
        self._enter(ReadyState.CLOSED)

    def close(self) -> Flow[None]:
        """End it; a read that is under way ends, too."""
        self.stop()
        yield from self._let_go()

    def wake(self) -> bool:
        """
        Wake whoever reads in another thread, where the engine lets us; closing alone would not.

        Returns whether there is somebody, who then lets go of the connection.
        """
        if not self._reading or self.response is None:
            return False
        # Only while a read is under way is the connection certainly ours.
        stream = getattr(self.response.http_response, "extensions", {}).get("network_stream")
        used = None if stream is None else stream.get_extra_info("socket")
        if used is not None:
            with suppress(OSError):
                used.shutdown(_BOTH_WAYS)
        return True

    def abandon(self) -> None:
        """Let go of a connection of the kind that blocks."""
        if self._connection is not None:
            self._connection[1]()

    def _resuming(self, request: Request) -> Flow[Response]:
        """Ask for what comes behind the last event."""
        last_id = _sendable(self.committed)
        if not last_id:
            return (yield from self._carry(request))
        try:
            return (yield from self._carry(request.with_headers({"last-event-id": last_id})))
        except ConfigurationError:
            if last_id.isascii():
                raise
        # Some engines carry ASCII only. From the beginning is better than not at all: what the
        # server repeats is dropped.
        return (yield from self._carry(request))

    def _connect(self) -> Flow[None]:
        response = yield from self._ask(self._request)
        if response is None:
            return
        self._connection = self._pieces(response)
        if response.status_code != 200 or _media_type(response) != "text/event-stream":
            yield from self.close()
            if response.status_code != 204:  # which says that there is nothing more to come
                raise refusal(response, "200 with text/event-stream")
            return
        if self.state is ReadyState.CLOSED:  # meanwhile
            yield from self._let_go()
            return
        self.response = response
        self._enter(ReadyState.OPEN)
        self.backoff.opened((yield Now()))
        self._repeating = bool(self._seen)
        self._decoder.restart()

    def _decoded(self, piece: bytes) -> Flow[list[ServerSentEvent]]:
        try:
            events = self._decoder.feed(piece)
        except EventTooLargeError as error:
            yield from self.close()  # it would come again
            raise self._interrupted(str(error)) from error
        fresh = [event for event in events if self._is_new(event)]
        if fresh:
            self.backoff.received()
            for event in fresh:
                yield from self._tell(event)
        return fresh

    def _is_new(self, event: ServerSentEvent) -> bool:
        """
        Return whether *event* did not come over an earlier connection.

        A server that begins a little too early repeats what it sent last; behind the first new id
        all is new, for a server may give one id to several events.
        """
        if not event.own_id or not event.id:
            return True
        if self._repeating and event.id in self._seen:
            self.duplicates += 1
            return False
        self._repeating = False
        if event.id not in self._seen:
            self._seen[event.id] = None
            if len(self._seen) > _REMEMBERED:
                del self._seen[next(iter(self._seen))]
        return True

    def _lost(self, error: APIConnectionError | None) -> Flow[None]:
        yield from self._let_go()
        if self.state is ReadyState.CLOSED:
            return
        if error is None and not self._reconnect.at_end:
            self._enter(ReadyState.CLOSED)
            return
        yield from self._again(error or self._interrupted("the server ended it"))

    def _let_go(self) -> Flow[None]:
        connection, self._connection = self._connection, None
        self._half_read = False
        if self.state is ReadyState.OPEN:
            self._enter(ReadyState.CONNECTING)
        if connection is not None:
            with suppress(APIConnectionError):  # it is gone, which is what was wanted
                yield Call(connection[1])

    def _interrupted(self, why: str) -> StreamInterruptedError:
        return StreamInterruptedError(
            f"Stream interrupted: {why}", request=self._request, response=self.response
        )


def _sendable(last_id: str) -> str:
    """Return *last_id* as a header holds it, in UTF-8; nothing, if no header can."""
    if not last_id.isprintable():  # which HTTP forbids, or an engine would refuse
        return ""
    return last_id.strip(" ").encode().decode("latin-1")


def _media_type(response: Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()
