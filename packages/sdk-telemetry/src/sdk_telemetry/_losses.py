"""A word of warning when events are lost: once a minute, not once an event."""

from __future__ import annotations

import logging
from time import monotonic
from typing import Final

from .stats import Stats

__all__ = ["Losses"]

_EVERY: Final = 60.0  # seconds between two warnings
_LOOK: Final = 1.0  # seconds between two looks

_log = logging.getLogger("sdk_telemetry")


class Losses:
    """Remembers which losses were told."""

    def __init__(self) -> None:
        self._told = 0
        self._next_look = 0.0
        self._next_word = 0.0

    def due(self) -> bool:
        """Whether it is time to look again."""
        now = monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + _LOOK
        return now >= self._next_word

    def tell(self, stats: Stats) -> None:
        """Warn if events were lost since the last warning."""
        lost = stats.lost
        if lost <= self._told:
            return
        more, self._told = lost - self._told, lost
        self._next_word = monotonic() + _EVERY
        reasons = {**stats.dropped_by, "failed": stats.failed}
        said = ", ".join(
            f"{reason} {number}" for reason, number in sorted(reasons.items()) if number
        )
        _log.warning("%d telemetry events were lost; since the beginning: %s", more, said)
