"""A sink that does as a test says, and clients of both colours behind one surface."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from threading import Condition
from typing import Any, Self, cast

from anyio.from_thread import start_blocking_portal

from sdk_telemetry.clients import AsyncTelemetryClient, Receipt, TelemetryClient
from sdk_telemetry.errors import SendError, SinkClosedError, SinkConnectionError, TelemetryError
from sdk_telemetry.events import PromptInfo, ResponseInfo, TelemetryEvent
from sdk_telemetry.sinks import Done, Record, Sink
from sdk_telemetry.stats import Stats

AWAY = SinkConnectionError("the test is away", sink="scripted", retryable=True)
REFUSED = SendError("the test refuses", sink="scripted")


def event(model: str = "gpt", **more: Any) -> TelemetryEvent:
    """Make an event."""
    return TelemetryEvent("tests", model, PromptInfo("hello", 1), ResponseInfo("hi", 1), **more)


class ScriptedSink(Sink):
    """
    Confirm, hold back, refuse or raise, as a test says.

    Attributes:
        way: What to do with records: "confirm", "hold" (until `release`), an error, or None: take none.
        arrived: What was confirmed, in its order.
        attempts: How often records were handed in.
    """

    def __init__(self, name: str = "scripted", **attributes: Any) -> None:
        self.name = name
        self.way: str | Exception | None = "confirm"
        self.arrived: list[Record] = []
        self.attempts = 0
        self.closed = 0
        self.forgotten = 0
        self.each: Callable[[Record], str | Exception] | None = None
        self._changed = Condition()
        self._held: list[tuple[Record, Done]] = []
        for attribute, value in attributes.items():
            setattr(self, attribute, value)

    def say(self, way: str | Exception | None) -> None:
        """Change the way; what is held back is settled that way."""
        with self._changed:
            self.way = way
            self._changed.notify_all()

    def until(self, holds: Callable[[Self], Any], timeout: float = 10.0) -> None:
        """Wait until something holds for this sink."""
        with self._changed:
            assert self._changed.wait_for(lambda: holds(self), timeout)

    @property
    def held(self) -> int:
        """How many are held back."""
        return len(self._held)

    @property
    def models(self) -> list[str]:
        """The models of what arrived."""
        return [record.event.model for record in self.arrived]

    def deliver(self, records: Sequence[Record], done: Done) -> int:
        with self._changed:
            self.attempts += 1
            self._changed.notify_all()
            if self.way is None:
                return 0
            if isinstance(self.way, Exception) and not isinstance(self.way, SendError):
                raise self.way
            self._held += [(record, done) for record in records]
        if self.way != "hold":
            self._settle()
        return len(records)

    def poll(self, timeout: float) -> None:
        with self._changed:
            if self.way == "hold":
                self._changed.wait(timeout)
            if self.way == "hold":
                return
        self._settle()

    def _settle(self) -> None:
        with self._changed:
            held, self._held = self._held, []
            way = self.way
        for record, done in held:
            this = self.each(record) if self.each is not None else way
            error = this if isinstance(this, SendError) else None
            if error is None:
                with self._changed:
                    self.arrived.append(record)
            done([record], error)
        with self._changed:
            self._changed.notify_all()

    def flush(self, timeout: float) -> None:
        self.poll(timeout)

    def close(self, timeout: float) -> None:
        self.closed += 1
        for record, done in self._held:
            done([record], SinkClosedError("the test closed", sink=self.name))
        self._held.clear()

    def forget(self) -> None:
        self.forgotten += 1


class Driven:
    """
    A client of either colour, called by a thread.

    Args:
        colour: ``sync`` or ``async``.
        sinks: As for the clients, as are the others.
    """

    def __init__(self, colour: str, *sinks: Sink, **options: Any) -> None:
        self._stack = ExitStack()
        kind = {"sync": TelemetryClient, "async": AsyncTelemetryClient}[colour]
        self.client: Any = kind(sinks=sinks, service_name="tests", **options)
        self._call: Callable[..., Any] = lambda function: function()
        if colour == "async":
            self._call = self._stack.enter_context(start_blocking_portal()).call
        self.track = self.client.track

    def __enter__(self) -> Self:
        self._stack.callback(self.close, 5.0)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def send(self, event: TelemetryEvent, **options: Any) -> Receipt:
        """Send, whatever the colour."""
        return cast("Receipt", self._call(partial(self.client.send, event, **options)))

    def send_batch(
        self, events: Sequence[TelemetryEvent], **options: Any
    ) -> list[Receipt | TelemetryError]:
        """Send several, whatever the colour."""
        found: list[Receipt | TelemetryError] = self._call(
            partial(self.client.send_batch, events, **options)
        )
        return found

    def flush(self, timeout: float = 10.0) -> int:
        """Flush, whatever the colour."""
        return cast("int", self._call(partial(self.client.flush, timeout)))

    def close(self, timeout: float = 10.0) -> int:
        """Close, whatever the colour."""
        return cast("int", self._call(partial(self.client.close, timeout)))

    def drain(self) -> None:
        """Take all that is in the client's queue to the queues of the sinks, at once."""
        pipeline = self.client._pipeline
        while pipeline._step(500):
            pass

    def stats(self) -> Stats:
        """Return the statistics, of which the sums must be right."""
        stats: Stats = self.client.stats()
        assert stats.accepted == stats.delivered + stats.failed + stats.dropped + stats.pending, (
            stats
        )
        for sink in stats.sinks.values():
            assert sink.accepted == sink.delivered + sink.failed + sink.dropped + sink.pending, (
                stats
            )
        return stats


def has_got(number: int, sink: ScriptedSink) -> bool:
    """Whether so many arrived."""
    return len(sink.arrived) == number
