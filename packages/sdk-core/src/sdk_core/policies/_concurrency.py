"""Adaptive concurrency: as many calls at once as the server carries, the others in line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from .._effects import NOW, Wait
from .._figures import figure, store_or_none
from .._lines import Line
from .._slots import Slots, Span
from ..errors import APITimeoutError, ConfigurationError, LimitReachedError, SDKError

if TYPE_CHECKING:
    from .._messages import Request, Response
    from .._redis import RedisStore, SharedSlots
    from .._slots import Change
    from ..typing import Flow, Inner

_OVERLOADED = frozenset({429, 503})
_POLL: Final = 0.05  # seconds between two questions whether another process has left a slot


@attrs.frozen(eq=False)
class AdaptiveConcurrency:
    """
    Limit how many calls run at once, and find out how many the server carries.

    The limit goes down to 0.7 of itself when a call is answered with 429 or 503, or is not
    answered in time, and up by one when as many calls as the limit have succeeded. Calls beyond it
    wait, first come first served. A stream is a call that runs until it has been read or closed.

    Args:
        initial: Where the limit begins.
        max: The highest.
        min: The lowest.
        store: Share the slots with other processes. Calls are first come first served in each
            process; among processes whoever asks first when a slot is free.

    Raises:
        ConfigurationError: An argument is out of range.
        LimitReachedError: No slot became free before the call's deadline.
    """

    initial: int = attrs.field(default=10, validator=figure(least=1, whole=True))
    max: int = attrs.field(default=100, validator=figure(least=1, whole=True))
    min: int = attrs.field(default=1, kw_only=True, validator=figure(least=1, whole=True))
    store: RedisStore | None = attrs.field(default=None, kw_only=True, validator=store_or_none)
    _line: Line = attrs.field(init=False, factory=Line, repr=False)
    _slots: Slots = attrs.field(init=False, repr=False)
    _shared: SharedSlots | None = attrs.field(init=False, repr=False)

    @classmethod
    def of(cls, value: Any) -> Self:
        """Return *value*, or for an integer the policy whose limit it is and stays."""
        if isinstance(value, cls):
            return value
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            msg = (
                "`max_concurrency` must be an integer >= 1, an AdaptiveConcurrency or None, not "
                f"{value!r}"
            )
            raise ConfigurationError(msg)
        return cls(value, value, min=value)

    def __attrs_post_init__(self) -> None:
        if not self.min <= self.initial <= self.max:
            msg = (
                f"`initial` of AdaptiveConcurrency must lie between `min` ({self.min}) and `max` "
                f"({self.max}), not be {self.initial}"
            )
            raise ConfigurationError(msg)
        # What is derived, once all figures have been found right.
        span, shared = Span(self.initial, self.max, self.min), None
        if self.store is not None:
            from .._redis import SharedSlots  # noqa: PLC0415  # only those who share need it

            shared = SharedSlots(self.store, span)
        object.__setattr__(self, "_slots", Slots(span))
        object.__setattr__(self, "_shared", shared)

    @property
    def limit(self) -> float:
        """How many calls may run now, as far as this process knows."""
        return self._slots.limit if self._shared is None else self._shared.limit

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Send *request* when there is a slot for it; see `Policy`."""
        if self._shared is not None:
            return (yield from self._share(self._shared, request, inner))
        slots = self._slots
        if self._line.waiting or not slots.enter():
            yield from self._queue(request)
        epoch = slots.epoch
        try:
            response = yield from inner(request)
        except BaseException as error:
            change = slots.leave(epoch, True if isinstance(error, APITimeoutError) else None)
            self._line.nudge()
            if change is not None and request.hooks is not None:
                yield from _tell(request, change)
            raise
        status = response.status_code
        overloaded = None if status >= 400 and status not in _OVERLOADED else status >= 400
        if response.stream is None:
            change = slots.leave(epoch, overloaded)
        else:
            from .._held import Watched  # noqa: PLC0415  # only streams need it

            change = slots.judge(epoch, overloaded)
            response.stream = Watched(response.stream, self._let_go)
        if self._line.waiting:  # a slot is free, or there is one more
            self._line.nudge()
        if change is not None and request.hooks is not None:
            yield from _tell(request, change)
        return response

    def _let_go(self, _: bytes) -> None:
        self._slots.leave()
        self._line.nudge()

    def _queue(self, request: Request) -> Flow[None]:
        """Wait for a slot; whoever is first in the line gets the next one."""
        ticket = self._line.join()
        try:
            while True:
                if ticket.called:
                    ticket.called = False  # before looking, so that no call is missed after it
                    if self._slots.enter():
                        return
                left = None if request.ends is None else request.ends - (yield NOW)
                if left is not None and left <= 0.0:
                    raise _late(request)
                yield Wait(ticket, left)
        finally:
            self._line.leave(ticket)

    def _share(self, shared: SharedSlots, request: Request, inner: Inner) -> Flow[Response]:
        """Do as `__call__`, with slots that are in a store."""
        lease = yield from self._queue_with_others(shared, request)
        try:
            response = yield from inner(request)
        except SDKError as error:
            overloaded = True if isinstance(error, APITimeoutError) else None
            change = yield from shared.leave(request, lease, overloaded)
            if change is not None and request.hooks is not None:
                yield from _tell(request, change)
            raise
        except BaseException:  # cancelled: there is no asking now
            shared.forget(lease)
            raise
        status = response.status_code
        overloaded = None if status >= 400 and status not in _OVERLOADED else status >= 400
        if response.stream is not None:
            from .._held import Watched  # noqa: PLC0415  # as above

            response.stream = Watched(response.stream, lambda _: shared.let_go(lease, overloaded))
            return response
        change = yield from shared.leave(request, lease, overloaded)
        self._line.nudge()
        if change is not None and request.hooks is not None:
            yield from _tell(request, change)
        return response

    def _queue_with_others(self, shared: SharedSlots, request: Request) -> Flow[str]:
        ticket = self._line.join()
        try:
            while not ticket.called:
                left = None if request.ends is None else request.ends - (yield NOW)
                if left is not None and left <= 0.0:
                    raise _late(request)
                yield Wait(ticket, left)
            while True:
                ticket.called = False
                lease = yield from shared.enter(request)
                if lease is not None:
                    return lease
                if request.ends is not None and (yield NOW) + _POLL >= request.ends:
                    raise _late(request)
                yield Wait(ticket, _POLL)
        finally:
            self._line.leave(ticket)


def _late(request: Request) -> LimitReachedError:
    msg = "Not sent: `deadline` was over before `max_concurrency` let the call begin"
    return LimitReachedError(request, message=msg)


def _tell(request: Request, change: Change) -> Flow[None]:
    from ..hooks import ConcurrencyEvent  # noqa: PLC0415  # only those who listen need it

    assert request.hooks is not None
    yield from request.hooks.tell(ConcurrencyEvent(request, *change))
