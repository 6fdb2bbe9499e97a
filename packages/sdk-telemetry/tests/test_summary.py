"""What calls of a window come to."""

from __future__ import annotations

from typing import Any

import pytest

from sdk_telemetry import PromptInfo, ResponseInfo, TelemetryEvent
from sdk_telemetry._summary import OTHERS, TOTAL, Window


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return what time it is."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock at 100 seconds."""
    return Clock()


def call(model: str = "gpt-5", **options: Any) -> TelemetryEvent:
    """Make the event of a call of 10 and 5 tokens."""
    prompt, response = PromptInfo("", 10), ResponseInfo("", 5)
    return TelemetryEvent("checkout", model, prompt, response, **options)


def test_each_model_has_a_row_and_all_have_one(clock: Clock) -> None:
    """Calls, rate, percentiles, tokens, cost and errors, the model with most calls first."""
    window = Window(60, clock=clock)
    for n in range(1, 101):
        window.add(call(latency_ms=n * 10, cost_usd=0.01, errors=["timeout"] if n > 98 else ()))
    window.add(call("claude", latency_ms=5))
    clock.now += 10
    first, second, total = window.rows()
    assert (first.model, first.events, first.rate) == ("gpt-5", 100, 10.0)
    assert [first.p50, first.p95, first.p99] == pytest.approx([500, 950, 990], rel=0.01)
    assert (first.prompt_tokens, first.response_tokens, first.errors) == (1_000, 500, 2)
    assert first.cost_usd == pytest.approx(1)
    assert (second.model, second.events) == ("claude", 1)
    assert (total.model, total.events, total.prompt_tokens, total.errors) == (TOTAL, 101, 1_010, 2)


def test_what_is_older_than_the_window_is_forgotten(clock: Clock) -> None:
    """Calls leave the window a twentieth of it at a time; the rate is of what is left."""
    window = Window(60, clock=clock)
    window.add(call("old"))
    clock.now += 50
    window.add(call("new"))
    assert [row.model for row in window.rows()] == ["new", "old", TOTAL]
    clock.now += 20
    new, total = window.rows()
    assert (new.model, new.events, total.events) == ("new", 1, 1)
    assert total.rate == pytest.approx(1 / 60)
    clock.now += 60
    assert [(row.model, row.events, row.rate) for row in window.rows()] == [(TOTAL, 0, 0.0)]


def test_a_full_window_holds_so_many_parts(clock: Clock) -> None:
    """Its memory does not grow with time."""
    window = Window(60, clock=clock)
    for _ in range(1_000):
        window.add(call())
        clock.now += 1
    assert len(window._slots) <= 21
    assert window.rows()[-1].events == pytest.approx(60, abs=3)


def test_models_without_end_are_others(clock: Clock) -> None:
    """After a hundred names the rest shares a row: who makes up names cannot fill the memory."""
    window = Window(60, clock=clock)
    for n in range(250):
        window.add(call(f"model-{n}"))
        clock.now += 0.2
    rows = {row.model: row.events for row in window.rows()}
    assert len(rows) <= 102
    assert rows[OTHERS] >= 140
    assert rows[TOTAL] == 250


def test_without_a_window_the_rate_is_by_the_events_own_times() -> None:
    """What is read at once, long after, has the rate with which it happened."""
    window = Window()
    for minute in range(11):
        window.add(call(timestamp=f"2026-01-01T00:{minute:02}:00Z"))
    assert window.rows()[-1].rate == pytest.approx(11 / 600)
