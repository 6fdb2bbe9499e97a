"""Statistics: what became of each event. At any quiet point the sums are right, and tests hold them to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["SinkStats", "Stats"]

_MEANT = frozenset({"intercepted", "sampled_out"})


class SinkStats(NamedTuple):
    """
    What became of the events that one sink was to get.

    ``accepted == delivered + failed + dropped + pending``, whenever nothing moves.

    Attributes:
        accepted: Events handed to the queue of the sink, and those adopted.
        delivered: Events that it confirmed.
        failed: Events that it refused for good.
        dropped_by: Events given up before, by reason: ``queue_full``, ``too_large``, ``closed``,
            ``outbox_full``, ``outbox_failed``, ``duplicate``, ``expired``, ``corrupt``.
        pending: Events that wait in memory, in the outbox, or for their confirmation.
        in_flight: Those of them that the sink has, and has not confirmed.
        outbox: Those of them that are on the disk.
        retried: How often an event was handed in again.
        spilled: Events written to the outbox.
        replayed: Events read out of it.
        adopted: Events that dead processes left in it.
        faults: Exceptions of the sink, which it should not raise.
        away: It does not take events now, and is tried again later and later.
        last_error: What it said last, when it refused; empty for nothing.
    """

    accepted: int
    delivered: int
    failed: int
    dropped_by: Mapping[str, int]
    pending: int
    in_flight: int
    outbox: int
    retried: int
    spilled: int
    replayed: int
    adopted: int
    faults: int
    away: bool
    last_error: str

    @property
    def dropped(self) -> int:
        """Events given up, for whatever reason."""
        return sum(self.dropped_by.values())


class Stats(NamedTuple):
    """
    What became of the events of a client.

    ``accepted == delivered + failed + dropped + pending``, whenever nothing moves.

    Attributes:
        accepted: Events handed to the client, and those that dead processes left in its outbox.
        delivered: Events that all sinks confirmed.
        failed: Events that a sink refused for good.
        dropped_by: Events given up, by reason: ``sampled_out``, ``intercepted``, ``invalid``,
            ``closed``, ``queue_full``, and those of `SinkStats` where one of several sinks gave it up.
        pending: Events on their way.
        faults: Errors in what was handed to the client, by place: ``interceptor``, ``enrich``,
            ``redaction``, ``sampling``, ``prices``, ``on_delivery``, ``outbox``.
        sinks: The statistics of each sink, by its name.
    """

    accepted: int
    delivered: int
    failed: int
    dropped_by: Mapping[str, int]
    pending: int
    faults: Mapping[str, int]
    sinks: Mapping[str, SinkStats]

    @property
    def dropped(self) -> int:
        """Events given up, for whatever reason."""
        return sum(self.dropped_by.values())

    @property
    def lost(self) -> int:
        """Events that were to arrive and never will: failed, or dropped and not by your own rule."""
        dropped = self.dropped_by.items()
        return self.failed + sum(number for reason, number in dropped if reason not in _MEANT)
