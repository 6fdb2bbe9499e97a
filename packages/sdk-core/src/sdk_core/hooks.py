"""
Hooks: be told what happens on the call path. The whole contract is on this screen.

======================= =================== ====================================================
event                   subscribe with      told when; fields
======================= =================== ====================================================
`RequestEvent`          ``on_request``      an attempt begins: ``request``
`ResponseEvent`         ``on_response``     an attempt was answered: ``request``, ``response``
`RetryEvent`            ``on_retry``        an attempt failed and will be repeated: ``request``,
                                            ``wait`` (seconds), ``reason``, ``cause``
`BudgetEvent`           ``on_budget``       a repeat is not made, the budget for repeats being
                                            spent: ``request``, ``reason``, ``tokens`` left
`ErrorEvent`            ``on_error``        a call failed for good: ``request``, ``error``
`StreamEvent`           ``on_stream``       an item of a stream was read: ``request``, ``item``,
                                            ``index`` (from 0)
`RateLimitEvent`        ``on_rate_limit``   a call waits for a limit: ``request``, ``wait``
                                            (seconds), ``limit`` ("requests", "tokens", ...)
`ConcurrencyEvent`      ``on_concurrency``  the number of calls at once changed: ``request``,
                                            ``previous``, ``limit``
`BreakerEvent`          ``on_breaker``      a circuit changed its state: ``request``, ``key``,
                                            ``previous``, ``state`` ("closed", "open", "half-open")
`HedgeEvent`            ``on_hedge``        a twin was sent beside a slow attempt: ``request``,
                                            ``wait`` (seconds that the first had had)
`CacheEvent`            ``on_cache``        the cache was asked: ``request``, ``outcome`` ("hit",
                                            "miss", "revalidated", "stale", "stored"), ``age``
`StoreEvent`            ``on_store``        a store that processes share cannot be asked:
                                            ``request``, ``name``, ``error``
======================= =================== ====================================================

A subscriber is a function of one event; ``Hooks(f)`` subscribes it to all of them. Asynchronous
clients take ``async`` functions too, and wait for them. What a subscriber returns is ignored; what
it raises is logged (``sdk_core.hooks``) and breaks no call. Requests, answers and errors show their
credentials in no text and in no pickle.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from functools import partial
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import attrs

from ._effects import Call
from .errors import APIConnectionError, ConfigurationError, SDKError

if TYPE_CHECKING:
    from ._messages import Request, Response
    from .typing import Flow

__all__ = [
    "BreakerEvent",
    "BudgetEvent",
    "CacheEvent",
    "ConcurrencyEvent",
    "ErrorEvent",
    "Event",
    "HedgeEvent",
    "Hooks",
    "RateLimitEvent",
    "RequestEvent",
    "ResponseEvent",
    "RetryEvent",
    "StoreEvent",
    "StreamEvent",
    "Subscriber",
    "Subscribers",
]

_log = logging.getLogger("sdk_core.hooks")


@attrs.frozen
class RequestEvent:
    """An attempt begins; ``request.retry_count`` says the how many-th, from 0."""

    request: Request


@attrs.frozen
class ResponseEvent:
    """An attempt was answered, with whatever status; a stream's body has not been read."""

    request: Request
    response: Response


@attrs.frozen
class RetryEvent:
    """An attempt failed and will be repeated in *wait* seconds."""

    request: Request
    wait: float
    reason: str
    cause: Response | APIConnectionError


@attrs.frozen
class BudgetEvent:
    """An attempt failed and is not repeated, because too many were; *tokens* are left."""

    request: Request
    reason: str
    tokens: float


@attrs.frozen
class ErrorEvent:
    """A call failed for good; *error* is what its caller gets."""

    request: Request
    error: SDKError


@attrs.frozen
class StreamEvent:
    """An item of a stream was read, the *index*-th from 0."""

    request: Request
    item: Any
    index: int


@attrs.frozen
class RateLimitEvent:
    """A call waits *wait* seconds, because of the *limit* of that name."""

    request: Request
    wait: float
    limit: str


@attrs.frozen
class ConcurrencyEvent:
    """The number of calls that may run at once went from *previous* to *limit*."""

    request: Request
    previous: float
    limit: float


@attrs.frozen
class BreakerEvent:
    """The circuit *key* went from the state *previous* to *state*."""

    request: Request
    key: str
    previous: Literal["closed", "open", "half-open"]
    state: Literal["closed", "open", "half-open"]


@attrs.frozen
class HedgeEvent:
    """The same request was sent once more, beside an attempt that had had *wait* seconds."""

    request: Request
    wait: float


@attrs.frozen
class CacheEvent:
    """The cache was asked; *age* is that of the answer it gave, in seconds."""

    request: Request
    outcome: Literal["hit", "miss", "revalidated", "stale", "stored"]
    age: float | None = None


@attrs.frozen
class StoreEvent:
    """The store *name*, which processes share, could not be asked."""

    request: Request
    name: str
    error: Exception


Event: TypeAlias = (
    RequestEvent
    | ResponseEvent
    | RetryEvent
    | BudgetEvent
    | ErrorEvent
    | StreamEvent
    | RateLimitEvent
    | ConcurrencyEvent
    | BreakerEvent
    | HedgeEvent
    | CacheEvent
    | StoreEvent
)

E = TypeVar("E")
Subscriber: TypeAlias = Callable[[E], object]
"""Takes one event; an asynchronous client awaits what it returns, if that can be awaited."""

Subscribers: TypeAlias = Subscriber[E] | Sequence[Subscriber[E]]
"""One subscriber, or several."""


@attrs.frozen(init=False, repr=False)
class Hooks:
    """
    Who is told of what; see the table above. Immutable: ``hooks + more`` makes another.

    Args:
        every: Told of every event.
        on_request: Told of each `RequestEvent`, and the others likewise.

    Raises:
        ConfigurationError: A subscriber is no function.
    """

    _subscribers: Mapping[type[Any], tuple[Subscriber[Any], ...]]

    def __init__(
        self,
        every: Subscribers[Event] = (),
        *,
        on_request: Subscribers[RequestEvent] = (),
        on_response: Subscribers[ResponseEvent] = (),
        on_retry: Subscribers[RetryEvent] = (),
        on_budget: Subscribers[BudgetEvent] = (),
        on_error: Subscribers[ErrorEvent] = (),
        on_stream: Subscribers[StreamEvent] = (),
        on_rate_limit: Subscribers[RateLimitEvent] = (),
        on_concurrency: Subscribers[ConcurrencyEvent] = (),
        on_breaker: Subscribers[BreakerEvent] = (),
        on_hedge: Subscribers[HedgeEvent] = (),
        on_cache: Subscribers[CacheEvent] = (),
        on_store: Subscribers[StoreEvent] = (),
    ) -> None:
        told = _several("every", every)
        self.__attrs_init__(
            {
                RequestEvent: told + _several("on_request", on_request),
                ResponseEvent: told + _several("on_response", on_response),
                RetryEvent: told + _several("on_retry", on_retry),
                BudgetEvent: told + _several("on_budget", on_budget),
                ErrorEvent: told + _several("on_error", on_error),
                StreamEvent: told + _several("on_stream", on_stream),
                RateLimitEvent: told + _several("on_rate_limit", on_rate_limit),
                ConcurrencyEvent: told + _several("on_concurrency", on_concurrency),
                BreakerEvent: told + _several("on_breaker", on_breaker),
                HedgeEvent: told + _several("on_hedge", on_hedge),
                CacheEvent: told + _several("on_cache", on_cache),
                StoreEvent: told + _several("on_store", on_store),
            }
        )

    @classmethod
    def of(cls, given: Any) -> Hooks:
        """
        Return the hooks that the option ``hooks`` says.

        Raises:
            ConfigurationError: It is neither hooks, nor a function, nor several of them.
        """
        if isinstance(given, Hooks):
            return given
        made = Hooks()
        for each in _several("hooks", given):
            made += each if isinstance(each, Hooks) else Hooks(each)
        return made

    def __add__(self, other: Hooks) -> Hooks:
        """Return hooks that tell these subscribers first, then those of *other*."""
        more = other._subscribers
        both = Hooks.__new__(Hooks)
        both.__attrs_init__({event: own + more[event] for event, own in self._subscribers.items()})
        return both

    def __repr__(self) -> str:
        counts = {e.__name__: len(who) for e, who in self._subscribers.items() if who}
        return f"Hooks({', '.join(f'{name}: {count}' for name, count in counts.items())})"

    @property
    def asynchronous(self) -> tuple[str, ...]:
        """The names of the subscribers that only an asynchronous client can wait for."""
        everyone = (each for who in self._subscribers.values() for each in who)
        return tuple(dict.fromkeys(_name(each) for each in everyone if iscoroutinefunction(each)))

    def wants(self, event: type[Event]) -> bool:
        """Return whether anyone is told of events of this class."""
        return bool(self._subscribers[event])

    def tell(self, event: Event) -> Flow[None]:
        """
        Tell *event* from inside a flow.

        A policy writes ``if request.hooks is not None: yield from request.hooks.tell(event)``.
        """
        for subscriber in self._subscribers[type(event)]:
            try:
                yield Call(partial(_hear, subscriber, event))
            except ConfigurationError:  # the driver's, to which an answer was of the other colour
                _log.error(_WRONG_COLOUR, _name(subscriber))

    def emit(self, event: Event) -> None:
        """Tell *event* from outside a flow, blocking: what the items of a stream need."""
        for subscriber in self._subscribers[type(event)]:
            answer = _hear(subscriber, event)
            if answer is not None:
                answer.close()
                _log.error(_WRONG_COLOUR, _name(subscriber))

    async def aemit(self, event: Event) -> None:
        """Tell *event* from outside a flow; wait for asynchronous subscribers."""
        for subscriber in self._subscribers[type(event)]:
            answer = _hear(subscriber, event)
            if answer is not None:
                await answer


_WRONG_COLOUR = "the hook %s is an async function, which a client that blocks cannot wait for"


def _hear(subscriber: Subscriber[Any], event: Event) -> _Answer | None:
    """Call *subscriber*; what it raises goes to the log."""
    try:
        answer = subscriber(event)
    except Exception:
        _log.exception("the hook %s failed at %s", _name(subscriber), type(event).__name__)
        return None
    return _Answer(answer, subscriber, event) if hasattr(answer, "__await__") else None


class _Answer:
    """What an asynchronous subscriber returned: to wait for; what it raises goes to the log."""

    __slots__ = ("_awaitable", "_event", "_subscriber")

    def __init__(
        self, awaitable: Awaitable[Any], subscriber: Subscriber[Any], event: Event
    ) -> None:
        self._awaitable = awaitable
        self._subscriber = subscriber
        self._event = event

    def __await__(self) -> Generator[Any, Any, None]:
        try:
            yield from self._awaitable.__await__()
        except Exception:
            what = type(self._event).__name__
            _log.exception("the hook %s failed at %s", _name(self._subscriber), what)

    def close(self) -> None:
        """Drop it without a warning that it was never awaited."""
        if hasattr(self._awaitable, "close"):
            self._awaitable.close()


def _name(subscriber: Subscriber[Any]) -> str:
    return getattr(subscriber, "__qualname__", type(subscriber).__qualname__)


def _several(name: str, given: Any) -> tuple[Any, ...]:
    """Return what is one or several functions, or hooks, as a tuple."""
    several = given if isinstance(given, list | tuple) else (given,)
    for each in several:
        if not callable(each) and not (name == "hooks" and isinstance(each, Hooks)):
            what = type(each).__name__
            msg = f"`{name}` takes a function of one event, or a list of them, not {what}"
            raise ConfigurationError(msg)
    return tuple(several)
