"""
Test without a network: play flows by hand, and call generated clients on a server of examples.

`play` is a driver whose network is a list. It hands a flow one result for each request that the
flow sends, and lets time pass only when the flow sleeps::

    policy = MyPolicy()
    played = play(policy(request(), send), response(503), response(200))
    assert played.result.status_code == 200
    assert played.slept == [0.5]

`ExampleServer` answers on loopback from the exchanges that a generated package brings in
``tests/exchanges.json``: what each operation sends and gets, from the examples of its document.
"""

from __future__ import annotations

import json as _json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from ._effects import Call, Effect, Now, Send, Sleep
from ._exchanges import Exchange, credentials_for, plain
from ._flows import send
from ._messages import Headers, Request, Response
from .errors import SDKError
from .options import DEFAULT_TIMEOUT
from .typing import Flow

if TYPE_CHECKING:
    from ._example_server import ExampleServer, Received
    from ._uploads import Upload

__all__ = [
    "Call",
    "ExampleServer",
    "Exchange",
    "Now",
    "Played",
    "Received",
    "Send",
    "Sleep",
    "credentials_for",
    "plain",
    "play",
    "request",
    "response",
    "send",
]

T = TypeVar("T")

_SERVER = frozenset({"ExampleServer", "Received"})


def __getattr__(name: str) -> Any:
    # A server brings half of the standard library along, TLS included; playing flows needs none.
    if name not in _SERVER:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from . import _example_server  # noqa: PLC0415  # it brings `ssl` and `asyncio` along

    return getattr(_example_server, name)


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

    Args:
        flow: What a policy returned, or any other generator of effects.
        results: For each request in turn: the answer that it gets, or the error that is thrown in.
        seconds_per_send: How far the clock moves with each request. `Sleep` moves it by itself.

    Raises:
        AssertionError: The flow sent more requests than there are results.
    """
    left = list(results)
    effects: list[Effect] = []
    elapsed = 0.0
    step: Callable[[Any], Effect] = flow.send
    value: Any = None
    while True:
        try:
            effect = step(value)
        except StopIteration as stop:
            return Played(tuple(effects), tuple(left), elapsed, None, stop.value)
        except SDKError as error:
            return Played(tuple(effects), tuple(left), elapsed, error, None)
        effects.append(effect)
        step, value = flow.send, None
        if isinstance(effect, Send):
            if not left:
                msg = f"request {len(results) + 1} was sent, but there are {len(results)} results"
                raise AssertionError(msg)
            elapsed += seconds_per_send
            result = left.pop(0)
            if isinstance(result, SDKError):
                step, value = flow.throw, result
            else:  # a copy, so that one response can be played several times
                value = response(
                    result.status_code, result.headers, result.content, request=effect.request
                )
        elif isinstance(effect, Sleep):
            elapsed += effect.seconds
        else:
            value = elapsed if isinstance(effect, Now) else effect.function()


def request(
    url: str = "https://api.example.com/v1/things",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    content: bytes | Upload | None = None,
    **attributes: Any,
) -> Request:
    """Return a request; *attributes* are the others that `Request` has, such as ``operation``."""
    attributes.setdefault("timeout", DEFAULT_TIMEOUT)
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
