"""What is added to events beside what was handed in."""

from __future__ import annotations

import asyncio
import os
from threading import Thread
from typing import Any

import pytest

from sdk_core.errors import ConfigurationError
from sdk_telemetry import TelemetryClient
from sdk_telemetry._fields import Fields
from sdk_telemetry.enrichment import current_context, process, static, telemetry_context, trace_ids
from sdk_telemetry.sinks import MemorySink


def test_blocks_stand_in_each_other() -> None:
    """The inner one counts; what it adds ends with it."""
    assert current_context() is None
    with telemetry_context(user="a", session=3):
        with telemetry_context(user="b", session=None) as inner:
            assert current_context() == {"user": "b"}
        inner.__exit__(None, None, None)
        assert current_context() == {"user": "a", "session": "3"}
    assert current_context() is None
    assert trace_ids() is None


def test_tasks_have_it_and_threads_have_not() -> None:
    """As with every context variable."""

    async def look() -> Any:
        return current_context()

    async def main() -> Any:
        with telemetry_context(user="a"):
            task = asyncio.create_task(look())
        return await task

    assert asyncio.run(main()) == {"user": "a"}
    seen: list[Any] = []
    with telemetry_context(user="a"):
        thread = Thread(target=lambda: seen.append(current_context()))
        thread.start()
        thread.join()
    assert seen == [None]


def test_what_is_said_for_all_events() -> None:
    """Stands behind what an event says itself."""
    fields = Fields(1, "s", "m", metadata={"region": "own"})
    static(region="eu", team="a")(fields)
    assert fields.metadata == {"region": "own", "team": "a"}
    with pytest.raises(ConfigurationError, match="`team`"):
        static(team=3)  # type: ignore[arg-type]


def test_where_events_come_from() -> None:
    """Host, process and version."""
    fields = Fields(1, "s", "m")
    process()(fields)
    assert fields.metadata is not None
    assert fields.metadata["pid"] == str(os.getpid())
    assert fields.metadata["sdk"].startswith("sdk-telemetry/")
    assert fields.metadata["host"]


def test_a_client_reads_its_surroundings_where_it_is_called() -> None:
    """Not where the event is sent, long after the block has ended."""
    memory = MemorySink()
    client = TelemetryClient(sinks=[memory], service_name="s", enrich=[static(team="a")])
    with telemetry_context(user="u-1", route="/x"):
        client.track("m", metadata={"route": "/own"})
    client.close()
    (event,) = memory.events
    assert event.metadata == {"user": "u-1", "route": "/own", "team": "a"}
