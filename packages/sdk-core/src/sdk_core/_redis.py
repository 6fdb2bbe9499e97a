"""
Limits that processes share, in Redis.

A store is asked with the effect `Call`, so both colours of client and of redis-py are served by the
same flows. Each question is one script (see `_lua`), whose clock is Redis's.
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs

from . import _lua
from ._circuits import SLOTS, Admission, Change, State, Terms
from ._effects import Call
from ._figures import figure
from ._slots import DECREASE, Span
from .errors import ConfigurationError, LimitReachedError

if TYPE_CHECKING:
    from ._buckets import Rates
    from ._messages import Request
    from .typing import Flow

_log = logging.getLogger("sdk_core.store")
_FORGOTTEN: Final = 1000  # what is given back with the next question, at most


@attrs.frozen
class _Away:
    """Redis could not be asked, or could not a moment ago, until *ends*."""

    error: Exception
    ends: float


def _client(_: Any, __: Any, value: Any) -> None:
    if not callable(getattr(value, "register_script", None)):
        msg = (
            "`client` of RedisStore must be a redis.Redis, or for asynchronous clients a "
            f"redis.asyncio.Redis, not {type(value).__name__}; `pip install sdk-core[redis]`"
        )
        raise ConfigurationError(msg)


def _name(_: Any, __: Any, value: Any) -> None:
    if not isinstance(value, str) or not value or "{" in value or "}" in value:
        msg = f"`name` of RedisStore must be a word without braces, not {value!r}"
        raise ConfigurationError(msg)


def _on_failure(_: Any, __: Any, value: Any) -> None:
    if value not in {"open", "closed"}:
        msg = f'`on_failure` of RedisStore must be "open" or "closed", not {value!r}'
        raise ConfigurationError(msg)


@attrs.frozen(eq=False)
class RedisStore:
    """
    Where processes keep the state of a policy together.

    Processes that give the same *name*, and the same figures to their policies, share one limit.
    The store is for one policy of each kind. It keeps the *client* as it got it: its time-outs are
    how long a call may have to wait for Redis, its closing is the user's business.

    Args:
        client: A ``redis.Redis``, or for asynchronous clients a ``redis.asyncio.Redis``.
        name: What the keys begin with; in a cluster they lie together.
        on_failure: When Redis cannot be asked, calls pass as if there were no limit ("open"), or
            raise `LimitReachedError` ("closed"). Either way hooks are told a `StoreEvent`.
        pause: Seconds for which Redis is not asked again after it could not be: calls that pass
            without it should not wait for it each time.
        lease: Seconds after which the slot of a process that has vanished is free again; longer
            than the longest call.

    Raises:
        ConfigurationError: An argument is none of these.
    """

    client: Any = attrs.field(validator=_client, repr=False)
    name: str = attrs.field(default="sdk", validator=_name)
    on_failure: str = attrs.field(default="open", validator=_on_failure)
    pause: float = attrs.field(default=2.0, validator=figure(least=0))
    lease: float = attrs.field(default=900.0, validator=figure(above=0))
    _scripts: dict[str, Any] = attrs.field(init=False, factory=dict, repr=False)
    _away: list[_Away] = attrs.field(init=False, factory=list, repr=False)  # none or one

    def ask(
        self, request: Request, script: str, keys: Sequence[str], args: Sequence[Any], default: Any
    ) -> Flow[Any]:
        """Run *script*; return what it returns, or *default* if calls pass without Redis."""
        answer = yield Call(partial(self.run, script, keys, args))
        if not isinstance(answer, _Away):
            return answer
        if request.hooks is not None:
            from .hooks import StoreEvent  # noqa: PLC0415  # only those who listen need it

            yield from request.hooks.tell(StoreEvent(request, self.name, answer.error))
        if self.on_failure == "closed":
            msg = f"Not sent: the store `{self.name}` of the limits cannot be asked"
            raise LimitReachedError(request, message=msg) from answer.error
        return default

    def run(self, script: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """Run *script*; return its answer, or an awaitable of it, or that Redis is away."""
        for away in self._away:
            if time.monotonic() < away.ends:
                return away
        from redis.exceptions import RedisError  # noqa: PLC0415  # whose client it is has it

        registered = self._scripts.get(script)
        if registered is None:
            registered = self._scripts[script] = self.client.register_script(script)
        prefix = "{" + self.name + "}:"
        failures = (RedisError, OSError)
        try:
            answer = registered(keys=[prefix + key for key in keys], args=args)
        except failures as exc:
            return self._fails(exc)
        return self._awaited(answer, failures) if hasattr(answer, "__await__") else answer

    async def _awaited(self, answer: Any, failures: tuple[type[Exception], ...]) -> Any:
        try:
            return await answer
        except failures as exc:
            return self._fails(exc)

    def _fails(self, error: Exception) -> _Away:
        _log.warning("the store %r cannot be asked (%s)", self.name, type(error).__name__)
        away = _Away(error, time.monotonic() + self.pause)
        self._away[:] = [away]
        return away


def _text(said: Any) -> str:
    return said.decode() if isinstance(said, bytes) else str(said)


@attrs.frozen
class SharedBudget:
    """The tokens of `RetryBudget` in a store; what is returned with an answer is what is left."""

    store: RedisStore
    capacity: int

    def take(self, request: Request, origin: str, cost: float) -> Flow[tuple[bool, float]]:
        """Take *cost*, if it is there."""
        return (yield from self._change(request, origin, -cost))

    def give(self, request: Request, origin: str, amount: float) -> Flow[float]:
        """Give *amount* back."""
        _, left = yield from self._change(request, origin, amount)
        return left

    def _change(self, request: Request, origin: str, change: float) -> Flow[tuple[bool, float]]:
        paid, left = yield from self.store.ask(
            request,
            _lua.BUDGET,
            [f"budget:{origin}"],
            [self.capacity, change],
            default=(1, self.capacity),
        )
        return bool(paid), float(left)


@attrs.frozen
class SharedCircuits:
    """The circuits of `CircuitBreaker` in a store."""

    store: RedisStore
    terms: Terms

    def enter(self, request: Request, origin: str) -> Flow[Admission]:
        """Ask whether a call to *origin* may be made."""
        allowed, epoch, retry_after, probe, previous = yield from self.store.ask(
            request,
            _lua.CIRCUIT_ENTER,
            [f"circuit:{origin}"],
            [self.terms.open_for],
            default=(1, -1, 0, 0, ""),
        )
        before = _text(previous)
        change: Change | None = (_state(before), "half-open") if before else None
        return Admission(int(epoch), float(retry_after), bool(allowed), bool(probe), change)

    def leave(
        self, request: Request, origin: str, admission: Admission, *, failed: bool
    ) -> Flow[Change | None]:
        """Note how a call went; return the states before and after, if that has changed it."""
        terms = self.terms
        change = yield from self.store.ask(
            request,
            _lua.CIRCUIT_LEAVE,
            [f"circuit:{origin}", f"calls:{origin}"],
            [
                terms.failure_rate,
                terms.minimum_calls,
                terms.window / SLOTS,
                SLOTS,
                terms.open_for,
                admission.epoch,
                int(admission.probe),
                int(failed),
            ],
            default=(),
        )
        return (_state(_text(change[0])), _state(_text(change[1]))) if change else None


def _state(text: str) -> State:
    return "open" if text == "open" else "half-open" if text == "half-open" else "closed"


class SharedSlots:
    """
    The slots of `AdaptiveConcurrency` in a store.

    Attributes:
        limit: How many there are in all, as far as this process knows.
    """

    def __init__(self, store: RedisStore, span: Span) -> None:
        self.limit = span.initial
        self._store = store
        self._span = span
        self._forgotten: deque[str] = deque(maxlen=_FORGOTTEN)

    def enter(self, request: Request) -> Flow[str | None]:
        """Return a lease of a slot, if one is free."""
        lease = os.urandom(12).hex()
        free, epoch, limit = yield from self._store.ask(
            request,
            _lua.SLOTS_ENTER,
            ["slots", "limit"],
            [lease, self._store.lease, self._span.initial, *_taken(self._forgotten)],
            default=(1, -1, self._span.initial),
        )
        self.limit = float(limit)
        return f"{int(epoch)}:{lease}" if free else None

    def leave(
        self, request: Request, lease: str, overloaded: bool | None
    ) -> Flow[tuple[float, float] | None]:
        """Give *lease* back with what the call showed; return a change of the limit."""
        keys, args = self._leaving(lease, overloaded)
        before, after = yield from self._store.ask(
            request, _lua.SLOTS_LEAVE, keys, args, default=(self.limit, self.limit)
        )
        self.limit = float(after)
        return None if float(before) == self.limit else (float(before), self.limit)

    def let_go(self, lease: str, overloaded: bool | None) -> Any:
        """Do as `leave` outside a flow; the answer may have to be awaited."""
        keys, args = self._leaving(lease, overloaded)
        return self._store.run(_lua.SLOTS_LEAVE, keys, args)

    def forget(self, lease: str) -> None:
        """Give *lease* back when the store is asked next, or when it ends."""
        self._forgotten.append(lease.partition(":")[2])

    def _leaving(self, lease: str, overloaded: bool | None) -> tuple[list[str], list[Any]]:
        epoch, _, name = lease.partition(":")
        verdict = "" if overloaded is None else "overloaded" if overloaded else "ok"
        span = self._span
        args = [name, verdict, epoch, span.initial, span.most, span.least, DECREASE]
        return ["slots", "limit"], args


class SharedRates:
    """
    The buckets of `RateLimit` in a store.

    Args:
        store: Where.
        rates: The buckets of this process, of which the paces are taken.
    """

    def __init__(self, store: RedisStore, rates: Rates) -> None:
        self._store = store
        self._rates = rates
        self._back: deque[float] = deque(maxlen=_FORGOTTEN)
        self._left: deque[str] = deque(maxlen=_FORGOTTEN)

    def take(self, request: Request, place: str, tokens: float) -> Flow[tuple[float, str]]:
        """Take one request and *tokens*, if both are there, from *place* in the line of all."""
        wait, limit, _ = yield from self._store.ask(
            request,
            _lua.RATE_TAKE,
            ["rates", "line", "wanted"],
            [place, tokens, *self._paces(), sum(_taken(self._back)), *_taken(self._left)],
            default=(0, "", 0),
        )
        return float(wait), _text(limit)

    def leave(self, place: str) -> None:
        """Leave *place* when the store is asked next, or when its time is over."""
        self._left.append(place)

    def give_back_later(self, tokens: float) -> None:
        """Return *tokens* when the store is asked next: at the end of a stream there is no asking."""
        self._back.append(tokens)

    def adjust(
        self,
        request: Request,
        *,
        requests: float = 0.0,
        tokens: float = 0.0,
        requests_left: float | None = None,
        tokens_left: float | None = None,
        closed: float | None = None,
        pause: float | None = None,
    ) -> Flow[None]:
        """
        Change what is in the buckets.

        Args:
            request: The call that gave the reason.
            requests: How many to return.
            tokens: As above; negative for more to take.
            requests_left: How many the server says are left.
            tokens_left: As above.
            closed: Seconds in which nothing may pass.
            pause: As above, and then the bucket is empty.
        """
        learned = [
            "" if each is None else each for each in (requests_left, tokens_left, closed, pause)
        ]
        args = [requests, tokens, *self._paces(), *learned]
        yield from self._store.ask(request, _lua.RATE_ADJUST, ["rates"], args, default=1)

    def _paces(self) -> list[float]:
        paces = []
        for bucket in (self._rates.requests, self._rates.tokens):
            paces += [0.0, 0.0] if bucket is None else [bucket.pace, bucket.tolerance]
        return paces


def _taken(waiting: deque[Any]) -> list[Any]:
    """Return what is *waiting*, and forget it; from any thread."""
    taken = []
    with suppress(IndexError):  # there is no more, or another thread was quicker
        while True:
            taken.append(waiting.popleft())
    return taken
