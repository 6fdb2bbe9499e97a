"""
Records: what sinks are handed.

Made of msgspec, as `Fields` is: six times as quick to make as a class, and nothing that the garbage
collector has to look through while tens of thousands wait. It is loaded with the first event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from ..events import TelemetryEvent

__all__ = ["Record"]


class Record(msgspec.Struct, eq=False, gc=False):
    """
    One event on its way to the sinks: redacted, checked and encoded. Nobody changes it.

    Args:
        number: Its place among all events of this process; they are sent in this order.
        event_id: The event's UUID, by which duplicates are recognised.
        payload: The event as JSON in UTF-8, exactly as its consumer reads it.
        key: What it keeps its order with; None for nothing.
        headers: Names and values that go beside it, where a sink can carry any.
        time_ns: When it happened, in nanoseconds since the epoch.
    """

    number: int
    event_id: str
    payload: bytes
    key: str | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    time_ns: int = 0
    _event: TelemetryEvent | None = None

    @property
    def event(self) -> TelemetryEvent:
        """The event that `payload` says, read when it is first asked for."""
        if self._event is None:
            from ..events import TelemetryEvent  # noqa: PLC0415  # who only sends bytes never needs it

            self._event = TelemetryEvent.from_json(self.payload)
        return self._event

    def __repr__(self) -> str:  # holds no text: it may end in a log
        return f"Record(number={self.number}, event_id={self.event_id!r})"
