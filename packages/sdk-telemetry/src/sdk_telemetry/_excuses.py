"""Why records were given up before a sink had them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .errors import EventTooLargeError, OutboxError, QueueFullError, SinkClosedError, TelemetryError

if TYPE_CHECKING:
    from .sinks import Record, Sink

__all__ = ["excuse"]


def excuse(reason: str, records: Sequence[Record], sink: Sink) -> TelemetryError:
    """Return what who waits for *records* is told of the reason why *sink* did not get them."""
    if reason == "too_large":
        size, limit = max(len(each.payload) for each in records), sink.max_bytes or 0
        msg = f"an event has {size} bytes as JSON, and the sink {sink.name} takes {limit}: cut `prompt.text`, `response.text` or `metadata`"
        return EventTooLargeError(msg, size=size, limit=limit)
    if reason == "closed":
        return SinkClosedError("the client was closed before the event was sent", sink=sink.name)
    if reason == "outbox_failed":
        return OutboxError("the outbox could not keep the event; see `Stats.faults`")
    msg = f"the event had no room ({reason}): raise `max_events` or `max_bytes`, or choose another `on_full`"
    return QueueFullError(msg, queue=sink.name)
