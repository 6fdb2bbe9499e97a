"""What it takes to keep an event on the disk, beside SQLite itself, which keeps a row unprotected."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bench.core._figures import Figure
from sdk_telemetry.outbox import Outbox
from sdk_telemetry.sinks import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EVENTS = 20_000
GROUP = 100
PAYLOAD = 1_500  # bytes

BESIDE_SQLITE = 1.8
EACH = 25.0  # microseconds of CPU
EACH_FSYNC = 150.0  # microseconds: a disk has its own


def figures(rounds: int) -> Iterator[Figure]:
    """Measure groups of events: kept, kept by the disk itself, taken and settled."""
    bare, kept, synced, out = [], [], [], []
    for _ in range(rounds):  # they take turns
        bare.append(_within(_bare))
        kept.append(_within(_kept))
        synced.append(_within(_synced))
        out.append(_within(_taken))
    ratio = median(mine / theirs for mine, theirs in zip(kept, bare, strict=True))
    detail = (
        f"median of {rounds} rounds of {EVENTS:,} events of {PAYLOAD:,} bytes, {GROUP} at a time"
    )
    yield Figure("outbox: time to keep, beside bare SQLite", ratio, BESIDE_SQLITE, detail)
    yield Figure("outbox: to keep an event", median(kept), EACH, detail, "us")
    yield Figure("outbox: to keep an event with fsync", median(synced), EACH_FSYNC, detail, "us")
    yield Figure("outbox: to take and settle an event", median(out), EACH, detail, "us")


def _within(measure: Callable[[Path, list[list[Record]]], float]) -> float:
    """Return the microseconds that an event took."""
    headers = (("traceparent", b"00-" + b"a" * 52),)
    events = [
        Record(n, f"{n:08x}-0000-7000-8000-000000000000", bytes(PAYLOAD), key="k", headers=headers)
        for n in range(EVENTS)
    ]
    groups = [events[start : start + GROUP] for start in range(0, EVENTS, GROUP)]
    with TemporaryDirectory() as directory:
        return measure(Path(directory), groups) / EVENTS * 1e6


def _bare(directory: Path, groups: list[list[Record]]) -> float:
    connection = sqlite3.connect(directory / "bare", isolation_level=None)
    for setting in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = NORMAL"):
        connection.execute(f"PRAGMA {setting}").close()
    connection.execute(
        "CREATE TABLE events (row INTEGER PRIMARY KEY, id TEXT UNIQUE, payload BLOB)"
    )
    begin = time.process_time()
    for group in groups:
        connection.execute("BEGIN")
        rows = [(each.event_id, each.payload) for each in group]
        connection.executemany("INSERT INTO events (id, payload) VALUES (?, ?)", rows)
        connection.execute("COMMIT")
    seconds = time.process_time() - begin
    connection.close()
    return seconds


def _kept(directory: Path, groups: list[list[Record]]) -> float:
    return _fill(Outbox(directory / "outbox"), groups, time.process_time)


def _synced(directory: Path, groups: list[list[Record]]) -> float:
    return _fill(Outbox(directory / "outbox", fsync=True), groups, time.perf_counter)


def _fill(outbox: Outbox, groups: list[list[Record]], clock: Callable[[], float]) -> float:
    outbox.open()
    begin = clock()
    for group in groups:
        outbox.append("kafka", group)
    seconds = clock() - begin
    outbox.close()
    return seconds


def _taken(directory: Path, groups: list[list[Record]]) -> float:
    outbox = Outbox(directory / "outbox")
    for group in groups:
        outbox.append("kafka", group)
    begin = time.process_time()
    while page := outbox.take("kafka", 0, 500):
        outbox.settle("kafka", [row for row, _ in page])
    seconds = time.process_time() - begin
    outbox.close()
    return seconds
