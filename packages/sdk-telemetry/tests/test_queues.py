"""Queues: bells and tallies, and warnings when events are lost."""

from __future__ import annotations

import logging
import threading

import pytest

from sdk_telemetry import _losses
from sdk_telemetry._losses import Losses
from sdk_telemetry._processes import exit_timeout
from sdk_telemetry._queues import Bell, Tally
from sdk_telemetry.stats import Stats

from ._scripted import REFUSED, Driven, ScriptedSink


def test_a_bell_that_rang_twice_wakes_once() -> None:
    """Whoever waits next is woken by what rang before."""
    bell = Bell()
    bell.ring()
    bell.ring()
    assert bell.wait(0.0)
    assert not bell.wait(0.0)


def test_a_tally_counts_what_all_threads_add() -> None:
    """Looking at it changes nothing."""
    tally = Tally()
    threads = [
        threading.Thread(target=lambda: [tally.add() for _ in range(2000)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for _ in range(100):
        assert tally.value <= 8000
    for thread in threads:
        thread.join()
    assert tally.value == tally.value == 8000


def test_losses_are_told_once_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was lost since is in the next warning."""
    now = 1000.0
    monkeypatch.setattr(_losses, "monotonic", lambda: now)
    losses = Losses()

    def lost(number: int) -> Stats:
        return Stats(10, 0, number, {"sampled_out": 5, "queue_full": 1}, 0, {}, {})

    assert losses.due()
    assert not losses.due()  # looking costs a little as well
    losses.tell(lost(2))
    now += 30
    assert not losses.due()
    now += 31
    assert losses.due()
    losses.tell(lost(2))
    losses.tell(lost(6))
    assert [record.getMessage() for record in caplog.records] == [
        "3 telemetry events were lost; since the beginning: failed 2, queue_full 1, sampled_out 5",
        "4 telemetry events were lost; since the beginning: failed 6, queue_full 1, sampled_out 5",
    ]


def test_a_client_warns(caplog: pytest.LogCaptureFixture, colour: str) -> None:
    """Ten lost events are one line."""
    caplog.set_level(logging.WARNING, "sdk_telemetry")
    with Driven(colour, ScriptedSink(way=REFUSED)) as client:
        for _ in range(10):
            client.track("gpt")
        client.drain()
    assert 1 <= len(caplog.records) <= 2
    assert "failed 10" in caplog.records[-1].getMessage()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("", 5.0), ("1.5", 1.5), ("0", 0.0), ("-1", 5.0), ("x", 5.0), ("nan", 5.0)],
)
def test_the_end_of_a_process_may_take_as_long_as_the_environment_says(
    said: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says unclearly is ignored."""
    monkeypatch.setenv("SDK_TELEMETRY_EXIT_TIMEOUT", said)
    assert exit_timeout() == seconds
