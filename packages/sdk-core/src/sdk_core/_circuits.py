"""
Circuits as arithmetic: who may call while a server fails.

Sans-IO and without a clock: every question says what time it is.
"""

from __future__ import annotations

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


@attrs.define
class _Circuit:
    admission: Admission = attrs.Factory(lambda: Admission(0))  # of every call while it is closed
    state: State = "closed"
    until: float = 0.0
    probing: bool = False
    calls: dict[int, list[int]] = attrs.Factory(dict)  # by slot: how many, and how many failed


class Circuits:
    """The circuits of one process, one for each origin."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._step = terms.window / SLOTS
        self._circuits: dict[str, _Circuit] = {}
        self._lock = Lock()

    def enter(self, origin: str, now: float) -> Admission:
        """Ask whether a call to *origin* may be made."""
        circuit = self._circuits.get(origin)
        if circuit is None:
            with self._lock:
                circuit = self._circuits.setdefault(origin, _Circuit())
        if circuit.state == "closed":
            return circuit.admission
        with self._lock:
            epoch = circuit.admission.epoch
            if now < circuit.until:
                return Admission(epoch, circuit.until - now, allowed=False)
            if circuit.probing:
                return Admission(epoch, self._terms.open_for, allowed=False)
            previous, circuit.state, circuit.probing = circuit.state, "half-open", True
            change: Change | None = None if previous == "half-open" else (previous, "half-open")
            return Admission(epoch, probe=True, change=change)

    def succeed(self, origin: str, now: float, admission: Admission) -> None:
        """Note that a call that was no probe went well."""
        circuit = self._circuits[origin]
        with self._lock:
            if admission is circuit.admission and circuit.state == "closed":
                self._calls_of(circuit, now)[0] += 1

    def leave(
        self, origin: str, now: float, admission: Admission, *, failed: bool
    ) -> Change | None:
        """Note how a call went; return the states before and after, if that has changed it."""
        circuit = self._circuits[origin]
        with self._lock:
            if admission.epoch != circuit.admission.epoch:
                return None
            if admission.probe:
                return self._open(circuit, now) if failed else self._become(circuit, "closed")
            calls = self._calls_of(circuit, now)
            calls[0] += 1
            calls[1] += failed
            oldest = int(now / self._step) - SLOTS
            counted = [count for slot, count in circuit.calls.items() if slot > oldest]
            total, failures = (sum(counts) for counts in zip(*counted, strict=True))
            terms = self._terms
            if total >= terms.minimum_calls and failures >= terms.failure_rate * total:
                return self._open(circuit, now)
            return None

    def _calls_of(self, circuit: _Circuit, now: float) -> list[int]:
        """Return the figures of the slot that *now* is in."""
        slot = int(now / self._step)
        calls = circuit.calls.get(slot)
        if calls is None:
            calls = circuit.calls[slot] = [0, 0]
            for old in [s for s in circuit.calls if s <= slot - SLOTS]:
                del circuit.calls[old]
        return calls

    def abandon(self, origin: str, admission: Admission) -> None:
        """Note that nothing is known of how a call went; another one may probe."""
        circuit = self._circuits[origin]
        with self._lock:
            if admission.probe and admission.epoch == circuit.admission.epoch:
                circuit.probing = False

    def _open(self, circuit: _Circuit, now: float) -> Change:
        circuit.until = now + self._terms.open_for
        return self._become(circuit, "open")

    @staticmethod
    def _become(circuit: _Circuit, state: State) -> Change:
        previous, circuit.state = circuit.state, state
        circuit.admission = Admission(circuit.admission.epoch + 1)
        circuit.probing = False
        circuit.calls.clear()
        return previous, state
