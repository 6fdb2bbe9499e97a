"""What a client is told to do, checked."""

from __future__ import annotations

from collections import Counter
from typing import Literal, NamedTuple, TypeAlias

__all__ = ["OnFull", "Options"]

OnFull: TypeAlias = Literal["block", "drop_newest", "drop_oldest", "spill"]
"""What happens to an event for which a queue has no room."""


class Options(NamedTuple):
    """
    What pipeline and lanes are told to do.

    Attributes:
        on_full: What happens to an event for which a queue has no room.
        max_events: How many events each queue holds.
        max_bytes: How many bytes each queue holds.
        block_timeout: Seconds that `track` waits for room, where it waits.
        durable: An event is on the disk before `track` returns.
        faults: Where errors of what the user handed in are counted.
    """

    on_full: OnFull
    max_events: int
    max_bytes: int
    block_timeout: float
    durable: bool
    faults: Counter[str]
