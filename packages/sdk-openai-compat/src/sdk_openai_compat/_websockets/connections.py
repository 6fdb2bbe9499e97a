"""Connections of both colours: typed events over `sdk_core.websockets`, with openai's methods."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from sdk_core.errors import (
    APIError,
    APIResponseValidationError,
    ConfigurationError,
    SDKError,
)
from sdk_core.websockets import AsyncWebSocket, Lost, ReadyState, WebSocket, WebSocketClosedError
from sdk_core.wire import decoder, encode_json

from .errors import WebSocketConnectionClosedError
from .handlers import Handled, Handlers
from .options import Plan, ReconnectingEvent
from .outbox import Outbox

if TYPE_CHECKING:
    from types import TracebackType

    from sdk_core.operations import Ref

__all__ = [
    "AsyncConnection",
    "AsyncConnectionManager",
    "Connection",
    "ConnectionManager",
    "encoded",
]

E = TypeVar("E")
C = TypeVar("C", bound="_Connection[Any]")

_UNSENT = "the WebSocket is closed, and messages are left that were never sent; see `unsent_frames`"


def encoded(event: object) -> str:
    """
    Return *event*, a model or a mapping, as it is sent.

    Raises:
        ConfigurationError: It is no event.
    """
    if isinstance(event, str | bytes):
        msg = "`event` must be an event; `send_raw` sends text and bytes as they are"
        raise ConfigurationError(msg)
    return encode_json(event).decode()


class _Connection(Handled, Generic[E]):
    """What both colours share: events, and what happens between two connections."""

    _ref: ClassVar[Ref]
    _kind: ClassVar[Any]

    def __init__(self, client: Any, plan: Plan, outbox: Outbox, handlers: Handlers) -> None:
        self._handlers = handlers
        self._plan = plan
        self._outbox = outbox
        self._attempt = 0
        self._query, self._headers = plan.query, plan.headers
        self._strict: bool = client._strict  # noqa: SLF001  # of our own client
        self._socket: Any = self._kind(
            client,
            plan.path,
            on_lost=self._lost,
            resume=outbox.left,
            **plan.socket_options(),
        )

    def parse_event(self, data: str | bytes) -> E:
        """
        Return the event that *data*, which `recv_bytes` returned, holds.

        Raises:
            APIResponseValidationError: It is no JSON; or, for a strict client, no event.
        """
        content = data.encode() if isinstance(data, str) else data
        try:
            event = decoder(self._ref)(content, self._strict)
        except ValueError as exc:
            reason = " ".join(str(exc).split())[:200]
            msg = f"a message is no valid event ({reason})"
            raise APIResponseValidationError(self._socket.response, data, message=msg) from exc
        return cast("E", event)

    def _received(self, data: str | bytes) -> bytes:
        """Return a message as bytes, and note whether it is a success after failures."""
        content = data.encode() if isinstance(data, str) else data
        if self._attempt and _type_of(content) not in {None, "error"}:
            self._attempt = 0
        return content

    def _lost(self, lost: Lost) -> Mapping[str, Any] | bool | None:
        """Say whether and how to connect again; see `sdk_core.websockets`."""
        plan = self._plan
        if plan.on_reconnecting is None or not lost.opened:
            return False
        self._attempt += 1
        if self._attempt > plan.max_retries:
            return False
        self._outbox.hold()
        wanted = plan.on_reconnecting(
            ReconnectingEvent(
                self._attempt,
                plan.max_retries,
                lost.wait,
                getattr(lost.error, "code", None) or 1006,
                self._query,
                self._headers,
            )
        )
        if not wanted:
            return None
        if wanted.get("abort"):
            return False
        self._query = wanted.get("extra_query", self._query)
        self._headers = wanted.get("extra_headers", self._headers)
        return {"query": self._query, "headers": self._headers}

    def _failed(self, error: BaseException, *unsent: str | bytes) -> None:
        """Let go of what waits for a connection that nobody makes any more; say what it was."""
        self._outbox.release()
        if isinstance(error, SDKError) and self._socket.ready_state is ReadyState.CLOSED:
            kept = self._outbox.drain()
            if kept:
                raise WebSocketConnectionClosedError(
                    _UNSENT, unsent_messages=[*unsent, *kept]
                ) from error

    def _over(self, error: WebSocketClosedError) -> bool:
        """Return whether *error* is the orderly end."""
        return error.code in {1000, 1005} and self._socket.ready_state is ReadyState.CLOSED

    def _handlers_of(self, event: Any) -> list[Any]:
        kind = getattr(event, "type", None)
        found = [*self._handlers.take(str(kind)), *self._handlers.take("event")]
        if kind == "error" and not found:
            error: Any = getattr(event, "error", None)
            said = getattr(error, "message", None) or "the server says that something went wrong"
            msg = f"an `error` event that nobody handles: {said}"
            body = error.model_dump(mode="json") if hasattr(error, "model_dump") else error
            raise APIError(msg, self._socket.response.request, body=body)
        return found


def _type_of(content: bytes) -> object:
    try:
        event = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return event.get("type") if isinstance(event, dict) else None


class Connection(_Connection[E]):
    """
    A WebSocket that carries events.

    The iteration ends when it is closed in an orderly way (1000). One thread may read while others
    send.
    """

    _kind = WebSocket

    def __iter__(self) -> Iterator[E]:
        while True:
            try:
                event = self.recv()
            except WebSocketClosedError as error:
                if not self._over(error):
                    raise
                return
            yield event

    def recv(self) -> E:
        """
        Return the next event.

        Raises:
            WebSocketClosedError: It is closed; 1000: in an orderly way.
            WebSocketConnectionClosedError: It is closed, and something was not sent.
            APIResponseValidationError: A message is no event; what follows can be read.
        """
        return self.parse_event(self.recv_bytes())

    def recv_bytes(self) -> bytes:
        """Return the next message; see `recv`."""
        try:
            return self._received(self._socket.receive())
        except BaseException as error:
            self._failed(error)
            raise

    def send(self, event: Any) -> None:
        """
        Send *event*, a model or a mapping; while there is no connection it is kept.

        Raises:
            WebSocketQueueFullError: There is no connection, and too much is kept already.
            WebSocketClosedError: It is closed.
        """
        self.send_raw(encoded(event))

    def send_raw(self, data: str | bytes) -> None:
        """Send *data* as it is: a string as text, bytes as binary; see `send`."""
        if self._outbox.admits(data):
            return
        try:
            self._socket.send(data)
        except BaseException as error:
            self._failed(error, data)
            raise

    def close(self, *, code: int = 1000, reason: str = "") -> None:
        """Say that it is over, and let go of the connection."""
        self._socket.close(code, reason)

    def dispatch_events(self) -> None:
        """
        Call the handlers with the events that come, until it is closed.

        Raises:
            APIError: An event ``error`` came, and nobody handles those.
        """
        for event in self:
            for handler in self._handlers_of(event):
                handler(event)

    def _start(self) -> None:
        """Connect, and send what was kept for this."""
        try:
            self._socket.__enter__()
            for data in self._outbox.left():
                self._socket.send(data)
        except BaseException:
            self._socket.close()
            raise


class AsyncConnection(_Connection[E]):
    """
    The asynchronous twin of `Connection`, for asyncio.

    A wait for an event that is cancelled loses nothing.
    """

    _kind = AsyncWebSocket

    async def __aiter__(self) -> AsyncIterator[E]:
        while True:
            try:
                event = await self.recv()
            except WebSocketClosedError as error:
                if not self._over(error):
                    raise
                return
            yield event

    async def recv(self) -> E:
        """Return the next event; see `Connection.recv`."""
        return self.parse_event(await self.recv_bytes())

    async def recv_bytes(self) -> bytes:
        """Return the next message; see `Connection.recv_bytes`."""
        try:
            return self._received(await self._socket.receive())
        except BaseException as error:
            self._failed(error)
            raise

    async def send(self, event: Any) -> None:
        """Send *event*; see `Connection.send`."""
        await self.send_raw(encoded(event))

    async def send_raw(self, data: str | bytes) -> None:
        """Send *data* as it is; see `Connection.send_raw`."""
        if self._outbox.admits(data):
            return
        try:
            await self._socket.send(data)
        except BaseException as error:
            self._failed(error, data)
            raise

    async def close(self, *, code: int = 1000, reason: str = "") -> None:
        """Say that it is over, and let go of the connection."""
        await self._socket.close(code, reason)

    async def dispatch_events(self) -> None:
        """Call the handlers, and await those that are ``async``; see `Connection.dispatch_events`."""
        async for event in self:
            for handler in self._handlers_of(event):
                result = handler(event)
                if inspect.isawaitable(result):
                    await result

    async def _start(self) -> None:
        """Connect, and send what was kept for this."""
        try:
            await self._socket.__aenter__()
            for data in self._outbox.left():
                await self._socket.send(data)
        except BaseException:
            await self._socket.close()
            raise


class _Manager(Handled, Generic[C]):
    """A connection that is still to be made; what is sent before is sent first."""

    def __init__(self, client: Any, plan: Plan, made: type[C]) -> None:
        self._handlers = Handlers()
        self._outbox = Outbox(plan.max_queue_size)
        self._client = client
        self._plan = plan
        self._made = made
        self._connection: C | None = None

    def send(self, event: Any) -> None:
        """
        Keep *event* until there is a connection.

        Raises:
            WebSocketQueueFullError: Too much is kept already.
        """
        self._outbox.put(encoded(event))

    def _make(self) -> C:
        if find_spec("websockets") is None:
            msg = "WebSockets need an extra: pip install 'sdk-openai-compat[realtime]'"
            raise ConfigurationError(msg)
        self._connection = self._made(self._client, self._plan, self._outbox, self._handlers)
        return self._connection


class ConnectionManager(_Manager[C]):
    """Makes a connection when it is entered, and closes it in the end."""

    def __enter__(self) -> C:
        connection = self._make()
        cast("Connection[Any]", connection)._start()  # noqa: SLF001  # of this module
        return connection

    def enter(self) -> C:
        """Make the connection for somebody who will close it."""
        return self.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        cast("Connection[Any]", self._connection).close()


class AsyncConnectionManager(_Manager[C]):
    """The asynchronous twin of `ConnectionManager`."""

    async def __aenter__(self) -> C:
        connection = self._make()
        await cast("AsyncConnection[Any]", connection)._start()  # noqa: SLF001  # of this module
        return connection

    def enter(self) -> Coroutine[Any, Any, C]:
        """Make the connection for somebody who will close it."""
        return self.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await cast("AsyncConnection[Any]", self._connection).close()
