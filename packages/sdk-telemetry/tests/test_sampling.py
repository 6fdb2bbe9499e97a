"""Sampling: which events are kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_telemetry._fields import Fields
from sdk_telemetry.errors import ConfigurationError
from sdk_telemetry.sampling import Sampling
from sdk_telemetry.sinks import MemorySink

from ._scripted import Driven, event


def fields(model: str = "gpt", service: str | None = "chat", **more: Any) -> Fields:
    """Make the fields of an event."""
    return Fields(0, service, model, **more)


@given(trace=st.text(min_size=1), rate=st.floats(0, 1))
def test_what_belongs_together_stays_together(trace: str, rate: float) -> None:
    """All events of a trace are kept, or none; a higher rate keeps what a lower one keeps."""
    sampling = Sampling(rate, by="trace_id")
    kept = sampling.keeps(fields(trace_id=trace))
    assert sampling.keeps(fields(trace_id=trace, model="other")) is kept
    assert Sampling(1.0, by="trace_id").keeps(fields(trace_id=trace))
    assert not kept or Sampling(min(1.0, rate * 1.5), by="trace_id").keeps(fields(trace_id=trace))


def test_the_rate_is_about_right() -> None:
    """Of many traces, the part that was asked for is kept."""
    sampling = Sampling(0.25, by="trace_id")
    kept = sum(sampling.keeps(fields(trace_id=str(number))) for number in range(10_000))
    assert 2300 < kept < 2700


def test_the_decision_is_that_of_every_other_process() -> None:
    """It depends on nothing but the value: CRC-32, the numbers here are from elsewhere."""
    assert Sampling(0.80, by="key").keeps(fields(key="123456789"))  # 0xCBF43926 is 0.7967
    assert not Sampling(0.79, by="key").keeps(fields(key="123456789"))


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ("user", {"metadata": {"user": "123456789"}}),
        (lambda found: found.metadata["user"], {"metadata": {"user": "123456789"}}),
        ("model", {"model": "123456789"}),
    ],
)
def test_a_value_may_be_of_the_metadata(by: Any, found: dict[str, Any]) -> None:
    """A key, a field or a function says what belongs together."""
    assert Sampling(0.80, by=by).keeps(fields(**found))
    assert not Sampling(0.79, by=by).keeps(fields(**found))


@pytest.mark.parametrize("by", [None, "user", "trace_id"])
def test_without_a_value_chance_decides(by: str | None) -> None:
    """Each event by itself."""
    chances = iter([0.1, 0.6])
    sampling = Sampling(0.5, by=by, chance=lambda: next(chances))
    assert sampling.keeps(fields())
    assert not sampling.keeps(fields())


def test_errors_and_slow_calls_are_kept() -> None:
    """Whatever the rate."""
    sampling = Sampling(0.0, slow_ms=1000)
    assert sampling.keeps(fields(errors=["timeout"]))
    assert sampling.keeps(fields(latency_ms=1000.0))
    assert not sampling.keeps(fields(latency_ms=999.0))
    assert not Sampling(0.0, keep_errors=False).keeps(fields(errors=["timeout"]))


def test_models_and_services_may_have_rates_of_their_own() -> None:
    """The model's goes before the service's."""
    sampling = Sampling(1.0, rates={"chat": 0.0, "gpt": 1.0})
    assert sampling.keeps(fields("gpt"))
    assert not sampling.keeps(fields("other"))
    assert sampling.keeps(fields("other", service="batch"))
    assert sampling.keeps(fields("other", service=None))
    assert sampling.leaves_out
    assert not Sampling().leaves_out


@pytest.mark.parametrize(
    "options",
    [
        {"rate": 1.1},
        {"rate": -1},
        {"rate": True},
        {"rate": "1"},
        {"rates": {"a": 2}},
        {"slow_ms": -1},
    ],
)
def test_rates_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    """The option is named."""
    with pytest.raises(ConfigurationError, match=f"`{next(iter(options))}`"):
        Sampling(**options)


def test_the_repr_says_the_rate() -> None:
    """And what belongs together."""
    assert repr(Sampling(0.5, by="key")) == "Sampling(0.5, by='key')"


def test_what_is_left_out_is_counted(colour: str) -> None:
    """It is not lost, and what is sent with `send` is never left out."""
    sink = MemorySink()
    with Driven(colour, sink, sampling=0.0) as client:
        client.track("gpt")
        client.track("gpt", errors=["timeout"])
        client.send(event())
        client.flush()
        stats = client.stats()
        assert stats.dropped_by == {"sampled_out": 1}
        assert (stats.delivered, stats.lost) == (2, 0)


def test_a_sampling_that_fails_keeps_the_event(colour: str) -> None:
    """Its errors are counted."""

    def fail(_: Fields) -> str:
        raise LookupError

    with Driven(colour, MemorySink(), sampling=Sampling(0.5, by=fail)) as client:
        client.track("gpt")
        client.flush()
        stats = client.stats()
        assert (stats.delivered, stats.faults) == (1, {"sampling": 1})
