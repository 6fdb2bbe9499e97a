"""Accounting: whatever happens, each event is delivered, failed, dropped or pending, and nothing else."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdk_telemetry.errors import TelemetryError

from ._scripted import AWAY, REFUSED, Driven, ScriptedSink, event

WAYS: dict[str, str | Exception | None] = {
    "confirm": "confirm",
    "hold": "hold",
    "away": AWAY,
    "refuse": REFUSED,
    "no room": None,
    "broken": OSError("the test's disk"),
    "faulty": ValueError("the test's mistake"),
}
STEPS = st.one_of(
    st.tuples(st.just("track"), st.integers(1, 12)),
    st.tuples(st.just("send"), st.just(0)),
    st.tuples(st.just("batch"), st.integers(0, 5)),
    st.tuples(st.just("bad"), st.just(0)),
    st.tuples(st.just("flush"), st.just(0)),
    st.tuples(st.just("drain"), st.just(0)),
    st.tuples(st.just("say"), st.tuples(st.integers(0, 1), st.sampled_from(sorted(WAYS)))),
)


def follow(client: Driven, sinks: list[ScriptedSink], step: tuple[str, Any]) -> None:
    """Do one step."""
    name, value = step
    if name == "track":
        for _ in range(value):
            client.track("gpt", metadata={"text": "x" * value})
    elif name == "send":
        with suppress(TelemetryError):
            client.send(event(), timeout=0.005)
    elif name == "batch":
        client.send_batch([event() for _ in range(value)], timeout=0.005)
    elif name == "bad":
        client.track("gpt", prompt_tokens=-1)
    elif name == "flush":
        client.flush(0.02)
    elif name == "drain":
        client.drain()
    else:
        which, way = value
        sinks[which % len(sinks)].say(WAYS[way])


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    steps=st.lists(STEPS, max_size=12),
    sinks=st.integers(1, 2),
    on_full=st.sampled_from(["drop_newest", "drop_oldest", "block", None]),
    kept=st.sampled_from(["no", "spill", "durable"]),
    bounds=st.sampled_from([{}, {"max_events": 5}, {"max_bytes": 4000}]),
    ends_away=st.booleans(),
)
def test_the_sums_are_right(
    steps: list[tuple[str, Any]],
    sinks: int,
    on_full: Any,
    kept: str,
    bounds: dict[str, int],
    ends_away: bool,
) -> None:
    """
    Accepted == delivered + failed + dropped + pending, for the client and each sink; no event that
    is said to be delivered is missing, none arrives twice, and with an outbox none is lost.
    """
    scripted = [ScriptedSink(f"sink{number}", in_flight=4, batch=3) for number in range(sinks)]
    with TemporaryDirectory() as directory:
        options: dict[str, Any] = {"on_full": on_full, "block_timeout": 0.01, **bounds}
        if kept != "no":
            options |= {"outbox": directory, "durable": kept == "durable"}
        with Driven("sync", *scripted, **options) as client:
            for step in steps:
                follow(client, scripted, step)
            for sink in scripted:
                sink.say(AWAY if ends_away else "confirm")
            left = client.flush(0.1 if ends_away else 10.0)
            assert ends_away or left == 0
            client.close(0.2 if ends_away else 10.0)
            stats = client.stats()
        assert kept != "no" or stats.pending == 0
        for sink in scripted:
            arrived = Counter(record.event_id for record in sink.arrived)
            assert set(arrived.values()) <= {1}
            assert len(arrived) == stats.sinks[sink.name].delivered
            if kept != "no" and on_full is None:
                assert not set(stats.sinks[sink.name].dropped_by) & {"queue_full", "closed"}
