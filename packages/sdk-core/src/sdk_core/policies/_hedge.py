"""Hedge: ask a second time when an answer is later than usual, and take what comes first."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import attrs

from .._effects import NOW, Race
from .._figures import figure
from ..errors import ConfigurationError, LimitReachedError
from ._budget import RetryBudget
from ._origins import origin_of

if TYPE_CHECKING:
    from .._messages import Request, Response
    from ..typing import Flow, Inner

# RFC 9110 §9.2.1, without TRACE: what may be done twice because it does nothing.
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_SEEN: Final = 200  # the latencies that the 95th percentile is taken of
_ENOUGH: Final = 20  # before that, "p95" says too little
_FRESH: Final = 10  # answers after which it is looked up anew


def _after(instance: Any, attribute: Any, value: Any) -> None:
    if value == "p95":
        return
    if isinstance(value, str):
        msg = f'`after` of Hedge must be a number of seconds >= 0 or "p95", not {value!r}'
        raise ConfigurationError(msg)
    figure(least=0)(instance, attribute, value)


class _Latencies:
    """
    How long answers have taken.

    Attributes:
        p95: What 95 of 100 did not take longer than, in seconds; None before there are enough.
    """

    def __init__(self) -> None:
        self.p95: float | None = None
        self._seen: deque[float] = deque(maxlen=_SEEN)
        self._new = 0
        self._lock = Lock()

    def add(self, seconds: float) -> None:
        """Count one more."""
        with self._lock:
            self._seen.append(seconds)
            self._new += 1
            if len(self._seen) >= _ENOUGH and (self._new >= _FRESH or self.p95 is None):
                self._new = 0
                self.p95 = sorted(self._seen)[int(len(self._seen) * 0.95)]


@attrs.frozen(eq=False)
class Hedge:
    """
    Send a read again while its answer is late, and use the answer that comes first.

    Only reads without a body (GET, HEAD, OPTIONS) are hedged: what changes something must not be
    done twice. The attempt that loses is cancelled; a client that blocks runs the two in threads,
    and the loser's answer is closed when it comes. An answer with a status of 500 or more, 408 or
    429 wins only if there is no other. See Dean and Barroso, "The Tail at Scale", 2013.

    Args:
        after: Seconds until the second is sent, or ``"p95"``: longer than 95 of 100 answers took,
            of the last 200. Until 20 have been seen nothing is hedged.
        max: How many there may be at once, the first included.

    Raises:
        ConfigurationError: An argument is out of range.
    """

    after: float | Literal["p95"] = attrs.field(default="p95", validator=_after)
    max: int = attrs.field(default=2, validator=figure(least=2, most=10, whole=True))
    _budget: RetryBudget | None = attrs.field(default=None, init=False, repr=False)
    _latencies: _Latencies = attrs.field(init=False, factory=_Latencies, repr=False)

    def using(self, budget: RetryBudget | None) -> Self:
        """Return a copy that pays for what it sends from *budget*; both see the same answers."""
        copy = type(self)(self.after, self.max)
        object.__setattr__(copy, "_budget", budget)  # derived, of a frozen value
        object.__setattr__(copy, "_latencies", self._latencies)
        return copy

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Send *request*, and perhaps once more; see `Policy`."""
        if request.method not in _READS or request.content is not None:
            return (yield from inner(request))
        after: float | None
        response: Response
        if self.after == "p95":
            after = self._latencies.p95
            started = yield NOW
            if after is None:
                response = yield from inner(request)
            else:
                response = yield self._race(request, inner, after)
            # When the second won this is less than the first would have taken, and the best there
            # is to know about it.
            self._latencies.add((yield NOW) - started)
            return response
        response = yield self._race(request, inner, self.after)
        return response

    def _race(self, request: Request, inner: Inner, after: float) -> Race:
        left = self.max - 1

        def more() -> Flow[Response] | None:
            nonlocal left
            left -= 1
            return self._twin(request, inner, after) if left >= 0 else None

        return Race(inner(request), more, after, _wins)

    def _twin(self, request: Request, inner: Inner, after: float) -> Flow[Response]:
        budget = self._budget
        if budget is not None:
            origin = origin_of(request.url)
            if not (yield from budget.take(request, origin, budget.transient)):
                msg = "Not sent: the retry budget has nothing left for a second request"
                raise LimitReachedError(request, message=msg)
        if request.hooks is not None:
            from ..hooks import HedgeEvent  # noqa: PLC0415  # only those who listen need it

            yield from request.hooks.tell(HedgeEvent(request, after))
        return (yield from inner(request))


def _wins(response: Response) -> bool:
    status = response.status_code
    return status < 500 and status not in {408, 429}
