"""
Circuits as arithmetic: who may call while a server fails.

Sans-IO and without a clock: every question says what time it is.
"""

from __future__ import annotations

import math
from threading import Lock
from typing import Final, Literal, TypeAlias

import attrs

State: TypeAlias = Literal["closed", "open", "half-open"]
Change: TypeAlias = tuple[State, State]

SLOTS: Final = 10  # of a window; a call is forgotten a tenth of a window late at most


@attrs.frozen(eq=False)
class Admission:
    """
    Whether a call may be made.

    Attributes:
        epoch: Which state of the circuit it is about; outcomes of calls from before are ignored.
        retry_after: Seconds until it is worth asking again, if it may not.
        allowed: Whether it may.
        probe: Whether it is the one call that finds out if the server is well again.
        change: The state before and after, if asking has changed it.
    """

    epoch: int
    retry_after: float = 0.0
    allowed: bool = True
    probe: bool = False
    change: Change | None = None


@attrs.frozen
class Terms:
    """When circuits open and close; see `CircuitBreaker`."""

    failure_rate: float
    minimum_calls: int
    window: float
    open_for: float


class Circuit:
    """
    The circuit of one origin, in one process.

    Attributes:
        passing: The admission of every call while the circuit is closed; else None, and a call has
            to ask.
    """

    def __init__(self, terms: Terms) -> None:
        self.passing: Admission | None = Admission(0)
        self._terms = terms
        self._step = terms.window / SLOTS
        self._lock = Lock()
        self._epoch = 0
        self._state: State = "closed"
        self._until = 0.0
        self._probing = False
        self._calls: dict[int, list[int]] = {}  # by slot: how many, and how many of them failed
        self._newest: list[int] = []  # one of them
        self._newest_ends = -math.inf

    def enter(self, now: float) -> Admission:
        """Ask whether a call may be made."""
        with self._lock:
            if self.passing is not None:
                return self.passing
            epoch = self._epoch
            if now < self._until:
                return Admission(epoch, self._until - now, allowed=False)
            if self._probing:
                return Admission(epoch, self._terms.open_for, allowed=False)
            previous, self._state, self._probing = self._state, "half-open", True
            change: Change | None = None if previous == "half-open" else (previous, "half-open")
            return Admission(epoch, probe=True, change=change)

    def leave(self, now: float, admission: Admission, *, failed: bool) -> Change | None:
        """Note how a call went; return the states before and after, if that has changed it."""
        self._lock.acquire()  # `with` takes longer, and every call comes by
        try:
            if admission.epoch != self._epoch:
                return None
            if admission.probe:
                return self._become("open" if failed else "closed", now)
            calls = self._newest if now < self._newest_ends else self._turn(now)
            calls[0] += 1
            return self._fail(calls, now) if failed else None
        finally:
            self._lock.release()

    def _fail(self, calls: list[int], now: float) -> Change | None:
        calls[1] += 1
        total, failures = (sum(counts) for counts in zip(*self._calls.values(), strict=True))
        terms = self._terms
        if total >= terms.minimum_calls and failures >= terms.failure_rate * total:
            return self._become("open", now)
        return None

    def _turn(self, now: float) -> list[int]:
        """Begin the slot that *now* is in, and forget those that are too old."""
        slot = int(now / self._step)
        self._calls = {s: calls for s, calls in self._calls.items() if s > slot - SLOTS}
        self._newest = self._calls.setdefault(slot, [0, 0])
        self._newest_ends = (slot + 1) * self._step
        return self._newest

    def abandon(self, admission: Admission) -> None:
        """Note that nothing is known of how a call went; another one may probe."""
        with self._lock:
            if admission.probe and admission.epoch == self._epoch:
                self._probing = False

    def _become(self, state: State, now: float) -> Change:
        previous, self._state = self._state, state
        self._epoch += 1
        self.passing = Admission(self._epoch) if state == "closed" else None
        self._until = now + self._terms.open_for
        self._probing = False
        self._calls.clear()
        self._newest_ends = -math.inf
        return previous, state
