"""
Effects: what a flow asks its driver to do.

A flow is a generator of these values. It never touches a socket, a clock or an event loop, so a
test can play the driver: send results in, look at the effects that come out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from ._messages import Request
from ._values import Shown, Value

if TYPE_CHECKING:
    from ._lines import Ticket
    from .typing import Flow


@attrs.define(
    repr=False, eq=False
)  # a frozen one takes twice as long to make, and every call makes one
class Send(Value):
    """Send *request*; the result is a `Response`, a failure is thrown in as an `SDKError`."""

    request: Request


@attrs.frozen(repr=False, eq=False)
class Sleep(Value):
    """Wait for *seconds*; cancellable in the asynchronous driver."""

    seconds: float


@attrs.frozen(repr=False, eq=False)
class Now(Value):
    """Ask for the driver's monotonic clock, in seconds."""


NOW: Final = Now()  # there is only one question of this kind, and calls ask it often


@attrs.frozen(repr=False, eq=False)
class Call(Value):
    """Call *function* without arguments; the asynchronous driver awaits an awaitable result."""

    function: Callable[[], Any] = attrs.field(repr=False)  # which may show what it is bound to


@attrs.frozen(repr=False, eq=False)
class Wait(Value):
    """
    Wait until *ticket* is called, at most *seconds* (None: as long as it takes).

    The result says whether it was called. Whoever waits is woken from any thread and loop.
    """

    ticket: Ticket
    seconds: float | None = None


@attrs.frozen(repr=False, eq=False)
class Race(Shown):
    """
    Run *flow*, and others beside it while it is slow; the result is that of the winner.

    The first result that *wins* accepts ends the race: the other flows are cancelled where they can
    be, and an answer that a loser brings in is closed. With none accepted, the last result is the
    result; with no result at all, the first failure is thrown in.

    Attributes:
        flow: What runs first.
        more: Called whenever *after* has passed without a winner; returns another flow, or None
            when there is to be no other.
        after: Seconds.
        wins: Whether a result ends the race.
    """

    flow: Flow[Any]
    more: Callable[[], Flow[Any] | None]
    after: float
    wins: Callable[[Any], bool]


@attrs.frozen(repr=False, eq=False)
class Finish(Shown):
    """
    Run *flow* to its end, even if whoever waits for its result is cancelled in the meantime.

    For what must not be lost half-way, such as an answer with the only token that is still good.
    In threads nothing is cancelled; there it is as if the flow stood here.
    """

    flow: Flow[Any]


Effect: TypeAlias = Send | Sleep | Now | Call | Wait | Race | Finish
