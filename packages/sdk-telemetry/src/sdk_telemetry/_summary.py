"""What calls cost, how long they take and how often they fail, by model: over a window of time."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ._sketch import Sketch

if TYPE_CHECKING:
    from .events import TelemetryEvent

__all__ = ["OTHERS", "TOTAL", "Row", "Window"]

TOTAL = "total"
OTHERS = "(others)"
_MODELS = 100  # names that are told apart; whoever sends events may make up any number
_SLOTS = 20  # parts of a window, which it loses one after the other


class Row(NamedTuple):
    """
    What is known of a model's calls.

    Attributes:
        model: Its name, or `TOTAL`, or `OTHERS` for what comes after the first hundred names.
        events: How many calls.
        rate: Calls a second.
        p50: Milliseconds that half of them took at the most, within 1 %; p95 and p99 likewise.
        prompt_tokens: Tokens that were asked.
        response_tokens: Tokens that were answered.
        cost_usd: US dollars.
        errors: How many of the calls had errors.
    """

    model: str
    events: int
    rate: float
    p50: float
    p95: float
    p99: float
    prompt_tokens: int
    response_tokens: int
    cost_usd: float
    errors: int


class Window:
    """
    The calls of the last seconds, or all, in memory that does not grow with their number.

    Args:
        seconds: How far it goes back from now, by the clock of whoever looks; None: all events, whose
            rate is then by their own timestamps.
        clock: Seconds that only grow.
    """

    def __init__(
        self, seconds: float | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._began = clock()
        self._slot = seconds / _SLOTS if seconds else math.inf
        self._slots: deque[tuple[float, dict[str, _Calls]]] = deque()
        self._times: tuple[float, float] = (math.inf, -math.inf)

    def add(self, event: TelemetryEvent) -> None:
        """Count an event."""
        now = self._clock()
        if not self._slots or now >= self._slots[-1][0] + self._slot:
            self._slots.append((now, {}))
            self._forget(now)
        calls = self._slots[-1][1]
        name = event.model if event.model in calls or len(calls) < _MODELS else OTHERS
        calls.setdefault(name, _Calls()).add(event)
        seconds = event.timestamp.timestamp()
        self._times = (min(self._times[0], seconds), max(self._times[1], seconds))

    def rows(self) -> list[Row]:
        """Return a row for each model, the one with the most calls first, and one for all."""
        now = self._clock()
        self._forget(now)
        merged: dict[str, _Calls] = {}
        total = _Calls()
        for _, calls in self._slots:
            for name, each in calls.items():
                known = name if name in merged or len(merged) < _MODELS else OTHERS
                merged.setdefault(known, _Calls()).merge(each)
                total.merge(each)
        seconds = self._span(now)
        ordered = sorted(merged.items(), key=lambda item: (-item[1].latencies.count, item[0]))
        return [each.row(name, seconds) for name, each in [*ordered, (TOTAL, total)]]

    def _forget(self, now: float) -> None:
        while self._slots and self._slots[0][0] <= now - self._slot * _SLOTS:
            self._slots.popleft()

    def _span(self, now: float) -> float:
        if self._slot == math.inf:
            return max(self._times[1] - self._times[0], 1.0)
        return max(min(now - self._began, self._slot * _SLOTS), 1.0)


class _Calls:
    """The calls of a model."""

    __slots__ = ("cost_usd", "errors", "latencies", "prompt_tokens", "response_tokens")

    def __init__(self) -> None:
        self.latencies = Sketch()
        self.prompt_tokens = 0
        self.response_tokens = 0
        self.cost_usd = 0.0
        self.errors = 0

    def add(self, event: TelemetryEvent) -> None:
        self.latencies.add(event.latency_ms)
        self.prompt_tokens += event.prompt.tokens
        self.response_tokens += event.response.tokens
        self.cost_usd += event.cost_usd
        self.errors += bool(event.errors)

    def merge(self, other: _Calls) -> None:
        self.latencies.merge(other.latencies)
        self.prompt_tokens += other.prompt_tokens
        self.response_tokens += other.response_tokens
        self.cost_usd += other.cost_usd
        self.errors += other.errors

    def row(self, name: str, seconds: float) -> Row:
        events, quantile = self.latencies.count, self.latencies.quantile
        return Row(
            name,
            events,
            events / seconds,
            quantile(0.5),
            quantile(0.95),
            quantile(0.99),
            self.prompt_tokens,
            self.response_tokens,
            self.cost_usd,
            self.errors,
        )
