"""Retry budget: repeat what fails now and then, not all that fails in an outage."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import attrs

from .._figures import figure, store_or_none
from .._values import Shown

if TYPE_CHECKING:
    from .._messages import Request
    from .._redis import RedisStore, SharedBudget
    from ..typing import Flow


@attrs.frozen(repr=False, eq=False)
class RetryBudget(Shown):
    """
    Tokens that repeats are paid with, for each origin by itself.

    An outage makes every call fail, and every repeat is more load on a server that has enough.
    The bucket is full at first; each repeat takes *transient* tokens, or *throttled* after a 429.
    A call that succeeds gives one token back, or what its last repeat took if it needed one. So
    single failures are always repeated, and in an outage what the bucket holds (35 repeats by
    default) and then nothing. The figures are those of botocore's standard mode.

    Give the same budget to all clients of an API. Safe to share between threads and loops.

    Args:
        capacity: The tokens of a full bucket.
        transient: What a repeat after a failure costs, hedged requests included.
        throttled: What a repeat after a 429 costs.
        store: Share the tokens with other processes. A process asks it when it repeats, and then
            until the bucket is full again.

    Attributes:
        lacks: What is left of each origin that lacks some, so that origins come and go without a
            trace; empty while all is well, which calls look at.
    """

    capacity: int = attrs.field(default=500, validator=figure(least=0, whole=True))
    transient: int = attrs.field(default=14, validator=figure(least=0, whole=True))
    throttled: int = attrs.field(default=5, validator=figure(least=0, whole=True))
    store: RedisStore | None = attrs.field(default=None, validator=store_or_none)
    lacks: dict[str, float] = attrs.field(init=False, factory=dict, repr=False)
    _lock: Lock = attrs.field(init=False, factory=Lock, repr=False)
    _shared: SharedBudget | None = attrs.field(init=False, repr=False)

    @_shared.default
    def _of_all_processes(self) -> SharedBudget | None:
        if self.store is None:
            return None
        from .._redis import SharedBudget  # noqa: PLC0415  # only those who share need it

        return SharedBudget(self.store, self.capacity)

    def tokens(self, origin: str) -> float:
        """Return what is left for *origin*, as far as this process knows."""
        return self.lacks.get(origin, float(self.capacity))

    def take(self, request: Request, origin: str, cost: float) -> Flow[bool]:
        """Pay for a repeat of *request* to *origin*; return whether there was enough."""
        if self._shared is not None:
            paid, left = yield from self._shared.take(request, origin, cost)
            self._know(origin, left)
            return paid
        with self._lock:
            left = self.tokens(origin) - cost
            if left < 0:
                return False
            self._know(origin, left)
            return True

    def give(self, request: Request, origin: str, amount: float) -> Flow[None]:
        """Give *amount* back for a call to *origin* that succeeded."""
        if origin not in self.lacks:
            return
        if self._shared is not None:
            self._know(origin, (yield from self._shared.give(request, origin, amount)))
            return
        with self._lock:
            self._know(origin, self.tokens(origin) + amount)

    def _know(self, origin: str, left: float) -> None:
        if left >= self.capacity:
            self.lacks.pop(origin, None)
        else:
            self.lacks[origin] = left
