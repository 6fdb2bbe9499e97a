from __future__ import annotations

import threading
from typing import Any

import pytest

from sdk_telemetry.errors import ConfigurationError, SendError
from sdk_telemetry.events import PromptInfo, TelemetryEvent
from sdk_telemetry.sinks import MemorySink, Record

from ._kept import names, records


def ignore(records: Any, error: SendError | None) -> None:
    """Be told, and do nothing."""


def test_events() -> None:
    """What was delivered can be read, as records and as events, oldest first."""
    event = TelemetryEvent("chat", "gpt-4o", PromptInfo("", 7))
    sink = MemorySink()
    told: list[Any] = []
    assert (
        sink.deliver([Record(1, event.event_id, event.to_json())], lambda *a: told.append(a)) == 1
    )
    assert told == [(sink.records, None)]
    assert sink.events == [event]
    assert len(sink) == 1
    assert sink
    assert repr(sink) == "<MemorySink 'memory': 1 of 10000>"


def test_bounded() -> None:
    """Only the newest are kept; the others are counted."""
    sink = MemorySink(max_events=3)
    given = records(5)
    sink.deliver(given[:2], ignore)
    sink.deliver(given[2:], ignore)
    assert names(sink.records) == names(given[2:])
    assert sink.discarded == 2
    assert sink.wait(5, 0)


def test_wait() -> None:
    """Whoever waits is woken when enough have arrived, after the client was told."""
    sink = MemorySink()
    told = threading.Event()
    found: list[bool] = []
    waiter = threading.Thread(target=lambda: found.append(sink.wait(3, 30) and told.is_set()))
    waiter.start()
    sink.deliver(records(2), ignore)
    sink.deliver(records(1), lambda *_: told.set())
    waiter.join()
    assert found == [True]
    assert not sink.wait(4, 0)


def test_clear() -> None:
    """After `clear` nothing has arrived."""
    sink = MemorySink(max_events=1)
    sink.deliver(records(2), ignore)
    sink.clear()
    assert (sink.records, sink.discarded, sink.wait(1, 0)) == ([], 0, False)


def test_ends() -> None:
    """What arrived can be read after the sink was closed, but is forgotten in a forked child."""
    sink = MemorySink()
    sink.deliver(records(2), ignore)
    sink.close(1.0)
    assert len(sink.records) == 2
    sink.forget()
    assert (sink.records, sink.wait(1, 0)) == ([], False)


@pytest.mark.parametrize("number", [0, True, 1.5])
def test_bad_options(number: Any) -> None:
    """To keep less than one event is refused."""
    with pytest.raises(ConfigurationError, match=r"`max_events` .* >= 1"):
        MemorySink(max_events=number)
