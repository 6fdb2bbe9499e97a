"""What events cost to import: counted in modules, which no busy machine changes."""

from __future__ import annotations

import subprocess
import sys

import pytest

LATER = {"asyncio", "fastavro", "google.protobuf", "json", "msgspec", "pydantic", "ssl", "uuid"}
"""Loaded by whoever encodes, reads or frames an event, and not before."""


def loaded(code: str) -> set[str]:
    """Return the modules that a new interpreter has after *code*."""
    script = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{script}"],
        capture_output=True,
        check=True,
        text=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["events", "_builder", "_ids"])
def test_events_are_cheap_to_import(module: str) -> None:
    """The thread of the application makes events; what writes them is loaded elsewhere."""
    # What the errors of sdk-core bring is not on this account.
    before = loaded("import sdk_core.errors")
    added = loaded(f"import sdk_telemetry.{module}") - before
    assert not added & LATER


def test_making_an_event_loads_nothing_heavy() -> None:
    """Nor does a new identifier."""
    made = "from sdk_telemetry.events import TelemetryEvent\nTelemetryEvent('checkout', 'gpt-4o')"
    assert not (loaded(made) - loaded("import sdk_core.errors")) & LATER


def test_schemas_load_no_library_before_it_is_used() -> None:
    """Their names can be imported where the extra is not installed."""
    found = loaded("import sdk_telemetry.schemas")
    assert not found & {"fastavro", "google.protobuf", "httpx", "asyncio"}


def test_what_there_is_not_is_said() -> None:
    """A name that is loaded late is found; another is an error as usual."""
    from sdk_telemetry import events  # noqa: PLC0415  # only this test

    assert events.TelemetryEventBuilder.__name__ in events.__all__
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = events.nothing
