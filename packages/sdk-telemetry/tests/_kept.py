"""What the tests of the outbox share."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from sdk_telemetry.outbox import Outbox
from sdk_telemetry.sinks import Record

_numbers = count(1)


def record(size: int = 100, *, number: int | None = None, name: str = "", key: str = "k") -> Record:
    """Return a record with a payload of *size* bytes."""
    n = next(_numbers) if number is None else number
    event_id = name or f"00000000-0000-7000-8000-{n:012}"
    headers = (("event-id", event_id.encode()), ("binary", bytes(range(256))))
    payload = f"{event_id} ".ljust(size, "x").encode()
    return Record(n, event_id, payload, key=key, headers=headers, time_ns=n * 7)


def records(count: int, size: int = 100) -> list[Record]:
    """Return so many of them."""
    return [record(size) for _ in range(count)]


def names(found: Sequence[Record]) -> list[str]:
    """Return their events' names."""
    return [each.event_id for each in found]


def everything(outbox: Outbox, sink: str = "kafka") -> list[Record]:
    """Return all that waits for a sink."""
    found: list[Record] = []
    after = 0
    while page := outbox.take(sink, after, 100):
        after = page[-1][0]
        found += [each for _, each in page]
    return found


def settle_all(outbox: Outbox, sink: str = "kafka") -> None:
    """Settle all that waits for a sink."""
    while page := outbox.take(sink, 0, 500):
        outbox.settle(sink, [row for row, _ in page])
