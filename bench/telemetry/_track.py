"""How long a call of `track` takes, with a whole pipeline behind it."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.core._figures import Figure
from sdk_telemetry import TelemetryClient
from sdk_telemetry.enrichment import process, static
from sdk_telemetry.sampling import Sampling
from sdk_telemetry.testing import MockKafka

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdk_telemetry.interceptors import Fields

CALLS = 20_000
TOGETHER = 10
"""Calls between two pauses, in which the client's threads may run."""
PAUSE = 0.0005
PROMPT = "Which of these customers would rather be written to in the afternoon? " * 9
ANSWER = "The second and the fourth, going by when they answered before. " * 10

P50, P99 = 2.0, 50.0  # microseconds
IMPORT = 30.0  # milliseconds


def figures(rounds: int) -> Iterator[Figure]:
    """Measure `track` alone and with all that can be behind it, and the import."""
    plain: dict[str, Any] = {}
    whole: dict[str, Any] = {
        "redaction": "full",
        "sampling": Sampling(0.5, by="trace_id"),
        "enrich": [process(), static(region="eu")],
        "interceptors": [_keep],
    }
    for title, options in (("track", plain), ("track, all stages", whole)):
        middles, tails = [], []
        for _ in range(rounds):
            middle, tail = _round(options)
            middles.append(middle)
            tails.append(tail)
        detail = f"median of {rounds} rounds of {CALLS:,} calls, Kafka behind"
        yield Figure(f"{title}: the median", median(middles), P50, detail, "us")
        yield Figure(f"{title}: 99 of 100", median(tails), P99, detail, "us")
    yield Figure("import of the package and a client", _import(rounds), IMPORT, "CPU", "ms")


def _keep(fields: Fields) -> None:
    fields.metadata = {**(fields.metadata or {}), "seen": "yes"}


def _round(options: dict[str, Any]) -> tuple[float, float]:
    """Return the microseconds that the median call took, and that 99 of 100 took at the most."""
    with (
        MockKafka(1, own_process=True) as kafka,
        TelemetryClient(brokers=kafka.bootstrap, service_name="bench", **options) as client,
    ):
        client.track("warm")
        client.flush()
        track, now = client.track, time.perf_counter_ns
        taken = []
        for number in range(CALLS):
            if number % TOGETHER == 0:
                time.sleep(PAUSE)
            begun = now()
            track(
                "gpt-4o",
                PROMPT,
                ANSWER,
                prompt_tokens=120,
                response_tokens=110,
                finish_reason="stop",
                latency_ms=812.5,
                cost_usd=0.0021,
                trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
                metadata={"user": "u-17", "route": "/chat"},
            )
            taken.append(now() - begun)
        left = client.flush(60)
        stats = client.stats()
    if left or stats.lost:
        msg = f"{left} events are left, {stats.lost} were lost: {stats}"
        raise RuntimeError(msg)
    taken.sort()
    return taken[CALLS // 2] / 1000, taken[CALLS * 99 // 100] / 1000


def _import(rounds: int) -> float:
    program = (
        "import time; begun = time.process_time(); import sdk_telemetry;"
        "from sdk_telemetry import TelemetryClient; print(time.process_time() - begun)"
    )
    taken = []
    for _ in range(rounds + 1):  # the first one writes the bytecode
        done = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        )
        taken.append(float(done.stdout))
    return median(taken[1:]) * 1000
