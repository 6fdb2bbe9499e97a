"""
The life of a WebSocket, as flows: connect, send, receive, lose the connection, connect, resume.

Sans-IO, shared by both colours: what is done to a connection is an effect, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ._effects import Call, Effect, Now, Send
from ._encoding import encode_json
from ._messages import Request, Response
from ._reconnect import Connecting, Lost, ReadyState, Reconnect, refusal
from .errors import APIConnectionError, APIStatusError, SDKError

if TYPE_CHECKING:
    from .typing import Flow

Data: TypeAlias = str | bytes
"""A message: text or binary."""

ENDED = frozenset({1000, 1005})
"""Close codes of an orderly end: done, and done without saying so (RFC 6455 §7.4.1)."""

RETRIED_CODES = frozenset({1001, 1006, 1011, 1012, 1013, 1014})
"""Close codes that another connection may do away with: the server or the network failed."""


class WebSocketClosedError(APIConnectionError):
    """
    A WebSocket was closed, and not because all was said.

    Attributes:
        code: The close code (RFC 6455 §7.4); 1006: the connection broke without one.
        reason: What the other side said of it.
    """

    def __init__(self, code: int, reason: str = "", *, request: Request | None = None) -> None:
        says = f" ({reason})" if reason else ""
        super().__init__(message=f"WebSocket closed with code {code}{says}", request=request)
        self.code = code
        self.reason = reason

    @staticmethod
    def of(code: int, reason: str, request: Request | None) -> WebSocketClosedError:
        """Return the error for a close *code*."""
        return _BY_CODE.get(code, WebSocketClosedError)(code, reason, request=request)


class GoingAwayError(WebSocketClosedError):
    """1001, 1012, 1013: the server shuts down, starts anew or is overloaded."""


class ProtocolViolationError(WebSocketClosedError):
    """1002, 1003, 1007, 1010: one side sent what the other cannot accept."""


class PolicyViolationError(WebSocketClosedError):
    """1008: the server forbids it; often a credential that is no longer valid."""


class MessageTooLargeError(WebSocketClosedError):
    """1009: a message is larger than one side takes."""


class ServerFailureError(WebSocketClosedError):
    """1011, 1014: the server failed, or did not answer pings."""


_BY_CODE: dict[int, type[WebSocketClosedError]] = {
    **dict.fromkeys((1001, 1012, 1013), GoingAwayError),
    **dict.fromkeys((1002, 1003, 1007, 1010), ProtocolViolationError),
    1008: PolicyViolationError,
    1009: MessageTooLargeError,
    **dict.fromkeys((1011, 1014), ServerFailureError),
}


class Wire(Protocol):
    """
    One connection of one colour; what its methods return may have to be awaited.

    They raise `WebSocketClosedError` for a connection that is closed.
    """

    @property
    def subprotocol(self) -> str | None: ...
    @property
    def dropped(self) -> int: ...
    def recv(self, timeout: float | None) -> Any: ...
    def send(self, data: Data) -> Any: ...
    def close(self, code: int, reason: str) -> Any: ...


class Lock(Protocol):
    """A lock of one colour."""

    def acquire(self) -> Any: ...
    def release(self) -> None: ...


class Session(Connecting):
    """
    What both colours of WebSocket are made of.

    Args:
        request: What to ask.
        send: The client's flow.
        open_wire: Connects for a request: returns a wire and the answer, or no wire and a refusal.
        lock: Held while connecting, for one may send while another receives.
        reconnect: How connections are made again.
        retried_codes: The close codes after which they are.
        resume: Returns what to send first over each further connection.
        on_lost: Told of each connection that was lost; says whether, and how, there is another.
        rebuild: Returns the request with another query or headers, which *on_lost* may ask for.
    """

    def __init__(
        self,
        request: Request,
        send: Callable[[Request], Flow[Response]],
        open_wire: Callable[[Request], Any],
        lock: Lock,
        *,
        reconnect: Reconnect,
        retried_codes: frozenset[int] = RETRIED_CODES,
        resume: Callable[[], Any] | None = None,
        on_lost: Callable[[Lost], Any] | None = None,
        rebuild: Callable[[Mapping[str, Any]], Request] | None = None,
    ) -> None:
        super().__init__(request, self._over_wire, reconnect)
        self.wire: Wire | None = None
        self.ended: WebSocketClosedError | None = None
        self._flow = send
        self._open_wire = open_wire
        self._lock = lock
        self._retried = retried_codes
        self._resume = resume
        self._on_lost = on_lost
        self._rebuild = rebuild
        self._fresh: Wire | None = None  # open, and not yet in use
        self._connected = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many messages were dropped because they were not read in time."""
        return self._dropped + (self.wire.dropped if self.wire is not None else 0)

    def receive(self, timeout: float | None) -> Flow[Data | None]:
        """Return the next message; None: it is over."""
        while self.state is not ReadyState.CLOSED:
            wire = self.wire
            if wire is None:
                yield from self.connect()
                continue
            try:
                data: Data = yield Call(partial(wire.recv, timeout))
            except WebSocketClosedError as error:
                yield from self._lost(wire, error)
                continue
            self.backoff.received()
            yield from self._tell(data)
            return data
        return None

    def send(self, message: object) -> Flow[None]:
        """Send *message* over this connection, or the next one if this one is lost."""
        data = encoded(message)
        while self.state is not ReadyState.CLOSED:
            wire = self.wire
            if wire is None:
                yield from self.connect()
                continue
            try:
                yield Call(partial(wire.send, data))
            except WebSocketClosedError as error:
                yield from self._lost(wire, error)
                continue
            return
        raise self.over()

    def over(self) -> WebSocketClosedError:
        """Return the error for who wants more when it is over."""
        ended = self.ended
        if ended is None:
            return WebSocketClosedError(1006, "it failed before", request=self._request)
        return WebSocketClosedError.of(ended.code, ended.reason, self._request)

    def close(self, code: int = 1000, reason: str = "") -> Flow[None]:
        """End it in an orderly way; who waits for a message is told that it is over."""
        self._enter(ReadyState.CLOSED)
        if self.ended is None:
            self.ended = WebSocketClosedError(code, reason, request=self._request)
        wires = (self.wire, self._fresh)
        self.wire = self._fresh = None
        for wire in wires:
            if wire is not None:
                self._dropped += wire.dropped
                yield Call(partial(wire.close, code, reason))

    def connect(
        self, lost: Wire | None = None, error: APIConnectionError | None = None
    ) -> Flow[None]:
        """Connect in place of the connection *lost*, unless somebody else has done so."""
        yield Call(self._lock.acquire)
        try:
            if self.wire is not lost:
                return
            if lost is not None:
                self._dropped += lost.dropped
                self.wire = None
            if error is not None and self.state is not ReadyState.CLOSED:
                yield from self._again(error)
            connected = False
            while not connected and self.state is not ReadyState.CLOSED:
                connected = yield from self._connect()
        finally:
            self._lock.release()

    def _connect(self) -> Flow[bool]:
        """Return whether there is a connection now."""
        if self._fresh is not None:
            left, self._fresh = self._fresh, None
            yield Call(partial(left.close, 1000, ""))
        response = yield from self._ask(self._request)
        if response is None:
            return False
        wire = self._opened()
        if wire is None:
            self._enter(ReadyState.CLOSED)
            raise refusal(response, "101, the beginning of a WebSocket; is the path right?")
        self.response = response
        self.backoff.opened((yield Now()))
        try:
            if self._connected and self._resume is not None:
                for message in _several((yield Call(self._resume))):
                    yield Call(partial(wire.send, encoded(message)))
        except WebSocketClosedError as error:
            self._fresh = None
            yield from self._again(error)
            return False
        if self.state is ReadyState.CLOSED:  # meanwhile, by `close`, which may not have known of it
            unused = self._opened()
            self._fresh = None
            if unused is not None:
                yield Call(partial(unused.close, 1000, ""))
            return False
        self._connected = True
        self._enter(ReadyState.OPEN)
        self.wire, self._fresh = wire, None
        return True

    def _consent(self, error: APIConnectionError | APIStatusError, wait: float) -> Flow[bool]:
        """Ask whether to connect again, and with what."""
        if self._on_lost is None:
            return True
        lost = Lost(error, wait, self.backoff.openings)
        try:
            wanted: object = yield Call(partial(self._on_lost, lost))
        except BaseException:
            self._enter(ReadyState.CLOSED)
            raise
        if isinstance(wanted, Mapping) and self._rebuild is not None:
            self._request = self._rebuild(wanted)
        return wanted is not False

    def _opened(self) -> Wire | None:
        return self._fresh

    def _lost(self, wire: Wire, error: WebSocketClosedError) -> Flow[None]:
        if self.wire is not wire:
            return
        if error.code in ENDED or error.code not in self._retried:
            self._enter(ReadyState.CLOSED)
            self.ended = error
            if error.code not in ENDED:
                raise error
            return
        yield from self.connect(wire, error)

    def _over_wire(self, request: Request) -> Flow[Response]:
        """Run the client's flow with a WebSocket where it would send a request."""
        flow = self._flow(request)
        step: Callable[[Any], Effect] = flow.send
        value: Any = None
        try:
            while True:
                try:
                    effect = step(value)
                except StopIteration as stop:
                    answer: Response = stop.value
                    return answer
                step = flow.send
                try:
                    if isinstance(effect, Send):
                        self._fresh, value = yield Call(partial(self._open_wire, effect.request))
                    else:
                        value = yield effect
                except SDKError as error:
                    step, value = flow.throw, error
        finally:
            flow.close()


def encoded(message: object) -> Data:
    """Return *message* as it is sent: strings as text, bytes as binary, all else as JSON."""
    if isinstance(message, str | bytes):
        return message
    if isinstance(message, bytearray | memoryview):
        return bytes(message)
    return encode_json(message).decode()


def _several(messages: Any) -> Iterable[object]:
    if messages is None:
        return ()
    return messages if isinstance(messages, list | tuple | Iterator) else (messages,)
