from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdk_telemetry._ids import moment, nanoseconds, timestamp
from sdk_telemetry.errors import InvalidEventError
from sdk_telemetry.events import new_event_id

FIRST = -62_135_596_800 * 10**9
END = 253_402_300_800 * 10**9
NOW = 1769860800_123456_789


@settings(deadline=None)
@given(st.integers(0, 2**48 * 10**6 - 1))
def test_an_identifier_is_a_uuid_of_version_7(time_ns: int) -> None:
    """RFC 9562 §5.7: the time in milliseconds, version 7, the variant, in canonical text."""
    text = new_event_id(time_ns)
    made = UUID(text)
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == time_ns // 10**6
    assert text == str(made)


def test_identifiers_sort_by_time() -> None:
    """To less than a microsecond; those of one moment by the order in which they were made."""
    made = [new_event_id(NOW + step * 500) for step in range(5000)]
    assert made == sorted(made)


def test_threads_make_no_identifier_twice() -> None:
    """Though they make them for the same instant."""
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: [new_event_id(NOW) for _ in range(2000)], range(4)))
    assert len({each for some in made for each in some}) == 8000


def test_the_time_may_be_any() -> None:
    """A clock that is wrong, even by centuries, gives a UUID all the same."""
    for time_ns in (-1, -(10**18), 2**62, 2**70):
        assert UUID(new_event_id(time_ns)).version == 7


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_makes_others_than_its_parent() -> None:
    """It counts from somewhere else, so that no event of it looks like one of its parent."""
    new_event_id(NOW)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:  # pragma: no cover  # measured by nobody: it ends without cleaning up
        os.write(writing, "\n".join(new_event_id(NOW) for _ in range(100)).encode())
        os._exit(0)
    os.close(writing)
    ours = {new_event_id(NOW) for _ in range(100)}
    with os.fdopen(reading) as pipe:
        theirs = set(pipe.read().split())
    os.waitpid(child, 0)
    assert len(theirs) == 100
    assert not ours & theirs


@settings(deadline=None)
@given(st.integers(FIRST, END - 1))
def test_instants_are_written_as_rfc_3339(time_ns: int) -> None:
    """In UTC, in whole microseconds, with Z; and what is written is the instant."""
    text = timestamp(time_ns)
    assert len(text) == 27
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == moment(time_ns)
    assert nanoseconds(moment(time_ns)) == time_ns // 1000 * 1000


@pytest.mark.parametrize("time_ns", [0, 1, 999_999, 10**9 - 1, 10**9, NOW, time.time_ns()])
def test_instants_around_the_epoch(time_ns: int) -> None:
    """The shared second of the instant before does not matter."""
    timestamp(NOW)
    expected = datetime.fromtimestamp(time_ns // 1000 / 10**6, UTC)
    for _ in range(2):
        assert abs(datetime.fromisoformat(timestamp(time_ns)) - expected).total_seconds() < 1e-5


@pytest.mark.parametrize("time_ns", [FIRST - 1, END, 10**30, -(10**30)])
def test_what_no_calendar_holds_is_refused(time_ns: int) -> None:
    """RFC 3339 has four digits for the year."""
    for write in (timestamp, moment):
        with pytest.raises(InvalidEventError, match="`timestamp`"):
            write(time_ns)
