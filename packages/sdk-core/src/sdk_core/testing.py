"""
Test without a network: play flows by hand, give clients a transport that answers from a list or
from a recording, and call generated clients on a server of examples.

`play` is a driver whose network is a list. It hands a flow one result for each request that the
flow sends, and lets time pass only when the flow sleeps::

    policy = MyPolicy()
    played = play(policy(request(), send), response(503), response(200))
    assert played.result.status_code == 200
    assert played.slept == [0.5]

`FakeTransport` answers the calls of a whole client without a network, and `recorded` from a file
that it has made of real ones.

`ExampleServer` answers on loopback from the exchanges that a generated package brings in
``tests/exchanges.json``: what each operation sends and gets, from the examples of its document.
"""

from __future__ import annotations

import json as _json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from ._effects import Call, Effect, Finish, Now, Race, Send, Sleep, Wait
from ._exchanges import Exchange, credentials_for, plain
from ._flows import send
from ._messages import Headers, Request, Response
from .errors import SDKError
from .typing import Flow

if TYPE_CHECKING:
    from ._example_server import ExampleServer, Received
    from ._fakes import FakeTransport, UnexpectedRequestError, streamed
    from ._recorders import Recorder, Replayer, recorded
    from ._uploads import Upload

__all__ = [
    "Call",
    "ExampleServer",
    "Exchange",
    "FakeTransport",
    "Finish",
    "Now",
    "Played",
    "Race",
    "Received",
    "Recorder",
    "Replayer",
    "Send",
    "Sleep",
    "UnexpectedRequestError",
    "Wait",
    "credentials_for",
    "plain",
    "play",
    "recorded",
    "request",
    "response",
    "send",
    "streamed",
]

T = TypeVar("T")

_ELSEWHERE = {
    "ExampleServer": "_example_server",
    "FakeTransport": "_fakes",
    "Received": "_example_server",
    "Recorder": "_recorders",
    "Replayer": "_recorders",
    "UnexpectedRequestError": "_fakes",
    "recorded": "_recorders",
    "streamed": "_fakes",
}


def __getattr__(name: str) -> Any:
    # A server brings half of the standard library along, TLS included; playing flows needs none.
    if name not in _ELSEWHERE:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module  # noqa: PLC0415  # as said above

    return getattr(import_module(f".{_ELSEWHERE[name]}", __package__), name)


@attrs.frozen
class Played(Generic[T]):
    """
    What a flow did.

    Attributes:
        effects: All that it asked for, in order.
        unused: The results that it did not come to need.
        elapsed: Seconds on the fake clock.
        error: What it raised, or None.
    """

    effects: tuple[Effect, ...]
    unused: tuple[Response | SDKError, ...]
    elapsed: float
    error: SDKError | None
    _result: Any

    @property
    def result(self) -> T:
        """What the flow returned; raises what it raised."""
        if self.error is not None:
            raise self.error
        returned: T = self._result
        return returned

    @property
    def sent(self) -> list[Request]:
        """The requests, in order."""
        return [effect.request for effect in self.effects if isinstance(effect, Send)]

    @property
    def slept(self) -> list[float]:
        """The waits in seconds, in order."""
        return [effect.seconds for effect in self.effects if isinstance(effect, Sleep)]


def play(flow: Flow[T], *results: Response | SDKError, seconds_per_send: float = 0.0) -> Played[T]:
    """
    Run *flow* on a fake network and a fake clock.

    A `Wait` lets its time pass, if its ticket has not been called. The flows of a `Race` run one
    after the other; the second begins if the first took longer than it may or has not won.

    Args:
        flow: What a policy returned, or any other generator of effects.
        results: For each request in turn: the answer that it gets, or the error that is thrown in.
        seconds_per_send: How far the clock moves with each request. `Sleep` moves it by itself.

    Raises:
        AssertionError: The flow sent more requests than there are results, or waits for a ticket
            that nobody can call.
    """
    stage = _Stage(list(results), seconds_per_send)
    result, error = stage.run(flow)
    return Played(tuple(stage.effects), tuple(stage.left), stage.elapsed, error, result)


class _Stage:
    """What `play` plays on."""

    def __init__(self, results: list[Response | SDKError], seconds_per_send: float) -> None:
        self.effects: list[Effect] = []
        self.left = results
        self.elapsed = 0.0
        self._given = len(results)
        self._seconds_per_send = seconds_per_send

    def run(self, flow: Flow[Any]) -> tuple[Any, SDKError | None]:
        """Return what *flow* returned, or what it raised."""
        step: Callable[[Any], Effect] = flow.send
        value: Any = None
        while True:
            try:
                effect = step(value)
            except StopIteration as stop:
                return stop.value, None
            except SDKError as error:
                return None, error
            self.effects.append(effect)
            value, failure = self._perform(effect)
            step = flow.send
            if failure is not None:
                step, value = flow.throw, failure

    def _perform(self, effect: Effect) -> tuple[Any, SDKError | None]:
        if isinstance(effect, Send):
            return self._send(effect.request)
        if isinstance(effect, Race):
            return self._race(effect)
        if isinstance(effect, Finish):
            return self.run(effect.flow)
        if isinstance(effect, Sleep):
            self.elapsed += effect.seconds
            return None, None
        if isinstance(effect, Wait):
            if not effect.ticket.called:
                assert effect.seconds is not None, "the flow waits for what nobody will call"
                self.elapsed += effect.seconds
            return effect.ticket.called, None
        if isinstance(effect, Now):
            return self.elapsed, None
        try:
            return effect.function(), None
        except SDKError as error:  # as the drivers do
            return None, error

    def _send(self, sent: Request) -> tuple[Response | None, SDKError | None]:
        if not self.left:
            msg = f"request {self._given + 1} was sent, but there are {self._given} results"
            raise AssertionError(msg)
        self.elapsed += self._seconds_per_send
        result = self.left.pop(0)
        if isinstance(result, SDKError):
            return None, result
        # A copy, so that one response can be played several times.
        return response(result.status_code, result.headers, result.content, request=sent), None

    def _race(self, effect: Race) -> tuple[Any, SDKError | None]:
        started = self.elapsed
        flow: Flow[Any] | None = effect.flow
        best: tuple[Any, SDKError | None] | None = None
        while flow is not None:
            result, error = self.run(flow)
            if best is None or error is None:
                best = result, error
            if (error is None and effect.wins(result)) or self.elapsed - started < effect.after:
                break
            flow = effect.more()
        assert best is not None  # the first one has run
        return best


def request(
    url: str = "https://api.example.com/v1/things",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    content: bytes | Upload | None = None,
    **attributes: Any,
) -> Request:
    """Return a request; *attributes* are the others that `Request` has, such as ``operation``."""
    return Request(method, url, Headers(headers or {}), content, **attributes)


def response(
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    *,
    json: Any = None,
    request: Request | None = None,
) -> Response:
    """Return a response that has been read; *json* is encoded and names its content type."""
    headers = dict(headers or {})
    if json is not None:
        content = _json.dumps(json).encode()
        headers.setdefault("content-type", "application/json")
    return Response(status, Headers(headers), request=request or _default(), content=content)


_default = request  # `response` has an argument of that name
