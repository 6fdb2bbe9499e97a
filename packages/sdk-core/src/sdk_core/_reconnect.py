"""Reconnecting: how long to wait before the next connection, and when to give up."""

from __future__ import annotations

import random
from collections.abc import Callable
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from ._effects import Call, Now, Sleep
from .errors import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    ConfigurationError,
    SDKError,
)
from .hooks import RetryEvent, StreamEvent

if TYPE_CHECKING:
    from ._messages import Request, Response
    from .clients import BaseClient
    from .typing import Flow

_PASSING = frozenset({408, 429})  # beside 5xx: what may be better in a while


def _seconds(_: Any, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        msg = f"`{attribute.name}` of `reconnect` must be a number of seconds >= 0, not {value!r}"
        raise ConfigurationError(msg)


def _count(_: Any, attribute: Any, value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        msg = f"`{attribute.name}` of `reconnect` must be an integer >= 0 or None, not {value!r}"
        raise ConfigurationError(msg)


@attrs.frozen
class Reconnect:
    """
    Say how a connection that was lost is made again.

    The wait is drawn from all of ``[0, min(cap, base * 2**n)]`` (full jitter: clients that lost
    their server together do not come back together), and is never shorter than what the server
    asks for (``retry:``, ``Retry-After``).

    Args:
        attempts: How often in a row to connect again without that anything new comes, before the
            last error is raised; 0 never connects again, ``None`` never gives up.
        base: Seconds, the first upper bound of the wait.
        cap: Seconds, the highest.
        healthy_after: Seconds after which a connection counts as sound: the wait begins at *base*
            again.
        longest_hint: Seconds, the longest wait that a server may ask for; for a longer one the
            error is raised at once.
        at_end: Whether to connect again when the server ended the connection in an orderly way,
            as the standard of event streams has it. ``False``: such an end is the end.
        rand: Returns a number in [0, 1).

    Raises:
        ConfigurationError: A figure is negative or no number.
    """

    attempts: int | None = attrs.field(default=10, validator=_count)
    base: float = attrs.field(default=1.0, validator=_seconds)
    cap: float = attrs.field(default=30.0, validator=_seconds)
    healthy_after: float = attrs.field(default=10.0, validator=_seconds)
    longest_hint: float = attrs.field(default=300.0, validator=_seconds)
    at_end: bool = True
    rand: Callable[[], float] = attrs.field(default=random.random, repr=False)


@attrs.frozen
class Lost:
    """
    A connection that was lost or could not be made, and what comes next.

    Attributes:
        error: What happened to it.
        wait: Seconds until the next attempt.
        opened: How many connections there have been.
    """

    error: APIConnectionError | APIStatusError
    wait: float
    opened: int


class Backoff:
    """
    Counts what `Reconnect` limits. Sans-IO: it is told the time.

    Attributes:
        connects: How many connections were lost or could not be made, all in all.
        openings: How many were made.
    """

    def __init__(self, reconnect: Reconnect) -> None:
        self._reconnect = reconnect
        self._failures = 0  # since a connection was sound
        self._fruitless = 0  # since anything came
        self._opened: float | None = None
        self.connects = 0
        self.openings = 0

    def opened(self, now: float) -> None:
        """Note that there is a connection."""
        self._opened = now
        self.openings += 1

    def received(self) -> None:
        """Note that something came that had not come before."""
        self._fruitless = 0

    def lost(self, now: float, hint: float) -> float | None:
        """
        Return the seconds to wait before the next connection; None: give up.

        Args:
            now: On the driver's clock.
            hint: Seconds that the server asks for, or 0.
        """
        reconnect = self._reconnect
        if self._opened is not None and now - self._opened >= reconnect.healthy_after:
            self._failures = 0
        self._opened = None
        if hint > reconnect.longest_hint or (
            reconnect.attempts is not None and self._fruitless >= reconnect.attempts
        ):
            return None
        bound = min(reconnect.cap, reconnect.base * 2.0 ** min(self._failures, 64))
        self._failures += 1
        self._fruitless += 1
        self.connects += 1
        return max(hint, reconnect.rand() * bound)


class ReadyState(IntEnum):
    """What a connection is at (WHATWG HTML §9.2.2; that of WebSockets has the same three)."""

    CONNECTING = 0
    OPEN = 1
    CLOSED = 2


class Connecting:
    """
    The part of a connection's life that lies between two connections, as flows.

    Attributes:
        state: What it is at.
        response: The head of the last answer; None before the first connection.
        backoff: How the last connections went.
    """

    def __init__(
        self, request: Request, send: Callable[[Request], Flow[Response]], reconnect: Reconnect
    ) -> None:
        self.state = ReadyState.CONNECTING
        self.response: Response | None = None
        self.backoff = Backoff(reconnect)
        self._request = request
        self._send = send
        self._reconnect = reconnect
        self._wake = 0.0
        self._index = 0
        self._pause: Callable[[float], Any] | None = None
        self._watch: Callable[[ReadyState], object] | None = None

    @property
    def retry(self) -> float | None:
        """Seconds that the server asks to wait before each connection, if it does."""
        return None

    def observe(
        self,
        *,
        pause: Callable[[float], Any] | None = None,
        watch: Callable[[ReadyState], object] | None = None,
    ) -> None:
        """
        Let others take part.

        Args:
            pause: Waits that many seconds, in a way that can be broken off.
            watch: Told of each state that is entered.
        """
        self._pause = pause or self._pause
        self._watch = watch or self._watch

    def _enter(self, state: ReadyState) -> None:
        if state is not self.state:
            self.state = state
            if self._watch is not None:
                self._watch(state)

    def _ask(self, request: Request) -> Flow[Response | None]:
        """Wait until it is time, and ask; None: without success, and what to do is done."""
        now = yield Now()
        if now < self._wake:
            left = self._wake - now
            yield Sleep(left) if self._pause is None else Call(partial(self._pause, left))
            if self.state is ReadyState.CLOSED:
                return None
        try:
            response = yield from self._send(request)
        except APIConnectionError as error:
            yield from self._again(error)
            return None
        except SDKError:
            self._enter(ReadyState.CLOSED)
            raise
        if response.status_code >= 500 or response.status_code in _PASSING:
            yield from self._again(APIStatusError.of(response))
            return None
        return response

    def _again(self, error: APIConnectionError | APIStatusError) -> Flow[None]:
        """Go back to connecting, in a while; raise *error* where that has been enough."""
        hint = max(self.retry or 0.0, error.retry_after or 0.0)
        now = yield Now()
        wait = self.backoff.lost(now, hint)
        if wait is None or not (yield from self._consent(error, wait)):
            self._enter(ReadyState.CLOSED)
            raise error
        if self.state is ReadyState.CLOSED:  # meanwhile
            return
        self._enter(ReadyState.CONNECTING)
        self._wake = now + wait
        if self._request.hooks is not None:
            cause = error.response if isinstance(error, APIStatusError) else error
            told = RetryEvent(self._request, wait, type(error).__name__, cause)
            yield from self._request.hooks.tell(told)

    def _consent(self, _: APIConnectionError | APIStatusError, _wait: float) -> Flow[bool]:
        """Return whether to connect again."""
        yield from ()  # nobody has to be asked
        return True

    def _tell(self, item: object) -> Flow[None]:
        """Tell the hooks of something that came."""
        if self._request.hooks is not None:
            yield from self._request.hooks.tell(StreamEvent(self._request, item, self._index))
        self._index += 1


def refusal(response: Response, wanted: str) -> APIStatusError | APIResponseValidationError:
    """Return the error for an answer that is not what was *wanted*."""
    if response.status_code >= 400:
        return APIStatusError.of(response)
    what = response.headers.get("content-type", "no content type")
    msg = f"{response.status_code} with {what} instead of {wanted}"
    return APIResponseValidationError(response, None, message=msg)


C = TypeVar("C", bound="BaseClient")


def single(client: C) -> C:
    """Return *client* for connections that stay: one attempt each, and no time by which to end."""
    return client.with_options(
        max_retries=0, deadline=None, attempt_deadline=None, hedge=None, cache=None
    )
