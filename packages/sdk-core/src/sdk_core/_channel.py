"""
A channel as flows: requests go up by POST, and what comes down an event stream answers them.

Sans-IO: sending, waiting and handling are effects.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from ._correlation import Calls, Event, Waiter
from ._effects import Call
from ._encoding import encode_json
from ._reconnect import ReadyState
from .errors import (
    APIError,
    APIStatusError,
    APITimeoutError,
    ConfigurationError,
    SDKError,
    StreamInterruptedError,
)

if TYPE_CHECKING:
    from ._messages import Request, Response
    from ._sse import ServerSentEvent
    from .typing import Flow

_NOT_FOUND = {"code": -32601, "message": "Method not found"}
_FAILED = {"code": -32603, "message": "Internal error"}
_log = logging.getLogger("sdk_core.channels")


class ReplyError(APIError):
    """
    The other side answered with an error (JSON-RPC 2.0 §5.1); raise it in a handler to answer so.

    Attributes:
        code: Which error; those from -32768 to -32000 are the protocol's own.
        data: More about it.
    """

    def __init__(
        self, code: int, message: str, data: Any = None, *, request: Request | None = None
    ) -> None:
        super().__init__(message, request)
        self.code = code
        self.data = data


@attrs.frozen
class Incoming:
    """A request or, without an id, a notification of the server's."""

    method: str
    params: Any
    id: Any = None


class Colour(Protocol):
    """What differs between the colours; what its methods return may have to be awaited."""

    def event(self) -> Event: ...
    def wait(self, event: Any, timeout: float | None) -> Any: ...  # False: it was too long
    def enter(self) -> Any: ...  # waits for one of the places for calls
    def leave(self) -> None: ...


class BlockingColour:
    """The means of callers that are threads."""

    def __init__(self, places: int) -> None:
        from threading import BoundedSemaphore, Event  # noqa: PLC0415  # as in the other colour

        self.event = Event
        self._places = BoundedSemaphore(places)

    def wait(self, event: Any, timeout: float | None) -> bool:
        return bool(event.wait(timeout))

    def enter(self) -> None:
        self._places.acquire()

    def leave(self) -> None:
        self._places.release()


class AsyncColour:
    """The means of callers that are tasks."""

    def __init__(self, places: int) -> None:
        import anyio  # noqa: PLC0415  # for this colour only

        self.event = anyio.Event
        self._places = anyio.Semaphore(places)
        self._limit = anyio.move_on_after

    async def wait(self, event: Any, timeout: float | None) -> bool:
        with self._limit(timeout):
            await event.wait()
        return bool(event.is_set())

    async def enter(self) -> None:
        await self._places.acquire()

    def leave(self) -> None:
        self._places.release()


class Exchange:
    """
    One call on its way.

    Attributes:
        waiter: Its place among the calls, once it is registered.
        given_up: Whether the server may still be working for nobody.
    """

    def __init__(self, method: str, params: object, timeout: float | None) -> None:
        self.method = method
        self.params = params
        self.timeout = timeout
        self.waiter: Waiter | None = None
        self.given_up = False


class Link:
    """
    What both colours of channel are made of.

    Args:
        send: The client's flow.
        request_for: Makes the POST of a message to an address; None: the one that was given.
        calls: Who waits for what.
        colour: The means of one colour.
        handler: Called with each method and its params that the server sends.
        post_timeout: Seconds to wait for the connection that answers come over.
        cancellation: Makes the message that calls a call off; None: nothing is said.
    """

    def __init__(
        self,
        send: Callable[[Request], Flow[Response]],
        request_for: Callable[[str | None, bytes], Request],
        calls: Calls,
        colour: Colour,
        *,
        announced: bool,
        handler: Callable[[str, Any], Any] | None,
        post_timeout: float | None,
        cancellation: Callable[[int], Mapping[str, object]] | None,
    ) -> None:
        self.calls = calls
        self._send = send
        self._request_for = request_for
        self._colour = colour
        self._announced = announced
        self._address: str | None = None
        self._handler = handler
        self._post_timeout = post_timeout
        self._cancellation = cancellation
        self._ready = colour.event()
        self._over: Exception | None = None

    def entered(self, state: ReadyState) -> None:
        """Note the state of the stream that answers come over."""
        if state is ReadyState.OPEN:
            self.calls.connected()
            if not self._announced:
                self._ready.set()
        elif state is ReadyState.CONNECTING:
            self._ready = self._colour.event()
            msg = "the stream that answers come over was lost; the call may have been carried out"
            self.calls.lost(StreamInterruptedError(msg))

    def end(self, error: Exception) -> None:
        """Fail all calls, these and later ones, with *error*."""
        self._over = self._over or error
        self.calls.end(self._over)
        self._ready.set()

    def open(self) -> Flow[None]:
        """Wait until messages can be sent."""
        if not (yield Call(partial(self._colour.wait, self._ready, self._post_timeout))):
            raise APITimeoutError(message="no event stream to receive answers was there in time")
        if self._over is not None:
            raise self._over

    def exchange(self, exchange: Exchange) -> Flow[Any]:
        """Send a request and return the result that answers it."""
        colour, calls = self._colour, self.calls
        yield Call(colour.enter)
        try:
            yield from self.open()
            waiter = exchange.waiter = calls.register(colour.event())
            try:
                yield from self.post(_message(exchange.method, exchange.params, waiter.id))
                yield Call(partial(colour.wait, waiter.event, exchange.timeout))
            except (APIStatusError, ConfigurationError):
                calls.forget(waiter)  # refused, or never sent: there is nothing to call off
                raise
            finally:
                exchange.given_up = calls.forget(waiter)
        finally:
            colour.leave()
        if exchange.given_up:
            msg = f"no answer to {exchange.method!r} came within {exchange.timeout} s"
            raise APITimeoutError(message=msg)
        if waiter.error is not None:
            raise waiter.error
        return _result(waiter.answer)

    def call_off(self, exchange: Exchange) -> Flow[None]:
        """Tell the server that nobody waits for an answer any more."""
        if exchange.given_up and exchange.waiter is not None and self._cancellation is not None:
            message = {"jsonrpc": "2.0", **self._cancellation(exchange.waiter.id)}
            with suppress(SDKError):  # a courtesy; what failed before is what the caller gets
                yield from self.post(encode_json(message))

    def notify(self, method: str, params: object) -> Flow[None]:
        """Send a message that is not answered."""
        content = _message(method, params)
        yield from self.open()
        yield from self.post(content)

    def post(self, content: bytes) -> Flow[None]:
        """Send *content*; an answer that comes at once, as the response, counts."""
        generation = self.calls.generation
        response = yield from self._send(self._request_for(self._address, content))
        if response.status_code >= 400:
            raise APIStatusError.of(response)
        if response.content.lstrip()[:1] in {b"{", b"["}:
            for message in self._messages(response.content):
                self._answer(message, generation)

    def received(self, event: ServerSentEvent) -> list[Incoming]:
        """Give the answers that *event* holds to who waits; return what is for the handler."""
        if self._announced and event.event == "endpoint":
            self._address = event.text
            self._ready.set()
            return []
        incoming: list[Incoming] = []
        for message in self._messages(event.data):
            method = message.get("method")
            if isinstance(method, str):
                incoming.append(Incoming(method, message.get("params"), message.get("id")))
            else:
                self._answer(message, self.calls.generation)
        return incoming

    def handle(self, incoming: Incoming) -> Flow[None]:
        """Let the handler do what the server asks, and answer."""
        outcome = {"error": _NOT_FOUND}
        if self._handler is not None:
            try:
                outcome = yield Call(partial(_asked, self._handler, incoming))
            except ConfigurationError as error:  # the driver's: it was of the other colour
                outcome = _failure(error, incoming)
        if incoming.id is None:
            return
        envelope = {"jsonrpc": "2.0", "id": incoming.id}
        try:
            content = encode_json(envelope | outcome)
        except ConfigurationError:
            _log.exception("the handler's result for %s cannot be sent", incoming.method)
            content = encode_json(envelope | {"error": _FAILED})
        with suppress(SDKError):  # the server will have to do without
            yield from self.post(content)

    def _messages(self, data: bytes) -> list[Mapping[str, Any]]:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            value = None
        messages = value if isinstance(value, list) else [value]
        whole = [each for each in messages if isinstance(each, Mapping)]
        self.calls.malformed += len(messages) - len(whole)
        return whole

    def _answer(self, message: Mapping[str, Any], generation: int) -> None:
        if "result" in message or "error" in message:
            self.calls.answer(message.get("id"), message, generation)
        else:
            self.calls.malformed += 1


def _message(method: str, params: object, number: int | None = None) -> bytes:
    message: dict[str, object] = {"jsonrpc": "2.0"}
    if number is not None:
        message["id"] = number
    message["method"] = method
    if params is not None:
        message["params"] = params
    return encode_json(message)


def _result(answer: Mapping[str, Any]) -> Any:
    """Return the result in *answer*, or raise its error."""
    error = answer.get("error")
    if error is None:
        return answer.get("result")
    if not isinstance(error, Mapping):
        raise ReplyError(0, str(error))
    code = error.get("code")
    message = error.get("message") or "the server answered with an error"
    raise ReplyError(code if type(code) is int else 0, str(message), error.get("data"))


def _asked(handler: Callable[[str, Any], Any], incoming: Incoming) -> Any:
    """Return the outcome of *handler*, or an awaitable of it; no failure of it gets out."""
    try:
        result = handler(incoming.method, incoming.params)
    except Exception as exc:  # what it raises is its answer
        return _failure(exc, incoming)
    return _Outcome(result, incoming) if hasattr(result, "__await__") else {"result": result}


class _Outcome:
    """The outcome of an asynchronous handler, to wait for."""

    def __init__(self, result: Any, incoming: Incoming) -> None:
        self._result = result
        self._incoming = incoming

    def __await__(self) -> Generator[Any, Any, dict[str, Any]]:
        try:
            return {"result": (yield from self._result.__await__())}
        except Exception as exc:  # as above
            return _failure(exc, self._incoming)

    def close(self) -> None:
        """Drop it without a warning that it was never awaited."""
        if hasattr(self._result, "close"):
            self._result.close()


def _failure(exc: Exception, incoming: Incoming) -> dict[str, Any]:
    if not isinstance(exc, ReplyError):
        _log.error("the handler failed at %s", incoming.method, exc_info=exc)
        return {"error": _FAILED}
    error: dict[str, Any] = {"code": exc.code, "message": exc.message}
    if exc.data is not None:
        error["data"] = exc.data
    return {"error": error}
