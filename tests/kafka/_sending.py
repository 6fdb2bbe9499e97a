"""Records, and what hands them to a sink as a client's lane would."""

from __future__ import annotations

import json
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sdk_telemetry import TelemetryEvent
from sdk_telemetry.errors import SendError
from sdk_telemetry.sinks import Record, Sink
from sdk_telemetry.testing import Message

ENGINES = ("confluent", "kafka-python", "aiokafka")
KEYS = ("north", "east", "south", "west", "")


def records(count: int, *, size: int = 0) -> list[Record]:
    """Make events, numbered from 1, that go round some keys."""
    made = []
    for number in range(1, count + 1):
        metadata = {"number": str(number), "padding": "." * size}
        event = TelemetryEvent("tests", "gpt-5", event_id=uuid.uuid4(), metadata=metadata)
        key = KEYS[number % len(KEYS)] or None
        made.append(Record(number, event.event_id, event.to_json(), key=key))
    return made


def numbers(messages: Iterable[Message]) -> list[int]:
    """Return the numbers of the events that are in *messages*."""
    return [int(json.loads(each.value)["metadata"]["number"]) for each in messages]


class Delivery:
    """
    What becomes of records that a sink is handed, again and again while it says that this may help.

    Attributes:
        failed: What did not arrive, and why.
        arrived: What did, in the order of the confirmations.
        repeated: How many were handed in again.
    """

    def __init__(self, sink: Sink, given: Sequence[Record]) -> None:
        self._sink = sink
        self._waiting = list(given)
        self._in_flight: dict[int, Record] = {}
        self._again: list[Record] = []
        self.arrived: list[Record] = []
        self.failed: dict[int, SendError] = {}
        self.repeated = 0
        self._last: SendError | None = None

    def run(self, *, timeout: float = 60.0, between: Callable[[int], Any] = lambda _: None) -> None:
        """
        Deliver them; *between* is told again and again how many were confirmed.

        Raises:
            TimeoutError: Not all were confirmed or refused in time.
        """
        deadline = time.monotonic() + timeout
        while self._waiting or self._in_flight or self._again:
            if time.monotonic() > deadline:
                left = len(self._waiting), len(self._in_flight), len(self._again)
                msg = f"waiting, in flight, failed for now: {left}; last {self._last!r}"
                raise TimeoutError(msg)
            if self._again and not self._in_flight:
                self.repeated += len(self._again)
                self._waiting = sorted([*self._again, *self._waiting], key=lambda each: each.number)
                self._again = []
            if self._waiting and not self._again:
                self._hand_in()
            self._sink.poll(0.05)
            between(len(self.arrived))

    def _hand_in(self) -> None:
        offered = self._waiting[: self._sink.batch]
        self._in_flight |= {each.number: each for each in offered}
        taken = self._sink.deliver(offered, self._done)
        for each in offered[taken:]:
            del self._in_flight[each.number]
        del self._waiting[:taken]

    def _done(self, given: Sequence[Record], error: SendError | None) -> None:
        for each in given:
            del self._in_flight[each.number]
            if error is None:
                self.arrived.append(each)
            elif error.retryable:
                self._last = error
                self._again.append(each)
            else:
                self.failed[each.number] = error


def orders(messages: Iterable[Message]) -> dict[bytes, list[int]]:
    """Return the numbers of each key in the order in which they were first written."""
    found: defaultdict[bytes, dict[int, None]] = defaultdict(dict)
    for each in messages:
        if each.key is not None:
            found[each.key][numbers([each])[0]] = None
    return {key: list(order) for key, order in found.items()}
