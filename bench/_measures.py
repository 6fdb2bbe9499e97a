"""What is measured, by whom, how often, and the floors that the facade is held to."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from ._process import Peer, ProcessError, run_cold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OURS = "sdk_openai_compat"
FAST = f"{OURS}/httptools"
PEER = "openai"
RAW = "raw"
INTERPRETER = "interpreter"

_COLD = str(Path(__file__).with_name("_cold.py"))


@dataclass(frozen=True)
class Floor:
    """What a contender may cost.

    Attributes:
        contender: Who is held to it.
        at_most: The largest share of the peer's cost that is acceptable.
        peer: Whose cost that is.
    """

    contender: str
    at_most: float
    peer: str = PEER


@dataclass(frozen=True)
class Measure:
    """One line of the benchmark.

    Attributes:
        key: Name for `--only`.
        title: Name in the table.
        contenders: Who takes part, in the order of the table.
        count: Operations in one round, over which the cost is divided.
        rounds: Rounds of a full run.
        cold: Whether each round needs a fresh interpreter.
        floors: What is promised, if anything is.
    """

    key: str
    title: str
    contenders: tuple[str, ...]
    count: int
    rounds: int
    cold: bool = False
    floors: tuple[Floor, ...] = ()

    @property
    def per_client(self) -> bool:
        """Whether the memory it counts is that of one more client, not of the process."""
        return self.key.startswith("client")

    def quick(self) -> Measure:
        """Return it with a quarter of the work."""
        return replace(self, count=max(1, self.count // 4), rounds=min(self.rounds, 3))


_START = (INTERPRETER, PEER, OURS, "httpx")
_CALL = (PEER, OURS, FAST, "httpx", RAW)
_CLIENT = (PEER, OURS, "httpx")
_HELPER = (PEER, OURS, FAST)


def _ours(at_most: float, fast: float | None = None) -> tuple[Floor, ...]:
    found = (Floor(OURS, at_most),)
    return found if fast is None else (*found, Floor(FAST, fast))


_CHUNK = (*_ours(0.11, 0.07), Floor(FAST, 2.0, RAW))

MEASURES = (
    Measure("import", "import to client", _START, 1, 9, cold=True, floors=_ours(0.25)),
    Measure("first-answer", "import to first answer", _START, 1, 9, cold=True, floors=_ours(0.35)),
    Measure("sync", "sync call", _CALL, 200, 11, floors=_ours(0.33, 0.12)),
    Measure("async-1", "async call, 1 at a time", _CALL, 200, 9),
    Measure("async-100", "async call, 100 at once", _CALL, 600, 7, floors=_ours(0.4, 0.1)),
    Measure("stream", "streamed chunk, sync", _CALL, 2000, 11, floors=_CHUNK),
    Measure("stream-async", "streamed chunk, async", _CALL, 2000, 11, floors=_CHUNK),
    Measure("stream-paced", "streamed chunk, one a read", _CALL, 300, 5),
    Measure("helper", "stream helper, sync", _HELPER, 2000, 7, floors=_ours(0.12)),
    Measure("helper-async", "stream helper, async", _HELPER, 2000, 7, floors=_ours(0.12)),
    Measure("client", "one more client", _CLIENT, 200, 3, cold=True, floors=_ours(0.005)),
    Measure("client-call", "one more client and its call", _CLIENT, 50, 3, cold=True),
    Measure("embeddings", "embeddings, 5 MB", _CALL, 1, 7, floors=_ours(0.07)),
)


@dataclass(frozen=True)
class Sample:
    """What one contender cost in one round: microseconds an operation, and what else was seen."""

    cpu: float
    wall: float
    modules: int = 0
    memory: float = 0.0


@dataclass
class Row:
    """One contender's samples in one measure, in the order of the rounds."""

    measure: Measure
    contender: str
    samples: list[Sample] = field(default_factory=list)

    def median(self, number: Callable[[Sample], float]) -> float:
        """Return the median over the rounds of one of a sample's numbers."""
        return median(map(number, self.samples))

    def ratio_to(self, other: Row) -> float:
        """Return the median of the rounds' CPU ratios: a busy moment then weighs on both sides."""
        pairs = zip(self.samples, other.samples, strict=True)
        return median(mine.cpu / theirs.cpu for mine, theirs in pairs)


class Bench:
    """Runs measures against one server, contenders taking turns within each round."""

    def __init__(self, url: str) -> None:
        """Keep the base URL of the server's API; processes start when they are first needed."""
        self._url = url
        self._workers: dict[str, Peer] = {}

    def absent(self, contenders: set[str]) -> dict[str, str]:
        """Make each contender's client once; return the reason for each that cannot."""
        reasons = {}
        for contender in contenders - {INTERPRETER, "raw"}:
            try:
                self._cold("import", contender, 1)
            except ProcessError as failure:
                reasons[contender] = str(failure)
        return reasons

    def run(self, measure: Measure, present: set[str]) -> list[Row]:
        """Measure every contender that is present; one row each, in the measure's order."""
        rows = [Row(measure, name) for name in measure.contenders if name in present]
        take = self._cold if measure.cold else self._warm
        if measure.cold:  # compiles what is imported, which a cold start is measured with
            for row in rows:
                self._cold(measure.key, row.contender, 1)
        for number in range(measure.rounds):
            # Every other round runs backwards, so that nobody always follows the same neighbour.
            for row in rows[:: -1 if number % 2 else 1]:
                row.samples.append(take(measure.key, row.contender, measure.count))
        return _without_interpreter(rows)

    def close(self) -> None:
        """End the processes."""
        with ExitStack() as stack:
            for worker in self._workers.values():
                stack.callback(worker.close)

    def _cold(self, key: str, contender: str, count: int) -> Sample:
        started = str(time.monotonic())
        printed = run_cold(_COLD, started, key, contender, self._url, str(count))
        cpu, wall, modules, memory = map(float, printed.split())
        return Sample(cpu / count * 1e6, wall / count * 1e6, int(modules), memory / count)

    def _warm(self, key: str, contender: str, count: int) -> Sample:
        if contender not in self._workers:
            self._workers[contender] = Peer("bench._worker", contender, self._url)
        warm = 100 if key == "async-100" else max(1, count // 20)
        cpu, wall = map(float, self._workers[contender].ask(f"{key} {warm} {count}").split())
        return Sample(cpu / count * 1e6, wall / count * 1e6)


def _without_interpreter(rows: list[Row]) -> list[Row]:
    """Take the bare interpreter's cost, round by round, off everybody else's."""
    bare = next((row for row in rows if row.contender == INTERPRETER), None)
    if bare is None:
        return rows
    for row in rows:
        if row is not bare:
            pairs = zip(row.samples, bare.samples, strict=True)
            row.samples = [
                Sample(mine.cpu - less.cpu, mine.wall - less.wall, mine.modules, mine.memory)
                for mine, less in pairs
            ]
    return rows


@contextmanager
def bench(url: str) -> Iterator[Bench]:
    """Give a benchmark of the API at `url` whose processes end with the block."""
    running = Bench(url)
    try:
        yield running
    finally:
        running.close()
