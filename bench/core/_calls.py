"""What one call costs, beside httpx and beside bare sockets."""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

import attrs

from bench._process import Peer, cores, pin, server

from ._figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY = 100
"""Calls before a round of many at once, so that every connection is there."""


@attrs.frozen
class Measure:
    """
    Two contenders doing the same work.

    Attributes:
        key: What `bench._worker` calls it.
        title: What it is called in the table.
        ours: Who is measured.
        peer: Who it is measured beside.
        count: Operations in one round.
        floor: The largest share of the peer's CPU that is acceptable; None: none is promised.
    """

    key: str
    title: str
    ours: str
    peer: str
    count: int
    floor: float | None


MEASURES = (
    Measure("sync", "call", "sdk-core", "httpx", 200, 0.75),
    Measure("async-1", "async call, 1 at a time", "sdk-core", "httpx", 200, 0.75),
    Measure("async-100", "async call, 100 at once", "sdk-core", "httpx", 600, 0.75),
    Measure("sync", "call, fastest engine", "sdk-core/httptools", "raw", 200, 2.0),
    Measure("async-1", "async call, 1 at a time", "sdk-core/httptools", "raw", 200, None),
    Measure("async-100", "async call, 100 at once", "sdk-core/httptools", "raw", 600, 6.0),
    Measure("sync", "call", "sdk-core/pyreqwest", "raw", 200, None),
    Measure("async-1", "async call, 1 at a time", "sdk-core/pyreqwest", "raw", 200, None),
    Measure("async-100", "async call, 100 at once", "sdk-core/pyreqwest", "raw", 600, 6.0),
    Measure("async-1", "async call, 1 at a time", "sdk-core/aiohttp", "httpx", 200, None),
    Measure("async-100", "async call, 100 at once", "sdk-core/aiohttp", "httpx", 600, None),
)


def figures(rounds: int) -> Iterator[Figure]:
    """Measure all, contenders taking turns within each round; one core each for both ends."""
    client_core, server_core = cores()
    pin(client_core)  # inherited by the workers; the server moves away by itself
    with server(server_core) as url, ExitStack() as stack:
        workers: dict[str, Peer] = {}
        for name in dict.fromkeys(name for one in MEASURES for name in (one.ours, one.peer)):
            workers[name] = Peer("bench.core._worker", name, url)
            stack.callback(workers[name].close)
        for measure in MEASURES:
            yield _figure(measure, workers, rounds)


def _figure(measure: Measure, workers: dict[str, Peer], rounds: int) -> Figure:
    pair = [measure.ours, measure.peer]
    samples: dict[str, list[float]] = {name: [] for name in pair}
    warm = BUSY if measure.key == "async-100" else measure.count // 20
    for number in range(rounds):
        # Every other round runs backwards, so that nobody always follows the same neighbour.
        for name in pair[:: -1 if number % 2 else 1]:
            cpu = float(workers[name].ask(f"{measure.key} {warm} {measure.count}").split()[0])
            samples[name].append(cpu / measure.count * 1e6)
    ours, theirs = samples[measure.ours], samples[measure.peer]
    return Figure(
        f"{measure.title}: {measure.ours} / {measure.peer}",
        median(mine / other for mine, other in zip(ours, theirs, strict=True)),
        measure.floor,
        f"{median(ours):.0f} and {median(theirs):.0f} us of CPU",
    )
