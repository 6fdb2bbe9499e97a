from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from sdk_telemetry.errors import InvalidEventError
from sdk_telemetry.events import (
    PromptInfo,
    ResponseInfo,
    TelemetryEvent,
    TelemetryEventBuilder,
)

EVENT_ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
AT = datetime(2026, 1, 31, tzinfo=UTC)


def builder() -> TelemetryEventBuilder:
    """Return a builder to which all was said that must be."""
    return (
        TelemetryEventBuilder()
        .service("checkout")
        .model("gpt-4o")
        .prompt("Say hello.", 3)
        .response("Hello!", 2, "stop")
        .latency(150.5)
        .cost(0.001)
    )


def test_a_builder_says_all_that_an_event_can_say() -> None:
    """Each method sets one thing, and the last word counts."""
    made = (
        builder()
        .event_id(EVENT_ID)
        .timestamp(AT)
        .trace_id("trace")
        .span_id("span")
        .prompt("Say hello.", 3, [0.5])
        .response("Hello!", 2, "stop", [0.25])
        .metadata({"gone": "x"})
        .metadata({"region": "eu"})
        .add_metadata("tier", "gold")
        .errors(["gone"])
        .errors(["first"])
        .add_error("second")
        .build()
    )
    assert made == TelemetryEvent(
        "checkout",
        "gpt-4o",
        PromptInfo("Say hello.", 3, [0.5]),
        ResponseInfo("Hello!", 2, finish_reason="stop", embedding=[0.25]),
        event_id=EVENT_ID,
        timestamp=AT,
        trace_id="trace",
        span_id="span",
        latency_ms=150.5,
        cost_usd=0.001,
        metadata={"region": "eu", "tier": "gold"},
        errors=["first", "second"],
    )


def test_parts_may_be_made_before() -> None:
    """An own `PromptInfo` and `ResponseInfo` are taken as they are."""
    prompt, response = PromptInfo("a", 1), ResponseInfo("b", 2)
    made = builder().prompt_info(prompt).response_info(response).build()
    assert (made.prompt, made.response) == (prompt, response)


def test_what_is_built_does_not_change_with_its_builder() -> None:
    """An event that was built stays as it is when the builder goes on."""
    started = builder().add_error("first").add_metadata("a", "b")
    made = started.build()
    started.add_error("second").add_metadata("c", "d")
    assert (made.errors, dict(made.metadata)) == (("first",), {"a": "b"})


@pytest.mark.parametrize(
    ("field", "method"),
    [
        ("service_name", "service"),
        ("model", "model"),
        ("prompt", "prompt"),
        ("response", "response"),
        ("latency_ms", "latency"),
        ("cost_usd", "cost"),
    ],
)
def test_what_was_forgotten_is_named(field: str, method: str) -> None:
    """Rather than sent as a zero that spoils every average."""
    whole: dict[str, tuple[Any, ...]] = {
        "service": ("checkout",),
        "model": ("gpt-4o",),
        "prompt": (),
        "response": (),
        "latency": (1,),
        "cost": (0,),
    }
    del whole[method]
    started = TelemetryEventBuilder()
    for name, values in whole.items():
        getattr(started, name)(*values)
    with pytest.raises(
        InvalidEventError, match=rf"`{field}` was not set: call `\.{method}\("
    ) as caught:
        started.build()
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("method", "value", "field"),
    [
        ("event_id", "x", "event_id"),
        ("timestamp", datetime(2026, 1, 31), "timestamp"),  # noqa: DTZ001  # which is the point
        ("service", "", "service_name"),
        ("model", "", "model"),
        ("trace_id", 1, "trace_id"),
        ("span_id", 1, "span_id"),
        ("prompt", None, "prompt.text"),
        ("prompt_info", "x", "prompt"),
        ("response", None, "response.text"),
        ("response_info", PromptInfo(), "response"),
        ("latency", -1, "latency_ms"),
        ("cost", float("nan"), "cost_usd"),
        ("metadata", {"n": 1}, "metadata"),
        ("errors", "x", "errors"),
        ("add_error", None, "errors"),
    ],
)
def test_each_method_refuses_at_once(method: str, value: Any, field: str) -> None:
    """What breaks a limit is refused by the line that says it."""
    with pytest.raises(InvalidEventError) as caught:
        getattr(TelemetryEventBuilder(), method)(value)
    assert caught.value.field == field


def test_a_piece_of_metadata_is_checked() -> None:
    """As all of it would be."""
    with pytest.raises(InvalidEventError, match="`metadata`"):
        TelemetryEventBuilder().add_metadata("n", 1)  # type: ignore[arg-type]
