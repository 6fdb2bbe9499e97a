"""
Faults of events that were reproduced with another SDK, each a silent loss at the consumer.

Here each either does not happen, or is an error that names the field, where the event is made.
"""

from __future__ import annotations

import math
import warnings
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sdk_telemetry.errors import InvalidEventError
from sdk_telemetry.events import (
    MAX_TEXT,
    PromptInfo,
    ResponseInfo,
    TelemetryEvent,
    TelemetryEventBuilder,
)

from ._consumer import accept


def event(**changes: Any) -> TelemetryEvent:
    """Return an event with little in it."""
    return TelemetryEvent("checkout", "gpt-4o", **changes)


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-8)), timezone.utc])  # noqa: UP017
def test_a_time_with_an_offset_is_written_once_and_in_utc(zone: timezone) -> None:
    """Reproduced: an aware time was written with its offset and a Z behind, and dropped."""
    at = datetime(2026, 1, 31, 12, 0, tzinfo=zone)
    assert accept(event(timestamp=at).to_json())["timestamp"] == at


def test_a_naive_time_is_refused_and_none_is_made() -> None:
    """Found by reading: times were made naive, by a function that Python 3.12 deprecates."""
    with pytest.raises(InvalidEventError, match="`timestamp` has no time zone"):
        event(timestamp=datetime(2026, 1, 31))  # noqa: DTZ001  # which is the point
    with warnings.catch_warnings(action="error"):
        assert event().timestamp.utcoffset() == timedelta()


@pytest.mark.parametrize("name", ["latency_ms", "cost_usd"])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_refused(name: str, number: float) -> None:
    """Reproduced: not-a-number passed for "not negative", was written bare, and dropped."""
    with pytest.raises(InvalidEventError, match=f"`{name}`"):
        event(**{name: number})


@pytest.mark.parametrize("value", [1, 1.5, None, True, ["x"]])
def test_metadata_that_is_no_string_is_refused(value: Any) -> None:
    """Reproduced: a number was written as a number, where the consumer reads strings."""
    with pytest.raises(InvalidEventError, match=r"`metadata`.* 'n' is "):
        event(metadata={"n": value})


def test_text_outside_of_ascii_is_not_blown_up() -> None:
    """Found by reading: 100,000 such characters became 1.2 MB, more than a broker takes."""
    text = "😀" * MAX_TEXT
    payload = event(prompt=PromptInfo(text)).to_json()
    assert len(payload) < 4 * MAX_TEXT + 1000 < 1_048_576
    assert accept(payload)["prompt"]["text"] == text


def test_every_key_is_there_whatever_was_left_out() -> None:
    """Found by reading: the consumer has no defaults for metadata and errors."""
    accept(event().to_json())
    accept(event(prompt=PromptInfo(), response=ResponseInfo()).to_json())


def test_two_events_of_one_builder_are_two() -> None:
    """Found by reading: they had one identifier and one time, and the second was a duplicate."""
    builder = (
        TelemetryEventBuilder()
        .service("checkout")
        .model("gpt-4o")
        .prompt("", 0)
        .response("", 0, "stop")
        .latency(0)
        .cost(0)
    )
    assert builder.build().event_id != builder.build().event_id
