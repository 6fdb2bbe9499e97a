"""What resilience costs a call that needs none, and what it spares a server that is down."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from statistics import median
from typing import Any

from sdk_core._drivers import SyncDriver  # without sockets there is no client
from sdk_core._flows import compose  # as above
from sdk_core.policies import (
    AdaptiveConcurrency,
    CircuitBreaker,
    Now,
    RateLimit,
    Retry,
    RetryBudget,
    Send,
    Sleep,
)
from sdk_core.testing import request, response

from ._figures import Figure

CALLS = 5_000
LIMIT = 15.0
"""Microseconds that four policies may add to a call."""

OUTAGE = 60.0
"""Seconds."""

RATE = 1_000
"""Calls a second, before, in and after the outage."""

LOAD = 1.1
"""What the server may get in the outage, as a multiple of the calls."""

_BODY = json.dumps(
    {"choices": [{"message": {"content": "x" * 900}}], "usage": {"total_tokens": 202}}
).encode()


class _Answering:
    """A transport that answers at once."""

    closed = False

    def send(self, sent: Any) -> Any:
        return response(200, {"content-type": "application/json"}, _BODY, request=sent)

    def close(self) -> None:
        """Close nothing."""


def _four() -> list[Any]:
    plenty = 1e9
    return [
        Retry(budget=RetryBudget()),
        RateLimit(plenty, plenty),
        AdaptiveConcurrency(),
        CircuitBreaker(),
    ]


def _microseconds(policies: list[Any]) -> float:
    run = SyncDriver(_Answering()).run
    flow = compose(policies)
    sent = request(method="POST", content=b"{}")
    for _ in range(100):
        run(flow(sent))
    begun = time.process_time()
    for _ in range(CALLS):
        run(flow(sent))
    return (time.process_time() - begun) / CALLS * 1e6


def figures(rounds: int) -> Iterator[Figure]:
    """Measure a call with the four policies less one without any, in turns."""
    pairs = [(_microseconds(_four()), _microseconds([])) for _ in range(rounds)]
    yield Figure(
        "retry with budget, rate limit, concurrency, breaker",
        median(all_four - none for all_four, none in pairs),
        LIMIT,
        f"us a call, over {median(none for _, none in pairs):.1f} without",
        " us",
    )


def outage(_: int) -> Iterator[Figure]:
    """Count what a server gets that is down for a minute; simulated, on a clock of its own."""
    logging.disable()  # a line for each of a hundred thousand repeats
    yield Figure("load in an outage, with the retry budget", _load(RetryBudget()), LOAD)
    yield Figure("load in an outage, without", _load(None))
    logging.disable(logging.NOTSET)


def _load(budget: RetryBudget | None) -> float:
    """Return how many requests came in the outage for each call that was made in it."""
    flow = compose([Retry(budget=budget, rand=random.Random(0).random)])
    number = count()
    events: list[tuple[float, int, Any, Any]] = []
    start, ends = OUTAGE, 2 * OUTAGE
    for call in range(int(3 * OUTAGE * RATE)):
        heappush(events, (call / RATE, next(number), flow(request()), None))
    received = 0
    while events:
        now, _, running, value = heappop(events)
        down = start <= now < ends
        try:
            effect = running.send(value)
            while not isinstance(effect, Sleep):
                if isinstance(effect, Send):
                    received += down
                    effect = running.send(_answer(effect, down=down))
                else:
                    effect = running.send(now if isinstance(effect, Now) else effect.function())
        except StopIteration:
            continue
        heappush(events, (now + effect.seconds, next(number), running, None))
    return received / (OUTAGE * RATE)


def _answer(effect: Send, *, down: bool) -> Any:
    return response(503 if down else 200, request=effect.request)
