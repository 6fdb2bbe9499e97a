"""
Calls whose requests go up by POST and whose answers come down an event stream.

The messages are those of JSON-RPC 2.0, as the Model Context Protocol sends them::

    with Channel(client, "/events", post="/messages") as channel:
        tools = channel.call("tools/list")

Many calls may be in flight, from many threads or tasks. Each ends exactly once: with its answer, with
an error, or given up; an answer that comes late, twice or to nobody is dropped and counted.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypedDict, Unpack

from ._channel import AsyncColour, BlockingColour, Exchange, Incoming, Link, ReplyError
from ._closing import Closing
from ._correlation import Calls, Verdict
from ._decoding import decoder
from ._encoding import encode_json
from ._inbox import Inbox
from ._links import StrayLinkError, own_address
from ._reconnect import ReadyState, Reconnect
from .errors import APIConnectionError, ConfigurationError, StreamInterruptedError
from .events import AsyncEventSource, EventSource, SourceOptions
from .operations import Body, Content, Operation, Ref
from .options import Timeout
from .typing import HeadersLike, NotGiven, not_given

if TYPE_CHECKING:
    from ._messages import Request
    from .clients import AsyncClient, SyncClient

__all__ = ["AsyncChannel", "Channel", "ChannelOptions", "ReplyError", "cancelled"]

_PATIENCE = 1.0  # seconds for a courtesy, while somebody waits to be gone


def cancelled(number: int) -> Mapping[str, object]:
    """Return the message that calls a call off in the Model Context Protocol."""
    return {
        "method": "notifications/cancelled",
        "params": {"requestId": number, "reason": "the caller does not wait any more"},
    }


class ChannelOptions(TypedDict, total=False):
    """
    What a channel takes beside its addresses.

    Attributes:
        handler: Called with the method and the params of each request and notification that the
            server sends, one after the other; what it returns is the answer. It may raise
            `ReplyError`, and may be ``async`` for an asynchronous client. Without it, requests are
            answered with "method not found".
        headers: More headers, for the stream and for what is sent.
        reply_timeout: Seconds to wait for an answer, once the request was sent; 60 by default.
        post_timeout: Seconds to wait for the stream, and for each phase of sending; 30 by default.
        on_loss: What becomes of the calls that wait when the stream is lost: they ``"fail"`` (the
            default), or are kept (``"rearm"``), for servers that send over the next stream what
            they could not send over the last one.
        max_in_flight: Calls that wait at once, 64 by default; further ones wait for their turn.
        max_queue: Messages of the server's that wait for the handler, 64 by default; when there
            are more, the stream is not read on, and a handler that makes calls waits in vain.
        cancellation: Makes the message that calls off a call whose caller does not wait any more;
            ``None`` says nothing. Default: `cancelled`.
        idle_timeout: As for an event source.
        reconnect: As for an event source.
        max_event_size: As for an event source.
    """

    handler: Callable[[str, Any], Any] | None
    headers: HeadersLike | None
    reply_timeout: float | None
    post_timeout: float
    on_loss: Literal["fail", "rearm"]
    max_in_flight: int
    max_queue: int
    cancellation: Callable[[int], Mapping[str, object]] | None
    idle_timeout: float | None
    reconnect: Reconnect
    max_event_size: int


class _Channel:
    """What both colours show of their link."""

    _link: Link
    _driver: Any
    _source: Any

    def _set_up(
        self,
        client: Any,
        path: str,
        post: str | None,
        *,
        handler: Callable[[str, Any], Any] | None = None,
        headers: HeadersLike | None = None,
        reply_timeout: float | None = 60.0,
        post_timeout: float = 30.0,
        on_loss: Literal["fail", "rearm"] = "fail",
        max_in_flight: int = 64,
        max_queue: int = 64,
        cancellation: Callable[[int], Mapping[str, object]] | None = cancelled,
        **source: Any,
    ) -> None:
        for name, value in (("max_in_flight", max_in_flight), ("max_queue", max_queue)):
            if not _is_time(value) or value < 1 or value % 1:
                msg = f"`{name}` must be an integer >= 1, not {value!r}"
                raise ConfigurationError(msg)
        for name, seconds in (("reply_timeout", reply_timeout), ("post_timeout", post_timeout)):
            if not _is_time(seconds) and not (seconds is None and name == "reply_timeout"):
                msg = f"`{name}` must be a number of seconds >= 0, not {seconds!r}"
                raise ConfigurationError(msg)
        if on_loss not in {"fail", "rearm"}:
            msg = f'`on_loss` must be "fail" or "rearm", not {on_loss!r}'
            raise ConfigurationError(msg)
        if unknown := source.keys() - SourceOptions.__annotations__.keys():
            msg = f"{type(self).__name__} has no option `{min(unknown)}`"
            raise ConfigurationError(msg)
        self._client = client
        self._driver = client._driver  # noqa: SLF001  # the client's own channels
        self._path = path
        self._post = post
        self._headers = headers
        self._handler = handler
        self._reply_timeout = reply_timeout
        self._post_timeout = post_timeout
        self._max_in_flight = max_in_flight
        self._max_queue = max_queue
        self._cancellation = cancellation
        self._source_options = source
        self._calls = Calls(rearm=on_loss == "rearm")

    def _begin(self, source: Any, colour: Any) -> None:
        """Make the parts that belong to a thread or a loop."""
        self._source = source(
            self._client, self._path, headers=self._headers, **self._source_options
        )
        self._link = Link(
            self._client._flow_of,  # noqa: SLF001  # as above
            self._request_for,
            self._calls,
            colour,
            announced=self._post is None,
            handler=self._handler,
            post_timeout=self._post_timeout,
            cancellation=self._cancellation,
        )
        self._source._source.observe(watch=self._entered)  # noqa: SLF001  # its flows are ours

    def _entered(self, state: ReadyState) -> None:
        self._link.entered(state)

    def _request_for(self, address: str | None, content: bytes) -> Request:
        client, path, url = self._client, self._post or "/", None
        if address is not None:
            where = self._source.response.url
            try:
                url = own_address(address, where, where)
            except StrayLinkError as exc:
                msg = f"the address that the server announced for messages {exc}"
                raise APIConnectionError(message=msg) from None
        request: Request = client._build(  # noqa: SLF001  # as above
            _posting(path if path.startswith("/") else f"/{path}"),
            None,
            None,
            body={},
            extra_headers=self._headers,
            timeout=Timeout(self._post_timeout),
            url=url,
        )
        return request.evolve(content=content)

    def _exchange(self, method: str, params: object, timeout: float | NotGiven | None) -> Exchange:
        wait = self._reply_timeout if isinstance(timeout, NotGiven) else timeout
        self._check_entered()
        return Exchange(method, params, wait)

    def _check_entered(self) -> None:
        if not hasattr(self, "_link"):
            msg = f"the channel is not open; write `with {type(self).__name__}(...) as channel`"
            raise ConfigurationError(msg)

    @staticmethod
    def _read(result: Any, wanted: Any) -> Any:
        if wanted is None:
            return result
        try:
            return decoder(Ref.to(wanted))(encode_json(result), False)
        except ValueError as exc:
            reason = " ".join(str(exc).split())[:200]
            raise ReplyError(0, f"the result is no valid {wanted.__name__} ({reason})") from exc

    def _end(self, error: Exception | None) -> None:
        self._link.end(error or StreamInterruptedError("the server ended the event stream"))

    @property
    def in_flight(self) -> int:
        """How many calls wait for their answers."""
        return len(self._calls)

    @property
    def answers(self) -> Mapping[Verdict, int]:
        """How many answers were accepted, and how many were not, by the reason."""
        return dict(self._calls.counts)

    @property
    def generation(self) -> int:
        """How many streams there have been."""
        return self._calls.generation

    @property
    def malformed(self) -> int:
        """How many messages were none."""
        return self._calls.malformed


class Channel(_Channel, Closing):
    """
    Call over an event stream, blocking, from any number of threads.

    Two threads of its own run while it is entered: one reads the stream, one runs the handler.

    Args:
        client: Whose address, credentials and connections to use.
        path: Of the event stream, relative to the client's base URL.
        post: Where messages are sent, relative to the base URL; ``None``: where the server says, in
            an event ``endpoint``, as servers of the Model Context Protocol of 2024 do. It must be
            on the same server.
        **options: The rest; see `ChannelOptions`.

    Raises:
        ConfigurationError: An option cannot be used.
        APIError: The stream cannot be opened; see `EventSource`.
    """

    def __init__(
        self,
        client: SyncClient,
        path: str,
        *,
        post: str | None = None,
        **options: Unpack[ChannelOptions],
    ) -> None:
        if inspect.iscoroutinefunction(options.get("handler")):
            msg = "`handler` is an async function; use AsyncChannel"
            raise ConfigurationError(msg)
        self._set_up(client, path, post, **options)

    def __enter__(self) -> Self:
        import threading  # noqa: PLC0415  # as in the other colour

        self._begin(EventSource, BlockingColour(self._max_in_flight))
        self._inbox: Inbox[Incoming] = Inbox(self._max_queue, "wait")
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=target, name=f"sdk-core channel {name}", daemon=True)
            for name, target in (("reader", self._read_on), ("handler", self._handle))
        ]
        for thread in self._threads:
            thread.start()
        try:
            self._driver.run(self._link.open())
        except BaseException:
            self.close()
            raise
        return self

    def call(
        self,
        method: str,
        params: object = None,
        *,
        type: Any = None,  # noqa: A002  # as users write it
        timeout: float | NotGiven | None = not_given,
    ) -> Any:
        """
        Send a request and return its result.

        Args:
            method: What to do.
            params: Sent as JSON; ``None``: none.
            type: What the result is read as.
            timeout: Seconds to wait for the answer instead of *reply_timeout*.

        Raises:
            ReplyError: The server answered with an error, or with what is no *type*.
            APITimeoutError: No answer came in time; the call is called off.
            StreamInterruptedError: The stream was lost, and what came of the call is not known.
            APIStatusError: The server refused the request.
        """
        exchange = self._exchange(method, params, timeout)
        try:
            result = self._driver.run(self._link.exchange(exchange))
        except BaseException:
            self._driver.run(self._link.call_off(exchange))
            raise
        return self._read(result, type)

    def notify(self, method: str, params: object = None) -> None:
        """Send a message that is not answered."""
        self._check_entered()
        self._driver.run(self._link.notify(method, params))

    def close(self) -> None:
        """End the stream; calls that wait fail."""
        self._end(APIConnectionError(message="the channel has been closed"))
        self._stop()
        self._source.close()
        for thread in self._threads:  # where the engine lets nobody wake it, the silence ends it
            thread.join(_PATIENCE)

    def _stop(self) -> None:
        with self._changed:
            self._inbox.ended = StopIteration()
            self._changed.notify_all()

    def _read_on(self) -> None:
        error: Exception | None = None
        try:
            for event in self._source:
                for incoming in self._link.received(event):
                    with self._changed:
                        self._changed.wait_for(lambda: self._inbox.ended or not self._inbox.full)
                        self._inbox.put(incoming)
                        self._changed.notify_all()
        except Exception as exc:  # every call gets it
            error = exc
        self._end(error)
        self._stop()

    def _handle(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._inbox.ended or len(self._inbox))
                if not len(self._inbox):
                    return
                incoming = self._inbox.take()
                self._changed.notify_all()
            self._driver.run(self._link.handle(incoming))


class AsyncChannel(_Channel):
    """
    The asynchronous twin of `Channel`, with the same arguments; for any number of tasks.

    Enter it and leave it in the same task: two tasks of its own run in between.
    """

    def __init__(
        self,
        client: AsyncClient,
        path: str,
        *,
        post: str | None = None,
        **options: Unpack[ChannelOptions],
    ) -> None:
        self._set_up(client, path, post, **options)
        self._context = self._running()

    async def __aenter__(self) -> Self:
        await self._context.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._context.__aexit__(exc_type, exc, traceback)

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        import anyio  # noqa: PLC0415  # for this colour only

        self._begin(AsyncEventSource, AsyncColour(self._max_in_flight))
        self._out, self._in = anyio.create_memory_object_stream[Incoming](self._max_queue)
        failure: BaseException | None = None
        async with anyio.create_task_group() as group, self._out, self._in:
            group.start_soon(self._read_on)
            group.start_soon(self._handle)
            try:
                await self._driver.run(self._link.open())
                yield
            except BaseException as exc:  # outside of the group it is the only one
                failure = exc
            self._end(APIConnectionError(message="the channel has been closed"))
            group.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await self._source.close()
        if failure is not None:
            raise failure

    async def call(
        self,
        method: str,
        params: object = None,
        *,
        type: Any = None,  # noqa: A002  # as users write it
        timeout: float | NotGiven | None = not_given,
    ) -> Any:
        """Send a request and return its result; see `Channel.call`."""
        from anyio import CancelScope, move_on_after  # noqa: PLC0415  # as above

        exchange = self._exchange(method, params, timeout)
        try:
            result = await self._driver.run(self._link.exchange(exchange))
        except BaseException:
            with CancelScope(shield=True), move_on_after(_PATIENCE):
                await self._driver.run(self._link.call_off(exchange))
            raise
        return self._read(result, type)

    async def notify(self, method: str, params: object = None) -> None:
        """Send a message that is not answered."""
        self._check_entered()
        await self._driver.run(self._link.notify(method, params))

    async def _read_on(self) -> None:
        error: Exception | None = None
        try:
            async for event in self._source:
                for incoming in self._link.received(event):
                    await self._out.send(incoming)
        except Exception as exc:  # every call gets it
            error = exc
        self._end(error)

    async def _handle(self) -> None:
        async for incoming in self._in:
            await self._driver.run(self._link.handle(incoming))


def _posting(path: str) -> Operation[Any]:
    return Operation(
        id=f"POST {path}",
        method="POST",
        path=path,
        body=Body(required=True),
        responses={"2XX": (Content("application/json", "json"),)},
    )


def _is_time(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and value >= 0
